"""Taking over an index whose tables an earlier release made.

Its rows are written into a new file beside it, which then takes its place, in one step. Until
then the old one is as it was, so whatever ends this is begun again by the next one to open it.
Within the file, room for both would stay taken.

Tables that this release does not know, as those of a mirror, come along, and columns that others
have added to those that are still tables.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import duckdb

from indexer import blank, sqlfiles

log = logging.getLogger("runmeter.upgrade")
MEMORY = "200MB"
RUNS_AT_ONCE = 50_000
_BEFORE, _AFTER = "version_2", "working"
# What from_version_2.sql and from_version_2_parts.sql write.
_REWRITTEN = {"runs", "sources", "role_usage_rows", "model_usage_rows", "iterations", "qa_issues"}


def rewrite(
    path: Path, version: int, attached: Callable[[Path], duckdb.DuckDBPyConnection]
) -> None:
    """Make the file of an earlier schema version one of this. Nobody may have it open.

    `attached` gives a connection that uses a file as `working`. Raises OSError, duckdb.Error.
    """
    log.info("%s: taking over tables of version %d", path, version)
    made = path.with_name(f"{path.name}.new")
    for left in (made, made.with_name(f"{made.name}.wal")):
        left.unlink(missing_ok=True)
    with attached(made) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; attach {_text(path)} as {_BEFORE}")
        if version == 1:
            connection.execute(f"use {_BEFORE}; begin")
            connection.execute(sqlfiles.load("from_version_1"))
            connection.execute(f"commit; use {_AFTER}")
        with blank.at_hand(connection):
            blank.create(connection)
        connection.execute(sqlfiles.load("macros"))
        _copy_others(connection)
        connection.execute(sqlfiles.load("from_version_2"))
        newest = _newest_key(connection)
        for first in range(0, newest + 1, RUNS_AT_ONCE):
            connection.execute("set variable first_key = ?", [first])
            connection.execute("set variable before_key = ?", [first + RUNS_AT_ONCE])
            connection.execute(sqlfiles.load("from_version_2_parts"))
        # Runs keep their numbers, and new ones come after them.
        connection.execute("select max(nextval('run_keys')) from range(?)", [newest])
        connection.execute(
            "update index_info set schema_version = ?, views_fingerprint = ?,"
            " revision = revision + 1",
            [sqlfiles.SCHEMA_VERSION, sqlfiles.fingerprint()],
        )
        # So that neither leaves a log, which would be taken for one of the file in its place.
        connection.execute(f"checkpoint {_AFTER}; checkpoint {_BEFORE}; use memory")
        connection.execute(f"detach {_BEFORE}; detach {_AFTER}")
    made.replace(path)


def _copy_others(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables that are stored as before, and what others have added to any."""
    before, after = _columns(connection, _BEFORE), _columns(connection, _AFTER)
    for table, columns in before.items():
        if table in after:
            for name in columns.keys() - after[table].keys():
                connection.execute(f'alter table {table} add column "{name}" {columns[name]}')
        if table in _REWRITTEN:
            continue
        if table in after:
            connection.execute(f"insert into {table} by name from {_BEFORE}.{table}")
        else:
            connection.execute(f"create table {table} as from {_BEFORE}.{table}")


def _newest_key(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("select coalesce(max(run_key), 0) from runs").fetchall()
    return int(found[0][0])


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Tables of a database, each with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " semi join duckdb_tables() using (database_name, table_name)"
        " where database_name = ? order by table_name, column_index",
        [database],
    ).fetchall():
        found.setdefault(table, {})[name] = kind
    return found


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
