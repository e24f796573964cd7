"""The benchmark works: every row is measured and every figure is the generator's."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import stages, tree
from benchmarks.check import differences
from benchmarks.table import Table
from indexer import figures
from indexer.config import Layout
from tests.helpers import index, snapshot

PROJECT = Path(__file__).parent.parent
RUNS = 5_000


@pytest.mark.timeout(900)  # it is never a question of time
def test_a_small_benchmark_measures_everything(tmp_path: Path) -> None:
    """Each part checks the figures against the generator's sums by itself."""
    folders = "--folder", tmp_path, "--results", tmp_path / "results"
    command = [sys.executable, "-m", "benchmarks", RUNS, "--repeats", 1, *folders, "--quick"]
    subprocess.run(list(map(str, command)), cwd=PROJECT, check=True, capture_output=True)
    text = (tmp_path / "results" / f"{RUNS}.md").read_text("utf-8")
    rows = [
        "counting, two at once",
        "reads at random of 256 MB",
        "read",
        "walk",
        "naive request",
        "index, first",
        "written until visible",
    ]
    rows += [
        "runmeter --help",
        "publish",
        "database",
        "daemon, idle: memory",
        "GET /analytics, 304",
    ]
    rows += ["GET /api/analytics/summary by model, first", "answers, 16 clients"]
    for row in rows:
        assert f"| {row} |" in text


def test_a_wrong_figure_is_found(tmp_path: Path) -> None:
    made, sums = tree.make(tmp_path, 40)
    layout = Layout.of(tmp_path)
    index(layout)
    with snapshot(layout) as connection:
        found = figures.all_figures(connection)
    assert differences(found, sums) == []
    assert differences(found, sums + Counter({"cost": 1})) != []
    made.write(0, version=1)
    index(layout)
    with snapshot(layout) as connection:
        assert differences(figures.all_figures(connection), sums) != []


def test_equal_seeds_make_equal_trees(tmp_path: Path) -> None:
    one, sums = tree.make(tmp_path / "one", 30)
    other, same = tree.make(tmp_path / "other", 30)
    assert sums == same
    for number in range(30):
        assert one.document(number) == other.document(number)
    assert tree.make(tmp_path / "one", 30)[1] == sums
    with pytest.raises(ValueError, match="another tree"):
        tree.make(tmp_path / "one", 31)


def test_a_ratio_is_of_medians() -> None:
    table = Table()
    table.add("walk", "s", [1.0, 2.0, 9.0])
    table.add("pass", "s", [3.0, 4.0, 5.0], "walk")
    assert "| pass | s | 3.000 | 4.000 | 5.000 | 3 | 2.00 × walk |" in table.markdown()


def test_stages_are_all_told_apart(tmp_path: Path) -> None:
    tree.make(tmp_path / "tree", 40)
    found = stages.measure(tmp_path / "tree", 30, tmp_path)
    for stage in ("read", "parse", "store: runs", "store: commit", "checkpoint"):
        assert f"| {stage} |" in found
