"""kill -9 between finding, deciding, sending and noting: an alert is told at least once."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.process import PATIENCE, daemon, until
from tests.helpers import ask, write_config, write_run
from tests.receivers import http_receiver

DIE = "lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
KILLS = (
    f"import os, signal\nfrom indexer import alerting\nalerting.settle = {DIE}",  # found only
    f"import os, signal\nfrom indexer.outbox import Outbox\nOutbox._begin = {DIE}",  # decided
    f"import os, signal\nfrom indexer.outbox import Outbox\nOutbox._store_outcomes = {DIE}",  # sent
)


def test_killed_at_any_step_an_alert_is_told(tmp_path: Path) -> None:
    with http_receiver() as receiver:
        root = tmp_path / "root"
        hook = {"type": "webhook", "url": f"http://{receiver.host}/"}
        settings = {"monthly_budget": 10, "alerts": {"channels": [hook], "off": ["forecast"]}}
        write_config(root, json.dumps({"analytics": settings}))
        started = datetime.now(UTC).isoformat()
        costs = {"total_cost_usd": 9.5}
        write_run(root, "a", {"run_id": "a", "started_at": started, "cost_summary": costs})
        told = []
        for patch in KILLS:
            with daemon(root, patch=patch, environment={"no_proxy": "*"}, wait=False) as found:
                found.process.wait(PATIENCE)
            told.append(len(receiver.requests))
        assert told == [0, 0, 1]
        with daemon(root, environment={"no_proxy": "*"}) as found:
            until(lambda: len(receiver.requests) == 2, "a repeat")
            delivered = "select count(*) from deliveries where delivered_at is not null"
            until(lambda: found.ask(delivered) == [(1,)], "that it is noted")
            found.stop()
    ids = [request.headers["Webhook-Id"] for request in receiver.requests]
    ((event, alert),) = ask(found.layout, "select event_id, alert_id from alert_events")
    assert ids == [event, event]
    assert alert == event.removesuffix("-1")
    assert [request.body for request in receiver.requests[1:]] == [receiver.requests[0].body]
