"""The line for a prompt: what it says, how old it is, and what it does not need."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer import health, statusline
from indexer.config import Layout
from indexer.health import Health
from indexer.ingest import Indexer
from tests.helpers import ask, index, write_config, write_run
from tests.test_imports import loaded

FOUND = {
    "today_spent": 1.5,
    "today_unknown_runs": 0,
    "month_spent": 31.2,
    "month_unknown_runs": 2,
    "budget": 50.0,
    "percent": 62.4,
    "jobs_running": 0,
}


@pytest.mark.parametrize(
    ("change", "age", "expected"),
    [
        ({}, None, "$1.50 today · $31.20+? this month of $50.00 (62%)"),
        ({"today_spent": 0.0042}, None, "$0.0042 today · $31.20+? this month of $50.00 (62%)"),
        ({"percent": 99.96}, None, "$1.50 today · $31.20+? this month of $50.00 (99%)"),
        ({"budget": None, "month_unknown_runs": 0}, None, "$1.50 today · $31.20 this month"),
        ({"budget": 0.0, "percent": None}, None, "$1.50 today · $31.20+? this month of $0.00"),
        ({"budget": None, "jobs_running": 2}, 59, "$1.50 today · $31.20+? this month · 2 running"),
        ({"budget": None}, 7300, "$1.50 today · $31.20+? this month · 2 h old"),
        ({"budget": None}, 200, "$1.50 today · $31.20+? this month · 3 min old"),
    ],
)
def test_what_the_line_says(change: dict[str, Any], age: int | None, expected: str) -> None:
    found = statusline.text(FOUND | change, None if age is None else timedelta(seconds=age))
    assert found == expected


def written(layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(layout.line_note.read_bytes())
    return found


def test_the_indexer_leaves_what_the_view_says(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for name, cost in (("a", 1.25), ("b", None)):
        summary = {"cost_summary": {"total_usd": cost}, "started_at": now.isoformat()}
        write_run(tmp_path, name, summary)
    write_config(tmp_path, '{"analytics": {"monthly_budget": 10}}')
    layout = Layout.of(tmp_path)
    index(layout)
    columns = "today_spent, today_unknown_runs, month_spent, budget, jobs_running"
    found = written(layout)
    expected = [float(value) for value in ask(layout, f"select {columns} from status_line")[0]]
    assert [float(found[name]) for name in columns.split(", ")] == expected
    assert (found["today_unknown_runs"], found["budget"]) == (1, 10)
    assert statusline.line(layout, now) == statusline.text(found, None)


def test_after_its_day_the_snapshot_is_asked_and_the_daemon_writes_anew(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "a", {"cost_summary": {"total_usd": 2}, "started_at": "2025-01-01"})
    index(layout)
    note = written(layout)
    layout.line_note.write_text(
        json.dumps(note | {"today_end": "2025-01-02 00:00:00", "today_spent": 99}), "utf-8"
    )
    assert statusline.line(layout).startswith("$0.00 today")
    with Indexer(layout) as indexer:
        indexer.keep_line()
    assert written(layout)["today_spent"] == 0


def test_a_daemon_that_beats_keeps_the_line_fresh(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    index(layout)
    now = datetime.now(UTC)
    stamp = health.stamp(int(now.timestamp() * 1e9))
    health.write(layout, Health(last_full_pass="2025-01-01T00:00:00Z", heartbeat_at=stamp))
    assert "old" not in statusline.line(layout, now)
    health.write(layout, Health(last_full_pass="2025-01-01T00:00:00Z"))
    assert statusline.line(layout, now).endswith(" d old")
    layout.line_note.write_text("{", "utf-8")
    assert statusline.line(layout, now).startswith("$0.00 today")


def test_the_command(tmp_path: Path) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "indexer", "--root", str(tmp_path), *arguments]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", timeout=60, check=False
        )

    nothing = run("statusline")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "nothing has been indexed yet" in nothing.stderr
    index(Layout.of(tmp_path))
    assert run("statusline").stdout.startswith("$0.00 today · $0.00 this month")
    assert "One short line" in run("statusline", "--help").stdout


def test_it_imports_nothing_that_takes_time(tmp_path: Path) -> None:
    index(Layout.of(tmp_path))
    script = (
        "import sys, os; sys.stdout = open(os.devnull, 'w');"
        " from indexer.statusline import main;"
        f" done = main(['--root', r'{tmp_path}', 'statusline']);"
        " sys.stdout = sys.__stdout__; assert done == 0"
    )
    slow = {"duckdb", "click", "rich", "msgspec", "flask", "zoneinfo"}
    assert loaded(script) & slow == set()
