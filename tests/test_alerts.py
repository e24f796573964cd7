"""Alerts: what is out of the ordinary is told with its reason, and the ordinary is not."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from indexer.config import Layout
from scripts.alarms import FAULTS, FIRST, Fault, Year, asked, detected, false_alarms
from tests.conftest import Dashboard, RunCli
from tests.helpers import index, write_config, write_run
from tests.test_budgets import BUDGET, set_budgets
from tests.test_views import add_run, configure

DAYS = 100


@pytest.fixture(scope="module")
def year() -> Iterator[Year]:
    """A hundred days without a fault."""
    found = Year(3, DAYS)
    yield found
    found.store.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule}: {fault.words}")
def test_a_planted_fault_is_found(year: Year, fault: Fault) -> None:
    found, planted = detected(year, fault, 8, random.Random(2))
    assert found >= planted - 2


def test_the_ordinary_is_not_told(year: Year) -> None:
    assert false_alarms(year).total() <= 3  # in a month


def test_sensitivity_and_quiet_days_reach_the_rules(year: Year) -> None:
    connection = year.connection
    limits = {}
    day = FIRST + timedelta(days=DAYS - 3)
    connection.execute("begin")
    connection.execute(
        "update runs set cost_usd = 100000 where run_id in (select min(run_id) from runs"
        " where project_name = 'shop' and started_at::date = ?)",
        [day],
    )
    for sensitivity in ("low", "normal", "high"):
        connection.execute("update alert_settings set sensitivity = ?", [sensitivity])
        assert ("cost_spike", "project", "shop", str(day)) in asked(connection, day)
        (limits[sensitivity],) = connection.execute(
            "select upper_limit from cost_spikes where scope = 'project'"
        ).fetchone() or (None,)
    assert limits["low"] > limits["normal"] > limits["high"]
    connection.execute("update alert_settings set quiet_days = 56")
    early = FIRST + timedelta(days=40)
    assert list(asked(connection, early)) == []
    connection.execute("rollback")


def test_a_rule_that_is_off_is_silent(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2025-05-18 12:00:00")
    set_budgets(connection, BUDGET | {"scope": "project", "match": "other"})
    add_run(connection, "a", started_at="2025-05-03 12:00:00", cost_usd=2)
    query = "select rule, subject, explanation from current_alerts"
    (found,) = connection.execute(query).fetchall()
    assert found[0] == "unbudgeted_spend"
    assert "$2.00 in 1 run since 2025-05-01" in found[2]
    connection.execute("update alert_settings set off = ['unbudgeted_spend']")
    assert connection.execute(query).fetchall() == []


def test_a_budget_is_told_from_its_first_threshold_on(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    configure(connection, "2025-05-18 12:00:00")
    set_budgets(
        connection,
        {"name": "low", "amount": 1000},
        {"name": "half", "amount": 10, "period": "total"},
        {"name": "soft", "amount": 100, "soft_amount": 4, "period": "total"},
        {"name": "over", "amount": 4, "period": "total"},
        {"name": "unknown", "amount": 4, "scope": "mode", "match": "x", "period": "total"},
    )
    add_run(connection, "a", started_at="2025-05-03 12:00:00", cost_usd=6)
    add_run(connection, "b", started_at="2025-05-03 12:00:00", cost_usd=None, mode="x")
    found = connection.execute(
        "select state, subject, explanation from current_alerts where rule = 'budget'"
    ).fetchall()
    assert {(state, subject) for state, subject, _ in found} == {
        ("ALERT", "over"),
        ("WARNING", "half"),
        ("WARNING", "soft"),
        ("NO_DATA", "unknown"),
    }
    texts = {subject: text for _, subject, text in found}
    assert "$6.00 of $10.00 spent" in texts["half"]
    assert "60% (past 50%), without 1 run of unknown cost" in texts["half"]
    assert "more than the soft amount of $4.00" in texts["soft"]
    assert found[0][1] == "over"


def test_a_forecast_is_told_before_the_amount_is_spent(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    configure(connection, "2025-05-10 12:00:00")
    set_budgets(connection, {"name": "a", "amount": 20, "thresholds": [100]})
    for day in range(1, 10):
        add_run(connection, str(day), started_at=f"2025-05-{day:02} 09:00:00", cost_usd=1)
    found = connection.execute("select rule, state, explanation from current_alerts").fetchall()
    assert [row[:2] for row in found] == [("forecast", "WARNING")]
    assert "a is expected to end at $" in found[0][2]
    connection.execute("set variable as_of = timestamp '2025-06-20'")
    assert connection.execute("from current_alerts").fetchall() == []


def test_names_of_a_file_stay_text_everywhere(
    tmp_path: Path, run_cli: RunCli, dashboard: Dashboard
) -> None:
    hostile = "<img src=x onerror=alert(1)>{}%s"
    for place in range(3):
        document = {"run_id": f"r{place}", "started_at": "2025-02-03T10:00:00Z"}
        costs = {"total_cost_usd": 2, "by_role": {}}
        write_run(tmp_path, f"r{place}", document | {"project_dir": hostile, "cost_summary": costs})
    budgets = [{"name": "b", "amount": 5, "scope": "project", "match": "else"}]
    write_config(tmp_path, json.dumps({"analytics": {"budgets": budgets}}))
    layout = Layout.of(tmp_path)
    index(layout)
    client = dashboard(tmp_path)
    page = client.get("/alerts?as_of=2025-02-04").text
    assert "which no budget covers" in page
    assert "<img" not in page
    answer = client.get("/api/analytics/alerts?as_of=2025-02-04").json
    assert answer is not None
    assert [row["rule"] for row in answer["rows"]] == ["unbudgeted_spend"]
    assert "Nothing to tell" in client.get("/alerts?as_of=2024-02-04").text
    command = ("--root", tmp_path, "alerts", "--as-of", "2025-02-04T00:00:00Z")
    done = run_cli(*command, "--check")
    assert (done.returncode, done.stderr) == (1, "Error: 1 to be known of\n")
    assert done.stdout.startswith("rule,state,scope,subject,day,")
    found = json.loads(run_cli(*command, "--json").stdout)
    assert [row["rule"] for row in found] == ["unbudgeted_spend"]
    nothing = run_cli("--root", tmp_path, "alerts", "--check", "--as-of", "2024-02-04")
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_a_short_history_says_nothing() -> None:
    found = Year(5, 20)
    assert list(asked(found.connection, FIRST + timedelta(days=12))) == []
    found.store.close()
