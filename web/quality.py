"""Data quality: what could not be read and why, what is unknown, how fresh the index is.

`/healthz` answers machines and says how the daemon is; this page says how good the
figures are, with the daemon's state beside them.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import duckdb
import msgspec
from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from indexer import figures
from indexer import health as daemon
from indexer.file_tables import VALUE_NAMES
from indexer.health import Health
from web import filtering
from web.respond import connection, page, reader
from web.together import Question, ask, rows

SHOWN_ISSUES = 200
SHOWN_GROUPS = 100
SHOWN_PROJECTS = 100
SHOWN_UNPRICED = 50
# What becomes of a value that is unknown.
VALUE_NOTES = {
    "tokens": "left out of token totals",
    "redacted": "nothing can bring the counts back",
    "cost": "left out of cost totals",
    "start": "in every total, in no day or month",
    "finish": "left out of durations",
    "duration": "left out of durations",
    "qa": "QA did not run, or the file does not say",
    "mode": "shown as unknown",
    "outcome": "shown as unknown",
    "estimate": "left out where estimate and cost are compared",
}

blueprint = Blueprint("quality", __name__)


@blueprint.get("/health")
def shown() -> Response:
    """How good the figures are. What the daemon says changes without a snapshot."""
    return page("health", _figures, _daemon)


def _daemon(still: dict[str, Any]) -> dict[str, Any]:
    known = daemon.read(reader().layout) or Health()
    with connection() as found:
        query = "select in_zone(try_cast(? as timestamp)) as moment"
        passed = figures.rows(found, query, known.last_full_pass)[0]["moment"]
    return {
        "daemon": msgspec.to_builtins(known),
        "silent": daemon.is_silent(known, datetime.now(UTC)),
        "passed": passed,
    }


def _figures(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    needed: dict[str, Question] = {
        "choices": filtering.choices,
        "quality": rows("from data_quality"),
        "issues": partial(figures.issues, limit=SHOWN_ISSUES),
        "published": rows("select snapshot, in_zone(published_at) as moment from index_info"),
        "period": figures.period,
    }
    shown_parts = {
        "values": rows("from unknown_values"),
        "projects": rows("from project_quality limit ?", SHOWN_PROJECTS),
        "calls": rows("from call_quality"),
        "unpriced": rows("from unpriced_calls limit ?", SHOWN_UNPRICED),
        "sources": rows("from source_states"),
        "scheduled": rows("from report_list"),
        "groups": rows("from issue_groups limit ?", SHOWN_GROUPS),
    }
    known = ask(connection, needed, shown_parts)
    return known | {
        "quality": known["quality"][0],
        "published": known["published"][0],
        "value_names": VALUE_NAMES,
        "value_notes": VALUE_NOTES,
    }


def register(app: Flask) -> None:
    """Put the page into the app."""
    app.register_blueprint(blueprint)
