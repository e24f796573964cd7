"""The database that the indexer writes: opening, transactions, and records on their way into it.

It has one connection, of one thread at a time: batches are stored by a thread of its own while
files are read, and whoever else asks for it then waits.

Records travel through a temporary file (`staging`). The statements are in `queries/load/` and
run by name.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

import duckdb
import msgspec

from indexer import blank, sqlfiles, upgrade
from indexer.config import AnalyticsConfig
from indexer.errors import RunmeterError
from indexer.staging import Staging

THREADS = 1  # one core stores while another reads
MIN_LINE = 16 * 1024 * 1024
# Every checkpoint writes the last rows of each table anew, so a long pass makes few of them;
# what is not written yet takes memory.
CHECKPOINT_BYTES = "64MB"
ROW_GROUP_ROWS = 30_720  # a quarter of the usual (docs/decisions/0035)
KEPT_BYTES = "8MB"  # what is freed beyond goes back to the system
CACHED_BYTES = "4MB"  # what is left of pages that were read, where they are given back
INSERTED_ROWS = 100
# Off, or older versions of DuckDB may not be able to open the file (docs/decisions/0030).
METADATA_REUSE = "experimental_metadata_reuse"

T = TypeVar("T")


class Database:
    """The working database, or one in memory where `path` is None; made where it is not there."""

    def __init__(self, path: Path | None = None, root: str = "") -> None:
        self.path = path
        self._connection = self._open()
        self._pool = ThreadPoolExecutor(1, "store", initializer=self._begin_thread)
        self._thread: int | None = None
        self._work: Future[Any] | None = None
        self._memory_limit = self._connection.execute(
            "select current_setting('memory_limit')"
        ).fetchall()[0][0]
        self.file_changes = 0  # how often what files say has changed, since it was opened
        self._info_read: dict[str, Any] | None = None
        self._stagings = 0
        self._parsed: dict[str, list[duckdb.Statement]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        try:
            self._prepare(root)
            self.run("macros")
        except BaseException:
            self._connection.close()
            raise

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Of one thread at a time: whoever asks while work is done in the background waits."""
        if self._work is not None and get_ident() != self._thread:
            wait([self._work])
            self._work = None
        return self._connection

    def in_background(self, work: Callable[[], T]) -> "Future[T]":
        """Do it by a thread, after what was asked for before."""
        future = self._pool.submit(work)
        self._work = future
        return future

    def close(self) -> None:
        self._pool.shutdown()
        self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _begin_thread(self) -> None:
        self._thread = get_ident()

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect() if self.path is None else _attached(self.path)
        # Rows of a transaction that deletes would be lost (docs/decisions/0026).
        connection.execute("set disabled_optimizers = 'join_filter_pushdown'")
        return connection

    def _prepare(self, root: str) -> None:
        """Tables and views of this release. A file of a newer one is refused, not changed."""
        tables = self.connection.execute("select table_name from duckdb_tables()").fetchall()
        found = self.info() if ("index_info",) in tables else None
        if found is not None and found["schema_version"] < sqlfiles.SCHEMA_VERSION:
            found = self._upgrade(found["schema_version"])
        if found is not None and found["schema_version"] > sqlfiles.SCHEMA_VERSION:
            raise RunmeterError(
                f"{self.path}: schema version {found['schema_version']}, this release knows"
                f" {sqlfiles.SCHEMA_VERSION}; use the newer release or another --database"
            )
        if found is not None and found["views_fingerprint"] == sqlfiles.fingerprint():
            return
        if found is None:
            with blank.at_hand(self.connection), self.transaction():
                blank.create(self.connection)
                self.connection.execute(
                    "insert into index_info values (?, ?, ?, null, 0, null, 1, 0)",
                    [sqlfiles.SCHEMA_VERSION, sqlfiles.fingerprint(), root],
                )
                self.write_settings(AnalyticsConfig())
            return
        with self.transaction():
            self.connection.execute(sqlfiles.schema())
            sqlfiles.install_views(self.connection)
            self.connection.execute(
                "update index_info set views_fingerprint = ?, revision = revision + 1",
                [sqlfiles.fingerprint()],
            )

    def _upgrade(self, version: int) -> dict[str, Any]:
        """Take over the tables of an earlier release; returns what the file is then."""
        if self.path is None:
            raise AssertionError("a database in memory is made anew")
        self._connection.close()
        upgrade.rewrite(self.path, version, _attached)
        self._connection = self._open()
        self._info_read = None
        return self.info()

    def staging(self, name: str | None = None) -> Staging:
        """A new batch. Names are few and used again, so that crashes leave few files.

        Without a name two of them take turns, because one is filled while another is stored.
        """
        if name is None:
            self._stagings += 1
            name = str(self._stagings % 2)
        folder = self.path.parent if self.path else Path(self._temporary().name)
        return Staging(folder / f"staged-{name}.ndjson")

    def write_settings(self, config: AnalyticsConfig) -> None:
        """The settings that figures read, as they are now."""
        self.connection.execute("delete from settings")
        self.connection.execute(
            "insert into settings values (?, ?, ?, ?)",
            [config.enabled, config.monthly_budget, config.timeseries_days, config.timezone],
        )
        self.connection.execute("delete from alert_settings")
        self.connection.execute("insert into alert_settings values (?, ?, ?)", rules_row(config))
        self.connection.execute("delete from budgets")
        for place, budget in enumerate(config.budgets, 1):
            self.connection.execute(
                "insert into budgets values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [place, *budget.row()],
            )

    def stage(self, statement: str, records: Iterable[msgspec.Struct]) -> None:
        """A few records as a temporary table."""
        batch = self.staging(f"few-{statement}")
        for record in records:
            batch.add(record)
        with self.staged(statement, batch):
            pass

    @contextmanager
    def staged(self, statement: str, batch: Staging) -> Iterator[None]:
        """The batch as a temporary table; its file is removed."""
        try:
            batch.complete()
            self.set("staged_file", str(batch.path))
            self.set("staged_line", max(MIN_LINE, 2 * batch.longest))
            self.run(statement)
            yield
        finally:
            batch.close()

    def trim(self, above: int = 0) -> None:
        """Give pages of the file that were read back to the system, where they are more than so
        many bytes; what is in use stays."""
        if above and self.scalar("select sum(memory_usage_bytes) from duckdb_memory()") <= above:
            return
        with suppress(duckdb.OutOfMemoryException):
            self.connection.execute(f"set memory_limit = '{CACHED_BYTES}'")
        # DuckDB 1.5.5 shows the old limit after `reset`, and keeps the new one.
        self.connection.execute(f"set memory_limit = '{self._memory_limit}'")

    def _temporary(self) -> "tempfile.TemporaryDirectory[str]":
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="runmeter-")
        return self._folder

    def set_time(self, now: datetime) -> None:
        """The moment that rows of this transaction carry."""
        self.set("pass_time", now)

    def set(self, name: str, value: Any) -> None:
        """A session variable, which statements read."""
        self.connection.execute(f"set variable {name} = ?", [value])

    def run(self, statement: str) -> None:
        """A file of `queries/load/`. Its text is parsed once: for one run that takes a sixth of
        the time in which it is stored."""
        connection = self.connection
        if statement not in self._parsed:
            self._parsed[statement] = connection.extract_statements(sqlfiles.load(statement))
        for parsed in self._parsed[statement]:
            connection.execute(parsed)

    def book(self) -> None:
        """`staged` files become bookkeeping, with all that there is to say of them."""
        for statement in ("before", "sources", "issues"):
            self.run(statement)

    def changed(self) -> None:
        """This transaction changes what readers see."""
        self.file_changes += 1
        self.connection.execute("update index_info set revision = revision + 1")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction whose outcome readers are to see, and no file has told of."""
        with self.transaction():
            yield
            self.changed()
            self.file_changes -= 1

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Some rows, in the order of the columns: many at once, since each statement costs."""
        left = list(rows)
        while left:
            some, left = left[:INSERTED_ROWS], left[INSERTED_ROWS:]
            row = f"({', '.join('?' * len(some[0]))})"
            values = [value for row in some for value in row]
            self.connection.execute(
                f"insert into {table} values {', '.join([row] * len(some))}", values
            )

    def column(self, statement: str) -> list[str]:
        """The first column of what a statement of `queries/load/` returns."""
        return [row[0] for row in self.rows(statement)]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement of `queries/load/` returns."""
        return self.connection.execute(sqlfiles.load(statement)).fetchall()

    def mirrors_lake(self) -> bool:
        """Whether its rows come from the lake instead of from files."""
        query = "select count(*) from duckdb_tables() where table_name = 'lake_pulled'"
        return bool(self.scalar(query))

    def scalar(self, query: str) -> int:
        """One number; 0 where there is no row."""
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def info(self) -> dict[str, Any]:
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
    def on_all_cores(self) -> Iterator[None]:
        """What is done meanwhile is done on all cores that DuckDB finds."""
        self.connection.execute("reset threads")
        try:
            yield
        finally:
            self.connection.execute(f"set threads = {THREADS}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
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


def rules_row(config: AnalyticsConfig) -> tuple[str, int, list[str]]:
    """As the table `alert_settings` has it."""
    alerts = config.alerts
    return alerts.sensitivity, alerts.quiet_days, list(alerts.off)


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that uses the file. Only what is attached can have smaller row groups."""
    connection = duckdb.connect(
        config={
            "threads": THREADS,
            "checkpoint_threshold": CHECKPOINT_BYTES,
            "allocator_flush_threshold": KEPT_BYTES,
            "temp_directory": f"{path}.tmp",
        }
    )
    with suppress(duckdb.CatalogException):  # a later DuckDB may not have it any more
        connection.execute(f"set {METADATA_REUSE} = false")
    text = str(path).replace("'", "''")
    try:
        connection.execute(
            f"attach '{text}' as working"
            f" (storage_version '{blank.STORAGE_VERSION}', row_group_size {ROW_GROUP_ROWS})"
        )
        connection.execute("use working")
    except BaseException:
        connection.close()
        raise
    return connection
