"""The pages that people look at."""

from functools import partial
from typing import Any

import duckdb
from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from web import filtering, layout, panels, views
from web.datasets import CHANGES, JOB_SERIES, TIMESERIES
from web.links import Links
from web.respond import page
from web.together import Question, ask

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
    drawn = panels.questions(charts)
    for source in (TIMESERIES.source, JOB_SERIES.source):
        drawn.pop(source, None)  # the key figures show them as well
    figures.tell_models(found)
    known = ask(found, figures.FIGURES | _others(), drawn)
    known[TIMESERIES.source] = known["timeseries"]
    links = Links(known["period"]["grain"])
    return {
        **figures.with_qa({name: known[name] for name in figures.FIGURES}),
        "period": known["period"],
        "issues": known["issues"],
        "links": links,
        "changes": {row["figure"]: row for row in known["changes"]},
        "jobs_over_time": known[JOB_SERIES.source],
        "courses": {
            key: [panels.shown(row, key) for row in known["timeseries"]]
            for key in ("tokens", "cost")
        },
        "layout": layout.groups(panels.filled(charts, links, known)),
        "choices": filtering.chosen_first(known["values"]),
    }


def _others() -> dict[str, Question]:
    return {
        "period": figures.period,
        "changes": CHANGES.rows,
        JOB_SERIES.source: JOB_SERIES.rows,
        "values": filtering.values(),
        "issues": partial(figures.issues, limit=SHOWN_ISSUES),
    }
