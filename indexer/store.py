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
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec

from indexer import sqlfiles
from indexer.config import AnalyticsConfig
from indexer.errors import RunmeterError
from indexer.records import Job, StagedSource

# Written so, every DuckDB from 1.1 on opens the file.
STORAGE_VERSION = "v1.0.0"
MIN_LINE = 16 * 1024 * 1024
WRITE_BYTES = 1024 * 1024
# Every checkpoint writes the last rows of each table anew, so a long pass makes few of them;
# what is not written yet takes memory.
CHECKPOINT_BYTES = "64MB"
KEPT_BYTES = "8MB"  # what is freed beyond goes back to the system

KNOWN_ROWS = 10_000


# What the bookkeeping knows of a file: path, hash of its content unless it is a run's, and
# its signature.
Known = tuple[str, str | None, int]


class Applied(NamedTuple):
    """What a batch was: files that are new, that say something else, and that must be read
    because they now speak for a run that another file spoke for."""

    new: int
    changed: int
    heirs: list[str]


class Staging:
    """Records on their way into the database: a file of JSON lines, removed when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.longest = 0
        self.size = 0  # bytes so far
        self._encode_into = msgspec.json.Encoder().encode_into
        self._lines = bytearray()
        self._file = path.open("wb")

    def add(self, record: msgspec.Struct) -> None:
        lines = self._lines
        start = len(lines)
        self._encode_into(record, lines, start)
        lines += b"\n"
        length = len(lines) - start
        self.count += 1
        self.size += length
        if length > self.longest:
            self.longest = length
        if len(lines) > WRITE_BYTES:
            self._write()

    def complete(self) -> None:
        """Nothing more is added; the file can be read."""
        self._write()
        self._file.close()

    def close(self) -> None:
        """Drop what was written, also what could not be: on a full disk closing fails again."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._file.write(self._lines)
        self._lines.clear()


class Store:
    """The working database, or one in memory where `path` is None."""

    def __init__(self, path: Path | None = None, root: str = "") -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "storage_compatibility_version": STORAGE_VERSION
        }
        if path is not None:
            # One core stores while another reads.
            config |= {
                "threads": 1,
                "checkpoint_threshold": CHECKPOINT_BYTES,
                "allocator_flush_threshold": KEPT_BYTES,
            }
        self.connection = duckdb.connect(str(path) if path else ":memory:", config=config)
        self.path = path
        self._info_read: dict[str, Any] | None = None
        self._stagings = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._prepare(root)
            self._run("macros")
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        self.connection.close()
        if self._folder is not None:
            self._folder.cleanup()

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

    def known(self) -> Iterator[Known]:
        """What is known of each file that is there."""
        self.connection.execute(sqlfiles.load("known"))
        while rows := self.connection.fetchmany(KNOWN_ROWS):
            yield from rows

    def staging(self) -> Staging:
        """A new batch. Two names take turns, so that a crash leaves at most two files."""
        self._stagings += 1
        folder = self.path.parent if self.path else Path(self._temporary().name)
        return Staging(folder / f"staged-{self._stagings % 2}.ndjson")

    def apply(self, batch: Staging, now: datetime) -> Applied:
        """Store a batch of StagedSource, and close it."""
        with self._staged("stage_sources", batch), self._transaction():
            self._set_time(now)
            self._run("before")
            self._run("touch")
            new, changed = self.connection.execute("from counted").fetchall()[0]
            if not new and not changed:
                return Applied(0, 0, [])
            self._run("sources")
            self._settle()
            self._changed()
            return Applied(new, changed, self._heirs())

    def losses(self, folders: Sequence[str]) -> tuple[int, int]:
        """(runs that no other file would speak for, runs in all) if these are gone."""
        self._name_gone(folders)
        lost, runs = self.connection.execute(sqlfiles.load("losses")).fetchall()[0]
        return int(lost), int(runs)

    def not_seen(
        self, folders: Sequence[str], now: datetime, *, forget: bool = False
    ) -> tuple[list[str], list[str]]:
        """Run folders without a file. Returns (files newly missing, files to read).

        With `forget` the runs of files that are missing now are removed.
        """
        with self._staged("stage_sources", self.staging()), self._transaction():
            self._name_gone(folders)
            self._set_time(now)
            self._run("absent")
            self._settle()
            rows = self.connection.execute(
                "select path from sources where missing_since = getvariable('pass_time')"
            ).fetchall()
            if rows:
                self._changed()
            heirs = self._heirs()
            if forget:
                self._run("gone_runs")
                self._run("forget")
            return [row[0] for row in rows], heirs

    def files_of(self, run_ids: Sequence[str]) -> dict[str, list[str]]:
        """Run -> files that are not known to be gone. Runs that are not known are left out."""
        self._name_runs("asked", run_ids)
        found: dict[str, list[str]] = {}
        for run_id, path in self.connection.execute(sqlfiles.load("files_of")).fetchall():
            found.setdefault(run_id, []).extend([path] if path else [])
        return found

    def forget(self, run_ids: Sequence[str]) -> None:
        """Remove runs and what is known of their files."""
        with self._transaction():
            self._name_runs("forgotten", run_ids)
            self._run("forget")
            self._changed()

    def apply_jobs(self, source: StagedSource, jobs: Sequence[Job] | None, now: datetime) -> None:
        """Store jobs_state.json by difference; None where it cannot be read: all stays."""
        with self._transaction():
            self._set_time(now)
            self._stage("stage_sources", [source])
            self._run("before")
            self._run("sources")
            if jobs is not None:
                self._stage("stage_jobs", jobs)
                self._run("jobs")
            self._changed()

    def files_of_busy_jobs(self) -> list[str]:
        """Files of runs whose jobs have not ended, or got another status at the last change."""
        return self._column("busy_jobs")

    def hot(self, recent_ns: int, open_ns: int) -> list[str]:
        """Run files that changed since `recent_ns`, or since `open_ns` where the run goes on."""
        self._set("recent_ns", recent_ns)
        self._set("open_ns", open_ns)
        return self._column("hot")

    def apply_config(
        self, source: StagedSource | None, config: AnalyticsConfig, now: datetime
    ) -> None:
        """Store the settings; `source` is None where the file says what it said before."""
        values = (config.enabled, config.monthly_budget, config.timeseries_days, config.timezone)
        budgets = [(place, *budget.row()) for place, budget in enumerate(config.budgets, 1)]
        changed = (
            self.connection.execute("from settings").fetchone() != values
            or self.connection.execute("from budgets order by place").fetchall() != budgets
            or self.connection.execute("from alert_settings").fetchone() != _rules(config)
        )
        if source is None and not changed:
            return
        with self._transaction():
            if source is not None:
                self._set_time(now)
                self._stage("stage_sources", [source])
                self._run("before")
                self._run("sources")
            if changed:
                self._write_settings(config)
            self._changed()

    def root_identities(self, identities: dict[str, str]) -> set[str]:
        """Remember which folders were scanned. Returns those that are the same as before."""
        before = self._info()["root_identity"]
        text = msgspec.json.encode(identities, order="sorted").decode()
        if before != text:
            with self._transaction():
                self.connection.execute("update index_info set root_identity = ?", [text])
        try:
            known = msgspec.json.decode(before or "{}", type=dict[str, str])
        except msgspec.DecodeError:  # as earlier releases wrote it
            known = {}
        return {label for label, identity in identities.items() if known.get(label) == identity}

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
        with self._transaction():
            self.connection.execute(
                "update index_info set snapshot = ?, published_at = ?,"
                " published_revision = revision",
                [number, now],
            )
        self.connection.execute("checkpoint")

    def _settle(self) -> None:
        """Decide which file speaks for each affected run, then write rows and marks."""
        self._run("owners")
        has_duplicates, has_marks = self.connection.execute("from found").fetchall()[0]
        if has_duplicates:
            self._run("duplicates")
        self._run("staged_runs")
        if self._scalar("select count(*) from cleared"):
            self._run("clear_runs")
        for table in ("role_usage", "model_usage", "runs", "iterations", "qa_issues"):
            self._run(table)
        if has_marks:
            self._run("mark_runs")

    def _heirs(self) -> list[str]:
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
        self.connection.execute("delete from alert_settings")
        self.connection.execute("insert into alert_settings values (?, ?, ?)", _rules(config))
        self.connection.execute("delete from budgets")
        for place, budget in enumerate(config.budgets, 1):
            self.connection.execute(
                "insert into budgets values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [place, *budget.row()],
            )

    def _name_gone(self, folders: Sequence[str]) -> None:
        self._set("gone_folders", list(folders))
        self._run("not_seen")

    def _name_runs(self, table: str, run_ids: Sequence[str]) -> None:
        self.connection.execute(
            f"create or replace temp table {table} as"
            " select distinct unnest($1::varchar[]) as run_id",
            [list(run_ids)],
        )

    def _stage(self, statement: str, records: Iterable[msgspec.Struct]) -> None:
        batch = self.staging()
        for record in records:
            batch.add(record)
        with self._staged(statement, batch):
            pass

    @contextmanager
    def _staged(self, statement: str, batch: Staging) -> Iterator[None]:
        """The batch as a temporary table; its file is removed."""
        try:
            batch.complete()
            self._set("staged_file", str(batch.path))
            self._set("staged_line", max(MIN_LINE, 2 * batch.longest))
            self._run(statement)
            yield
        finally:
            batch.close()

    def _temporary(self) -> "tempfile.TemporaryDirectory[str]":
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="runmeter-")
        return self._folder

    def _set_time(self, now: datetime) -> None:
        self._set("pass_time", now)

    def _set(self, name: str, value: Any) -> None:
        self.connection.execute(f"set variable {name} = ?", [value])

    def _run(self, statement: str) -> None:
        self.connection.execute(sqlfiles.load(statement))

    def _changed(self) -> None:
        self.connection.execute("update index_info set revision = revision + 1")

    def _column(self, statement: str) -> list[str]:
        rows = self.connection.execute(sqlfiles.load(statement)).fetchall()
        return [row[0] for row in rows]

    def _scalar(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _info(self) -> dict[str, Any]:
        """The row of `index_info`, read once after each transaction."""
        if self._info_read is None:
            self._info_read = self._read_info()
        return self._info_read

    def _read_info(self) -> dict[str, Any]:
        cursor = self.connection.execute("from index_info")
        row = cursor.fetchone()
        if row is None:
            raise RunmeterError(f"{self.path}: index_info is empty; remove the file to rebuild it")
        return dict(zip((column[0] for column in cursor.description or ()), row, strict=True))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._info_read = None
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self._info_read = None
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")
        self._info_read = None


def _rules(config: AnalyticsConfig) -> tuple[str, int, list[str]]:
    """As the table `alert_settings` has it."""
    alerts = config.alerts
    return alerts.sensitivity, alerts.quiet_days, list(alerts.off)
