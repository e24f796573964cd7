"""/alerts and the bell: what is open, acknowledging and snoozing, what was, parts that fail."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer import figures
from indexer.config import Layout
from indexer.ingest import Indexer
from tests.helpers import index
from tests.test_alerting import Turning, configure, spend, turning
from web import create_app

HOSTILE = "<img src=x onerror=alert(1)>{{7007*7007}}"
WHOLE: dict[str, str] = {}  # pages without a fault
PAST = "2025-05-01 10:00:00"


def fill(layout: Layout) -> None:
    """A past alert, a message that was given up, and a channel that rests."""
    with Indexer(layout) as indexer:
        store = indexer.store
        with store.changing():
            store.insert("alert_watch", [(PAST,)])
            row: tuple[Any, ...] = (
                "a1",
                "k",
                "qa_fall",
                "project",
                HOSTILE,
                None,
                "2025-04-25",
                "OK",
                0,
                "OK",
                0,
            )
            row += (HOSTILE, 2, PAST, PAST, PAST, "2025-05-02 10:00:00", None, None)
            store.insert("alerts", [row])
            events: list[tuple[Any, ...]] = [
                ("a1-1", "a1", 1, "opened", "WARNING", 0, "", PAST, True),
                ("a1-2", "a1", 2, "over", "OK", 0, "", PAST, False),
            ]
            store.insert("alert_events", events)
            message: tuple[Any, ...] = (
                "a1-1",
                "alert",
                HOSTILE,
                "",
                "WARNING",
                "qa_fall",
                HOSTILE,
                "",
                PAST,
                [],
            )
            store.insert("messages", [message])
            store.insert("deliveries", [("a1-1", HOSTILE, 7, None, None, PAST, HOSTILE)])
            store.insert("channel_states", [("mail", 7, "2999-01-01 00:00:00", HOSTILE, None)])
        indexer.publish()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One index for all tests that only read."""
    root = tmp_path_factory.mktemp("alerts")
    configure(root)
    index(Layout.of(root))
    fill(Layout.of(root))
    return root


@pytest.fixture
def client(shared: Path) -> Iterator[FlaskClient]:
    app = create_app(shared)
    yield app.test_client()
    app.extensions["runmeter"].close()


def test_what_was_and_how_channels_are(client: FlaskClient) -> None:
    page = client.get("/alerts").text
    assert "Nothing to tell" in page
    assert "QA pass rate: &lt;img src=x" in page
    assert "paused until 2999-01-01 00:00 UTC" in page
    assert "given up" in page
    assert "(7 in a row)" in page
    assert "<img" not in page
    assert "{{7007*7007}}" in page
    assert str(7007 * 7007) not in page
    rows = {
        route: client.get(f"/api/analytics/{route}").get_json()["rows"]
        for route in ("past-alerts", "sent-messages", "channels")
    }
    assert (rows["past-alerts"][0]["state"], rows["past-alerts"][0]["times_told"]) == ("WARNING", 1)
    assert rows["sent-messages"][0]["result"] == "given up"
    assert rows["channels"][0]["result"] == "paused"
    metrics = client.get("/metrics").text
    assert "runmeter_open_alerts 0.0" in metrics
    assert "runmeter_paused_channels 1.0" in metrics
    file = client.get("/api/analytics/past-alerts?format=csv").text
    assert file.splitlines()[1].startswith("a1,qa_fall,WARNING,project,")
    early = client.get("/alerts?as_of=2025-05-01").text
    assert "QA pass rate" not in early


def test_only_a_daemon_writes(client: FlaskClient) -> None:
    same = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/alerts/acknowledge", data={"alert_id": "a1"}, headers=same)
    assert answer.status_code == 503
    assert "No daemon is at work" in answer.text
    wrong = client.post("/alerts/snooze", data={"alert_id": "a1", "days": "8"}, headers=same)
    assert wrong.status_code == 400
    other = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/alerts/snooze", data={}, headers=other).status_code == 403
    assert client.get("/alerts/snooze").status_code == 405


def posted(loop: Turning, client: FlaskClient, action: str, **form: str) -> Any:
    """A form that is sent while the daemon's loop turns."""
    answers: list[Any] = []

    def send() -> None:
        headers = {"Sec-Fetch-Site": "same-origin"}
        answers.append(client.post(f"/alerts/{action}", data=form, headers=headers))

    thread = threading.Thread(target=send)
    thread.start()
    loop.until(lambda: not thread.is_alive(), "an answer")
    return answers[0]


def test_acknowledging_and_snoozing_on_the_page(tmp_path: Path) -> None:
    configure(tmp_path)
    spend(tmp_path, "a", 8)
    app = create_app(tmp_path)
    client = app.test_client()

    def bell() -> int | None:
        found: int | None = client.get("/api/analytics/version").get_json()["open_alerts"]
        return found

    with turning(tmp_path) as loop:
        assert bell() is None
        assert "nobody has looked for any yet" in client.get("/alerts").text
        loop.until(lambda: bell() == 1, "the bell")
        identity = loop.alert()[0]
        assert 'title="1 open alert"' in client.get("/runs").text
        answer = posted(loop, client, "snooze", alert_id=identity, days="7")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/alerts")
        page = client.get("/alerts").text
        assert "snoozed until" in page
        assert (bell(), 'title="0 open alerts"' in page) == (0, True)
        posted(loop, client, "snooze", alert_id=identity, days="0")
        assert bell() == 1
        posted(loop, client, "acknowledge", alert_id=identity)
        page = client.get("/alerts").text
        assert "silent until it gets worse or is over" in page
        assert ">Acknowledge<" not in page
        assert bell() == 0
        unknown = posted(loop, client, "acknowledge", alert_id=HOSTILE)
        assert unknown.status_code == 503
        assert "which is not known" in unknown.text
        assert "<img" not in unknown.text
    app.extensions["runmeter"].close()


@pytest.mark.parametrize(
    ("route", "queries", "gone", "left"),
    [
        ("/alerts", ("current_alerts", "sent_messages"), "Nothing to tell", "paused until"),
        ("/alerts", ("past_alerts", "channel_health"), "paused until", "Nothing to tell"),
        ("/budgets", ("budget_states",), "Days left", "What each covers"),
        ("/budgets", ("budget_history",), "newest first", "Days left"),
        ("/budgets", ("budget_course",), "data-chart", "Days left"),
    ],
)
def test_a_part_fails_alone(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    route: str,
    queries: tuple[str, ...],
    gone: str,
    left: str,
) -> None:
    real: Callable[..., Any] = figures.rows

    def failing(connection: duckdb.DuckDBPyConnection, asked: str, *values: Any) -> Any:
        if asked.removeprefix("from ") in queries:
            raise duckdb.OutOfMemoryException("no room for <b>it")
        return real(connection, asked, *values)

    if route not in WHOLE:
        WHOLE[route] = client.get(route).text
    whole = WHOLE[route]
    monkeypatch.setattr(figures, "rows", failing)
    answer = client.get(f"{route}?tz=UTC")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (gone in whole, gone in answer.text) == (True, False)
    assert (left in whole, left in answer.text) == (True, True)
    assert answer.text.count("no room for &lt;b&gt;it") == len(queries)
    assert "data-retry" in answer.text
