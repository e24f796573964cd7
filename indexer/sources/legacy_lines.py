"""Runs of earlier releases of the orchestrator: one JSON line a run, a file for each project
and mode, under other names than a run's summary has.

A line without a `run_id` is named by its file and its content, so that the same line is
the same run wherever it stands.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from indexer.parse import read_run
from indexer.sources.interface import Document, Records, Source
from indexer.sources.reading import json_object

# What a summary calls it -> what these lines do.
NAMES = {
    "started_at": "started_at_utc",
    "finished_at": "finished_at_utc",
    "project_dir": "project_subdir",
    "rounds_completed": "iterations_run",
}


def parse(document: Document) -> Records:
    """The run of one line."""
    line, issues = json_object(document)
    if line is None:
        return Records(issues=issues)
    run, issues = read_run(_as_summary(line), _name(document))
    return Records(runs=[run], issues=issues)


def _as_summary(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line under the names of a summary; what stands there under both is the summary's."""
    found = dict(line)
    for name, legacy in NAMES.items():
        if found.get(name) is None and line.get(legacy) is not None:
            found[name] = line[legacy]
    limit = line.get("config")
    if found.get("max_rounds") is None and isinstance(limit, dict):
        found["max_rounds"] = limit.get("max_rounds")
    return found


def _name(document: Document) -> str:
    content = hashlib.blake2b(document.data.strip(), digest_size=6).hexdigest()
    return f"{document.name[:400]}-{content}"


SOURCE = Source(
    name="legacy_lines",
    title="Runs as lines, of earlier releases",
    folder="agent/run_logs",
    pattern="*.jsonl",
    cut="lines",
    parse=parse,
)
