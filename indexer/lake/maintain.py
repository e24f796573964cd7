"""Tidying the lake: superseded rows go, small files are merged, old files are removed.

Only one maintainer at a time works on a lake: with PostgreSQL as catalog it holds an
advisory lock until it ends, however it ends; a file as catalog has one user anyway. Changes
of writers may collide with it; then the step is tried again. Files go only after KEEP, so
that a reader that still uses an older snapshot finds them. A file that no snapshot knows may
belong to a batch that is not committed yet, and its time is another clock's: it has KEEP_ORPHANS.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import duckdb

from indexer.errors import LockedError
from indexer.lake.connection import connected, shown
from indexer.lake.tables import NEWEST, OWNERS, Owner
from indexer.lake_settings import POSTGRES, Lake

LOCK_KEY = 0x52554E4D  # "RUNM"
KEEP = "interval 2 hours"
KEEP_ORPHANS = "interval 1 day"
KEPT_BATCHES = 1_000  # of each machine: enough to know whether the last ones arrived
ATTEMPTS = 20

_OLD_BATCHES = f"""
    delete from lake.lake_batches where batch in (
        select batch from lake.lake_batches
        qualify row_number() over (partition by machine order by batch desc) > {KEPT_BATCHES}
    )
"""


class Maintained(NamedTuple):
    """Rows that were superseded, files before and after."""

    superseded: int
    files_before: int
    files_after: int


def maintain(lake: Lake, keep: str = KEEP) -> Maintained:
    """All steps once. Raises LockedError where another one works, LakeError."""
    with connected(lake, read_only=False) as connection, _only_one(connection, lake):
        before = _files(connection)
        superseded = sum(_drop_superseded(connection, owner) for owner in OWNERS)
        _again(connection, _OLD_BATCHES)
        for statement in (
            "call ducklake_flush_inlined_data('lake')",
            "call ducklake_rewrite_data_files('lake')",
            "call ducklake_merge_adjacent_files('lake')",
            f"call ducklake_expire_snapshots('lake', older_than => now() - {keep})",
            f"call ducklake_cleanup_old_files('lake', older_than => now() - {keep})",
            f"call ducklake_delete_orphaned_files('lake', older_than => now() - {KEEP_ORPHANS})",
        ):
            _again(connection, statement)
        return Maintained(superseded, before, _files(connection))


def _drop_superseded(connection: duckdb.DuckDBPyConnection, owner: Owner) -> int:
    """Rows of one owner of which a newer version is there, after their parts; returns how many.

    The owner's rows go last, so that the next maintainer knows what this one has left over.
    """
    log = f"lake.{owner.table}_log"
    # Most keys have one version, and only of the others the order is asked for.
    connection.execute(
        f"create or replace temp table superseded as with several as ("
        f" select machine, {owner.key} from {log} group by all having count(*) > 1)"
        f" select machine, batch, {owner.key} as key from {log}"
        f" semi join several using (machine, {owner.key})"
        f" qualify row_number() over (partition by machine, {owner.key} order by {NEWEST}) > 1"
    )
    if not connection.execute("from superseded limit 1").fetchall():
        return 0
    gone = 0
    for table, column in {**owner.parts, owner.table: owner.key}.items():
        text = (
            f"delete from lake.{table}_log where exists (from superseded"
            f" where superseded.machine = {table}_log.machine"
            f" and superseded.batch = {table}_log.batch and superseded.key = {table}_log.{column})"
        )
        gone += int(_again(connection, text)[0][0])
    return gone


def _again(connection: duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    """A statement's rows, tried again when a writer was quicker."""
    for _ in range(ATTEMPTS - 1):
        try:
            return connection.execute(statement).fetchall()
        except duckdb.TransactionException:
            continue
    return connection.execute(statement).fetchall()


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
