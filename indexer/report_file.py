"""A report as a file of any format, and in the few lines that go with it.

The one way from a report's kind, format and filters to a file: for a server, a daemon and a
command. Files are written whole or not at all.
"""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from indexer import covering, export, figures, reports, whole
from indexer.filters import Filters
from indexer.shown import shown

if TYPE_CHECKING:
    import duckdb

    from indexer.figures import Row

OVERVIEW = "overview"
MOST_JOBS = 100_000

Progress = Callable[[int, int], None]


def write(
    connection: "duckdb.DuckDBPyConnection",
    report: str,
    kind: str,
    filters: Filters,
    target: Path,
    progress: Progress | None = None,
) -> None:
    """The report as a file of that kind; a folder is packed. Raises RunmeterError, OSError."""
    if report == OVERVIEW and kind not in ("csv", "json"):
        _write_whole(connection, kind, target, reports.coverage(connection, filters), progress)
        return
    if report == OVERVIEW:
        covers = reports.coverage(connection, filters)
        text = export.with_coverage(kind, figures.all_figures(connection), covers)
    else:
        text = _rows(reports.report(connection, report, filters, most=MOST_JOBS), kind)
    with whole.file(target) as path:
        path.write_text(text, encoding="utf-8", newline="")


def in_words(connection: "duckdb.DuckDBPyConnection", filters: Filters) -> str:
    """The figures that matter most and what they cover, a line each."""
    summary = figures.summary(connection)
    covers = reports.coverage(connection, filters)
    found = [("Cost", shown(summary["total_cost"], "money")), *covering.lines(covers)]
    return "\n".join(f"{label}: {text}" for label, text in found)


def _rows(report: reports.Report, kind: str) -> str:
    if kind == "json":
        return json.dumps(report.document(), indent=2) + "\n"
    out = io.StringIO()
    keys = [column.key for column in reports.TABLES[report.kind].columns]
    rows = [row.values() for row in report.rows]
    export.write_csv(out, list(report.rows[0]) if report.rows else keys, rows)
    return out.getvalue()


def _write_whole(
    connection: "duckdb.DuckDBPyConnection",
    kind: str,
    target: Path,
    covers: "Row",
    progress: Progress | None,
) -> None:
    writer = import_module(f"indexer.export_{kind}")
    if kind != "parquet":
        writer.write(connection, target, covers, progress)
        return
    folder = target.with_suffix(".folder")
    writer.write(connection, folder, covers, progress)
    _pack(folder, target)


def _pack(folder: Path, target: Path) -> None:
    """A folder as one file; entries carry no date, so that the same content is the same file."""
    try:
        with whole.file(target) as path, zipfile.ZipFile(path, "w") as archive:
            for found in sorted(folder.rglob("*")):
                if found.is_file():
                    entry = zipfile.ZipInfo(found.relative_to(folder).as_posix())
                    with found.open("rb") as source, archive.open(entry, "w") as goal:
                        shutil.copyfileobj(source, goal)
    finally:
        shutil.rmtree(folder)
