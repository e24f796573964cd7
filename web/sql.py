"""The SQL page: one query over the newest snapshot, in the sandbox.

A link holds the query and the filters and shows them in the editor; only the button,
which posts the form, runs it. So a link from anywhere starts nothing, and what runs
was seen. Results are cut at `SHOWN_ROWS` on the page and `SAVED_ROWS` in a download.
Where others can reach the dashboard the page is off unless it was allowed.
"""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import duckdb
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    make_response,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from indexer import export, figures, sandbox, sqlfiles
from indexer.sandbox import Answer, BusyError, Limits, QueryError
from web import filtering, keyset, security
from web.respond import connection, page, reader
from web.sql_examples import EXAMPLES

SHOWN_ROWS = 1000
SAVED_ROWS = 200_000
KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}

blueprint = Blueprint("sql", __name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a query: an answer, or the reason why there is none."""

    answer: Answer | None = None
    problem: str = ""
    line: int | None = None
    column: int | None = None
    status: int = 200


@blueprint.before_request
def _only_where_allowed() -> None:
    if not security.access().sql:
        abort(
            403,
            "the SQL page is off where others can reach the dashboard;"
            " --allow-sql turns it on for everybody who has the token",
        )


@blueprint.get("/sql")
def shown() -> BaseResponse:
    """The editor with the query of the address, which is not run."""
    return page("sql", lambda found: _view(found, request.args.get("query", ""), None))


@blueprint.post("/sql")
def run() -> BaseResponse:
    """The editor with the query of the form and its result."""
    query = request.form.get("query", "")
    with connection() as found:  # also refuses where disabled, and filters that do not fit
        outcome = _run(query, SHOWN_ROWS)
        view = _view(found, query, outcome)
    text = render_template("sql.html", page_kind="sql", snapshot=reader().number, **view)
    response = make_response(text, outcome.status)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/sql/download")
def download() -> BaseResponse:
    """The result of the query of the form as a file."""
    kind = request.form.get("kind", "csv")
    if kind not in KINDS:
        abort(400, f"kind: found {kind[:20]!r}, allowed: {', '.join(KINDS)}")
    with connection() as found:
        name = export.filename(kind, figures.period(found)).replace("runmeter-", "runmeter-query-")
        outcome = _run(request.form.get("query", ""), SAVED_ROWS)
    if outcome.answer is None:
        abort(outcome.status, outcome.problem)
    write = _to_csv if kind == "csv" else _to_json
    response = Response(write(outcome.answer), content_type=KINDS[kind])
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _run(query: str, rows: int) -> Outcome:
    number = reader().number
    if number is None:
        abort(503, "nothing has been indexed yet")
    filters = filtering.effective()
    try:
        answer = sandbox.run(reader().layout.snapshot(number), query, Limits(rows), filters)
    except QueryError as error:
        return Outcome(None, str(error), error.line, error.column, 400)
    except BusyError as error:
        return Outcome(None, str(error), status=503)
    return Outcome(answer)


def _view(found: duckdb.DuckDBPyConnection, query: str, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "query": query,
        "outcome": outcome,
        "catalog": _catalog(found),
        "examples": EXAMPLES,
        "query_url": query_url,
        "run_url_sql": keyset.address(url_for("sql.run"), []),
        "download_url": keyset.address(url_for("sql.download"), []),
        "limits": {
            "shown": SHOWN_ROWS,
            "saved": SAVED_ROWS,
            "seconds": sandbox.SECONDS,
            "characters": sandbox.MAX_QUERY,
        },
        "period": figures.period(found),
        "choices": filtering.choices(found),
        "follow": "never",
    }


def query_url(query: str) -> str:
    """Address of the page with a query in the editor, under the filters of the request."""
    return keyset.address(url_for("sql.shown"), [("query", query)] if query else [])


_HERE = "database_name = current_database()"  # not in other snapshots that are open


def _catalog(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Tables, then views, then macros, each with its comment and columns."""
    relations = figures.rows(
        found,
        "select table_name as name, 'table' as kind, comment from duckdb_tables()"
        f" where not internal and not temporary and {_HERE} union all"
        " select view_name, case when list_contains(?, view_name) then 'table' else 'view' end,"
        f" comment from duckdb_views() where not internal and {_HERE}"
        " order by kind, name",
        [*sqlfiles.WHOLE],
    )
    columns = figures.rows(
        found,
        "select table_name, column_name as name, lower(data_type) as type, comment"
        f" from duckdb_columns() where not internal and {_HERE} order by table_name, column_index",
    )
    macros = figures.rows(
        found,
        "select function_name as name, function_type as kind, comment, parameters"
        f" from duckdb_functions() where not internal and {_HERE} and function_type like '%macro'"
        " order by name",
    )
    by_table: dict[str, list[dict[str, Any]]] = {row["name"]: [] for row in relations}
    for column in columns:
        by_table[column["table_name"]].append(column)
    for row in relations:
        row["columns"] = by_table[row["name"]]
    return relations + [row | {"columns": []} for row in macros]


def _to_csv(answer: Answer) -> str:
    """Text that a spreadsheet would take for a formula is kept text; numbers are as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([export.guard(name) for name in answer.columns])
    for row in answer.rows:
        writer.writerow([export.guard(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def _to_json(answer: Answer) -> str:
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return json.dumps({"rows": rows, "more": answer.more}, ensure_ascii=False, allow_nan=False)


def register(app: Flask) -> None:
    """Put the page into the app, and out of the navigation where it is off."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"hidden_pages": () if security.access().sql else ("sql.shown",)})
