"""Off loopback: the token, the names that are answered, changes from other sites, a proxy."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from indexer.config import Layout
from indexer.errors import UsageError
from tests.conftest import RunCli
from tests.helpers import index
from web import create_app
from web.access import Access
from web.serve import Server

TOKEN = "a-token-of-this-test-1234"
HEADERS = {"Host": "192.168.0.5:8000"}


@pytest.fixture
def app(documented: Layout) -> Iterator[Flask]:
    index(documented)
    app = create_app(documented.root, documented.database, Access(host="0.0.0.0", token=TOKEN))
    yield app
    app.extensions["runmeter"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_without_the_token_nothing_is_told(client: FlaskClient) -> None:
    for route in ("/analytics", "/", "/healthz", "/api/analytics/summary", "/api/openapi.json"):
        answer = client.get(route, headers=HEADERS)
        assert answer.status_code == 401, route
        assert b"62.74" not in answer.data
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/api/analytics/qa", headers=HEADERS).get_json()["code"] == 401
    with client.get("/static/analytics.css", headers=HEADERS) as style:
        assert style.status_code == 200  # the page that asks for the token looks like one


def test_a_program_sends_the_token_in_a_header(client: FlaskClient) -> None:
    for value, code in (
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (TOKEN, 401),
        (f"Basic {TOKEN}", 401),
        (f"Bearer {TOKEN}x", 401),
        ("Bearer ", 401),
        ("Bearer \u00fc", 401),
    ):
        answer = client.get("/api/analytics/qa", headers={**HEADERS, "Authorization": value})
        assert answer.status_code == code, value


def test_a_link_with_the_token_is_swapped_for_a_cookie(client: FlaskClient) -> None:
    answer = client.get(f"/analytics?as_of=2025-11-18&token={TOKEN}", headers=HEADERS)
    cookie = answer.headers["Set-Cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    page = answer.get_data(as_text=True)
    assert TOKEN not in page
    assert 'content="0; url=http://192.168.0.5:8000/analytics?as_of=2025-11-18"' in page
    assert client.get("/analytics", headers=HEADERS).status_code == 200  # the client keeps it
    client.set_cookie("runmeter_session", TOKEN, domain="192.168.0.5")
    assert client.get("/analytics", headers=HEADERS).status_code == 401


@pytest.mark.parametrize("path", ["/analytics", "//evil.example/", "/nothing"])
def test_a_wrong_token_in_a_link_opens_nothing(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?token=wrong", headers=HEADERS)
    assert answer.status_code in (308, 401)
    assert "Set-Cookie" not in answer.headers
    good = client.get(f"{path}?token={TOKEN}", headers=HEADERS)
    assert 'url="http://evil' not in good.get_data(as_text=True)
    assert "url=//" not in good.get_data(as_text=True)


def test_the_form_takes_the_token_only_from_our_own_page(client: FlaskClient) -> None:
    for origin, token, code in (
        ({"Sec-Fetch-Site": "same-origin"}, TOKEN, 303),
        ({"Origin": "http://192.168.0.5:8000"}, TOKEN, 303),
        ({"Sec-Fetch-Site": "same-origin"}, "wrong", 401),
        ({"Sec-Fetch-Site": "cross-site"}, TOKEN, 403),
        ({"Sec-Fetch-Site": "same-site"}, TOKEN, 403),
        ({"Origin": "http://evil.example"}, TOKEN, 403),
        ({"Origin": "null"}, TOKEN, 403),
        ({}, TOKEN, 403),
    ):
        answer = client.post("/login", data={"token": token}, headers=HEADERS | origin)
        assert answer.status_code == code, origin
        assert ("Set-Cookie" in answer.headers) == (code == 303)


def test_names_are_answered_only_when_they_were_given(documented: Layout) -> None:
    index(documented)
    access = Access(host="0.0.0.0", token=TOKEN, allowed_hosts=("Meter.example",))
    app = create_app(documented.root, documented.database, access)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for host in ("meter.example:8000", "10.0.0.1", "[fe80::1]:80", "localhost"):
        assert app.test_client().get("/healthz", headers={**bearer, "Host": host}).data, host
        answer = app.test_client().get("/healthz", headers={**bearer, "Host": host})
        assert answer.status_code == 200, host
    for host in ("evil.example", "x.meter.example", ""):
        answer = app.test_client().get("/healthz", headers={**bearer, "Host": host})
        assert answer.status_code == 400, host
        assert "--allowed-host" in answer.get_data(as_text=True)
    app.extensions["runmeter"].close()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "found nothing"),
        ("short", "found a token of 5 characters"),
        ("with blanks in it, many", "without"),
        ("nön-ascii-token-of-some-length", "printable ASCII"),
        ("x" * 2000, "allowed: 16 to 1000"),
    ],
)
def test_a_useless_token_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "token"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=reason):
        Access.of(host="0.0.0.0", token_file=file)


def test_the_token_comes_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Access.of(token_file=tmp_path / "none")
    (tmp_path / "token").write_text(f"{TOKEN}\n", "utf-8")
    monkeypatch.setenv("RUNMETER_TOKEN", "another-token-of-this-test")
    assert Access.of(token_file=tmp_path / "token").token == TOKEN
    assert Access.of(host="0.0.0.0").token == "another-token-of-this-test"
    assert not Access.of(host="0.0.0.0").sql
    assert Access.of(host="0.0.0.0", allow_sql=True).sql


def test_refused_before_the_port_is_taken(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("short", "utf-8")
    for extra in ([], ["--token-file", tmp_path / "token"]):
        done = run_cli("--root", tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", *extra)
        assert done.returncode == 2
        assert "token" in done.stderr


class _Proxy(BaseHTTPRequestHandler):
    """Serves what lies behind it under /tools/meter, as a reverse proxy does."""

    behind = 0
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        prefix = "/tools/meter"
        if not self.path.startswith(prefix):
            self.send_error(404)
            return
        back = HTTPConnection("127.0.0.1", type(self).behind)
        sent = {
            name: self.headers[name]
            for name in ("Cookie", "Authorization", "Accept")
            if name in self.headers
        }
        told = {"X-Forwarded-Prefix": prefix, "X-Forwarded-Proto": "http", "X-Forwarded-For": "::1"}
        host = {"X-Forwarded-Host": self.headers["Host"]}
        back.request("GET", self.path.removeprefix(prefix) or "/", headers=sent | told | host)
        answer = back.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        back.close()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@contextmanager
def proxied(layout: Layout) -> Iterator[str]:
    """Address of the dashboard behind a proxy that serves it under a sub-path."""
    server = Server(layout, 0, Access(token=TOKEN, behind_proxy=True, allow_sql=True))
    port = urlsplit(server.url).port
    handler = type("Handler", (_Proxy,), {"behind": port})
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    proxy.daemon_threads = False
    threads = [threading.Thread(target=one.serve_forever) for one in (server, proxy)]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}/tools/meter"
    finally:
        proxy.shutdown()
        proxy.server_close()
        server.close()
        for thread in threads:
            thread.join(timeout=30)


def fetch(address: str) -> tuple[int, str, str]:
    """Status, body and where it leads."""
    parts = urlsplit(address)
    client = HTTPConnection(parts.netloc)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    client.request("GET", target, headers={"Authorization": f"Bearer {TOKEN}"})
    answer = client.getresponse()
    found = answer.status, answer.read().decode("utf-8", "replace"), answer.headers["Location"]
    client.close()
    return found[0], found[1], found[2] or ""


def test_behind_a_proxy_every_link_and_asset_works(documented: Layout) -> None:
    index(documented)
    with proxied(documented) as address:
        origin = address.removesuffix("/tools/meter")
        assert fetch(f"{address}/")[2].startswith("/tools/meter/")
        waiting, seen, posted = ["/tools/meter/analytics"], set[str](), set[str]()
        while waiting:
            path = waiting.pop()
            # Of addresses that are alike a few are enough.
            if path in seen or (len(seen) > 40 and ("?" in path or "/runs/" in path)):
                continue
            seen.add(path)
            status, body, leads = fetch(origin + path)
            only_posted = status == 405 and path in posted
            assert only_posted or status in (200, 302, 303, 308), path
            posted |= set(re.findall(r'method="post" action="([^"?]+)', body))
            posted |= set(re.findall(r'formaction="([^"?]+)', body))
            # Also in what scripts read: attributes of data, and links of charts.
            bare = re.search(r'["\'](/(?:analytics|api|runs|jobs|sql|static)[^"\']*)', body)
            plain = "<html" not in body or "/views" in path  # those are names of pages
            assert plain or bare is None, (path, bare)
            found = re.findall(r'(?:href|src|action)="([^"#]+)', body) if "<html" in body else []
            for link in [*found, *([leads] if leads else [])]:
                target = link.replace("&amp;", "&").removeprefix(origin)
                if target.startswith(("/", "?")) and "/login" not in target:
                    assert target.startswith(("/tools/meter/", "?")), f"{path}: {link}"
                    waiting.append(path.split("?")[0] + target if target[0] == "?" else target)
        pages = {"analytics", "analytics/compare", "analytics/quality", "runs", "jobs", "budgets"}
        pages |= {"sql", "health", "views", "static/live.js", "static/print.css"}
        pages |= {"api/analytics/token-trend", "api/analytics/compare", "api/analytics/budgets"}
        assert {f"/tools/meter/{page}" for page in pages} <= seen
        assert {f"/tools/meter/{path}" for path in ("sql", "sql/download", "views")} <= posted
