"""Routes of lists: runs and jobs page by page or as a file, what is unknown of them, and what
filters can choose from.

Each gives the rows that its page shows, from the same macro or view. A page of rows comes
with the parameters of the next; a file holds at most `SAVED_ROWS`.
"""

from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields

from web import csv_rows, jobs, keyset, runs, schemas
from web.api import blueprint, route
from web.datasets import Column, Dataset, Row
from web.keyset import Place
from web.panel_api import add
from web.respond import conditional, connection

__all__ = ["blueprint"]

SAVED_ROWS = 100_000
MOST_ROWS = 1_000


def _text(key: str, nullable: bool = True) -> Column:
    return Column(key, key, "text", nullable=nullable)


def _known_or_null(key: str, kind: str = "count") -> Column:
    return Column(key, key, kind, nullable=True)


RUNS = Dataset(
    "run_page",
    "runs",
    "Runs, newest first or sorted otherwise; times of the chosen zone.",
    (
        _text("run_id", nullable=False),
        _text("project_name", nullable=False),
        *map(_text, ("mode", "task", "started", "qa_status", "final_status")),
        *map(_known_or_null, ("rounds_completed", "max_rounds")),
        _known_or_null("cost_usd", "money"),
        _known_or_null("estimated_cost_usd", "money"),
        _known_or_null("total_tokens"),
        Column("tokens_redacted", "tokens_redacted", "flag"),
        _known_or_null("duration_seconds", "seconds"),
        Column("models", "models", "texts"),
        Column("is_stale", "is_stale", "flag"),
        Column("is_missing", "is_missing", "flag"),
        _text("sort_key"),
    ),
)
JOBS = Dataset(
    "job_page",
    "jobs",
    "Jobs, last changed first or sorted otherwise; times of the chosen zone.",
    (
        _text("job_id", nullable=False),
        _text("state", nullable=False),
        _text("status"),
        _text("project_name", nullable=False),
        *map(_text, ("mode", "task", "run_id")),
        Column("run_is_known", "run_is_known", "flag"),
        _known_or_null("run_cost_usd", "money"),
        *map(_text, ("created", "started", "finished", "changed", "changed_at")),
        _known_or_null("waiting_seconds", "seconds"),
        _known_or_null("running_seconds", "seconds"),
        *map(_text, ("error", "logs_path", "sort_key")),
    ),
)
UNKNOWN = Dataset(
    "unknown_values",
    "unknown",
    "Of how many runs each value is unknown.",
    (
        _text("value_name", nullable=False),
        Column("unknown_runs", "Runs"),
        Column("runs", "Of runs"),
        _known_or_null("unknown_share", "rate"),
    ),
)
PROJECT_QUALITY = Dataset(
    "project_quality",
    "project-quality",
    "What is unknown by project, worst first.",
    (
        _text("project_name", nullable=False),
        *(
            Column(key, key)
            for key in (
                *("runs", "tokens_unknown_runs", "tokens_redacted_runs", "cost_unknown_runs"),
                *("undated_runs", "untimed_runs", "stale_runs", "missing_source_runs"),
                "affected_runs",
            )
        ),
    ),
)
JOB_TIMES = Dataset(
    "job_times",
    "job-times",
    "How long jobs wait and run.",
    (
        Column("waited_jobs", "Jobs that have started"),
        _known_or_null("waiting_p50_seconds", "seconds"),
        _known_or_null("waiting_p95_seconds", "seconds"),
        Column("ran_jobs", "Jobs that have ended"),
        _known_or_null("running_p50_seconds", "seconds"),
        _known_or_null("running_p95_seconds", "seconds"),
    ),
)
CHOICES = Dataset(
    "filter_choices",
    "choices",
    "Values that filters can choose from, whatever is filtered.",
    (_text("filter", nullable=False), _text("value", nullable=False), Column("runs", "Runs")),
)
ROUTED = (UNKNOWN, PROJECT_QUALITY, JOB_TIMES, CHOICES)
for _data in ROUTED:
    add(_data)


def _page_schema(data: Dataset) -> type[Schema]:
    name = data.source.title().replace("_", "")
    behind: dict[str, Any] = {
        "after": fields.String(required=True, allow_none=True),
        "after_id": fields.String(required=True),
    }
    members: dict[str, Any] = {
        "rows": fields.List(fields.Nested(data.schema()), required=True),
        "next": fields.Nested(
            Schema.from_dict(behind, name=f"{name}Next"), required=True, allow_none=True
        ),
    }
    return Schema.from_dict(members, name=f"{name}s")


def _sorting(sorts: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return (
        schemas.parameter("sort", {"type": "string", "enum": list(sorts)}, "What to sort by."),
        schemas.parameter(
            "order", {"type": "string", "enum": ["asc", "desc"]}, "Direction; unknown comes last."
        ),
    )


_PLACE = (
    schemas.parameter(
        "after", {"type": "string", "pattern": r"^-?[0-9]{1,26}(\.[0-9]{1,12})?$"}, "From `next`."
    ),
    schemas.parameter("after_id", {"type": "string", "minLength": 1}, "From `next`."),
    schemas.parameter(
        "rows",
        {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
        f"How many; {keyset.ROWS} unless given.",
    ),
)
_STATE = schemas.parameter(
    "state", {"type": "string", "enum": list(jobs.STATES)}, "Only jobs of this state."
)


@route("/runs", _page_schema(RUNS), more=(*_sorting(tuple(runs.SORTS)), *_PLACE))
def run_list() -> Response:
    """Runs, newest first or sorted otherwise, page by page."""
    return conditional(lambda: _listed(RUNS, "run_id", tuple(runs.SORTS)))


@route("/jobs", _page_schema(JOBS), more=(*_sorting(jobs.SORTS), *_PLACE, _STATE))
def job_list() -> Response:
    """Jobs, last changed first or sorted otherwise, page by page."""
    response = _listed(JOBS, "job_id", jobs.SORTS, _states())
    response.headers["Cache-Control"] = "no-store"  # those that run do so until now
    return response


@route("/export/runs", {"type": "string"}, "text/csv", more=_sorting(tuple(runs.SORTS)))
def export_runs() -> Response:
    """Runs as a CSV file."""
    return conditional(lambda: _saved(RUNS, tuple(runs.SORTS)))


@route("/export/jobs", {"type": "string"}, "text/csv", more=(*_sorting(jobs.SORTS), _STATE))
def export_jobs() -> Response:
    """Jobs as a CSV file."""
    response = _saved(JOBS, jobs.SORTS, _states())
    response.headers["Cache-Control"] = "no-store"
    return response


def _states() -> list[str] | None:
    state = jobs.chosen_state()
    return [state] if state else None


def _listed(data: Dataset, key: str, sorts: tuple[str, ...], *first: Any) -> Response:
    place, count = keyset.requested(sorts), keyset.count(MOST_ROWS)
    shown, more = keyset.split(_rows(data, place, count + 1, *first), count)
    last = shown[-1] if more else None
    behind = last and {"after": last["sort_key"], "after_id": last[key]}
    return jsonify(rows=shown, next=behind)


def _rows(data: Dataset, place: Place, count: int, *first: Any) -> list[Row]:
    with connection() as found:
        asked = (place.sort, place.descending, place.after_key, place.after_id, count)
        return data.rows(found, *first, *asked)


def _saved(data: Dataset, sorts: tuple[str, ...], *first: Any) -> Response:
    rows = _rows(data, keyset.requested(sorts), SAVED_ROWS, *first)
    keys = [key for key in data.keys if key != "sort_key"]
    with connection() as found:
        return csv_rows.file(found, data.route, keys, rows)
