"""`runmeter notify`: what it prints, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli
from tests.helpers import write_config
from tests.receivers import http_receiver


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
    alone = run_cli("--root", tmp_path, "notify")
    assert alone.returncode == 2
    assert "allowed: --test" in alone.stderr
    for done in (none, unknown, alone):
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
