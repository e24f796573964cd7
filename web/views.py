"""The page of saved views: name an address, choose the parts of the overview, share.

Saving writes `views.json` and nothing else.
Every change is a form that is posted from a page of ours; then the page is shown anew.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from indexer.errors import UsageError
from web import filtering, layout, views_store
from web.respond import connection, reader
from web.views_store import View, Views

TOLD = {
    "saved": "The view is saved.",
    "removed": "The view is removed.",
    "default": "The dashboard begins with this view.",
    "no-default": "The dashboard begins with the overview.",
    "imported": "The views of the file are saved.",
}

blueprint = Blueprint("views", __name__)


def pages() -> dict[str, str]:
    """Path of each page that can be saved -> its endpoint."""
    endpoints = {endpoint for endpoint, _ in filtering.NAVIGATION if endpoint != "views.shown"}
    rules = current_app.url_map.iter_rules()
    return {rule.rule: rule.endpoint for rule in rules if rule.endpoint in endpoints}


def address(view: View) -> str:
    """Where a view leads, also below a path of a proxy."""
    base = url_for(pages()[view.page])
    return f"{base}?{view.query}" if view.query else base


def start() -> str | None:
    """Where the dashboard begins, if somebody has chosen that."""
    views = _load()
    chosen = views.named(views.default) if views.default else None
    return address(chosen) if chosen else None


@blueprint.get("/views")
def shown() -> BaseResponse:
    """What is saved, and the form for one more: `page` and `query` fill it."""
    return _page()


@blueprint.post("/views")
def save() -> BaseResponse:
    """Save one under its name; an empty choice of parts is all of them."""
    form = request.form
    query = form.get("query", "")
    if "part" in form or "parts" in form:
        query = _with_parts(query)
    view = _checked(View(form.get("name", ""), form.get("page", ""), query))
    with _changing() as views:
        views_store.put(views, view)
        if form.get("default"):
            views.default = view.name
    return _again("saved")


@blueprint.post("/views/remove")
def remove() -> BaseResponse:
    """Remove one by its name."""
    with _changing() as views:
        views_store.remove(views, request.form.get("name", ""))
    return _again("removed")


@blueprint.post("/views/default")
def make_default() -> BaseResponse:
    """Begin with the view of that name; without a name, with the overview."""
    name = request.form.get("name", "")
    with _changing() as views:
        found = views.named(name) if name else None
        if name and found is None:
            raise UsageError(f"name: found {name[:60]!r}, allowed: the name of a view")
        views.default = found.name if found else None
    return _again("default" if name else "no-default")


@blueprint.get("/views/export")
def exported() -> Response:
    """All of them as a file that `import` takes, here or elsewhere."""
    response = Response(views_store.dump(_load()), content_type="application/json")
    response.headers.set("Content-Disposition", "attachment", filename="runmeter-views.json")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/views/import")
def imported() -> BaseResponse:
    """Take over the views of a file; those of the same name are replaced."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("file: found none, allowed: a file that was exported here")
    others = views_store.parse(file.read(views_store.MAX_BYTES + 1), tuple(pages()))
    with _changing() as views:
        views_store.merge(views, others)
    return _again("imported")


def _page() -> BaseResponse:
    with connection():  # refuses where analytics is disabled
        views = _load()
    query = request.args.get("query", "")
    page = request.args.get("page", "/analytics")
    given = parse_qs(query)
    chosen = layout.parse(",".join(given.get("panels", [])))
    text = render_template(
        "views.html",
        views=views,
        default=views.named(views.default) if views.default else None,
        address=address,
        details=_details,
        page_names={path: _name(endpoint) for path, endpoint in pages().items()},
        form_page=page,
        form_query=query,
        form_name=request.args.get("name", ""),
        parts=[(name, layout.PARTS[name], True) for name in chosen]
        + [(name, text, False) for name, text in layout.PARTS.items() if name not in chosen],
        told=TOLD.get(request.args.get("done", "")),
        limits=views_store,
        edit_url=_edit_url,
    )
    response = make_response(text)
    response.headers["Cache-Control"] = "no-store"
    return response


def _details(view: View) -> list[tuple[str, str]]:
    """What a view sets, as its address says it."""
    return [(name, value) for name, values in parse_qs(view.query).items() for value in values]


def _edit_url(view: View) -> str:
    fields = {"page": view.page, "query": view.query, "name": view.name}
    return f"{url_for('views.shown')}?{urlencode(fields)}#form"


def save_url() -> str:
    """The form for the page that is shown, filled with its address."""
    path = urlsplit(request.path).path
    if path not in pages():
        return url_for("views.shown")
    query = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "token"])
    return f"{url_for('views.shown')}?{urlencode({'page': path, 'query': query})}#form"


def _name(endpoint: str) -> str:
    return dict(filtering.NAVIGATION)[endpoint]


def _with_parts(query: str) -> str:
    """A query with the parts that the form chose, by the numbers beside them."""
    form = request.form
    chosen = form.getlist("part")
    order = {name: place for place, name in enumerate(form.getlist("parts"))}

    def place(name: str) -> tuple[int, int]:
        text = form.get(f"place-{name}", "")
        return int(text) if text.isascii() and text.isdigit() else 999, order.get(name, 999)

    kept = [(key, values) for key, values in parse_qs(query).items() if key != "panels"]
    names = layout.parse(",".join(sorted(chosen, key=place)))
    text = layout.shown(names)
    more = [("panels", text)] if text else []
    return urlencode([(key, value) for key, values in kept for value in values] + more)


def _checked(view: View) -> View:
    return views_store.checked(view, tuple(pages()))


def _load() -> Views:
    return views_store.load(reader().layout, tuple(pages()))


def _changing() -> Any:
    with connection():  # nothing is saved where analytics is disabled
        return views_store.changing(reader().layout, tuple(pages()))


def _again(done: str) -> BaseResponse:
    return redirect(url_for("views.shown", done=done), 303)


def register(app: Flask) -> None:
    """Put the page into the app, and the way to it into the others."""
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"save_url": save_url})
