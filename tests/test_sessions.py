"""Sessions: cost and tries until success; a run of a session counts once, whoever tells of it."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.ingest import Indexer
from indexer.sources import Document, sessions
from tests.conftest import Dashboard
from tests.helpers import broken_rules, write_run
from tests.test_documents import indexer, line, log, look, rows, summary

__all__ = ["indexer", "log"]
SESSION: dict[str, Any] = {
    "session_id": "s1",
    "project_dir": "sites\\landing\\",
    "task": "<script>alert(1)</script>",
    "started_at": "2025-11-14T04:00:00Z",
    "final_decision": "accept",
    "total_cost_usd": 9,
    "runs": [
        {
            "run_id": "a",
            "final_status": "needs_changes",
            "evaluation": {"score": 0.4, "recommendation": "retry"},
            "cost_usd": 1,
        },
        {"run_id": "b", "final_status": "approved", "evaluation": "<b>fine</b>", "cost_usd": 2},
        {"status": "timeout", "cost_summary": {"total_usd": 4}},
    ],
}
SUMMARY = "select tries, tries_until_success, best_score, cost_usd::double from session_summary"


@pytest.fixture
def file(log: Path) -> Path:
    path = log.parents[2] / "run_logs" / "session-folder" / "session_summary.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(SESSION))
    return path


def test_runs_of_a_session_count_once(indexer: Indexer, file: Path) -> None:
    assert look(indexer) == [("a", 1), ("b", 2), ("s1/3", 4)]
    assert rows(indexer, SUMMARY) == [(3, 2, 0.4, 7.0)]
    dated = "select count(*) from runs where started_at = '2025-11-14 04:00:00'"
    assert rows(indexer, dated) == [(3,)]
    found = rows(indexer, "select status, decision, evaluation from session_runs order by position")
    assert found[0][:2] == ("needs_changes", "retry")
    assert found[1] == ("approved", None, "<b>fine</b>")
    path = write_run(indexer.layout.root, "a", summary("a", 16) | {"final_status": "success"})
    assert look(indexer) == [("a", 16), ("b", 2), ("s1/3", 4)]
    assert rows(indexer, SUMMARY) == [(3, 1, 0.4, 22.0)]
    assert broken_rules(indexer.store.connection) == []
    file.write_text(json.dumps(SESSION | {"runs": [*SESSION["runs"][:1], {"run_id": "c"}]}))
    assert look(indexer) == [("a", 16), ("c", None)]
    assert rows(indexer, SUMMARY) == [(2, 1, 0.4, None)]
    path.write_text(json.dumps(summary("z", 32)))  # the session speaks for its run again
    assert look(indexer) == [("a", 1), ("c", None), ("z", 32)]
    file.write_text(json.dumps(SESSION | {"runs": []}))
    assert look(indexer) == [("z", 32)]
    assert rows(indexer, SUMMARY) == [(0, None, None, 9.0)]
    assert broken_rules(indexer.store.connection) == []


def test_a_run_that_counts_under_another_id_counts_in_its_session(
    indexer: Indexer, log: Path, file: Path
) -> None:
    log.write_bytes(line("a", 32) + b"\n")
    write_run(indexer.layout.root, "other", summary("other", 64) | {"final_status": "success"})
    assert look(indexer) == [("b", 2), ("other", 64), ("s1/3", 4)]
    assert rows(indexer, SUMMARY) == [(3, 1, 0.4, 70.0)]
    found = rows(indexer, "select run_id, is_known from sessions_of_run('other')")
    assert found == [("other", True), ("b", True), ("s1/3", True)]
    file.write_text(json.dumps(SESSION | {"runs": [*SESSION["runs"][:2], {"run_id": "other"}]}))
    assert look(indexer) == [("b", 2), ("other", 64)]
    assert rows(indexer, SUMMARY) == [(3, 1, 0.4, 66.0)], "two tries that are one run cost once"


def test_a_copy_of_a_session_does_not_count(indexer: Indexer, file: Path) -> None:
    os.utime(file, (1e9, 1e9))
    told = look(indexer)
    copy = Path(shutil.copytree(file.parent, file.parent.with_name("session-folder-2")))
    assert look(indexer) == told
    (copy / file.name).write_text(json.dumps(SESSION | {"runs": SESSION["runs"][:1]}))
    assert look(indexer) == [("a", 1)]
    assert rows(indexer, SUMMARY) == [(1, None, 0.4, 1.0)]
    assert broken_rules(indexer.store.connection) == []


def test_the_page_of_a_run_shows_its_session(
    indexer: Indexer, file: Path, dashboard: Dashboard
) -> None:
    indexer.run_pass()
    client = dashboard(indexer.layout.root)
    page = client.get("/runs/a").get_data(as_text=True)
    assert "3 tries, success at try 2" in page
    assert "&lt;b&gt;fine&lt;/b&gt;" in page
    assert "<script>alert" not in page
    assert 'href="/runs/b' in page
    (row,) = client.get("/api/analytics/sessions").get_json()["rows"]
    assert (row["tries"], row["cost_usd"], row["stated_cost_usd"]) == (3, 7.0, 9.0)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["session_id", "runs", "run_id", "evaluation", "score", "cost", "status"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(values)
def test_any_document_gives_a_session_or_an_issue(value: Any) -> None:
    document = Document("run_logs/x/session_summary.json", "x", json.dumps(value).encode())
    records = sessions.parse(document)
    assert records.sessions or records.issues
    for session in records.sessions:
        names = [run.run_id for run in session.runs]
        assert len(names) == len(set(names))
