"""What the lake holds: for each local table a log that only grows, and a view of what counts.

An *owner* is a table whose rows have an identity of their own; *parts* belong to a row of
their owner and follow it. A row of an owner's log carries, beside the local columns,

- `machine`, and `batch`, which names the shipment and sorts by its number;
- `version_ns`, `version_hash`: when the file that it was read from was changed, and its
  content. The newest version of a machine's row counts, of equal ones that of the later batch;
- `is_removed`: the machine has given the row up; it holds nothing but its key.

Of several machines that hold the same row one speaks for it, by the rule that also decides
between files of one machine: a file that is there beats one that is gone, one that can be
read beats one that cannot, then the version decides. Parts are those of the same batch.

Job ids without a name of their own, and paths, are only unique on one machine: with more
than one in the lake they are preceded by the machine's name.
"""

from typing import NamedTuple

import duckdb

from indexer import sqlfiles

LOG_COLUMNS = "machine, batch, version_ns, version_hash, is_removed"
NEWEST = "version_ns desc, version_hash desc, batch desc"
_VERSION = "version_ns desc nulls last, version_hash desc nulls last, machine"


class Owner(NamedTuple):
    """`speaks`: order of the machines that hold the same row, the one that speaks first.

    `own`: condition under which a key is unique on one machine only. `parts`: table -> its
    column that holds the key of its owner. `says`: columns by which a row has changed; empty
    for all of them. `also`: SQL of what else says that it has.
    """

    table: str
    key: str
    parts: dict[str, str]
    speaks: str = _VERSION
    own: str = "false"
    says: str = ""
    also: str = "0"


OWNERS = (
    Owner(
        "sources",
        "path",
        {
            "ingest_issues": "path",
            "appended_files": "path",
            "job_logs": "path",
            "job_log_lines": "path",
        },
        own="true",
        # The rest of the row is this machine's bookkeeping.
        says="kind, state, run_id, size, mtime_ns, content_hash, missing_since",
    ),
    Owner(
        "runs",
        "run_id",
        {
            "role_usage": "run_id",
            "model_usage": "run_id",
            "iterations": "run_id",
            "qa_issues": "run_id",
            "llm_calls": "run_id",
            "run_events": "run_id",
        },
        speaks=f"source_missing_since is not null, stale_since is not null, {_VERSION}",
        # Events may come after the summary, which leaves the row as it was.
        also="(select count(*) from local.run_events where run_events.run_id = runs.run_id)",
    ),
    Owner("sessions", "session_id", {"session_runs": "session_id"}),
    Owner("jobs", "job_id", {"job_events": "job_id"}, own="starts_with(job_id, '#')"),
)

# Of each index alone: its settings, what it is, and what it says to its own people.
LOCAL = (
    "settings",
    "budgets",
    "alert_settings",
    "prices",
    "index_info",
    "kept_records",
    "alert_watch",
    "alerts",
    "alert_events",
    "messages",
    "deliveries",
    "channel_states",
    "reports",
)
_STORED = {"run_key", "other_path"}  # how an index has it, which means nothing to others
# SQL of what rows `parts` of role_usage say by being several.
IS_SPLIT = "count(*) over (partition by parts.run_id, parts.role) > 1 as is_split"
# Columns beside keys that hold a path, by table.
PATHS = {
    "runs": "source_path",
    "llm_calls": "path",
    "run_events": "path",
    "sessions": "path",
}


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Logs that are missing, columns that this release adds, and the views, in `lake`."""
    connection.execute(sqlfiles.schema())  # in memory, as the pattern of the logs
    sqlfiles.install_whole(connection)
    connection.execute("begin")  # one commit, and all of it or nothing
    _create(connection)
    connection.execute("commit")


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "create table if not exists lake.lake_batches (machine varchar, batch varchar,"
        " shipped_at timestamp, schema_version integer, rows bigint)"
    )
    connection.execute("create table if not exists lake.lake_schema (version integer)")
    pattern, there = columns(connection, "memory"), columns(connection, "lake")
    for owner in OWNERS:
        for table in (owner.table, *owner.parts):
            names = _names(pattern, table)
            if f"{table}_log" not in there:
                _create_log(connection, table, names, is_owner=table == owner.table)
                continue
            for name in set(names) - there[f"{table}_log"].keys():
                kind = pattern[table][name]
                connection.execute(f'alter table lake.{table}_log add column "{name}" {kind}')
    newest = connection.execute("select max(version) from lake.lake_schema").fetchall()[0][0]
    if newest is None or newest < sqlfiles.SCHEMA_VERSION:
        connection.execute("insert into lake.lake_schema values (?)", [sqlfiles.SCHEMA_VERSION])
    if newest is None or newest <= sqlfiles.SCHEMA_VERSION:
        _create_views(connection)


def _names(pattern: dict[str, dict[str, str]], table: str) -> list[str]:
    """Columns of a local table that mean the same everywhere."""
    return [name for name in pattern[table] if name not in _STORED]


def _create_log(
    connection: duckdb.DuckDBPyConnection, table: str, names: list[str], *, is_owner: bool
) -> None:
    """A log has no rule of its own, so that rows of any release fit in."""
    own = "0::bigint as version_ns, ''::varchar as version_hash, false as is_removed, "
    connection.execute(
        f"create table lake.{table}_log as select ''::varchar as machine, ''::varchar as batch,"
        f" {own if is_owner else ''}{', '.join(names)} from memory.main.{table} limit 0"
    )


def _create_views(connection: duckdb.DuckDBPyConnection) -> None:
    # Names within the lake, so that it may be attached under any other.
    local = columns(connection, "memory")
    connection.execute("use lake")
    try:
        connection.execute(
            "create or replace view lake_names as"
            " select count(distinct machine) > 1 as are_several from lake_batches"
        )
        for owner in OWNERS:
            connection.execute(_owners_view(owner))
            _create_view(connection, owner.table, _owner_rows(owner, _names(local, owner.table)))
            for part, column in owner.parts.items():
                _create_view(connection, part, _part_rows(owner, part, column, _names(local, part)))
    finally:
        connection.execute("use memory")


def _create_view(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    connection.execute(f"create or replace view {table} as {query}")
    comment = connection.execute(
        "select comment from (select * from duckdb_tables() union all by name"
        " select view_name as table_name, * from duckdb_views())"
        " where database_name = 'memory' and table_name = ?",
        [table],
    ).fetchall()[0][0]
    text = f"{comment} Of all machines of the lake.".replace("'", "''")
    connection.execute(f"comment on view {table} is '{text}'")


def key_name(
    owner: Owner, column: str, machine: str = "machine", several: str = "are_several"
) -> str:
    """SQL of a key as the lake shows it; `several`: whether there are several machines."""
    own = owner.own.replace(owner.key, column)
    return f"case when {several} and {own} then {machine} || '/' || {column} else {column} end"


def newest_rows(owner: Owner, source: str) -> str:
    """SQL of the newest row of each key and machine in `source`, removed ones too."""
    return (
        f"select * from {source}"
        f" qualify row_number() over (partition by machine, {owner.key} order by {NEWEST}) = 1"
    )


def speaking_rows(owner: Owner, source: str) -> str:
    """SQL of the one row of each key that counts, of `source` with newest rows."""
    contest = f"case when {owner.own} then machine end"
    return (
        f"select * from {source} where not is_removed"
        f" qualify row_number() over (partition by {owner.key}, {contest}"
        f" order by {owner.speaks}) = 1"
    )


def columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Tables and views of a database, each with its columns in their order and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, name, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? order by table_name, column_index",
        [database],
    ).fetchall():
        found.setdefault(table, {})[name] = kind
    return found


def shared_columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Of each table of an index the columns that the lake knows.

    All, unless a newer release has made the index and shipped nothing yet.
    """
    there = columns(connection, "lake")
    return {
        table: [name for name in names if name in there[f"{table}_log"]]
        for table, names in columns(connection, database).items()
        if f"{table}_log" in there
    }


def _owners_view(owner: Owner) -> str:
    return (
        f"create or replace view {owner.table}_owners as"
        f" with newest as ({newest_rows(owner, f'{owner.table}_log')})"
        f" {speaking_rows(owner, 'newest')}"
    )


def _owner_rows(owner: Owner, names: list[str]) -> str:
    named = renamed(owner.table, owner.key, owner, f"{owner.table}_owners")
    shown = _shown(names, named)
    return f"select {shown}, machine from {owner.table}_owners cross join lake_names"


def _part_rows(owner: Owner, part: str, column: str, names: list[str]) -> str:
    log = f"{part}_log"
    shown = _shown(names, renamed(part, column, owner, log), log)
    return (
        f"select {shown}, {log}.machine from {log}"
        f" semi join {owner.table}_owners as owners on {log}.machine = owners.machine"
        f" and {log}.batch = owners.batch and {log}.{column} = owners.{owner.key}"
        " cross join lake_names"
    )


def renamed(
    table: str, column: str, owner: Owner, source: str, several: str = "are_several"
) -> dict[str, str]:
    """SQL of the columns of `source` that the lake may show under another name.

    `column` holds the key of the owner; paths are keys of the first owner.
    """
    keys = {column: owner} | ({PATHS[table]: OWNERS[0]} if table in PATHS else {})
    return {
        name: key_name(whose, f"{source}.{name}", f"{source}.machine", several)
        for name, whose in keys.items()
    }


def _shown(names: list[str], named: dict[str, str], table: str = "") -> str:
    prefix = f"{table}." if table else ""
    return ", ".join(
        f'{named[name]} as "{name}"' if name in named else f'{prefix}"{name}"' for name in names
    )
