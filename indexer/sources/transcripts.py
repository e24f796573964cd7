"""Transcripts of coding agents: one JSON line a message, usage in those of the assistant.

A message is written many times: once for each part of its content, while it streams with
a growing count of output tokens, and again by a session that resumes or forks another.
What is one call is therefore decided by identity and not by place:

- message id and request id together, across files and sessions;
- without a request id, as gateways leave it out, the message id within its session;
- without a message id the line's own `uuid`, and without that its bytes.

Which of several lines of one call holds is decided where they are stored, so that any
order gives the same rows. Nothing is summed or priced here. Lines without usage, and what
the agent wrote itself in the place of an answer, are no calls. Any bytes give a call, an
issue or nothing, never an exception.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from indexer.parse import decode
from indexer.records import MAX_NAME, MAX_TEXT, Count, Issue, Money, Name, Text
from indexer.sources.interface import NOTHING, Document, Records, Source
from indexer.sources.records import Call
from indexer.values import Reader, clean

# Without it a line has no usage; as text within a line its quotes would be escaped.
MARK = b'"input_tokens"'
# The model that the agent names where it answers itself, as for an interrupted request.
SYNTHETIC = "<synthetic>"
MAIN, SUBAGENT = "main", "subagent"
# What `clean` replaces and the decoder takes; lone surrogates it does not.
_NUL = b"\\u0000"


class _Written(msgspec.Struct, gc=False):
    """`cache_creation`: cache writes by how long they are kept."""

    ephemeral_1h_input_tokens: Count | None = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: _Written | None = None
    service_tier: Name | None = None
    speed: Name | None = None


class _Message(msgspec.Struct, gc=False):
    id: Name | None = None
    model: Name | None = None
    usage: _Usage | None = None


class _Line(msgspec.Struct, gc=False):
    timestamp: datetime | None = None
    sessionId: Name | None = None
    requestId: Name | None = None
    uuid: Name | None = None
    cwd: Text | None = None
    isSidechain: bool | None = None
    costUSD: Money | None = None
    message: _Message | None = None


_STRICT = msgspec.json.Decoder(_Line)


def parse(document: Document) -> Records:
    """One line; the file's name is the session where the line tells none."""
    data = document.data
    line = _strictly(data)
    if line is None:
        if MARK not in data:
            return NOTHING
        line, issues = _leniently(data)
        if issues:
            call = _call(line, document) if line else None
            return Records(calls=[call] if call else [], issues=issues)
    call = _call(line, document) if line else None
    return Records(calls=[call]) if call else NOTHING


def _strictly(data: bytes) -> _Line | None:
    """A line in which every value is as it should be; None where one may not be."""
    if _NUL in data:
        return None
    try:
        line = _STRICT.decode(data)
        line.timestamp = _naive(line.timestamp)
        return line
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def _call(line: _Line, document: Document) -> Call | None:
    message = line.message
    if message is None or message.usage is None or message.model == SYNTHETIC:
        return None
    usage = message.usage
    session = line.sessionId or clean(document.name)[:MAX_NAME]
    return Call(
        call_id=_identity(message.id, line.requestId, session, line.uuid, document.data),
        session_id=session,
        message_id=message.id or None,
        project_dir=line.cwd or None,
        role=SUBAGENT if line.isSidechain else MAIN,
        model=message.model or None,
        at=line.timestamp,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_write_tokens=usage.cache_creation_input_tokens,
        cache_write_1h_tokens=(
            usage.cache_creation.ephemeral_1h_input_tokens if usage.cache_creation else None
        ),
        cache_read_tokens=usage.cache_read_input_tokens,
        cost_usd=line.costUSD,
        service_tier=_tier(usage),
    )


def _naive(time: datetime | None) -> datetime | None:
    if time is None or time.tzinfo is None:
        return time
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return time.replace(tzinfo=None)


def _tier(usage: _Usage) -> str | None:
    """What was bought where it has a price of its own: a tier, or a mode of speed."""
    if usage.speed and usage.speed != "standard":
        return usage.speed
    return usage.service_tier or None


def _identity(
    message: str | None, request: str | None, session: str, uuid: str | None, data: bytes
) -> str:
    if message and request:
        return f"{_part(message)}/{_part(request)}"
    if message:
        return f"{_part(message)}//{_part(session)}"
    if uuid:
        return f"/{_part(uuid)}"
    return f"//{hashlib.blake2b(data.strip(), digest_size=16).hexdigest()}"


def _part(text: str) -> str:
    """Parts that differ give identities that differ."""
    if "/" in text or "%" in text:
        return text.replace("%", "%25").replace("/", "%2F")
    return text


def _leniently(data: bytes) -> tuple[_Line | None, list[Issue]]:
    """Value by value; what is of a wrong kind becomes unknown and is told of."""
    document, error = decode(data)
    if error is not None:
        return None, [error]
    message = document.get("message") if isinstance(document, dict) else None
    usage = message.get("usage") if isinstance(message, dict) else None
    if not isinstance(document, dict) or not isinstance(message, dict) or usage is None:
        return None, []
    reader = Reader()
    counts = reader.section(message, "usage", "message.")
    written = reader.section(counts, "cache_creation", "message.usage.")
    at = "message.usage."
    line = _Line(
        timestamp=reader.time(document, "timestamp"),
        sessionId=_name(reader, document, "sessionId"),
        requestId=_name(reader, document, "requestId"),
        uuid=_name(reader, document, "uuid"),
        cwd=reader.text(document, "cwd", limit=MAX_TEXT),
        isSidechain=document.get("isSidechain") is True,
        costUSD=reader.money(document, ("costUSD",)),
        message=_Message(
            id=_name(reader, message, "id", "message."),
            model=reader.text(message, "model", "message.", MAX_NAME),
            usage=_Usage(
                input_tokens=reader.count(counts, ("input_tokens",), at),
                output_tokens=reader.count(counts, ("output_tokens",), at),
                cache_creation_input_tokens=reader.count(
                    counts, ("cache_creation_input_tokens",), at
                ),
                cache_read_input_tokens=reader.count(counts, ("cache_read_input_tokens",), at),
                cache_creation=_Written(
                    reader.count(written, ("ephemeral_1h_input_tokens",), f"{at}cache_creation.")
                ),
                service_tier=reader.text(counts, "service_tier", at, MAX_NAME),
                speed=reader.text(counts, "speed", at, MAX_NAME),
            ),
        ),
    )
    return line, reader.issues


def _name(reader: Reader, parent: dict[str, Any], key: str, at: str = "") -> str | None:
    """A name that identifies; one that is too long is told apart by what was cut off."""
    text = reader.text(parent, key, at)
    if text is None or len(text) <= MAX_NAME:
        return text
    whole = parent[key].encode("utf-8", "replace")
    return f"{text[:100]}~{hashlib.blake2b(whole, digest_size=16).hexdigest()}"


SOURCE = Source(
    name="transcripts",
    title="Transcripts of coding agents",
    folder="~/.claude/projects",
    pattern="**/*.jsonl",
    cut="lines",
    parse=parse,
    on=False,
    mark=MARK,
)
