"""Values as people read them, in terminals and documents. Formatting only."""

from typing import Any

from indexer.figures import Row
from indexer.file_tables import VALUE_NAMES
from indexer.tables import Column, Table
from indexer.terminal import harmless, money

UNKNOWN = "-"
_FIGURE_KINDS = {
    "runs": "count",
    "cost": "money",
    "tokens": "count",
    "cost_per_run": "money",
    "tokens_per_run": "count",
    "duration_p50": "seconds",
    "duration_p95": "seconds",
    "qa_pass_rate": "rate",
}
# What `report_total` calls the columns of a table that have a name of their own there.
_TOTALS = {
    "runs_count": "runs",
    "usage_count": "runs",
    "total_tokens": "tokens",
    "total_cost": "cost",
    "cost_share": "",
}


def shown(value: Any, kind: str) -> str:
    """A value as people read it; what is unknown is a dash."""
    if value is None:
        return UNKNOWN
    if kind == "money":
        return _money(value)
    if kind in ("rate", "percent"):
        return f"{value:.1%}" if kind == "rate" else f"{value:.1f}%"
    if kind == "seconds":
        return f"{value:,.1f} s"
    if kind == "count":
        return f"{value:,.0f}"
    if kind in ("time", "local"):
        return str(value)[:16].replace("T", " ")
    if kind == "flag":
        return "yes" if value else "no"
    return harmless(value)


def _money(value: float) -> str:
    if 0 < abs(value) < 0.00005:
        return "<$0.0001" if value > 0 else ">-$0.0001"
    return money(value) if value >= 0 else f"-{money(-value)}"


def cell(column: Column, row: Row) -> str:
    """A value of a row by its column; what is of nobody says so."""
    if column.key == "role" and row.get("kind") == "unattributed":
        return "(of no role)"
    value, kind = row[column.key], _kind(column, row)
    if column.key == "value_name":
        return VALUE_NAMES[value]
    if column.key in ("figure", "verdict") and value:
        return str(value).replace("_", " ")
    if column.key == "difference" and kind == "rate" and value is not None:
        return f"{value * 100:+.1f} pp"  # percent of what, one would ask
    return shown(value, kind)


def _kind(column: Column, row: Row) -> str:
    """Of a comparison each row has a kind of its own."""
    return _FIGURE_KINDS[row["figure"]] if column.kind == "number" else column.kind


def total_of(table: Table, total: Row | None) -> dict[str, str]:
    """The last line, by the columns of the table."""
    if table.total is None or total is None:
        return {}
    first = next(column.key for column in table.columns if column.keep == 0)
    found = {first: "Total"}
    for column in table.columns:
        key = _TOTALS.get(column.key, column.key)
        if key in total and column.key != first:
            found[column.key] = shown(total[key], column.kind)
    return found
