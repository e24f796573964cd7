"""A workbook: a sheet a table, typed cells, charts, and what every column means.

Rows go to the disk as they come, so that a million take no more memory than a thousand.
Text is text, whatever it begins with. An empty cell is unknown. Nothing in it depends on when
or where it is written: the same snapshot under the same filters gives the same bytes.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from indexer import covering, export_parquet, whole
from indexer.errors import RunmeterError
from indexer.figures import Row
from indexer.file_tables import ISSUES, QUALITY, RUNS, SUMMARY
from indexer.tables import BUDGETS, JOBS, MODELS, PROJECTS, ROLES, SERIES, Column, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SHEETS = (PROJECTS, MODELS, ROLES, SERIES, BUDGETS, RUNS, JOBS, QUALITY, ISSUES)
MOST_ROWS = 1_048_575  # of a sheet, below its header
_MOST_TEXT = 32_767
_EXACT = 2**53
_CHUNK = 5_000
_CHARTED = 15
_INVALID = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMATS = {
    "count": "#,##0",
    "money": "$#,##0.00##",
    "rate": "0.0%",
    "percent": '0.0"%"',
    "seconds": "#,##0.0",
    "day": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm:ss",
    "local": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS = {"text": 26, "time": 19, "local": 19, "day": 11, "money": 13, "list": 18}
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Progress = Callable[[int, int], None]


def write(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    covers: Row,
    progress: Progress | None = None,
) -> None:
    """Write the workbook. Raises RunmeterError where XlsxWriter is not installed, OSError.

    `connection` is one that nobody else uses.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise RunmeterError("xlsx needs XlsxWriter: pip install 'runmeter[xlsx]'") from error
    export_parquet.frugal(connection)
    with whole.file(target) as path:
        book = xlsxwriter.Workbook(str(path), _OPTIONS)
        try:
            _fill(book, connection, covers, progress)
        finally:
            book.close()


def _fill(
    book: "Workbook",
    connection: duckdb.DuckDBPyConnection,
    covers: Row,
    progress: Progress | None,
) -> None:
    as_of = datetime.fromisoformat(covers["as_of"]).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": "Runmeter", "created": as_of, "author": "Runmeter"})
    counts = {table.name: _count(connection, table) for table in SHEETS}
    formats = _Formats(book)
    _summary(book, formats, connection, covers, counts)
    done, total = 0, sum(counts.values())

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        if progress:
            progress(done, total)

    for table in SHEETS:
        _table(book, formats, connection, table, counts[table.name], step)
    _columns(book, formats, connection)


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: "Workbook") -> None:
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.note = book.add_format({"text_wrap": True, "valign": "top"})
        self._kinds = {
            kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()
        }

    def of(self, kind: str) -> "Format | None":
        return self._kinds.get(kind)


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    found = connection.execute(f"select count(*) from {table.view}").fetchone()
    return int(found[0]) if found else 0


def _sheets_of(table: Table, rows: int) -> list[str]:
    """Names of the sheets that a table takes."""
    more = max(0, rows - 1) // MOST_ROWS
    return [table.title, *(f"{table.title} {place + 2}" for place in range(more))]


def _summary(
    book: "Workbook",
    formats: _Formats,
    connection: duckdb.DuckDBPyConnection,
    covers: Row,
    counts: dict[str, int],
) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 70)
    sheet.write_string(0, 0, "Runmeter", formats.title)
    row = 1
    for name, text in covering.lines(covers):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, clean(text))
        row += 1
    for table in SHEETS:
        names = _sheets_of(table, counts[table.name])
        if len(names) > 1:
            sheet.write_string(row, 0, f"Rows of {table.title}")
            sheet.write_string(row, 1, f"go on in the sheets {', '.join(names[1:])}")
            row += 1
    sheet.write_string(row, 0, "Empty cells")
    sheet.write_string(row, 1, "are unknown, never zero.")
    row += 2
    for place, heading in enumerate(("Figure", "Value", "Meaning")):
        sheet.write_string(row, place, heading, formats.head)
    values = connection.execute(SUMMARY.query).fetchone() or ()
    meanings = _meanings(connection, SUMMARY.view)
    for column, value in zip(SUMMARY.columns, values, strict=True):
        row += 1
        sheet.write_string(row, 0, column.heading)
        _write(sheet, row, 1, value, formats.of(column.kind))
        sheet.write_string(row, 2, meanings.get(column.key, ""))
    _charts(book, sheet, counts)


def _charts(book: "Workbook", sheet: "Worksheet", counts: dict[str, int]) -> None:
    """Native charts of cost by day, project and model, beside the figures."""
    wanted = (
        (SERIES, "column", "date", "cost", 3660),
        (PROJECTS, "bar", "project_name", "total_cost", _CHARTED),
        (MODELS, "bar", "model_name", "total_cost", _CHARTED),
    )
    place = 0
    for table, kind, names, values, most in wanted:
        rows = min(counts[table.name], most)
        if not rows:
            continue
        keys = [column.key for column in table.columns]
        chart = book.add_chart({"type": kind})
        series = {
            "name": "Cost (USD)",
            "categories": [table.title, 1, keys.index(names), rows, keys.index(names)],
            "values": [table.title, 1, keys.index(values), rows, keys.index(values)],
            "fill": {"color": "#6d5bd0"},
            "gap": 40,
        }
        chart.add_series(series)
        chart.set_title({"name": f"Cost: {table.title.lower()}", "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        if kind == "bar":
            chart.set_y_axis({"reverse": True})
            chart.set_x_axis({"num_format": "$#,##0.00"})
        else:
            chart.set_x_axis({"date_axis": True, "num_format": "yyyy-mm-dd"})
            chart.set_y_axis({"num_format": "$#,##0.00"})
        chart.set_size({"width": 720, "height": 320})
        description = f"Cost in USD, sheet {table.title}"
        sheet.insert_chart(place * 17, 4, chart, {"description": description})
        place += 1


def _table(
    book: "Workbook",
    formats: _Formats,
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    count: int,
    step: Callable[[int], None],
) -> None:
    names = _sheets_of(table, count)
    rows = _rows(connection, table)
    kinds = [formats.of(column.kind) for column in table.columns]
    for number, name in enumerate(names):
        sheet = book.add_worksheet(name)
        following = names[number + 1] if number + 1 < len(names) else None
        here = min(MOST_ROWS, count - number * MOST_ROWS)
        _head(sheet, formats, table.columns, here, following)
        for place in range(1, here + 1):
            for column, (value, kind) in enumerate(zip(next(rows), kinds, strict=True)):
                if value is not None:
                    _write(sheet, place, column, value, kind)
            if place % _CHUNK == 0:
                step(_CHUNK)
        step(here % _CHUNK)


def _rows(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(table.query)
    while chunk := cursor.fetchmany(_CHUNK):
        yield from chunk


def _head(
    sheet: "Worksheet",
    formats: _Formats,
    columns: tuple[Column, ...],
    rows: int,
    following: str | None,
) -> None:
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS.get(column.kind, 12))
        sheet.write_string(0, place, column.heading, formats.head)
    if following:
        text = f"More rows: sheet {following}"
        sheet.write_string(0, len(columns), text, formats.head)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(rows, 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: "Worksheet", row: int, place: int, value: Any, form: "Format | None") -> None:
    """One cell of the type that the value has."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, int | float | Decimal) and -_EXACT <= value <= _EXACT:
        sheet.write_number(row, place, value, form)
    elif isinstance(value, date) and value.year > 1900:
        sheet.write_datetime(row, place, value, form)
    else:
        text = ", ".join(f"{part:g}" for part in value) if isinstance(value, list) else str(value)
        sheet.write_string(row, place, clean(text))


def clean(text: str) -> str:
    """Text that a cell can hold: what XML cannot carry is replaced, what is too long is cut."""
    text = _INVALID.sub("\ufffd", text)
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"


def _meanings(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, str]:
    query = (
        "select column_name, comment from duckdb_columns()"
        " where database_name = current_database() and table_name = ?"
    )
    return {name: comment or "" for name, comment in connection.execute(query, [view]).fetchall()}


def _columns(book: "Workbook", formats: _Formats, connection: duckdb.DuckDBPyConnection) -> None:
    """What every column means, by sheet."""
    sheet = book.add_worksheet("Columns")
    for place, (heading, width) in enumerate(
        (("Sheet", 24), ("Column", 26), ("Name in SQL", 26), ("Meaning", 90))
    ):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, heading, formats.head)
    row = 0
    for table in SHEETS:
        meanings = _meanings(connection, table.view)
        for column in table.columns:
            row += 1
            texts = (table.title, column.heading, f"{table.view}.{column.key}")
            for place, text in enumerate((*texts, meanings.get(column.key, ""))):
                sheet.write_string(row, place, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, row, 3)
