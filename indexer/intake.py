"""From run folders to rows: a look at a folder, what changed is read, stored in batches.

While a batch is being stored by a thread the next one is read; a file counts as known
only when its batch is committed. A bad file never stops the others.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Literal, NamedTuple

from indexer import discover
from indexer.discover import RunRoot, signature
from indexer.known import DUE, KnownFiles
from indexer.passes import PassResult
from indexer.records import ParsedRun, StagedSource
from indexer.sources import Document, run_summary
from indexer.staged import digest, is_unsettled, is_young, problem, to_source
from indexer.staging import Staging
from indexer.store import Applied, Store
from indexer.times import from_nanoseconds

BATCH_FILES = 10_000
BATCH_BYTES = 16 * 1024 * 1024
SETTLED_FILES = 1_000

# Run folders of paths as the bookkeeping has them.
FoldersOf = Callable[[Iterable[str]], list[tuple[RunRoot, str]]]


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


class Intake:
    """Belongs to one Indexer; `clock` returns nanoseconds since 1970."""

    def __init__(
        self, store: Store, known: KnownFiles, folders_of: FoldersOf, clock: Callable[[], int]
    ) -> None:
        self._store, self._known, self._folders_of = store, known, folders_of
        self._clock = clock
        self._batch: _Batch | None = None
        self._storing: tuple[_Batch, Future[Applied]] | None = None
        self._heirs: list[str] = []
        # (label, name) -> what was stored of a file that may still change unnoticed
        self._fresh: dict[tuple[str, str], Version] = {}
        # those of them that cannot any more, whose bookkeeping does not say so yet
        self._settled: dict[tuple[str, str], tuple[Version, StagedSource]] = {}

    def close(self) -> None:
        """Drop what is not stored."""
        batch, self._batch = self._batch, None
        if batch is not None:
            batch.staging.close()

    def look(self, root: RunRoot, name: str, result: PassResult, *, patient: bool) -> Look:
        """Look at one run folder; what is read is stored at the latest by `finish`.

        With `patient` a young file that cannot be parsed is left alone for now.
        """
        text = discover.printable(name)
        mark = self._known.mark(root.label, text)
        if mark:
            found = discover.find_run(root, name)
            if found is None:
                return self._nothing(root, name)
            if mark == signature(found.key, found.state or discover.NOTHING):
                return Look(root, name, "same")
        reading = discover.read_run(root, name)
        if reading is None:
            return self._nothing(root, name)
        content, unsettled = digest(reading.data), is_unsettled(reading, self._clock())
        key, version = (root.label, name), (signature(reading.key, reading.state), content)
        known_already = content is not None and self._fresh.get(key) == version
        if (known_already and unsettled) or self._is_under_way(key, version):
            return Look(root, name, "same")
        run: ParsedRun | None = None
        issues = problem(reading)
        if reading.data is not None:
            records = run_summary.parse(Document(reading.key, text, reading.data))
            run, issues = records.runs[0] if records.runs else None, records.issues
        if patient and run is None and is_young(reading, self._clock()):
            return Look(root, name, "broken")
        source = to_source(reading, "run", content, unsettled, issues, run)
        if known_already:
            self._settled[key] = version, source
            del self._fresh[key]
            self._known.note(root.label, text, version[0])
            return Look(root, name, "same")
        self._stage(key, version, source, result)
        return Look(
            root, name, "read", finished=run is not None and run.document.finished_at is not None
        )

    def flush_if_full(self) -> None:
        """Hand a full batch to the thread that stores, when that is done with the one before."""
        batch = self._batch
        if batch is not None and (
            batch.staging.count >= BATCH_FILES or batch.staging.size >= BATCH_BYTES
        ):
            self.flush()

    def flush(self) -> None:
        """Hand over what is there, however little."""
        self._stage_settled()
        batch, self._batch = self._batch, None
        if batch is None:
            return
        self._settle()
        work = partial(self._store.apply, batch.staging, from_nanoseconds(self._clock()))
        self._storing = batch, self._store.in_background(work)

    def finish(self) -> None:
        """Store what is left, and files that now speak for a run of another one."""
        self._stage_settled()
        while self._batch is not None or self._storing is not None:
            self._settle()
            batch, self._batch = self._batch, None
            if batch is not None:
                self._stored(
                    batch, self._store.apply(batch.staging, from_nanoseconds(self._clock()))
                )
            heirs, self._heirs = self._heirs, []
            self._read(heirs)

    def read_heirs(self, paths: list[str]) -> None:
        """Read and store files that now speak for a run of another file."""
        self._read(paths)
        self.finish()

    def note_settled(self) -> None:
        """Store at once that files have settled, so that the next start need not read them."""
        self._stage_all_settled()
        self.finish()

    def _nothing(self, root: RunRoot, name: str) -> Look:
        there = os.path.isdir(f"{root.path}/{name}")
        return Look(root, name, "absent" if there else "gone")

    def _is_under_way(self, key: tuple[str, str], version: Version) -> bool:
        """Whether the batch has this version already; one with another version is stored."""
        if self._batch is None or key not in self._batch.files:
            return False
        if self._batch.files[key][0] == version:
            return True
        self.finish()
        return False

    def _stage(
        self, key: tuple[str, str], version: Version, source: StagedSource, result: PassResult
    ) -> None:
        if self._batch is None:
            self._batch = _Batch(self._store.staging(), {}, result)
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

    def _settle(self) -> None:
        """Wait for the batch that is being stored."""
        if self._storing is not None:
            (batch, future), self._storing = self._storing, None
            self._stored(batch, future.result())

    def _stored(self, batch: _Batch, applied: Applied) -> None:
        for (label, name), (_, mark) in batch.files.items():
            self._known.note(label, discover.printable(name), mark)
        batch.result.new += applied.new
        batch.result.changed += applied.changed
        self._heirs += applied.heirs

    def _read(self, heirs: list[str]) -> None:
        for root, name in self._folders_of(heirs):
            self._known.note(root.label, name, DUE)
            self._fresh.pop((root.label, name), None)
            self._settled.pop((root.label, name), None)
            # counted under the file that made it an heir
            self.look(root, name, PassResult(), patient=False)
