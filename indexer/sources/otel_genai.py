"""OpenTelemetry spans of model calls: OTLP as JSON, one export request a line.

A span that tells tokens is a call; its trace id and span id are its identity. A span that
sums what happened below it, that of an agent, a workflow or a tool, is none: its calls are
spans of their own. By the convention the input tokens hold those of the cache, and here
they do not; where cache tokens exceed the input they were told beside it and stay so.

Names of attributes have changed more than once, so each figure is looked for under the
names that it had, the newest first. Any bytes give calls and issues, never an exception.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from indexer.parse import decode
from indexer.records import MAX_NAME
from indexer.sources.interface import NOTHING, Document, Records, Source
from indexer.sources.records import Call
from indexer.times import from_nanoseconds
from indexer.values import Reader, clean

MARK = b"gen_ai.usage."
MAX_ISSUES = 20  # of one line, which may hold thousands of spans

_INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
_OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
)
_CACHE_WRITE = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
)
_MODEL = ("gen_ai.response.model", "gen_ai.request.model")
_TIER = ("openai.response.service_tier", "gen_ai.openai.response.service_tier")
_COST = ("gen_ai.usage.cost",)
# Operations whose usage is that of the spans below them.
_SUMS = frozenset({"invoke_agent", "create_agent", "invoke_workflow", "execute_tool"})
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")

Attributes = Mapping[str, Any]


def parse(document: Document) -> Records:
    """All calls of one export request."""
    if MARK not in document.data:
        return NOTHING
    request, error = decode(document.data)
    if error is not None:
        return Records(issues=[error])
    reader = Reader()
    calls = [
        call
        for service, span, at in _spans(request)
        if (call := _call(reader, service, span, at)) is not None
    ]
    return Records(calls=calls, issues=reader.issues[:MAX_ISSUES])


def _spans(document: Any) -> Iterator[tuple[str | None, Mapping[str, Any], str]]:
    """(service, span, its place) of everything that has the form of a span."""
    for i, group in enumerate(_objects(document, "resourceSpans")):
        resource = group.get("resource")
        service = _text(_attributes(resource).get("service.name"))
        scopes = _objects(group, "scopeSpans") or _objects(group, "instrumentationLibrarySpans")
        for j, scope in enumerate(scopes):
            for k, span in enumerate(_objects(scope, "spans")):
                yield service, span, f"resourceSpans[{i}].scopeSpans[{j}].spans[{k}]."


def _call(reader: Reader, service: str | None, span: Mapping[str, Any], at: str) -> Call | None:
    told = _attributes(span)
    operation = told.get("gen_ai.operation.name")
    if not any(name in told for name in (*_INPUT, *_OUTPUT)) or operation in _SUMS:
        return None
    trace, number = _text(span.get("traceId")), _text(span.get("spanId"))
    if trace is None or number is None:
        reader.warn(f"{at}spanId", span.get("spanId"), "a trace id and a span id")
        return None
    counts = _numbers(told)
    whole, output = reader.count(counts, _INPUT, at), reader.count(counts, _OUTPUT, at)
    read, written = reader.count(counts, _CACHE_READ, at), reader.count(counts, _CACHE_WRITE, at)
    cached = (read or 0) + (written or 0)
    return Call(
        call_id=f"{trace.lower()}/{number.lower()}",
        session_id=_text(told.get("gen_ai.conversation.id")) or trace.lower(),
        message_id=_text(told.get("gen_ai.response.id")),
        project_dir=service,
        role=_text(told.get("gen_ai.agent.name")) or "main",
        model=next((text for name in _MODEL if (text := _text(told.get(name)))), None),
        at=_time(reader, span, at),
        input_tokens=whole - cached if whole is not None and whole >= cached else whole,
        output_tokens=output,
        cache_write_tokens=written,
        cache_read_tokens=read,
        cost_usd=reader.money(counts, _COST, at),
        service_tier=next((text for name in _TIER if (text := _text(told.get(name)))), None),
    )


def _objects(parent: Any, key: str) -> list[Mapping[str, Any]]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _attributes(parent: Any) -> Attributes:
    """Key -> value; lists and maps are left out, nothing is asked of them."""
    found: dict[str, Any] = {}
    for item in _objects(parent, "attributes"):
        key, value = item.get("key"), item.get("value")
        if isinstance(key, str) and isinstance(value, dict):
            for kind in _VALUES:
                if value.get(kind) is not None:
                    found[key] = value[kind]
                    break
    return found


def _numbers(told: Attributes) -> Attributes:
    """Whole numbers are text in OTLP; those that are as numbers."""
    return {
        key: int(value) if isinstance(value, str) and _is_number(value) else value
        for key, value in told.items()
        if key.startswith("gen_ai.usage.")
    }


def _is_number(text: str) -> bool:
    return len(text) < 20 and text.isascii() and text.isdigit()


def _text(value: Any) -> str | None:
    """A name, cleaned and cut; None for what is no text or empty."""
    return clean(value)[:MAX_NAME] or None if isinstance(value, str) else None


def _time(reader: Reader, span: Mapping[str, Any], at: str) -> datetime | None:
    """When the call began, naive UTC."""
    value = span.get("startTimeUnixNano")
    if isinstance(value, str) and _is_number(value):
        value = int(value)
    if type(value) is int and 0 < value < 2**63:
        return from_nanoseconds(value)
    if value is not None:
        reader.warn(f"{at}startTimeUnixNano", value, "nanoseconds since 1970")
    return None


SOURCE = Source(
    name="otel_genai",
    title="OpenTelemetry spans of model calls",
    folder="agent/otel",
    pattern="**/*.json*",
    cut="lines",
    parse=parse,
    on=False,
    mark=MARK,
)
