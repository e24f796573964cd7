"""The pages that people look at."""

from typing import Any

import duckdb
from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures
from web import filtering, layout, panels, views
from web.datasets import CHANGES, JOB_SERIES, TIMESERIES
from web.links import Links
from web.respond import page

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
    period, everything = figures.period(found), figures.all_figures(found)
    links = Links(period["grain"])
    known = {
        TIMESERIES.source: everything["timeseries"],
        JOB_SERIES.source: JOB_SERIES.rows(found),
    }
    return {
        **everything,
        "period": period,
        "links": links,
        "changes": {row["figure"]: row for row in CHANGES.rows(found)},
        "jobs_over_time": known[JOB_SERIES.source],
        "courses": {
            key: [panels.shown(row, key) for row in everything["timeseries"]]
            for key in ("tokens", "cost")
        },
        "layout": layout.groups(panels.filled(layout.charts(), found, links, known)),
        "choices": filtering.choices(found),
        "issues": figures.issues(found, SHOWN_ISSUES),
    }
