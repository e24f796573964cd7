"""What the report document says: figures, budgets, chart and tables as text, ready to be set.

Values are formatted here and computed nowhere; names are cut to what a line can hold, because
the other formats have them whole. Lengths of bars are parts of the longest.
"""

import math
from typing import TYPE_CHECKING, Any

from indexer import budgets, comparing, covering, figures
from indexer.figures import Row
from indexer.file_tables import QUALITY
from indexer.shown import UNKNOWN, cell, shown, total_of
from indexer.tables import BUDGETS, COMPARISON, DRIVERS, MODELS, PROJECTS, ROLES, SERIES, Table
from indexer.terminal import harmless

if TYPE_CHECKING:
    import duckdb

MOST_ROWS = 25
MOST_DRIVERS = 10
_MOST_NAME = 40
_KEEP = 5  # columns up to this keep fit the width of a page
_LEFT = ("text", "day", "time", "local", "flag", "list")


def document(connection: "duckdb.DuckDBPyConnection", covers: Row) -> Row:
    """Everything that the template shows, under the filters of the connection."""
    summary = figures.summary(connection)
    lines = covering.lines(covers)
    return {
        "title": "Runs and their cost",
        "range": dict(lines)["Range"],
        "footer": f"Runmeter, as of {covers['as_of'][:16].replace('T', ' ')} UTC,"
        f" snapshot {covers['snapshot']}",
        "figures": _figures(summary, _total(connection, PROJECTS)),
        "budgets": [_budget(row) for row in figures.rows(connection, BUDGETS.query)],
        "chart": _chart(connection),
        "sections": [
            *(_section(connection, table) for table in (PROJECTS, MODELS, ROLES)),
            _change(connection),
            _quality(connection, summary),
        ],
        "coverage": [[name, clean(text, 400)] for name, text in lines],
    }


def clean(text: str, most: int = _MOST_NAME) -> str:
    """One line of text without controls, cut."""
    line = harmless(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def _total(connection: "duckdb.DuckDBPyConnection", table: Table) -> Row:
    return figures.rows(connection, "from report_total(?)", table.total)[0]


def _figures(summary: Row, total: Row) -> list[Row]:

    def figure(name: str, value: str, note: str = "") -> Row:
        return {"name": name, "value": value, "note": note}

    def unknown(key: str, what: str) -> str:
        return f"{summary[key]:,} runs of unknown {what}" if summary[key] else ""

    return [
        figure("Cost", shown(summary["total_cost"], "money"), unknown("cost_unknown_runs", "cost")),
        figure("Runs", shown(summary["total_runs"], "count")),
        figure("Cost per run", shown(summary["avg_cost_per_run"], "money")),
        figure(
            "Tokens",
            shown(summary["total_tokens"], "count"),
            unknown("tokens_unknown_runs", "tokens"),
        ),
        figure("QA passed", shown(total["qa_pass_rate"], "rate")),
        figure(
            "Mean duration",
            shown(total["avg_duration_seconds"], "seconds"),
            unknown("untimed_runs", "duration"),
        ),
    ]


def _budget(row: Row) -> Row:
    percent = row["percent"]
    spent, amount = shown(row["spent"], "money"), shown(row["amount"], "money")
    # cut, not rounded: 99.6% has not reached 100%
    used = "" if percent is None else f" ({math.floor(percent)}%)"
    expected = f", expected {shown(row['projected'], 'money')}" if row["projected"] else ""
    name = clean(budgets.title(row["name"]))
    return {
        "name": name,
        "text": f"{spent} of {amount}{used}{expected}",
        "alt": f"Budget {name}: {spent} of {amount} spent",
        "share": min((percent or 0) / 100, 1),
        "level": row["level"] or "",
    }


def _chart(connection: "duckdb.DuckDBPyConnection") -> Row | None:
    rows = figures.rows(connection, SERIES.query)
    period = figures.period(connection)
    most = max((row["cost"] for row in rows), default=0)
    if most <= 0:
        return None
    grain, top = period["grain"], shown(most, "money")
    first, last = rows[0]["date"], rows[-1]["date"]
    return {
        "title": f"Cost by {grain}",
        "values": [row["cost"] / most for row in rows],
        "most": f"{top} at most",
        "first": first,
        "last": last,
        "alt": f"Cost by {grain} from {first} to {last}, at most {top}",
    }


def _section(connection: "duckdb.DuckDBPyConnection", table: Table) -> Row:
    rows = figures.rows(connection, table.query)
    total = _total(connection, table)
    more = len(rows) - MOST_ROWS
    note = f"{more:,} more are in the workbook." if more > 0 else ""
    return _titled(table.title, [_grid(table, rows[:MOST_ROWS], total_of(table, total), note)])


def _titled(title: str, tables: list[Row], intro: str = "") -> Row:
    return {"title": title, "tables": tables, "intro": intro}


def _grid(table: Table, rows: list[Row], total: dict[str, str] | None, note: str = "") -> Row:
    columns = [column for column in table.columns if (column.keep or 0) <= _KEEP]
    columns = [column for column in columns if column.keep is not None]
    return {
        "columns": [
            {
                "heading": column.heading,
                "text": column.kind == "text",
                "left": column.kind in _LEFT,
            }
            for column in columns
        ],
        "rows": [[clean(cell(column, row)) for column in columns] for row in rows],
        "total": [total.get(column.key, "") for column in columns] if total else None,
        "note": note or ("" if rows else "Nothing matches."),
    }


def _change(connection: "duckdb.DuckDBPyConnection") -> Row:
    """The period against the one before, and what drove the difference of cost."""
    sides = comparing.sides(connection, {"by": "period"})
    if sides is None:
        return _titled("What changed", [], "There is nothing to compare.")
    marks = f"({', '.join('?' * len(sides.arguments))})"

    def asked(table: Table) -> list[Row]:
        return figures.rows(connection, f"from {table.view}{marks}", *sides.arguments)

    drivers = asked(DRIVERS)
    more = len(drivers) - MOST_DRIVERS
    note = f"{more:,} more parts changed the cost by less." if more > 0 else ""
    tables = [_grid(COMPARISON, asked(COMPARISON), None)]
    if drivers:
        tables.append(_drivers(drivers[:MOST_DRIVERS], note))
    return _titled("What changed", tables, f"A is {sides.a.text}; B is {sides.b.text}.")


def _drivers(rows: list[Row], note: str) -> Row:
    """What drove the cost, with project, model and role as one name."""
    numbers = [column for column in DRIVERS.columns if column.kind != "text"]
    names = [column for column in DRIVERS.columns if column.kind == "text"]

    def line(row: Row) -> list[str]:
        known = (column for column in names if row[column.key] is not None)
        parts = [clean(row[column.key], _MOST_NAME // 2) for column in known] or [UNKNOWN]
        return [" · ".join(parts), *(cell(column, row) for column in numbers)]

    first = {"heading": "Project · model · role", "text": True, "left": True}
    others = [{"heading": column.heading, "text": False, "left": False} for column in numbers]
    return {
        "columns": [first, *others],
        "rows": [line(row) for row in rows],
        "total": None,
        "note": note,
    }


def _quality(connection: "duckdb.DuckDBPyConnection", summary: Row) -> Row:
    rows = [row for row in figures.rows(connection, QUALITY.query) if row["unknown_runs"]]
    grid: dict[str, Any] = {
        "columns": [
            {"heading": column.heading, "text": column.kind == "text", "left": place == 0}
            for place, column in enumerate(QUALITY.columns)
        ],
        "rows": [[clean(cell(column, row)) for column in QUALITY.columns] for row in rows],
        "total": None,
        "note": "" if rows else "Every value of every run is known.",
    }
    files = summary["unreadable_files"]
    intro = "Sums cover what is known; what is unknown is left out and counted here."
    if files:
        intro += f" {files:,} files could not be read."
    return _titled("Data quality", [grid] if rows else [], intro if rows or files else grid["note"])
