"""The pages that people look at."""

from functools import partial
from typing import Any

import duckdb
from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from web import drawing, filtering, layout, panels, views
from web.datasets import CHANGES, JOB_SERIES, TIMESERIES
from web.links import Links
from web.respond import page
from web.together import Question, ask, rows

blueprint = Blueprint("pages", __name__)
SHOWN_ISSUES = 50


@blueprint.get("/")
def home() -> BaseResponse:
    """The default view, else the overview."""
    return redirect(views.start() or url_for("pages.analytics"))


@blueprint.get("/analytics")
def analytics() -> BaseResponse:
    """The dashboard; says how to begin where there is nothing, and when it is disabled."""
    return page("analytics", _data)


def _data(found: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    charts = layout.charts()
    figures.tell_clock(found)
    figures.tell_models(found)
    period = figures.period(found)
    links = Links(period["grain"])
    drawn = drawing.questions(charts, links)
    # The key figures need these, whichever charts were chosen.
    needed = {
        data.source: drawn.pop(data.source, partial(drawing.drawn, data, (), links))
        for data in (TIMESERIES, JOB_SERIES)
    }
    known = ask(found, figures.SUMMARIES | _others() | needed, drawn)
    series = known[TIMESERIES.source].rows
    return {
        **figures.with_qa({name: known[name] for name in figures.SUMMARIES}),
        "timeseries": series,
        "period": period,
        "issues": known["issues"],
        "links": links,
        "changes": {row["figure"]: row for row in known["changes"]},
        "jobs_over_time": known[JOB_SERIES.source].rows,
        "courses": {key: [panels.shown(row, key) for row in series] for key in ("tokens", "cost")},
        "layout": layout.groups(drawing.figures(charts, links, known)),
        "choices": filtering.chosen_first(known["values"]),
    }


def _others() -> dict[str, Question]:
    return {
        "models": rows("from model_sums"),
        "values": filtering.values(),
        "changes": CHANGES.rows,
        "issues": partial(figures.issues, limit=SHOWN_ISSUES),
    }
