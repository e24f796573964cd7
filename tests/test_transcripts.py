"""Transcripts: which lines are calls, what is one call, and that any bytes are taken."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.records import MAX_COUNT
from indexer.sources import NOTHING, Call, Document
from indexer.sources.transcripts import SOURCE, _call, _leniently, _strictly

USAGE = {
    "input_tokens": 4,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 5000,
    "output_tokens": 70,
    "service_tier": "standard",
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    "server_tool_use": {"web_search_requests": 0},
}

QUICK = settings(max_examples=60, derandomize=True, database=None)


def line(usage: Any = USAGE, message: Any = None, **changes: Any) -> dict[str, Any]:
    """One line as the agent writes it; a value of None leaves its key out."""
    told = {"id": "msg_1", "model": "claude-sonnet-4-5-20250929", "role": "assistant"}
    document = {
        "type": "assistant",
        "timestamp": "2025-11-18T12:30:00.250+02:00",
        "sessionId": "session-1",
        "requestId": "req_1",
        "uuid": "line-1",
        "cwd": "/home/me/shop",
        "isSidechain": False,
        "message": told | {"content": [{"type": "text", "text": "hi"}], "usage": usage},
    }
    document["message"] |= message or {}  # type: ignore[operator]
    document |= changes
    return {key: value for key, value in document.items() if value is not None}


def parse(document: Any, name: str = "file-name") -> tuple[Call | None, list[str]]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    records = SOURCE.parse(Document("p.jsonl", name, data))
    assert len(records.calls) <= 1
    call = records.calls[0] if records.calls else None
    return call, [issue.place for issue in records.issues]


def test_a_line_of_the_assistant_is_a_call() -> None:
    assert parse(line()) == (
        Call(
            call_id="msg_1/req_1",
            session_id="session-1",
            message_id="msg_1",
            project_dir="/home/me/shop",
            role="main",
            model="claude-sonnet-4-5-20250929",
            at=datetime(2025, 11, 18, 10, 30, 0, 250_000),  # noqa: DTZ001
            input_tokens=4,
            output_tokens=70,
            cache_write_tokens=300,
            cache_write_1h_tokens=200,
            cache_read_tokens=5000,
            service_tier="standard",
        ),
        [],
    )


@pytest.mark.parametrize(
    "other",
    [
        {"type": "user", "message": {"role": "user", "content": "hi"}},
        {"type": "user", "toolUseResult": {"usage": USAGE}, "message": {"content": []}},
        {"type": "summary", "summary": 'he said "usage"'},
        line(usage=None),
        line(message={"model": "<synthetic>"}),
        "usage",
        ["usage"],
    ],
)
def test_other_lines_are_none(other: Any) -> None:
    assert parse(other) == (None, [])


def test_lines_without_the_mark_are_no_fault() -> None:
    assert SOURCE.parse(Document("p", "n", b'{"message": ')) is NOTHING


def test_what_is_one_call() -> None:
    def identity(**changes: Any) -> str:
        call, issues = parse(line(**changes))
        assert call is not None
        assert issues == []
        return call.call_id

    def without_id(**changes: Any) -> str:
        return identity(message={"id": None}, **changes)

    assert identity() == identity(sessionId="resumed", uuid="line-2", isSidechain=True)
    assert identity() == identity(usage=USAGE | {"output_tokens": 900})
    assert identity(requestId="req_2") != identity()
    assert identity(requestId="") != identity(requestId="", sessionId="another gateway's")
    assert identity(requestId="") == identity(requestId="", uuid="line-2")
    assert without_id() == without_id(sessionId="resumed")
    assert without_id(uuid="") == without_id(uuid="")
    assert without_id(uuid="") != without_id(uuid="", cwd="/other")
    apart = [
        identity(message={"id": a}, requestId=b)
        for a, b in [("a/", "b"), ("a", "/b"), ("a%2F", "b"), ("a", "%2Fb"), ("a", "b")]
    ]
    assert len(set(apart)) == len(apart)
    long = [identity(message={"id": "x" * 600 + end}) for end in "ab"]
    assert long[0] != long[1]
    assert max(map(len, long)) < 200


def test_agents_below_the_main_one_are_a_role_and_speed_is_a_tier() -> None:
    call, _ = parse(line(isSidechain=True, usage=USAGE | {"speed": "fast"}, costUSD=0.25))
    assert call is not None
    assert (call.role, call.service_tier, call.cost_usd) == ("subagent", "fast", 0.25)


def test_a_wrong_value_is_unknown_and_told_of() -> None:
    usage = {"input_tokens": -1, "output_tokens": "many", "cache_read_input_tokens": 1e30}
    call, places = parse(
        line(usage=usage, timestamp="yesterday", costUSD=[], cwd=7, sessionId=None, uuid=None)
    )
    assert call is not None
    assert call.session_id == "file-name"
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens) == (None, None, None)
    assert (call.at, call.cost_usd, call.project_dir) == (None, None, None)
    assert sorted(places) == [
        "costUSD",
        "cwd",
        "message.usage.cache_read_input_tokens",
        "message.usage.input_tokens",
        "message.usage.output_tokens",
        "timestamp",
    ]


def test_half_a_line_is_told_of() -> None:
    call, places = parse(json.dumps(line()).encode()[:-2])
    assert (call, places) == (None, [""])


values = st.none() | st.booleans() | st.integers(-5, 2 * MAX_COUNT) | st.floats() | st.text()
usages = st.dictionaries(st.sampled_from([*USAGE, "speed"]), values)
lines = st.builds(
    line,
    usage=st.just(USAGE) | usages | values,
    message=st.dictionaries(st.sampled_from(["id", "model"]), values),
    timestamp=st.datetimes().map(datetime.isoformat) | values,
    sessionId=values,
    requestId=values,
    uuid=values,
    cwd=values,
    isSidechain=values,
    costUSD=values,
)


@QUICK
@given(lines)
def test_both_ways_give_the_same(document: dict[str, Any]) -> None:
    data = json.dumps(document).encode()
    quick, (slow, issues) = _strictly(data), _leniently(data)
    if quick is not None:
        at = Document("p", "n", data)
        assert issues == []
        assert _call(quick, at) == (_call(slow, at) if slow else None)


@QUICK
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_taken(noise: bytes, cut: int) -> None:
    whole = json.dumps(line()).encode()
    for data in (noise, noise + b'"input_tokens"', whole[:cut] + noise + whole[cut:]):
        records = SOURCE.parse(Document("p", noise.decode("utf-8", "surrogateescape"), data))
        assert records is NOTHING or records.calls or records.issues
