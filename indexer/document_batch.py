"""What documents said, on its way into the database, and the transaction that stores it.

Rows and the place up to which each file has been read are stored together, so that a crash
loses nothing and doubles nothing. Every kind of record has a staged file of its own and
statements in `queries/load/`.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from indexer.database import Database
from indexer.records import FileState, ParsedRun, StagedFile, StagedSource
from indexer.settle import settle
from indexer.sources import Document, Records, Source
from indexer.staged import digest
from indexer.staging import Staging

BATCH_BYTES = 32 * 1024 * 1024
BATCH_RECORDS = 20_000
LINE_DIGEST = 16  # bytes: it tells one line of all files from another
# Kinds of records, each with the field of Records that brings it.
KINDS = ("calls", "events", "sessions", "log")
CLAIMING = ("events", "sessions")  # those that tell of runs


class _Placed(msgspec.Struct, gc=False):
    """A record with the place where it stands."""

    source: str
    path: str
    offset: int
    generation: int
    digest: str | None
    record: msgspec.Struct


class Batch:
    """Filled by one thread, then stored or closed, once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stagings: dict[str, Staging] = {}
        # Records of runs by path: of two for one run in one file the later holds.
        self._runs: dict[str, StagedSource] = {}
        self.files: dict[str, StagedFile] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to store it."""
        return (
            len(self._runs) + len(self.files) >= BATCH_RECORDS
            or sum(staging.size for staging in self._stagings.values()) >= BATCH_BYTES
        )

    def add(
        self,
        source: Source,
        document: Document,
        records: Records,
        state: FileState,
        generation: int = 0,
    ) -> None:
        """What one document says."""
        for run in records.runs:
            row = _record(document, run, state)
            self._runs[row.path] = row
        for kind in KINDS:
            found: Iterable[msgspec.Struct] = getattr(records, kind)
            is_event = found and kind == "events"
            mark = digest(document.data, size=LINE_DIGEST) if is_event else None
            for record in found:
                staging = self._stagings.get(kind)
                if staging is None:
                    staging = self._stagings[kind] = self._database.staging(kind)
                staging.add(
                    _Placed(source.name, document.path, document.offset, generation, mark, record)
                )

    def close(self) -> None:
        """Drop what is not stored."""
        for staging in self._stagings.values():
            staging.close()

    def store(self, now: datetime) -> None:
        """In one transaction."""
        database = self._database
        try:
            with database.transaction():
                database.set_time(now)
                database.stage("stage_files", self.files.values())
                database.run("files")
                database.stage("stage_sources", self._runs.values())
                database.book()
                database.run("dropped")
                database.run("kept_records")
                self._store_claims()
                if database.scalar("select count(*) from affected"):
                    settle(database)  # a summary that speaks for its run goes on doing so
                self._store_calls()
                if "log" in self._stagings:
                    self._store_kind("log", "log")
                database.changed()
        finally:
            self.close()

    def _store_claims(self) -> None:
        """What tells of runs without a record that is kept."""
        self._database.run("no_claims")
        for kind in CLAIMING:
            if self._is_concerned(kind):
                self._store_kind(kind, kind)
        self._database.run("claims")

    def _is_concerned(self, kind: str) -> bool:
        """Whether there are such records, or files that may have told of some."""
        return kind in self._stagings or any(file.is_replaced for file in self.files.values())

    def _store_kind(self, kind: str, *statements: str) -> None:
        staging = self._stagings.pop(kind, None) or self._database.staging(kind)
        with self._database.staged(f"stage_{kind}", staging):
            for statement in statements:
                self._database.run(statement)

    def _store_calls(self) -> None:
        """Calls, and the runs that follow from them where nothing else tells of those."""
        recounted = self._database.scalar("select count(*) from recounted_runs")
        if recounted or self._is_concerned("calls"):
            self._store_kind("calls", "dropped_calls", "calls", "call_runs")


def _record(document: Document, run: ParsedRun, state: FileState) -> StagedSource:
    text = msgspec.json.encode(run)
    return StagedSource(
        path=f"{document.path}#{run.run_id}",
        kind="record",
        state="indexed",
        run_id=run.run_id,
        size=len(text),
        mtime_ns=state.mtime_ns,
        ctime_ns=state.ctime_ns,
        inode=state.inode,
        content_hash=digest(text),
        read_again=False,
        run=run,
        standing=1,
        holder=document.path,
        record=text.decode(),
    )
