"""Reports: rows of the views that the routes answer from, with their total and coverage.

A report is asked for by its kind and its filters. Python orders nothing and sums nothing:
rows come as the view has them, or the other way round; the total is `report_total`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indexer import comparing, figures
from indexer.figures import Row
from indexer.filters import Filters
from indexer.tables import (
    BUDGETS,
    COMPARISON,
    DRIVERS,
    JOBS,
    MODELS,
    PROJECTS,
    ROLES,
    SERIES,
    Table,
)

if TYPE_CHECKING:
    import duckdb

GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}
TABLES: dict[str, Table] = {
    **dict.fromkeys(GRAINS, SERIES),
    "projects": PROJECTS,
    "models": MODELS,
    "roles": ROLES,
    "jobs": JOBS,
    "budget": BUDGETS,
    "compare": COMPARISON,
}
KINDS = tuple(TABLES)
# Series are read from the oldest on, everything else from the most.
_ASCENDING = tuple(GRAINS)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says. `rows` have all columns of the view, `total` those of its macro.

    Of comparisons `sides` says what is compared with what, and `drivers` what drove the cost.
    """

    kind: str
    coverage: Row
    rows: list[Row]
    total: Row | None = None
    sides: comparing.Sides | None = None
    drivers: list[Row] = field(default_factory=list)

    def document(self) -> Row:
        """For JSON."""
        found: Row = {"report": self.kind, "coverage": self.coverage, "rows": self.rows}
        if self.kind == "compare":
            return found | {
                "sides": self.sides.row() if self.sides else None,
                "drivers": self.drivers,
            }
        return found | {"total": self.total}


def coverage(connection: "duckdb.DuckDBPyConnection", filters: Filters) -> Row:
    """What figures under these filters cover: the view `coverage`, and the filters as text."""
    found = figures.rows(connection, "from coverage")[0]
    return found | {"filters": [list(pair) for pair in filters.pairs()]}


def report(
    connection: "duckdb.DuckDBPyConnection",
    kind: str,
    filters: Filters,
    order: str | None = None,
    given: Mapping[str, str] | None = None,
    most: int | None = None,
) -> Report:
    """A report of a kind; `given` are the parameters of comparisons, `most` limits jobs."""
    descending = order == "desc" if order else kind not in _ASCENDING
    covers = coverage(connection, filters)
    if kind == "compare":
        return _compared(connection, covers, given or {})
    if kind == "jobs":
        rows = figures.rows(
            connection, "from job_page(null, 'changed', ?, null, null, ?)", descending, most
        )
        return Report(kind, covers, rows, figures.rows(connection, "from job_summary")[0])
    table = TABLES[kind]
    rows = figures.rows(connection, f"from {table.view}")
    if descending == (kind in _ASCENDING):
        rows.reverse()
    total = table.total and figures.rows(connection, "from report_total(?)", table.total)[0]
    return Report(kind, covers, rows, total or None)


def _compared(
    connection: "duckdb.DuckDBPyConnection", covers: Row, given: Mapping[str, str]
) -> Report:
    sides = comparing.sides(connection, given)
    if sides is None:
        return Report("compare", covers, [])
    marks = f"({', '.join('?' * len(sides.arguments))})"
    rows, drivers = (
        figures.rows(connection, f"from {table.view}{marks}", *sides.arguments)
        for table in (COMPARISON, DRIVERS)
    )
    return Report("compare", covers, rows, sides=sides, drivers=drivers)
