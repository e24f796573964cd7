"""Passes: look, read what changed, store, publish.

The files are the truth and the index follows from them: a pass may be stopped
anywhere and the next one goes on. Reading is incremental, by what `stat` says and by
content. A bad file never stops the others. While a batch is being stored the next one
is read; a file counts as known only when its batch is committed.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from indexer import absence, discover, health, parse, publish
from indexer.config import AnalyticsConfig, Layout, load_config
from indexer.discover import Reading, RunRoot, signature
from indexer.errors import LockedError, RunmeterError
from indexer.health import Health
from indexer.known import DUE, KnownFiles
from indexer.lock import acquire, make_state_dir
from indexer.passes import PassResult
from indexer.records import Issue, ParsedRun, StagedSource
from indexer.store import Applied, Staging, Store

BATCH_FILES = 12_500
BATCH_BYTES = 32 * 1024 * 1024
SLICE = 64
PATIENCE_NS = 30_000_000_000  # a file that cannot be parsed may still be being written

Progress = Callable[[int, int], None]


class Look(NamedTuple):
    """What one look at a run's folder found.

    `absent`: no file; `same`: as known; `read`: taken; `broken`: not taken, because it is
    being written or cannot be parsed, and still young.
    """

    root: RunRoot
    name: str
    outcome: Literal["absent", "same", "read", "broken"]
    settled: bool = True
    finished: bool = True
    changed_ns: int = 0


class _Batch(NamedTuple):
    """Records under way, and what is known of their files once they are committed."""

    staging: Staging
    marks: list[tuple[str, str, int]]


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
    _heirs: list[str]

    def __init__(self, layout: Layout, clock: Callable[[], int] = time.time_ns) -> None:
        if not layout.root.is_dir():
            raise RunmeterError(f"{layout.root}: no such folder")
        self.layout = layout
        self.clock = clock
        self.config = AnalyticsConfig()
        self.roots = _roots(layout, self.config)
        self.empty: dict[str, set[str]] = {}  # folders without a file, of the last full pass
        self.held, self.held_because = 0, ""
        self._config_taken = self._jobs_read = False
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
    ) -> Iterator[None]:
        """A full pass in small steps, without publishing. Raises ConfigError, OSError."""
        self.read_config()
        self.read_jobs()
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
                        self._finish(result)
                        return
                    if progress is not None:
                        progress(done, max(done, total))
                    yield
                mark = known.get(name)
                if mark and mark == discover.quick_signature(root, name):
                    look: str = "same"
                else:
                    mark = known.get(discover.printable(name))
                    look = self._look(root, name, patient=False).outcome
                if look == "absent":
                    empty.add(discover.printable(name))
                    continue
                seen += 1
                unseen -= mark is not None
                if self._is_full():
                    self._flush(result)
            if unseen > 0:
                there = {discover.printable(name) for name in discover.names(root)} - empty
                gone += [f"{root.label}/{name}" for name in known if name not in there]
            self.empty[root.label] = empty
        self._finish(result)
        result.unchanged = seen - result.new - result.changed
        for label in self.known.runs.keys() - {root.label for root in self.roots}:
            gone += [f"{label}/{name}" for name in self.known.runs[label]]
        self._judge(gone, result)

    def look_at(self, names: Iterable[tuple[RunRoot, str]], *, patient: bool) -> list[Look]:
        """Look at some run folders and store what changed.

        With `patient` a young file that cannot be parsed is left alone for now.
        """
        result = PassResult()
        looks = [self._look(root, name, patient=patient) for root, name in names]
        self._finish(result)
        return looks

    def read_config(self) -> bool:
        """Take the settings up if they changed. Raises ConfigError."""
        file = self.layout.config_file
        key = self._key(file)
        found = discover.look(file, key)
        if self._config_taken and not self._is_changed(key, found):
            return False
        config = load_config(self.layout)
        source, reading = None, discover.read(file, key)
        if reading is None:
            self.known.others.pop(key, None)
        else:
            if not self._says_the_same(reading):
                source = _source(reading, "config", self.clock())
                source.issues = [
                    Issue("warning", f"analytics.{name}", "not a setting; see the documentation")
                    for name in config.unknown_keys
                ]
            self._remember(reading)
        self.store.apply_config(source, config, self._now())
        self.config, self._config_taken = config, True
        self.roots = _roots(self.layout, config)
        return True

    def read_jobs(self) -> bool:
        """Take the job state up if it changed; one that cannot be read leaves all as it was."""
        key = self._key(self.layout.jobs_file)
        found = discover.look(self.layout.jobs_file, key)
        if found is None or not self._is_changed(key, found):
            return False
        reading = discover.read(self.layout.jobs_file, key)
        if reading is None:
            return False
        if self._says_the_same(reading):
            self._remember(reading)
            return False
        jobs, issues = None, _problem(reading)
        if reading.data is not None:
            jobs, issues = parse.parse_jobs(reading.data)
            if jobs is None and self._is_young(reading) and self._jobs_read:
                return False  # probably half of it; looked at again soon
        source = _source(reading, "jobs", self.clock(), issues)
        self.store.apply_jobs(source, jobs, self._now())
        self._jobs_read = True
        self._remember(reading)
        return True

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
        self._load_known()
        return refused

    def _look(self, root: RunRoot, name: str, *, patient: bool) -> Look:
        mark = self.known.names(root.label).get(discover.printable(name))
        if mark:
            found = discover.find_run(root, name)
            if found is None:
                return Look(root, name, "absent")
            if mark == signature(found.key, found.state or discover.NOTHING):
                return Look(root, name, "same")
        reading = discover.read_run(root, name)
        if reading is None:
            return Look(root, name, "absent")
        run: ParsedRun | None = None
        issues = _problem(reading)
        if reading.data is not None:
            run, issues = parse.parse_run(reading.data, discover.printable(name))
        if patient and run is None and (reading.torn or self._is_young(reading)):
            return Look(root, name, "broken")
        source = _source(reading, "run", self.clock(), issues, run)
        self._stage(root, name, reading, source)
        finished = run is None or run.document.finished_at is not None
        return Look(root, name, "read", not source.read_again, finished, reading.state.mtime_ns)

    def _stage(self, root: RunRoot, name: str, reading: Reading, source: StagedSource) -> None:
        if self._batch is None:
            self._batch = _Batch(self.store.staging(), [])
        self._batch.staging.add(source)
        mark = DUE if source.read_again else signature(reading.key, reading.state)
        self._batch.marks.append((root.label, discover.printable(name), mark))

    def _is_full(self) -> bool:
        batch = self._batch
        return batch is not None and (
            batch.staging.count >= BATCH_FILES or batch.staging.size >= BATCH_BYTES
        )

    def _flush(self, result: PassResult) -> None:
        """Hand the batch to the thread that stores, when that is done with the one before."""
        batch, self._batch = self._batch, None
        self._settle(result)
        if batch is not None:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, "store")
            future = self._pool.submit(self.store.apply, batch.staging, self._now())
            self._storing = batch, future

    def _settle(self, result: PassResult) -> None:
        """Wait for the batch that is being stored."""
        if self._storing is not None:
            (batch, future), self._storing = self._storing, None
            self._stored(batch, future.result(), result)

    def _finish(self, result: PassResult) -> None:
        """Store what is left, and files that now speak for a run of another one."""
        while self._batch is not None or self._storing is not None:
            self._settle(result)
            batch, self._batch = self._batch, None
            if batch is not None:
                self._stored(batch, self.store.apply(batch.staging, self._now()), result)
            heirs, self._heirs = self._heirs, []
            for path in heirs:
                self._read_heir(path)
            if heirs:
                result = PassResult()  # they are counted under the file that made them heirs

    def _stored(self, batch: _Batch, applied: Applied, result: PassResult) -> None:
        for label, name, mark in batch.marks:
            self.known.names(label)[name] = mark
        result.new += applied.new
        result.changed += applied.changed
        self._heirs += applied.heirs

    def _read_heir(self, path: str) -> None:
        label, name, _ = path.rsplit("/", 2)
        for root in self.roots:
            if root.label == label:
                self.known.names(label)[name] = DUE
                self._look(root, name, patient=False)

    def _judge(self, gone: list[str], result: PassResult) -> None:
        """Files that were known and are not there; `absence` has the rule."""
        verdict = absence.judge(self.store, self.roots, gone)
        self.held, self.held_because = len(verdict.held), verdict.reason
        result.held = self.held
        if not verdict.believed:
            return
        forget = self.config.on_missing == "forget"
        missing, heirs = self.store.not_seen(verdict.believed, self._now(), forget=forget)
        result.gone = len(missing)
        for path in missing:
            label, name, _ = path.rsplit("/", 2)
            self.known.names(label).pop(name, None)
        for path in heirs:
            self._read_heir(path)
        self._finish(PassResult())

    def _is_changed(self, key: str, found: discover.Found | None) -> bool:
        mark, _ = self.known.others.get(key, (None, None))
        if found is None:
            return mark is not None
        return not mark or mark != signature(key, found.state or discover.NOTHING)

    def _says_the_same(self, reading: Reading) -> bool:
        _, content = self.known.others.get(reading.key, (DUE, None))
        return content is not None and content == _digest(reading.data)

    def _remember(self, reading: Reading) -> None:
        doubt = reading.torn or discover.unsettled(reading.state, self.clock())
        mark = DUE if doubt else signature(reading.key, reading.state)
        self.known.others[reading.key] = mark, _digest(reading.data)

    def _is_young(self, reading: Reading) -> bool:
        changed = max(reading.state.mtime_ns, reading.state.ctime_ns)
        return abs(self.clock() - changed) < PATIENCE_NS

    def _open(self) -> None:
        self.store = Store(self.layout.working, str(self.layout.root))
        self._batch = self._storing = self._pool = None
        self._heirs = []
        self._config_taken = self._jobs_read = False
        self._load_known()

    def _load_known(self) -> None:
        self.known = KnownFiles(self.store.known(), [root.label for root in self.roots])

    def _close(self) -> None:
        if self._batch is not None:
            self._batch.staging.close()
        if self._pool is not None:
            self._pool.shutdown()
        self.store.close()

    def _key(self, path: Path) -> str:
        return path.relative_to(self.layout.root).as_posix()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock() / 1e9, UTC).replace(tzinfo=None)


def _source(
    reading: Reading,
    kind: Literal["run", "jobs", "config"],
    now_ns: int,
    issues: list[Issue] | None = None,
    run: ParsedRun | None = None,
) -> StagedSource:
    state, issues = reading.state, issues or []
    bad = any(issue.severity == "error" for issue in issues)
    return StagedSource(
        path=reading.key,
        kind=kind,
        state="invalid" if bad else "indexed",
        run_id=run.run_id if run else None,
        size=state.size,
        mtime_ns=state.mtime_ns,
        ctime_ns=state.ctime_ns,
        inode=state.inode,
        content_hash=_digest(reading.data),
        read_again=reading.torn or discover.unsettled(state, now_ns),
        issues=issues,
        run=run,
    )


def _problem(reading: Reading) -> list[Issue]:
    return [Issue("error", "", reading.problem)] if reading.problem else []


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.blake2b(data, digest_size=16).hexdigest()


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
