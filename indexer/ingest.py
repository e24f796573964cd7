"""Passes: look, read what changed, store, publish.

The files are the truth and the index follows from them: a pass may be stopped
anywhere and the next one goes on. Reading is incremental, by what `stat` says and by
content. A bad file never stops the others. While a batch is being stored the next one
is read; a file counts as known only when its batch is committed.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, NamedTuple, Self

from indexer import absence, discover, health, parse, publish
from indexer.config import AnalyticsConfig, Layout
from indexer.discover import RunRoot, signature
from indexer.errors import LockedError, RunmeterError
from indexer.health import Health
from indexer.known import DUE, KnownFiles
from indexer.lock import acquire, make_state_dir
from indexer.passes import PassResult
from indexer.records import ParsedRun, StagedSource
from indexer.staged import digest, is_unsettled, is_young, problem, to_source
from indexer.state_files import StateFiles
from indexer.store import Applied, Staging, Store

BATCH_FILES = 20_000
BATCH_BYTES = 32 * 1024 * 1024
SETTLED_FILES = 1_000
SLICE = 64

Progress = Callable[[int, int], None]


class Look(NamedTuple):
    """What one look at a run's folder found.

    `gone`: no folder; `absent`: no file in it; `same`: as known; `read`: taken; `broken`: not
    taken, because it is being written or cannot be parsed, and still young. `finished` says
    whether a file that was taken is that of a run that has ended.
    """

    root: RunRoot
    name: str
    outcome: Literal["gone", "absent", "same", "read", "broken"]
    finished: bool = False


# What tells versions of a file apart: its signature and the hash of its content.
Version = tuple[int, str | None]


class _Batch(NamedTuple):
    """Records under way, each folder (label, name) once, and who counts them.

    `files`: the version that was read, and by what it is known once it is committed.
    """

    staging: Staging
    files: dict[tuple[str, str], tuple[Version, int]]
    result: PassResult


class Indexer:
    """The one writer of an index: holds its lock and its working database.

    `clock` returns nanoseconds since 1970 and is injected by tests. Raises LockedError
    where another process is the indexer, UsageError where the database is not ours.
    """

    store: Store
    known: KnownFiles
    _batch: _Batch | None
    _storing: tuple[_Batch, "Future[Applied]"] | None
    _pool: ThreadPoolExecutor | None
    _state: StateFiles
    _heirs: list[str]
    # (label, name) -> what was stored of a file that may still change unnoticed
    _fresh: dict[tuple[str, str], Version]
    # those of them that cannot any more, whose bookkeeping does not say so yet
    _settled: dict[tuple[str, str], tuple[Version, StagedSource]]

    def __init__(self, layout: Layout, clock: Callable[[], int] = time.time_ns) -> None:
        if not layout.root.is_dir():
            raise RunmeterError(f"{layout.root}: no such folder")
        self.layout = layout
        self.clock = clock
        self.roots = _roots(layout, AnalyticsConfig())
        self.empty: dict[str, set[str]] = {}  # folders without a file, of the last full pass
        self.broken: list[tuple[RunRoot, str]] = []  # left for later, of the last full pass
        self.held, self.held_because = 0, ""
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
        self._stage_all_settled()
        self._finish()

    def reopen(self) -> None:
        """Begin anew from what is committed, after an error that leaves doubt."""
        self._close()
        self._open()

    def run_pass(
        self, progress: Progress | None = None, stop: Callable[[], bool] = lambda: False
    ) -> PassResult:
        """One full pass, published. Raises ConfigError before anything is read, OSError.

        When `stop` says so, what has been read is stored and the rest is left.
        """
        started = time.monotonic()
        result = PassResult()
        self.read_config()
        self.read_jobs()
        for _ in self.scan(result, progress, stop):
            pass
        if self.publish_due():
            self.publish()
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
        self.broken = []
        gone: list[str] = []
        total = sum(map(discover.count, self.roots)) if progress is not None else 0
        done = seen = 0
        for root in self.roots:
            known = self.known.names(root.label)
            unseen, empty = len(known), set[str]()
            for name in discover.names(root):
                done += 1
                if done % SLICE == 0:
                    if stop():
                        self._finish()
                        return
                    if progress is not None:
                        progress(done, max(done, total))
                    yield
                mark = known.get(name)
                if mark and mark == discover.quick_signature(root, name):
                    look: str = "same"
                else:
                    mark = known.get(discover.printable(name))
                    look = self._look(root, name, result, patient=patient).outcome
                if look in ("absent", "gone"):
                    empty.add(discover.printable(name))
                    continue
                if look == "broken":
                    self.broken.append((root, name))
                seen += 1
                unseen -= mark is not None
                if self._is_full():
                    self._flush()
            if unseen > 0:
                there = {discover.printable(name) for name in discover.names(root)} - empty
                gone += [f"{root.label}/{name}" for name in known if name not in there]
            self.empty[root.label] = empty
        self._finish()
        result.unchanged = seen - result.new - result.changed
        for label in self.known.runs.keys() - {root.label for root in self.roots}:
            gone += [f"{label}/{name}" for name in self.known.runs[label]]
        self._judge(gone, result)

    def look_at(self, names: Iterable[tuple[RunRoot, str]], *, patient: bool) -> list[Look]:
        """Look at some run folders and store what changed.

        With `patient` a young file that cannot be parsed is left alone for now.
        """
        result = PassResult()
        looks = [self._look(root, name, result, patient=patient) for root, name in names]
        self._finish()
        return looks

    def read_config(self) -> bool:
        """Take the settings up; whether they are others now. Raises ConfigError."""
        if not self._state.read_config():
            return False
        self.roots = _roots(self.layout, self._state.config)
        return True

    def read_jobs(self) -> bool:
        """Take the job state up; whether it says something else now."""
        return self._state.read_jobs()

    def publish_due(self) -> bool:
        """Whether readers lack something that is committed."""
        return publish.due(self.store, self.layout)

    def publish(self) -> int:
        """A new snapshot; see `publish`. Raises OSError where the disk is full."""
        return publish.publish_snapshot(self.store, self.layout, self._now())

    def forget(self, run_ids: list[str]) -> dict[str, str]:
        """Remove runs whose files are gone. Returns those that stay, each with the reason."""
        files = self.store.files_of(run_ids)
        refused = {run_id: "no such run" for run_id in run_ids if run_id not in files}
        for run_id, paths in files.items():
            there = [path for path in paths if (self.layout.root / path).exists()]
            if there:
                refused[run_id] = f"its file is there and would bring it back: {there[0]}"
        self.store.forget([run_id for run_id in run_ids if run_id not in refused])
        for run_id in files.keys() - refused.keys():
            for root, name in self._folders(files[run_id]):
                self.known.names(root.label).pop(discover.printable(name), None)
        return refused

    def hot(self, recent_ns: int, open_ns: int) -> list[tuple[RunRoot, str]]:
        """Folders whose file changed within `recent_ns`, or within `open_ns` where its run has
        not ended or it cannot be read."""
        now = self.clock()
        return self._folders(self.store.hot(now - recent_ns, now - open_ns))

    def busy_folders(self) -> list[tuple[RunRoot, str]]:
        """Folders of runs whose jobs go on or have just changed."""
        return self._folders(self.store.files_of_busy_jobs())

    def empty_folders(self) -> Iterator[tuple[RunRoot, str]]:
        """Folders without a run file, of the last full pass."""
        for root in self.roots:
            for name in self.empty.get(root.label, ()):
                yield root, name

    def _folders(self, paths: list[str]) -> list[tuple[RunRoot, str]]:
        roots = {root.label: root for root in self.roots}
        parts = (path.rsplit("/", 2) for path in paths)
        return [(roots[label], name) for label, name, _ in parts if label in roots]

    def _look(self, root: RunRoot, name: str, result: PassResult, *, patient: bool) -> Look:
        text = discover.printable(name)
        mark = self.known.names(root.label).get(text)
        if mark:
            found = discover.find_run(root, name)
            if found is None:
                return self._nothing(root, name)
            if mark == signature(found.key, found.state or discover.NOTHING):
                return Look(root, name, "same")
        reading = discover.read_run(root, name)
        if reading is None:
            return self._nothing(root, name)
        content, unsettled = digest(reading.data), is_unsettled(reading, self.clock())
        key, version = (root.label, name), (signature(reading.key, reading.state), content)
        known_already = content is not None and self._fresh.get(key) == version
        if (known_already and unsettled) or self._is_under_way(key, version):
            return Look(root, name, "same")
        run: ParsedRun | None = None
        issues = problem(reading)
        if reading.data is not None:
            run, issues = parse.parse_run(reading.data, text)
        if patient and run is None and is_young(reading, self.clock()):
            return Look(root, name, "broken")
        source = to_source(reading, "run", content, unsettled, issues, run)
        if known_already:
            self._settled[key] = version, source
            del self._fresh[key]
            self.known.names(root.label)[text] = version[0]
            return Look(root, name, "same")
        self._stage(key, version, source, result)
        return Look(
            root, name, "read", finished=run is not None and run.document.finished_at is not None
        )

    def _nothing(self, root: RunRoot, name: str) -> Look:
        there = os.path.isdir(f"{root.path}/{name}")
        return Look(root, name, "absent" if there else "gone")

    def _is_under_way(self, key: tuple[str, str], version: Version) -> bool:
        """Whether the batch has this version already; one with another version is stored."""
        if self._batch is None or key not in self._batch.files:
            return False
        if self._batch.files[key][0] == version:
            return True
        self._finish()
        return False

    def _stage(
        self, key: tuple[str, str], version: Version, source: StagedSource, result: PassResult
    ) -> None:
        if self._batch is None:
            self._batch = _Batch(self.store.staging(), {}, result)
        self._batch.staging.add(source)
        self._batch.files[key] = version, DUE if source.read_again else version[0]
        self._settled.pop(key, None)
        if source.read_again:
            self._fresh[key] = version
        else:
            self._fresh.pop(key, None)

    def _stage_settled(self) -> None:
        """That files have settled is stored along with something else, or when there are many.

        If it is lost, they are read once more.
        """
        if self._batch is not None or len(self._settled) >= SETTLED_FILES:
            self._stage_all_settled()

    def _stage_all_settled(self) -> None:
        for key, (version, source) in tuple(self._settled.items()):
            self._stage(key, version, source, PassResult())

    def _is_full(self) -> bool:
        batch = self._batch
        return batch is not None and (
            batch.staging.count >= BATCH_FILES or batch.staging.size >= BATCH_BYTES
        )

    def _flush(self) -> None:
        """Hand the batch to the thread that stores, when that is done with the one before."""
        batch, self._batch = self._batch, None
        self._settle()
        if batch is not None:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, "store")
            future = self._pool.submit(self.store.apply, batch.staging, self._now())
            self._storing = batch, future

    def _settle(self) -> None:
        """Wait for the batch that is being stored."""
        if self._storing is not None:
            (batch, future), self._storing = self._storing, None
            self._stored(batch, future.result())

    def _finish(self) -> None:
        """Store what is left, and files that now speak for a run of another one."""
        self._stage_settled()
        while self._batch is not None or self._storing is not None:
            self._settle()
            batch, self._batch = self._batch, None
            if batch is not None:
                self._stored(batch, self.store.apply(batch.staging, self._now()))
            heirs, self._heirs = self._heirs, []
            for path in heirs:
                self._read_heir(path)

    def _stored(self, batch: _Batch, applied: Applied) -> None:
        known = {label: self.known.names(label) for label, _ in batch.files}
        for (label, name), (_, mark) in batch.files.items():
            known[label][discover.printable(name)] = mark
        batch.result.new += applied.new
        batch.result.changed += applied.changed
        self._heirs += applied.heirs

    def _read_heir(self, path: str) -> None:
        for root, name in self._folders([path]):
            self.known.names(root.label)[name] = DUE
            self._fresh.pop((root.label, name), None)
            self._settled.pop((root.label, name), None)
            # counted under the file that made it an heir
            self._look(root, name, PassResult(), patient=False)

    def _judge(self, gone: list[str], result: PassResult) -> None:
        """Files that were known and are not there; `absence` has the rule."""
        verdict = absence.judge(self.store, self.roots, gone)
        self.held, self.held_because = len(verdict.held), verdict.reason
        result.held = self.held
        if not verdict.believed:
            return
        forget = self._state.config.on_missing == "forget"
        missing, heirs = self.store.not_seen(verdict.believed, self._now(), forget=forget)
        result.gone = len(missing)
        for path in missing:
            label, name, _ = path.rsplit("/", 2)
            self.known.names(label).pop(name, None)
        for path in heirs:
            self._read_heir(path)
        self._finish()

    def _open(self) -> None:
        self.store = Store(self.layout.working, str(self.layout.root))
        self._batch = self._storing = self._pool = None
        self._heirs = []
        self._fresh, self._settled = {}, {}
        self.known = KnownFiles(self.store.known(), [root.label for root in self.roots])
        self._state = StateFiles(self.layout, self.store, self.known.others, self.clock)

    def _close(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            batch.staging.close()
        if self._pool is not None:
            self._pool.shutdown()
        self.store.close()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock() / 1e9, UTC).replace(tzinfo=None)


def _roots(layout: Layout, config: AnalyticsConfig) -> list[RunRoot]:
    """`run_logs`, then the further folders of the configuration, each once."""
    roots = [RunRoot("run_logs", str(layout.run_logs))]
    for folder in config.run_roots:
        path = (layout.root / folder).resolve()
        if path != layout.run_logs.resolve() and str(path) not in [root.path for root in roots]:
            roots.append(RunRoot(path.as_posix(), str(path)))
    return roots


def bring_up_to_date(layout: Layout, progress: Progress | None = None) -> bool:
    """One pass for readers that have no daemon; False where an indexer is at work already.

    With one at work its snapshots are as good as a pass of our own. An index that
    belongs to somebody else is read as it is.
    """
    if layout.state_dir.exists() and not os.access(layout.state_dir, os.W_OK):
        return False
    try:
        with Indexer(layout) as indexer:
            indexer.run_pass(progress)
    except LockedError:
        return False
    return True
