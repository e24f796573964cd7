"""The tables of reports and of files to hand on: which view, which columns, how they look.

One declaration serves the terminal, workbooks, documents and Parquet. What a column means
is said by its comment in the database, and figures are defined there; nothing is computed.
A test holds the columns against the views.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `keep` orders what gives way where room is short: 0 stays longest, and a
    column without it is left to files. Kinds: text, count, money, rate, percent, seconds, day,
    time (UTC), local (time of the chosen zone), flag, number, list."""

    key: str
    heading: str
    kind: str = "count"
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A view with its columns; `order` makes the same rows come in the same order.

    `total` names the kind of `report_total` that is its last line, `bar` the column that is
    drawn as a bar.
    """

    name: str
    title: str
    view: str
    columns: tuple[Column, ...]
    order: str = ""
    total: str | None = None
    bar: str | None = None

    @property
    def query(self) -> str:
        """All rows, in order."""
        keys = ", ".join(column.key for column in self.columns)
        return f"select {keys} from {self.view}" + (f" order by {self.order}" if self.order else "")


_COST = Column("cost", "Cost", "money", 0)
_NO_COST = Column("cost_unknown_runs", "Cost unknown", keep=7)
_NO_TOKENS = Column("tokens_unknown_runs", "Tokens unknown", keep=8)
_PASS_RATE = Column("qa_pass_rate", "QA passed", "rate", 5)
_QA = (
    Column("qa_passed", "Passed"),
    Column("qa_warning", "Warning"),
    Column("qa_failed", "Failed", keep=6),
    Column("qa_error", "QA error"),
    Column("qa_not_run", "No QA"),
)
_MEAN = Column("avg_duration_seconds", "Mean time", "seconds", 9)

SERIES = Table(
    "daily",
    "Daily",
    "timeseries_daily",
    (
        Column("date", "From", "day", 0),
        Column("runs", "Runs", keep=2),
        Column("tokens", "Tokens", keep=3),
        Column("input_tokens", "Input", keep=10),
        Column("output_tokens", "Output", keep=11),
        _COST,
        _PASS_RATE,
        *_QA,
        _MEAN,
        _NO_TOKENS,
        _NO_COST,
    ),
    "date",
    "series",
    "cost",
)
PROJECTS = Table(
    "projects",
    "Projects",
    "project_summary",
    (
        Column("project_name", "Project", "text", 0),
        Column("runs_count", "Runs", keep=2),
        Column("total_tokens", "Tokens", keep=3),
        Column("total_cost", "Cost", "money", 1),
        _PASS_RATE,
        *_QA,
        _MEAN,
        Column("last_run_time", "Last run (UTC)", "time", 4),
        _NO_TOKENS,
        _NO_COST,
    ),
    "runs_count desc, project_name",
    "projects",
    "total_cost",
)
MODELS = Table(
    "models",
    "Models",
    "model_summary",
    (
        Column("model_name", "Model", "text", 0),
        Column("usage_count", "Runs", keep=2),
        Column("calls", "Calls", keep=6),
        Column("total_tokens", "Tokens", keep=3),
        Column("input_tokens", "Input", keep=9),
        Column("output_tokens", "Output", keep=10),
        Column("total_cost", "Cost", "money", 1),
        Column("cost_share", "Share", "rate", 4),
        _NO_TOKENS,
        _NO_COST,
    ),
    "total_cost desc, model_name",
    "models",
    "total_cost",
)
ROLES = Table(
    "roles",
    "Roles",
    "role_summary",
    (
        Column("kind", "Kind", "text"),
        Column("role", "Role", "text", 0),
        Column("runs", "Runs", keep=2),
        Column("calls", "Calls", keep=5),
        Column("tokens", "Tokens", keep=3),
        Column("cost", "Cost", "money", 1),
        Column("cost_share", "Share", "rate", 4),
        _NO_TOKENS,
        _NO_COST,
    ),
    "kind, cost desc, role",
    "roles",
    "cost",
)
JOBS = Table(
    "jobs",
    "Jobs",
    "job_list",
    (
        Column("job_id", "Job", "text", 0),
        Column("state", "State", "text", 1),
        Column("status", "Status as written", "text"),
        Column("project_name", "Project", "text", 2),
        Column("mode", "Mode", "text", 8),
        Column("task", "Task", "text"),
        Column("run_id", "Run", "text", 7),
        Column("run_is_known", "Run known", "flag"),
        Column("run_cost_usd", "Cost", "money", 3),
        Column("created", "Created", "local"),
        Column("started", "Started", "local", 5),
        Column("finished", "Finished", "local"),
        Column("changed", "Changed", "local"),
        Column("changed_at", "Changed (UTC)", "time"),
        Column("waiting_seconds", "Waited", "seconds", 6),
        Column("running_seconds", "Ran", "seconds", 4),
        Column("error", "Error", "text", 9),
        Column("logs_path", "Logs", "text"),
    ),
    "changed_at desc nulls last, job_id",
)
BUDGETS = Table(
    "budgets",
    "Budgets",
    "budget_states",
    (
        Column("name", "Budget", "text", 0),
        Column("scope", "Scope", "text", 9),
        Column("match", "Of", "text", 8),
        Column("period", "Period", "text", 7),
        Column("state", "State", "text"),
        Column("period_start", "From", "day", 5),
        Column("period_end", "Until", "day"),
        Column("amount", "Budget", "money", 2),
        Column("soft_amount", "Soft", "money"),
        Column("thresholds", "Thresholds", "list"),
        Column("spent", "Spent", "money", 1),
        Column("remaining", "Remaining", "money", 6),
        Column("percent", "Used", "percent", 3),
        Column("level", "Level", "text"),
        Column("crossed", "Crossed", "percent"),
        Column("is_over_soft", "Over the soft amount", "flag"),
        Column("is_over", "Over", "flag"),
        Column("is_expected_over", "Expected over", "flag"),
        Column("burn_per_day", "A day", "money"),
        Column("days_left", "Days left"),
        Column("projected", "Expected", "money", 4),
        Column("projected_low", "Low", "money"),
        Column("projected_high", "High", "money"),
        Column("projected_percent", "Expected used", "percent"),
        Column("exhausted_on", "Used up on", "day", 10),
        Column("forecast_method", "Method", "text"),
        Column("runs", "Runs"),
        _NO_COST,
        Column("timezone", "Zone", "text"),
        Column("today", "Today", "day"),
        Column("place", "Place"),
    ),
    "place",
    bar="percent",
)
COMPARISON = Table(
    "compare",
    "Comparison",
    "comparison",
    (
        Column("figure", "Figure", "text", 0),
        Column("a_value", "A", "number", 1),
        Column("b_value", "B", "number", 1),
        Column("difference", "Difference", "number", 2),
        Column("ratio", "Relative", "rate", 3),
        Column("verdict", "Verdict", "text", 4),
        Column("a_known", "Runs of A", keep=5),
        Column("b_known", "Runs of B", keep=5),
        Column("a_unknown", "Unknown in A", keep=6),
        Column("b_unknown", "Unknown in B", keep=6),
    ),
)
DRIVERS = Table(
    "drivers",
    "What drove the cost",
    "cost_drivers",
    (
        Column("project_name", "Project", "text", 0),
        Column("model", "Model", "text", 0),
        Column("role", "Role", "text", 1),
        Column("change", "Change", "money", 0),
        Column("more_runs", "More runs", "money", 3),
        Column("more_tokens", "Tokens per run", "money", 3),
        Column("dearer_tokens", "Price of tokens", "money", 3),
        Column("dearer_runs", "Cost per run", "money", 3),
    ),
)
