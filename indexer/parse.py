"""From bytes to records: pure, no files, no database.

Any bytes whatsoever give either a record or an error issue, never an exception.
A value of a wrong kind becomes unknown and leaves a warning that names its place;
a redacted token count becomes unknown without one, because nothing is wrong with
the file. Nothing is summed here.

There are two ways to the same record. Documents in which every value is as it
should be are decoded straight into `Run`; that is what makes a first pass quick.
All others are read value by value, in `lenient`. Where the first way gives a record,
the second gives an equal one.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from indexer.lenient import INPUT_TOKENS, OUTPUT_TOKENS, lenient_run
from indexer.records import (
    MAX_NAME,
    REDACTED,
    CostSummary,
    Issue,
    Job,
    ParsedRun,
    Run,
    Usage,
)
from indexer.values import Reader, clean, unique

_SEPARATORS = re.compile(r"[/\\]+")
_STRICT = msgspec.json.Decoder(Run)
_REDACTED = REDACTED.encode()
# Escapes of what `clean` replaces.
_REPLACED = (b"\\u0000", b"\\ud", b"\\uD")


def parse_run(data: bytes, folder: str) -> tuple[ParsedRun | None, list[Issue]]:
    """A `run_summary.json`; `folder` names the run where the document does not."""
    quick = _parse_strictly(data, folder)
    if quick is not None:
        return quick, []
    document, error = decode(data)
    if error is not None:
        return None, [error]
    if not isinstance(document, dict):
        return None, [_not_an_object(document)]
    return read_run(document, folder)


def read_run(
    document: Mapping[str, Any], name: str, *, keep_name: bool = False
) -> tuple[ParsedRun, list[Issue]]:
    """A decoded run document as (ParsedRun, issues); `keep_name` ignores its own run_id."""
    reader = Reader()
    run = lenient_run(reader, document)
    if keep_name:
        run.run_id = None
    parsed = _complete(run, clean(name))
    parsed.tokens_redacted = reader.redacted
    if run.started_at and run.finished_at and run.finished_at < run.started_at:
        reader.warn("finished_at", run.finished_at.isoformat(), "a time not before started_at")
    return parsed, reader.issues


def _parse_strictly(data: bytes, folder: str) -> ParsedRun | None:
    """The record of a document without any fault; None where there may be one."""
    # One byte is looked for several times as fast as two.
    if b"\\" in data and any(mark in data for mark in _REPLACED):
        return None
    try:
        run = _STRICT.decode(data)
        started, finished = _in_utc(run.started_at), _in_utc(run.finished_at)
        for entry in run.iterations or ():
            if entry is not None and entry.timestamp is not None:
                entry.timestamp = _in_utc(entry.timestamp)
        if started and finished and finished < started:
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError, TypeError):
        return None  # TypeError: one time has an offset, the other has none
    run.started_at, run.finished_at = started, finished
    parsed = _complete(run, clean(folder))
    if b"*" in data and _REDACTED in data:
        for part in (run.cost_summary, *parsed.roles, *parsed.models):
            if part is not None:
                parsed.tokens_redacted |= _take_out_redacted(part)
    return parsed


def _complete(run: Run, name: str) -> ParsedRun:
    """Resolve what follows from several values of a document."""
    run.mode, run.qa_status = _word(run.mode), _word(run.qa_status)
    parsed = ParsedRun(run.run_id or name, run, project_name(run.project_dir))
    run.run_id = None
    costs, used = run.cost_summary, run.models_used or {}
    run.models_used = None
    if costs is None:
        return parsed
    if costs.by_role:
        for role, usage in costs.by_role.items():
            usage.role = role
            usage.model = usage.model or used.get(role) or f"{role}_unknown"
        parsed.roles = list(costs.by_role.values())
    if costs.by_model:
        for model, usage in costs.by_model.items():
            usage.role, usage.model = None, model
        parsed.models = list(costs.by_model.values())
    costs.by_role = costs.by_model = None
    return parsed


def _take_out_redacted(part: CostSummary | Usage) -> bool:
    """Make redacted counts unknown; returns whether there were any.

    A count may stand under several names; of those the first that is there holds.
    """
    redacted = False
    if part.prompt_tokens == REDACTED:
        redacted = True
        part.prompt_tokens = part.input_tokens = part.total_input_tokens = None
    elif REDACTED in (part.input_tokens, part.total_input_tokens):
        redacted |= _take_out_among(part, INPUT_TOKENS)
    if part.completion_tokens == REDACTED:
        redacted = True
        part.completion_tokens = part.output_tokens = part.total_output_tokens = None
    elif REDACTED in (part.output_tokens, part.total_output_tokens):
        redacted |= _take_out_among(part, OUTPUT_TOKENS)
    if isinstance(part, Usage) and part.total_tokens == REDACTED:
        redacted = True
        part.total_tokens = None
    return redacted


def _take_out_among(part: CostSummary | Usage, names: tuple[str, ...]) -> bool:
    values = [getattr(part, name) for name in names]
    first = next(value for value in values if value is not None)
    for name in names:
        setattr(part, name, None)
    if first != REDACTED:
        setattr(part, names[0], first)
    return bool(first == REDACTED)


def _in_utc(time: datetime | None) -> datetime | None:
    """Raises OverflowError where a time in UTC is beyond the calendar."""
    if time is None or time.tzinfo is UTC or time.tzinfo is None:
        return time
    return time.astimezone(UTC)


@lru_cache(maxsize=1024)
def _word(text: str | None) -> str | None:
    """Short text in lower case, for values that are compared."""
    return text.strip().lower() or None if text else None


def parse_jobs(data: bytes) -> tuple[list[Job] | None, list[Issue]]:
    """A `jobs_state.json`, whole."""
    document, error = decode(data)
    if error is not None:
        return None, [error]
    if not isinstance(document, dict):
        return None, [_not_an_object(document)]
    if not isinstance(document.get("jobs"), list):
        found = clean(repr(document.get("jobs")))[:80]
        return None, [Issue("error", "jobs", "allowed: a list of jobs", found)]
    return read_jobs(document["jobs"])


def read_jobs(entries: list[Any]) -> tuple[list[Job], list[Issue]]:
    """Decoded jobs. One without an id, or with one that was there already, gets its place."""
    reader = Reader()
    jobs: dict[str, Job] = {}
    for place, (entry, at) in enumerate(reader.entries({"jobs": entries}, "jobs"), 1):
        if entry is None:
            continue
        job_id = reader.text(entry, "id", at, MAX_NAME)
        if job_id is None or job_id in jobs:
            if job_id is not None:
                reader.warn(at + "id", job_id, "an id that no other job has")
            job_id = unique(f"#{place}", jobs)
        jobs[job_id] = _job(reader, entry, at, job_id)
    return list(jobs.values()), reader.issues


def decode(data: bytes) -> tuple[Any, Issue | None]:
    """JSON, tolerant where Python's writer is: NaN, other Unicode encodings, a BOM."""
    try:
        return msgspec.json.decode(data), None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _decode_tolerantly(data)


def _decode_tolerantly(data: bytes) -> tuple[Any, Issue | None]:
    """The slow way, which knows line and column of what is wrong."""
    if not data.strip():
        return None, Issue("error", "", "the file is empty; allowed: a JSON document")
    try:
        # utf-8-sig is what json.loads guesses by itself, but for the BOM of UTF-8
        return json.loads(data), None
    except json.JSONDecodeError as error:
        snippet = clean(error.doc[error.pos : error.pos + 40])
        reason = f"not JSON: {error.msg}"
        return None, Issue("error", "", reason, snippet or None, error.lineno, error.colno)
    except (ValueError, RecursionError) as error:
        return None, Issue("error", "", f"not JSON: {str(error)[:200]}")


@lru_cache(maxsize=4096)
def project_name(project_dir: str | None) -> str:
    """Last component, with `/` and `\\` as separators and trailing ones ignored."""
    parts = [part for part in _SEPARATORS.split(project_dir or "") if part]
    return parts[-1][:MAX_NAME] if parts else "unknown"


def _job(reader: Reader, entry: Mapping[str, Any], at: str, job_id: str) -> Job:
    config = reader.section(entry, "config", at)
    result = reader.section(entry, "result_summary", at)
    project = reader.text(config, "project_subdir", f"{at}config.") or reader.text(
        result, "project_dir", f"{at}result_summary."
    )
    return Job(
        job_id=job_id,
        status=_word(reader.text(entry, "status", at, MAX_NAME)),
        run_id=reader.text(result, "run_id", f"{at}result_summary.", MAX_NAME),
        project_name=project_name(project) if project else None,
        mode=_word(reader.text(config, "mode", f"{at}config.", MAX_NAME)),
        task=reader.text(config, "task", f"{at}config."),
        created_at=reader.time(entry, "created_at", at),
        updated_at=reader.time(entry, "updated_at", at),
        started_at=reader.time(entry, "started_at", at),
        finished_at=reader.time(entry, "finished_at", at),
        error=reader.text(entry, "error", at),
        logs_path=reader.text(entry, "logs_path", at),
    )


def _not_an_object(document: Any) -> Issue:
    found = clean(repr(document)[:200])[:80]
    return Issue("error", "", "allowed: a JSON object", found)
