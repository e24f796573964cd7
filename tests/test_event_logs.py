"""Events of runs: what a run cost so far, how it stands, and that it counts once."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import tail
from indexer.ingest import Indexer
from indexer.sources import Document, event_logs
from tests.helpers import broken_rules, write_run
from tests.test_documents import START, indexer, line, log, look, rows, summary
from web import create_app

__all__ = ["indexer", "log"]
BEGAN = 1_763_095_834.848


def event(kind: str, after: float, run_id: str | None = "r1", **payload: Any) -> bytes:
    document = {
        "run_id": run_id,
        "timestamp": BEGAN + after,
        "event_type": kind,
        "payload": payload,
        "schema_version": 1,
    }
    return json.dumps(document).encode() + b"\n"


def call(after: float, cost: float | None, role: str = "manager") -> bytes:
    usage: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 5, "cost_usd": cost}
    return event("llm_call", after, role=role, model="gpt-5-nano", **usage)


LINES = [
    event("start", 0, project_folder="sites/landing/", config={"mode": "3LOOP", "max_rounds": 2}),
    event("iteration_begin", 1, iteration=1),
    call(2, 0.25),
    event("safety_check", 3, status="passed"),
    event("iteration_end", 4, iteration=1, status="needs_changes"),
    event("iteration_begin", 5, iteration=2),
    call(6, 0.5, "employee"),
    event("error", 7, message="<b>no</b>"),
    event("iteration_end", 8, iteration=2, status="approved"),
]
END = event("final_status", 9, status="approved", total_cost_usd=0.75)


@pytest.fixture
def events(log: Path) -> Path:
    folder = log.parent.parent / "run_logs_main"
    folder.mkdir()
    return folder / "r1.jsonl"


def test_a_run_that_goes_on_is_there_with_its_cost_so_far(indexer: Indexer, events: Path) -> None:
    events.write_bytes(b"".join(LINES[:4]) + LINES[4][:30])
    assert look(indexer) == [("r1", 0.25)]
    query = (
        "select project_name, mode, started_at::varchar, finished_at, rounds_completed, max_rounds,"
        " final_status, safety_status, calls, total_tokens from runs"
    )
    began = "2025-11-14 04:50:34.848"
    assert rows(indexer, query) == [
        ("landing", "3loop", began, None, 0, 2, None, "passed", 1, 15)
    ]  # fmt: skip
    events.write_bytes(b"".join(LINES) + END)
    assert look(indexer) == [("r1", 0.75)]
    found = rows(indexer, query.replace("finished_at", "finished_at::varchar"))
    assert found == [
        ("landing", "3loop", began, "2025-11-14 04:50:43.848", 2, 2, "approved", "passed", 2, 30)
    ]
    roles = "select role, cost_usd::double from role_usage order by role"
    assert rows(indexer, roles) == [("employee", 0.5), ("manager", 0.25)]
    assert broken_rules(indexer.store.connection) == []
    path = write_run(indexer.layout.root, "r1", summary("r1", 4))
    assert look(indexer) == [("r1", 4)]
    with events.open("ab") as file:
        file.write(event("error", 10))
    assert look(indexer) == [("r1", 4)]
    path.write_text(json.dumps(summary("r2", 8)))
    assert look(indexer) == [("r1", 0.75), ("r2", 8)]
    assert broken_rules(indexer.store.connection) == []


def test_a_role_that_falls_back_to_another_model_is_one_role(
    indexer: Indexer, events: Path
) -> None:
    more = event("llm_call", 4, role="manager", model="gpt-4o", cost_usd=0.5)
    events.write_bytes(b"".join(LINES[:4]) + more + call(5, 1.0, "employee"))
    look(indexer)
    connection = indexer.store.connection
    for roles in (None, ["manager"], ["manager", "employee"]):
        connection.execute("set variable roles = ?", [roles])
        query = "select role, runs, cost::double from role_summary where role = 'manager'"
        assert rows(indexer, query) == [("manager", 1, 0.75)]
        cost = {"manager": 0.75}.get("".join(roles or []), 1.75)
        assert rows(indexer, "select total_runs, total_cost::double from overall_summary") == [
            (1, cost)
        ]


def test_states_and_phases(indexer: Indexer, events: Path) -> None:
    events.write_bytes(b"".join(LINES[:6]))
    look(indexer)
    states = "select run_id, state, cost_usd::double, seconds_since from run_progress"
    connection = indexer.store.connection
    connection.execute("set variable as_of = '2025-11-14 04:55:00'")
    assert rows(indexer, states) == [("r1", "running", 0.25, 260.152)]
    connection.execute("set variable as_of = '2025-11-14 06:00:00'")
    assert rows(indexer, states)[0][1] == "stalled"
    found = rows(indexer, "select iteration, seconds, events, calls from run_phases('r1')")
    assert found == [(None, 1.0, 1, 0), (1, 4.0, 4, 1), (2, None, 1, 0)]
    events.write_bytes(b"".join(LINES) + END)
    look(indexer)
    assert rows(indexer, states) == []
    found = rows(indexer, "select iteration, seconds, events, calls from run_phases('r1')")
    assert found == [(None, 1.0, 1, 0), (1, 4.0, 4, 1), (2, 4.0, 5, 1)]
    ends = {"event_type": "final_status", "payload": {"status": "approved"}}  # and no time
    events.with_name("r2.jsonl").write_bytes(
        event("start", 20, "r2") + json.dumps(ends).encode() + b"\n"
    )
    look(indexer)
    assert rows(indexer, states) == []
    assert rows(indexer, "select final_status from runs where run_id = 'r2'") == [("approved",)]
    connection.execute("reset variable as_of")


def test_pages_say_that_a_run_goes_on_or_has_stalled(indexer: Indexer, events: Path) -> None:
    events.write_bytes(b"".join(LINES))
    indexer.run_pass()
    client = create_app(indexer.layout.root).test_client()
    for as_of, state, told in (
        ("2025-11-14T04:55:00Z", "running", "The run goes on."),
        ("2025-11-14T06:00:00Z", "stalled", "the run has stalled"),
    ):
        listed = client.get(f"/runs?as_of={as_of}").get_data(as_text=True)
        assert re.search(rf'<span class="badge \w+">{state}</span>', listed)
        page = client.get(f"/runs/r1?as_of={as_of}").get_data(as_text=True)
        assert told in page
        assert "Time per round" in page
        assert "before the first" in page
        found = client.get(f"/api/analytics/running?as_of={as_of}")
        assert found.headers["Cache-Control"] == "no-store"
        (row,) = found.get_json()["rows"]
        assert (row["run_id"], row["state"], row["cost_usd"]) == ("r1", state, 0.75)
    client.application.extensions["runmeter"].close()


def test_an_unknown_call_makes_the_cost_unknown(indexer: Indexer, events: Path) -> None:
    events.write_bytes(LINES[0] + call(1, 1) + call(2, None))
    assert look(indexer) == [("r1", None)]


def test_any_mixture_counts_a_run_once(indexer: Indexer, events: Path, log: Path) -> None:
    """Events and a line of one id, and a summary of another that began with the line."""
    events.write_bytes(b"".join(LINES) + END)
    look(indexer)
    log.write_bytes(line("r1", 2) + b"\n")
    assert look(indexer) == [("r1", 2)]
    path = write_run(indexer.layout.root, "folder", summary("other", 4))
    assert look(indexer) == [("other", 4)]
    with events.open("ab") as file:
        file.write(event("error", 11))
    assert look(indexer) == [("other", 4)]
    assert broken_rules(indexer.store.connection) == []
    path.write_text(json.dumps(summary("other", 4, START.replace("04:", "05:"))))
    assert look(indexer) == [("other", 4), ("r1", 2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(
    st.lists(st.sampled_from([*LINES, LINES[2], END, b"\xff\n", b"{}\n"]), max_size=9),
    st.lists(st.integers(0, 2500), max_size=3),
    st.booleans(),
)
def test_any_cut_and_a_rotation_give_the_same_events(
    indexer: Indexer, events: Path, lines: list[bytes], cuts: list[int], rotated: bool
) -> None:
    """Equal lines are as many events as there are; read again they are no more."""
    events.unlink(missing_ok=True)
    indexer.store.forget(["r1"])
    for table in ("appended_files", "run_events"):
        indexer.store.connection.execute(f"delete from {table}")
    indexer.documents._known.clear()
    data = b"".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK", 1000)
        for cut in [*sorted(cuts), len(data)]:
            events.write_bytes(data[: min(cut, len(data))])
            look(indexer)
        if rotated:
            events.write_bytes(b"# other\n" + data)
            look(indexer)
    found = rows(indexer, "select count(*), count(*) filter (event_type = 'llm_call'),"
        " sum(cost_usd) filter (event_type = 'llm_call')::double from run_events"
    )  # fmt: skip
    good = [json.loads(one) for one in lines if one.startswith(b'{"run')]
    calls = [one["payload"]["cost_usd"] for one in good if one["event_type"] == "llm_call"]
    assert found == [(len(good), len(calls), sum(calls) if calls else None)]


@given(st.binary(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.dictionaries(
        st.sampled_from(["run_id", "timestamp", "event_type", "payload", "config", "mode", "cost"]),
        inner, max_size=5,
    ),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_bytes_give_an_event_or_an_issue(data: bytes) -> None:
    records = event_logs.parse(Document("agent/run_logs_main/r.jsonl", "r", data))
    assert records.events or records.issues
    for found in records.events:
        assert found.run_id
        assert "\0" not in found.run_id + (found.payload or "")
