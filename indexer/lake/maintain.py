"""Tidying the lake: superseded rows go, small files are merged, old files are removed.

Only one maintainer at a time works on a lake: with PostgreSQL as catalog it holds an
advisory lock until it ends, however it ends; a file as catalog has one user anyway. Changes
of writers may collide with it; then the step is tried again. Files go only after KEEP, so
that a reader that still uses an older snapshot finds them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb

from indexer.errors import LockedError
from indexer.lake.connection import LakeError, connected, first_line, shown
from indexer.lake.tables import NEWEST, OWNERS
from indexer.lake_settings import POSTGRES, Lake

LOCK_KEY = 0x52554E4D  # "RUNM"
KEEP = "interval 1 hour"
KEPT_BATCHES = 1_000  # of each machine: enough to know whether the last ones arrived
ATTEMPTS = 20


class Maintained(NamedTuple):
    """Rows that were superseded, files before and after."""

    superseded: int
    files_before: int
    files_after: int


def maintain(lake: Lake, keep: str = KEEP) -> Maintained:
    """All steps once. Raises LockedError where another one works, LakeError."""
    with connected(lake, read_only=False) as connection, _only_one(connection, lake):
        before = _files(connection)
        superseded = sum(_again(lake, step) for step in _deletions(connection))
        for statement in (
            "call ducklake_flush_inlined_data('lake')",
            "call ducklake_rewrite_data_files('lake')",
            "call ducklake_merge_adjacent_files('lake')",
            f"call ducklake_expire_snapshots('lake', older_than => now() - {keep})",
            f"call ducklake_cleanup_old_files('lake', older_than => now() - {keep})",
            f"call ducklake_delete_orphaned_files('lake', older_than => now() - {keep})",
        ):
            _again(lake, lambda text=statement: len(connection.execute(text).fetchall()))  # type: ignore[misc]
        return Maintained(superseded, before, _files(connection))


def _deletions(connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[], int]]:
    """One statement a table; each returns how many rows went."""
    for owner in OWNERS:
        newest = (
            f"select machine, {owner.key}, batch from lake.{owner.table}_log qualify"
            f" row_number() over (partition by machine, {owner.key} order by {NEWEST}) = 1"
        )
        for table, column in {**owner.parts, owner.table: owner.key}.items():
            text = (
                f"delete from lake.{table}_log where not exists (select 1 from ({newest}) as kept"
                f" where kept.machine = {table}_log.machine and kept.batch = {table}_log.batch"
                f" and kept.{owner.key} = {table}_log.{column})"
            )
            yield lambda text=text: int(connection.execute(text).fetchall()[0][0])  # type: ignore[misc]
    yield lambda: int(
        connection.execute(
            "delete from lake.lake_batches where batch in (select batch from lake.lake_batches"
            " qualify row_number() over (partition by machine order by batch desc)"
            f" > {KEPT_BATCHES})"
        ).fetchall()[0][0]
    )


def _again(lake: Lake, step: Callable[[], int]) -> int:
    """The step, again when a writer was quicker."""
    for attempt in range(ATTEMPTS):
        try:
            return step()
        except duckdb.TransactionException as error:
            if attempt + 1 == ATTEMPTS:
                raise LakeError(f"{shown(lake)}: {first_line(error)}") from error
        except duckdb.Error as error:
            raise LakeError(f"{shown(lake)}: {first_line(error)}") from error
    raise AssertionError("the last attempt raises")


@contextmanager
def _only_one(connection: duckdb.DuckDBPyConnection, lake: Lake) -> Iterator[None]:
    if not lake.is_postgres:
        yield
        return
    # A transaction of its own holds the lock, so that it is given back however this ends.
    with connection.cursor() as guard:
        address = lake.catalog.removeprefix(POSTGRES).replace("'", "''")
        guard.execute(f"attach '{address}' as catalog (type postgres, read_only)")
        guard.execute("begin")
        query = f"select pg_try_advisory_xact_lock({LOCK_KEY}) as taken"
        taken = guard.execute(f"from postgres_query('catalog', '{query}')").fetchall()[0][0]
        if not taken:
            raise LockedError(f"{shown(lake)}: another maintainer is at work")
        try:
            yield
        finally:
            guard.execute("rollback")


def _files(connection: duckdb.DuckDBPyConnection) -> int:
    query = "select coalesce(sum(file_count), 0)::bigint from ducklake_table_info('lake')"
    return int(connection.execute(query).fetchall()[0][0])
