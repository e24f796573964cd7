"""Small makers and comparisons that several tests use."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from indexer import folder_search, sqlfiles
from indexer.config import Layout
from indexer.filters import Filters
from indexer.ingest import Indexer
from indexer.passes import PassResult
from indexer.snapshot import SnapshotReader
from indexer.times import parse_time


def assert_same(found: Any, expected: Any, place: str = "$") -> None:
    """`found` holds all of `expected`: equal types, floats to 1e-9, more keys allowed."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert_same(found[key], value, f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), place
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_same(one, other, f"{place}[{index}]")
    elif isinstance(expected, float):
        assert isinstance(found, float), place
        assert abs(found - expected) <= 1e-9, f"{place}: {found} is not {expected}"
    else:
        assert type(found) is type(expected), place
        assert found == expected, place


def write_run(root: Path, name: str, document: Any) -> Path:
    """Write `run_logs/<name>/run_summary.json`; bytes go in as they are."""
    folder = root / "run_logs" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run_summary.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return path


def write_jobs(root: Path, jobs: Any) -> None:
    (root / "agent").mkdir(parents=True, exist_ok=True)
    (root / "agent" / "jobs_state.json").write_text(json.dumps({"jobs": jobs}), "utf-8")


def write_config(root: Path, text: str) -> None:
    (root / "agent").mkdir(parents=True, exist_ok=True)
    (root / "agent" / "project_config.json").write_text(text, "utf-8")


def insert(
    connection: duckdb.DuckDBPyConnection, into: str, rows: Sequence[Sequence[object]]
) -> None:
    """Rows of values in one statement, which is planned once."""
    one = f"({', '.join('?' * len(rows[0]))})"
    values = [value for row in rows for value in row]
    connection.execute(f"insert into {into} values {', '.join([one] * len(rows))}", values)


def add_usage(
    connection: duckdb.DuckDBPyConnection, view: str, run_id: str, **values: object
) -> None:
    """A row of role_usage or model_usage, of a run that is there."""
    add_usages(connection, view, [{"run_id": run_id, **values}])


def add_usages(
    connection: duckdb.DuckDBPyConnection, view: str, usages: Sequence[Mapping[str, object]]
) -> None:
    """Rows that say the same things, as `add_usage`, in one statement."""
    names = ", ".join(name for name in usages[0] if name != "run_id")
    connection.execute(f"create or replace temp table said as from {view} limit 0")
    insert(connection, f"said ({', '.join(usages[0])})", [[*usage.values()] for usage in usages])
    connection.execute(
        f"insert into {sqlfiles.NUMBERED[view]} (run_key, {names})"
        f" select run_key, {names} from said"
        " inner join (select run_id, run_key from runs) as known using (run_id)"
    )


def index(layout: Layout, *, audited: bool = False) -> PassResult:
    """One pass; with `audited` every rule must hold after it, which takes a second."""
    with Indexer(layout) as indexer:
        result = indexer.run_pass()
    if audited:
        with snapshot(layout) as connection:
            assert broken_rules(connection) == []
    return result


def play_search(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Processes that look into folders of runs do this instead."""
    script = folder / "search.py"
    script.write_text(code, "utf-8")
    monkeypatch.setattr(folder_search, "_WORKER", str(script))


@contextmanager
def snapshot(layout: Layout, as_of: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    reader = SnapshotReader(layout)
    try:
        with reader.connect(Filters(as_of=parse_time(as_of) if as_of else None)) as connection:
            yield connection
    finally:
        reader.close()


def ask(layout: Layout, query: str, as_of: str | None = None) -> list[tuple[Any, ...]]:
    with snapshot(layout, as_of) as connection:
        return connection.execute(query).fetchall()


def broken_rules(connection: duckdb.DuckDBPyConnection, *, of_rows: bool = False) -> list[str]:
    """Names of the audits that return rows; with `of_rows` those alone that ask no figures, which
    take a tenth of the time."""
    figures = sqlfiles.views().keys() - sqlfiles.WHOLE
    return [
        name
        for name, query in sqlfiles.audits().items()
        if not (of_rows and figures & set(re.findall(r"\w+", query)))
        and connection.execute(query).fetchall()
    ]
