"""Alerts in the daemon: looks, decides, stores and has it delivered.

A look at the newest snapshot follows each publish, with a rest of 19 times as long as it
took, and comes every five minutes in any case, because a period ends without any new file.
While many files wait to be read it waits for them, but not for long.
What is decided and what is to be sent of it are stored in one transaction, so that neither is
lost without the other. Nothing here delays indexing or ends the daemon: what fails is a
problem that is shown, and is tried again.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import duckdb

from indexer import alert_book, channels
from indexer.alert_messages import messages
from indexer.alert_settings import Channel
from indexer.channels import Message
from indexer.deciding import Change, Finding, decide
from indexer.errors import RunmeterError
from indexer.finding import Search
from indexer.health import Problems
from indexer.ingest import Indexer
from indexer.outbox import Outbox
from indexer.pace import Pace

REST_PER_LOOK = 19.0
AHEAD_SECONDS = 20.0  # a crossing that comes alone is seen at once, also soon after another
LOOK_EVERY = 300.0
RETRY_SECONDS = 30.0
FOR_MORE_SECONDS = 5.0
_ERRORS = (OSError, RunmeterError, duckdb.Error)

Send = Callable[[Channel, Message, datetime], None]


class Alerting:
    """The alerts of one index, for the thread of its writer. Times are monotonic seconds."""

    def __init__(
        self,
        indexer: Indexer,
        problems: Problems,
        monotonic: Callable[[], float],
        send: Send = channels.send,
    ) -> None:
        self._indexer, self._problems, self._monotonic = indexer, problems, monotonic
        self.outbox = Outbox(indexer, send)
        self._pace = Pace(REST_PER_LOOK, ahead=AHEAD_SECONDS)
        self._search: tuple[float, Search] | None = None
        self._looked_at: tuple[int, int] | None = None
        self._next_look = float("-inf")
        self._due_since: float | None = None
        self._retry_at: dict[str, float] = {}
        self._is_loaded = False

    def step(self, now: float, *, more: bool = False) -> None:
        """Do what is due. Errors are shown, not raised; each of both goes on without the other.

        `more` is about to be stored, or what has been is just being read.
        """
        self._attempt("deliveries", now, self._deliver)
        self._attempt("alerts", now, partial(self._look, more=more))

    def _attempt(self, area: str, now: float, work: Callable[[float], None]) -> None:
        if now < self._retry_at.get(area, now):
            return
        try:
            work(now)
            self._problems.solved(area)
        except _ERRORS as error:
            self._problems.add(area, f"{area}: {error}; trying again")
            self._is_loaded, self._looked_at = False, None
            self._retry_at[area] = now + RETRY_SECONDS

    def close(self) -> None:
        """Leave off; what is pending goes on when the next daemon begins."""
        if self._search is not None:
            self._search[1].stop()
            self._search = None
        try:
            self.outbox.close()
        except _ERRORS as error:
            self._problems.add("deliveries", f"deliveries: {error}; some may be sent again")

    def _deliver(self, now: float) -> None:
        if not self._is_loaded:
            self.outbox.load()
            self._is_loaded = True
        self.outbox.step()

    def _look(self, now: float, *, more: bool) -> None:
        if self._search is not None and self._search[1].is_done:
            (began, search), self._search = self._search, None
            self._pace.done(began, self._monotonic())
            settle(self._indexer, self.outbox, search.result(), search.moment)
        if self._search is None and self._is_look_due(now) and not self._is_for_more(now, more):
            snapshot = self._indexer.layout.snapshot(self._indexer.store.snapshot)
            self._looked_at, self._next_look = self._state(), now + LOOK_EVERY
            self._search = now, Search(snapshot, self._indexer.now)

    def _is_look_due(self, now: float) -> bool:
        """Whether the newest snapshot says something else, or it has been a while."""
        store = self._indexer.store
        is_new = self._state() != self._looked_at and not store.publish_due()
        return store.snapshot > 0 and (is_new or now >= self._next_look) and self._pace.is_due(now)

    def _is_for_more(self, now: float, more: bool) -> bool:
        """Whether a look that is due waits, so that it neither takes a core from the files that
        come now nor the memory that storing them needs."""
        since = now if self._due_since is None else self._due_since
        is_waiting = more and now - since < FOR_MORE_SECONDS
        self._due_since = since if is_waiting else None
        return is_waiting

    def _state(self) -> tuple[int, int]:
        """Names what files say. What is decided and sent is no reason to look again."""
        return id(self._indexer.store), self._indexer.store.file_changes


def settle(
    indexer: Indexer, outbox: Outbox, findings: list[Finding], moment: datetime
) -> list[Change]:
    """Decide on what was found at that moment; store it with what is to be sent of it."""
    store, settings = indexer.store, indexer.config.alerts
    known = alert_book.known(store, findings)
    changes = list(decide(findings, known, moment, settings.repeat_after, settings.off))
    if not changes and alert_book.is_watched(store):
        return []
    with store.changing():
        if not alert_book.is_watched(store):
            alert_book.begin(store, moment)
        alert_book.write(store, changes)
        told = [(alert, event) for alert, event in changes if event and event.is_spoken]
        for message, names in messages(told, settings.channels):
            outbox.put("alert", message, names)
    return changes
