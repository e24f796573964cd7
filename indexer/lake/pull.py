"""Pulling: an index made of what counts in the lake, kept up to date with it.

A pull reads the rows that were appended since the last one, each table's as of one snapshot
of the lake, and stores them in one transaction of the working database, so that readers
never see half of a shipment. Which version counts is decided here as in the lake's views,
from what is remembered of each machine's newest rows; only a row that an older version
speaks for again is asked for anew. Then it is published as after any other pass.

The settings are those of the root that the reader is given.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import duckdb

from indexer import publish, sqlfiles
from indexer.call_store import apply_prices
from indexer.config import load_config
from indexer.errors import LockedError, UsageError
from indexer.lake.connection import MEMORY, LakeError, attach, failures, shown
from indexer.lake.tables import (
    IS_SPLIT,
    LOG_COLUMNS,
    OWNERS,
    Owner,
    columns,
    key_name,
    newest_rows,
    renamed,
    shared_columns,
    speaking_rows,
)
from indexer.lake_settings import Lake, lake_of
from indexer.layout import Layout
from indexer.lock import acquire, make_state_dir
from indexer.prices import PriceFile
from indexer.recovery import open_store
from indexer.times import from_nanoseconds

log = logging.getLogger("runmeter.lake")

_DATABASE = "working"  # as DuckDB names the file
_MADE_PATHS = {"sources": "path", "runs": "source_path"}  # of what is stored of them


class Pulled(NamedTuple):
    """Rows of owners that were stored or removed, and the lake's snapshot that they are of."""

    rows: int
    lake_snapshot: int
    snapshot: int


class Puller:
    """The one writer of an index that mirrors the lake. `clock`: nanoseconds since 1970.

    Raises LockedError, LakeError.
    """

    def __init__(self, layout: Layout, lake: Lake, clock: Callable[[], int] = time.time_ns) -> None:
        self._layout, self._lake, self._clock = layout, lake, clock
        make_state_dir(layout)
        self._lock = acquire(layout)
        try:
            publish.guard_public(layout)
            self._store = open_store(layout)
        except BaseException:
            self._lock.release()
            raise
        self._connection = self._store.connection
        # All cores: nothing is read beside it, as it is while files are indexed.
        self._connection.execute(f"set memory_limit = '{MEMORY}'; reset threads")
        self._is_attached = False
        self._prices = PriceFile()

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
        self._store.close()
        self._lock.release()

    def pull(self) -> Pulled:
        """Take in what is new and publish it. Raises LakeError, ConfigError, OSError."""
        now = from_nanoseconds(self._clock())
        self._read_settings(now)
        try:
            with failures(self._lake):
                rows, lake_snapshot = self._take()
        except LakeError:
            self._detach()
            raise
        return Pulled(rows, lake_snapshot, self._publish(now))

    def _read_settings(self, now: datetime) -> None:
        config = load_config(self._layout)
        self._store.apply_config(None, config, now)
        path = self._layout.root / Path(config.prices).expanduser() if config.prices else None
        table = self._prices.changed(path)
        if table is not None:
            apply_prices(self._store, table.prices, now, derive=False)

    def _publish(self, now: datetime) -> int:
        if publish.due(self._store, self._layout):
            publish.publish_snapshot(self._store, self._layout, now)
        publish.publish_public(self._layout)
        return self._store.snapshot

    def _take(self) -> tuple[int, int]:
        if not self._is_attached:
            attach(self._connection, self._lake)
            self._is_attached = True
            self._prepare()
        since, were_several = self._connection.execute("from lake_pulled").fetchall()[0]
        # Begun first, so that all that follows is of one snapshot of the lake.
        with self._store.transaction():
            newest = self._store.scalar("select id from ducklake_current_snapshot('lake')")
            if newest == since:
                return 0, newest  # what follows would read files
            several = self._store.scalar("select are_several from lake.lake_names") == 1
            # Names of rows change when a second machine joins, which happens once. A lake
            # that was restored from a backup counts its snapshots from an older one.
            is_next = several == were_several and since is not None and since < newest
            shared = shared_columns(self._connection, _DATABASE)
            span = _Span(since if is_next else None, several, shared)
            rows = sum(_take_owner(self._connection, owner, span) for owner in OWNERS)
            self._connection.execute(
                "update lake_pulled set snapshot = ?, are_several = ?", [newest, several]
            )
            if rows or not is_next:  # what a maintainer did is no news
                self._store.changed()
        return rows, newest

    def _prepare(self) -> None:
        """What is remembered of the lake, beside the tables of the index."""
        execute = self._connection.execute
        if "lake_batches" not in columns(self._connection, "lake"):
            raise LakeError(f"{shown(self._lake)}: not set up yet; see `runmeter lake init`")
        if not self._store.mirrors_lake() and execute("from sources limit 1").fetchall():
            raise UsageError(
                f"{self._layout.database}: holds runs of this machine's files, not of the lake;"
                " name another file with --database"
            )
        execute("create table if not exists lake_pulled (snapshot bigint, are_several boolean)")
        if not execute("from lake_pulled").fetchall():
            execute("insert into lake_pulled values (null, false)")
        for owner in OWNERS:
            execute(
                f"create table if not exists lake_{owner.table} as"
                f" select {_remembered(owner)} from lake.{owner.table}_log limit 0"
            )
            for table in (owner.table, *owner.parts.keys() - sqlfiles.NUMBERED.keys()):
                execute(f"alter table {table} add column if not exists machine varchar")

    def _detach(self) -> None:
        """The next pull attaches anew."""
        if self._is_attached:
            self._is_attached = False
            self._connection.execute("detach lake")


class _Span(NamedTuple):
    """Snapshots of the lake after `since`, all where it is None. `shared`: columns by table."""

    since: int | None
    are_several: bool
    shared: dict[str, list[str]]

    def rows(self, table: str) -> str:
        """SQL of what was appended to a log."""
        since = "" if self.since is None else f" where snapshot_id > {self.since}"
        return f"lake.{table}_log{since}"


def _take_owner(connection: duckdb.DuckDBPyConnection, owner: Owner, span: _Span) -> int:
    """Bring one owner and its parts up to date; returns how many rows it is about."""
    key, table = owner.key, owner.table
    execute = connection.execute
    tables = {table: key, **owner.parts}  # the owner first: its rows give parts their numbers
    if span.since is None:
        for name in (f"lake_{table}", *tables):
            execute(f"delete from {sqlfiles.NUMBERED.get(name, name)}")
    execute(
        f"create or replace temp table appended as"
        f" select {_remembered(owner)} from {span.rows(table)}"
    )
    if not execute("from appended limit 1").fetchall():
        return 0
    candidates = "(select * from before union all by name from appended)"
    execute(
        f"create or replace temp table before as"
        f" select * from lake_{table} semi join appended using ({key});"
        f" create or replace temp table now as {newest_rows(owner, candidates)};"
        f" delete from lake_{table} using appended where lake_{table}.{key} = appended.{key};"
        f" insert into lake_{table} by name select * from now;"
        f" create or replace temp table speak as select machine, batch, {key}"
        f" from ({speaking_rows(owner, 'now')});"
        f" create or replace temp table spoke as select machine, batch, {key}"
        f" from ({speaking_rows(owner, 'before')});"
        " create or replace temp table came as from speak except from spoke;"
        " create or replace temp table went as from spoke except from speak"
    )
    if execute("from went limit 1").fetchall():
        _remove(connection, owner, span)
    older = execute(
        f"select distinct batch from came anti join appended using (machine, batch, {key})"
    ).fetchall()
    for table, column in tables.items():
        _insert(connection, owner, table, column, span, [row[0] for row in older])
    return int(
        execute(
            f"select count(*) from (select {key} from came union select {key} from went)"
        ).fetchall()[0][0]
    )


def _remove(connection: duckdb.DuckDBPyConnection, owner: Owner, span: _Span) -> None:
    """Rows of which nobody or somebody else speaks now; parts before their owner."""
    name = key_name(owner, owner.key, several=str(span.are_several))
    for table, column in {**owner.parts, owner.table: owner.key}.items():
        gone = f"select {name} from went"
        if table in sqlfiles.NUMBERED:
            gone = f"select run_key from runs where {column} in ({gone})"
            table, column = sqlfiles.NUMBERED[table], "run_key"
        connection.execute(f"delete from {table} where {column} in ({gone})")


def _insert(
    connection: duckdb.DuckDBPyConnection,
    owner: Owner,
    table: str,
    column: str,
    span: _Span,
    older: list[str],
) -> None:
    """Rows of what speaks now. `older`: batches before the span that speak again."""
    named = renamed(table, column, owner, "rows", str(span.are_several))
    shown = ", ".join(
        f'{named.get(name, f"rows.{name}")} as "{name}"' for name in span.shared[table]
    )
    source = f"select * from {span.rows(table)}"
    if older:
        source += (
            f" union all by name select * from lake.{table}_log where batch in (select unnest(?))"
        )
    query = (
        f"select {shown} from ({source}) as rows semi join came"
        f" on rows.machine = came.machine and rows.batch = came.batch"
        f" and rows.{column} = came.{owner.key}"
    )
    if table in sqlfiles.NUMBERED:
        table = sqlfiles.NUMBERED[table]
        further = f", {IS_SPLIT}" if table == "role_usage_rows" else ""
        query = (
            f"select runs.run_key, parts.* exclude ({column}){further} from ({query}) as parts"
            f" inner join runs on parts.{column} = runs.run_id"
        )
    elif table in _MADE_PATHS:
        path = _MADE_PATHS[table]
        query = (
            f"select * exclude ({path}), other_path({path}, run_id) as other_path from ({query})"
        )
    connection.execute(f"insert into {table} by name {query}", [older] if older else [])


def _remembered(owner: Owner) -> str:
    """What tells which row counts, of a row of the owner's log."""
    further = [name for name in ("source_missing_since", "stale_since") if name in owner.speaks]
    return ", ".join([LOG_COLUMNS, owner.key, *further])


def bring_up_to_date(layout: Layout) -> Pulled | None:
    """One pull; None where another process keeps the index up to date.

    Raises LakeError where the lake cannot be reached and nothing was pulled before.
    """
    try:
        with Puller(layout, lake_of(layout)) as puller:
            return puller.pull()
    except LockedError:
        return None
    except LakeError as error:
        if not layout.snapshot_numbers():
            raise
        log.warning("%s; showing what was last pulled", error)
        return None
