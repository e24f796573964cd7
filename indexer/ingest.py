"""One complete pass: look, read what changed, store, publish.

The files are the truth and the index follows from them: a pass may be stopped
anywhere and the next one goes on. Reading is incremental, by what `stat` says and
by content. A bad file never stops the others. Deletions are believed only when two
full passes agree, the folder is the same, and not too much is gone at once.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from indexer import discover, parse, publish
from indexer.config import AnalyticsConfig, Layout, load_config
from indexer.discover import Found, UnreadableError
from indexer.errors import LockedError, RunmeterError
from indexer.lock import acquire, make_state_dir
from indexer.records import FileState, Issue, Job, Run, StagedSource
from indexer.store import Known, Store

BATCH_FILES = 20_000
BATCH_BYTES = 64 * 1024 * 1024
PROGRESS_FILES = 100
READ_ATTEMPTS = 3
HOLD_FRACTION = 5  # more than one in five gone at once is not believed

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class PassResult:
    """What a pass did. `held` counts files that are gone but not believed to be."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    held: int = 0
    invalid: int = 0
    snapshot: int | None = None
    published: bool = False
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        held = f", {self.held} held as possibly unmounted" if self.held else ""
        done = f"published as snapshot {self.snapshot}" if self.published else "nothing to publish"
        return (
            f"{self.new} new, {self.changed} changed, {self.gone} gone,"
            f" {self.invalid} invalid, {self.unchanged} unchanged{held};"
            f" {done} ({self.seconds:.2f} s)"
        )


class Indexer:
    """The one writer of an index: holds its lock and its working database.

    `clock` returns nanoseconds since 1970 and is injected by tests. Raises LockedError
    where another process is the indexer, UsageError where the database is not ours.
    """

    def __init__(self, layout: Layout, clock: Callable[[], int] = time.time_ns) -> None:
        if not layout.root.is_dir():
            raise RunmeterError(f"{layout.root}: no such folder")
        self.layout = layout
        self._clock = clock
        make_state_dir(layout)
        self._lock = acquire(layout)
        try:
            publish.guard_public(layout)
            self._store = Store(layout.working, str(layout.root))
            self._known = self._store.known()
            self._touched: list[StagedSource] = []
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
        self._store.close()
        self._lock.release()

    def run_pass(
        self, progress: Progress | None = None, *, believe_absence: bool = True
    ) -> PassResult:
        """One full pass. Raises ConfigError before anything is read, OSError on a full disk.

        Without `believe_absence` files that are gone are left for a later pass to judge.
        """
        started = time.monotonic()
        result = PassResult()
        self._config(load_config(self.layout))
        seen = self._runs(result, progress)
        seen |= self._jobs()
        self._note_dates()
        if believe_absence:
            self._absent(seen, result)
        if publish.due(self._store, self.layout):
            publish.publish(self._store, self.layout, self._now())
            result.published = True
        result.snapshot = self._store.snapshot
        result.invalid = self._store.invalid_count()
        result.seconds = round(time.monotonic() - started, 3)
        self._write_status(result)
        return result

    def _config(self, config: AnalyticsConfig) -> None:
        """Take the settings up; keys that nobody knows are reported, not refused."""
        key = self._key(self.layout.config_file)
        item = discover.look(self.layout.config_file, key)
        source = None
        if item is not None and self._is_due(item):
            data, state, _ = _attempt(item)
            content = _digest(data) if data is not None else None
            if not self._only_dates(key, content, state):
                issues = [
                    Issue("warning", f"analytics.{name}", "not a setting; see the documentation")
                    for name in config.unknown_keys
                ]
                source = self._source(key, "config", state, content, issues)
                self._remember(source)
        self._store.apply_config(source, config, self._now())

    def _runs(self, result: PassResult, progress: Progress | None) -> set[str]:
        """Read the run files that changed, in batches; returns all that are there."""
        found = self._listing()
        waiting = [item for item in found if self._is_due(item)]
        by_key = {item.key: item for item in found}
        for batch in self._batches(waiting, result, progress):
            self._apply(batch, by_key)
        result.unchanged = len(found) - result.new - result.changed
        return set(by_key)

    def _listing(self) -> list[Found]:
        try:
            return list(discover.scan_runs(self.layout.run_logs))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunmeterError(
                f"{self.layout.run_logs}: cannot be listed: {error.strerror}"
            ) from error

    def _batches(
        self, waiting: list[Found], result: PassResult, progress: Progress | None = None
    ) -> Iterator[list[StagedSource]]:
        batch: list[StagedSource] = []
        size = 0
        for done, item in enumerate(waiting, 1):
            source = self._read(item, result)
            if progress is not None and done % PROGRESS_FILES == 0:
                progress(done, len(waiting))
            if source is None:
                continue
            batch.append(source)
            size += source.size
            if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _apply(self, batch: list[StagedSource], found: dict[str, Found]) -> None:
        """Store a batch; a file that took over a run from another is read right after it."""
        again = self._store.apply(batch, self._now())
        for source in batch:
            self._remember(source)
        self._read_heirs([found[key] for key in again if key in found])

    def _read(self, item: Found, result: PassResult) -> StagedSource | None:
        """One run file as a record; None where only its dates had changed."""
        data, state, problem = _attempt(item)
        content = _digest(data) if data is not None else None
        if self._only_dates(item.key, content, state):
            return None
        run, issues = None, [Issue("error", "", problem)] if problem else []
        if data is not None:
            run, issues = parse.parse_run(data, item.key.split("/")[-2])
        if item.key not in self._known:
            result.new += 1
        else:
            result.changed += 1
        return self._source(item.key, "run", state, content, issues, run)

    def _jobs(self) -> set[str]:
        key = self._key(self.layout.jobs_file)
        item = discover.look(self.layout.jobs_file, key)
        if item is None:
            return set()
        if self._is_due(item):
            data, state, problem = _attempt(item)
            content = _digest(data) if data is not None else None
            if not self._only_dates(key, content, state):
                jobs: list[Job] | None = None
                issues = [Issue("error", "", problem)] if problem else []
                if data is not None:
                    jobs, issues = parse.parse_jobs(data)
                source = self._source(key, "jobs", state, content, issues)
                self._store.apply_jobs(source, jobs, self._now())
                self._remember(source)
        return {key}

    def _only_dates(self, key: str, content: str | None, state: FileState) -> bool:
        """Whether the file says what it said before; if so, just its dates are noted."""
        known = self._known.get(key)
        if known is None or content is None or known.missing or content != known.content_hash:
            return False
        source = self._source(key, "run", state, content, [])
        self._touched.append(source)
        self._remember(source)
        if len(self._touched) >= BATCH_FILES:
            self._note_dates()
        return True

    def _note_dates(self) -> None:
        """Write down the new dates of files whose content is known."""
        if self._touched:
            self._store.touch(self._touched)
            self._touched = []

    def _absent(self, seen: set[str], result: PassResult) -> None:
        """Files that were known and are not there. See the module's text for the rule."""
        same_root = self._store.root_identity(_identity(self.layout.run_logs))
        live = [key for key, known in self._known.items() if not known.missing]
        gone = [key for key in live if key not in seen and key.startswith("run_logs/")]
        if not gone:
            return
        runs = sum(key.startswith("run_logs/") for key in live)
        if not same_root or len(gone) == runs or len(gone) > max(1, runs // HOLD_FRACTION):
            result.held = len(gone)
            return
        result.gone, again = self._store.not_seen(gone, self._now())
        self._known = self._store.known()
        if again:
            listing = {item.key: item for item in self._listing()}
            self._read_heirs([listing[key] for key in again if key in listing])

    def _read_heirs(self, heirs: list[Found]) -> None:
        """Read files that now speak for a run that another file spoke for before."""
        for item in heirs:
            self._known.pop(item.key, None)  # else its content would count as known
        for batch in self._batches(heirs, PassResult()):
            self._apply(batch, {})

    def _source(
        self,
        key: str,
        kind: Literal["run", "jobs", "config"],
        state: FileState,
        content: str | None,
        issues: list[Issue],
        run: Run | None = None,
    ) -> StagedSource:
        bad = any(issue.severity == "error" for issue in issues)
        return StagedSource(
            path=key,
            kind=kind,
            state="invalid" if bad else "indexed",
            run_id=run.run_id if run else None,
            size=state.size,
            mtime_ns=state.mtime_ns,
            ctime_ns=state.ctime_ns,
            inode=state.inode,
            content_hash=content,
            read_again=discover.unsettled(state, self._clock()),
            issues=issues,
            run=run,
        )

    def _remember(self, source: StagedSource) -> None:
        state = FileState(source.size, source.mtime_ns, source.ctime_ns, source.inode)
        self._known[source.path] = Known(state, source.content_hash, not source.read_again, False)

    def _is_due(self, item: Found) -> bool:
        known = self._known.get(item.key)
        return known is None or not known.settled or known.state != (item.state or _NOTHING)

    def _key(self, path: Path) -> str:
        return path.relative_to(self.layout.root).as_posix()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1e9, UTC).replace(tzinfo=None)

    def _write_status(self, result: PassResult) -> None:
        """What changes with every pass and is not worth a snapshot."""
        status = {"last_full_pass": self._now().isoformat() + "Z", **result.as_dict()}
        temporary = self.layout.status_file.with_suffix(".tmp")
        temporary.write_bytes(msgspec.json.encode(status))
        temporary.replace(self.layout.status_file)


_NOTHING = FileState(0, 0, 0, 0)


def _attempt(item: Found) -> tuple[bytes | None, FileState, str | None]:
    """Bytes, state and problem of a file; one that is being written is tried again."""
    problem = item.problem
    for _ in range(READ_ATTEMPTS if item.state is not None else 0):
        try:
            data, state = discover.read_whole(item.path)
        except UnreadableError as error:
            problem = str(error)
        else:
            return data, state, None
    return None, item.state or _NOTHING, problem


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _identity(folder: Path) -> str | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


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
