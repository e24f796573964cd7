"""Compare: two sides figure by figure, how sure the difference is, and what drove the cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
from flask import Blueprint, Flask, Response
from marshmallow import Schema, fields
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from indexer.comparing import Sides
from indexer.filters import LISTS, MAX_TEXT
from web import comparing, csv_rows, filtering, parts, schemas
from web.api import route
from web.compared_data import COMPARISON, DRIVERS, DROVE, TOTALS
from web.comparing import WAYS
from web.datasets import Dataset, Row
from web.respond import conditional, connection, page

SHOWN_DRIVERS = 25
WAY_NAMES = {
    "period": "Period before",
    "week": "Week",
    "month": "Month",
    "range": "Two ranges",
} | {name: f"{filtering.LIST_NAMES[name]}s" for name in LISTS}
WAY_NAMES["qa"], WAY_NAMES["status"] = "QA", "Outcomes"


@dataclass(frozen=True, slots=True)
class Figure:
    """How a figure is shown: its name, its kind, and whether more or less of it is better."""

    name: str
    kind: str
    better: str = ""


FIGURES = {
    "runs": Figure("Runs", "count"),
    "cost": Figure("Total cost", "money", "less"),
    "tokens": Figure("Total tokens", "count"),
    "cost_per_run": Figure("Cost per run", "money", "less"),
    "tokens_per_run": Figure("Tokens per run", "count", "less"),
    "duration_p50": Figure("Duration, median", "seconds", "less"),
    "duration_p95": Figure("Duration, 95th percentile", "seconds", "less"),
    "qa_pass_rate": Figure("QA pass rate", "rate", "more"),
}
CONTRIBUTIONS = {
    "more_runs": "Number of runs",
    "more_tokens": "Tokens per run",
    "dearer_tokens": "Price of tokens",
    "dearer_runs": "Cost per run*",
}

blueprint = Blueprint("compare", __name__)


@blueprint.get("/analytics/compare")
def compared() -> BaseResponse:
    """The page."""
    return page("compare", _data)


def _data(found: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    sides = comparing.sides(found)
    data: dict[str, Any] = {
        "period": figures.period(found),
        "choices": filtering.choices(found),
        "way": comparing.way(),
        "ways": [(name, WAY_NAMES[name], _way_url(name)) for name in WAYS],
        "sides": sides,
        "hidden": [*filtering.requested().pairs(), ("by", comparing.way())],
        "figures": FIGURES,
        "contributions": CONTRIBUTIONS,
        "shown_drivers": SHOWN_DRIVERS,
    }
    if sides is None:
        return data
    arguments = sides.arguments
    return data | {
        "rows": parts.attempt(found, lambda: _scaled(COMPARISON.rows(found, *arguments))),
        "drove": parts.attempt(found, lambda: _drove(found, arguments)),
    }


def _scaled(rows: list[Row]) -> list[Row]:
    return [row | {"scale": scale(row)} for row in rows]


def _drove(found: duckdb.DuckDBPyConnection, arguments: tuple[Any, ...]) -> Row:
    totals, drivers = _totals_and_drivers(found, arguments)
    return {
        "totals": totals[0],
        "drivers": drivers,
        "chart": contribution_chart(totals[0]),
    }


def _totals_and_drivers(
    found: duckdb.DuckDBPyConnection, arguments: tuple[Any, ...]
) -> tuple[list[Row], list[Row]]:
    """The difference as one row, and its parts."""
    rows = DROVE.rows(found, *arguments)

    def those(data: Dataset, is_total: bool) -> list[Row]:
        chosen = [row for row in rows if (row["parts"] is not None) == is_total]
        return [{key: row[key] for key in data.keys} for row in chosen]

    return those(TOTALS, True), those(DRIVERS, False)


def _way_url(name: str) -> str:
    pairs = [*filtering.requested().pairs(), ("by", name)]
    return filtering.address(pairs if name != "period" else pairs[:-1])


def scale(row: Row) -> dict[str, float] | None:
    """Where values and intervals lie in a box of 100, for drawing; None without intervals."""
    keys = [f"{side}_{end}" for side in "ab" for end in ("low", "value", "high")]
    found = {key: row[key] for key in keys if row[key] is not None}
    if not {"a_low", "a_high", "b_low", "b_high"} & found.keys() or row["difference"] is None:
        return None
    low, high = min(found.values()), max(found.values())
    width = (high - low) or 1
    # An interval that is open ends at the edge of the box.
    ends = {key: 0.0 if key.endswith("low") else 100.0 for key in keys}
    return ends | {key: 4 + 92 * (value - low) / width for key, value in found.items()}


def contribution_chart(totals: Row) -> dict[str, Any] | None:
    """Bars of what made the cost rise and what made it fall."""
    shown = {name: totals[name] for name in CONTRIBUTIONS if totals[name]}
    if not shown:
        return None
    return {
        "type": "bar",
        "unit": "usd",
        "horizontal": True,
        "labels": [CONTRIBUTIONS[name] for name in shown],
        "series": [
            {
                "name": "Contribution",
                "values": list(shown.values()),
                "colours": ["red" if value > 0 else "green" for value in shown.values()],
            }
        ],
    }


Read = Callable[[duckdb.DuckDBPyConnection, Sides | None], tuple[Row, list[Row]]]


def _answer(data: Dataset, read: Read) -> Response:
    """Both sides, and the rows that `read` finds behind what else it finds; as a file the rows
    alone, each with what its sides are."""

    def make() -> Response:
        with connection() as found:
            sides = comparing.sides(found)
            others, rows = read(found, sides)

            def whole(shown: list[Row]) -> Row:
                plain = [{key: row[key] for key in data.keys} for row in shown]
                return {"sides": sides.row() if sides else None, **others, "rows": plain}

            named = {"side_a": sides.a.text, "side_b": sides.b.text} if sides else {}
            shown = [named | row for row in rows]
            return csv_rows.either(found, data.route, [*named, *data.keys], shown, whole)

    return conditional(make)


def _schema(name: str, **data: Dataset) -> type[Schema]:
    members: dict[str, Any] = {
        "sides": fields.Nested(schemas.Sides, required=True, allow_none=True)
    }
    for key, one in data.items():
        members[key] = fields.List(fields.Nested(one.schema()), required=True)
    return Schema.from_dict(members, name=name)


_TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_DAY = {"type": "string", "format": "date"}
_DESCRIBED = (
    schemas.parameter("by", {"type": "string", "enum": list(WAYS)}, "What is compared."),
    schemas.parameter("a", _TEXT, "First value, where values are compared."),
    schemas.parameter("b", _TEXT, "Second value, where values are compared."),
    schemas.parameter("with_from", _DAY, "By range: first day of the other range."),
    schemas.parameter("with_to", _DAY, "By range: last day of the other range, included."),
)


@route("/compare", _schema("ComparisonRows", rows=COMPARISON), more=_DESCRIBED, has_rows=True)
def compare_figures() -> Response:
    """Two sides, figure by figure."""

    def read(found: duckdb.DuckDBPyConnection, sides: Sides | None) -> tuple[Row, list[Row]]:
        return {}, COMPARISON.rows(found, *sides.arguments) if sides else []

    return _answer(COMPARISON, read)


@route(
    "/drivers",
    _schema("DriverRows", totals=TOTALS, rows=DRIVERS),
    more=_DESCRIBED,
    has_rows=True,
)
def cost_drivers() -> Response:
    """What drove the difference of cost between two sides."""

    def read(found: duckdb.DuckDBPyConnection, sides: Sides | None) -> tuple[Row, list[Row]]:
        totals, rows = _totals_and_drivers(found, sides.arguments) if sides else ([], [])
        return {"totals": totals}, rows

    return _answer(DRIVERS, read)


def register(app: Flask) -> None:
    """Put the page on the app."""
    app.register_blueprint(blueprint)
