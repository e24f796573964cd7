"""Alerts: what should be known of now, each with its reason and a link to what is behind it.

They are those of the whole index, whatever is filtered; `as_of` moves them in time.
"""

from typing import Any

import duckdb
from flask import Blueprint, Flask, url_for
from werkzeug.wrappers import Response

from indexer import figures
from indexer.alert_settings import RULE_NAMES
from web import filtering
from web.datasets import CURRENT_ALERTS, Row
from web.respond import page
from web.runs import run_url

STATES = {"ALERT": "red", "WARNING": "yellow", "NO_DATA": "none"}

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/alerts")
def shown() -> Response:
    """The page."""
    return page("alerts", _data)


def _data(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return {
        "period": figures.period(connection),
        "choices": filtering.choices(connection),
        "alerts": CURRENT_ALERTS.rows(connection),
        "rules": RULE_NAMES,
        "states": STATES,
    }


def behind(row: Row) -> str:
    """Where the runs or jobs behind an alert are listed."""
    scope, subject = row["scope"], row["subject"]
    if scope == "budget":
        return url_for("budgets.shown")
    if scope == "run":
        return run_url(subject)
    if row["rule"] == "failed_jobs":
        return url_for("jobs.listed", project=subject)
    return url_for("runs.listed", **{scope: subject, "from": row["first_day"]})


def register(app: Flask) -> None:
    """Put the page on the app."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"behind_alert": behind})
