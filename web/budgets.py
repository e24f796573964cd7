"""Budgets: how each stands, how its period is expected to end, and how earlier ones ended.

A budget is that of what it covers, whatever is filtered; `as_of` moves it in time.
"""

from itertools import groupby
from typing import Any

import duckdb
from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from indexer import budgets, figures
from web import filtering, parts
from web.budget_data import BUDGET_COURSE, BUDGET_HISTORY, BUDGETS
from web.datasets import Dataset, Row
from web.respond import page

SHOWN_PERIODS = 13
LEVELS = {"green": "On track", "yellow": "Watch", "red": "At the limit"}
# The list of runs narrows by these under other names.
_PARAMETERS = {"project": "project", "model": "model", "role": "role", "mode": "mode"}

blueprint = Blueprint("budgets", __name__)


@blueprint.get("/budgets")
def shown() -> Response:
    """The page."""
    return page("budgets", _data)


def _data(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    def part(data: Dataset) -> Any:
        return parts.attempt(connection, lambda: data.rows(connection))

    return {
        "period": figures.period(connection),
        "choices": filtering.choices(connection),
        "budgets": _items(part(BUDGETS), part(BUDGET_HISTORY), part(BUDGET_COURSE)),
        "levels": LEVELS,
        "shown_periods": SHOWN_PERIODS,
    }


def _items(budgets: Any, history: Any, course: Any) -> Any:
    """Each budget with its periods and its chart; a failure stands where its part would."""
    if parts.is_failure(budgets):
        return budgets
    periods = history if parts.is_failure(history) else _by_name(history)
    days = course if parts.is_failure(course) else _by_name(course)
    return [
        {
            "row": row,
            "history": periods
            if parts.is_failure(periods)
            else periods.get(row["name"], [])[:SHOWN_PERIODS],
            "chart": days
            if parts.is_failure(days)
            else course_chart(row, days.get(row["name"], [])),
        }
        for row in budgets
    ]


def _by_name(rows: list[Row]) -> dict[str, list[Row]]:
    return {name: list(group) for name, group in groupby(rows, lambda row: row["name"])}


def course_chart(budget: Row, rows: list[Row]) -> dict[str, Any] | None:
    """Spent so far, what is expected with its band, and the amount; None for a single day."""
    if len(rows) < 2:
        return None

    def series(key: str, name: str, colour: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "colour": colour, "values": [row[key] for row in rows], **more}

    amount = {"name": "Budget", "colour": "red", "values": [budget["amount"]] * len(rows)}
    expected = [
        series("projected", "Expected", "grey", fill=False, dash=True),
        series("high", "High, about 80 of 100 cases", "grey", band="top"),
        series("low", "Low", "grey", band="bottom"),
    ]
    known = any(row["projected"] is not None for row in rows)
    return {
        "type": "line",
        "unit": "usd",
        "labels": [row["day"][5:] for row in rows],
        "titles": [row["day"] for row in rows],
        "series": [
            series("spent", "Spent", "violet"),
            *(expected if known else []),
            amount | {"fill": False, "dash": True},
        ],
    }


def runs_parameters(row: Row) -> dict[str, str]:
    """The filter under which /runs shows what a budget covers."""
    name = _PARAMETERS.get(row["scope"])
    return {name: row["match"]} if name else {}


def register(app: Flask) -> None:
    """Put the page on the app."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"budget_runs": runs_parameters, "budget_title": budgets.title})
