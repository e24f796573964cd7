"""Comparisons and what drove the cost, on rows that can be checked by hand."""

from collections.abc import Iterator
from decimal import Decimal
from math import sqrt
from typing import Any

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer.config import Layout
from tests.conftest import AS_OF
from tests.helpers import add_usage, broken_rules, index
from tests.test_views import add_run, configure
from web import create_app

SIDES = "('mode', 'a', 'b', null, null, null, null)"


@pytest.fixture
def client(documented: Layout) -> Iterator[FlaskClient]:
    index(documented)
    app = create_app(documented.root, documented.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def figures(connection: duckdb.DuckDBPyConnection, columns: str) -> dict[str, tuple[Any, ...]]:
    query = f"select figure, {columns} from comparison{SIDES}"
    return {row[0]: row[1:] for row in connection.execute(query).fetchall()}


def add_role(
    connection: duckdb.DuckDBPyConnection, run_id: str, cost: float, tokens: int | None
) -> None:
    usage = {"role": "employee", "model": "small", "cost_usd": cost, "total_tokens": tokens}
    add_usage(connection, "role_usage", run_id, **usage)


def test_a_figure_has_its_interval_and_the_runs_behind_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for place in range(40):
        add_run(
            connection,
            f"a{place}",
            mode="a",
            cost_usd=1 + place % 2,
            started_at="2025-01-01 00:00:00",
            finished_at=f"2025-01-01 00:00:{place:02}",
            qa_status="passed" if place < 30 else "failed",
        )
    add_run(connection, "a-unknown", mode="a")
    for place in range(4):
        add_run(connection, f"b{place}", mode="b", cost_usd=9)
    found = figures(connection, "a_value, a_low, a_high, a_known, a_unknown, b_known, verdict")
    assert found["runs"] == (41.0, None, None, 41, 0, 4, None)
    assert found["cost"] == (60.0, None, None, 40, 1, 4, None)
    assert found["tokens"] == (None, None, None, 0, 41, 0, None)
    value, low, high, known, unknown, others, verdict = found["cost_per_run"]
    assert (value, known, unknown, others, verdict) == (1.5, 40, 1, 4, "too_few")
    error = 0.5 / sqrt(40)  # a bootstrap of so plain a sample must agree with theory
    assert low == pytest.approx(1.5 - 1.96 * error, abs=0.03)
    assert high == pytest.approx(1.5 + 1.96 * error, abs=0.03)
    # 20 of 40, give or take 6.2: the 13th and the 28th of 0, 1, 2 … seconds.
    assert found["duration_p50"][:3] == (19.5, 12.0, 27.0)
    assert found["duration_p95"][2] is None
    value, low, high, *_ = found["qa_pass_rate"]
    assert (value, round(low, 4), round(high, 4)) == (0.75, 0.5981, 0.8581)  # Wilson's


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [
        (range(100, 130), "higher"),
        (range(30), "unclear"),
        (range(100, 105), "too_few"),
        ((), "unknown"),
    ],
)
def test_a_difference_is_told_only_where_it_is_more_than_chance(
    connection: duckdb.DuckDBPyConnection, costs: Any, verdict: str
) -> None:
    for place, cost in enumerate(costs):
        add_run(connection, f"a{place}", mode="a", cost_usd=cost)
    for place in range(30):
        add_run(connection, f"b{place}", mode="b", cost_usd=place)
    assert figures(connection, "verdict")["cost_per_run"] == (verdict,)


def test_contributions_are_averaged_over_all_orders(connection: duckdb.DuckDBPyConnection) -> None:
    # B: 2 runs of 10 tokens at 1 each; A: 3 runs of 20 tokens at 2 each.
    for mode, runs, tokens, price in (("b", 2, 10, 1), ("a", 3, 20, 2)):
        for place in range(runs):
            run_id = f"{mode}{place}"
            add_run(connection, run_id, mode=mode, cost_usd=tokens * price)
            add_role(connection, run_id, tokens * price, tokens)
    found = connection.execute(
        "select project_name, model, role, change, more_runs, more_tokens, dearer_tokens,"
        f" dearer_runs, a_runs, b_runs from cost_drivers{SIDES}"
    ).fetchall()
    # One run more: (10*1 + 20*2) / 3 + (10*2 + 20*1) / 6, and likewise for the others.
    wanted = [100, 23.3333333333, 38.3333333333, 38.3333333333, 0]
    assert found[0][:3] == ("p", "small", "employee")
    assert [float(value) for value in found[0][3:8]] == pytest.approx(wanted)
    assert sum(found[0][4:8]) == found[0][3] == Decimal(100)
    assert found[0][8:] == (3, 2)


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        # (cost, tokens) of each run; change, number, tokens, price, cost per run
        ([], [(5, 10)], (5, 5, 0, 0, 0)),
        ([(5, 10)], [], (-5, -5, 0, 0, 0)),
        ([(5, None)], [(7, 10)], (2, 0, 0, 0, 2)),
        ([(4, None)], [(6, None), (6, None)], (8, 5, 0, 0, 3)),
        ([(5, 10), (3, None)], [(5, 20), (4, None)], (1, 0, "3.75", "-3.75", 1)),
        ([(0, 0)], [(6, 10)], (6, 0, 0, 0, 6)),
    ],
)
def test_what_cannot_be_told_apart_is_one(
    connection: duckdb.DuckDBPyConnection, before: Any, after: Any, wanted: Any
) -> None:
    for mode, runs in (("b", before), ("a", after)):
        for place, (cost, tokens) in enumerate(runs):
            add_run(connection, f"{mode}{place}", mode=mode, cost_usd=cost)
            add_role(connection, f"{mode}{place}", cost, tokens)
    found = connection.execute(
        "select change, more_runs, more_tokens, dearer_tokens, dearer_runs"
        f" from driver_totals{SIDES}"
    ).fetchone()
    assert found == tuple(Decimal(value) for value in wanted)


def test_cost_beyond_the_roles_is_a_part_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2025-01-20 12:00:00", timeseries_days=5)
    add_run(connection, "now", started_at="2025-01-18", cost_usd=10)
    add_role(connection, "now", 7, 10)
    add_run(connection, "before", started_at="2025-01-12", cost_usd=1)
    add_run(connection, "unknown", started_at="2025-01-18")
    add_role(connection, "unknown", 50, 10)
    found = connection.execute("select role, change::double from period_drivers").fetchall()
    assert found == [("employee", 7.0), (None, 2.0)]
    assert broken_rules(connection) == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("week", ("2025-11-17", "2025-11-24", "2025-11-10", "2025-11-11 10:30:00")),
        ("month", ("2025-11-01", "2025-12-01", "2025-10-01", "2025-10-18 10:30:00")),
        ("period", ("2025-10-20", "2025-11-19", "2025-09-20", "2025-10-19 10:30:00")),
    ],
)
def test_a_part_is_compared_with_a_part(
    connection: duckdb.DuckDBPyConnection, name: str, wanted: Any
) -> None:
    configure(connection, "2025-11-18 10:30:00")
    query = f"select a_start, a_end, b_start, b_end from comparison_ranges('{name}')"
    found = connection.execute(query).fetchone() or ()
    assert tuple(str(value).removesuffix(" 00:00:00") for value in found) == wanted


def test_last_month_is_never_longer_than_itself(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2025-03-31 10:30:00")
    query = "select b_start::varchar, b_end::varchar from comparison_ranges('month')"
    assert connection.execute(query).fetchone() == ("2025-02-01 00:00:00", "2025-03-01 00:00:00")


@pytest.mark.parametrize(
    ("query", "a", "b"),
    [
        ("", "this period", "the one before"),
        ("by=week", "this week", "last week"),
        ("by=mode", "3loop", "2loop"),
        ("by=mode&a=2loop", "2loop", "3loop"),
        ("by=project&a=none&b=%3Cb%3E", "none", "<b>"),
        ("by=range&with_from=2025-01-01&with_to=2025-02-01", "this period", "the other range"),
    ],
)
def test_the_page_and_the_routes_say_the_same(
    client: FlaskClient, query: str, a: str, b: str
) -> None:
    query = f"{query}&as_of={AS_OF}".lstrip("&")
    compared = client.get(f"/api/analytics/compare?{query}").get_json()
    assert (compared["sides"]["a"]["name"], compared["sides"]["b"]["name"]) == (a, b)
    drivers = client.get(f"/api/analytics/drivers?{query}").get_json()
    page = client.get(f"/analytics/compare?{query}").get_data(as_text=True)
    assert "<b>" not in page
    assert ("unequal length" in page) == ("with_from" in query)
    total = drivers["totals"][0]
    assert f"A cost ${total['a_cost']:,.2f}, B cost ${total['b_cost']:,.2f}" in page
    runs = next(row for row in compared["rows"] if row["figure"] == "runs")
    assert f"{runs['a_value']:,.0f}<small" in page
    assert sum(row["change"] for row in drivers["rows"]) == pytest.approx(total["change"])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("by=%3Cb%3E", "by: found '<b>', allowed: period, week"),
        ("by=range&with_from=soon", "with_from: found 'soon', allowed: a day"),
        ("by=range&with_from=2025-02-01&with_to=2025-01-01", "an end that is before the start"),
        ("by=range&with_from=2025-02-01&with_to=9999-12-31", "allowed: a day before it"),
        (f"by=mode&a={'x' * 1001}", "a: found 1001 characters"),
    ],
)
def test_what_cannot_be_compared_is_named(client: FlaskClient, query: str, told: str) -> None:
    answer = client.get(f"/api/analytics/compare?{query}")
    assert answer.status_code == 400
    assert told in answer.get_json()["message"]
    assert client.get(f"/analytics/compare?{query}").status_code == 400


def test_one_value_alone_is_compared_with_nothing(tmp_path: Any) -> None:
    layout = Layout.of(tmp_path)
    index(layout)
    app = create_app(layout.root, layout.database)
    client = app.test_client()
    assert b"nothing to compare it with" in client.get("/analytics/compare?by=model").data
    assert client.get("/api/analytics/drivers?by=model").get_json()["sides"] is None
    app.extensions["runmeter"].close()


def test_what_drove_it_fails_alone(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise duckdb.OutOfMemoryException("too little memory")

    monkeypatch.setattr("web.compare.contribution_chart", no_memory)
    page = client.get(f"/analytics/compare?as_of={AS_OF}").get_data(as_text=True)
    assert "too little memory" in page
    assert "data-retry" in page
    assert "Cost per run" in page
