"""How old the data on a page is said to be."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer import health
from indexer.config import Layout
from indexer.health import Health
from tests.helpers import ask, index, write_jobs
from web import create_app, live
from web.serve import Server


@pytest.fixture
def client(documented: Layout) -> Iterator[FlaskClient]:
    index(documented)
    app = create_app(documented.root, documented.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def data_as_of(client: FlaskClient) -> object:
    return client.get("/api/analytics/version").get_json()["data_as_of"]


def test_a_daemon_at_work_vouches_for_the_data(documented: Layout, client: FlaskClient) -> None:
    published = ask(documented, "select published_at from index_info")[0][0]
    stamp = published.isoformat(timespec="milliseconds") + "Z"
    assert data_as_of(client) == stamp
    now = datetime.now(UTC) + timedelta(seconds=5)
    fresh = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    alive = Health(state="watching", heartbeat_at=fresh, snapshot=1)
    cases = [
        (alive, fresh),
        (Health(state="stopped", heartbeat_at=fresh, snapshot=1), stamp),
        (Health(state="watching", heartbeat_at=fresh, snapshot=1, lag_seconds=3.0), stamp),
        (Health(state="watching", heartbeat_at=fresh, snapshot=2), stamp),
        (Health(state="watching", heartbeat_at="2025-01-01T00:00:00Z", snapshot=1), stamp),
    ]
    for known, expected in cases:
        health.write(documented, known)
        assert data_as_of(client) == expected, known
    page = client.get("/analytics?as_of=2025-10-01").get_data(as_text=True)
    assert 'data-fixed>Data as of <time datetime="2025-10-01T00:00:00Z">' in page


def test_running_jobs_are_told_with_the_next_snapshot(
    documented: Layout, client: FlaskClient
) -> None:
    assert client.get("/api/analytics/version").get_json()["jobs_running"] == 1
    write_jobs(documented.root, [{"id": f"job{i}", "status": "running"} for i in range(3)])
    index(documented)
    found = client.get("/api/analytics/version").get_json()
    assert (found["snapshot"], found["jobs_running"]) == (2, 3)


def test_many_open_tabs_starve_nobody(documented: Layout) -> None:
    """Each keeps its connection, as browsers do; a further one is answered all the same."""
    index(documented)
    server = Server(documented, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = urlsplit(server.url).netloc
    tabs = [HTTPConnection(address, timeout=60) for _ in range(60)]
    try:
        for _ in range(2):
            for tab in tabs:
                tab.request("GET", "/api/analytics/version")
            for tab in tabs:
                assert json.load(tab.getresponse())["snapshot"] == 1
        late = HTTPConnection(address, timeout=60)
        late.request("GET", "/api/analytics/qa")
        assert json.load(late.getresponse())["total_qa_runs"] == 54
        late.close()
    finally:
        for tab in tabs:
            tab.close()
        server.close()
        thread.join(timeout=30)


def test_the_version_is_asked_of_the_database_once_a_snapshot(
    documented: Layout, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = live._ask

    def counted(connection: duckdb.DuckDBPyConnection, number: int) -> live.Pulse:
        asked.append(number)
        return real(connection, number)

    monkeypatch.setattr(live, "_ask", counted)
    for _ in range(3):
        client.get("/api/analytics/version")
    write_jobs(documented.root, [])
    index(documented)
    for _ in range(3):
        client.get("/api/analytics/version")
    assert asked == [1, 2]
