"""The daemon's loop: when to look at what.

Scans decide what is true, events only make it quick. Each step does what is due and
says how long nothing will be:

- *state files* (configuration, jobs): `stat` at every step;
- *hints* from events, and the *agenda* of folders that may change soon: looked at at once;
- *names pass*: the names under each root whose own times have changed;
- *documents pass*: the files of sources other than run summaries, those that changed lately
  more often than the others;
- *alerts* and *reports*: a look at what is published, and what is to be sent of it;
- *full pass*: every file, at start, every ten minutes, and whenever there is doubt: events
  were lost, a root was replaced, the clock jumped, something failed, or SIGHUP asks for it.
  It is done in slices, so that nothing waits for it.

Errors of the system (a full disk, a folder that cannot be listed) end a step, never the
daemon: it begins anew from what is committed, after a pause. Any other error is a bug and
ends it.
"""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import Empty, Queue
from types import TracebackType
from typing import Self, cast

import duckdb

from indexer import health, service
from indexer.agenda import QUIET_FINISHED, QUIET_OPEN, Agenda
from indexer.alerting import Alerting
from indexer.answering import do
from indexer.discover import RunRoot
from indexer.documents_pass import DocumentsPass, RecentDocuments
from indexer.errors import ConfigError, RunmeterError
from indexer.event_guard import EventGuard
from indexer.events import Events, Hint
from indexer.health import BEAT_SECONDS, Health, Problems
from indexer.ingest import Indexer, Progress
from indexer.intake import Look
from indexer.names_pass import NamesPass
from indexer.pace import Pace
from indexer.passes import PassResult
from indexer.publisher import Publisher
from indexer.reporting import Reporting
from indexer.requests import answer_all
from indexer.slices import Slices, advance

TICK = 0.25
LOOKS_PER_STEP = 2_000
FULL_PASS_EVERY = 600.0
JITTER = 0.1  # of the time between full passes, so that many daemons on one disk do not meet
REST_PER_PASS = 2.0  # in times of how long it took
# After few looks comes a rest in which more come together: storing one file costs as much as
# storing a hundred, and many writes in a row would otherwise take half a core. Once many have
# come it is over.
REST_PER_LOOK, FEW_LOOKS = 2.0, 200
LATE_IN_BURST = 1.0  # seconds that looks whose time has come may be late meanwhile
GATHER = 0.05  # seconds after which what has come is counted again
CLOCK_JUMP = 5.0
TRIM_EVERY = 5.0
FIRST_RETRY, LAST_RETRY = 1.0, 60.0

log = logging.getLogger("runmeter.watch")

Folder = tuple[RunRoot, str]


class Watcher:
    """Keeps one index up to date. `monotonic` in seconds; `stop` ends every wait and pass."""

    def __init__(
        self,
        indexer: Indexer,
        stop: Callable[[], bool],
        *,
        use_events: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexer, self._stop, self._monotonic = indexer, stop, monotonic
        self.health = Health(state="indexing", pid=os.getpid())
        self.health.started_at = health.stamp(indexer.clock())
        self.agenda = Agenda()
        self._problems = Problems()
        # No SimpleQueue: a signal at the end of a wait makes it wait for ever, see lifecycle.Stop.
        self._hints: Queue[Hint] = Queue()
        self.events = Events(indexer.layout, self._hints)
        self._guard = EventGuard(self.events, indexer, self.health, wanted=use_events)
        self._publisher = Publisher(indexer, self.health, self._problems, monotonic)
        self._alerting = Alerting(indexer, self._problems, monotonic)
        self._reporting = Reporting(indexer, self._alerting.outbox, self._problems)
        self._pass: Iterator[None] | None = None
        self._names = NamesPass(indexer, self.agenda, self.health)
        self._documents = DocumentsPass(indexer, stop, nested=False)
        self._below = DocumentsPass(indexer, stop, nested=True)
        side = (self._names, RecentDocuments(indexer), self._documents, self._below)
        self._side = [Slices(work, monotonic) for work in side]
        self._result, self._began = PassResult(), 0.0
        self._pass_pace, self._look_pace = Pace(REST_PER_PASS), Pace(REST_PER_LOOK)
        self._doubt: str | None = None
        self._next_full = self._next_beat = self._retry_at = float("-inf")
        self._retry_delay = FIRST_RETRY
        self._drift = self._clock_drift(monotonic())
        self._next_trim, self._snapshot, self._trimmed = float("-inf"), -1, -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.events.stop()
        self._reporting.close()
        self._alerting.close()
        self._publisher.close()
        self.health.state = "stopped"
        self._beat(self._monotonic())

    def begin(self, progress: Progress | None = None) -> PassResult:
        """Events on, and the first full pass, published.

        Its errors decide whether a daemon starts: raises ConfigError, OSError. A disk too
        full to publish on is no such error.
        """
        self._guard.step(self._monotonic())
        self._indexer.read_config()
        self._indexer.read_jobs()
        if self._indexer.store.snapshot:
            self._publish()  # the views of a new release, which the dashboard may be waiting for
        self._start_pass(progress)
        while self._pass is not None and not self._stop():
            self._advance_pass()
            self._beat_if_due(self._monotonic())
        if not self._stop():
            self._publisher.step(self._monotonic(), last=True)
        self._result.snapshot = self._indexer.store.snapshot
        self.health.state = "watching"
        return self._result

    def run(self) -> None:
        """Steps and waits until `stop` says so; what is committed by then is published."""
        service.notify(READY=1)
        self._beat(self._monotonic())
        while not self._stop():
            wait = self.step()
            if wait > 0:
                self._wait(wait)
        service.notify(STOPPING=1)
        self._reporting.close()
        self._alerting.close()
        if "index" not in self._problems:
            self._indexer.note_settled()
            self._publisher.step(self._monotonic(), last=True)

    def reread(self, why: str) -> None:
        """Make a full pass as soon as may be."""
        self._doubt = self._doubt or why

    def step(self) -> float:
        """Do all that is due; returns for how many seconds nothing is."""
        now = self._monotonic()
        if now < self._retry_at:
            self._beat_if_due(now)
            return min(TICK, self._retry_at - now)
        try:
            self._step(now)
        except (OSError, RunmeterError, duckdb.Error) as error:
            self._failed(error)
        else:
            self._problems.solved("index")
            self._retry_delay = FIRST_RETRY
        now = self._monotonic()
        self._beat_if_due(now)
        is_busy = self._pass is not None or any(side.is_busy for side in self._side)
        if is_busy or self._are_many_waiting():
            return 0.0
        look = self.agenda.next_due() if self._hints.empty() else now
        return max(0.0, min(TICK, max(look, self._look_pace.next) - now))

    def _step(self, now: float) -> None:
        doubt = self._guard.step(now) or self._clock_jump(now)
        if doubt:
            self.reread(doubt)
        self._read_state_files(now)
        self._look(now)
        self._publish()  # what is new, before anything that can wait
        for side in self._side:  # what they work on is shared, so one goes on at a time
            is_alone = self._pass is None and not any(one.is_busy for one in self._side)
            side.step(self._monotonic(), may_begin=is_alone)
        is_free = not any(side.is_busy for side in self._side)
        if self._pass is None and is_free and self._is_pass_due(now):
            self._start_pass()
        self._advance_pass()
        self._publish()
        now = self._monotonic()
        is_wanted = not self._hints.empty() or self._publisher.is_being_read(now)
        self._alerting.step(now, more=is_wanted)
        self._reporting.step(self._monotonic())
        self._trim(now)

    def _publish(self) -> None:
        self._publisher.step(self._monotonic(), more=not self._hints.empty())

    def _wait(self, seconds: float) -> None:
        """Until a hint comes, at most so long; a part of it where one has come that may not be
        followed yet, after which they are counted again."""
        if not self._hints.empty():
            time.sleep(min(seconds, GATHER))
            return
        try:
            self._hints.put(self._hints.get(timeout=seconds))
        except Empty:
            return

    def _clock_jump(self, now: float) -> str | None:
        """A clock that was set makes the age of every file doubtful."""
        before, self._drift = self._drift, self._clock_drift(now)
        if abs(self._drift - before) <= CLOCK_JUMP:
            return None
        self.health.clock_jumps += 1
        return f"the clock jumped by {self._drift - before:.0f} s"

    def _clock_drift(self, now: float) -> float:
        return self._indexer.clock() / 1e9 - now

    def _read_state_files(self, now: float) -> None:
        try:
            if self._indexer.read_config():
                self._guard.check_now()
                self.reread("the settings changed")
            self._problems.solved("configuration")
        except ConfigError as error:
            self._problems.add("configuration", str(error))
        if self._indexer.read_jobs():
            for folder in self._indexer.busy_folders():
                self.agenda.changed(folder, now, open=True)
        answer_all(self._indexer.layout, partial(do, self._indexer))

    def _look(self, now: float) -> None:
        """Look at what events have told of and what is due."""
        if not self._look_pace.is_due(now) and not self._are_many_waiting():
            return
        looks = self._indexer.look_at(self._due(now), patient=True)
        for look in looks:
            self._plan(look, now)
        if 0 < len(looks) <= FEW_LOOKS:
            self._look_pace.done(now, self._monotonic())

    def _due(self, now: float) -> Iterator[Folder]:
        """Folders to look at, each once: those that events tell of, also while others are looked
        at, so that what comes together is stored together; then those whose time has come, which
        can wait for a second while many are told of."""
        found: set[Folder] = set()
        is_burst = self._are_many_waiting()
        while len(found) < LOOKS_PER_STEP:
            try:
                hint = self._hints.get_nowait()
            except Empty:
                break
            self._names.told(hint)
            if hint.root is None:
                self._documents.hasten()
            elif (folder := (hint.root, hint.name)) not in found:
                found.add(folder)
                yield folder
        late = LATE_IN_BURST if is_burst or self._are_many_waiting() else 0.0
        for key in self.agenda.take_due(now - late, LOOKS_PER_STEP):
            if (folder := cast(Folder, key)) not in found:
                yield folder

    def _are_many_waiting(self) -> bool:
        return self._hints.qsize() > FEW_LOOKS

    def _plan(self, look: Look, now: float) -> None:
        """When to look again at what has just been looked at."""
        folder = look.root, look.name
        if look.outcome == "gone":
            self.agenda.drop(folder)
        elif look.outcome == "read":
            self.agenda.changed(folder, now, open=not look.finished)
        elif look.outcome == "broken":
            self.agenda.changed(folder, now, open=True, broken=True)
        elif look.outcome == "same" or folder in self.agenda:
            self.agenda.unchanged(folder, now)
        else:
            self.agenda.changed(folder, now, open=True)

    def _is_pass_due(self, now: float) -> bool:
        wanted = self._doubt is not None or now >= self._next_full
        return wanted and self._pass_pace.is_due(now)

    def _start_pass(self, progress: Progress | None = None) -> None:
        if self._doubt:
            log.info("full pass: %s", self._doubt)
        self._doubt = None
        self._result, self._began = PassResult(), self._monotonic()
        self._pass = self._indexer.scan(self._result, progress, self._stop, patient=True)

    def _advance_pass(self) -> None:
        if self._pass is None or advance(self._pass, self._monotonic):
            return
        self._pass = None
        end = self._monotonic()
        self._pass_pace.done(self._began, end)
        spread = random.uniform(-JITTER, JITTER)  # noqa: S311
        self._next_full = end + FULL_PASS_EVERY * (1 + spread)
        if self._stop():
            return
        self._below.covered(self._began, end)
        self._result.seconds = round(end - self._began, 3)
        self._result.invalid = self.health.invalid = self._indexer.store.invalid_count()
        self.health.last_full_pass = health.stamp(self._indexer.clock())
        self.health.last_pass_seconds = self._result.seconds
        if self._result.is_news:
            log.info("full pass: %s", self._result.counts)
        self._plan_after_pass(end)
        self._indexer.store.trim()  # a pass reads much that nobody else will, and alerts come next

    def _plan_after_pass(self, now: float) -> None:
        """What may change soon goes on the agenda."""
        for folder in self._indexer.broken:
            self.agenda.changed(folder, now, open=True, broken=True)
        hot = self._indexer.hot(int(QUIET_FINISHED * 1e9), int(QUIET_OPEN * 1e9))
        self.agenda.add_idle([*hot, *self._indexer.empty_folders()], now, open=True)

    def _failed(self, error: Exception) -> None:
        """Begin anew from what is committed, after a pause that grows."""
        self.health.failures += 1
        self._problems.add("index", f"{error}; trying again")
        self._pass = None
        for side in self._side:
            side.drop()
        self._names.forget()
        self.reread("something failed")
        self._retry_at = self._monotonic() + self._retry_delay
        self._retry_delay = min(self._retry_delay * 2, LAST_RETRY)
        try:
            self._indexer.reopen()
        except (OSError, RunmeterError, duckdb.Error) as again:
            self._problems.add("index", f"{again}; trying again")

    def _trim(self, now: float) -> None:
        """Give back pages of the database that were read, where nothing is published any more."""
        if now < self._next_trim:
            return
        self._next_trim = now + TRIM_EVERY
        before, self._snapshot = self._snapshot, self._indexer.store.snapshot
        if before == self._snapshot != self._trimmed:
            self._indexer.store.trim()
            self._trimmed = self._snapshot

    def _beat_if_due(self, now: float) -> None:
        if now >= self._next_beat or str(self._problems) != self.health.problem:
            self._beat(now)

    def _beat(self, now: float) -> None:
        """Write the state down and tell the service manager that there is progress."""
        self._next_beat = now + BEAT_SECONDS
        found = self.health
        found.heartbeat_at = health.stamp(self._indexer.clock())
        found.problem = str(self._problems)
        found.lag_seconds = round(self._publisher.lag(now), 3)
        found.pending = self._hints.qsize() + self.agenda.broken
        found.handler_errors, found.overflows = self.events.handler_errors, self.events.overflows
        found.held, found.held_because = self._indexer.held, self._indexer.held_because
        try:
            health.write(self._indexer.layout, found)
            service.notify(WATCHDOG=1, STATUS=found.problem or found.state)
            self._problems.solved("state")
        except OSError as error:
            self._problems.add("state", f"the daemon's state cannot be told: {error}")
