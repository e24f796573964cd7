"""`runmeter notify`: what it prints, and how it ends."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from indexer.cli import main
from indexer.config import Layout
from indexer.ingest import Indexer
from tests.conftest import RunCli
from tests.helpers import ask, write_config
from tests.receivers import http_receiver
from tests.test_alerting import configure as configure_alerts
from tests.test_alerting import spend


def configure(root: Path, *channels: dict[str, Any]) -> None:
    write_config(root, json.dumps({"analytics": {"alerts": {"channels": channels}}}))


def test_a_test_message_goes_through_each_channel(
    tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with http_receiver() as receiver:
        hook = {"type": "webhook", "url": f"http://{receiver.host}/very-secret"}
        quiet = hook | {"name": "pager", "states": ["ALERT"]}
        configure(tmp_path, hook, quiet, {"type": "log"}, {"type": "webhook", "url_env": "NO_URL"})
        done = run_cli("--root", tmp_path, "notify", "--test")
        assert done.stdout.splitlines() == [
            "webhook: delivered",
            "pager: delivered",
            "log: delivered",
            "webhook-2: url: the environment variable NO_URL is not set",
        ]
        assert done.returncode == 1
        assert "Error: 1 of 4 channels did not take the message" in done.stderr
        assert "INFO Test message: Runmeter can reach you here." in done.stderr
        first, second = (json.loads(request.body)["data"] for request in receiver.requests)
        assert first["title"] == "Test message"
        assert first["id"] != second["id"]

        one = run_cli("--root", tmp_path, "notify", "--test", "--channel", "pager")
        assert (one.stdout, one.stderr, one.returncode) == ("pager: delivered\n", "", 0)
        receiver.status = 503
        failed = run_cli("--root", tmp_path, "notify", "--test", "--channel", "pager")
        assert (failed.stdout, failed.returncode) == ("pager: 127.0.0.1 answered 503\n", 1)
        said = f"{done}{one}{failed}"
    assert "very-secret" not in said


def test_a_wrong_use_is_said(tmp_path: Path, run_cli: RunCli) -> None:
    none = run_cli("--root", tmp_path, "notify", "--test")
    assert none.returncode == 2
    assert "analytics.alerts.channels: none is configured" in none.stderr
    configure(tmp_path, {"type": "log"}, {"type": "log", "name": "b"})
    unknown = run_cli("--root", tmp_path, "notify", "--test", "--channel", "c")
    assert unknown.returncode == 2
    assert "--channel: found 'c', allowed: log, b" in unknown.stderr
    alone = run_cli("--root", tmp_path, "notify", "--channel", "b")
    assert alone.returncode == 2
    assert "--channel goes with --test" in alone.stderr
    for done in (none, unknown, alone):
        assert done.stdout == ""
        assert "Traceback" not in done.stderr


def test_without_a_daemon(tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    layout = Layout.of(tmp_path)
    spend(tmp_path, "a", 8)
    query = "select alert_id, acknowledged_at is null, snoozed_until from current_alerts"
    with http_receiver() as receiver:
        configure_alerts(tmp_path, {"type": "webhook", "url": f"http://{receiver.host}/secret"})
        receiver.status = 500
        failed = run_cli("--root", tmp_path, "notify")
        assert failed.returncode == 1
        assert failed.stdout.startswith("WARNING  opened  The monthly budget: $8.00 of $10.00")
        assert "1 not delivered" in failed.stderr
        ((identity, _, _),) = ask(layout, query)
        here = partial(CliRunner().invoke, main)
        root = ("--root", str(tmp_path))
        status = json.loads(here([*root, "status", "--json"]).stdout)
        assert (status["open_alerts"], status["paused_channels"]) == (1, None)
        known = here([*root, "alerts", "acknowledge", identity])
        assert (known.exit_code, known.stdout) == (0, "acknowledged\n")
        for given in (("--for", "7d"), ("--end",)):
            done = here([*root, "alerts", "snooze", identity, *given])
            assert done.exit_code == 0, done
        assert ask(layout, query) == [(identity, False, None)]
        for wrong in ((), ("--end", "--for", "7d"), ("--for", "7"), ("--until", "2020-01-01")):
            assert here([*root, "alerts", "snooze", identity, *wrong]).exit_code == 2
        unknown = here([*root, "alerts", "acknowledge", "x"])
        assert (unknown.exit_code, "which is not known" in unknown.stderr) == (1, True)
        with Indexer(layout):
            busy = run_cli(*root, "notify")
        assert (busy.returncode, "tells the channels by itself" in busy.stderr) == (3, True)
        said = f"{failed}{busy}"
    assert "secret" not in said
