"""Calls of other tools from their files to the figures: read on, priced, counted once."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from indexer.check import check
from indexer.forget import remove
from indexer.ingest import Indexer
from indexer.layout import Layout
from tests.helpers import ask, index, write_config, write_run
from tests.test_otel_genai import CHAT, request, span
from tests.test_transcripts import USAGE, line

ON = {"sources": {"transcripts": True, "otel_genai": True}}


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    root = tmp_path / "root"
    root.mkdir()
    configure(root)
    return Layout.of(root)


def configure(root: Path, **settings: object) -> None:
    write_config(root, json.dumps({"analytics": ON | settings}))


def append(path: Path, *documents: object, half: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(document) + "\n" for document in documents)
        file.write(half)


def transcript(layout: Layout, name: str = "session-1") -> Path:
    return layout.root.parent / "home" / ".claude" / "projects" / "-shop" / f"{name}.jsonl"


def runs(layout: Layout) -> list[tuple[Any, ...]]:
    return ask(
        layout,
        "select run_id, calls, total_tokens::int, cost_usd::double from runs order by run_id",
    )


# 4 · $3 + 100 · $3.75 + 200 · $6 + 5,000 · $0.30 + 70 · $15, for a million each
COST = 0.004137
TOKENS = 5374


def test_a_session_is_read_on_and_each_call_counts_once(layout: Layout) -> None:
    path = transcript(layout)
    growing, whole = line(usage=USAGE | {"output_tokens": 1}), json.dumps(line())
    append(path, {"type": "user", "message": {"content": "hi"}}, growing, half=whole[:200])
    index(layout)
    assert runs(layout)[0][:3] == ("session-1", 1, 5305)
    append(path, half=f"{whole[200:]}\n")
    append(path, line(), line(requestId="req_2", message={"id": "msg_2"}))
    resumed = [line(sessionId="session-2"), line(sessionId="session-2", requestId="req_3")]
    append(transcript(layout, "session-2"), *resumed)
    index(layout)
    assert runs(layout) == [
        ("session-1", 2, 2 * TOKENS, pytest.approx(2 * COST)),
        ("session-2", 1, TOKENS, pytest.approx(COST)),
    ]
    assert ask(layout, "select project_name, mode, started_at::varchar from runs limit 1") == [
        ("shop", "transcripts", "2025-11-18 10:30:00.25")
    ]
    assert check(layout) == []
    kept = path.read_bytes()
    path.unlink()
    index(layout)
    index(layout, audited=True)
    # The money was spent, so the run stays.
    assert ask(layout, "select run_id, source_missing_since is null from runs order by 1") == [
        ("session-1", False),
        ("session-2", True),
    ]
    path.write_bytes(kept)
    index(layout)
    assert ask(layout, "select count(source_missing_since) from runs") == [(0,)]
    path.unlink()
    index(layout)
    index(layout)
    with Indexer(layout) as indexer:
        refused = remove(indexer, ["session-1", "session-2"])
        indexer.publish()
    assert list(refused) == ["session-2"]
    assert [row[0] for row in runs(layout)] == ["session-2"]


def test_spans_are_read_and_what_has_no_price_is_shown(layout: Layout) -> None:
    other = CHAT | {"gen_ai.response.model": "model-of-tomorrow", "gen_ai.conversation.id": "c-2"}
    export = request(span(CHAT), span(other, spanId="b" * 16))
    append(layout.root / "agent" / "otel" / "spans.jsonl", export, export)
    index(layout, audited=True)
    found = runs(layout)
    assert found[0][:3] == ("c-2", 1, 1050)
    assert found[0][3] is None
    # 300 · $2.50 + 600 · $1.25 + 50 · $10; that of cache writes is not known, so not at all
    assert found[1] == ("conv-1", 1, 1050, None)
    assert ask(layout, "select model, reason, calls from unpriced_calls order by all") == [
        ("gpt-4o-2024-08-06", "no price of cached tokens", 1),
        ("model-of-tomorrow", "no price of this model", 1),
    ]


def test_a_price_table_of_ones_own_takes_effect_at_once(layout: Layout) -> None:
    append(transcript(layout), line(), line(requestId="r2", costUSD=7))
    prices = layout.root / "prices.json"
    priced = {"model": "claude-sonnet-4-5", "input": 0, "output": 1_000_000, "source": "ours"}
    kinds = {"cache_write_5m": 0, "cache_write_1h": 0, "cache_read": 0, "seen": "2026-01-01"}
    prices.write_text(json.dumps({"prices": [priced | kinds]}))
    index(layout)
    assert runs(layout)[0][3] == pytest.approx(7 + COST)
    configure(layout.root, prices="prices.json")
    index(layout)
    assert runs(layout)[0][3] == 77.0
    prices.write_text(json.dumps({"prices": [priced | kinds | {"from": "2025-11-19"}]}))
    index(layout)
    assert runs(layout)[0][3] is None  # no price of that day yet
    assert ask(layout, "select valid_from from prices") == [(date(2025, 11, 19),)]


def test_a_run_that_its_summary_tells_of_counts_once(layout: Layout) -> None:
    append(transcript(layout), line())
    index(layout)
    summary = {"run_id": "session-1", "cost_summary": {"total_cost_usd": 9, "by_role": {}}}
    write_run(layout.root, "r", summary)
    for other in range(9):  # else so many gone would not be believed
        write_run(layout.root, f"other-{other}", {})
    append(transcript(layout), line(requestId="r2"))
    index(layout, audited=True)
    assert runs(layout)[-1][3] == 9.0
    assert ask(layout, "select count(*) from llm_calls") == [(2,)]
    shutil.rmtree(layout.run_logs / "r")
    configure(layout.root, on_missing="forget")
    index(layout)
    index(layout)
    assert runs(layout)[-1] == ("session-1", 2, 2 * TOKENS, pytest.approx(2 * COST))


def test_nothing_is_read_unless_it_is_turned_on(layout: Layout) -> None:
    append(transcript(layout), line())
    write_config(layout.root, "{}")
    index(layout)
    assert runs(layout) == []
