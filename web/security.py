"""Who may ask, and what a browser may do with the answer.

Only loopback names are answered, static files included: a page of another site
that points its own name at this machine gets nothing. The headers allow what the
dashboard needs from itself and nothing from anywhere else.
"""

import ipaddress

from flask import Flask, Response, abort, request

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


def is_loopback(name: str) -> bool:
    """Whether a host name or address, without port, means this machine only."""
    name = name.strip("[]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def register(app: Flask) -> None:
    """Check the host of every request and add the headers to every answer."""
    app.before_request(_check_host)
    app.after_request(_add_headers)


def _check_host() -> None:
    host = request.environ.get("HTTP_HOST", "")
    name, bracket, _ = host.rpartition("]")
    if not is_loopback(name if bracket else host.split(":")[0]):
        abort(400, f"host: found {host[:100]!r}, allowed: localhost, 127.0.0.1 or [::1]")


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
