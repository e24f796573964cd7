"""What pages and API share: connections, conditional answers, errors.

An answer depends on the snapshot, the query and, where no `as_of` is given, on the
day. Its ETag says all three, in steps of the quarter hours at which a day can begin
somewhere, and the second where time alone changes a page; so a client that has it is told
so before any query runs, and one that has not gets the bytes that another was answered with.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from http import HTTPStatus

import duckdb
from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import Forbidden, HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from indexer import figures, sqlfiles
from indexer.errors import NoIndexError, RunmeterError, UsageError
from indexer.snapshot import SnapshotReader
from web import filtering, parts
from web.answers import Answers
from web.kept import Figures, Kept
from web.warm import Warmer

QUARTER_HOUR = 900
OTHER_RELEASE = (
    "The newest figures were published by another release of Runmeter. A daemon of this one"
    " publishes them anew when it starts: start `runmeter up` or `watch`, or run"
    " `runmeter index` once."
)


class DisabledError(Forbidden):
    """`analytics.enabled` is false."""

    description = (
        "analytics is disabled: analytics.enabled is false in project_config.json;"
        " set it to true to turn it on"
    )


def reader() -> SnapshotReader:
    """The app's snapshots."""
    found: SnapshotReader = current_app.extensions["runmeter"]
    return found


def answers() -> Answers:
    """The app's answers."""
    found: Answers = current_app.extensions["runmeter-answers"]
    return found


def kept() -> Kept:
    """The figures that the app keeps."""
    found: Kept = current_app.extensions["runmeter-kept"]
    return found


def warmer() -> Warmer:
    """What the app was asked for lately."""
    found: Warmer = current_app.extensions["runmeter-warmer"]
    return found


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The newest snapshot under the filters of the request. Raises DisabledError, NoIndexError."""
    with warmer().asking(), reader().connect(filtering.effective()) as found:
        if not figures.settings(found)["enabled"]:
            raise DisabledError
        yield found


FiguresOf = Callable[[duckdb.DuckDBPyConnection], Figures]


def page(
    kind: str, figures_of: FiguresOf, moving: Callable[[Figures], Figures] | None = None
) -> BaseResponse:
    """The page `<kind>.html` with its figures; says so where there is nothing or it is disabled.

    Where time alone changes it, `moving` is asked once a second: it gets the other figures,
    which are kept, and gives those that are to be added.
    """
    tidied = filtering.tidy()
    if tidied is not None:
        return tidied
    if moving is None:
        return conditional(lambda: _page(kind, lambda: _asked(figures_of)))
    return conditional(lambda: _page(kind, lambda: _moved(kind, figures_of, moving)), second())


def _asked(figures_of: FiguresOf) -> Figures:
    with connection() as found:
        return figures_of(found)


def _moved(kind: str, figures_of: FiguresOf, moving: Callable[[Figures], Figures]) -> Figures:
    number = reader().number
    if number is None:
        return _asked(figures_of)  # which says what is missing
    key = (kind, _etag(number), request.root_path)
    still = kept().of(number, key, lambda: _asked(figures_of), parts.is_complete)
    return still | moving(still)


def _page(kind: str, data_of: Callable[[], Figures]) -> str:
    number = reader().number
    layout = reader().layout
    try:
        data = data_of()
    except NoIndexError:
        return render_template("empty.html", page_kind="empty", root=layout.root)
    except DisabledError:
        return render_template(
            "disabled.html",
            page_kind="disabled",
            config_file=layout.config_file,
            snapshot=number,
        )
    return render_template(f"{kind}.html", page_kind=kind, snapshot=number, **data)


def conditional(make: Callable[[], Response | str], moment: str = "") -> Response:
    """The answer of `make` with its ETag, or 304; `make` is called once for each ETag.

    An answer that time changes names the `moment` of which it tells.
    """
    number = reader().number
    tag = None
    if number is None:
        response = make_response(make())
    else:
        warmer().asked()
        still = _etag(number)
        tag = f"{still}-{moment}" if moment else still
        if request.if_none_match.contains_weak(tag):
            response = make_response("", 304)
        else:
            # Addresses in pages depend on the path below which a proxy shows them.
            key = (still, request.root_path, request.headers.get("HX-Request", ""))
            response = answers().of(number, key, lambda: _whole_or_marked(make), moment)
    if response.headers.get("Cache-Control") == "no-store":
        return response
    if tag is not None and response.status_code in (200, 304):
        response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _whole_or_marked(make: Callable[[], Response | str]) -> Response:
    """The answer, marked as not to be kept where a part of it is missing."""
    response = make_response(make())
    if not parts.is_complete():
        response.headers["Cache-Control"] = "no-store"
    return response


def _etag(number: int) -> str:
    """Names what an answer from this snapshot depends on."""
    as_of = filtering.effective().as_of
    moment = as_of.isoformat() if as_of else quarter()
    asked = blake2b(f"{request.full_path} {moment}".encode(), digest_size=8).hexdigest()
    # The instance tells apart an index that was removed and made anew.
    return f"{current_app.config['RUNMETER_INSTANCE']}-{number}-{asked}"


def second() -> str:
    """The second that it is, of which a page tells that time alone changes."""
    return str(int(time.time()))


def quarter() -> str:
    """The quarter hour that it is, in which no day begins anywhere."""
    return str(int(time.time() // QUARTER_HOUR))


def register_errors(app: Flask) -> None:
    """Errors as JSON under /api, as a page elsewhere, always with the reason."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RunmeterError, _own_error)


def _own_error(error: RunmeterError) -> Response:
    code = 503 if isinstance(error, NoIndexError) else 500
    return _answer(400 if isinstance(error, UsageError) else code, str(error))


def _http_error(error: HTTPException) -> Response:
    if error.code == HTTPStatus.INTERNAL_SERVER_ERROR and _is_of_another_release():
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, OTHER_RELEASE)
    response = _answer(error.code or 500, error.description or error.name)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _answer(code: int, message: str) -> Response:
    status = HTTP_NAMES.get(code, "Error")
    if request.path.startswith("/api/"):
        response = jsonify(code=code, status=status, message=message)
    else:
        response = make_response(
            render_template("error.html", code=code, status=status, message=message)
        )
    response.status_code = code
    return response


def _is_of_another_release() -> bool:
    """Whether the newest snapshot has other views than this release asks."""
    try:
        with reader().connect() as found:
            views = found.execute("select views_fingerprint from index_info").fetchone()
    except (RunmeterError, duckdb.Error):
        return False  # what went wrong first is what is said
    return views != (sqlfiles.fingerprint(),)


HTTP_NAMES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
