"""The API's answers, described for OpenAPI; the figures come from `indexer.figures`."""

from typing import Any

from marshmallow import Schema, fields

from indexer.filters import GRAINS, MAX_TEXT, MAX_VALUES, WEEKDAYS

Count = fields.Integer
Money = fields.Float


def _required(kind: Any, **options: Any) -> Any:
    return kind(required=True, **options)


class QaSummary(Schema):
    total_qa_runs = _required(Count)
    qa_passed = _required(Count)
    qa_warning = _required(Count)
    qa_failed = _required(Count)
    qa_error = _required(Count)
    qa_not_run = _required(Count)
    pass_rate = _required(fields.Float)
    qa_other = _required(Count)


class Summary(Schema):
    total_runs = _required(Count)
    total_jobs = _required(Count)
    total_tokens = _required(Count)
    total_cost = _required(Money)
    avg_cost_per_run = _required(Money)
    avg_duration_seconds = _required(fields.Float)
    jobs_completed = _required(Count)
    jobs_failed = _required(Count)
    jobs_cancelled = _required(Count)
    jobs_running = _required(Count)
    jobs_queued = _required(Count)
    runs_2loop = _required(Count)
    runs_3loop = _required(Count)
    qa_summary = fields.Nested(QaSummary, required=True)
    monthly_budget = _required(Money, allow_none=True)
    current_month_cost = _required(Money)
    budget_remaining = _required(Money, allow_none=True)
    generated_at = _required(fields.String)
    budget_percent = _required(fields.Float, allow_none=True)
    budget_level = _required(fields.String, allow_none=True)
    timezone = _required(fields.String)
    jobs_other = _required(Count)
    jobs_removed = _required(Count)
    tokens_unknown_runs = _required(Count)
    tokens_redacted_runs = _required(Count)
    cost_unknown_runs = _required(Count)
    undated_runs = _required(Count)
    untimed_runs = _required(Count)
    stale_runs = _required(Count)
    missing_source_runs = _required(Count)
    open_issues = _required(Count)
    unreadable_files = _required(Count)
    cost_unattributed = _required(Money)


class Project(Schema):
    project_name = _required(fields.String)
    runs_count = _required(Count)
    last_run_time = _required(fields.String, allow_none=True)
    total_tokens = _required(Count)
    total_cost = _required(Money)
    avg_duration_seconds = _required(fields.Float)
    qa_passed = _required(Count)
    qa_warning = _required(Count)
    qa_failed = _required(Count)
    qa_not_run = _required(Count)
    qa_error = _required(Count)
    qa_pass_rate = _required(fields.Float, allow_none=True)
    tokens_unknown_runs = _required(Count)
    cost_unknown_runs = _required(Count)


class Model(Schema):
    model_name = _required(fields.String)
    total_tokens = _required(Count)
    total_cost = _required(Money)
    usage_count = _required(Count)
    cost_share = _required(fields.Float, allow_none=True)
    input_tokens = _required(Count, allow_none=True)
    output_tokens = _required(Count, allow_none=True)
    calls = _required(Count, allow_none=True)
    tokens_unknown_runs = _required(Count)
    cost_unknown_runs = _required(Count)


class Day(Schema):
    date = _required(fields.String)
    runs = _required(Count)
    tokens = _required(Count)
    cost = _required(Money)
    qa_passed = _required(Count)
    qa_warning = _required(Count)
    qa_failed = _required(Count)
    tokens_unknown_runs = _required(Count)
    cost_unknown_runs = _required(Count)
    input_tokens = _required(Count, allow_none=True)
    output_tokens = _required(Count, allow_none=True)
    qa_error = _required(Count)
    qa_not_run = _required(Count)
    qa_pass_rate = _required(fields.Float, allow_none=True)
    avg_duration_seconds = _required(fields.Float, allow_none=True)


class Period(Schema):
    first_day = _required(fields.String)
    last_day = _required(fields.String)
    timezone = _required(fields.String)
    grain = _required(fields.String)
    has_range = _required(fields.Boolean)
    is_partial = _required(fields.Boolean)
    as_of = _required(fields.String)
    previous_first_day = _required(fields.String)
    previous_last_day = _required(fields.String)


class Timeseries(Schema):
    period = fields.Nested(Period, required=True)
    daily = fields.List(fields.Nested(Day), required=True)


class Everything(Schema):
    summary = fields.Nested(Summary, required=True)
    projects = fields.List(fields.Nested(Project), required=True)
    models = fields.List(fields.Nested(Model), required=True)
    timeseries = fields.List(fields.Nested(Day), required=True)
    qa = fields.Nested(QaSummary, required=True)


class Side(Schema):
    name = _required(fields.String)
    first_day = _required(fields.String, allow_none=True)
    last_day = _required(fields.String, allow_none=True)


class Sides(Schema):
    by = _required(fields.String)
    is_partial = _required(fields.Boolean)
    is_uneven = _required(fields.Boolean)
    a = fields.Nested(Side, required=True)
    b = fields.Nested(Side, required=True)


class Version(Schema):
    snapshot = _required(Count, allow_none=True)
    data_as_of = _required(fields.String, allow_none=True)
    jobs_running = _required(Count)
    open_alerts = _required(Count, allow_none=True)


_MOMENT = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]
}
_TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_TEXTS = {"type": "array", "items": _TEXT, "maxItems": MAX_VALUES}
_RANGE = "^(today|mtd|last-month|quarter|all|[1-9][0-9]{0,2}d)$"


def parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A parameter of the query as OpenAPI describes it."""
    described = {"name": name, "in": "query", "required": False, "schema": schema}
    return described | {"description": description}


# Described once, and named by each route that takes them.
FILTERS = [
    parameter(
        "range",
        {"type": "string", "pattern": _RANGE},
        "Relative range of starts: today, 7d, 30d or any number of days, mtd, last-month,"
        " quarter, all. It beats from and to.",
    ),
    parameter("from", _MOMENT, "First day (of the zone) or first moment of the range."),
    parameter("to", _MOMENT, "Last day of the range, included, or the moment that ends it."),
    parameter("project", _TEXTS, "Only these projects; 'unknown' where a run names none."),
    parameter("model", _TEXTS, "Only runs that used one of these models, and only that part."),
    parameter("role", _TEXTS, "Only runs with one of these roles, and only that part."),
    parameter("mode", _TEXTS, "Only these modes, such as 2loop and 3loop."),
    parameter("qa", _TEXTS, "Only these QA outcomes; 'not_run' where QA did not run."),
    parameter("status", _TEXTS, "Only these final statuses; 'unknown' where a run has none."),
    parameter("q", _TEXT, "Only runs whose task contains this text, in any case of letters."),
    parameter("grain", {"type": "string", "enum": list(GRAINS)}, "Periods of the series."),
    parameter(
        "week_start",
        {"type": "string", "enum": list(WEEKDAYS)},
        "First day of weeks; monday unless given.",
    ),
    parameter("tz", {"type": "string"}, "Zone in which days are cut, such as Europe/Berlin."),
    parameter("as_of", _MOMENT, "Answer as of this moment instead of now; UTC without an offset."),
]
