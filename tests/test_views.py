"""Views on a few rows that can be checked by hand, and every rule shown to catch its fault."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from indexer import figures, sqlfiles
from tests.helpers import add_usage, broken_rules, insert


def add_run(connection: duckdb.DuckDBPyConnection, run_id: str, **values: object) -> None:
    add_runs(connection, [{"run_id": run_id, **values}])


def add_runs(connection: duckdb.DuckDBPyConnection, runs: list[dict[str, object]]) -> None:
    """Runs that say the same things, at once: one statement takes as long for hundreds."""
    rows = [
        {
            "other_path": run["run_id"],
            "project_name": "p",
            "tokens_redacted": False,
            "indexed_at": datetime(2025, 1, 1),  # noqa: DTZ001 - the column is UTC without a zone
            **run,
        }
        for run in runs
    ]
    insert(connection, f"runs ({', '.join(rows[0])})", [list(row.values()) for row in rows])
    connection.execute(
        "insert into sources select 'run', 'indexed', run_id, 0, 0, 0, 0, '', false, 0, null, 0,"
        " null, run_id from runs where run_id in (select unnest(?))",
        [[run["run_id"] for run in runs]],
    )


def configure(connection: duckdb.DuckDBPyConnection, as_of: str, **values: object) -> None:
    connection.execute(f"set variable as_of = timestamp '{as_of}'")
    for name, value in values.items():
        connection.execute(f"update settings set {name} = ?", [value])


@pytest.mark.parametrize(
    ("zone", "started", "day"),
    [
        ("UTC", "2025-03-30 23:59:59", "2025-03-30"),
        ("Asia/Kathmandu", "2025-03-30 18:14:59", "2025-03-30"),  # UTC+05:45
        ("Asia/Kathmandu", "2025-03-30 18:15:00", "2025-03-31"),
        ("Europe/Berlin", "2025-03-29 23:00:00", "2025-03-30"),  # the day that has 23 hours
        ("Europe/Berlin", "2025-03-30 21:59:59", "2025-03-30"),
        ("Europe/Berlin", "2025-03-30 22:00:00", "2025-03-31"),
        ("America/St_Johns", "2025-03-31 02:29:59", "2025-03-30"),  # UTC-02:30
    ],
)
def test_days_are_cut_in_the_configured_zone(
    connection: duckdb.DuckDBPyConnection, zone: str, started: str, day: str
) -> None:
    configure(connection, "2025-04-02 12:00:00", timezone=zone, timeseries_days=5)
    add_run(connection, "a", started_at=started, cost_usd=2, total_tokens=3, qa_status="passed")
    found = connection.execute(
        "select date::varchar, runs, cost::double, tokens, qa_passed from timeseries_daily"
        " where runs > 0"
    ).fetchall()
    assert found == [(day, 1, 2.0, 3, 1)]
    assert connection.execute("select count(*) from timeseries_daily").fetchone() == (5,)
    assert broken_rules(connection) == []


def test_the_month_ends_where_the_zone_says(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2024-02-29 12:00:00", timezone="America/New_York", monthly_budget=10)
    add_run(connection, "before", started_at="2024-02-01 04:59:59", cost_usd=1)
    add_run(connection, "first", started_at="2024-02-01 05:00:00", cost_usd=2)
    found = connection.execute(
        "select spent::double, period_start, period_end from budget_status"
    ).fetchone()
    assert found is not None
    assert (found[0], str(found[1]), str(found[2])) == (
        2.0,
        "2024-02-01 05:00:00",
        "2024-03-01 05:00:00",
    )


def test_as_of_leaves_out_what_began_later(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "early", started_at="2025-01-01 00:00:00", cost_usd=1)
    add_run(connection, "late", started_at="2025-01-03 00:00:00", cost_usd=2)
    add_run(connection, "undated", cost_usd=4)
    query = "select total_runs, total_cost::double, undated_runs from overall_summary"
    assert connection.execute(query).fetchone() == (3, 7.0, 1)
    configure(connection, "2025-01-02 00:00:00")
    assert connection.execute(query).fetchone() == (2, 5.0, 1)
    assert connection.execute("select sum(runs) from timeseries_daily").fetchone() == (1,)
    assert broken_rules(connection) == []


@pytest.mark.parametrize(
    ("budget", "spent", "level"),
    [
        (100, 69.99, "green"),
        (100, 70, "yellow"),
        (100, 89.99, "yellow"),
        (100, 90, "red"),
        (100, 250, "red"),
        (0, 0, "green"),
        (0, 1, "red"),
        (None, 1, None),
    ],
)
def test_budget_levels(
    connection: duckdb.DuckDBPyConnection, budget: float | None, spent: float, level: str | None
) -> None:
    configure(connection, "2025-01-15 00:00:00", monthly_budget=budget)
    add_run(connection, "a", started_at="2025-01-02 00:00:00", cost_usd=spent)
    assert connection.execute("select level from budget_status").fetchone() == (level,)


def test_unknown_is_counted_and_not_zero(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "known", cost_usd=3, total_tokens=5)
    add_run(connection, "unknown", tokens_redacted=True)
    assert connection.execute(
        "select total_cost::double, cost_unknown_runs, total_tokens, tokens_unknown_runs,"
        " tokens_redacted_runs, untimed_runs from overall_summary"
    ).fetchone() == (3.0, 1, 5, 1, 1, 2)


def test_durations_need_both_times_in_order(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "a", started_at="2025-01-01 00:00:00", finished_at="2025-01-01 00:00:10")
    add_run(connection, "b", started_at="2025-01-01 00:00:00", finished_at="2024-12-31 00:00:00")
    add_run(connection, "c", started_at="2025-01-01 00:00:00")
    found = connection.execute("select avg_duration_seconds from overall_summary").fetchone()
    assert found == (10.0,)


def test_means_do_not_follow_the_order_of_rows(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2025-06-15 12:00:00")
    connection.execute(
        "insert into runs by name select 'r' || i as run_id, 'p' as project_name,"
        " 'f' as other_path, timestamp '2025-06-15 11:00:00' as started_at,"
        " started_at + to_microseconds(i * 7777777) as finished_at, i * 0.7 as cost_usd,"
        " i * 1001 as total_tokens, false as tokens_redacted, started_at as indexed_at"
        " from range(900) r(i) order by hash(i)"
    )
    questions = [
        "select avg_duration_seconds from overall_summary",
        "select avg_duration_seconds from project_summary",
        "select avg_duration_seconds from report_total('projects')",
        "select avg_duration_seconds from timeseries_daily order by date desc limit 1",
        "select value from period_change where figure = 'duration'",
        "select value, low, high from side_summary('project', 'p', null, null) order by figure",
    ]
    found = [connection.execute(question).fetchall() for question in questions]
    assert found[0] == found[1] == found[2] == found[3] == found[4] == [(3496.1107615,)]
    connection.execute(
        "create table others as select * exclude (source_path) from runs order by hash(run_id)"
    )
    connection.execute("delete from runs")
    connection.execute("insert into runs by name from others")
    assert [connection.execute(question).fetchall() for question in questions] == found


def test_changes_are_against_the_same_part_of_the_period_before(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    configure(connection, "2025-01-20 12:00:00", timeseries_days=5)  # 16 to 20, half of it
    for run_id, started, cost in (
        ("now", "2025-01-16 01:00:00", 3),
        ("before", "2025-01-11 00:00:00", 2),
        ("later that day", "2025-01-15 12:00:00", 100),
        ("long ago", "2025-01-10 23:59:59", 100),
    ):
        add_run(connection, run_id, started_at=started, cost_usd=cost)
    add_run(connection, "unknown", started_at="2025-01-17 00:00:00", qa_status="passed")
    found = connection.execute(
        "select figure, value, previous, difference, ratio, known, unknown, is_partial"
        " from period_change"
    ).fetchall()
    assert found == [
        ("runs", 2.0, 1.0, 1.0, 1.0, 2, 0, True),
        ("tokens", None, None, None, None, 0, 2, True),
        ("cost", 3.0, 2.0, 1.0, 0.5, 1, 1, True),
        ("duration", None, None, None, None, 0, 2, True),
        ("qa_pass_rate", 1.0, None, None, None, 1, 1, True),
        ("jobs", 0.0, 0.0, 0.0, None, 0, 0, True),
    ]


def test_tokens_are_split_only_where_both_parts_are_known_and_fit(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    configure(connection, "2025-01-20 12:00:00", timeseries_days=1)
    for run_id, parts, total in (
        ("split", (6, 4), 10),
        ("rest", (6, 4), 15),
        ("too much", (60, 40), 10),
        ("half", (6, None), 10),
        ("unknown", (6, None), None),
    ):
        values = {"input_tokens": parts[0], "output_tokens": parts[1], "total_tokens": total}
        add_run(connection, run_id, started_at="2025-01-20 01:00:00", **values)
    assert connection.execute("from token_trend").fetchall() == [
        (date(2025, 1, 20), 12, 8, 25, 1, 5)
    ]
    assert broken_rules(connection) == []


def test_small_models_are_one_part(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "a", started_at="2025-01-20 01:00:00", cost_usd=50)
    configure(connection, "2025-01-20 12:00:00", timeseries_days=1)
    for place in range(9):
        add_usage(connection, "model_usage", "a", model=f"m{place}", cost_usd=9 - place)
    found = connection.execute(
        "select place, kind, model_name, models, cost::double, uses from model_shares"
    ).fetchall()
    assert found[:2] == [(1, "model", "m0", 1, 9.0, 1), (2, "model", "m1", 1, 8.0, 1)]
    assert found[7:] == [(8, "rest", None, 2, 3.0, 2), (9, "unattributed", None, 0, 5.0, None)]
    series = connection.execute("select place, cost::double from model_series").fetchall()
    assert series == [(row[0], row[4]) for row in found]
    assert broken_rules(connection) == []


def test_the_calendar_shades_days_by_quarters(connection: duckdb.DuckDBPyConnection) -> None:
    configure(connection, "2025-01-20 12:00:00")
    for day, cost in ((10, 1), (11, 2), (12, 3), (13, 4), (14, 4), (15, None)):
        add_run(connection, str(day), started_at=f"2025-01-{day} 01:00:00", cost_usd=cost)
    found = connection.execute(
        "select day(date), level, weekday, cost::double from spend_calendar"
        " where date >= date '2025-01-09' and date <= date '2025-01-15'"
    ).fetchall()
    levels = [(9, 0, 4, 0.0), (10, 1, 5, 1.0), (11, 2, 6, 2.0), (12, 3, 7, 3.0)]
    assert found == [*levels, (13, 4, 1, 4.0), (14, 4, 2, 4.0), (15, None, 3, None)]
    ends = connection.execute("select count(*), max(week) from spend_calendar").fetchone()
    assert ends == (365, 52)


FAULTS = {
    "alerts_have_their_events": "insert into alert_events values ('e', 'a', 1, 'opened', 'OK', 0,"
    " '', timestamp '2025-01-01', true)",
    "budget_spend_equals_runs": "update settings set monthly_budget = 1;"
    " create or replace view budget_days as"
    " select 'monthly_budget' as name, date '2025-01-01' as day, 7 as spent,"
    " 0 as runs, 0 as cost_unknown_runs",
    "calendar_equals_days": "create or replace view spend_calendar as"
    " select date, 7 as runs, 0 as cost from timeseries_daily",
    "calls_equal_runs": "update runs set calls = 7; update sources set kind = 'transcripts'",
    "coverage_equals_overview": "create or replace view coverage as select 7 as counted_runs,"
    " 0 as cost_unknown_runs, 0 as tokens_unknown_runs, 0 as unreadable_files",
    "children_have_their_run": "insert into role_usage_rows (run_key, role, model)"
    " values (0, 'r', 'm')",
    "day_sums_equal_total": "create or replace view timeseries_daily as"
    " select 5 as runs, 0 as cost, 0 as tokens",
    "deliveries_have_one_end": "insert into deliveries values"
    " ('m', 'c', 0, null, null, null, null)",
    "drivers_equal_change": "create or replace view period_drivers as"
    " select 'p' as project_name, 3 as change, 1 as more_runs, 1 as more_tokens,"
    " 1 as dearer_tokens, 1 as dearer_runs, 3 as a_cost, 0 as b_cost",
    "every_run_has_a_source": "delete from sources",
    "every_source_has_its_run": "delete from runs",
    "keys_are_unique": "insert into runs by name select * exclude (source_path) from runs",
    "job_counts_equal_jobs": "create or replace view job_summary as select 7 as total_jobs,"
    " 0 as jobs_completed, 0 as jobs_failed, 0 as jobs_left",
    "last_event_is_job_status": "insert into jobs (job_id, status) values ('j', 'running')",
    "model_sums_equal_total": "create or replace view model_summary as select 7 as total_cost",
    "month_cost_equals_runs": "create or replace view budget_status as select 7 as spent",
    "no_run_counts_twice": "update runs set project_name = 'p', mode = 'm';"
    " insert into runs by name select * exclude (source_path)"
    " replace ('b' as run_id, 'file#b' as other_path, 0 as run_key) from runs;"
    " insert into sources by name select * exclude (path) replace ('b' as run_id,"
    " 'file#b' as other_path, 'record' as kind, 'file' as holder) from sources"
    " where run_id = 'a'",
    "nothing_is_negative": "update runs set cost_usd = -1",
    "project_sums_equal_total": "create or replace view project_summary as"
    " select 7 as runs_count, 0 as total_cost, 0 as total_tokens",
    "qa_counts_equal_runs": "create or replace view qa_summary as"
    " select 9 as total_qa_runs, 0 as qa_passed, 0 as qa_warning, 0 as qa_failed,"
    " 0 as qa_error, 0 as qa_not_run, 0 as qa_other, 0.0 as pass_rate",
    "quality_equals_total": "create or replace view rounds_summary as select 7 as cost",
    "series_parts_equal_series": "create or replace view model_series as"
    " select date, 7 as cost from series_periods",
    "shares_equal_total": "create or replace view role_summary as select 7 as cost",
    "run_totals_equal_overview": "create or replace view run_totals as"
    " select 7 as total_runs, 0 as total_cost, 0 as cost_unknown_runs",
    "series_has_every_day": "create or replace view timeseries_daily as select 1 as runs",
}


@pytest.mark.parametrize("name", sorted(sqlfiles.audits()))
def test_every_audit_catches_its_fault(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    add_run(connection, "a", started_at="2025-01-01 00:00:00", cost_usd=1, total_tokens=1)
    query = sqlfiles.audits()[name]
    assert connection.execute(query).fetchall() == []
    connection.execute(FAULTS[name])
    assert connection.execute(query).fetchall() != []


def test_everything_is_described(connection: duckdb.DuckDBPyConnection) -> None:
    for kind, source in (
        ("table_name", "duckdb_tables() where not temporary"),
        ("view_name", "duckdb_views() where not internal"),
    ):
        query = f"select {kind} from {source} and comment is null"
        assert connection.execute(query).fetchall() == []
    assert (
        connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where not internal and comment is null"
        ).fetchall()
        == []
    )


@pytest.mark.parametrize("days", [1, 30, 3660])
def test_the_series_has_the_days_asked_for(
    connection: duckdb.DuckDBPyConnection, days: int
) -> None:
    configure(connection, "2025-03-01 00:00:00", timeseries_days=days)
    add_run(connection, "edge", started_at="2025-03-01 00:00:00", cost_usd=1)
    rows = connection.execute("select date::varchar, runs from timeseries_daily").fetchall()
    assert len(rows) == days
    assert rows[-1] == ("2025-03-01", 1)
    assert [row[0] for row in rows] == sorted({row[0] for row in rows})
    assert broken_rules(connection) == []


@pytest.mark.parametrize(
    ("zone", "as_of"),
    [
        ("America/Sao_Paulo", "2018-11-06 12:00:00"),  # 4 November began at one o'clock
        ("Africa/Cairo", "2025-04-27 12:00:00"),  # and so did 25 April
        ("Pacific/Apia", "2012-01-02 12:00:00"),  # 30 December never was
        ("Australia/Lord_Howe", "2025-04-08 12:00:00"),  # clocks move by half an hour
        ("Asia/Kathmandu", "1986-01-03 12:00:00"),  # clocks moved by a quarter
    ],
)
def test_every_hour_falls_on_the_day_that_its_zone_says(
    connection: duckdb.DuckDBPyConnection, zone: str, as_of: str
) -> None:
    configure(connection, as_of, timezone=zone, timeseries_days=8)
    last, wanted = datetime.fromisoformat(as_of), Counter[str]()
    moments = [last - step * timedelta(minutes=15) for step in range(4 * 24 * 5)]
    for moment in moments:
        wanted[str(moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date())] += 1
    add_runs(connection, [{"run_id": str(moment), "started_at": moment} for moment in moments])
    found = connection.execute(
        "select date::varchar, runs from timeseries_daily where runs > 0"
    ).fetchall()
    assert dict(found) == dict(wanted)
    assert connection.execute("select count(*) from timeseries_daily").fetchone() == (8,)
    assert broken_rules(connection) == []


def test_jobs_made_later_than_as_of_are_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "insert into jobs (job_id, status, created_at, removed_at) values"
        " ('a', 'completed', '2025-01-01', null), ('b', 'failed', '2025-01-03', null),"
        " ('c', 'weird', null, null), ('d', 'failed', '2025-01-01', '2025-01-02')"
    )
    query = "select total_jobs, jobs_completed, jobs_failed, jobs_other from job_summary"
    assert connection.execute(query).fetchone() == (3, 1, 1, 1)
    configure(connection, "2025-01-02 00:00:00")
    assert connection.execute(query).fetchone() == (2, 1, 0, 1)


@pytest.mark.parametrize("as_of", ["0001-01-01", "9999-12-31 23:59:59.999999"])
def test_the_ends_of_time_have_figures(connection: duckdb.DuckDBPyConnection, as_of: str) -> None:
    configure(connection, as_of, timezone="Asia/Kathmandu", monthly_budget=5)
    add_run(connection, "a", started_at="0001-01-01", finished_at="9999-12-31", cost_usd=1)
    json.dumps(figures.all_figures(connection), allow_nan=False)
    json.dumps(figures.budget(connection), allow_nan=False)
    assert broken_rules(connection) == []


def test_quality_costs_what_passing_runs_cost_with_those_that_do_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for place, (cost, quality, outcome, rounds) in enumerate(
        (
            (4, "passed", "success", 1),
            (6, "passed", "max_rounds_reached", 3),
            (2, "failed", "Approved", 2),
            (3, "failed", "timeout", 9),
            (5, None, None, None),
            (None, "warning", "success", 2),
        )
    ):
        values = {"qa_status": quality, "final_status": outcome, "rounds_completed": rounds}
        add_run(connection, str(place), cost_usd=cost, **values)
    found = connection.execute(
        "select runs, cost::double, cost_unknown_runs, passed_runs, judged_runs, pass_rate,"
        " cost_per_passed, cost_of_passed, failed_cost::double, unfinished_cost::double,"
        " lost_share, rounds_of_passed from quality_costs('all')"
    ).fetchone()
    assert found == (6, 20.0, 1, 2, 5, 0.4, 10.0, 5.0, 2.0, 9.0, 0.55, 2.0)
    by_rounds = connection.execute("select rounds, runs, pass_rate from rounds_summary")
    assert by_rounds.fetchall() == [
        (1, 1, 1.0),
        (2, 2, 0.0),
        (3, 1, 1.0),
        (9, 1, 0.0),
        (None, 1, None),
    ]
    assert broken_rules(connection) == []
