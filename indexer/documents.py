"""Files of sources: what changed is read, cut into documents, parsed, and stored in batches.

A file that is read whole is taken as run files are, whole or not at all. One that is
appended to is read on from where reading ended. How every file is known is here alone:
`_Known`, in memory, made from the bookkeeping when it is opened. Run summaries, jobs and
the configuration are not looked at here; they have quicker ways of their own.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from indexer import discover, listing
from indexer.config import Layout
from indexer.discover import Found, signature
from indexer.document_batch import Batch
from indexer.document_rows import tell, whole_file
from indexer.folder_search import BesideSearch
from indexer.known import DUE
from indexer.listing import SourceFile
from indexer.parsing import parse
from indexer.passes import PassResult
from indexer.records import FileState, Issue, StagedFile
from indexer.sources import NOTHING, Document, Records, Source
from indexer.sources.registry import Registry
from indexer.staged import digest, is_unsettled, is_young, problem
from indexer.store import Store
from indexer.tail import MAX_LINE, Chunk, Position, TailError, read_on
from indexer.times import from_nanoseconds

GONE = 2  # passes in a row that have not found a file
MOST_GROWING = 50
RECENT_NS = 24 * 3600 * 1_000_000_000

log = logging.getLogger("runmeter.documents")

Outcome = Literal["gone", "same", "read", "broken"]
Steps = Generator[None, None, Outcome]


class _Known(NamedTuple):
    """What is known of a file: its source and signature, the hash of one that is read whole,
    how far one that is appended to has been read, how many passes have not found it, and why
    one that is appended to could not be read."""

    source: str
    mark: int
    content: str | None = None
    position: Position | None = None
    absent: int = 0
    trouble: str = ""


class Documents:
    """Belongs to one Indexer; `clock` returns nanoseconds since 1970."""

    def __init__(
        self, layout: Layout, store: Store, registry: Registry, clock: Callable[[], int]
    ) -> None:
        self._root: Path = layout.root
        self._store, self._registry, self._clock = store, registry, clock
        self.sources: list[Source] = []
        self._beside: list[Source] = []  # those whose files lie in the folders of runs
        self._known = {row[0]: _known(*row[1:]) for row in store.rows("known_files")}
        self._pending: dict[str, _Known] = {}  # known once the batch is stored
        # Those that had changed within a day when they were last looked at, which may grow again,
        # and those that have only been found.
        self.recent: dict[str, SourceFile] = {}
        self.growing: dict[str, SourceFile] = {}  # those of them that were read last, in that order
        self._batch: Batch | None = None
        self._troubles: dict[str, dict[str, str]] = {}  # source -> folders it could not list, why
        self._is_told = False  # of sources that cannot be used
        self.configure({})

    def configure(self, choices: Mapping[str, bool]) -> None:
        """Take up which sources are on."""
        self.sources = listing.searched(self._registry, choices)
        self._beside = [source for source in self.sources if listing.is_beside_runs(source)]
        self.recent.clear()
        self.growing.clear()

    def folders(self) -> list[str]:
        """Folders whose files, all in one place, can be watched."""
        return [
            listing.folder_of(source, self._root)
            for source in self.sources
            if "/" not in source.pattern
        ]

    def close(self) -> None:
        """Drop what is not stored."""
        batch, self._batch = self._batch, None
        if batch is not None:
            batch.close()

    def search_beside(self, begun: BesideSearch | None = None) -> BesideSearch:
        """Begin to look for the files that lie in the folders of runs, unless `begun` does; `scan`
        takes them from it.

        Raises OSError where no process can be started.
        """
        return listing.search_beside(self.sources, self._root, begun)

    def scan(
        self,
        result: PassResult,
        stop: Callable[[], bool],
        beside: BesideSearch | None = None,
        *,
        patient: bool,
        judging: bool = True,
        nested: bool | None = None,
    ) -> Iterator[None]:
        """Look at every file of every source, in small steps; what is read is stored.

        When `stop` says so, the rest is left. With `patient` a young file that cannot be
        parsed is left for later. `nested` chooses the sources whose files lie in one folder or
        in folders below it; None takes both. Those that lie in the folders of runs are looked at
        only with a search for them.
        """
        for _ in beside.wait() if beside is not None else ():
            if stop():
                self.finish()
                return
            yield
        for source in self.sources:
            is_left_out = nested is not None and nested != ("/" in source.pattern)
            if is_left_out or (source in self._beside and beside is None):
                continue
            yield from self._scan_source(
                source, result, stop, beside, patient=patient, judging=judging
            )
            if stop():
                self.finish()
                return
        self.finish()
        if not self._is_told:
            reasons = {name: issue.reason for name, issue in self._registry.broken.items()}
            self._store.apply_broken(reasons, from_nanoseconds(self._clock()))
            self._is_told = True

    def _scan_source(
        self,
        source: Source,
        result: PassResult,
        stop: Callable[[], bool],
        beside: BesideSearch | None,
        *,
        patient: bool,
        judging: bool,
    ) -> Iterator[None]:
        troubles: dict[str, str] = {}
        trouble = partial(self._tell, source, troubles)
        seen: set[str] = set()
        found: Iterator[SourceFile | None] = listing.files(source, self._root, trouble)
        if source in self._beside and beside is not None:
            found = listing.found_beside(source, self._root, beside, trouble)
        for file in found:
            if stop():
                return
            if file is None:
                yield
                continue
            outcome = yield from self._look(file, patient=patient)
            yield
            result.documents += outcome == "read"
            if outcome != "gone":
                seen.add(file.key)
        self._troubles[source.name] = troubles
        if judging and not troubles:
            self._judge(source, seen)

    def note_beside(self, name: str) -> None:
        """A run's folder is being looked at: what lies there as well is looked at soon."""
        for source in self._beside:
            file = listing.beside(source, self._root, name)
            if file is not None:
                self.recent.setdefault(file.key, file)

    def look_again(self, files: Iterable[SourceFile], *, patient: bool) -> Iterator[None]:
        """Look at files that may have grown, in small steps; what is read is stored."""
        for file in tuple(files):
            yield from self._look(file, patient=patient)
            yield
        self.finish()

    def look(self, file: SourceFile, *, patient: bool) -> Outcome:
        """Look at one file; what is read is stored at the latest by `finish`."""
        steps = self._look(file, patient=patient)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return cast(Outcome, end.value)

    def finish(self) -> None:
        """Store what is left."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        batch.store(from_nanoseconds(self._clock()))
        self._known |= self._pending
        self._pending = {}

    def _look(self, file: SourceFile, *, patient: bool) -> Steps:
        """In small steps; returns what it found."""
        found = discover.look(file.path, file.key)
        if found is None:
            self._forget_age(file)
            return "gone"
        self._note_age(file, found.state)
        known = self._pending.get(file.key) or self._known.get(file.key)
        mark = signature(file.key, found.state or discover.NOTHING)
        if known and known.mark == mark and not known.absent:
            return "same"
        if file.source.cut == "file":
            return self._look_whole(file, known, patient=patient)
        known = known or _Known(file.source.name, DUE)
        outcome = yield from self._look_appended(file, known, found)
        if outcome == "read":
            self.growing.pop(file.key, None)
            self.growing[file.key] = file
            if len(self.growing) > MOST_GROWING:
                del self.growing[next(iter(self.growing))]
        return outcome

    def _look_whole(self, file: SourceFile, known: _Known | None, *, patient: bool) -> Outcome:
        reading = discover.read(file.path, file.key)
        if reading is None:
            return "gone"
        content, unsettled = digest(reading.data), is_unsettled(reading, self._clock())
        mark = DUE if unsettled else signature(file.key, reading.state)
        if known and not known.absent and content is not None and content == known.content:
            self._remember(file, known._replace(mark=mark))
            return "same"
        document = Document(file.key, file.name, reading.data or b"")
        records = Records(issues=problem(reading))
        if reading.data is not None:
            records = parse(file.source, document)
        staged = whole_file(file, reading, content, records.issues, unsettled=unsettled)
        if staged.state == "invalid" and patient and is_young(reading, self._clock()):
            return "broken"
        batch = self._batch_without(file)
        batch.files[file.key] = staged
        if staged.is_replaced:
            batch.add(file.source, document, records, reading.state)
        self._pending[file.key] = _Known(file.source.name, mark, content)
        return "read"

    def _look_appended(self, file: SourceFile, known: _Known, found: Found) -> Steps:
        state, position = found.state or discover.NOTHING, known.position
        outcome: Outcome = "same"
        staged: StagedFile | None = None
        trouble = ""
        try:
            for state, chunk in read_on(file.path, position):
                staged, position, outcome = self._take(file, state, chunk), chunk.position, "read"
                yield
        except FileNotFoundError:
            return "gone"
        except TailError as error:
            trouble, outcome = str(error), "broken"
        if staged is None and (known.absent or trouble != known.trouble):
            staged = self._appended(file, state, position)
        unsettled = discover.unsettled(state, self._clock()) and not trouble
        # What could not be read may be readable without any change that its times would show.
        mark = DUE if unsettled or trouble else signature(file.key, state)
        if staged is None:
            self._remember(file, known._replace(mark=mark))
        else:
            staged.read_again = mark == DUE
            if trouble:
                staged.state = "invalid"
                staged.issues.append(Issue("error", "", trouble))
            self._pending[file.key] = _Known(file.source.name, mark, None, position, 0, trouble)
        return outcome

    def _take(self, file: SourceFile, state: FileState, chunk: Chunk) -> StagedFile:
        """Parse the lines of a piece into the batch."""
        batch = self._batch_with_room()
        staged = self._appended(file, state, chunk.position)
        source = file.source
        if chunk.too_long is not None:
            staged.lines += 1
            tell(staged, chunk.too_long, [Issue("error", "", f"longer than {MAX_LINE:,} bytes")])
        for offset, line in chunk.lines(source.mark):
            staged.lines += 1
            document = Document(file.key, file.name, line, offset)
            records = parse(source, document)
            if records is NOTHING:
                continue
            if records.issues:
                tell(staged, offset, records.issues)
            batch.add(source, document, records, state, chunk.position.generation)
        return staged

    def _appended(
        self, file: SourceFile, state: FileState, position: Position | None
    ) -> StagedFile:
        """The row of a file that is appended to, in the batch."""
        batch = self._batch or self._batch_with_room()
        staged = batch.files.get(file.key)
        if staged is None:
            staged = batch.files[file.key] = StagedFile(
                file.key, file.source.name, "indexed", *state, read_again=True
            )
        staged.size, staged.mtime_ns, staged.ctime_ns, staged.inode = state
        if position is not None:
            staged.generation, staged.read_to = position.generation, position.read_to
            staged.head_hash, staged.last_hash = position.head_hash, position.last_hash
            staged.in_long_line = position.in_long_line
            # as far as this batch goes; what is read next is another one's
            self._pending[file.key] = _Known(file.source.name, DUE, None, position)
        return staged

    def _batch_with_room(self) -> Batch:
        if self._batch is not None and self._batch.is_full:
            self.finish()
        if self._batch is None:
            self._batch = Batch(self._store)
        return self._batch

    def _batch_without(self, file: SourceFile) -> Batch:
        """A batch in which the file does not stand yet."""
        if self._batch is not None and file.key in self._batch.files:
            self.finish()
        return self._batch_with_room()

    def _tell(self, source: Source, troubles: dict[str, str], folder: str, reason: str) -> None:
        """A folder cannot be listed: said once, though it is looked at again and again."""
        troubles[folder] = reason
        if self._troubles.get(source.name, {}).get(folder) != reason:
            log.warning("source %s: %s: %s", source.name, folder, reason)

    def _note_age(self, file: SourceFile, state: FileState | None) -> None:
        if state is not None and self._clock() - state.mtime_ns < RECENT_NS:
            self.recent[file.key] = file
        else:
            self._forget_age(file)

    def _forget_age(self, file: SourceFile) -> None:
        self.recent.pop(file.key, None)
        self.growing.pop(file.key, None)

    def _remember(self, file: SourceFile, known: _Known) -> None:
        """Something that need not be stored."""
        if file.key in self._pending:
            self._pending[file.key] = known
        else:
            self._known[file.key] = known

    def _judge(self, source: Source, seen: set[str]) -> None:
        """Files that were known and have not been found; the second time marks them."""
        gone = [
            key
            for key, known in self._known.items()
            if known.source == source.name and known.absent < GONE and key not in seen
        ]
        if gone:
            self.finish()
            self._store.absent_files(gone, from_nanoseconds(self._clock()))
            for key in gone:
                self._known[key] = self._known[key]._replace(absent=self._known[key].absent + 1)


def _known(source: str, *rest: Any) -> _Known:
    """A row of known_files.sql."""
    *state, invalid, content, read_again, absent, read_to, head, last, generation, long = rest
    mark = DUE if read_again else signature("", FileState(*state))
    position = None
    if read_to is not None:
        position = Position(read_to, head, last, generation, long)
    trouble = "not read" if invalid and content is None else ""
    return _Known(source, mark, content, position, absent, trouble)
