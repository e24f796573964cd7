"""The API's answers, described for OpenAPI; the figures come from `indexer.figures`."""

from typing import Any

from marshmallow import Schema, fields

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


class QaRoute(QaSummary):
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


class Timeseries(Schema):
    daily = fields.List(fields.Nested(Day), required=True)


class Everything(Schema):
    summary = fields.Nested(Summary, required=True)
    projects = fields.List(fields.Nested(Project), required=True)
    models = fields.List(fields.Nested(Model), required=True)
    timeseries = fields.List(fields.Nested(Day), required=True)
    qa = fields.Nested(QaRoute, required=True)


class Version(Schema):
    snapshot = _required(Count, allow_none=True)
