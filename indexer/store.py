"""The working database: one writer, one transaction a batch.

A batch of records becomes rows and bookkeeping together or not at all, so a crash
at any point loses nothing: what was not committed is read again. The statements
are in `queries/load/`; here they are put in order. Records travel as JSON lines
through a temporary file, the fastest way into DuckDB that needs no further library.

`index_info.revision` counts the transactions that changed what readers see, and
`published_revision` says which of them the newest snapshot holds.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec

from indexer import sqlfiles
from indexer.config import AnalyticsConfig
from indexer.errors import RunmeterError
from indexer.records import FileState, Job, StagedSource

# Written so, every DuckDB from 1.1 on opens the file.
STORAGE_VERSION = "v1.0.0"
MIN_LINE = 16 * 1024 * 1024


class Known(NamedTuple):
    """What the bookkeeping knows of a file; `settled` is False where it must be read again."""

    state: FileState
    content_hash: str | None
    settled: bool
    missing: bool


class Store:
    """The working database, or one in memory where `path` is None."""

    def __init__(self, path: Path | None = None, root: str = "") -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "storage_compatibility_version": STORAGE_VERSION
        }
        self.connection = duckdb.connect(str(path) if path else ":memory:", config=config)
        self.path = path
        try:
            self._prepare(root)
            self._run("macros")
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        self.connection.close()

    def _prepare(self, root: str) -> None:
        """Tables and current views. A file of a newer release is refused, not changed."""
        tables = self.connection.execute("select table_name from duckdb_tables()").fetchall()
        found = self._info() if ("index_info",) in tables else None
        if found is not None and found["schema_version"] > sqlfiles.SCHEMA_VERSION:
            raise RunmeterError(
                f"{self.path}: schema version {found['schema_version']}, this release knows"
                f" {sqlfiles.SCHEMA_VERSION}; use the newer release or another --database"
            )
        if found is not None and found["views_fingerprint"] == sqlfiles.fingerprint():
            return
        with self._transaction():
            sqlfiles.install(self.connection)
            if found is None:
                self.connection.execute(
                    "insert into index_info values (?, '', ?, null, 0, null, 0, 0)",
                    [sqlfiles.SCHEMA_VERSION, root],
                )
                self._write_settings(AnalyticsConfig())
            self.connection.execute(
                "update index_info set views_fingerprint = ?, revision = revision + 1",
                [sqlfiles.fingerprint()],
            )

    def known(self) -> dict[str, Known]:
        """Path -> what is known of it."""
        rows = self.connection.execute(
            "select path, size, mtime_ns, ctime_ns, inode, content_hash,"
            " not read_again and absent_passes = 0, missing_since is not null from sources"
        ).fetchall()
        return {row[0]: Known(FileState(*row[1:5]), *row[5:]) for row in rows}

    def apply(self, batch: Sequence[StagedSource], now: datetime) -> list[str]:
        """Store a batch. Returns files that now speak for a run and must be read for that."""
        with self._transaction():
            self._set_time(now)
            self._stage("stage_sources", batch)
            self._run("sources")
            self._settle()
            self._changed()
            return self._to_read_again()

    def touch(self, batch: Sequence[StagedSource]) -> None:
        """Only the files' dates changed, their content did not: nothing to publish."""
        with self._transaction():
            self._stage("stage_sources", batch)
            self._run("touch")

    def not_seen(self, paths: Sequence[str], now: datetime) -> tuple[int, list[str]]:
        """Files that a full pass did not find. Returns (newly missing, files to read)."""
        with self._transaction():
            self._set_time(now)
            self.connection.execute(
                "create or replace temp table not_seen as select unnest($1::varchar[]) as path",
                [list(paths)],
            )
            self._run("absent")
            self._stage("stage_sources", [])
            self._settle()
            gone = self._scalar(
                "select count(*) from sources where missing_since = getvariable('pass_time')"
            )
            if gone:
                self._changed()
            return gone, self._to_read_again()

    def apply_jobs(self, source: StagedSource, jobs: Sequence[Job] | None, now: datetime) -> None:
        """Store jobs_state.json by difference; None where it cannot be read: all stays."""
        with self._transaction():
            self._set_time(now)
            self._stage("stage_sources", [source])
            self._run("sources")
            if jobs is not None:
                self._stage("stage_jobs", jobs)
                self._run("jobs")
            self._changed()

    def apply_config(
        self, source: StagedSource | None, config: AnalyticsConfig, now: datetime
    ) -> None:
        """Store the settings; `source` is None where the file says what it said before."""
        values = (config.enabled, config.monthly_budget, config.timeseries_days, config.timezone)
        changed = self.connection.execute("from settings").fetchone() != values
        if source is None and not changed:
            return
        with self._transaction():
            if source is not None:
                self._set_time(now)
                self._stage("stage_sources", [source])
                self._run("sources")
            if changed:
                self._write_settings(config)
            self._changed()

    def root_identity(self, identity: str | None) -> bool:
        """Remember which folder was scanned. Returns whether it is the same as before."""
        before = self._info()["root_identity"]
        if before != identity:
            self.connection.execute("update index_info set root_identity = ?", [identity])
        return bool(before == identity)

    def publish_due(self) -> bool:
        """Whether readers lack a committed revision."""
        info = self._info()
        return bool(info["revision"] != info["published_revision"])

    def invalid_count(self) -> int:
        """Files that are there and cannot be taken."""
        return self._scalar(
            "select count(*) from sources where state = 'invalid' and missing_since is null"
        )

    @property
    def snapshot(self) -> int:
        """Number that the newest publish took."""
        return int(self._info()["snapshot"])

    def begin_publish(self, number: int, now: datetime) -> None:
        """Write number and time into the database and make its file complete on disk."""
        self.connection.execute(
            "update index_info set snapshot = ?, published_at = ?, published_revision = revision",
            [number, now],
        )
        self.connection.execute("checkpoint")

    def _settle(self) -> None:
        """Decide which file speaks for each affected run, then write rows and marks."""
        self._run("owners")
        self._run("clear_runs")
        for table in ("role_usage", "model_usage", "runs", "iterations", "qa_issues"):
            self._run(table)
        self._run("mark_runs")

    def _to_read_again(self) -> list[str]:
        rows = self.connection.execute(
            "select owners.path from owners inner join sources on owners.path = sources.path"
            " where owners.was_duplicate order by owners.path"
        ).fetchall()
        return [row[0] for row in rows]

    def _write_settings(self, config: AnalyticsConfig) -> None:
        self.connection.execute("delete from settings")
        self.connection.execute(
            "insert into settings values (?, ?, ?, ?)",
            [config.enabled, config.monthly_budget, config.timeseries_days, config.timezone],
        )

    def _stage(self, statement: str, records: Iterable[msgspec.Struct]) -> None:
        encoder, longest = msgspec.json.Encoder(), 0
        with self._staging_file() as file:
            with file.open("wb") as lines:
                for record in records:
                    line = encoder.encode(record)
                    longest = max(longest, len(line))
                    lines.write(line + b"\n")
            self._set("staged_file", str(file))
            self._set("staged_line", max(MIN_LINE, 2 * longest))
            self._run(statement)

    @contextmanager
    def _staging_file(self) -> Iterator[Path]:
        """Always the same name beside the working file, so that a crash leaves at most one."""
        if self.path is None:
            with tempfile.TemporaryDirectory(prefix="runmeter-") as folder:
                yield Path(folder) / "staged.ndjson"
            return
        file = self.path.with_name("staged.ndjson")
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _set_time(self, now: datetime) -> None:
        self._set("pass_time", now)

    def _set(self, name: str, value: Any) -> None:
        self.connection.execute(f"set variable {name} = ?", [value])

    def _run(self, statement: str) -> None:
        self.connection.execute(sqlfiles.load(statement))

    def _changed(self) -> None:
        self.connection.execute("update index_info set revision = revision + 1")

    def _scalar(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _info(self) -> dict[str, Any]:
        cursor = self.connection.execute("from index_info")
        row = cursor.fetchone()
        if row is None:
            raise RunmeterError(f"{self.path}: index_info is empty; remove the file to rebuild it")
        return dict(zip((column[0] for column in cursor.description or ()), row, strict=True))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")
