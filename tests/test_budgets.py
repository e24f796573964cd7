"""Budgets: what is set, what each period costs, how it is expected to end, and who is told."""

import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import jsonschema_rs
import pytest

from indexer.config import Layout, check_config
from indexer.errors import ConfigError
from scripts import config_schema
from tests.conftest import Dashboard, RunCli
from tests.helpers import add_usages, ask, broken_rules, index, write_config, write_run
from tests.test_views import add_run, add_runs, configure

BUDGET = {"name": "a", "amount": 10}


def set_budgets(connection: duckdb.DuckDBPyConnection, *budgets: dict[str, Any]) -> None:
    connection.execute("delete from budgets")
    for place, budget in enumerate(check_config({"budgets": list(budgets)}, "test").budgets, 1):
        connection.execute(
            "insert into budgets values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [place, *budget.row()],
        )


@pytest.mark.parametrize(
    ("budgets", "words"),
    [
        ("all", 'budgets: found "all" (text), allowed: a list of at most 200 budgets'),
        ([5], "budgets[0]: found 5 (number), allowed: a budget, which is an object"),
        ([{"amount": 1}], "budgets[0].name: found null, allowed: a text of 1 to 200"),
        ([BUDGET | {"amount": -1}], "budgets[0].amount: found -1 (number), allowed: a number from"),
        ([BUDGET | {"amount": True}], "budgets[0].amount: found true (true or false)"),
        ([BUDGET | {"amount": float("nan")}], "budgets[0].amount: found NaN"),
        ([BUDGET | {"period": "dayly"}], 'period: found "dayly" (text), allowed: day, week, month'),
        ([BUDGET | {"limit": 3}], 'budgets[0]: found "limit" (text), allowed: one of name, amount'),
        ([BUDGET, BUDGET | {"name": "A"}], "budgets[1].name: found"),
        ([BUDGET | {"name": "Monthly_Budget"}], "budgets[0].name: found"),
        ([BUDGET | {"name": "a\x1b[2J"}], "budgets[0].name: found"),
        ([BUDGET | {"name": "a\n"}], "budgets[0].name: found"),
        ([BUDGET | {"name": "\ud800"}], "budgets[0].name: found"),
        ([BUDGET | {"scope": "project"}], "budgets[0].match: found null, allowed: the name of a"),
        ([BUDGET | {"match": "x"}], 'budgets[0].match: found "x" (text), allowed: no match'),
        ([BUDGET | {"thresholds": [50, 0]}], "budgets[0].thresholds[1]: found 0 (number)"),
        ([BUDGET | {"timezone": "Mars"}], 'budgets[0].timezone: found "Mars" (text)'),
        ([BUDGET | {"starts_on": "2025-02-30"}], 'budgets[0].starts_on: found "2025-02-30"'),
        (
            [BUDGET | {"starts_on": "2025-02-02", "ends_on": "2025-02-01"}],
            'budgets[0].ends_on: found "2025-02-01" (text), allowed: a day from 2025-02-02 on',
        ),
        ([BUDGET | {"soft_amount": 11}], "budgets[0].soft_amount: found 11.0 (number)"),
        ([BUDGET] * 201, "allowed: a list of at most 200 budgets"),
    ],
)
def test_a_wrong_budget_is_named(budgets: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_config({"budgets": budgets}, "project_config.json")
    assert words in str(caught.value)
    assert str(caught.value).startswith("project_config.json: analytics.budgets")
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("section", "fits"),
    [
        ({}, True),
        ({"monthly_budget": None, "mine": 1}, True),
        ({"budgets": [BUDGET | {"starts_on": "2025-01-01", "week_start": "sunday"}]}, True),
        ({"monthly_budget": -1}, False),
        ({"timeseries_days": 0}, False),
        ({"budgets": [BUDGET | {"period": "dayly"}]}, False),
        ({"budgets": [BUDGET | {"limit": 1}]}, False),
        ({"budgets": [{"name": "a"}]}, False),
        ({"budgets": [BUDGET | {"thresholds": [0]}]}, False),
        ({"on_missing": "drop"}, False),
    ],
)
def test_the_schema_for_editors_says_what_the_check_says(
    section: dict[str, Any], fits: bool
) -> None:
    assert jsonschema_rs.is_valid(json.loads(config_schema.text()), section) is fits
    if fits:
        check_config(section, "here")
    else:
        with pytest.raises(ConfigError):
            check_config(section, "here")


def test_the_file_that_ships_is_the_schema() -> None:
    assert config_schema.TARGET.read_text("utf-8") == config_schema.text()


@pytest.mark.parametrize(
    ("as_of", "budget", "first", "end"),
    [
        ("2025-03-30 21:59:59", {"period": "day", "timezone": "Europe/Berlin"}, "03-30", "03-31"),
        ("2025-03-30 22:00:00", {"period": "day", "timezone": "Europe/Berlin"}, "03-31", "04-01"),
        ("2025-11-02 12:00:00", {"period": "week"}, "10-27", "11-03"),
        ("2025-11-02 12:00:00", {"period": "week", "week_start": "sunday"}, "11-02", "11-09"),
        ("2025-11-01 12:00:00", {"period": "week", "week_start": "sunday"}, "10-26", "11-02"),
        ("2025-02-28 12:00:00", {"period": "month"}, "02-01", "03-01"),
        ("2025-11-01 03:30:00", {"timezone": "America/New_York"}, "10-01", "11-01"),
        ("2025-06-30 23:00:00", {"period": "quarter"}, "04-01", "07-01"),
        ("2025-12-31 23:00:00", {"period": "year"}, "01-01", "2026-01-01"),
        ("2025-05-05 01:00:00", {"period": "total", "starts_on": "2025-02-03"}, "02-03", None),
        ("2025-05-05 01:00:00", {"ends_on": "2025-05-20"}, "05-01", "05-21"),
    ],
)
def test_periods_are_of_the_calendar_and_zone(
    connection: duckdb.DuckDBPyConnection,
    as_of: str,
    budget: dict[str, Any],
    first: str,
    end: str | None,
) -> None:
    configure(connection, as_of)
    set_budgets(connection, BUDGET | budget)
    add_run(connection, "early", started_at="2024-01-01 00:00:00", cost_usd=1)
    found = connection.execute(
        "select period_start::varchar, period_end::varchar from budget_history where is_current"
    ).fetchall()
    full = [day and (day if len(day) > 5 else f"2025-{day}") for day in (first, end)]
    assert found == [tuple(full)]
    assert broken_rules(connection) == []


def test_a_leap_day_belongs_to_its_month(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2024-02-29 23:59:00", timezone="Asia/Kathmandu")
    set_budgets(connection, BUDGET, BUDGET | {"name": "utc", "timezone": "UTC"})
    add_run(connection, "a", started_at="2024-02-29 18:00:00", cost_usd=3)
    add_run(connection, "b", started_at="2024-02-29 18:30:00", cost_usd=4)  # March in Kathmandu
    query = "select name, period_start::varchar, spent::double from budget_states order by place"
    assert connection.execute(query).fetchall() == [
        ("a", "2024-03-01", 4.0),
        ("utc", "2024-02-01", 7.0),
    ]


SCOPES = (
    {"name": "all", "period": "quarter"},
    {"name": "p0", "scope": "project", "match": "p0", "timezone": "America/St_Johns"},
    {"name": "m1", "scope": "model", "match": "m1", "period": "week", "week_start": "saturday"},
    {"name": "r0", "scope": "role", "match": "r0", "period": "day", "starts_on": "2025-02-10"},
    {"name": "2loop", "scope": "mode", "match": "2loop", "period": "total"},
    {"name": "nobody", "scope": "project", "match": "nobody"},
)


def test_every_period_of_every_scope_sums_its_runs(connection: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(4)
    configure(connection, "2025-04-20 10:00:00", timezone="Europe/Berlin")
    set_budgets(connection, *(one | {"amount": 5} for one in SCOPES))
    parts: list[tuple[str, str, datetime, Decimal | None]] = []
    runs: list[dict[str, object]] = []
    usages: list[dict[str, object]] = []
    for place in range(300):
        start = datetime(2025, 1, 1) + timedelta(minutes=chance.randrange(60 * 24 * 120))  # noqa: DTZ001
        project, mode = f"p{place % 3}", chance.choice(["2loop", "3loop"])
        shares = []
        for role, model in (("r0", f"m{chance.randrange(2)}"), ("r1", f"m{chance.randrange(2)}")):
            cost = None if chance.random() < 0.1 else Decimal(chance.randrange(100)) / 100
            shares.append((role, model, cost))
        known = [cost for _, _, cost in shares if cost is not None]
        whole = sum(known, Decimal(0)) if known else None
        run = {"run_id": str(place), "project_name": project, "mode": mode}
        runs.append(run | {"started_at": start, "cost_usd": whole})
        usages += [
            {"run_id": str(place), "role": role, "model": model, "cost_usd": cost}
            for role, model, cost in shares
        ]
        parts += [("project", project, start, whole), ("mode", mode, start, whole)]
        parts += [("global", "", start, whole)]
        parts += [("role", role, start, cost) for role, _, cost in shares]
        for model in {model for _, model, _ in shares}:
            costs = [cost for _, used, cost in shares if used == model]
            known = [cost for cost in costs if cost is not None]
            cost = sum(known, Decimal(0)) if len(known) == len(costs) else None
            parts.append(("model", model, start, cost))
    add_runs(connection, runs)
    add_usages(connection, "role_usage", usages)
    connection.execute(
        "insert into other_model_rows (run_key, model, cost_usd) select run_key, model,"
        " sum_or_unknown(cost_usd) from role_usage_rows group by run_key, model"
    )
    zones = {"p0": "America/St_Johns"}
    history = connection.execute(
        "select h.name, l.scope, coalesce(l.match, ''), h.period_start, h.period_end, h.spent,"
        " l.starts_on from budget_history as h join budget_list as l using (name)"
    ).fetchall()
    assert {row[0] for row in history} == {one["name"] for one in SCOPES}
    end_of_time, now = date(2100, 1, 1), datetime(2025, 4, 20, 10)  # noqa: DTZ001
    for name, scope, match, first, end, spent, starts in history:
        zone = ZoneInfo(zones.get(name, "Europe/Berlin"))
        expected = Decimal(0)
        for kind, value, start, cost in parts:
            day = start.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
            inside = first <= day < (end or end_of_time) and day >= (starts or date.min)
            if (kind, value) == (scope, match) and inside and start <= now:
                expected += cost or 0
        assert spent == expected, (name, first)
    assert broken_rules(connection) == []


def test_the_forecast_knows_weekdays(connection: duckdb.DuckDBPyConnection) -> None:
    """Without any chance in the days the forecast is exact, and so is its interval."""
    configure(connection, "2025-05-15 00:00:01")
    set_budgets(connection, BUDGET | {"amount": 100})
    for back in range(1, 60):
        day = date(2025, 5, 15) - timedelta(days=back)
        cost = 1 if day.isoweekday() >= 6 else 5
        add_run(connection, str(day), started_at=f"{day} 12:00:00", cost_usd=cost)
    found = connection.execute(
        "select spent::double, projected, projected_low, projected_high, forecast_method,"
        " exhausted_on::varchar, days_left, is_expected_over from budget_states"
    ).fetchall()
    # 10 weekdays and 4 days of weekends are gone, 12 and 5 are left.
    assert found == [(54.0, 119.0, 119.0, 119.0, "weekday", "2025-05-27", 17, True)]


def test_a_short_history_takes_the_mean_and_none_says_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    configure(connection, "2025-05-05 12:00:00")
    set_budgets(connection, BUDGET | {"amount": 100}, BUDGET | {"name": "t", "period": "total"})
    query = "select spent::double, projected, forecast_method, exhausted_on from budget_states"
    assert connection.execute(query).fetchall() == [(0.0, None, None, None)] * 2
    add_run(connection, "a", started_at="2025-05-03 12:00:00", cost_usd=2)
    add_run(connection, "b", started_at="2025-05-04 12:00:00", cost_usd=4)
    add_run(connection, "c", started_at="2025-05-05 08:00:00", cost_usd=7)
    found = connection.execute(query).fetchall()
    # 13 are spent, today more than the mean of 3 already; 26 days are to come.
    assert found[0] == (13.0, 13.0 + 26 * 3, "mean", None)
    assert found[1] == (13.0, None, "mean", date(2025, 5, 5))  # no end, and used up today


def test_a_budget_that_is_over_ends_the_check(tmp_path: Path, run_cli: RunCli) -> None:
    budgets = [
        {"name": "small", "amount": 1, "period": "year"},
        {"name": "large", "amount": 100, "period": "year"},
        {"name": "later", "amount": 1, "starts_on": "2030-01-01"},
    ]
    write_config(tmp_path, json.dumps({"analytics": {"budgets": budgets}}))
    document = {"run_id": "a", "started_at": "2025-02-03T10:00:00Z", "total_cost_usd": 2}
    write_run(tmp_path, "a", document | {"cost_summary": {"total_cost_usd": 2, "by_role": {}}})
    command = ("--root", tmp_path, "budget", "--as-of", "2025-03-01T00:00:00Z")
    done = run_cli(*command, "--json")
    found = {row["name"]: (row["state"], row["spent"]) for row in json.loads(done.stdout)}
    assert found == {
        "small": ("current", 2.0),
        "large": ("current", 2.0),
        "later": ("not started", None),
    }
    done = run_cli(*command, "--check")
    assert (done.returncode, done.stderr) == (1, "Error: over: small\n")
    assert done.stdout.splitlines()[0].startswith("name,scope,match,period,state")
    assert run_cli("--root", tmp_path, "budget", "--check", "--as-of", "2024-01-01").returncode == 0
    assert run_cli(*command, "--forecast").returncode == 2


def test_a_changed_list_replaces_the_old_one(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    for names in (["a", "b"], ["b"], []):
        budgets = [{"name": name, "amount": 1} for name in names]
        write_config(tmp_path, json.dumps({"analytics": {"budgets": budgets}}))
        index(layout)
        assert ask(layout, "select name from budgets order by place") == [(name,) for name in names]


def test_the_page_shows_every_budget_as_text(tmp_path: Path, dashboard: Dashboard) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "a", {"run_id": "a", "started_at": "2025-02-03T10:00:00Z"})
    index(layout)
    client = dashboard(tmp_path)
    assert "No budget is set" in client.get("/budgets").text
    hostile = '<script>alert("x")</script>'
    budgets = [
        {"name": hostile, "amount": 0, "scope": "project", "match": hostile},
        {"name": "z" * 200, "amount": 5, "period": "total"},
    ]
    write_config(tmp_path, json.dumps({"analytics": {"monthly_budget": 3, "budgets": budgets}}))
    index(layout)
    page = client.get("/budgets?as_of=2025-02-04").text
    assert hostile not in page
    assert page.count('<section class="panel" id="budget-') == 3
    answer: Any = client.get("/api/analytics/budgets?as_of=2025-02-04").json
    rows = answer["rows"]
    assert [row["name"] for row in rows] == ["monthly_budget", hostile, "z" * 200]
    assert rows[0]["cost_unknown_runs"] == 1
