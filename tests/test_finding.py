"""A look for alerts takes a bounded part of the memory, and more only where it must."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from indexer import finding
from indexer.config import Layout
from indexer.deciding import Finding
from tests.helpers import index, write_config, write_run

NOW = datetime(2025, 11, 18, 12, tzinfo=UTC).replace(tzinfo=None)


class Watched:
    """A connection that notes what went wrong."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection, self.errors = connection, list[type[duckdb.Error]]()

    def execute(self, *query: Any) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(*query)
        except duckdb.Error as error:
            self.errors.append(type(error))
            raise


def look(layout: Layout) -> tuple[list[Finding], list[type[duckdb.Error]]]:
    with duckdb.connect(config={"threads": 1}) as connection:
        watched = Watched(connection)
        snapshot = layout.snapshot(layout.snapshot_numbers()[-1])
        found = finding.find(cast(duckdb.DuckDBPyConnection, watched), snapshot, NOW)
        return found, watched.errors


def test_what_does_not_fit_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path, '{"analytics": {"monthly_budget": 1}}')
    started = "2025-11-17T10:00:00Z"
    write_run(tmp_path, "a", {"started_at": started, "cost_summary": {"total_usd": 2}})
    layout = Layout.of(tmp_path)
    index(layout)
    expected, errors = look(layout)
    assert [one.rule for one in expected] == ["budget"]
    assert errors == []
    monkeypatch.setattr(finding, "LEAST_BYTES", 0)
    assert look(layout) == (expected, [duckdb.OutOfMemoryException])
    assert list(layout.snapshots_dir.glob("*.tmp")) == [], "what was spilled is removed"
