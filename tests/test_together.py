"""Questions of one page on several connections: one snapshot, one set of filters, one now."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from flask import Flask, g, request, url_for

from indexer import figures
from indexer.config import Layout
from indexer.publish import KEEP_SNAPSHOTS
from tests.helpers import index, write_run
from web import create_app
from web.parts import Failure
from web.respond import connection
from web.together import ask

CORES = 3
SEEN = (
    "select chosen_moment(), (select as_of from clock), list(run_id order by run_id) from run_facts"
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(os, "cpu_count", lambda: CORES)
    for name, project in (("a", "alpha"), ("b", "beta"), ("c", "alpha")):
        started = "2025-11-18T10:30:00Z"
        write_run(tmp_path, name, {"project_dir": project, "started_at": started})
    index(Layout.of(tmp_path))
    app = create_app(tmp_path)
    yield app
    app.extensions["runmeter"].close()


def meeting(query: str, meet: threading.Barrier) -> Callable[[Any], Any]:
    """A question that is answered only when as many are asked at once."""

    def question(asked: duckdb.DuckDBPyConnection) -> Any:
        meet.wait(60)
        return asked.execute(query).fetchall()

    return question


def test_all_see_the_same_rows_under_the_same_filters_at_the_same_moment(
    app: Flask, tmp_path: Path
) -> None:
    meet = threading.Barrier(CORES)
    questions = {str(place): meeting(SEEN, meet) for place in range(2 * CORES)}
    with app.test_request_context("/analytics?project=alpha&range=all"), connection() as found:
        for number in range(KEEP_SNAPSHOTS + 1):  # until the snapshot that is read is removed
            write_run(tmp_path, f"later-{number}", {"project_dir": "alpha"})
            index(Layout.of(tmp_path))
        answers = ask(found, questions)
    assert list(answers) == list(questions)
    ((moment, as_of, runs),) = answers["0"]
    assert runs == ["a", "c"]
    assert moment == as_of
    assert all(answer == answers["0"] for answer in answers.values())


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?project=alpha",
        "?model=b",
        "?model=b&model=c",
        "?role=manager",
        "?model=b&role=manager",
        "?as_of=2025-11-18T10:00:00Z",
    ],
)
def test_what_was_told_of_models_is_what_would_be_asked(
    app: Flask, tmp_path: Path, query: str
) -> None:
    runs = {"a": ("alpha", "a'\"\n", 0.1), "b": ("alpha", "b", 7e9), "c": ("alpha", "b", None)}
    for name, (project, model, cost) in (runs | {"d": ("beta", "b", 2)}).items():
        usage = {"manager": {"model": model, "total_tokens": 3, "total_cost_usd": cost}}
        run = {"project_dir": project, "started_at": "2025-11-18T10:30:00Z"}
        write_run(tmp_path, name, run | {"cost_summary": {"by_role": usage}})
    # A run of two models, which cost less than the whole.
    used = {
        "manager": {"model": "b", "total_cost_usd": 1.5},
        "employee": {"model": "c", "total_cost_usd": 2},
    }
    whole = {"total_cost_usd": 10, "by_role": used}
    write_run(tmp_path, "e", {"started_at": "2025-11-18T10:30:00Z", "cost_summary": whole})
    index(Layout.of(tmp_path))
    views = ("model_sums", "model_shares", "model_series", "filter_choices")
    meet = threading.Barrier(CORES)
    told = {str(place): meeting("from model_sums", meet) for place in range(CORES)}
    with app.test_request_context(f"/analytics{query}"), connection() as found:
        asked = [found.execute(f"from {view}").fetchall() for view in views]
        sums = found.execute("from summed_models").fetchall()
        left_over = "select total_cost - cost, cost_unattributed from run_gaps, attributed_cost"
        ((expected, unattributed),) = found.execute(left_over).fetchall()
        assert unattributed == expected, "under one model nothing is asked"
        assert (float(expected) == 6.5) == (query == "")
        figures.tell_models(found)
        assert [found.execute(f"from {view}").fetchall() for view in views] == asked
        assert found.execute(left_over).fetchall() == [(expected, expected)]
        # twice as much as is true, which only who believes it says
        found.execute(
            "set variable told_models ="
            " list_concat(getvariable('told_models'), getvariable('told_models'))"
        )
        twice = [row for row in sums for _ in range(2)]
        assert list(ask(found, told).values()) == [twice] * CORES
    assert asked[0] == sums
    assert bool(sums) == ("as_of" not in query)


CLOCKED = ("clock", "timeseries_daily", "token_trend", "quality_series", "model_series",
    "job_series", "period_change", "spend_calendar", "coverage")  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?as_of=2025-11-18T11:00:00Z&tz=Pacific/Apia",
        "?from=2025-11-01&to=2025-11-20&grain=week&week_start=sunday",
        "?from=2025-01-01&grain=month&tz=America/New_York",
    ],
)
def test_the_clock_is_told_to_all_and_says_what_it_would(
    app: Flask, tmp_path: Path, query: str
) -> None:
    run = {"started_at": "2025-11-18T10:30:00Z", "cost_summary": {"total_cost_usd": 2.5}}
    write_run(tmp_path, "a", run)
    index(Layout.of(tmp_path))
    meet = threading.Barrier(CORES)
    told = {str(place): meeting("from clock", meet) for place in range(CORES)}
    with app.test_request_context(f"/analytics{query}"), connection() as found:
        asked = [found.execute(f"from {view}").fetchall() for view in CLOCKED]
        assert found.execute("from told_clock").fetchall() == []
        figures.tell_clock(found)
        assert [found.execute(f"from {view}").fetchall() for view in CLOCKED] == asked
        assert list(ask(found, told).values()) == [asked[0]] * CORES
        # what is not true only who believes it says
        found.execute(
            "set variable told_clock = struct_update("
            "getvariable('told_clock'), series_first_day := date '1999-12-31')"
        )
        first_days = {str(place): meeting("select series_first_day from clock", meet)
            for place in range(CORES)}  # fmt: skip
        assert list(ask(found, first_days).values()) == [[(date(1999, 12, 31),)]] * CORES


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        ("UTC", 1440),
        ("Europe/London", 60),
        ("America/New_York", 60),
        ("Asia/Kolkata", 15),
        ("Australia/Lord_Howe", 15),
    ],
)
def test_wider_steps_of_a_series_change_nothing(
    app: Flask, tmp_path: Path, zone: str, minutes: int
) -> None:
    """Runs right before and after each local midnight of a year, clock changes included."""
    first = datetime(2025, 3, 1, tzinfo=ZoneInfo(zone))
    midnights = [(first + timedelta(days=day)).astimezone(UTC) for day in range(250)]
    for place, midnight in enumerate(midnights):
        for aside in (-1, 0):
            started = (midnight + timedelta(seconds=aside)).strftime("%Y-%m-%dT%H:%M:%SZ")
            usage = {"manager": {"model": "m", "total_cost_usd": place + aside / 4}}
            run = {"started_at": started, "cost_summary": {"by_role": usage}}
            write_run(tmp_path, f"r{place}{aside}", run)
    index(Layout.of(tmp_path))
    query = f"?tz={zone}&from=2025-03-01&to=2025-11-30"
    views = ("timeseries_daily", "token_trend", "quality_series", "model_series", "spend_calendar")
    with app.test_request_context(f"/analytics{query}"), connection() as found:
        asked = [found.execute(f"from {view}").fetchall() for view in views]
        figures.tell_clock(found)
        assert found.execute("select getvariable('told_bucket')").fetchall() == [(minutes,)]
        assert [found.execute(f"from {view}").fetchall() for view in views] == asked
        counts = [row[1] for row in asked[0]]
        assert counts[:249] == [2] * 249, "one at the first moment of each day, one at the last"


def test_each_question_sees_the_request_and_marks_its_page(app: Flask) -> None:
    meet = threading.Barrier(CORES)

    def question(_: duckdb.DuckDBPyConnection) -> tuple[str, str]:
        meet.wait(60)
        g.seen.append(threading.get_ident())
        return request.args["project"], url_for("pages.analytics")

    questions = {str(place): question for place in range(CORES)}
    with app.test_request_context("/analytics?project=alpha"), connection() as found:
        g.seen = []
        assert list(ask(found, questions).values()) == [("alpha", "/analytics")] * CORES
        assert len(set(g.seen)) == CORES


def test_a_moment_that_was_asked_for_is_that_of_all(app: Flask) -> None:
    meet = threading.Barrier(CORES)
    questions = {str(place): meeting(SEEN, meet) for place in range(CORES)}
    with app.test_request_context("/analytics?as_of=2025-11-18T10:00:00Z"), connection() as found:
        answers = ask(found, questions)
    assert [str(rows[0][0]) for rows in answers.values()] == ["2025-11-18 10:00:00"] * CORES
    assert [rows[0][2] for rows in answers.values()] == [None] * CORES  # none had begun


def test_what_cannot_be_had_takes_only_what_needs_it(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: duckdb.DuckDBPyConnection) -> Any:
        raise duckdb.OutOfMemoryException("no room for it")

    def counts(asked: duckdb.DuckDBPyConnection) -> Any:
        return asked.execute("select count(*) from run_facts").fetchall()

    optional = {f"{name}{place}": name for place in range(CORES) for name in ("fails", "counts")}
    made = {"fails": fails, "counts": counts}
    with app.test_request_context("/analytics"), connection() as found:
        answers = ask(found, {"whole": counts}, {name: made[how] for name, how in optional.items()})
        assert g.incomplete
        assert answers["fails0"] == Failure("no room for it")
        # the connection that failed answers again, as the others do
        assert all(answers[name] == [(3,)] for name, how in optional.items() if how == "counts")
        with pytest.raises(duckdb.OutOfMemoryException):
            ask(found, {"whole": fails, "other": counts})
    caplog.clear()  # what was logged holds the connection that failed


def test_one_core_asks_one_after_the_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    asked = list[int]()

    def note(one: duckdb.DuckDBPyConnection) -> None:
        asked.append(id(one))

    with app.test_request_context("/analytics"), connection() as found:
        ask(found, {"a": note}, {"b": note})
        assert asked == [id(found)] * 2
