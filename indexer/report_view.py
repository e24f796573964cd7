"""Reports on a terminal: tables that fit its width.

Where room is short the columns that matter least give way, then names are cut; numbers
never are. What was left out is said. Text is shown as text, see `terminal`.
"""

import sys

from rich import box
from rich.bar import Bar
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from indexer import budgets, covering
from indexer.figures import Row
from indexer.reports import GRAINS, TABLES, Report
from indexer.shown import cell, total_of
from indexer.tables import DRIVERS, Column, Table
from indexer.terminal import harmless

_GAP = 3  # of two columns
_NAME_WIDTH = 16  # what a name should have before further columns are shown
_MOST_NAME = 60
_BAR_WIDTH = 16
_COMPACT = 3  # columns that stay under --compact: those of a keep up to this
_LEFT = ("text", "day", "local", "time", "flag", "list")
# What gives way to a bar: columns of a higher keep.
_BAR_KEEP = 5


def show(report: Report, compact: bool) -> None:
    """The report as tables on stdout."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a name that the terminal has no letters for
    console = Console(highlight=False, soft_wrap=False)
    table = TABLES[report.kind]
    if report.kind == "compare" and report.sides:
        for letter, side in (("A", report.sides.a), ("B", report.sides.b)):
            console.print(Text(f"{letter}: {harmless(side.text)}"))
    rows, empty = _begun(report)
    if report.kind == "budget":
        rows = [row | {"name": budgets.title(row["name"])} for row in rows]
    _show_table(console, table, report, rows, compact)
    if empty:
        console.print(Text(f"The {empty} periods before had no runs.", style="dim"))
    if report.drivers:
        console.print(Text(DRIVERS.title, style="bold"))
        _show_table(console, DRIVERS, report, report.drivers[:10], compact)
    if report.kind == "jobs" and report.total:
        counts = (f"{value:,} {key.removeprefix('jobs_')}" for key, value in report.total.items())
        console.print(Text(", ".join(counts).replace("total_jobs", "in all")))
    for name, text in covering.lines(report.coverage):
        console.print(Text(f"{name}: {harmless(text)}", style="dim"), overflow="fold")


def _begun(report: Report) -> tuple[list[Row], int]:
    """Without a range a series is shown from its first run on; how many periods came before."""
    if report.kind not in GRAINS or report.coverage["first_day"]:
        return report.rows, 0
    with_runs = [place for place, row in enumerate(report.rows) if row["runs"]]
    if not with_runs:
        return report.rows, 0
    newest_first = report.rows[0]["date"] > report.rows[-1]["date"]
    shown_rows = report.rows[: with_runs[-1] + 1] if newest_first else report.rows[with_runs[0] :]
    return shown_rows, len(report.rows) - len(shown_rows)


def _show_table(
    console: Console, table: Table, report: Report, rows: list[Row], compact: bool
) -> None:
    if not rows:
        console.print(Text("Nothing matches." if report.coverage["indexed_runs"] else "No data."))
        return
    cells = {column.key: [cell(column, row) for row in rows] for column in table.columns}
    total = total_of(table, report.total)
    widths = {
        column.key: max(
            map(cell_len, [column.heading, total.get(column.key, ""), *cells[column.key]])
        )
        for column in table.columns
    }
    bars = _bars(console, table, rows)
    columns, left_out = _fitting(table, widths, console.width - _BAR_WIDTH - _GAP, compact)
    if (
        not bars
        or _needed(columns, widths) > console.width - _BAR_WIDTH - _GAP
        or any(
            column.keep is not None and column.keep <= _BAR_KEEP and column.heading in left_out
            for column in table.columns
        )
    ):
        bars = []
        columns, left_out = _fitting(table, widths, console.width, compact)
    spare = console.width - _needed(columns, widths) - (_BAR_WIDTH + _GAP if bars else 0)
    room = _room(columns, widths, spare)
    grid = Grid(box=box.SIMPLE_HEAD, header_style="bold", show_footer=bool(total), padding=(0, 1))
    for column in columns:
        left = column.kind in _LEFT
        grid.add_column(
            Text(column.heading),
            Text(total.get(column.key, ""), style="bold"),
            justify="left" if left else "right",
            no_wrap=True,
        )
    if bars:
        grid.add_column("", width=_BAR_WIDTH)
    for place in range(len(rows)):
        line: list[RenderableType] = [
            _cut(cells[column.key][place], room.get(column.key)) for column in columns
        ]
        grid.add_row(*line, *bars[place : place + 1])
    console.print(grid)
    if left_out:
        text = f"Not shown for want of room: {', '.join(left_out)}; --json has them."
        console.print(Text(text, style="dim"))


def _cut(text: str, width: int | None) -> Text:
    found = Text(text)
    if width is not None:
        found.truncate(width, overflow="ellipsis")
    return found


def _room(columns: list[Column], widths: dict[str, int], spare: int) -> dict[str, int]:
    """How wide each name may be: they share what is left."""
    names = [column for column in columns if column.kind == "text"]
    return {
        column.key: min(
            widths[column.key],
            _MOST_NAME,
            _least(column, widths) + max(spare, 0) // len(names),
        )
        for column in names
    }


def _bars(console: Console, table: Table, rows: list[Row]) -> list[RenderableType]:
    """A bar a row, the longest for the most; none where a terminal cannot draw them."""
    if table.bar is None or not console.encoding.lower().startswith("utf"):
        return []
    values = [row[table.bar] or 0 for row in rows]
    most = max(values)
    return [Bar(most, 0, value, width=_BAR_WIDTH) if most > 0 else "" for value in values]


def _least(column: Column, widths: dict[str, int]) -> int:
    return min(widths[column.key], _NAME_WIDTH) if column.kind == "text" else widths[column.key]


def _fitting(
    table: Table, widths: dict[str, int], width: int, compact: bool
) -> tuple[list[Column], list[str]]:
    """The columns that fit, and the headings of those that had to give way."""
    columns = [column for column in table.columns if column.keep is not None]
    if compact:
        columns = [column for column in columns if (column.keep or 0) <= _COMPACT]
    left_out: list[str] = []
    while len(columns) > 2 and _needed(columns, widths) > width:
        last = max(column.keep or 0 for column in columns)
        if last == 0:
            break
        left_out += [column.heading for column in columns if column.keep == last]
        columns = [column for column in columns if column.keep != last]
    return columns, left_out


def _needed(columns: list[Column], widths: dict[str, int]) -> int:
    return sum(_least(column, widths) + _GAP for column in columns) + 1
