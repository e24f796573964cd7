"""What happened in a run while it went on: one JSON line an event, a file for each run.

A line is `{run_id, timestamp (seconds), event_type, payload, schema_version}`. Figures are
taken from the payload under the names that orchestrators use, the first that is there. The
file names the run where a line does not.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from indexer.lenient import INPUT_TOKENS, OUTPUT_TOKENS
from indexer.parse import project_name
from indexer.records import MAX_NAME, MAX_TEXT, Issue
from indexer.sources.interface import Document, Records, Source
from indexer.sources.reading import json_object
from indexer.sources.records import RunEvent
from indexer.values import Reader, clean

FOLDERS = ("project_dir", "project_folder", "project_subdir")
TASKS = ("task", "task_description")
STATUSES = ("final_status", "status", "safety_status", "result")
ROUNDS = ("iteration", "index", "round")
COSTS = ("total_cost_usd", "total_usd", "cost_usd", "cost")


def parse(document: Document) -> Records:
    """The event of one line."""
    line, issues = json_object(document)
    if line is None:
        return Records(issues=issues)
    reader = Reader()
    event_type = reader.text(line, "event_type", limit=MAX_NAME)
    if event_type is None:
        return Records(issues=[Issue("error", "event_type", "allowed: text")])
    payload, at = reader.section(line, "payload"), "payload."
    config = reader.section(payload, "config", at)
    both = {**config, **{key: value for key, value in payload.items() if value is not None}}
    folder = _text(reader, both, FOLDERS, MAX_TEXT)
    costs = reader.section(payload, "cost_summary", at)
    mode = _text(reader, both, ("mode",), MAX_NAME)
    event = RunEvent(
        run_id=reader.text(line, "run_id", limit=MAX_NAME) or clean(document.name)[:MAX_NAME],
        event_type=event_type.strip().lower(),
        at=_time(reader, line),
        payload=clean(json.dumps(payload, ensure_ascii=False, default=str))[:MAX_TEXT],
        project_dir=folder,
        project_name=project_name(folder) if folder else None,
        mode=mode.strip().lower() if mode else None,
        task=_text(reader, both, TASKS, MAX_TEXT),
        role=_text(reader, payload, ("role",), MAX_NAME),
        model=_text(reader, payload, ("model",), MAX_NAME),
        status=_text(reader, payload, STATUSES, MAX_NAME),
        iteration=reader.count(payload, ROUNDS, at),
        max_rounds=reader.count(both, ("max_rounds",), at),
        input_tokens=reader.count(payload, INPUT_TOKENS, at),
        output_tokens=reader.count(payload, OUTPUT_TOKENS, at),
        cost_usd=reader.money(payload, COSTS, at)
        if any(payload.get(name) is not None for name in COSTS)
        else reader.money(costs, COSTS, f"{at}cost_summary."),
    )
    return Records(events=[event], issues=reader.issues)


def _text(
    reader: Reader, parent: Mapping[str, Any], names: tuple[str, ...], limit: int
) -> str | None:
    """Text under the first of the names that is there."""
    name = next((name for name in names if parent.get(name) is not None), None)
    return reader.text(parent, name, "payload.", limit) if name else None


def _time(reader: Reader, line: Mapping[str, Any]) -> datetime | None:
    """Seconds since 1970, or a time as text."""
    value = line.get("timestamp")
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            reader.warn("timestamp", value, "seconds since 1970")
            return None
    return reader.time(line, "timestamp")


SOURCE = Source(
    name="event_logs",
    title="Events of runs",
    folder="agent/run_logs_main",
    pattern="*.jsonl",
    cut="lines",
    parse=parse,
)
