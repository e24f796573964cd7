"""Jobs: their states, how long they wait and run, errors, and the history of each.

While jobs wait or run, time alone changes how long, which is asked for with each request.
"""

from functools import partial
from typing import Any

import duckdb
from flask import Blueprint, Flask, request, url_for
from werkzeug.wrappers import Response

from indexer import figures
from indexer.errors import UsageError
from web import filtering, keyset, parts
from web.keyset import Place
from web.respond import connection, page
from web.together import Question, ask, rows

STATES = ("running", "queued", "completed", "failed", "cancelled", "other", "left")
SORTS = ("changed", "waiting", "running")
SHOWN_CHANGES = 20
LOG_LINES = 20  # of each log on the page

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/jobs")
def listed() -> Response:
    """One page of jobs, last changed first or sorted otherwise."""
    return page("jobs", _figures, _moving)


def chosen_state() -> str | None:
    """The state that the request asks for. Raises UsageError."""
    state = request.args.get("state") or None
    if state is not None and state not in STATES:
        raise UsageError(f"state: found {state[:60]!r}, allowed: {', '.join(STATES)}")
    return state


def list_url(place: Place, state: str | None) -> str:
    """Address of the page of the list that begins at a place."""
    chosen = [("state", state)] if state else []
    return keyset.address(url_for("jobs.listed"), chosen + keyset.pairs(place, "changed"))


def _moving(still: dict[str, Any]) -> dict[str, Any]:
    """What time changes while a job waits or runs: how long, and the order by it."""
    listed = still["listed"]
    if not still["is_open"] or parts.is_failure(listed):
        return {}
    with connection() as found:
        if listed is None:
            make = partial(_page_of, still["place"], still["state"], found)
            return {"listed": parts.attempt(found, make)}
        spans = _spans(found, [row["job_id"] for row in listed["jobs"]])
    shown = [row | spans.get(row["job_id"], {}) for row in listed["jobs"]]
    return {"listed": listed | {"jobs": shown}}


def _spans(connection: duckdb.DuckDBPyConnection, job_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Job -> how long it has waited and run."""
    query = (
        "select job_id, waiting_seconds, running_seconds from job_spans"
        " where list_contains(?::varchar[], job_id)"
    )
    return {row["job_id"]: row for row in figures.rows(connection, query, job_ids)}


def _is_open(summary: Any) -> bool:
    """Whether any job waits or runs, or that is not known."""
    return parts.is_failure(summary) or bool(
        summary[0]["jobs_running"] or summary[0]["jobs_queued"]
    )


def _figures(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """All but a list whose order time changes."""
    place, state = keyset.requested(SORTS), chosen_state()
    summary = parts.attempt(connection, lambda: figures.rows(connection, "from job_summary"))
    is_open = _is_open(summary)
    moves = is_open and place.sort != "changed"
    needed: dict[str, Question] = {"choices": filtering.choices, "period": figures.period}
    shown_parts: dict[str, Question] = {
        "changes": rows(
            "from job_history order by seen desc, changed desc, job_id, step desc limit ?",
            SHOWN_CHANGES,
        ),
        "times": rows("from job_times"),
    }
    if not moves:
        shown_parts = {"listed": partial(_page_of, place, state)} | shown_parts
    known = ask(connection, needed, shown_parts)
    return known | {
        "listed": known.get("listed"),
        "is_open": is_open,
        "summary": summary,
        "state": state,
        "state_urls": {
            name: list_url(Place(place.sort, place.descending), name) for name in (None, *STATES)
        },
        "place": place,
        "sort_urls": {
            name: list_url(Place(name, not (place.sort == name and place.descending)), state)
            for name in SORTS
        },
        "first_url": None
        if place.is_first
        else list_url(Place(place.sort, place.descending), state),
        "download_url": keyset.address(
            url_for("api.export_jobs"),
            ([("state", state)] if state else [])
            + keyset.pairs(Place(place.sort, place.descending), "changed"),
        ),
        "follow": "jobs",
    }


def _page_of(
    place: Place, state: str | None, connection: duckdb.DuckDBPyConnection
) -> dict[str, Any]:
    """The jobs of a page, their history and the address of the next."""
    found = figures.rows(
        connection,
        "from job_page(?, ?, ?, ?, ?, ?)",
        *([state] if state else None, place.sort, place.descending),
        *(place.after_key, place.after_id, keyset.ROWS + 1),
    )
    shown, more = keyset.split(found, keyset.ROWS)
    last = shown[-1] if more else None
    behind = last and Place(place.sort, place.descending, last["sort_key"], last["job_id"])
    return {
        "jobs": shown,
        "history": _history(connection, [row["job_id"] for row in shown]),
        "logs": _logs(connection, [row["job_id"] for row in shown]),
        "next_url": list_url(behind, state) if behind else None,
    }


def _history(
    connection: duckdb.DuckDBPyConnection, job_ids: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Job -> its status changes, oldest first."""
    query = "from job_history where list_contains(?::varchar[], job_id) order by job_id, step"
    found: dict[str, list[dict[str, Any]]] = {job_id: [] for job_id in job_ids}
    for row in figures.rows(connection, query, job_ids):
        found[row["job_id"]].append(row)
    return found


def _logs(
    connection: duckdb.DuckDBPyConnection, job_ids: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Job -> the last lines of its log; jobs without one are not there."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = "from job_log_tail(?::varchar[], ?)"
    for row in figures.rows(connection, query, job_ids, LOG_LINES):
        found.setdefault(row["job_id"], []).append(row)
    return found


def register(app: Flask) -> None:
    """Put the page into the app."""
    app.register_blueprint(blueprint)
