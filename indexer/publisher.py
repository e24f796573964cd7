"""When a daemon publishes: at once where it can, and at most about a tenth of its time.

After each copy comes a rest nine times as long, so that publishing adapts to its cost;
ten seconds of it may be left for later. While more is coming in, a snapshot waits for it, at
most half a second, so that the time is left for the last of it. Whoever has waited for a snapshot
reads it right after it appears, so what nobody waits for, the public file, the status line and
a look for alerts, comes a moment later.
The snapshot is made in the daemon's own thread, because the working database must not
change meanwhile; the public file is made from a snapshot in a thread of its own. A disk
without room is a problem that is said, and what is missing is published later.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from indexer import publish
from indexer.errors import RunmeterError
from indexer.health import Health, Problems
from indexer.ingest import Indexer
from indexer.pace import Pace

REST_PER_PUBLISH = 9.0
# A change that comes alone is shown at once, also right after another, and a burst as soon as it is
# over, although both of its publishes take longer than others.
AHEAD_SECONDS = 10.0
FOR_MORE_SECONDS = 0.5
# From a snapshot to what nobody waits for: the longer publishing takes, the longer does reading.
# Less than the rest, or it would be put off for good.
AFTER_SECONDS, AFTER_PER_PUBLISH = 0.2, 4.0
RETRY_SECONDS = 5.0
LOOK_EVERY = 1.0  # seconds, for whether files that were published are still there

log = logging.getLogger("runmeter.publish")


class Publisher:
    """Publishes what one indexer has committed. Times are seconds of a monotonic clock."""

    def __init__(
        self,
        indexer: Indexer,
        health: Health,
        problems: Problems,
        monotonic: Callable[[], float],
    ) -> None:
        self._indexer, self._health, self._problems = indexer, health, problems
        self._monotonic = monotonic
        self._snapshot_pace = Pace(REST_PER_PUBLISH, ahead=AHEAD_SECONDS)
        self._public_pace = Pace(REST_PER_PUBLISH)
        self._pool = ThreadPoolExecutor(1, "publish")
        self._public: tuple[float, Future[bool]] | None = None
        self._waiting_since: float | None = None
        self._later_due = self._next_look = float("-inf")
        self._wal: tuple[int, ...] = ()

    def close(self) -> None:
        self._pool.shutdown()

    def step(self, now: float, *, last: bool = False, more: bool = False) -> None:
        """Publish what is due; `last` does not rest, and waits until all is done. `more` is about
        to be stored."""
        self._finish_public(wait=last)
        if now < self._next_look and not last and not self._indexer.store.publish_due():
            return
        try:
            self._publish_snapshot(now, last=last, more=more)
            if last or not self.is_being_read(now):
                self._indexer.keep_line()
        except (OSError, RunmeterError) as error:
            self._problems.add("publishing", f"not published: {error}")
            self._snapshot_pace.hold(now + RETRY_SECONDS)
        is_quiet = (last or not self.is_being_read(now)) and self._is_public_current(now, last=last)
        self._next_look = now + LOOK_EVERY if is_quiet else float("-inf")

    def is_being_read(self, now: float) -> bool:
        """Whether a snapshot has just appeared, so that whoever has waited for it reads it."""
        return now < self._later_due

    def lag(self, now: float) -> float:
        """Age of the oldest commit that no snapshot holds."""
        return 0.0 if self._waiting_since is None else now - self._waiting_since

    def _publish_snapshot(self, now: float, *, last: bool, more: bool) -> None:
        if not self._indexer.publish_due():
            self._waiting_since = None
            self._problems.solved("publishing")
            return
        if self._waiting_since is None:
            self._waiting_since = now
        is_for_more = more and self.lag(now) < FOR_MORE_SECONDS
        if not last and (is_for_more or not self._snapshot_pace.is_due(now)):
            return
        number = self._indexer.publish()
        end = self._monotonic()
        self._snapshot_pace.done(now, end)
        self._later_due = end + max(AFTER_SECONDS, AFTER_PER_PUBLISH * (end - now))
        self._waiting_since = None
        self._problems.solved("publishing")
        self._health.snapshot, self._health.publish_seconds = number, round(end - now, 4)
        log.debug("snapshot %d published in %.3f s", number, end - now)

    def _is_public_current(self, now: float, *, last: bool) -> bool:
        """Whether the public file is as it should be; what is not is begun to be mended."""
        layout = self._indexer.layout
        if self._public is not None or not (last or self._public_pace.is_due(now)):
            return False
        wal, known = publish.wal_state(layout), self._wal
        self._wal = wal
        if publish.public_due(layout):
            task = publish.publish_public
        elif wal and wal != known:
            task = publish.mend_public
        else:
            return True
        self._public = now, self._pool.submit(task, layout)
        self._finish_public(wait=last)
        return False

    def _finish_public(self, *, wait: bool) -> None:
        if self._public is None or not (wait or self._public[1].done()):
            return
        (began, future), self._public = self._public, None
        end = self._monotonic()
        self._public_pace.done(began, end)
        try:
            future.result()
            self._problems.solved("public file")
        except (OSError, RunmeterError) as error:
            database = self._indexer.layout.database
            self._problems.add("public file", f"{database} is not current: {error}")
            self._public_pace.hold(end + RETRY_SECONDS)
