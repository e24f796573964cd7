"""The figures as the specification names them: one query a function, no arithmetic.

Each function takes a DuckDB connection on a snapshot (or on the in-memory
database of `analytics`), reads one view and returns plain JSON values: money and
rates as float, times as ISO text in UTC with milliseconds and `Z`, days as
YYYY-MM-DD. The specification's keys come first, further columns of the view follow.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

QA_KEYS = (
    "total_qa_runs",
    "qa_passed",
    "qa_warning",
    "qa_failed",
    "qa_error",
    "qa_not_run",
    "pass_rate",
    "qa_other",
)


def plain(value: Any) -> Any:
    """A DuckDB value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value


def rows(connection: "duckdb.DuckDBPyConnection", query: str, *values: Any) -> list[Row]:
    """Result of a query as dicts of plain values."""
    cursor = connection.execute(query, list(values))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def summary(connection: "duckdb.DuckDBPyConnection") -> Row:
    """`overall_summary` with the QA columns under `qa_summary`."""
    overview = rows(connection, "from overall_summary")[0]
    quality = {key: overview.pop(key) for key in QA_KEYS}
    ordered: Row = {}
    for key, value in overview.items():
        if key == "monthly_budget":
            ordered["qa_summary"] = quality
        ordered[key] = value
    return ordered


def projects(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    """`project_summary`, most runs first."""
    return rows(connection, "from project_summary")


def models(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    """`model_summary`, dearest first."""
    return rows(connection, "from model_summary")


def tell_models(connection: "duckdb.DuckDBPyConnection") -> None:
    """Sum by model now, for all that the connection is asked under the filters that it has."""
    connection.execute("set variable told_models = (select list(said) from summed_models as said)")


def tell_clock(connection: "duckdb.DuckDBPyConnection") -> None:
    """Reckon the bounds of the series now, and the steps that it may be made of, for the same."""
    connection.execute("set variable told_clock = (select said from reckoned_clock as said)")
    connection.execute("set variable told_bucket = (select minutes from widest_bucket)")


def timeseries(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    """`timeseries_daily`, oldest first."""
    return rows(connection, "from timeseries_daily")


def period(connection: "duckdb.DuckDBPyConnection") -> Row:
    """What `timeseries` covers, and the zone and moment that it is cut by."""
    return rows(
        connection,
        "select series_first_day as first_day, series_last_day as last_day, timezone, grain,"
        " has_range, is_partial, as_of,"
        " previous_first_day, previous_last_day from clock",
    )[0]


def qa(connection: "duckdb.DuckDBPyConnection") -> Row:
    """`qa_summary`, as `summary` has it as well."""
    found = rows(connection, "from qa_summary")[0]
    return {key: found[key] for key in QA_KEYS}


def budgets(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    """`budget_states`, in the order of the configuration."""
    return rows(connection, "from budget_states")


def current_alerts(connection: "duckdb.DuckDBPyConnection") -> list[Row]:
    """`current_alerts`, worst first."""
    return rows(connection, "from current_alerts")


def budget(connection: "duckdb.DuckDBPyConnection") -> Row:
    """`budget_status`."""
    return rows(connection, "from budget_status")[0]


def settings(connection: "duckdb.DuckDBPyConnection") -> Row:
    """The `analytics` section that the index was made with."""
    return rows(connection, "from settings")[0]


def issues(connection: "duckdb.DuckDBPyConnection", limit: int = 100) -> list[Row]:
    """Open ingest issues, errors first, at most `limit`."""
    return rows(
        connection,
        "select path, severity, place, line, column_number as column, reason, found,"
        " first_seen, last_seen from ingest_issues"
        " order by severity, last_seen desc, path, place limit ?",
        limit,
    )


# What the JSON export asks for, in its order; qa is a part of the summary.
FIGURES: dict[str, "Callable[[duckdb.DuckDBPyConnection], Any]"] = {
    "summary": summary,
    "projects": projects,
    "models": models,
    "timeseries": timeseries,
}
# Those of all runs at once, which the CSV export has.
SUMMARIES = {name: FIGURES[name] for name in ("summary", "projects", "models")}


def all_figures(connection: "duckdb.DuckDBPyConnection") -> Row:
    """What the JSON export holds: summary, projects, models, timeseries and qa."""
    return with_qa({name: figure(connection) for name, figure in FIGURES.items()})


def with_qa(found: Row) -> Row:
    """The answers to FIGURES, with `qa` from the summary, so that its view need not be asked."""
    return found | {"qa": found["summary"]["qa_summary"]}
