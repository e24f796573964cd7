"""Calls become runs: one row a call whatever its copies, one run a session, counted once."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from indexer import parse, sqlfiles
from indexer.ingest import Indexer
from indexer.layout import Layout
from tests.conftest import Dashboard
from tests.test_views import add_run

NOW = datetime(2026, 1, 1)  # noqa: DTZ001
Rows = list[dict[str, Any]]


def call(call_id: str, **values: Any) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "source": "transcripts",
        "path": "a.jsonl",
        "file_offset": 0,
        "run_id": None,
        "session_id": "s1",
        "message_id": None,
        "project_dir": "/home/me/shop/",
        "role": "main",
        "model": "m",
        "called_at": NOW,
        "input_tokens": 10,
        "output_tokens": 1,
        "cache_write_tokens": None,
        "cache_write_1h_tokens": None,
        "cache_read_tokens": 100,
        "cost_usd": Decimal("0.5"),
        "service_tier": None,
        **values,
    }


def store(connection: duckdb.DuckDBPyConnection, calls: Rows) -> None:
    connection.execute("set variable pass_time = ?", [NOW])
    connection.execute("create or replace temp table staged_calls as from llm_calls limit 0")
    if calls:
        marks = ", ".join("?" * len(calls[0]))
        connection.executemany(
            f"insert into staged_calls ({', '.join(calls[0])}) values ({marks})",
            [list(row.values()) for row in calls],
        )
    connection.execute("create or replace temp table recounted_runs (run_id varchar)")
    connection.execute(
        "insert into sources select min(source), 'indexed', null, 0, 0, 0, 0, '', false,"
        " 0, null::timestamp, 0, null, path from staged_calls"
        " where path not in (select path from sources) group by path"
    )
    connection.execute(sqlfiles.load("calls"))
    connection.execute(sqlfiles.load("call_runs"))


USAGE = ("role_usage", "model_usage")


def state(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    return [
        connection.execute(f"from {table} order by all").fetchall()
        for table in ("llm_calls", "(select * exclude (run_key) from runs)", *USAGE)
    ]


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_a_session_is_a_run(connection: duckdb.DuckDBPyConnection) -> None:
    hour = timedelta(hours=1)
    store(
        connection,
        [
            call("a", called_at=NOW + hour, project_dir="/elsewhere"),
            call("b", cache_write_tokens=1000),
            call("c", role="subagent", model="n", called_at=NOW + 2 * hour, path="b.jsonl"),
            call("d", model="n", called_at=None),
            call("e", session_id="s2", cost_usd=None),
            call("f", session_id="s2"),
        ],
    )
    assert ask(
        connection,
        "select run_id, source_path, project_name, project_dir, mode, started_at, finished_at,"
        " calls, input_tokens, output_tokens, total_tokens, cost_usd from runs order by run_id",
    ) == [
        (
            "s1",
            "b.jsonl",
            "shop",
            "/home/me/shop/",
            "transcripts",
            NOW,
            NOW + 2 * hour,
            4,
            1440,
            4,
            1444,
            Decimal(2),
        ),
        ("s2", "a.jsonl", "shop", "/home/me/shop/", "transcripts", NOW, NOW, 2, 220, 2, 222, None),
    ]
    assert ask(
        connection,
        "select run_id, role, model, calls, total_tokens, cost_usd from role_usage order by all",
    ) == [
        ("s1", "main", "m", 2, 1222, Decimal(1)),
        ("s1", "main", "n", 1, 111, Decimal("0.5")),
        ("s1", "subagent", "n", 1, 111, Decimal("0.5")),
        ("s2", "main", "m", 2, 222, None),
    ]
    assert ask(
        connection, "select run_id, model, calls, cost_usd from model_usage order by all"
    ) == [
        ("s1", "m", 2, Decimal(1)),
        ("s1", "n", 2, Decimal(1)),
        ("s2", "m", 2, None),
    ]


def test_figures_hold_for_roles_of_several_models(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, [call("a"), call("b", model="n"), call("c", role="subagent")])
    assert ask(connection, "select role, runs, cost::double from role_summary order by role") == [
        ("main", 1, 1.0),
        ("subagent", 1, 0.5),
    ]
    assert ask(connection, "select uses, runs from report_total('roles')") == [(2, 1)]
    assert ask(connection, "select value, runs from filter_choices where filter = 'role'") == [
        ("main", 1),
        ("subagent", 1),
    ]


def test_the_run_of_another_record_stays_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    add_run(connection, "s1", cost_usd=9)
    store(connection, [call("a"), call("b", session_id="s2")])
    assert ask(connection, "select run_id, cost_usd::double from runs order by all") == [
        ("s1", 9.0),
        ("s2", 0.5),
    ]
    assert ask(connection, "select distinct run_id from role_usage") == [("s2",)]


def test_one_kind_of_record_speaks_for_a_run(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, [call(name, source="otel_genai") for name in "ab"])
    store(connection, [call(name) for name in "cde"])
    assert ask(connection, "select mode, calls from runs") == [("transcripts", 3)]
    store(connection, [call(name, source="otel_genai") for name in "fghi"])
    assert ask(connection, "select mode, calls from runs") == [("otel_genai", 6)]


def test_only_runs_that_a_batch_touches_are_written(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    store(connection, [call("a"), call("b", session_id="s2")])
    connection.execute("update runs set indexed_at = '2000-01-01'")
    store(connection, [call("b", session_id="s2"), call("c")])
    assert ask(connection, "select run_id, year(indexed_at) from runs order by all") == [
        ("s1", 2026),
        ("s2", 2000),
    ]


def test_a_call_that_moves_leaves_its_run(connection: duckdb.DuckDBPyConnection) -> None:
    store(connection, [call("a", session_id="s2"), call("b", session_id="s2")])
    store(connection, [call("a", session_id="s1", path="b.jsonl")])
    assert ask(connection, "select run_id, calls from runs order by all") == [("s1", 1), ("s2", 1)]
    store(connection, [call("b", session_id="s1", output_tokens=2)])
    assert ask(connection, "select run_id, calls from runs order by all") == [("s1", 2)]


copies = st.lists(
    st.builds(
        call,
        st.sampled_from("abc"),
        source=st.sampled_from(["transcripts", "otel_genai"]),
        path=st.sampled_from(["a.jsonl", "b.jsonl"]),
        file_offset=st.integers(0, 2),
        session_id=st.sampled_from(["s1", "s2", None]),
        message_id=st.sampled_from(["m1", None]),
        role=st.sampled_from(["main", "subagent"]),
        model=st.sampled_from(["m", "n", None]),
        called_at=st.sampled_from([NOW, NOW - timedelta(days=1), None]),
        input_tokens=st.sampled_from([10, 20, None]),
        output_tokens=st.sampled_from([1, 2, None]),
        cost_usd=st.sampled_from([Decimal(1), None]),
    ),
    max_size=8,
)


@settings(
    max_examples=6,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(copies, st.integers(0, 8), st.randoms(use_true_random=False))
def test_copies_in_any_order_and_any_batches_give_the_same(
    connection: duckdb.DuckDBPyConnection, calls: Rows, cut: int, rng: random.Random
) -> None:
    def stored(*batches: Rows) -> list[Any]:
        for table in ("llm_calls", "runs", "role_usage_rows", "other_model_rows"):
            connection.execute(f"delete from {table}")
        for batch in batches:
            store(connection, batch)
        assert ask(connection, sqlfiles.audits()["keys_are_unique"]) == []
        return state(connection)

    shuffled = rng.sample(calls, len(calls))
    at_once = stored(calls)
    assert stored(shuffled[:cut], shuffled[cut:]) == at_once
    assert stored(calls, shuffled, calls[:1]) == at_once


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.none() | st.text(alphabet='ab/\\\n ."', max_size=12) | st.text(max_size=520))
def test_a_project_is_named_as_everywhere(
    connection: duckdb.DuckDBPyConnection, text: str | None
) -> None:
    clean = text.replace("\0", "") if text else text
    assert ask_one(connection, clean) == parse.project_name(clean)


def ask_one(connection: duckdb.DuckDBPyConnection, folder: str | None) -> Any:
    row = connection.execute("select project_of(?)", [folder]).fetchone()
    return row[0] if row else None


def test_pages_say_how_the_cost_is_known(tmp_path: Path, dashboard: Dashboard) -> None:
    with Indexer(Layout.of(tmp_path)) as indexer:
        indexer.run_pass()
        with indexer.store.transaction():
            store(
                indexer.store.connection,
                [
                    call("a", called_at=NOW, model="claude-haiku-4-5", cost_usd=None),
                    call("b", cost_usd=Decimal("0.5")),
                    call("c", cost_usd=None, model="<b>&new"),
                ],
            )
            indexer.store.changed()
        indexer.publish()
    client = dashboard(tmp_path)
    run = client.get("/runs/s1").get_data(as_text=True)
    assert "computed<small" in run
    assert '<th scope="row">measured</th>' in run
    assert "no price of this model" in run
    health = client.get("/health").get_data(as_text=True)
    assert "measured for 1, computed from the price table for 1 in 1 run, and unknown" in health
    assert "&lt;b&gt;&amp;new" in health
    assert "<b>" not in health
    summary = client.get("/api/analytics/summary").get_json()
    assert (summary["total_runs"], summary["cost_unknown_runs"]) == (1, 1)
