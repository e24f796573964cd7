"""Figures that are kept for pages that time changes: asked for once, and the rest each time."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from indexer import figures
from indexer.config import Layout
from tests.helpers import index, write_jobs, write_run
from web import create_app, respond
from web.kept import MOST, Figures, Kept


def counted(calls: list[str], name: str) -> Callable[[], Figures]:
    def make() -> Figures:
        calls.append(name)
        return {"name": name}

    return make


def test_figures_are_asked_for_once_for_a_snapshot() -> None:
    kept, calls = Kept(), list[str]()
    for number, key in ((1, "a"), (1, "a"), (1, "b"), (1, "a"), (2, "c"), (2, "a")):
        assert kept.of(number, (key,), counted(calls, key)) == {"name": key}
    assert calls == ["a", "b", "c", "a"], "what belonged to the snapshot before was dropped"
    for place in range(MOST):
        kept.of(2, (str(place),), counted(calls, "more"))
    kept.of(2, ("a",), counted(calls, "again"))
    assert calls[-1] == "again", "there is an end to how many are kept"


def test_what_is_not_whole_or_fails_is_not_kept() -> None:
    kept, calls = Kept(), list[str]()
    for _ in range(2):
        kept.of(1, ("a",), counted(calls, "a"), lambda: False)
    assert calls == ["a", "a"]
    with pytest.raises(ZeroDivisionError):
        kept.of(1, ("b",), lambda: {"x": 1 // 0})
    assert kept.of(1, ("b",), counted(calls, "b")) == {"name": "b"}


def test_who_wants_the_same_at_once_waits_for_the_first() -> None:
    kept, calls, began, go = Kept(), list[str](), threading.Event(), threading.Event()

    def slow() -> Figures:
        began.set()
        assert go.wait(60)
        return counted(calls, "a")()

    threads = [threading.Thread(target=kept.of, args=(1, ("a",), slow)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert began.wait(60)
    go.set()
    for thread in threads:
        thread.join()
    assert calls == ["a"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries of pages, as they come."""
    found: list[str] = []
    real = figures.rows

    def rows(connection: Any, query: str, *values: Any) -> list[dict[str, Any]]:
        found.append(query)
        return real(connection, query, *values)

    monkeypatch.setattr(figures, "rows", rows)
    return found


def test_what_filters_choose_from_is_asked_once_for_a_snapshot(
    tmp_path: Path, asked: list[str]
) -> None:
    layout = Layout.of(tmp_path)
    app = create_app(layout.root)
    client = app.test_client()
    for project in ("first", "second"):
        write_run(tmp_path, project, {"project_dir": f"/p/{project}"})
        index(layout)
        asked.clear()
        for route in ("/analytics", f"/analytics?project={project}", "/runs?qa=passed", "/jobs"):
            assert f'value="{project}"' in client.get(route).get_data(as_text=True)
        assert asked.count("from filter_choices") == 1
    app.extensions["runmeter"].close()


def test_a_page_that_time_changes_is_made_once_a_second(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1
    monkeypatch.setattr(respond, "second", lambda: str(now))
    write_jobs(tmp_path, [{"id": "a", "status": "running", "config": {"task": "Build"}}])
    layout = Layout.of(tmp_path)
    index(layout)
    app = create_app(layout.root)
    client = app.test_client()
    first = client.get("/jobs")
    asked.clear()
    again = client.get("/jobs")
    assert (again.data, again.headers["ETag"], asked) == (first.data, first.headers["ETag"], [])
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/jobs", headers=known).status_code == 304
    now = 2
    later = client.get("/jobs", headers=known)
    assert later.status_code == 200
    assert later.headers["ETag"] != first.headers["ETag"]
    assert asked
    app.extensions["runmeter"].close()


def test_only_what_time_changes_is_asked_again(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = map(str, count())
    monkeypatch.setattr(respond, "second", lambda: next(seconds))
    now = datetime.now(UTC)
    job = {"created_at": (now - timedelta(minutes=2)).isoformat(), "config": {"task": "Build"}}
    ended = [job | {"id": name, "status": "completed"} for name in "ab"]
    write_run(tmp_path, "r", {"started_at": "2025-11-01T00:00:00Z"})
    write_jobs(tmp_path, ended)
    layout = Layout.of(tmp_path)
    index(layout)
    app = create_app(layout.root)
    client = app.test_client()

    def queries(route: str) -> list[str]:
        asked.clear()
        answer = client.get(route)
        assert answer.status_code == 200
        return [query.split("(")[0] for query in asked if "settings" not in query]

    assert "from job_page" in queries("/jobs")
    assert queries("/jobs") == [], "no job is open, so time changes nothing"
    assert "from job_page" in queries("/jobs?state=completed")
    assert len(queries("/health")) > 5
    assert queries("/health") == ["select in_zone"]
    assert "from run_roles" in queries("/runs/r")
    assert queries("/runs/r") == [], "no event told of it, so it does not go on"
    assert queries("/metrics")
    assert queries("/metrics") == []
    write_jobs(tmp_path, [*ended, job | {"id": "c", "status": "queued"}])
    index(layout)
    assert "from filter_choices" in queries("/jobs"), "another snapshot"
    spans = "select job_id, waiting_seconds, running_seconds from job_spans where list_contains"
    assert queries("/jobs") == [spans]
    first = client.get("/jobs").get_data(as_text=True)
    assert "so far" in first
    end = time.monotonic() + 60
    while client.get("/jobs").get_data(as_text=True) == first:
        assert time.monotonic() < end, "it waits for longer and longer"
    sorted_by = "/jobs?sort=waiting"
    queries(sorted_by)
    listed = ["from job_page", "from job_history where list_contains", "from job_log_tail"]
    assert queries(sorted_by) == listed
    app.extensions["runmeter"].close()
