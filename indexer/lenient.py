"""A run document value by value: the way for documents that have a fault.

Every figure has a list of names under which it may stand; the first that is there
is taken and kept under the first name of the list. See `parse` for the other way.
"""

from collections.abc import Mapping
from typing import Any

from indexer.records import (
    MAX_NAME,
    CostSummary,
    Iteration,
    QaIssue,
    QaReport,
    Run,
    RunConfig,
    Usage,
)
from indexer.values import Reader, clean, unique

TOTAL_COST = ("total_cost_usd", "total_usd")
INPUT_TOKENS = ("prompt_tokens", "input_tokens", "total_input_tokens")
OUTPUT_TOKENS = ("completion_tokens", "output_tokens", "total_output_tokens")


def lenient_run(reader: Reader, document: Mapping[str, Any]) -> Run:
    """All of a document that can be used; what cannot is told to the reader."""
    config = reader.section(document, "config")
    return Run(
        run_id=reader.text(document, "run_id", limit=MAX_NAME),
        project_dir=reader.text(document, "project_dir"),
        mode=reader.text(document, "mode", limit=MAX_NAME),
        task=reader.text(document, "task"),
        started_at=reader.time(document, "started_at"),
        finished_at=reader.time(document, "finished_at"),
        max_rounds=reader.count(document, ("max_rounds",)),
        rounds_completed=reader.count(document, ("rounds_completed",)),
        final_status=reader.text(document, "final_status", limit=MAX_NAME),
        safety_status=reader.text(document, "safety_status", limit=MAX_NAME),
        qa_status=reader.text(document, "qa_status", limit=MAX_NAME),
        qa_summary=reader.text(document, "qa_summary"),
        estimated_cost_usd=reader.money(document, ("estimated_cost_usd",)),
        config=RunConfig(reader.money(config, ("max_cost_usd",), "config.")),
        **_costs(reader, document),
        iterations=_iterations(reader, document),
        qa_report=QaReport(_qa_issues(reader, document)),
    )


def _costs(reader: Reader, document: Mapping[str, Any]) -> dict[str, Any]:
    """`cost_summary`, and the part of `models_used` that its roles need."""
    costs, at = reader.section(document, "cost_summary"), "cost_summary."
    by_role = reader.section(costs, "by_role", at)
    used = reader.section(document, "models_used") if by_role else {}
    models_used: dict[str, str | None] = {}
    roles: dict[str, Usage] = {}
    for role, entry, place in _named(reader, by_role, at + "by_role."):
        name = unique(clean(role)[:MAX_NAME], roles)
        roles[name] = _usage(reader, entry, place)
        roles[name].model = reader.text(entry, "model", place, MAX_NAME)
        if roles[name].model is None:
            models_used[name] = reader.text(used, role, "models_used.", MAX_NAME)
            # A name that had to be changed to stay apart is no part of the model's name.
            models_used[name] = models_used[name] or f"{clean(role)[:MAX_NAME]}_unknown"
    models: dict[str, Usage] = {}
    for model, entry, place in _named(
        reader, reader.section(costs, "by_model", at), at + "by_model."
    ):
        models[unique(clean(model)[:MAX_NAME], models)] = _usage(reader, entry, place)
    summary = CostSummary(
        num_calls=reader.count(costs, ("num_calls",), at),
        prompt_tokens=reader.count(costs, INPUT_TOKENS, at),
        completion_tokens=reader.count(costs, OUTPUT_TOKENS, at),
        total_cost_usd=reader.money(costs, TOTAL_COST, at),
        by_role=roles,
        by_model=models,
    )
    return {"cost_summary": summary, "models_used": models_used}


def _usage(reader: Reader, entry: Mapping[str, Any], at: str) -> Usage:
    """The figures of one entry of `by_role` or `by_model`."""
    return Usage(
        num_calls=reader.count(entry, ("num_calls", "calls"), at),
        prompt_tokens=reader.count(entry, INPUT_TOKENS, at),
        completion_tokens=reader.count(entry, OUTPUT_TOKENS, at),
        total_tokens=reader.count(entry, ("total_tokens",), at),
        total_cost_usd=reader.money(entry, TOTAL_COST, at),
    )


def _named(
    reader: Reader, section: Mapping[str, Any], at: str
) -> list[tuple[str, Mapping[str, Any], str]]:
    """(name, entry, place) of a section whose keys are names."""
    found: list[tuple[str, Mapping[str, Any], str]] = []
    for name, entry in section.items():
        place = f"{at}{clean(str(name))[:80]}"
        if isinstance(entry, dict):
            found.append((str(name), entry, f"{place}."))
        else:
            reader.warn(place, entry, "an object")
    return found


def _iterations(reader: Reader, document: Mapping[str, Any]) -> list[Iteration | None]:
    return [
        None
        if entry is None
        else Iteration(
            index=reader.count(entry, ("index",), at),
            role=reader.text(entry, "role", at, MAX_NAME),
            status=reader.text(entry, "status", at, MAX_NAME),
            notes=reader.text(entry, "notes", at),
            safety_status=reader.text(entry, "safety_status", at, MAX_NAME),
            timestamp=reader.time(entry, "timestamp", at),
        )
        for entry, at in reader.entries(document, "iterations")
    ]


def _qa_issues(reader: Reader, document: Mapping[str, Any]) -> list[QaIssue | None]:
    report = reader.section(document, "qa_report")
    return [
        None
        if entry is None
        else QaIssue(
            category=reader.text(entry, "category", at, MAX_NAME),
            severity=reader.text(entry, "severity", at, MAX_NAME),
            message=reader.text(entry, "message", at),
            file=reader.text(entry, "file", at),
            line=reader.count(entry, ("line",), at),
        )
        for entry, at in reader.entries(report, "issues", "qa_report.")
    ]
