"""The JSON routes and the downloads: the specification's keys first, more behind them."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema

from indexer import export, figures
from web import csv_rows, filtering, live, schemas
from web.datasets import Row
from web.respond import conditional, connection
from web.together import Question, ask

Answer = Callable[[], Response]

blueprint = Blueprint(
    "api", __name__, url_prefix="/api/analytics", description="Figures of all runs and jobs"
)


def _figure(make: Callable[[Any], Any]) -> Response:
    """One figure as JSON, or 304."""

    def answer() -> Response:
        with connection() as found:
            return jsonify(make(found))

    return conditional(answer)


def _rows(
    name: str,
    schema: type[Schema],
    make: Callable[[Any], list[Row]],
    whole: Callable[[Any, list[Row]], Any] = lambda found, rows: rows,
) -> Response:
    """Rows as JSON, as a CSV file, or 304. `whole` is what the JSON is made of."""

    def answer() -> Response:
        with connection() as found:
            keys, rows = list(schema().fields), make(found)
            return csv_rows.either(found, name, keys, rows, lambda rows: whole(found, rows))

    return conditional(answer)


def route(
    path: str,
    schema: Any,
    content_type: str = "application/json",
    *,
    filtered: bool = True,
    more: tuple[dict[str, Any], ...] = (),
    has_rows: bool = False,
) -> Callable[[Answer], Answer]:
    """A GET route with its place in the API description; `more` are its own parameters.

    One that `has_rows` gives them as a CSV file as well.
    """
    content: dict[str, Any] = {content_type: {"schema": schema}}
    if has_rows:
        content["text/csv"] = {"schema": {"type": "string"}}
        more = (*more, csv_rows.PARAMETER)
    described: dict[str, Any] = {"200": {"description": "The answer", "content": content}}
    if filtered:
        described |= {
            "304": {"description": "Not modified since the ETag given in If-None-Match"},
            "400": {"description": "The query cannot be used; the message says why"},
            "403": {"description": "Analytics is disabled"},
            "503": {"description": "Nothing has been indexed yet"},
        }

    def register(function: Answer) -> Answer:
        names = tuple(parameter["name"] for parameter in more)
        filtering.EXTRA_PARAMETERS[f"{blueprint.name}.{function.__name__}"] = names
        filters = [parameter["name"] for parameter in schemas.FILTERS]
        parameters = [*filters, *more] if filtered else []
        documented = blueprint.doc(responses=described, parameters=parameters)
        placed = blueprint.route(path, methods=["GET"])
        return cast(Answer, placed(documented(function)))

    return register


@route("/summary", schemas.Summary)
def summary() -> Response:
    """The overview."""
    return _figure(figures.summary)


@route("/projects", schemas.Project(many=True), has_rows=True)
def projects() -> Response:
    """By project, most runs first."""
    return _rows("projects", schemas.Project, figures.projects)


@route("/models", schemas.Model(many=True), has_rows=True)
def models() -> Response:
    """By model, dearest first."""
    return _rows("models", schemas.Model, figures.models)


@route("/timeseries", schemas.Timeseries, has_rows=True)
def timeseries() -> Response:
    """The last days, oldest first."""

    def whole(found: Any, rows: list[Row]) -> Any:
        return {"period": figures.period(found), "daily": rows}

    return _rows("timeseries", schemas.Day, figures.timeseries, whole)


@route("/qa", schemas.QaSummary, has_rows=True)
def qa() -> Response:
    """QA over all runs."""
    row = schemas.QaSummary
    return _rows("qa", row, lambda found: [figures.qa(found)], lambda _, rows: rows[0])


@route("/export/json", schemas.Everything)
def export_json() -> Response:
    """All figures as a JSON file."""

    def write(found: Row) -> str:
        return export.to_json(figures.with_qa(found))

    return _download("json", "application/json", figures.FIGURES, write)


@route("/export/csv", {"type": "string"}, "text/csv")
def export_csv() -> Response:
    """The overview, projects and models as a CSV file."""
    return _download("csv", "text/csv; charset=utf-8", figures.SUMMARIES, export.to_csv)


@route("/version", schemas.Version, filtered=False)
def version() -> Response:
    """Number of the newest snapshot and running jobs, for clients that wait for a change."""
    response = jsonify(live.version())
    response.headers["Cache-Control"] = "no-store"
    return response


def _download(
    kind: str, content_type: str, questions: Mapping[str, Question], write: Callable[[Row], str]
) -> Response:
    def answer() -> Response:
        with connection() as found:
            data = ask(found, questions)
            name = export.filename(kind, figures.period(found))
        response = Response(write(data), content_type=content_type)
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response

    return conditional(answer)
