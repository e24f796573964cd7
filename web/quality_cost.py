"""Cost of quality: what a run that passed QA costs, what was spent for nothing, and rounds."""

from functools import partial
from typing import Any

import duckdb
from flask import Blueprint, Flask, Response, request
from marshmallow import Schema, fields
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from indexer.errors import UsageError
from web import csv_rows, drawing, filtering, panels, schemas
from web.api import route
from web.compared_data import QUALITY, QUALITY_SERIES, ROUNDS, ROUTED
from web.datasets import Row
from web.links import Links
from web.panel_api import add
from web.panels import Panel, Spec, over_time, series_of
from web.respond import conditional, connection, page
from web.together import ask

WAYS = ("project", "model", "mode")

blueprint = Blueprint("quality_cost", __name__)


def money_chart(rows: list[Row], links: Links) -> Spec | None:
    """Bars of what became of the money, the good at the bottom."""
    if not panels.any_of(rows, "runs"):
        return None
    series = [
        series_of(rows, "passed_cost", "Passed", "green"),
        series_of(rows, "warning_cost", "Warning", "yellow"),
        series_of(rows, "failed_cost", "Failed QA", "red"),
        series_of(rows, "not_finished_cost", "Not finished", "c5"),
        series_of(rows, "error_cost", "QA error", "violet"),
        series_of(rows, "not_run_cost", "No QA", "grey"),
        series_of(rows, "other_cost", "Other QA", "c9"),
    ]
    used = [one for one in series if any(one["values"])]
    return over_time(rows, links, unit="usd", stacked=True, series=used) | {"type": "bar"}


def rounds_chart(rows: list[Row], links: Links) -> Spec | None:
    """Runs by rounds, and the part of them that passed."""
    if all(row["rounds"] is None for row in rows):
        return None
    runs = series_of(rows, "runs", "Runs", "c2", type="bar")
    rates = series_of(rows, "pass_rate", "Pass rate", "yellow", dots=True, type="line")
    return {
        "type": "bar",
        "unit": "count",
        "labels": [rounds_name(row) for row in rows],
        "series": [runs, rates | {"axis": "right", "unit": "rate", "most": 1}],
    }


def rounds_name(row: Row) -> str:
    """How often a run went round."""
    rounds = row["rounds"]
    if rounds is None:
        return "unknown"
    return f"{rounds}{' and more' if rounds == 20 else ''}"


PANELS = (
    Panel("quality-series", "Where the money went", "Cost by what became of the runs",
          QUALITY_SERIES,
          ("date", "passed_cost", "warning_cost", "failed_cost", "not_finished_cost", "error_cost",
           "not_run_cost", "other_cost", "cost_unknown_runs"), money_chart),
    Panel("rounds", "Rounds needed", "Runs and pass rate by rounds", ROUNDS,
          ("rounds", "runs", "passed_runs", "judged_runs", "pass_rate", "cost_per_run",
           "cost_unknown_runs"), rounds_chart, blank="No run tells its rounds."),
)  # fmt: skip


@blueprint.get("/analytics/quality")
def shown() -> BaseResponse:
    """The page."""
    return page("quality_cost", _data)


def _data(found: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    figures.tell_clock(found)
    period = figures.period(found)
    links = Links(period["grain"])
    ways = {name: partial(_rows_by, name) for name in ("all", *WAYS)}
    needed = ways | {"choices": filtering.choices}
    known = ask(found, needed, drawing.questions(PANELS, links))
    return {
        "period": period,
        "links": links,
        "choices": known["choices"],
        "whole": known["all"][0] if known["all"] else None,
        "figures": drawing.figures(PANELS, links, known).values(),
        "tables": [(name, filtering.LIST_NAMES[name], known[name]) for name in WAYS],
    }


def _rows_by(way: str, found: duckdb.DuckDBPyConnection) -> list[Row]:
    return QUALITY.rows(found, way)


_BY = {"type": "string", "enum": [*WAYS, "all"]}
_DESCRIBED = (schemas.parameter("by", _BY, "What the rows are; project where it is not given."),)
_ROWS: dict[str, Any] = {
    "period": fields.Nested(schemas.Period, required=True),
    "rows": fields.List(fields.Nested(QUALITY.schema()), required=True),
}


@route(
    "/quality-costs",
    Schema.from_dict(_ROWS, name="QualityCostsRows"),
    more=_DESCRIBED,
    has_rows=True,
)
def quality_costs() -> Response:
    """What quality costs, by project, model, mode or all."""
    by = request.args.get("by") or "project"
    if by not in (*WAYS, "all"):
        allowed = ", ".join([*WAYS, "all"])
        raise UsageError(f"by: found {by[:60]!r}, allowed: {allowed}")

    def make() -> Response:
        with connection() as found:
            period = figures.period(found)
            return csv_rows.either(
                found,
                f"quality-by-{by}",
                QUALITY.keys,
                QUALITY.rows(found, by),
                lambda rows: {"period": period, "rows": rows},
            )

    return conditional(make)


for _routed in ROUTED:
    add(_routed)


def register(app: Flask) -> None:
    """Put the page on the app."""
    app.register_blueprint(blueprint)
