"""Sessions: several runs for one task, each judged, until one is good enough or it is given up.

`run_logs/<id>/session_summary.json`. The list of runs and what stands in it are taken under
the names that orchestrators use, the first that is there. A run without an id gets that of
the session with its place, so that its cost counts once.
"""

import json
from collections.abc import Mapping
from typing import Any

from indexer.parse import project_name
from indexer.records import MAX_NAME, MAX_TEXT
from indexer.sources.interface import Document, Records, Source
from indexer.sources.reading import json_object
from indexer.sources.records import Session, SessionRun
from indexer.values import Reader, clean, unique

RUNS = ("runs", "sub_runs", "subruns", "attempts")
FOLDERS = ("project_dir", "project_subdir", "project_folder")
EVALUATIONS = ("evaluation", "evaluation_result")
STATUSES = ("final_status", "status", "result")
DECISIONS = ("final_decision", "decision", "next_action", "recommendation", "stop_reason")
SCORES = ("score", "overall_score", "total_score")
COSTS = ("total_cost_usd", "total_usd", "cost_usd", "cost")
STARTS, ENDS = ("started_at", "start_time"), ("finished_at", "ended_at", "end_time")


def parse(document: Document) -> Records:
    """The session; the folder names it where the document does not."""
    found, issues = json_object(document)
    if found is None:
        return Records(issues=issues)
    reader = Reader()
    session_id = reader.text(found, "session_id", limit=MAX_NAME) or clean(document.name)[:MAX_NAME]
    folder = _text(reader, found, FOLDERS)
    session = Session(
        session_id=session_id,
        project_name=project_name(folder),
        project_dir=folder,
        task=_text(reader, found, ("task", "goal")),
        status=_text(reader, found, STATUSES, limit=MAX_NAME),
        decision=_said(reader, found, DECISIONS),
        cost_usd=_cost(reader, found),
        started_at=reader.time(found, _first(found, STARTS)),
        finished_at=reader.time(found, _first(found, ENDS)),
        runs=_runs(reader, found, session_id),
    )
    return Records(sessions=[session], issues=reader.issues)


def _runs(reader: Reader, found: Mapping[str, Any], session_id: str) -> list[SessionRun]:
    runs: list[SessionRun] = []
    taken: dict[str, None] = {}
    for position, (entry, at) in enumerate(reader.entries(found, _first(found, RUNS)), 1):
        if entry is None:
            continue
        judged = entry.get(_first(entry, EVALUATIONS))
        judgement = judged if isinstance(judged, dict) else {}
        run_id = reader.text(entry, "run_id", at, MAX_NAME) or f"{session_id[:480]}/{position}"
        if run_id in taken:
            reader.warn(at + "run_id", run_id, "an id that no other run of the session has")
            run_id = unique(f"{session_id[:480]}/{position}", taken)
        taken[run_id] = None
        runs.append(
            SessionRun(
                position=position,
                run_id=run_id,
                status=_text(reader, entry, STATUSES, at, MAX_NAME),
                score=_score(entry, judgement, judged),
                evaluation=_as_text(judged),
                decision=_said(reader, entry, DECISIONS, at)
                or _said(reader, judgement, DECISIONS, f"{at}evaluation."),
                cost_usd=_cost(reader, entry, at),
                started_at=reader.time(entry, _first(entry, STARTS), at),
                finished_at=reader.time(entry, _first(entry, ENDS), at),
            )
        )
    return runs


def _first(parent: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if parent.get(name) is not None), names[0])


def _text(
    reader: Reader,
    parent: Mapping[str, Any],
    names: tuple[str, ...],
    at: str = "",
    limit: int = MAX_TEXT,
) -> str | None:
    return reader.text(parent, _first(parent, names), at, limit)


def _said(
    reader: Reader, parent: Mapping[str, Any], names: tuple[str, ...], at: str = ""
) -> str | None:
    """A decision: text, or an object that says more than one thing."""
    value = parent.get(_first(parent, names))
    return _as_text(value) if isinstance(value, dict) else _text(reader, parent, names, at)


def _as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return clean(text)[:MAX_TEXT]


def _score(entry: Mapping[str, Any], judgement: Mapping[str, Any], judged: Any) -> float | None:
    """A number, wherever the judgement has it."""
    places = (judgement.get(_first(judgement, SCORES)), entry.get(_first(entry, SCORES)), judged)
    for value in places:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) if abs(value) < 1e12 else None  # also None for NaN
    return None


def _cost(reader: Reader, parent: Mapping[str, Any], at: str = "") -> float | None:
    """Stated beside the rest, or in a `cost_summary`."""
    if any(parent.get(name) is not None for name in COSTS):
        return reader.money(parent, COSTS, at)
    costs = reader.section(parent, "cost_summary", at)
    return reader.money(costs, COSTS, f"{at}cost_summary.")


SOURCE = Source(
    name="sessions",
    title="Sessions",
    folder="run_logs",
    pattern="*/session_summary.json",
    cut="file",
    parse=parse,
)
