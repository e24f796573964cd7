"""Passes: look at every folder, take in what changed, judge what is gone, publish.

The files are the truth and the index follows from them: a pass may be stopped
anywhere and the next one goes on. Reading is incremental, by what `stat` says and by
content; `intake` does it, and this module decides what is looked at.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from types import TracebackType
from typing import Self

from indexer import absence, discover, health, line_note, publish
from indexer.ahead import Ahead
from indexer.config import AnalyticsConfig, Layout
from indexer.discover import RunRoot
from indexer.documents import Documents
from indexer.errors import RunmeterError, UsageError
from indexer.folder_changes import Joined, Walked
from indexer.folder_search import BesideSearch, StateSearch
from indexer.health import Health
from indexer.intake import Intake, Look
from indexer.known import KnownFiles
from indexer.lock import acquire, make_state_dir
from indexer.passes import PassResult
from indexer.recovery import open_store
from indexer.sources.registry import installed
from indexer.state_files import StateFiles
from indexer.store import MOST_CHANGED, Store
from indexer.times import from_nanoseconds

Progress = Callable[[int, int], None]
NOTHING_YET = Ahead()
# Pages that a command of one pass may leave in memory between batches: giving them back after each
# takes a twentieth of its time. A daemon, which stays, gives them back.
PAGES_KEPT = 96 * 1024 * 1024


class Indexer:
    """The one writer of an index: holds its lock and its working database.

    `clock` returns nanoseconds since 1970 and is injected by tests; `ahead` is what has been begun
    of the first pass. Raises LockedError where another process is the indexer, UsageError where
    the database is not ours.
    """

    store: Store
    known: KnownFiles
    documents: Documents
    _intake: Intake
    _state: StateFiles

    def __init__(
        self,
        layout: Layout,
        clock: Callable[[], int] = time.time_ns,
        *,
        ahead: Ahead = NOTHING_YET,
    ) -> None:
        if not layout.root.is_dir():
            raise RunmeterError(f"{layout.root}: no such folder")
        self.layout, self.clock, self._ahead = layout, clock, ahead
        self.roots = discover.run_roots(layout.root, layout.run_logs)
        self.empty: dict[str, set[str]] = {}  # folders without a file, of the last full pass
        self.broken: list[tuple[RunRoot, str]] = []  # left for later, of the last full pass
        self.held, self.held_because = 0, ""
        self._line_until: datetime | None = None
        make_state_dir(layout)
        self._lock = acquire(layout)
        try:
            publish.guard_public(layout)
            self._open()
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the database and the lock."""
        self._close()
        self._lock.release()

    def note_settled(self) -> None:
        """Store at once that files have settled, so that the next start need not read them."""
        self._intake.note_settled()

    def reopen(self) -> None:
        """Begin anew from what is committed, after an error that leaves doubt.

        The settings stay as last read: their file may be one that cannot be taken just now.
        """
        config = self.config
        self._close()
        self._open()
        self._state.config = config
        self.documents.configure(config.sources)

    def run_pass(
        self, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False
    ) -> PassResult:
        """One full pass, published. Raises ConfigError before anything is read, OSError.

        When `stop` says so, what has been read is stored and the rest is left.
        """
        started = time.monotonic()
        result = PassResult()
        self.store.may_cache = PAGES_KEPT
        self.read_config()
        self.read_jobs()
        for _ in self.scan(result, progress, stop):
            pass
        if self.publish_due():
            self.publish()
            self.keep_line()
            result.published = True
        result.published |= publish.publish_public(self.layout)
        result.snapshot = self.store.snapshot
        result.invalid = self.store.invalid_count()
        result.seconds = round(time.monotonic() - started, 3)
        health.write(
            self.layout,
            Health(
                heartbeat_at=health.stamp(self.clock()),
                last_full_pass=health.stamp(self.clock()),
                last_pass_seconds=result.seconds,
                snapshot=result.snapshot,
                invalid=result.invalid,
                held=self.held,
                held_because=self.held_because,
            ),
        )
        return result

    def scan(
        self,
        result: PassResult,
        progress: Progress | None = None,
        stop: Callable[[], bool] = lambda: False,
        *,
        patient: bool = False,
    ) -> Iterator[None]:
        """A full pass over the run files in small steps, without publishing. Raises OSError.

        With `patient` a young file that cannot be parsed is left for later, in `broken`.
        """
        ahead, self._ahead = self._ahead, NOTHING_YET
        beside = self.documents.search_beside(ahead.beside)
        with closing(ahead), closing(beside):
            for _ in ahead.states.wait() if ahead.states is not None else ():
                if stop():
                    return
                yield
            joined = self._joined(ahead.states)
            asked = joined.marks if joined is not None else None if self.known.count else {}
            with self.known.only(asked):
                yield from self._scan(result, joined, beside, progress, stop, patient=patient)

    def _scan(
        self,
        result: PassResult,
        joined: Joined | None,
        beside: BesideSearch,
        progress: Progress | None,
        stop: Callable[[], bool],
        *,
        patient: bool,
    ) -> Iterator[None]:
        self.broken = []
        gone: list[str] = []
        total = sum(map(discover.count, self.roots)) if progress is not None else 0
        done = seen = 0
        for root in self.roots:
            folders = joined or Walked(root, self.known.names(root.label))
            empty = set[str]()
            for name in folders:
                if name is None:
                    if stop():
                        self._intake.finish()
                        return
                    if progress is not None:
                        passed = done + folders.same
                        progress(passed, max(passed, total))
                    yield
                    continue
                done += 1
                if self._look_closely(root, name, result, patient=patient):
                    seen += 1
                else:
                    empty.add(discover.printable(name))
            done += folders.same
            seen += folders.same
            gone += [f"{root.label}/{name}" for name in folders.gone(empty)]
            self.empty[root.label] = empty
        self._intake.flush()  # stored while the other files are looked for
        yield from self.documents.scan(result, stop, beside, patient=patient)
        self._intake.finish()
        if stop():
            return
        result.unchanged = seen - len(self.broken) - result.new - result.changed
        if joined is None:
            gone += self._without_root()
        self._judge(gone, result)

    def _joined(self, states: StateSearch | None) -> Joined | None:
        """The folders of runs as a search that is over has seen them; None where that is of no use:
        it did not see everything, more have changed than memory should hold, or there are runs
        elsewhere."""
        if states is None or states.trouble() is not None or len(self.roots) > 1:
            return None
        rows = self.store.changed_folders(states.path)
        if len(rows) > MOST_CHANGED or any(name is None and not odd for name, odd, *_ in rows):
            return None
        return Joined(self.known.count, rows)

    def _look_closely(self, root: RunRoot, name: str, result: PassResult, *, patient: bool) -> bool:
        """Take in a run that may have changed; whether there is a file."""
        look = self._intake.look(root, name, result, patient=patient).outcome
        if look in ("absent", "gone"):
            return False
        if look == "broken":
            self.broken.append((root, name))
        self._intake.flush_if_full()
        return True

    def look_at(self, names: Iterable[tuple[RunRoot, str]], *, patient: bool) -> list[Look]:
        """Look at some run folders and store what changed.

        With `patient` a young file that cannot be parsed is left alone for now.
        """
        result = PassResult()
        looks = []
        for root, name in names:
            looks.append(self._intake.look(root, name, result, patient=patient))
            if root.label == discover.RUN_LOGS:
                self.documents.note_beside(name)
        self._intake.finish()
        return looks

    @property
    def config(self) -> AnalyticsConfig:
        """The settings as last read."""
        return self._state.config

    @property
    def now(self) -> datetime:
        """Naive UTC."""
        return from_nanoseconds(self.clock())

    def read_config(self) -> bool:
        """Take the settings up; whether they are others now. Raises ConfigError."""
        if not self._state.read_config():
            return False
        config = self._state.config
        self.roots = discover.run_roots(self.layout.root, self.layout.run_logs, config.run_roots)
        self.documents.configure(config.sources)
        return True

    def read_jobs(self) -> bool:
        """Take the job state up; whether it says something else now."""
        return self._state.read_jobs()

    def publish_due(self) -> bool:
        """Whether readers lack something that is committed."""
        return publish.due(self.store, self.layout)

    def publish(self) -> int:
        """A new snapshot; see `publish`. Raises OSError where the disk is full."""
        now = from_nanoseconds(self.clock())
        self._line_until = None
        return publish.publish_snapshot(self.store, self.layout, now)

    def keep_line(self) -> None:
        """Write the status line's figures where they are not those of the last snapshot, and once
        their day is over. Raises OSError."""
        now = from_nanoseconds(self.clock())
        if self._line_until is None or now >= self._line_until:
            self._line_until = line_note.write(self.store, self.layout, now)

    def hot(self, recent_ns: int, open_ns: int) -> list[tuple[RunRoot, str]]:
        """Folders whose file changed within `recent_ns`, or within `open_ns` where its run has
        not ended or it cannot be read."""
        now = self.clock()
        return self.folders(self.store.hot(now - recent_ns, now - open_ns))

    def busy_folders(self) -> list[tuple[RunRoot, str]]:
        """Folders of runs whose jobs go on or have just changed."""
        return self.folders(self.store.files_of_busy_jobs())

    def empty_folders(self) -> Iterator[tuple[RunRoot, str]]:
        """Folders without a run file, of the last full pass."""
        for root in self.roots:
            for name in self.empty.get(root.label, ()):
                yield root, name

    def folders(self, paths: Iterable[str]) -> list[tuple[RunRoot, str]]:
        """Run folders of paths as the bookkeeping has them."""
        roots = {root.label: root for root in self.roots}
        parts = (path.rsplit("/", 2) for path in paths)
        return [(roots[label], name) for label, name, _ in parts if label in roots]

    def _without_root(self) -> list[str]:
        """Known folders of roots that are no longer named."""
        left = self.known.labels() - {root.label for root in self.roots}
        return [f"{label}/{name}" for label in left for name in self.known.names(label)]

    def _judge(self, gone: list[str], result: PassResult) -> None:
        """Files that were known and are not there; `absence` has the rule."""
        verdict = absence.judge(self.store, self.roots, gone)
        self.held, self.held_because = len(verdict.held), verdict.reason
        result.held = self.held
        if not verdict.believed:
            return
        forget = self._state.config.on_missing == "forget"
        missing, heirs = self.store.not_seen(
            verdict.believed, from_nanoseconds(self.clock()), forget=forget
        )
        result.gone = len(missing)
        for path in missing:
            label, name, _ = path.rsplit("/", 2)
            self.known.drop(label, name)
        self._intake.read_heirs(heirs)

    def _open(self) -> None:
        self.store = open_store(self.layout)
        if self.store.mirrors_lake():
            self.store.close()
            raise UsageError(
                f"{self.layout.database}: mirrors the lake; use --lake, or name another file"
                " with --database"
            )
        self.known = KnownFiles(self.store)
        self._intake = Intake(self.store, self.known, self.folders, self.clock)
        self.documents = Documents(self.layout, self.store, installed(), self.clock)
        self._state = StateFiles(self.layout, self.store, self.known.others, self.clock)

    def _close(self) -> None:
        self._intake.close()
        self.documents.close()
        self.store.close()
