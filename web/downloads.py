"""Files that take a while: asked for by a form, watched on a page of their own, then saved.

They are made by processes of their own (`indexer.making`), so that no other request waits.
The page works without scripts: it asks for itself again until the file is there. Whoever has
the address of a file may save it, and only they know it.
"""

from functools import cache
from importlib.util import find_spec

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response

from indexer import export, figures
from indexer.making import KINDS, File, FullError, Maker
from web import filtering, keyset
from web.respond import connection

NAMES = {"xlsx": "Excel", "pdf": "PDF", "parquet": "Parquet"}
# What a kind needs beside the core.
_NEEDS = {"xlsx": "xlsxwriter", "pdf": "typst"}

blueprint = Blueprint("downloads", __name__)


def maker() -> Maker:
    """The app's maker of files."""
    found: Maker = current_app.extensions["runmeter-maker"]
    return found


@cache
def kinds() -> dict[str, str]:
    """The kinds that can be made here, each with its name."""
    return {
        kind: name
        for kind, name in NAMES.items()
        if kind not in _NEEDS or find_spec(_NEEDS[kind]) is not None
    }


def missing_kinds() -> dict[str, str]:
    """The kinds that an extra of the same name would add."""
    return {kind: name for kind, name in NAMES.items() if kind not in kinds()}


@blueprint.post("/downloads")
def begin() -> Response:
    """Have the file of the form made, under the filters of the address."""
    kind = request.form.get("kind", "")
    if kind not in kinds():
        abort(400, f"kind: found {kind[:20]!r}, allowed: {', '.join(kinds())}")
    with connection() as found:  # also refuses where disabled, and filters that do not fit
        name = export.filename(KINDS[kind], figures.period(found))
    if kind == "parquet":
        name = name.replace("runmeter-", "runmeter-parquet-", 1)
    try:
        file = maker().start(kind, filtering.effective(), name)
    except FullError as error:
        abort(503, str(error))
    return redirect(keyset.address(url_for("downloads.shown", token=file.token), []), 303)


@blueprint.get("/downloads/<token>")
def shown(token: str) -> Response:
    """How far it is, and the file once it is there."""
    file = _file(token)
    response = make_response(
        render_template("download.html", file=file, back=filtering.link("pages.analytics")),
        500 if file.state == "failed" else 200,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/downloads/<token>/file")
def saved(token: str) -> Response:
    """The file itself."""
    file = _file(token)
    if file.state != "ready":
        abort(404, "this file is not made yet")
    response = send_file(file.path, as_attachment=True, download_name=file.name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


def _file(token: str) -> File:
    file = maker().get(token)
    if file is None:
        abort(404, "there is no such file, or it is there no more; ask for it again")
    return file


def register(app: Flask) -> None:
    """Put the pages into the app, and what the form needs into the templates."""
    app.extensions["runmeter-maker"] = Maker(app.extensions["runmeter"].layout)
    app.register_blueprint(blueprint)
    app.context_processor(
        lambda: {
            "download_kinds": kinds,
            "missing_kinds": missing_kinds,
            "begin_url": lambda: keyset.address(url_for("downloads.begin"), []),
        }
    )
