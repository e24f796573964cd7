"""How old the data on a page is said to be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from indexer import health
from indexer.config import Layout
from indexer.health import Health
from tests.helpers import ask, index, write_jobs
from web import create_app


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
