"""OpenTelemetry spans: which are calls, the names their figures have had, any bytes."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.sources import NOTHING, Call, Document, Records
from indexer.sources.otel_genai import MAX_ISSUES, SOURCE

TRACE, SPAN = "5B8EFFF798038103D269B633813FC60C", "EEE19B7EC3C1B174"

QUICK = settings(max_examples=60, derandomize=True, database=None)


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue", list: "arrayValue"}
    return [
        {"key": key, "value": {kinds[type(value)]: str(value) if type(value) is int else value}}
        for key, value in values.items()
    ]


def span(values: dict[str, Any], **changes: Any) -> dict[str, Any]:
    told = {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": "1763461800250000000"}
    return told | {"attributes": attributes(values)} | changes


def request(*spans: dict[str, Any], service: str = "shop") -> dict[str, Any]:
    resource = {"attributes": attributes({"service.name": service})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def parse(document: Any) -> Records:
    return SOURCE.parse(Document("p.jsonl", "p", json.dumps(document).encode()))


CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.agent.name": "planner",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cache_read.input_tokens": 600,
    "gen_ai.usage.cache_creation.input_tokens": 100,
    "openai.response.service_tier": "default",
    "gen_ai.response.finish_reasons": ["stop"],
}


def test_a_span_that_tells_tokens_is_a_call() -> None:
    assert parse(request(span(CHAT))).calls == [
        Call(
            call_id=f"{TRACE}/{SPAN}".lower(),
            session_id="conv-1",
            message_id="chatcmpl-1",
            project_dir="shop",
            role="planner",
            model="gpt-4o-2024-08-06",
            at=datetime(2025, 11, 18, 10, 30, 0, 250_000),  # noqa: DTZ001
            input_tokens=300,
            output_tokens=50,
            cache_write_tokens=100,
            cache_read_tokens=600,
            service_tier="default",
        )
    ]


def test_figures_under_the_names_that_they_had() -> None:
    old = {
        "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.prompt_tokens": 10,
        "gen_ai.usage.completion_tokens": 5,
        "gen_ai.usage.cache_read_input_tokens": 900,
        "gen_ai.usage.cost": 0.25,
    }
    told = request(span(old))
    told["resourceSpans"][0]["instrumentationLibrarySpans"] = told["resourceSpans"][0].pop(
        "scopeSpans"
    )
    (call,) = parse(told).calls
    # More came from the cache than there was input, so it was told beside it.
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens) == (10, 5, 900)
    assert (call.session_id, call.role, call.model) == (TRACE.lower(), "main", "claude-sonnet-4-5")
    assert call.cost_usd == 0.25


@pytest.mark.parametrize(
    "values",
    [
        {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.cost": 1.0},
        CHAT | {"gen_ai.operation.name": "invoke_agent"},
        CHAT | {"gen_ai.operation.name": "execute_tool"},
    ],
)
def test_spans_without_tokens_or_with_those_of_others_are_none(values: dict[str, Any]) -> None:
    assert parse(request(span(values))) == Records()


def test_a_span_that_cannot_be_told_apart_is_told_of() -> None:
    found = parse(request(*[span(CHAT, spanId=7)] * 30, span(CHAT, startTimeUnixNano="soon")))
    assert [call.at for call in found.calls] == [None]
    assert len(found.issues) == MAX_ISSUES
    assert found.issues[0].place == "resourceSpans[0].scopeSpans[0].spans[0].spanId"


def test_lines_without_the_mark_are_not_even_parsed() -> None:
    assert SOURCE.parse(Document("p", "n", b'{"resourceSpans": ')) is NOTHING


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceSpans",
                    "scopeSpans",
                    "spans",
                    "attributes",
                    "key",
                    "value",
                    "intValue",
                    "traceId",
                ]
            )
            | st.just("gen_ai.usage.input_tokens"),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@QUICK
@given(st.binary(max_size=200), anything, st.integers(0, 900))
def test_any_bytes_and_any_form_are_taken(noise: bytes, form: Any, cut: int) -> None:
    whole = json.dumps(request(span(CHAT))).encode()
    groups = [{"scopeSpans": [{"spans": [form, span(CHAT, attributes=form)]}]}, form]
    odd = json.dumps({"note": "gen_ai.usage.", "resourceSpans": groups}).encode()
    for data in (noise + b"gen_ai.usage.", odd, whole[:cut] + noise + whole[cut:]):
        records = SOURCE.parse(Document("p", "n", data))
        assert records is NOTHING or isinstance(records, Records)
