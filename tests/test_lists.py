"""Runs, jobs and data quality: every row once and in order, everything known of a run."""

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from indexer.config import Layout
from tests.conftest import AS_OF, DATA
from tests.helpers import ask, index, snapshot, write_jobs, write_run
from web import create_app, jobs, keyset, list_api, runs
from web.datasets import Dataset

HOSTILE = "<script>alert(1)</script>"


def serve(layout: Layout) -> Iterator[FlaskClient]:
    index(layout)
    app = create_app(layout.root, layout.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """An indexed corpus that no test changes."""
    root = tmp_path_factory.mktemp("shared") / "documented"
    layout = Layout.of(shutil.copytree(DATA / "documented", root))
    index(layout)
    return layout


@pytest.fixture
def client(shared: Layout) -> Iterator[FlaskClient]:
    app = create_app(shared.root, shared.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


# What the columns hold, written independently of the macros.
KEYS = {
    "started": "started_at",
    "cost": "cost_usd",
    "tokens": "total_tokens",
    "rounds": "rounds_completed",
    "duration": "case when finished_at >= started_at then finished_at - started_at end",
}


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", sorted(runs.SORTS))
def test_pages_hold_every_run_once_and_in_order(
    shared: Layout, sort: str, descending: bool
) -> None:
    direction = "desc" if descending else "asc"
    expected = ask(
        shared,
        f"select run_id from runs order by {KEYS[sort]} {direction} nulls last, run_id",
    )
    found: list[str] = []
    key, after = None, None
    with snapshot(shared) as connection:
        while True:
            rows = connection.execute(
                "select run_id, sort_key from run_page(?, ?, ?, ?, 7)",
                [sort, descending, key, after],
            ).fetchall()
            if not rows:
                break
            found += [row[0] for row in rows]
            after, key = rows[-1]
    assert found == [row[0] for row in expected]
    assert len(found) == 60


@pytest.mark.parametrize("sort", sorted(runs.SORTS))
def test_no_page_keeps_all_runs_for_a_moment(shared: Layout, sort: str) -> None:
    """As published: a file does not keep that a part of a view is `materialized`."""
    with snapshot(shared) as connection:
        explain = "explain (format json) from run_page(?, true, null, null, 41)"
        plan = str(connection.execute(explain, [sort]).fetchall())
    assert "TOP_N" in plan
    assert "CTE" not in plan


def follow(client: FlaskClient, url: str, marker: str) -> list[str]:
    """Cells that `marker` begins, over all pages."""
    found: list[str] = []
    while url:
        text = page(client, url)
        found += [part.split("<")[0] for part in text.split(marker)[1:]]
        rest = text.split('rel="next"')[0].rsplit('href="', 1)
        url = rest[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in text else ""
    return found


def test_the_links_lead_through_the_list_under_the_filters(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "ROWS", 3)
    url = f"/runs?project=alpha&sort=cost&as_of={AS_OF}"
    found = follow(client, url, '" title="Only this project">')
    answer = client.get(f"/api/analytics/summary?project=alpha&as_of={AS_OF}").get_json()
    assert found == ["alpha"] * answer["total_runs"]
    first = page(client, url)
    assert 'aria-sort="descending"><a class="sort" href="/runs?project=alpha' in first
    assert f"{answer['total_runs']} runs" in first
    assert "First page" not in first
    assert "No runs match" in page(client, "/runs?project=nobody")


@pytest.mark.parametrize(
    "query",
    ["sort=size", "order=up", "after=1", "after=x&after_id=y", "after=1e9&after_id=y", "sort=a'b"],
)
@pytest.mark.parametrize("route", ["/runs", "/jobs"])
def test_a_place_that_cannot_be_is_refused(client: FlaskClient, route: str, query: str) -> None:
    assert client.get(f"{route}?{query}").status_code == 400
    assert client.get("/jobs?state=lost").status_code == 400


def test_a_run_is_shown_whole(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    usage = {"prompt_tokens": 1000, "completion_tokens": 500, "total_usd": 0.75, "num_calls": 3}
    rest = {"prompt_tokens": "***REDACTED***", "total_usd": 0.25, "num_calls": 1}
    document: dict[str, Any] = {
        "run_id": "r1",
        "project_dir": f"/sites/{HOSTILE.replace('/', '|')}",
        "started_at": "2025-11-18T10:00:00Z",
        "finished_at": "2025-11-18T10:10:00Z",
        "mode": "3loop",
        "task": "=HYPERLINK(1) " + "x" * 9_000,
        "final_status": "success",
        "estimated_cost_usd": 0.8,
        "config": {"max_cost_usd": 0.5},
        "cost_summary": {"total_usd": 1.0, "by_role": {"manager": usage, "employee": rest}},
        "iterations": [
            {"index": 1, "role": "manager", "status": "ok", "timestamp": "2025-11-18T10:01:00Z"},
            {"index": 1, "role": "employee", "notes": HOSTILE, "timestamp": "2025-11-18T10:04:00Z"},
            {"index": 2, "role": "employee", "timestamp": "2025-11-18T11:00:00Z"},
        ],
        "qa_report": {"status": "failed", "issues": [{"message": HOSTILE, "severity": "error"}]},
    }
    write_run(tmp_path, "r1", document)
    write_jobs(tmp_path, [{"id": "j1", "status": "failed", "error": "it broke",
                           "created_at": "2025-11-18T09:59:30Z",
                           "started_at": "2025-11-18T10:00:00Z",
                           "result_summary": {"run_id": "r1"}}])  # fmt: skip
    for client in serve(layout):
        with snapshot(layout) as connection:
            detail = connection.execute(
                "select over_estimate_usd, over_estimate_share, cap_share, is_over_cap"
                " from run_detail('r1')"
            ).fetchone()
            spans = connection.execute(
                "select after_seconds, took_seconds, from_share, to_share from run_timeline('r1')"
            ).fetchall()
            shares = connection.execute("select cost_share from run_roles('r1')").fetchall()
        assert detail is not None
        assert [round(float(value), 9) for value in detail] == [0.2, 0.25, 2.0, 1.0]
        assert spans[0] == (60.0, 60.0, 0.0, 0.1)
        assert spans[1] == (240.0, 180.0, 0.1, 0.4)
        assert spans[2] == (3600.0, 3360.0, None, None)  # after the end of the run
        assert shares == [(0.75,), (0.25,)]
        text = page(client, "/runs/r1")
        assert HOSTILE not in text
        for part in (
            "$1.00",
            "(+25.0%)",
            "200.0% used",
            "over its cost cap",
            "it broke",
            "took 3 m 0 s",
            "a log sanitizer removed counts",
            "run_logs/r1/run_summary",
        ):
            assert part in text, part
        assert "30.0 s" in page(client, "/jobs")


NAMES = ("a/b", "..", "a?b#c%2Fd", "été 走", "a\\b", HOSTILE, "x" * 3000)


def test_every_run_has_an_address(tmp_path: Path) -> None:
    for place, name in enumerate(NAMES):
        write_run(tmp_path, f"f{place}", {"run_id": name, "task": f"find {place}."})
    for client in serve(Layout.of(tmp_path)):
        for place, name in enumerate(NAMES):
            found_by_its_link(client, f"find {place}.", name)
        assert client.get("/runs/nobody").status_code == 404


def found_by_its_link(client: FlaskClient, task: str, name: str) -> None:
    listed = page(client, f"/runs?q={task}")
    link = listed.split('class="title"><a href="')[1].split('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query)["q"] == [task]
    assert "Every value of the file could be used" in page(client, link)
    if len(name) < 900:
        assert "There is a run of that name" in page(client, f"/runs?q={quote(name)}")


def test_jobs_wait_and_run_until_now(documented: Layout) -> None:
    times = {"created_at": "2025-11-18T10:00:00Z", "started_at": "2025-11-18T10:05:00Z"}
    state = [
        {"id": "waits", "status": "queued", "created_at": "2025-11-18T10:20:00Z"},
        {"id": "runs", "status": "running", **times},
        {"id": "done", "status": "completed", **times, "finished_at": "2025-11-18T10:07:00Z"},
        {"id": "odd", "status": "paused"},
    ]
    write_jobs(documented.root, state)
    for client in serve(documented):
        state[0]["status"], state[0]["started_at"] = "running", "2025-11-18T10:21:00Z"
        write_jobs(documented.root, state)
        index(documented)
        found = ask(
            documented,
            "select job_id, state, waiting_seconds, running_seconds from job_list order by job_id",
            AS_OF,
        )
        assert found == [
            ("done", "completed", 300.0, 120.0),
            ("odd", "other", None, None),
            ("runs", "running", 300.0, 1500.0),
            ("waits", "running", 60.0, 540.0),
        ]
        history = ask(
            documented,
            "select previous_status, status, step from job_history"
            " where job_id = 'waits' order by step",
        )
        assert history == [(None, "queued", 1), ("queued", "running", 2)]
        times_row = ask(documented, "from job_times", AS_OF)[0]
        assert times_row == (3, 300.0, 300.0, 1, 120.0, 120.0)
        text = page(client, f"/jobs?as_of={AS_OF}")
        assert "25 m 0 s" in text
        assert "so far" in text
        assert client.get("/jobs").headers["Cache-Control"] == "private, no-cache"
        assert "not measured" in page(client, "/jobs?project=nobody")


@pytest.mark.parametrize("sort", jobs.SORTS)
def test_pages_hold_every_job_once(shared: Layout, sort: str) -> None:
    found: list[str] = []
    key, after = None, None
    with snapshot(shared) as connection:
        total = connection.execute("select total_jobs from job_summary").fetchone()
        while True:
            rows = connection.execute(
                "select job_id, sort_key from job_page(null, ?, false, ?, ?, 3)",
                [sort, key, after],
            ).fetchall()
            if not rows:
                break
            found += [row[0] for row in rows]
            after, key = rows[-1]
    assert total is not None
    assert (len(found), len(set(found))) == (total[0], total[0])


LISTED = (
    (list_api.RUNS, ("started", True, None, None, 1)),
    (list_api.JOBS, (None, "changed", True, None, None, 1)),
    *((data, ()) for data in list_api.ROUTED),
)


@pytest.mark.parametrize(("data", "arguments"), LISTED)
def test_columns_are_those_of_the_view(shared: Layout, data: Dataset, arguments: Any) -> None:
    with snapshot(shared) as connection:
        for row in data.rows(connection, *arguments):
            assert sorted(row) == sorted(column.key for column in data.columns)


def test_routes_and_files_hold_what_the_pages_show(client: FlaskClient, shared: Layout) -> None:
    query = f"project=alpha&as_of={AS_OF}"
    expected = ask(
        shared,
        "select run_id, cost_usd from runs where project_name = 'alpha'"
        " order by cost_usd nulls last, run_id",
    )
    found: list[tuple[str, Any]] = []
    behind: dict[str, Any] | None = {}
    while behind is not None:
        place = urlencode({key: value for key, value in behind.items() if value is not None})
        url = f"/api/analytics/runs?{query}&sort=cost&order=asc&rows=3&{place}"
        answer = client.get(url).get_json()
        found += [(row["run_id"], row["cost_usd"]) for row in answer["rows"]]
        behind = answer["next"]
    assert [row[0] for row in found] == [row[0] for row in expected]
    for url in ("/api/analytics/runs?rows=0", "/api/analytics/runs?state=failed"):
        assert client.get(url).status_code == 400
    answer = client.get(f"/api/analytics/export/runs?{query}&sort=cost&order=asc&range=30d")
    wanted = "attachment; filename=runmeter-runs-2025-10-20-to-2025-11-18-UTC.csv"
    assert answer.headers["Content-Disposition"] == wanted
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    total = client.get(f"/api/analytics/summary?{query}&range=30d").get_json()["total_runs"]
    assert len(rows) == total
    assert {row["project_name"] for row in rows} == {"alpha"}
    failed = client.get("/api/analytics/jobs?state=failed&rows=1000").get_json()["rows"]
    answer = client.get("/api/analytics/export/jobs?state=failed")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["job_id"] for row in rows] == [row["job_id"] for row in failed]
    assert f'href="/api/analytics/export/runs?{query.split("&")[0]}' in page(
        client, "/runs?project=alpha"
    )


def test_a_file_of_runs_holds_no_formula(tmp_path: Path) -> None:
    write_run(tmp_path, "a", {"run_id": "=1+1", "task": "@cmd", "project_dir": "/x/+2"})
    for client in serve(Layout.of(tmp_path)):
        answer = client.get("/api/analytics/export/runs").get_data(as_text=True)
        row = next(csv.DictReader(io.StringIO(answer)))
        assert (row["run_id"], row["task"], row["project_name"]) == ("'=1+1", "'@cmd", "'+2")
        assert row["cost_usd"] == ""


def test_data_quality_adds_up(documented: Layout) -> None:
    write_run(documented.root, "bad", b'{"run_id": ')
    write_run(documented.root, "odd", {"run_id": "odd", "started_at": HOSTILE})
    for client in serve(documented):
        text = page(client, "/health")
        assert HOSTILE not in text
        assert "run_logs/bad/run_summary.json" in text
        assert "figures stay as they are until it runs" in text
    values = dict(ask(documented, "select value_name, unknown_runs from unknown_values"))
    quality = ask(
        documented,
        "select tokens_unknown_runs, tokens_redacted_runs, cost_unknown_runs, undated_runs,"
        " untimed_runs from data_quality",
    )[0]
    names = ("tokens", "redacted", "cost", "start", "duration")
    assert quality == tuple(values[name] for name in names)
    by_project = ask(
        documented,
        "select sum(tokens_unknown_runs), sum(cost_unknown_runs), sum(undated_runs),"
        " sum(untimed_runs) from project_quality",
    )[0]
    assert by_project == (values["tokens"], values["cost"], values["start"], values["duration"])
    files = ask(documented, "select sum(files) from source_states")[0][0]
    assert files == ask(documented, "select count(*) from sources")[0][0]
    issues = ask(documented, "select sum(issues) from issue_groups")[0][0]
    assert issues == ask(documented, "select count(*) from ingest_issues")[0][0]


def test_empty_pages(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    app = create_app(layout.root, layout.database)
    for route in ("/runs", "/jobs", "/health"):
        assert "No data yet" in app.test_client().get(route).get_data(as_text=True)
    app.extensions["runmeter"].close()
    for client in serve(layout):
        assert "No runs yet" in page(client, "/runs")
        assert "No jobs yet" in page(client, "/jobs")
        assert "Every file could be read" in page(client, "/health")
