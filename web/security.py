"""Who is asking, and what a browser may do with the answer.

A host name that is not ours is refused first, static files included: a page of another
site that points its own name at this machine gets nothing. Where there is a token,
everything but static files and the way in asks for it: as `Authorization: Bearer` from
programs, as a cookie from browsers, which a `?token=` or the form is swapped for. What
changes something must come from a page of ours. The headers allow what the dashboard
needs from itself and nothing from anywhere else.
"""

from urllib.parse import urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from web.access import Access

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COOKIE = "runmeter_session"
COOKIE_SECONDS = 30 * 24 * 3600
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_ENDPOINTS = ("static", "security.login")
MAX_FORM = 300_000

blueprint = Blueprint("security", __name__)


def access() -> Access:
    """How this app is served."""
    found: Access = current_app.config["RUNMETER_ACCESS"]
    return found


def register(app: Flask, chosen: Access) -> None:
    """Put the checks before every request and the headers on every answer."""
    app.config.update(RUNMETER_ACCESS=chosen, MAX_CONTENT_LENGTH=MAX_FORM)
    if chosen.behind_proxy:
        fixed = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
        app.wsgi_app = fixed  # type: ignore[method-assign]
    app.before_request(_check_host)
    app.before_request(_check_token)
    app.before_request(_check_origin)
    app.after_request(_add_headers)
    app.register_blueprint(blueprint)


@blueprint.post("/login")
def login() -> BaseResponse:
    """The form of the page that asks for the token."""
    if not access().is_token(request.form.get("token", "").strip()):
        return _ask_for_token("That is not the token.")
    return _with_cookie(redirect(url_for("pages.analytics"), 303))


def _check_host() -> None:
    host = request.environ.get("HTTP_HOST", "")
    name, bracket, _ = host.rpartition("]")
    if not access().answers_to(name if bracket else host.split(":")[0]):
        allowed = "localhost, 127.0.0.1 or [::1]"
        if access().exposed:
            allowed = "an address, or a name given with --allowed-host"
        abort(400, f"host: found {host[:100]!r}, allowed: {allowed}")


def _check_token() -> BaseResponse | None:
    if access().token is None or request.endpoint in OPEN_ENDPOINTS:
        return None
    given = request.args.get("token")
    if given is not None and request.method == "GET":
        return _swap() if access().is_token(given) else _ask_for_token("That is not the token.")
    if access().is_session(request.cookies.get(COOKIE, "")) or _is_program():
        return None
    return _ask_for_token()


def _is_program() -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and access().is_token(token.strip())


def _swap() -> BaseResponse:
    """A page that goes on without the token: a redirect would lose the Strict cookie
    where the first link came from another site."""
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "token"]
    target = f"{request.base_url}?{urlencode(pairs)}" if pairs else request.base_url
    return _with_cookie(make_response(render_template("welcome.html", target=target)))


def _with_cookie(response: BaseResponse) -> BaseResponse:
    response.set_cookie(
        COOKIE,
        access().session,
        max_age=COOKIE_SECONDS,
        path=request.root_path.rstrip("/") + "/",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _ask_for_token(problem: str = "") -> BaseResponse:
    message = problem or "this dashboard asks for its token: send it as Authorization: Bearer"
    if request.path.startswith("/api/"):
        response = make_response({"code": 401, "status": "Unauthorized", "message": message})
    else:
        # A cookie that is Strict does not come along with a link of another site.
        away = request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method == "GET"
        response = make_response(render_template("login.html", problem=problem, away=away))
    response.status_code = 401
    response.headers["WWW-Authenticate"] = "Bearer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _check_origin() -> None:
    """What is not safe must come from our own pages, or from a program with the token."""
    if request.method in SAFE_METHODS or request.routing_exception or _is_program():
        return
    site = request.headers.get("Sec-Fetch-Site")
    own = f"{request.scheme}://{request.host}"
    if site in ("same-origin", "none") or (site is None and request.headers.get("Origin") == own):
        return
    abort(403, "a change must come from a page of this dashboard, not from another site")


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
