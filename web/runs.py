"""Runs: the list of those that pass the filters, and everything that is known of one.

A run is shown as a whole, whatever is filtered; the filters stay in its address, so that
the way back leads to the same list. Its identity is text that a file holds: one that a
path cannot carry goes into the query.
"""

import re
from functools import partial
from typing import Any

import duckdb
from flask import Blueprint, Flask, abort, request, url_for
from werkzeug.wrappers import Response

from indexer import figures
from web import filtering, keyset, parts
from web.keyset import Place
from web.respond import connection, page
from web.together import Question, ask

SORTS = {
    "started": "Started",
    "duration": "Duration",
    "rounds": "Rounds",
    "tokens": "Tokens",
    "cost": "Cost",
}
SHOWN_PARTS = 500
_IN_PATH = re.compile(r"(?!\.{1,2}$)[^/\\\x00-\x1f]+")

blueprint = Blueprint("runs", __name__)


@blueprint.get("/runs")
def listed() -> Response:
    """One page of runs, newest first or sorted otherwise."""
    return page("runs", _listed)


@blueprint.get("/runs/<path:run_id>")
def one(run_id: str) -> Response:
    """Everything known of a run."""
    return _page_of_run(run_id)


@blueprint.get("/run")
def one_by_query() -> Response:
    """The same for a run whose identity a path cannot carry: `/run?id=a/b`."""
    return _page_of_run(request.args.get("id", ""))


def run_url(run_id: str) -> str:
    """Address of a run under the filters of the request."""
    if _IN_PATH.fullmatch(run_id):
        return keyset.address(url_for("runs.one", run_id=run_id), [])
    return keyset.address(url_for("runs.one_by_query"), [("id", run_id)])


def list_url(place: Place) -> str:
    """Address of the page of the list that begins at a place."""
    return keyset.address(url_for("runs.listed"), keyset.pairs(place, "started"))


def _listed(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    place = keyset.requested(list(SORTS))
    needed: dict[str, Question] = {"choices": filtering.choices, "period": figures.period}
    shown_parts: dict[str, Question] = {
        "listed": partial(_page_of, place),
        "totals": lambda found: figures.rows(found, "from run_totals")[0],
        "named": _named,
    }
    return ask(connection, needed, shown_parts) | {
        "place": place,
        "sorts": SORTS,
        "sort_urls": {name: list_url(_sorted(place, name)) for name in SORTS},
        "first_url": None if place.is_first else list_url(Place(place.sort, place.descending)),
        "download_url": keyset.address(
            url_for("api.export_runs"), keyset.pairs(Place(place.sort, place.descending), "started")
        ),
    }


def _page_of(place: Place, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The rows of a page and the address of the next."""
    found = figures.rows(
        connection,
        "from run_page(?, ?, ?, ?, ?)",
        *(place.sort, place.descending, place.after_key, place.after_id, keyset.ROWS + 1),
    )
    shown, more = keyset.split(found, keyset.ROWS)
    names = [row["run_id"] for row in shown if row["final_status"] is None]
    states = figures.rows(
        connection, "select run_id, state from run_progress where list_contains(?, run_id)", names
    )
    states_of = {row["run_id"]: row["state"] for row in states}
    return {
        "runs": shown,
        "states": states_of,
        "next_url": list_url(_behind(place, shown[-1])) if more else None,
    }


def _sorted(place: Place, name: str) -> Place:
    """The first page sorted by a column; once more turns the direction."""
    return Place(name, not place.descending if name == place.sort else True)


def _behind(place: Place, row: dict[str, Any]) -> Place:
    return Place(place.sort, place.descending, row["sort_key"], row["run_id"])


def _named(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The run whose identity was typed into the search, if there is one."""
    text = (filtering.requested().search or "").strip()
    found = text and figures.rows(connection, "select run_id from runs where run_id = ?", text)
    return found[0]["run_id"] if found else None


def _page_of_run(run_id: str) -> Response:
    return page("run", lambda connection: _one(connection, run_id), _moving)


def _moving(still: dict[str, Any]) -> dict[str, Any]:
    """Whether a run that has not ended goes on or has stalled, which time alone changes."""
    if parts.is_failure(still["progress"]) or not still["progress"]:
        return {}
    with connection() as found:
        return {"progress": _progress(found, still["run"]["run_id"])}


def _progress(connection: duckdb.DuckDBPyConnection, run_id: str) -> Any:
    query = "from run_progress where run_id = ?"
    return parts.attempt(connection, lambda: figures.rows(connection, query, run_id))


def _one(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    found = figures.rows(connection, "from run_detail(?)", run_id)
    if not found:
        abort(404, f"run: found {run_id[:100]!r}, which is not in the index")
    run = found[0]

    def some(query: str, *values: str) -> Any:
        limited = f"{query} limit {SHOWN_PARTS}"
        return parts.attempt(connection, lambda: figures.rows(connection, limited, *values))

    return {
        "run": run,
        "roles": some("from run_roles(?)", run_id),
        "models": some("from run_models(?)", run_id),
        "calls": some("from run_calls(?)", run_id),
        "progress": _progress(connection, run_id),
        "sessions": some("from sessions_of_run(?)", run_id),
        "phases": some("from run_phases(?)", run_id),
        "timeline": some("from run_timeline(?)", run_id),
        "qa_issues": some("from qa_issues where run_id = ? order by position", run_id),
        "jobs": some("from known_job_list where run_id = ? order by job_id", run_id),
        "remarks": some(
            "from ingest_issues where path = ? order by severity, place", run["source_path"]
        ),
        "period": figures.period(connection),
        "shown_parts": SHOWN_PARTS,
    }


def register(app: Flask) -> None:
    """Put the pages and the address of a run into the app."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"run_url": run_url})
