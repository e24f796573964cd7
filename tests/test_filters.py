"""Filters: parsed, shown again as the same text, and meant as the README says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import UsageError
from indexer.filters import RANGES, WEEKDAYS, Filters
from indexer.store import Store
from tests.helpers import add_usage
from tests.test_views import add_run

NOON = datetime(2025, 11, 18, 12, tzinfo=UTC).replace(tzinfo=None)
TEXT = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))
LISTS = st.lists(TEXT, max_size=3, unique=True)
DAYS = st.dates()
TIMES = st.datetimes()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    store = Store()
    yield store.connection
    store.close()


def parsed(**given: str | list[str]) -> Filters:
    return Filters.parse(
        {name.rstrip("_"): [v] if isinstance(v, str) else v for name, v in given.items()}
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "from": st.one_of(DAYS, TIMES).map(lambda v: [v.isoformat()]),
            "to": st.one_of(DAYS, TIMES).map(lambda v: [v.isoformat()]),
            "project": LISTS,
            "model": LISTS,
            "role": LISTS,
            "mode": LISTS,
            "qa": LISTS,
            "status": LISTS,
            "q": TEXT.map(lambda v: [v]),
            "grain": st.sampled_from(["day", "week", "month"]).map(lambda v: [v]),
            "week_start": st.sampled_from(WEEKDAYS).map(lambda v: [v]),
            "tz": st.sampled_from(["UTC", "Asia/Kathmandu"]).map(lambda v: [v]),
            "as_of": TIMES.map(lambda v: [v.isoformat()]),
        },
    )
)
def test_what_is_shown_parses_to_the_same(query: dict[str, list[str]]) -> None:
    filters = Filters.parse(query)
    again: dict[str, list[str]] = {}
    for name, value in filters.pairs():
        again.setdefault(name, []).append(value)
    assert Filters.parse(again) == filters


def test_nothing_asked_for_is_nothing_shown() -> None:
    assert Filters.parse({"project": ["", " "], "range": ["all"], "from": [""]}) == Filters()
    assert Filters().query() == ""
    assert not Filters(as_of=NOON, grain="week").narrows


def test_a_filter_is_lifted_alone() -> None:
    filters = parsed(project=["a", "b"], range_="7d", q="x")
    assert filters.without("project", "a").query() == "?range=7d&project=b&q=x"
    assert filters.without("project").query() == "?range=7d&q=x"
    assert filters.without("range").without("q").query() == "?project=a&project=b"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("range", "yesterweek", "range: found 'yesterweek', allowed: today, 7d"),
        ("range", "9999d", "or 1d to 3660d"),
        ("from", "soon", "from: found 'soon', allowed: an ISO 8601 time"),
        ("to", "2025-13-01", "to: found '2025-13-01'"),
        ("grain", "hour", "grain: found 'hour', allowed: day, week, month"),
        ("week_start", "noday", "week_start: found 'noday', allowed: monday, tuesday"),
        ("tz", "Mars/Olympus", "tz: found 'Mars/Olympus', allowed: a time zone name"),
        ("as_of", "", None),
        ("q", "x" * 1001, "q: found 1001 characters, allowed: at most 1000"),
        ("project", ["p"] * 201, "project: found 201 values, allowed: at most 200"),
        ("tz", ["UTC", "Asia/Tokyo"], "tz: found 2 values, allowed: one"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, value: Any, told: str | None) -> None:
    query = {name: value if isinstance(value, list) else [value]}
    if told is None:
        assert Filters.parse(query) == Filters()
        return
    with pytest.raises(UsageError) as caught:
        Filters.parse(query)
    assert told in str(caught.value)


def test_an_unknown_name_is_refused_where_names_are_known() -> None:
    query = {"projekt": ["alpha"], "sort": ["cost"]}
    assert Filters.parse(query) == Filters()
    with pytest.raises(UsageError, match="query: found 'projekt', allowed: range, from"):
        Filters.parse(query, known=("sort",))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2025-11-18", "2025-11-18"),
        ("7d", "2025-11-12", "2025-11-18"),
        ("30d", "2025-10-20", "2025-11-18"),
        ("mtd", "2025-11-01", "2025-11-18"),
        ("last-month", "2025-10-01", "2025-10-31"),
        ("quarter", "2025-10-01", "2025-11-18"),
        ("365d", "2024-11-19", "2025-11-18"),
    ],
)
def test_relative_ranges(
    connection: duckdb.DuckDBPyConnection, name: str, first: str, last: str
) -> None:
    Filters(range=name, as_of=NOON).apply(connection)
    found = connection.execute(
        "select series_first_day::varchar, series_last_day::varchar, has_range from clock"
    ).fetchone()
    assert found == (first, last, True)


def test_every_preset_has_a_meaning(connection: duckdb.DuckDBPyConnection) -> None:
    for name in RANGES:
        found = connection.execute(f"from named_range('{name}')").fetchone()
        assert found is not None
        assert None not in found


@pytest.mark.parametrize(
    ("zone", "started", "inside"),
    [
        (None, "2025-10-31 23:59:59", True),
        (None, "2025-11-01 00:00:00", False),
        ("Asia/Tokyo", "2025-10-31 14:59:59", True),
        ("Asia/Tokyo", "2025-10-31 15:00:00", False),
        ("Asia/Tokyo", "2025-09-30 15:00:00", True),
        ("Asia/Tokyo", "2025-09-30 14:59:59", False),
    ],
)
def test_a_range_of_days_is_cut_in_the_zone_and_holds_its_last_day(
    connection: duckdb.DuckDBPyConnection, zone: str | None, started: str, inside: bool
) -> None:
    add_run(connection, "a", started_at=started)
    add_run(connection, "undated")
    filters = Filters(start=date(2025, 10, 1), end=date(2025, 10, 31), timezone=zone, as_of=NOON)
    filters.apply(connection)
    found = connection.execute("select total_runs from overall_summary").fetchone()
    assert found == (int(inside),)
    assert connection.execute("select count(*) from timeseries_daily").fetchone() == (31,)


def test_times_cut_exactly(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "a", started_at="2025-10-01 12:00:00")
    add_run(connection, "b", started_at="2025-10-01 13:00:00")
    parsed(from_="2025-10-01T14:00:00+02:00", to="2025-10-01T13:00:00Z").apply(connection)
    assert connection.execute("select run_id from run_facts").fetchall() == [("a",)]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"from": ["2025-10-02"], "to": ["2025-10-01"]}, "an end that is not after the start"),
        ({"from": ["2000-01-01"], "to": ["2025-10-01"], "grain": ["day"]}, "at most 3660"),
    ],
)
def test_bounds_that_do_not_fit_together(
    connection: duckdb.DuckDBPyConnection, query: dict[str, list[str]], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        Filters.parse(query).apply(connection)


def test_a_long_range_goes_by_month(connection: duckdb.DuckDBPyConnection) -> None:
    parsed(from_="2000-01-01", to="2025-10-01").apply(connection)
    assert connection.execute("select grain from clock").fetchone() == ("month",)
    assert connection.execute("select count(*) from timeseries_daily").fetchone() == (310,)


PARTS = (
    # run, role, model, cost, tokens
    ("a", "manager", "big", 6, 60),
    ("a", "employee", "small", 1, 10),
    ("a", "reviewer", "small", 2, None),
    ("b", "manager", "small", 5, 50),
)


@pytest.fixture
def parts(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    for run_id, cost, tokens in (("a", 9, None), ("b", 5, 50)):
        add_run(connection, run_id, cost_usd=cost, total_tokens=tokens, mode="2loop")
    for run_id, role, model, cost, tokens in PARTS:
        usage = {"model": model, "cost_usd": cost, "total_tokens": tokens}
        add_usage(connection, "role_usage", run_id, role=role, **usage)
    for run_id, model, cost, tokens in (
        ("a", "big", 6, 60),
        ("a", "small", 3, None),
        ("b", "small", 5, 50),
    ):
        usage = {"model": model, "cost_usd": cost, "total_tokens": tokens}
        add_usage(connection, "model_usage", run_id, **usage)
    return connection


@pytest.mark.parametrize(
    ("filters", "runs", "cost", "tokens", "unknown"),
    [
        (Filters(), 2, 14, 50, 1),
        (Filters(models=("big",)), 1, 6, 60, 0),
        (Filters(models=("small",)), 2, 8, 50, 1),
        (Filters(models=("small", "big")), 2, 14, 50, 1),
        (Filters(roles=("manager",)), 2, 11, 110, 0),
        (Filters(roles=("employee",)), 1, 1, 10, 0),
        (Filters(roles=("manager",), models=("small",)), 1, 5, 50, 0),
        (Filters(roles=("employee", "reviewer")), 1, 3, 0, 1),
        (Filters(models=("none",)), 0, 0, 0, 0),
        (Filters(models=("big",), modes=("3loop",)), 0, 0, 0, 0),
    ],
)
def test_a_model_or_role_filter_keeps_its_part_of_each_run(
    parts: duckdb.DuckDBPyConnection,
    filters: Filters,
    runs: int,
    cost: float,
    tokens: int,
    unknown: int,
) -> None:
    filters.apply(parts)
    assert parts.execute(
        "select total_runs, total_cost::double, total_tokens, tokens_unknown_runs"
        " from overall_summary"
    ).fetchone() == (runs, cost, tokens, unknown)
    if runs:
        assert parts.execute("select sum(total_cost)::double from model_summary").fetchone() == (
            cost,
        )


def test_missing_values_can_be_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "a")
    add_run(connection, "b", mode="2loop", qa_status="passed", final_status="success")
    for filters in (
        Filters(modes=("unknown",)),
        Filters(qa=("not_run",)),
        Filters(statuses=("unknown",)),
    ):
        cursor = connection.cursor()
        filters.apply(cursor)
        assert cursor.execute("select run_id from run_facts").fetchall() == [("a",)]
        cursor.close()


def test_text_is_searched_in_any_case_and_never_as_a_pattern(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_run(connection, "a", task="Größe 100% fix_it")
    add_run(connection, "b", task="GRÖSSE 1000 fixXit")
    add_run(connection, "c")
    for text, found in (("größe", ["a"]), ("100%", ["a"]), ("fix_it", ["a"]), ("fix", ["a", "b"])):
        cursor = connection.cursor()
        Filters(search=text).apply(cursor)
        rows = cursor.execute("select run_id from run_facts order by 1").fetchall()
        assert [row[0] for row in rows] == found, text
        cursor.close()


def test_jobs_follow_their_own_fields_and_their_run(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "r", qa_status="passed")
    connection.execute(
        "insert into jobs (job_id, status, project_name, mode, run_id, created_at) values"
        " ('a', 'completed', 'p', '2loop', 'r', '2025-01-01'),"
        " ('b', 'failed', null, '3loop', null, '2025-01-03')"
    )
    for filters, found in (
        (Filters(projects=("unknown",)), ["b"]),
        (Filters(modes=("2loop",)), ["a"]),
        (Filters(qa=("passed",)), ["a"]),
        (Filters(qa=("failed",)), []),
        (Filters(start=date(2025, 1, 2)), ["b"]),
    ):
        cursor = connection.cursor()
        filters.apply(cursor)
        rows = cursor.execute("select job_id from job_facts order by 1").fetchall()
        assert [row[0] for row in rows] == found
        cursor.close()


def test_the_budget_is_that_of_everything(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "a", started_at="2025-11-02", cost_usd=3)
    connection.execute("update settings set monthly_budget = 10")
    Filters(projects=("other",), range="today", as_of=NOON).apply(connection)
    assert connection.execute("select spent::double from budget_status").fetchone() == (3.0,)


@pytest.mark.parametrize(
    ("filters", "first", "end"),
    [
        # Half of the last day has passed, so half of the day before the range is left out.
        (Filters(range="7d", as_of=NOON), "2025-11-05 00:00:00", "2025-11-11 12:00:00"),
        (Filters(range="last-month", as_of=NOON), "2025-08-31 00:00:00", "2025-10-01 00:00:00"),
        (Filters(as_of=NOON), "2025-09-20 00:00:00", "2025-10-19 12:00:00"),
    ],
)
def test_the_previous_period_is_as_long_and_right_before(
    connection: duckdb.DuckDBPyConnection, filters: Filters, first: str, end: str
) -> None:
    filters.apply(connection)
    found = connection.execute(
        "select previous_start::varchar, previous_end::varchar from clock"
    ).fetchone()
    assert found == (first, end)
