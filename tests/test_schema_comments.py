"""Every table, view and column says what it is, and the views name purpose, grain and units."""

import os
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest

from indexer import sqlfiles


@pytest.fixture(scope="module")
def installed() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for _ in range(2):  # a second time, as after an update: comments are still there
            connection.execute(sqlfiles.schema())
            sqlfiles.install_views(connection)
        yield connection


@pytest.fixture
def connection(installed: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a test changes is not there for the next."""
    installed.execute("begin")
    yield installed
    installed.execute("rollback")


def objects(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None]]:
    return connection.execute(
        "select table_name, comment from duckdb_tables() union all"
        " select view_name, comment from duckdb_views() where not internal"
    ).fetchall()


def bare(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What has no comment: names of tables, views and columns."""
    found = []
    for name, comment in objects(connection):
        columns = {row[0] for row in connection.execute(f"describe {name}").fetchall()}
        described = connection.execute(
            "select column_name from duckdb_columns() where table_name = ? and comment != ''",
            [name],
        ).fetchall()
        found += [f"{name}.{column}" for column in columns - {row[0] for row in described}]
        found += [] if comment else [name]
    return sorted(found)


def test_nothing_is_bare(connection: duckdb.DuckDBPyConnection) -> None:
    assert bare(connection) == []
    connection.execute("create or replace view job_series as select 1 as calls")
    connection.execute("alter table jobs add column extra integer")
    assert bare(connection) == ["job_series", "job_series.calls", "jobs.extra"]


def test_grain_is_stated(connection: duckdb.DuckDBPyConnection) -> None:
    for name, comment in objects(connection):
        assert "Grain:" in str(comment) or "one row" in str(comment), name


@pytest.mark.parametrize("name", sorted(sqlfiles.definitions()))
def test_a_view_file_says_what_it_is_for(name: str) -> None:
    text = sqlfiles.definitions()[name]
    for word in ("-- Purpose:", "-- Grain:", "-- Units:", "-- Source:"):
        assert word in text, word
    assert f"create or replace view {name} as" in text or f"replace macro {name}(" in text


def test_every_macro_is_described(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select function_name, comment from duckdb_functions()"
        " where not internal and function_type like '%macro'"
    ).fetchall()
    assert {name for name, _ in found} == sqlfiles.definitions().keys() - sqlfiles.views().keys()
    assert [name for name, comment in found if not comment] == []


def test_names_of_the_contract_are_there(connection: duckdb.DuckDBPyConnection) -> None:
    assert {name for name, _ in objects(connection)} >= {
        *("runs", "role_usage", "model_usage", "iterations", "qa_issues", "jobs"),
        *("job_events", "ingest_issues", "sources", "overall_summary", "project_summary"),
        *("model_summary", "timeseries_daily", "qa_summary", "budget_status"),
    }


def test_no_column_needs_a_further_library_to_be_read(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert (
        connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where not internal and data_type = 'TIMESTAMP WITH TIME ZONE'"
        ).fetchall()
        == []
    )


def test_every_process_finds_the_same_definitions() -> None:
    """Else each start would install every view anew and publish for nothing."""
    code = "from indexer import sqlfiles; print(sqlfiles.fingerprint())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
