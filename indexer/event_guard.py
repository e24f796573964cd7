"""Keeps file events running, and says when what they told may be incomplete.

Events are turned off where they cannot be relied on, tried again where the system
refuses them, and started anew where their threads have died, the queue has overflowed or
a watched folder was replaced. Every such thing is a reason for a full pass, which the caller makes.
"""

import logging
from typing import Literal

from indexer.events import Events, foreign_file_system
from indexer.health import Health
from indexer.ingest import Indexer

CHECK_EVERY = 1.0
RETRY_EVERY = 60.0

log = logging.getLogger("runmeter.events")


class EventGuard:
    """Times are seconds of a monotonic clock; what happens is noted in `health`."""

    def __init__(self, events: Events, indexer: Indexer, health: Health, *, wanted: bool) -> None:
        self.events = events
        self._indexer, self._health, self._wanted = indexer, health, wanted
        self._next = float("-inf")
        self._overflows = 0

    def check_now(self) -> None:
        """The folders to watch may be others now."""
        self._next = float("-inf")

    def step(self, now: float) -> str | None:
        """Mend what is to be mended; returns why something may have been missed."""
        if now < self._next:
            return None
        self._next = now + CHECK_EVERY
        doubt = None
        if self._health.events == "on":
            doubt = self._doubt()
            if doubt is None:
                return None
        self._start(now)
        return doubt

    def _doubt(self) -> str | None:
        roots, folders = self._indexer.roots, self._indexer.documents.folders()
        if self.events.is_replaced(roots, folders):  # which ends its thread as well
            return "a watched folder was replaced"
        if self.events.is_dead():
            self._health.observer_restarts += 1
            return "events had stopped"
        return "events were lost" if self.events.overflows > self._overflows else None

    def _start(self, now: float) -> None:
        self._overflows = self.events.overflows
        reason = self._reason_against()
        if reason:
            self.events.stop()
            self._say("off", reason)
            return
        try:
            self.events.start(self._indexer.roots, self._indexer.documents.folders())
        except OSError as error:
            self._say("refused", f"the system refuses: {error.strerror or error}")
            self._next = now + RETRY_EVERY
        else:
            self._say("on", "")

    def _reason_against(self) -> str:
        if not self._wanted:
            return "turned off"
        for root in self._indexer.roots:
            kind = foreign_file_system(root.path)
            if kind:
                return f"{root.path} is on {kind}, whose events cannot be relied on"
        return ""

    def _say(self, state: Literal["on", "off", "refused"], reason: str) -> None:
        if (state, reason) != (self._health.events, self._health.events_reason):
            told = "file events are on" if state == "on" else f"no file events ({reason})"
            log.log(logging.WARNING if state == "refused" else logging.INFO, "%s", told)
        self._health.events, self._health.events_reason = state, reason
