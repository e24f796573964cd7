"""Exports: the figures as files that others open.

Each function turns what `figures.all_figures` returned into text and adds nothing;
the same figures give the same bytes. In CSV, text that a spreadsheet would take
for a formula is kept text by a leading apostrophe; numbers are never touched.
"""

import csv
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TextIO

from indexer import covering

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def to_json(figures: dict[str, Any]) -> str:
    """Summary, projects, models and timeseries as indented JSON."""
    return json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def filename(kind: str, period: dict[str, Any]) -> str:
    """Name of a download by day, or by range and zone where runs are cut by one.

    `runmeter-2025-11-18.json`, `runmeter-2025-10-01-to-2025-10-31-Europe-Berlin.json`.
    """
    if not period["has_range"]:
        return f"runmeter-{period['as_of'][:10]}.{kind}"
    zone = period["timezone"].replace("/", "-")
    return f"runmeter-{period['first_day']}-to-{period['last_day']}-{zone}.{kind}"


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULA_STARTS) else text


def to_csv(figures: dict[str, Any]) -> str:
    """The three tables of the specification, one below the other; lines end as in RFC 4180."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    _summary(write, figures["summary"])
    write([])
    _projects(write, figures["projects"])
    write([])
    _models(write, figures["models"])
    return out.getvalue()


def write_csv(out: TextIO, columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """A table as CSV with one line a row; decimals with all their digits, never as 0E-12."""
    write = csv.writer(out, lineterminator="\n").writerow
    write(columns)
    for row in rows:
        write([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return guard(value) if isinstance(value, str) else value


def with_coverage(kind: str, figures: dict[str, Any], covers: dict[str, Any]) -> str:
    """The same with what it covers behind it, as JSON or CSV."""
    if kind == "json":
        return to_json(figures | {"coverage": covers})
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([])
    write(["COVERAGE"])
    write(["Metric", "Value"])
    for name, text in covering.lines(covers):
        write([name, guard(text)])
    return to_csv(figures) + out.getvalue()


def _summary(write: Any, summary: dict[str, Any]) -> None:
    write(["OVERALL SUMMARY"])
    write(["Metric", "Value"])
    write(["Total Runs", summary["total_runs"]])
    write(["Total Jobs", summary["total_jobs"]])
    write(["Total Tokens", summary["total_tokens"]])
    write(["Total Cost (USD)", f"{summary['total_cost']:.4f}"])
    write(["Avg Cost Per Run (USD)", f"{summary['avg_cost_per_run']:.4f}"])
    write(["Avg Duration (seconds)", f"{summary['avg_duration_seconds']:.2f}"])
    write(["Runs (2-loop)", summary["runs_2loop"]])
    write(["Runs (3-loop)", summary["runs_3loop"]])
    write(["Jobs Completed", summary["jobs_completed"]])
    write(["Jobs Failed", summary["jobs_failed"]])
    write(["Jobs Cancelled", summary["jobs_cancelled"]])
    write(["QA Pass Rate", f"{summary['qa_summary']['pass_rate']:.2%}"])


def _projects(write: Any, projects: list[dict[str, Any]]) -> None:
    write(["PER-PROJECT SUMMARY"])
    heads = "Project,Runs,Last Run,Total Tokens,Total Cost (USD),Avg Duration (s)"
    write([*heads.split(","), "QA Passed", "QA Warning", "QA Failed"])
    for row in projects:
        write(
            [
                guard(row["project_name"]),
                row["runs_count"],
                row["last_run_time"],
                row["total_tokens"],
                f"{row['total_cost']:.4f}",
                f"{row['avg_duration_seconds']:.2f}",
                row["qa_passed"],
                row["qa_warning"],
                row["qa_failed"],
            ]
        )


def _models(write: Any, models: list[dict[str, Any]]) -> None:
    write(["PER-MODEL SUMMARY"])
    write(["Model", "Total Tokens", "Total Cost (USD)", "Usage Count"])
    for row in models:
        name, cost = guard(row["model_name"]), f"{row['total_cost']:.4f}"
        write([name, row["total_tokens"], cost, row["usage_count"]])
