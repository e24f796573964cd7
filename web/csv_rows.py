"""Rows as a file: what the routes of panels and lists answer to `format=csv`.

The columns are those of the route, in its order. Text that a spreadsheet would take for a
formula is kept text, numbers are never touched, and what is unknown is empty.
"""

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
from flask import Response, jsonify, request

from indexer import export, figures
from indexer.errors import UsageError
from web import schemas
from web.datasets import Row

FORMATS = ("json", "csv")
PARAMETER = schemas.parameter(
    "format", {"type": "string", "enum": list(FORMATS)}, "csv: the rows alone, as a file."
)


def either(
    found: duckdb.DuckDBPyConnection,
    route: str,
    keys: Sequence[str],
    rows: list[Row],
    whole: Callable[[list[Row]], Any],
) -> Response:
    """The rows as a file if that is asked for, else what `whole` makes of them as JSON.

    Raises UsageError.
    """
    chosen = request.args.get("format") or "json"
    if chosen not in FORMATS:
        raise UsageError(f"format: found {chosen[:60]!r}, allowed: {', '.join(FORMATS)}")
    return file(found, route, keys, rows) if chosen == "csv" else jsonify(whole(rows))


def file(
    found: duckdb.DuckDBPyConnection, route: str, keys: Sequence[str], rows: list[Row]
) -> Response:
    """The rows as a download, named by the route and by what the figures cover."""
    name = export.filename("csv", figures.period(found))
    name = name.replace("runmeter-", f"runmeter-{route}-", 1)
    response = Response(text(keys, rows), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def text(keys: Sequence[str], rows: list[Row]) -> str:
    """A heading and the rows; lines end as in RFC 4180."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(keys)
    for row in rows:
        writer.writerow([_cell(row[key]) for key in keys])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return export.guard(value) if isinstance(value, str) else value
