"""The corpora's known results, by every way in which a figure can be asked for."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import analytics
from indexer.config import Layout
from tests.conftest import AS_OF, RunCli
from tests.helpers import assert_same, broken_rules, index, snapshot
from web import create_app


def expected(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "expected.json").read_text("utf-8")))


def test_export_without_an_index_gives_the_documented_figures(
    documented: Layout, run_cli: RunCli
) -> None:
    done = run_cli("--root", documented.root, "export", "json", "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    assert_same(json.loads(done.stdout), expected(documented.root))


def test_csv_export_gives_the_documented_file_but_for_formulas(
    documented: Layout, run_cli: RunCli, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    done = run_cli("--root", documented.root, "export", "csv", "--as-of", AS_OF, "-o", target)
    assert done.returncode == 0, done.stderr
    wanted = (documented.root / "expected.csv").read_bytes().decode()
    assert target.read_bytes().decode() == wanted.replace("\n=cmd|calc", "\n'=cmd|calc")


def test_routes_give_the_documented_figures(documented: Layout) -> None:
    index(documented, audited=True)
    wanted = expected(documented.root)
    app = create_app(documented.root)
    client = app.test_client()

    def get(path: str) -> Any:
        return client.get(f"/api/analytics/{path}?as_of={AS_OF}").get_json()

    try:
        assert_same(get("summary"), wanted["summary"])
        assert_same(get("projects"), wanted["projects"])
        assert_same(get("models"), wanted["models"])
        assert_same(get("timeseries"), {"daily": wanted["timeseries"]})
        assert_same(get("qa"), wanted["qa"])
        assert_same(get("export/json"), wanted)
    finally:
        app.extensions["runmeter"].close()


def test_python_gives_the_documented_figures(documented: Layout) -> None:
    wanted = expected(documented.root)
    root = documented.root
    assert_same(analytics.get_analytics(root=root, as_of=AS_OF), wanted)
    runs, jobs = analytics.load_all_runs(root=root), analytics.load_all_jobs(root=root)
    config = analytics.load_analytics_config(root=root)
    overall = analytics.compute_overall_summary(runs, jobs, config, as_of=AS_OF)
    assert_same(asdict(overall), wanted["summary"])
    projects = analytics.compute_project_summaries(runs)
    assert_same([asdict(row) for row in projects], wanted["projects"])
    models = analytics.compute_model_summaries(runs)
    assert_same([asdict(row) for row in models], wanted["models"])
    days = analytics.compute_timeseries(runs, as_of=AS_OF)
    assert_same([asdict(row) for row in days], wanted["timeseries"])
    assert_same(asdict(analytics.compute_qa_summary(runs)), wanted["qa"])
    month = analytics.compute_current_month_cost(runs, as_of=AS_OF)
    assert_same(month, wanted["summary"]["current_month_cost"])
    text = analytics.export_analytics_json(overall, projects, models, days)
    assert_same(json.loads(text), {key: wanted[key] for key in ("summary", "projects", "models")})
    assert "'=cmd|calc," in analytics.export_analytics_csv(overall, projects, models)


def test_orchestrator_files_show_the_true_cost(corpus: Callable[[str], Path]) -> None:
    root = corpus("orchestrator")
    wanted = expected(root)
    data = analytics.get_analytics(root=root, as_of=AS_OF)
    summary = data["summary"]
    assert summary["total_runs"] == wanted["total_runs"]
    assert summary["total_cost"] == pytest.approx(wanted["total_cost"], abs=1e-9)
    assert summary["current_month_cost"] == pytest.approx(wanted["month_cost"], abs=1e-9)
    assert summary["total_tokens"] == wanted["total_tokens_known"]
    assert summary["tokens_unknown_runs"] == wanted["total_runs"] - wanted["tokens_known_runs"]
    assert summary["tokens_redacted_runs"] == summary["tokens_unknown_runs"]
    assert summary["total_jobs"] == wanted["total_jobs"]
    for status, count in wanted["jobs"].items():
        assert summary[f"jobs_{status}"] == count
    for status, count in wanted["qa"].items():
        key = "qa_not_run" if status == "None" else f"qa_{status}"
        assert summary["qa_summary"][key] == count
    assert {row["project_name"] for row in data["projects"]} == set(wanted["projects"])
    for row in data["projects"]:
        assert row["runs_count"] == wanted["projects"][row["project_name"]]["runs"]
        cost = wanted["projects"][row["project_name"]]["cost"]
        assert row["total_cost"] == pytest.approx(cost, abs=1e-9)
    assert {row["model_name"] for row in data["models"]} == set(wanted["models"])
    for row in data["models"]:
        model = wanted["models"][row["model_name"]]
        assert row["total_cost"] == pytest.approx(model["cost"], abs=1e-9)
        assert (row["usage_count"], row["total_tokens"]) == (model["runs"], model["tokens_known"])


@pytest.mark.parametrize("name", ["documented", "orchestrator"])
def test_every_rule_holds_and_check_agrees(
    corpus: Callable[[str], Path], run_cli: RunCli, name: str
) -> None:
    layout = Layout.of(corpus(name))
    index(layout, audited=True)
    for as_of in (None, AS_OF, "2025-11-01"):
        with snapshot(layout, as_of) as connection:
            assert broken_rules(connection) == []
    assert run_cli("--root", layout.root, "check").returncode == 0


def test_csv_is_read_back_as_it_is_by_python(documented: Layout, run_cli: RunCli) -> None:
    done = run_cli("--root", documented.root, "export", "csv", "--as-of", AS_OF)
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert ["Total Runs", "60"] in rows
    assert all(not cell.startswith(("=", "@", "+")) for row in rows for cell in row)
