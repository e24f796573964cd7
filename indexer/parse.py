"""From bytes to records: pure, no files, no database.

Any bytes whatsoever give either a record or an error issue, never an exception.
A value of a wrong kind becomes unknown and leaves a warning that names its place;
a redacted token count becomes unknown without one, because nothing is wrong with
the file. Both shapes of run document are read by the same code: every figure has
a list of names under which it may stand. Nothing is summed here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from indexer.records import Issue, Iteration, Job, ModelUsage, QaIssue, RoleUsage, Run
from indexer.values import INPUT_TOKENS, MAX_NAME, OUTPUT_TOKENS, TOTAL_COST, Reader, clean

_SEPARATORS = re.compile(r"[/\\]+")


def parse_run(data: bytes, folder: str) -> tuple[Run | None, list[Issue]]:
    """A `run_summary.json`; `folder` names the run where the document does not."""
    document, error = decode(data)
    if error is not None:
        return None, [error]
    if not isinstance(document, dict):
        return None, [_not_an_object(document)]
    return read_run(document, folder)


def read_run(
    document: Mapping[str, Any], name: str, *, keep_name: bool = False
) -> tuple[Run, list[Issue]]:
    """A decoded run document as (Run, issues); `keep_name` ignores its own run_id."""
    reader = Reader()
    own = None if keep_name else reader.text(document, "run_id", limit=MAX_NAME)
    costs = reader.section(document, "cost_summary")
    at = "cost_summary."
    project_dir = reader.text(document, "project_dir")
    run = Run(
        run_id=own or clean(name),
        project_name=project_name(project_dir),
        project_dir=project_dir,
        mode=reader.word(document, "mode"),
        task=reader.text(document, "task"),
        started_at=reader.time(document, "started_at"),
        finished_at=reader.time(document, "finished_at"),
        max_rounds=reader.count(document, ("max_rounds",)),
        rounds_completed=reader.count(document, ("rounds_completed",)),
        final_status=reader.text(document, "final_status", limit=MAX_NAME),
        safety_status=reader.text(document, "safety_status", limit=MAX_NAME),
        qa_status=reader.word(document, "qa_status"),
        qa_summary=reader.text(document, "qa_summary"),
        cost_usd=reader.money(costs, TOTAL_COST, at),
        estimated_cost_usd=reader.money(document, ("estimated_cost_usd",)),
        max_cost_usd=reader.money(reader.section(document, "config"), ("max_cost_usd",), "config."),
        calls=reader.count(costs, ("num_calls",), at),
        input_tokens=reader.count(costs, INPUT_TOKENS, at),
        output_tokens=reader.count(costs, OUTPUT_TOKENS, at),
        roles=_roles(reader, document, costs),
        models=_models(reader, costs),
        iterations=_iterations(reader, document),
        qa_issues=_qa_issues(reader, document),
    )
    run.tokens_redacted = reader.redacted
    _check_order(reader, run)
    return run, reader.issues


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
    for place, entry in reader.entries({"jobs": entries}, "jobs"):
        at = f"jobs[{place - 1}]."
        job_id = reader.text(entry, "id", at, MAX_NAME)
        if job_id is None or job_id in jobs:
            if job_id is not None:
                reader.warn(at + "id", job_id, "an id that no other job has")
            job_id = _unique(f"#{place}", jobs)
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


def project_name(project_dir: str | None) -> str:
    """Last component, with `/` and `\\` as separators and trailing ones ignored."""
    parts = [part for part in _SEPARATORS.split(project_dir or "") if part]
    return parts[-1][:MAX_NAME] if parts else "unknown"


def _roles(
    reader: Reader, document: Mapping[str, Any], costs: Mapping[str, Any]
) -> list[RoleUsage]:
    by_role = reader.section(costs, "by_role", "cost_summary.")
    used = reader.section(document, "models_used") if by_role else {}
    found: dict[str, RoleUsage] = {}
    for role, entry, at in _named(reader, by_role, "cost_summary.by_role."):
        model = (
            reader.text(entry, "model", at, MAX_NAME)
            or reader.text(used, role, "models_used.", MAX_NAME)
            or f"{clean(role)[:MAX_NAME]}_unknown"
        )
        name = _unique(clean(role)[:MAX_NAME], found)
        found[name] = RoleUsage(**reader.usage(entry, at), role=name, model=model)
    return list(found.values())


def _models(reader: Reader, costs: Mapping[str, Any]) -> list[ModelUsage]:
    by_model = reader.section(costs, "by_model", "cost_summary.")
    found: dict[str, ModelUsage] = {}
    for model, entry, at in _named(reader, by_model, "cost_summary.by_model."):
        name = _unique(clean(model)[:MAX_NAME], found)
        found[name] = ModelUsage(**reader.usage(entry, at), model=name)
    return list(found.values())


def _named(
    reader: Reader, section: Mapping[str, Any], at: str
) -> list[tuple[str, Mapping[str, Any], str]]:
    """(name, entry, place) of a section whose keys are names."""
    found: list[tuple[str, Mapping[str, Any], str]] = []
    for name, entry in section.items():
        if isinstance(entry, dict):
            found.append((str(name), entry, f"{at}{clean(str(name))[:80]}."))
        else:
            reader.warn(f"{at}{clean(str(name))[:80]}", entry, "an object")
    return found


def _iterations(reader: Reader, document: Mapping[str, Any]) -> list[Iteration]:
    return [
        Iteration(
            position=place,
            iteration_index=reader.count(entry, ("index",), at),
            role=reader.text(entry, "role", at, MAX_NAME),
            status=reader.text(entry, "status", at, MAX_NAME),
            notes=reader.text(entry, "notes", at),
            safety_status=reader.text(entry, "safety_status", at, MAX_NAME),
            occurred_at=reader.time(entry, "timestamp", at),
        )
        for place, entry in reader.entries(document, "iterations")
        if (at := f"iterations[{place - 1}].")
    ]


def _qa_issues(reader: Reader, document: Mapping[str, Any]) -> list[QaIssue]:
    report = reader.section(document, "qa_report")
    return [
        QaIssue(
            position=place,
            category=reader.text(entry, "category", at, MAX_NAME),
            severity=reader.text(entry, "severity", at, MAX_NAME),
            message=reader.text(entry, "message", at),
            file=reader.text(entry, "file", at),
            line=reader.count(entry, ("line",), at),
        )
        for place, entry in reader.entries(report, "issues", "qa_report.")
        if (at := f"qa_report.issues[{place - 1}].")
    ]


def _job(reader: Reader, entry: Mapping[str, Any], at: str, job_id: str) -> Job:
    config = reader.section(entry, "config", at)
    result = reader.section(entry, "result_summary", at)
    project = reader.text(config, "project_subdir", f"{at}config.") or reader.text(
        result, "project_dir", f"{at}result_summary."
    )
    return Job(
        job_id=job_id,
        status=reader.word(entry, "status", at),
        run_id=reader.text(result, "run_id", f"{at}result_summary.", MAX_NAME),
        project_name=project_name(project) if project else None,
        mode=reader.word(config, "mode", f"{at}config."),
        task=reader.text(config, "task", f"{at}config."),
        created_at=reader.time(entry, "created_at", at),
        updated_at=reader.time(entry, "updated_at", at),
        started_at=reader.time(entry, "started_at", at),
        finished_at=reader.time(entry, "finished_at", at),
        error=reader.text(entry, "error", at),
        logs_path=reader.text(entry, "logs_path", at),
    )


def _check_order(reader: Reader, run: Run) -> None:
    if run.started_at and run.finished_at and run.finished_at < run.started_at:
        reader.warn("finished_at", run.finished_at.isoformat(), "a time not before started_at")


def _unique(name: str, taken: Mapping[str, Any]) -> str:
    """Names that differ only in what was cut or cleaned away stay apart."""
    result, number = name, 2
    while result in taken:
        result, number = f"{name[: MAX_NAME - 8]}~{number}", number + 1
    return result


def _not_an_object(document: Any) -> Issue:
    found = clean(repr(document)[:200])[:80]
    return Issue("error", "", "allowed: a JSON object", found)
