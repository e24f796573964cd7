"""The views that panels, routes and tables are made of, column by column, once.

From one declaration follow the table beside a chart, its formats, and the description
of the route; a test holds it against what the view really has. Figures themselves are
defined in SQL, and nothing is computed here.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
from marshmallow import Schema, fields

from indexer import figures

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its kind, whether tables show it and whether it may be null.

    Kinds: text, count, money, rate, seconds, day, moment, flag, number, numbers, texts.
    """

    key: str
    heading: str
    kind: str = "count"
    shown: bool = True
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A view or table macro with its columns; `route` is its place under /api/analytics."""

    source: str
    route: str
    summary: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> list[str]:
        """Names of the columns, in their order."""
        return [column.key for column in self.columns]

    @property
    def endpoint(self) -> str:
        """What its route is called where addresses are made."""
        return f"api.{self.route.replace('-', '_')}"

    def rows(self, connection: duckdb.DuckDBPyConnection, *arguments: Any) -> list[Row]:
        """What the view, or the macro with its arguments, says under the connection's filters."""
        marks = f"({', '.join('?' * len(arguments))})" if arguments else ""
        return figures.rows(connection, f"from {self.source}{marks}", *arguments)

    def schema(self) -> type[Schema]:
        """One row, for the description of the API."""
        name = "".join(word.title() for word in self.source.split("_"))
        members = {column.key: _field(column) for column in self.columns}
        return Schema.from_dict(members, name=name)


_FIELDS: dict[str, type[fields.Field[Any]]] = {
    "text": fields.String,
    "day": fields.String,
    "moment": fields.String,
    "count": fields.Integer,
    "flag": fields.Boolean,
}


def _field(column: Column) -> fields.Field[Any]:
    if column.kind == "numbers":
        return fields.List(fields.Float(), required=True)
    if column.kind == "texts":
        return fields.List(fields.String(), required=True)
    kind = _FIELDS.get(column.kind, fields.Float)
    return kind(required=True, allow_none=column.nullable)


DATE = Column("date", "From", "day")
COST = Column("cost", "Cost (USD)", "money")
NO_COST = Column("cost_unknown_runs", "Cost unknown")

TIMESERIES = Dataset(
    "timeseries_daily",
    "timeseries",
    "The last days, oldest first.",
    (
        DATE,
        Column("runs", "Runs"),
        Column("tokens", "Tokens"),
        COST,
        Column("qa_passed", "Passed"),
        Column("qa_warning", "Warning"),
        Column("qa_failed", "Failed"),
        Column("tokens_unknown_runs", "Tokens unknown"),
        NO_COST,
        Column("input_tokens", "Input tokens", nullable=True),
        Column("output_tokens", "Output tokens", nullable=True),
        Column("qa_error", "QA error"),
        Column("qa_not_run", "Not run"),
        Column("qa_pass_rate", "Pass rate", "rate", nullable=True),
        Column("avg_duration_seconds", "Mean duration", "seconds", nullable=True),
    ),
)
TOKEN_TREND = Dataset(
    "token_trend",
    "token-trend",
    "Tokens over time: input, output, and what nobody split.",
    (
        DATE,
        Column("input_tokens", "Input"),
        Column("output_tokens", "Output"),
        Column("unsplit_tokens", "Not split"),
        Column("tokens_unknown_runs", "Runs of unknown tokens"),
        Column("runs", "Runs"),
    ),
)
MODEL_SHARES = Dataset(
    "model_shares",
    "model-shares",
    "Cost and use by model, the small ones as one.",
    (
        Column("place", "Place", shown=False),
        Column("kind", "Kind", "text", shown=False),
        Column("model_name", "Model", "text", nullable=True),
        Column("models", "Models", shown=False),
        COST,
        Column("cost_share", "Share", "rate", nullable=True),
        Column("tokens", "Tokens", nullable=True),
        Column("uses", "Uses", nullable=True),
        Column("usage_share", "Uses by runs", "rate", nullable=True),
        Column("cost_unknown_uses", "Cost unknown", nullable=True),
        Column("tokens_unknown_uses", "Tokens unknown", nullable=True),
    ),
)
MODEL_SERIES = Dataset(
    "model_series",
    "model-series",
    "Cost by model over time.",
    (
        DATE,
        Column("place", "Place", shown=False),
        Column("kind", "Kind", "text", shown=False),
        Column("model_name", "Model", "text", nullable=True),
        COST,
        Column("tokens", "Tokens", nullable=True),
        Column("uses", "Uses", nullable=True),
        Column("cost_unknown_uses", "Cost unknown", nullable=True),
    ),
)
ROLES = Dataset(
    "role_summary",
    "roles",
    "Cost by role, dearest first.",
    (
        Column("kind", "Kind", "text", shown=False),
        Column("role", "Role", "text", nullable=True),
        COST,
        Column("cost_share", "Share", "rate", nullable=True),
        Column("tokens", "Tokens", nullable=True),
        Column("calls", "Calls", nullable=True),
        Column("runs", "Runs", nullable=True),
        Column("cost_unknown_runs", "Cost unknown", nullable=True),
        Column("tokens_unknown_runs", "Tokens unknown", nullable=True),
    ),
)
OUTCOMES = Dataset(
    "outcome_summary",
    "outcomes",
    "Runs by final status, most first.",
    (
        Column("outcome", "Outcome", "text"),
        Column("finished", "Finished", "flag", nullable=True),
        Column("runs", "Runs"),
        Column("run_share", "Share", "rate"),
        COST,
        NO_COST,
    ),
)
CALENDAR = Dataset(
    "spend_calendar",
    "calendar",
    "Cost of each day of at most a year.",
    (
        DATE,
        Column("runs", "Runs"),
        Column("cost", "Cost (USD)", "money", nullable=True),
        NO_COST,
        Column("level", "Level", shown=False, nullable=True),
        Column("week", "Week", shown=False),
        Column("weekday", "Weekday", shown=False),
    ),
)
JOB_SERIES = Dataset(
    "job_series",
    "job-series",
    "Jobs over time.",
    (
        DATE,
        Column("jobs", "Jobs"),
        Column("completed", "Completed"),
        Column("failed", "Failed"),
        Column("open", "Others"),
    ),
)
CHANGES = Dataset(
    "period_change",
    "changes",
    "The main figures against the previous period of equal length.",
    (
        Column("figure", "Figure", "text"),
        Column("value", "Now", "number", nullable=True),
        Column("previous", "Before", "number", nullable=True),
        Column("difference", "Difference", "number", nullable=True),
        Column("ratio", "Relative", "rate", nullable=True),
        Column("known", "Runs behind it"),
        Column("unknown", "Unknown"),
        Column("previous_known", "Runs behind it before"),
        Column("previous_unknown", "Unknown before"),
        Column("is_partial", "Not over", "flag"),
    ),
)

# Those with a route of their own; that of TIMESERIES is the specification's.
ROUTED = (
    CHANGES,
    TOKEN_TREND,
    MODEL_SHARES,
    MODEL_SERIES,
    ROLES,
    OUTCOMES,
    CALENDAR,
    JOB_SERIES,
)
