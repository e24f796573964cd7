"""The sample tree: its own totals are what the index shows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer import demo
from indexer.config import Layout
from indexer.errors import UsageError
from tests.helpers import ask, broken_rules, index, snapshot

NOW = datetime(2025, 11, 18, 10, 30, tzinfo=UTC)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".runmeter/" not in f"{path}/" and path.suffix != ".duckdb"
    }


def test_the_index_shows_what_was_written(tmp_path: Path) -> None:
    totals = demo.write_tree(tmp_path, days=120, seed=3, now=NOW)
    assert totals is not None
    layout = Layout.of(tmp_path)
    assert index(layout, audited=True).invalid == totals.broken
    found = ask(
        layout,
        "select total_runs, (total_cost * 1000000)::bigint, total_tokens,"
        " total_runs - tokens_unknown_runs, budget_level is not null from overall_summary",
        "2025-11-18T10:30:00Z",
    )
    assert found == [
        (
            totals.runs,
            totals.cost_micro_usd,
            totals.total_tokens,
            totals.known_token_runs,
            True,
        )
    ]
    costs = ask(layout, "select project_name, (total_cost * 1000000)::bigint from project_summary")
    assert dict(costs) == totals.project_cost_micro_usd
    statuses = ask(layout, "select distinct status from jobs order by 1")
    assert [row[0] for row in statuses] == [
        "cancelled",
        "completed",
        "failed",
        "queued",
        "running",
    ]
    with snapshot(layout) as connection:
        assert broken_rules(connection) == []


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        demo.write_tree(tmp_path / name, days=10, seed=3, now=NOW)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_tree_is_kept_and_anything_else_is_refused(tmp_path: Path) -> None:
    assert demo.write_tree(tmp_path / "a", days=5, seed=3, now=NOW) is not None
    assert demo.write_tree(tmp_path / "a", days=5, seed=3, now=NOW) is None
    with pytest.raises(UsageError, match="other --days"):
        demo.write_tree(tmp_path / "a", days=6, seed=3, now=NOW)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="something else"):
        demo.write_tree(tmp_path / "b", days=5, seed=3, now=NOW)


def test_runs_keep_coming(tmp_path: Path) -> None:
    demo.write_tree(tmp_path, days=5, seed=3, now=NOW)
    layout = Layout.of(tmp_path)
    index(layout, audited=True)
    (before,) = ask(layout, "select count(*) from runs")[0]
    producer = demo.LiveProducer(tmp_path, seed=3)
    said = [producer.step(NOW) for _ in range(3)]
    assert said[0].endswith("queued")
    assert said[1].endswith("running")
    index(layout, audited=True)
    assert ask(layout, "select count(*) from runs") == [(before + 1,)]
