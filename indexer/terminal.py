"""What the command line shows: tables and figures, laid out with rich.

Text from run files is shown as text: markup is not interpreted and control
characters, which could drive a terminal, are replaced.
"""

import json
import math
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.budgets import title
from indexer.export import write_csv
from indexer.figures import plain

# Controls, what turns the direction of text, and what ends lines.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]"
)


def harmless(value: Any) -> str:
    """One line of text that a terminal only shows."""
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    return "" if value is None else _CONTROL.sub("\ufffd", str(value))


def table(columns: list[str], rows: list[tuple[Any, ...]], title: str | None = None) -> Table:
    """Rows under their column names, numbers to the right."""
    result = Table(title=title, title_justify="left", header_style="bold")
    numeric = [
        bool(rows) and all(isinstance(row[place], int | float | Decimal | None) for row in rows)
        for place in range(len(columns))
    ]
    for name, is_number in zip(columns, numeric, strict=True):
        result.add_column(harmless(name), justify="right" if is_number else "left")
    for row in rows:
        result.add_row(*(Text(harmless(value)) for value in row))
    return result


def money(value: float) -> str:
    """USD with as many digits as a small amount needs."""
    return f"${value:,.2f}" if value == 0 or value >= 1 else f"${value:,.4f}"


def show_figures(console: Console, summary: dict[str, Any]) -> None:
    """The main figures in a few lines."""
    quality = summary["qa_summary"]
    grid = Table.grid(padding=(0, 2))
    lines = [
        ("Runs", f"{summary['total_runs']:,}", _left_out(summary, "undated_runs", "undated")),
        (
            "Cost",
            money(summary["total_cost"]),
            _left_out(summary, "cost_unknown_runs", "of unknown cost"),
        ),
        (
            "Tokens",
            f"{summary['total_tokens']:,}",
            _left_out(summary, "tokens_unknown_runs", "of unknown tokens"),
        ),
        (
            "QA passed",
            f"{quality['pass_rate']:.1%}",
            f"{quality['qa_passed']:,} of {quality['total_qa_runs']:,} runs with QA",
        ),
        ("Jobs", f"{summary['total_jobs']:,}", f"{summary['jobs_failed']:,} failed"),
        ("This month", money(summary["current_month_cost"]), _budget(summary)),
    ]
    for name, figure, note in lines:
        grid.add_row(name, Text(figure, style="bold", justify="right"), Text(note, style="dim"))
    console.print(grid)


def show_alerts(rows: list[dict[str, Any]]) -> None:
    """Each alert with its reason in a line: on a terminal, and as CSV into a pipe."""
    if not rows:
        sys.stderr.write("Nothing to tell.\n")
    elif sys.stdout.isatty():
        for row in rows:
            known = [row["alert_id"] or "", "acknowledged" if row["acknowledged_at"] else ""]
            known += [f"snoozed until {row['snoozed_until']}" if row["snoozed_until"] else ""]
            line = f"{row['state']:7}  {row['rule']}  {harmless(row['explanation'])}"
            sys.stdout.write("  ".join([line, *filter(None, known)]) + "\n")
    else:
        print_rows(list(rows[0]), [tuple(row.values()) for row in rows], as_json=False)


def show_budgets(rows: list[dict[str, Any]]) -> None:
    """Each budget in a line: a table on a terminal, all columns as CSV into a pipe."""
    if not rows:
        sys.stderr.write("No budget is set; see analytics.budgets in the README.\n")
        return
    if not sys.stdout.isatty():
        print_rows(list(rows[0]), [tuple(row.values()) for row in rows], as_json=False)
        return
    columns = ["budget", "since", "spent", "of", "", "expected", "used up"]
    shown = [
        (
            title(row["name"]),
            row["period_start"] or row["state"],
            _or_unknown(row["spent"], money),
            money(row["amount"]),
            # cut, not rounded: 99.6% has not reached 100%
            _or_unknown(row["percent"], lambda percent: f"{math.floor(percent)}%"),
            _or_unknown(row["projected"], money),
            row["exhausted_on"] or "-",
        )
        for row in rows
    ]
    Console().print(table(columns, shown))


def show_reports(rows: list[dict[str, Any]]) -> None:
    """Scheduled reports: a table on a terminal, CSV into a pipe."""
    if not rows:
        sys.stderr.write("No report is scheduled; see analytics.reports in docs/exports.md.\n")
    elif sys.stdout.isatty():
        columns = ["report", "when", "next (UTC)", "last", "of", "error"]
        shown = [
            (
                row["name"],
                f"{row['when']}, {row['timezone']}",
                row["next_due_at"][:16].replace("T", " "),
                row["outcome"] or "not seen by a daemon yet",
                row["last_day"] or "-",
                row["error"] or "",
            )
            for row in rows
        ]
        Console().print(table(columns, shown))
    else:
        flat = [row | {"to": ", ".join(row["to"])} for row in rows]
        print_csv(flat, list(flat[0]))


def _or_unknown(value: float | None, form: Callable[[float], str]) -> str:
    return "-" if value is None else form(value)


def _left_out(summary: dict[str, Any], key: str, what: str) -> str:
    return f"{summary[key]:,} runs {what}" if summary[key] else ""


def _budget(summary: dict[str, Any]) -> str:
    if summary["monthly_budget"] is None:
        return "no budget set"
    percent = summary["budget_percent"]
    part = "" if percent is None else f", {math.floor(percent)}% ({summary['budget_level']})"
    return f"of {money(summary['monthly_budget'])}{part}"


def print_rows(columns: list[str], rows: list[tuple[Any, ...]], as_json: bool) -> None:
    """A query's result: JSON, else a table on a terminal and CSV into a pipe."""
    if as_json:
        found = [dict(zip(columns, map(plain, row), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(found, indent=2, default=str) + "\n")
    elif sys.stdout.isatty():
        Console().print(table(columns, rows))
    else:
        write_csv(sys.stdout, columns, rows)


def print_csv(rows: list[dict[str, Any]], columns: list[str]) -> None:
    """Rows as CSV; where there is none, `columns` are the first line."""
    write_csv(sys.stdout, list(rows[0]) if rows else columns, [row.values() for row in rows])
