"""One table or view as CSV, JSON or Parquet, row by row, however long it is.

Names are those that the database knows; views follow the filters. Rows come in one order, so
that the same snapshot gives the same bytes.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from indexer import export_parquet, sqlfiles
from indexer.errors import UsageError
from indexer.export import guard
from indexer.figures import Row, plain
from indexer.filters import Filters

_CHUNK = 5_000
_SHOWN_NAMES = 12


def query(connection: duckdb.DuckDBPyConnection, name: str, filters: Filters) -> str:
    """All rows of a table or view, in one order. Raises UsageError, also where filters are
    given for a table: they narrow views."""
    found = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'main' order by all"
    ).fetchall()
    names = [row[0] for row in found]
    if name not in names:
        allowed = ", ".join(names[:_SHOWN_NAMES])
        raise UsageError(
            f"table: found {name[:60]!r}, allowed: a table or view such as {allowed};"
            " the data dictionary lists all"
        )
    is_whole = name not in sqlfiles.definitions() or name in sqlfiles.WHOLE
    if is_whole and (filters.narrows or filters.as_of):
        raise UsageError(
            f"table: found {name} with filters, allowed: a view, such as run_list, role_facts"
            " or model_facts; a table holds everything"
        )
    text = sqlfiles.definitions().get(name, "").split("comment on")[0]
    is_ordered = "\norder by" in text
    return f"from {name}" + ("" if is_ordered else " order by all")


def write(
    connection: duckdb.DuckDBPyConnection,
    asked: str,
    name: str,
    kind: str,
    target: BinaryIO,
    covers: Row,
) -> None:
    """Stream what a query gives as `csv` or `json`. `connection` is one that nobody else uses."""
    export_parquet.frugal(connection)
    cursor = connection.execute(asked)
    columns = [column[0] for column in cursor.description or ()]
    rows = _rows(cursor)
    if kind == "csv":
        _write_csv(columns, rows, target)
    else:
        _write_json(name, columns, rows, target, covers)


def write_parquet(
    connection: duckdb.DuckDBPyConnection, asked: str, target: Path, covers: Row
) -> None:
    """The same as a Parquet file. `connection` is one that nobody else uses."""
    export_parquet.frugal(connection)
    export_parquet.copy(connection, asked, target, covers)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while chunk := cursor.fetchmany(_CHUNK):
        yield from chunk


def _write_csv(columns: list[str], rows: Iterator[tuple[Any, ...]], target: BinaryIO) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    text.detach()


def cell(value: Any) -> Any:
    """A value for CSV: text that a spreadsheet would take for a formula is kept text."""
    shown = plain(value)
    if isinstance(shown, list | dict):
        shown = json.dumps(shown, ensure_ascii=False, default=plain)
    return guard(shown) if isinstance(shown, str) else shown


def _write_json(
    name: str,
    columns: list[str],
    rows: Iterator[tuple[Any, ...]],
    target: BinaryIO,
    covers: Row,
) -> None:
    def dumped(value: Any) -> bytes:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=plain)
        return text.encode("utf-8", "replace")

    target.write(b'{"table": ' + dumped(name) + b',\n"coverage": ' + dumped(covers))
    target.write(b',\n"rows": [')
    for place, row in enumerate(rows):
        values = dict(zip(columns, map(plain, row), strict=True))
        target.write((b",\n" if place else b"\n") + dumped(values))
    target.write(b"\n]}\n")
