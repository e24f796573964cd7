"""Alerts through a daemon: found after a publish, stored, delivered, acknowledged, over."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from indexer import alert_messages, finding, sqlfiles
from indexer.alerting import FOR_MORE_SECONDS, Alerting
from indexer.config import Layout
from indexer.deciding import Alert
from indexer.errors import RunmeterError
from indexer.health import Health, Problems, read
from indexer.ingest import Indexer
from indexer.requests import Acknowledge, Snooze, answer_all, ask
from indexer.watch import Watcher
from tests.conftest import Dashboard
from tests.helpers import ask as query
from tests.helpers import snapshot, write_config, write_run
from tests.messages import message
from tests.receivers import Receiver, http_receiver, mail_server
from web import create_app

PATIENCE = 60.0
SECRET = "very-secret-path"


def spend(root: Path, run_id: str, cost: float) -> None:
    costs = {"total_cost_usd": cost}
    started = datetime.now(UTC).isoformat()
    write_run(root, run_id, {"run_id": run_id, "started_at": started, "cost_summary": costs})


def configure(root: Path, *channels: dict[str, Any], **more: Any) -> None:
    alerts = {"channels": channels, "off": ["forecast", "unbudgeted_spend"], **more}
    write_config(root, json.dumps({"analytics": {"monthly_budget": 10, "alerts": alerts}}))


class Turning:
    """A daemon's loop that a test turns until something is so."""

    def __init__(self, watcher: Watcher, layout: Layout) -> None:
        self.watcher, self.layout = watcher, layout

    def until(self, condition: Callable[[], Any], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what}: {self.watcher._problems}"
            time.sleep(min(0.05, self.watcher.step()))

    def asking(self, request: Acknowledge | Snooze) -> None:
        """What another process asks, while the loop turns."""
        failed: list[Exception] = []

        def run() -> None:
            try:
                ask(self.layout, request)
            except RunmeterError as error:
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.until(lambda: not thread.is_alive(), "an answer")
        if failed:
            raise failed[0]

    def alert(self) -> tuple[Any, ...]:
        (found,) = self.watcher._indexer.store.connection.execute(
            "select alert_id, state, acknowledged_at, snoozed_until, over_at from alerts"
        ).fetchall()
        return tuple(found)


@contextmanager
def turning(root: Path) -> Iterator[Turning]:
    """A daemon whose looks need not rest."""
    layout = Layout.of(root)
    with Indexer(layout) as indexer, Watcher(indexer, lambda: False, use_events=False) as watcher:
        watcher._alerting._pace.rest = 0.0
        watcher.begin()
        yield Turning(watcher, layout)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("no_proxy", "*")
    with http_receiver() as found:
        yield found


def test_a_look_waits_for_files_that_come_now_and_not_for_long(tmp_path: Path) -> None:
    spend(tmp_path, "a", 8)
    with Indexer(Layout.of(tmp_path)) as indexer:
        indexer.run_pass()
        now = 100.0
        for is_over in (False, True):
            alerting = Alerting(indexer, Problems(), lambda: now)
            for after in (0.0, FOR_MORE_SECONDS - 0.1):
                alerting.step(now + after, more=True)
                assert alerting._search is None
            alerting.step(now + FOR_MORE_SECONDS - is_over, more=not is_over)
            assert alerting._search is not None
            alerting.close()


def test_a_crossing_is_told_through_real_channels_and_is_over(
    tmp_path: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture, dashboard: Dashboard
) -> None:
    with mail_server() as box:
        hook = {"type": "webhook", "url": f"http://{receiver.host}/{SECRET}"}
        mail = {"type": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none"}
        mail |= {"from": "r@example.com", "to": ["me@example.com"], "states": ["ALERT", "OK"]}
        configure(tmp_path, hook, mail)
        spend(tmp_path, "a", 8)
        with turning(tmp_path) as loop:
            loop.until(lambda: receiver.requests, "a webhook")
            spend(tmp_path, "b", 8)
            loop.watcher.reread("test")
            loop.until(lambda: len(receiver.requests) == 2 and box.mails, "the second")
            spend(tmp_path, "a", 1)
            spend(tmp_path, "b", 1)
            loop.watcher.reread("test")
            loop.until(lambda: len(receiver.requests) == 3 and len(box.mails) == 2, "its end")
            layout = loop.layout
    said = [json.loads(request.body)["data"] for request in receiver.requests]
    assert [found["title"] for found in said] == [
        "Warning: Budget: monthly",
        "Alert: Budget: monthly",
        "Over: Budget: monthly",
    ]
    assert "$8.00 of $10.00 spent" in said[0]["body"]
    assert "(past 70%, 90%, 100%)" in said[1]["body"]
    assert [mail["Subject"] for mail in box.mails] == [
        "[Runmeter] Alert: Budget: monthly",
        "[Runmeter] Over: Budget: monthly",
    ]
    assert box.mails[0]["Message-ID"] == f"<{said[1]['id']}@runmeter.invalid>"
    assert [found["id"] for found in said] == [f"{said[0]['id'][:-2]}-{n}" for n in (1, 2, 3)]
    # What has been told is published, and nothing of it opens anything.
    with turning(tmp_path) as loop:
        pass
    assert query(layout, "select count(*) from deliveries where delivered_at is not null") == [(5,)]
    with snapshot(layout) as connection:
        for name in ("alerts_have_their_events", "deliveries_have_one_end"):
            assert connection.execute(sqlfiles.audits()[name]).fetchall() == [], name
    app = dashboard(tmp_path)
    shown = "".join(
        app.get(path).text for path in ("/alerts", "/health", "/api/analytics/export/json")
    )
    for text in (shown, caplog.text, layout.status_file.read_text()):
        assert SECRET not in text
    for file in (layout.database, layout.working):
        assert SECRET.encode() not in file.read_bytes()


def test_what_others_ask_of_a_daemon(tmp_path: Path, receiver: Receiver) -> None:
    configure(tmp_path, {"type": "webhook", "url": f"http://{receiver.host}/"}, repeat_every="1h")
    spend(tmp_path, "a", 8)
    with turning(tmp_path) as loop:
        loop.until(lambda: receiver.requests, "a webhook")
        identity = loop.alert()[0]
        loop.asking(Acknowledge(identity))
        assert loop.alert()[2] is not None
        until = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(days=1)
        loop.asking(Snooze(identity, until))
        assert loop.alert()[3] == until
        spend(tmp_path, "b", 8)
        loop.watcher.reread("test")
        loop.until(lambda: loop.alert()[1] == "ALERT", "a look")
        loop.asking(Snooze(identity, None))
        loop.watcher._alerting._next_look = float("-inf")
        loop.until(lambda: len(receiver.requests) == 2, "what was not said")
        with pytest.raises(RunmeterError, match="found 'x', which is not known"):
            loop.asking(Acknowledge("x"))
        shown = "select alert_id, acknowledged_at from current_alerts"  # it got worse since
        loop.until(lambda: query(loop.layout, shown) == [(identity, None)], "a publish")


def test_what_fails_is_shown_and_holds_up_nothing(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.InvalidInputException("no such thing")

    configure(tmp_path, {"type": "webhook", "url": f"http://{receiver.host}/"})
    spend(tmp_path, "a", 8)
    with turning(tmp_path) as loop:
        with monkeypatch.context() as patched:
            patched.setattr(finding, "find", fail)
            loop.until(lambda: "alerts" in loop.watcher._problems, "a problem")
            spend(tmp_path, "b", 8)
            loop.watcher.reread("test")
            runs = "select count(*) from runs"
            loop.until(lambda: query(loop.layout, runs) == [(2,)], "another run")
            with loop.watcher._indexer.store.changing():
                now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
                loop.watcher._alerting.outbox.put("alert", message(id="e1", at=now), ["webhook"])
            loop.until(lambda: receiver.requests, "what was stored before")
        loop.watcher._beat(0.0)
        assert "no such thing; trying again" in (read(loop.layout) or Health()).problem
        loop.watcher._alerting._retry_at.clear()
        loop.until(lambda: len(receiver.requests) == 2, "a webhook")
        assert "alerts" not in loop.watcher._problems


@pytest.mark.parametrize(
    ("rule", "scope", "subject"),
    [
        ("budget", "budget", "b"),
        ("costly_run", "run", "a/b?c#d 😀 %"),
        ("failed_jobs", "project", "a&b=c"),
        ("cost_spike", "model", "x/y:1"),
        ("qa_fall", "project", "\r\n<b>"),
    ],
)
def test_links_of_messages_lead_to_pages(
    tmp_path: Path, rule: str, scope: str, subject: str
) -> None:
    moment = datetime(2025, 5, 1)  # noqa: DTZ001 - naive UTC
    alert = Alert(
        alert_id="a", alert_key="k", rule=rule, scope=scope, subject=subject, period=None,
        first_day=moment.date(), state="ALERT", level=0, said_state="OK", said_level=0,
        explanation="", events=1, opened_at=moment, changed_at=moment, said_at=moment,
    )  # fmt: skip
    link = alert_messages.link(alert)
    assert link.isascii()
    app = create_app(tmp_path)
    with app.test_request_context(link):
        from flask import request

        assert request.endpoint in (
            "budgets.shown",
            "runs.one_by_query",
            "jobs.listed",
            "runs.listed",
        )
        given = request.args.get({"run": "id"}.get(scope, scope))
        assert scope == "budget" or given == subject.encode("utf-16", "surrogatepass").decode(
            "utf-16"
        )


def test_what_nobody_waits_for_is_not_done_later(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    folder = layout.state_dir / "requests"
    folder.mkdir(parents=True)
    for name in ("1-1.request", "2-2.answer"):
        (folder / name).write_text("{}")
        os.utime(folder / name, (1e9, 1e9))
    answer_all(layout, lambda request: pytest.fail(f"done: {request}"))
    assert list(folder.iterdir()) == []
