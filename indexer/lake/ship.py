"""Shipping: what this machine's newest snapshot holds and the lake lacks.

What has been shipped is known by a hash of each row, in `shipped.duckdb` beside the index;
a comparison with the snapshot finds what is new, changed or gone, also after days without
the lake. A batch is at most BATCH_ROWS rows of owners with their parts, and one transaction
of the lake. Before it begins, the batch is written down; whether it arrived is asked of the
lake after a failure or a crash, so that nothing is lost and nothing is sent twice. If it
were, the newest batch would count and the reader would see no difference.

One process ships at a time: `shipped.duckdb` is locked by whoever has it open.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NamedTuple

import duckdb

from indexer import sqlfiles
from indexer.errors import LockedError, NoIndexError
from indexer.lake.connection import attach, failures, in_memory
from indexer.lake.tables import LOG_COLUMNS, OWNERS, Owner, shared_columns
from indexer.lake_settings import Lake
from indexer.layout import Layout

BATCH_ROWS = 50_000
ATTEMPTS = 20  # of one batch, against a maintainer that changes the same tables

_STATE = """
    create table if not exists shipped (
        owner varchar, key varchar, digest ubigint, version_ns bigint, version_hash varchar
    );
    create table if not exists due (
        owner varchar, key varchar, digest ubigint, version_ns bigint, version_hash varchar,
        is_removed boolean
    );
    create table if not exists under_way (batch varchar);
"""
# The file that a row was read from, for its version.
FILES = {
    "sources": "select path as key, mtime_ns, content_hash from local.sources",
    "runs": (
        "select runs.run_id as key, sources.mtime_ns, sources.content_hash"
        " from local.runs left join local.sources on runs.source_path = sources.path"
    ),
    "sessions": (
        "select session_id as key, sources.mtime_ns, sources.content_hash"
        " from local.sessions left join local.sources on sessions.path = sources.path"
    ),
    "jobs": (
        "select job_id as key, file.mtime_ns, file.content_hash from local.jobs"
        " left join (select max(mtime_ns) as mtime_ns, max(content_hash) as content_hash"
        " from local.sources where kind = 'jobs') as file on true"
    ),
}


class Shipment(NamedTuple):
    """Rows of owners that went to the lake, in how many batches."""

    rows: int
    batches: int


class Shipper:
    """Ships one index under one machine's name. `clock` is that of `shipped_at` alone.

    Raises LockedError where another process ships this index, LakeError.
    """

    def __init__(self, layout: Layout, lake: Lake, clock: Callable[[], datetime]) -> None:
        self.lake = lake
        self._layout, self._clock = layout, clock
        self.shared: dict[str, list[str]] = {}
        self._connection = in_memory()
        try:
            self._open_state()
            attach(self._connection, lake, read_only=False)
            with failures(lake):
                self._settle()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """What was shipped is let go by name: where the lake was lost within a transaction, DuckDB
        keeps a closed database, and its files locked, for as long as the process lives."""
        for statement in ("rollback", "use memory", "detach state"):
            with suppress(duckdb.Error):  # not begun, or not attached
                self._connection.execute(statement)
        self._connection.close()

    def __enter__(self) -> "Shipper":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ship(self, stop: Callable[[], bool] = lambda: False) -> Shipment:
        """Send what the newest snapshot holds and the lake lacks.

        Raises LakeError, NoIndexError.
        """
        rows = batches = 0
        with self.snapshot():
            lacking = self._compare()
            while not stop() and rows < lacking:
                rows += self._write_down(batches)
                self._send()
                batches += 1
        return Shipment(rows, batches)

    def due(self) -> int:
        """Rows of owners that the lake lacks."""
        with self.snapshot():
            return self._compare()

    @contextmanager
    def snapshot(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the newest snapshot as `local`, the lake and what was shipped.

        Raises LakeError where something in the context fails, NoIndexError.
        """
        self._open_snapshot()
        try:
            with failures(self.lake):
                self.shared = shared_columns(self._connection, "local")
                yield self._connection
        finally:
            self._connection.execute("detach local")

    def _open_state(self) -> None:
        path = self._layout.state_dir / "shipped.duckdb"
        try:
            self._connection.execute(f"attach {_text(path)} as state")
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise LockedError(f"{path}: another process ships this index") from error
            raise
        self._connection.execute(f"use state; {_STATE}; use memory")

    def _open_snapshot(self) -> None:
        """The public file where there is no snapshot: an index that was brought from elsewhere."""
        for _ in range(3):  # the one that is newest now may be removed before it is opened
            numbers = self._layout.snapshot_numbers()
            path = self._layout.snapshot(numbers[-1]) if numbers else self._layout.database
            if not path.exists():
                continue
            try:
                self._connection.execute(f"attach {_text(path)} as local (read_only)")
            except duckdb.IOException:
                if path.exists():
                    raise
                continue
            return
        raise NoIndexError(f"{self._layout.database}: nothing has been published yet")

    def _compare(self) -> int:
        """Note in `lacking` all rows that differ from what was shipped; returns how many."""
        differences = " union all ".join(f"({_lacking(owner)})" for owner in OWNERS)
        self._connection.execute(
            "create or replace temp table lacking as"
            f" select *, (row_number() over () - 1) // {BATCH_ROWS} as place from ({differences})"
        )
        return int(self._connection.execute("select count(*) from lacking").fetchall()[0][0])

    def _write_down(self, place: int) -> int:
        """Write a batch down before it is sent; returns its rows."""
        batch = self._new_batch()
        self._connection.execute(
            "begin; delete from state.due; delete from state.under_way;"
            f" insert into state.due select * exclude (place) from lacking where place = {place};"
            f" insert into state.under_way values ('{batch}'); commit"
        )
        return int(self._connection.execute("select count(*) from state.due").fetchall()[0][0])

    def _new_batch(self) -> str:
        """Batches of one machine sort by their number; no two have the same name."""
        newest = self._connection.execute(
            "select coalesce(max(batch[:12]::bigint), 0) from lake.lake_batches where machine = ?",
            [self.lake.name],
        ).fetchall()[0][0]
        return f"{newest + 1:012}-{uuid.uuid4().hex}"

    def _send(self) -> None:
        """One transaction of the lake. A conflict with the maintainer is tried again."""
        batch = self._connection.execute("select batch from state.under_way").fetchall()[0][0]
        for attempt in range(ATTEMPTS):
            try:
                self._append(batch)
            except duckdb.Error as error:
                self._roll_back()
                is_conflict = isinstance(error, duckdb.TransactionException)
                if not is_conflict or attempt + 1 == ATTEMPTS:
                    raise
                continue
            break
        self._settle()

    def _append(self, batch: str) -> None:
        execute = self._connection.execute
        execute("begin")
        names = "? as machine, ? as batch"
        given = [self.lake.name, batch]
        for owner in OWNERS:
            for table, column in owner.parts.items():
                shared = self._listed(table)
                execute(
                    f"insert into lake.{table}_log by name select {names}, {shared}"
                    f" from local.{table} semi join state.due on due.owner = '{owner.table}'"
                    f" and not due.is_removed and due.key = {table}.{column}",
                    given,
                )
            shared = self._listed(owner.table)
            execute(
                f"insert into lake.{owner.table}_log by name select {names}, due.version_ns,"
                f" due.version_hash, false as is_removed, {shared} from local.{owner.table}"
                f" inner join state.due on due.owner = '{owner.table}' and not due.is_removed"
                f" and due.key = {owner.table}.{owner.key}",
                given,
            )
            execute(
                f"insert into lake.{owner.table}_log ({LOG_COLUMNS}, {owner.key})"
                " select ?, ?, version_ns, version_hash, true, key from state.due"
                f" where owner = '{owner.table}' and is_removed",
                given,
            )
        execute(
            "insert into lake.lake_batches select ?, ?, ?, ?, count(*) from state.due",
            [*given, self._clock(), sqlfiles.SCHEMA_VERSION],
        )
        execute("commit")

    def _listed(self, table: str) -> str:
        return ", ".join(f'{table}."{name}"' for name in self.shared[table])

    def _roll_back(self) -> None:
        try:
            self._connection.execute("rollback")
        except duckdb.TransactionException:
            return  # the failure has ended it

    def _settle(self) -> None:
        """What arrived of the batch under way counts as shipped; the rest is due again."""
        under_way = self._connection.execute("select batch from state.under_way").fetchall()
        if not under_way:
            return
        arrived = self._connection.execute(
            "select count(*) from lake.lake_batches where batch = ?", under_way[0]
        ).fetchall()[0][0]
        self._connection.execute("begin")
        if arrived:
            self._connection.execute(
                "delete from state.shipped using state.due"
                " where shipped.owner = due.owner and shipped.key = due.key;"
                " insert into state.shipped select * exclude (is_removed) from state.due"
                " where not is_removed"
            )
        self._connection.execute("delete from state.due; delete from state.under_way; commit")


def _lacking(owner: Owner) -> str:
    """SQL of rows of one owner that differ from what was shipped, and of those gone."""
    return f"""
        with rows as materialized (
            select {owner.key} as key, {digest(owner)} as digest
            from local.{owner.table}
        ),
        changed as (
            select rows.* from rows
            anti join state.shipped on shipped.owner = '{owner.table}'
                and shipped.key = rows.key and shipped.digest = rows.digest
        )
        select '{owner.table}' as owner, changed.key, digest,
            coalesce(file.mtime_ns, 0) as version_ns,
            coalesce(file.content_hash, '') as version_hash, false as is_removed
        from changed left join ({FILES[owner.table]}) as file on changed.key = file.key
        union all
        select shipped.*, true from state.shipped anti join rows on shipped.key = rows.key
        where shipped.owner = '{owner.table}'
    """


def digest(owner: Owner) -> str:
    """SQL of what a row says. Another value only means that it is shipped once more."""
    return f"hash({owner.says or owner.table}, {owner.also})"


def _text(path: object) -> str:
    return "'" + str(path).replace("'", "''") + "'"
