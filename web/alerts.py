"""Alerts: what should be known of now, what was, and how the channels are that tell of it.

They are those of the whole index, whatever is filtered; `as_of` moves them in time. The page
writes nothing: what somebody asks for, it asks of the daemon, which is the one writer.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from flask import Blueprint, Flask, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from indexer import budgets, figures, health, requests
from indexer.alert_settings import RULE_NAMES
from indexer.errors import RunmeterError, UsageError
from indexer.requests import Acknowledge, Request, Snooze
from web import filtering, parts
from web.budget_data import CHANNEL_HEALTH, CURRENT_ALERTS, PAST_ALERTS, SENT_MESSAGES
from web.datasets import Dataset, Row
from web.respond import connection, page, reader
from web.runs import run_url

STATES = {"ALERT": "red", "WARNING": "yellow", "NO_DATA": "none", "OK": "green"}
STATE_NAMES = {"ALERT": "Alert", "WARNING": "Warning", "NO_DATA": "No data", "OK": "Over"}
CHANNEL_STATES = {"works": "green", "failing": "yellow", "paused": "red", "not used yet": "none"}
SNOOZES = {"1": "a day", "7": "a week"}
SHOWN = 50
ANSWER_SECONDS = 5.0
PUBLISH_SECONDS = 3.0
_POLL_SECONDS = 0.05

blueprint = Blueprint("alerts", __name__)


@blueprint.get("/alerts")
def shown() -> Response:
    """The page."""
    return page("alerts", _data)


@blueprint.post("/alerts/acknowledge")
def acknowledge() -> Response:
    """Somebody knows of the alert `alert_id`."""
    return _ask(Acknowledge(request.form.get("alert_id", "")))


@blueprint.post("/alerts/snooze")
def snooze() -> Response:
    """Silence for `days`, 1 or 7, from now on; 0 ends it."""
    days = request.form.get("days", "")
    if days != "0" and days not in SNOOZES:
        raise UsageError(f"days: found {days[:60]!r}, allowed: 0, {', '.join(SNOOZES)}")
    until = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=int(days))
    alert_id = request.form.get("alert_id", "")
    return _ask(Snooze(alert_id, until if days != "0" else None))


def _ask(asked: Request) -> Response:
    """Have the daemon do it, and show the page once that can be seen."""
    with connection():  # refuses where analytics is disabled
        number = reader().number
    layout = reader().layout
    known = health.read(layout)
    is_at_work = known is not None and known.state != "stopped"
    if not is_at_work or health.is_silent(known or health.Health(), datetime.now(UTC)):
        abort(503, "No daemon is at work, and only it may write. Start `runmeter up` or `watch`.")
    try:
        requests.ask(layout, asked, ANSWER_SECONDS)
    except (OSError, RunmeterError) as error:
        abort(503, f"The daemon did not do it: {error}")
    end = time.monotonic() + PUBLISH_SECONDS
    while reader().number == number and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return redirect(url_for("alerts.shown"), 303)


def _data(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    def part(data: Dataset) -> Any:
        return parts.attempt(connection, lambda: data.rows(connection))

    return {
        "period": figures.period(connection),
        "choices": filtering.choices(connection),
        "alerts": part(CURRENT_ALERTS),
        "past": part(PAST_ALERTS),
        "sent": part(SENT_MESSAGES),
        "channels": part(CHANNEL_HEALTH),
        "rules": RULE_NAMES,
        "states": STATES,
        "state_names": STATE_NAMES,
        "channel_states": CHANNEL_STATES,
        "snoozes": SNOOZES,
        "shown_alerts": SHOWN,
    }


def subject(row: Row) -> str:
    """What an alert is about, for a heading."""
    name = str(row["subject"])
    return budgets.title(name) if row["scope"] == "budget" else name


def behind(row: Row) -> str:
    """Where the runs or jobs behind an alert are listed."""
    scope, name = row["scope"], row["subject"]
    if scope == "budget":
        return url_for("budgets.shown")
    if scope == "run":
        return run_url(name)
    if row["rule"] == "failed_jobs":
        return url_for("jobs.listed", project=name)
    return url_for("runs.listed", **{scope: name, "from": row["first_day"]})


def register(app: Flask) -> None:
    """Put the page on the app."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"behind_alert": behind, "alert_subject": subject})
