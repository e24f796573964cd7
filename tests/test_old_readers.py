"""The public file is read by the oldest DuckDB that the README promises, with equal figures."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Layout
from indexer.ingest import Indexer
from tests.helpers import write_run

READER = Path(__file__).parent.parent / ".venv-reader" / "bin" / "python"
# Files that old clients could not open came of some dozen publishes (docs/decisions/0030).
PUBLISHES = 36
# Every table and view as rows of JSON; numbers that are sums of floating point are rounded.
SCRIPT = """
import json, sys
import duckdb

def plain(value):
    return round(value, 9) if isinstance(value, float) else str(value)

connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("set variable as_of = timestamp '2025-11-18 10:30:00'")
connection.execute("set TimeZone = 'UTC'")
names = connection.execute(
    "select table_name from duckdb_tables() union all"
    " select view_name from duckdb_views() where not internal"
).fetchall()
found = {}
for (name,) in names:
    rows = connection.execute(f'select * from "{name}"').fetchall()
    found[name] = sorted(json.dumps([plain(value) for value in row]) for row in rows)
print(json.dumps(found))
"""


@pytest.fixture
def old_python() -> Path:
    """A Python with the oldest DuckDB alone: `make .venv-reader/dev`."""
    if not READER.exists():
        if os.environ.get("RUNMETER_REQUIRE_READER"):
            pytest.fail("no .venv-reader, and RUNMETER_REQUIRE_READER is set")
        pytest.skip("make .venv-reader/dev brings the oldest DuckDB")
    return READER


def everything(python: Path | str, database: Path) -> dict[str, Any]:
    command = [str(python), "-c", SCRIPT, str(database)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_old_client_reads_what_many_publishes_left(
    corpus: Callable[[str], Path], old_python: Path
) -> None:
    layout = Layout.of(corpus("orchestrator"))
    with Indexer(layout) as indexer:
        for place in range(PUBLISHES):
            write_run(layout.root, f"new{place % 7}", {"task": f"round {place}"})
            indexer.run_pass()
    assert layout.snapshot_numbers()[-1] == PUBLISHES
    found = everything(old_python, layout.database)
    assert len(found["runs"]) > len(found["project_summary"]) > 0
    assert found == everything(sys.executable, layout.database)
