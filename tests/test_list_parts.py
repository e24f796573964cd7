"""Parts of the lists and of a run fail alone; jobs that left the file are kept."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer import figures
from indexer.config import Layout
from tests.conftest import AS_OF
from tests.helpers import ask, index, write_jobs, write_run
from tests.test_lists import client, page, serve, shared

__all__ = ["client", "shared"]


RUN = "/runs/e44f65047845"
PARTS = (
    ("/runs", "run_page", "Download CSV", "60 runs"),
    ("/runs", "run_totals", "60 runs", "Download CSV"),
    ("/jobs", "job_page", "Download CSV", "Latest changes"),
    ("/jobs", "job_summary", "of 20 jobs", "Download CSV"),
    ("/jobs", "job_times", "Median wait", "of 20 jobs"),
    (RUN, "run_roles", "What each role used", "What each model used"),
    (RUN, "run_models", "What each model used", "What each role used"),
    (RUN, "run_timeline", "lists no rounds", "What each role used"),
    (RUN, "from qa_issues", "QA lists no issues", "What each role used"),
    (RUN, "known_job_list", "No job names", "What each role used"),
    (RUN, "ingest_issues", "Every value of the file", "What each role used"),
    ("/jobs", "order by seen", '<strong class="name">', "Median wait"),
)


@pytest.mark.parametrize(("route", "query", "gone", "left"), PARTS)
def test_a_part_of_a_list_or_a_run_fails_alone(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    route: str,
    query: str,
    gone: str,
    left: str,
) -> None:
    real = figures.rows

    def failing(connection: duckdb.DuckDBPyConnection, asked: str, *values: Any) -> Any:
        if query in asked:
            raise duckdb.OutOfMemoryException("no room for <b>it")
        return real(connection, asked, *values)

    whole = page(client, f"{route}?as_of={AS_OF}")
    monkeypatch.setattr(figures, "rows", failing)
    answer = client.get(f"{route}?as_of={AS_OF}&tz=UTC")
    found = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (gone in whole, gone in found) == (True, False)
    assert (left in whole, left in found) == (True, True)
    assert found.count("no room for &lt;b&gt;it") == 1
    assert found.count("data-retry") == 1
    monkeypatch.undo()
    assert gone in page(client, f"{route}?as_of={AS_OF}&tz=UTC")
    caplog.clear()  # what was logged holds the connection that failed


def test_a_job_that_left_the_file_is_listed_and_counts_for_nothing(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    times = {"created_at": "2025-11-18T10:00:00Z", "started_at": "2025-11-18T10:01:00Z"}
    made = {"result_summary": {"run_id": "r"}}
    gone = {"id": "gone", "status": "running", "project_path": "/x/shop"} | times | made
    stays = {"id": "stays", "status": "completed", "project_path": "/x/docs", **times}
    write_run(tmp_path, "r", {"run_id": "r"})
    write_jobs(tmp_path, [gone, stays])
    for app in serve(layout):
        before = page(app, "/jobs")
        assert "Left the file" not in before
        write_jobs(tmp_path, [stays])
        index(layout)
        assert ask(layout, "select job_id from job_list") == [("stays",)]
        assert ask(layout, "select total_jobs, jobs_running, jobs_left from job_summary") == [
            (1, 0, 1)
        ]
        assert ask(layout, "select waited_jobs from job_times") == [(1,)]
        listed = page(app, "/jobs")
        rows, changes = listed.split('id="changes-panel"')
        assert 'state=left">Left the file <span class="note">1<' in rows
        assert "gone" not in rows
        assert 'class="name">gone</strong> <span class="badge blue">running' in changes
        assert "left the file" in changes
        left = page(app, "/jobs?state=left").split('id="changes-panel"')[0]
        assert "2 status changes" in left
        assert "stays" not in left
        found = app.get("/api/analytics/jobs?state=left").get_json()["rows"]
        assert [(row["job_id"], row["state"], row["running_seconds"]) for row in found] == [
            ("gone", "left", None)
        ]
        assert "left the state file" in page(app, "/runs/r")
        assert "Left the file" not in page(app, "/jobs?project=docs")
        assert "No job has left" in page(app, "/jobs?project=docs&state=left")
        write_jobs(tmp_path, [gone, stays])
        index(layout)
        assert ask(layout, "select total_jobs, jobs_left from job_summary") == [(2, 0)]
        assert "3 status changes" in page(app, "/jobs")
