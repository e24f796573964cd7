"""`runmeter reports`: the list, and a report by hand, by mail and as a file."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from indexer.cli import main
from tests.helpers import write_config, write_run
from tests.receivers import http_receiver, mail_server

NOW = "2025-11-18T10:30:00Z"
HOSTILE = "=1+1; \u202eevil"


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("RUNMETER_AS_OF", NOW)
    monkeypatch.setenv("no_proxy", "*")
    return CliRunner()


def configure(root: Path, *reports: dict[str, Any], channels: list[dict[str, Any]]) -> None:
    settings = {"alerts": {"channels": channels}, "reports": reports}
    write_config(root, json.dumps({"analytics": settings}))


def test_a_report_by_hand_is_sent_and_said(tmp_path: Path, runner: CliRunner) -> None:
    for day in (10, 16, 17):
        costs = {"cost_summary": {"total_cost_usd": 1.5}}
        started = {"started_at": f"2025-11-{day}T08:00:00Z", "project_dir": f"/p/{HOSTILE}"}
        write_run(tmp_path, str(day), {"run_id": str(day)} | costs | started)
    with mail_server() as box, http_receiver() as receiver:
        mail = {"type": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none"}
        mail |= {"from": "r@example.com", "to": ["me@example.com"], "states": ["ALERT"]}
        hook = {"type": "webhook", "url": f"http://{receiver.host}/"}
        week = {"name": HOSTILE[:4], "when": "weekly", "to": ["smtp", "webhook"], "format": "xlsx"}
        daily = {"name": "d", "when": "daily", "to": ["smtp"], "format": "csv", "report": "daily"}
        configure(tmp_path, week, daily, channels=[mail, hook])
        root = ["--root", str(tmp_path)]
        done = runner.invoke(main, [*root, "reports", "run", "=1+1"])
        assert done.exit_code == 0, done.output
        assert "smtp: delivered 1-1-2025-11-10-to-2025-11-16.xlsx" in done.stdout
        receiver.status = 500
        failed = runner.invoke(main, [*root, "reports", "run", "=1+1"])
        assert failed.exit_code == 1
        assert "1 of 2 channels did not take the report" in failed.stderr
    first, second = box.mails
    assert first["Message-ID"] != second["Message-ID"], "each by hand is another"
    (file,) = first.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(file.get_content()))
    names = [row[0].value for row in book["Projects"].iter_rows(min_row=2)]
    assert names[0] == HOSTILE, "text, which no sheet computes"
    assert "Cost: $3.00" in json.loads(receiver.requests[0].body)["data"]["body"]
    link = json.loads(receiver.requests[0].body)["data"]["link"]
    assert link.startswith("/analytics?from=2025-11-10&to=2025-11-16&")
    target = tmp_path / "out.csv"
    for _ in range(2):
        assert runner.invoke(main, [*root, "reports", "run", "d", "-o", str(target)]).exit_code == 0
    lines = target.read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("2025-11-17,")
    listed = runner.invoke(main, [*root, "reports"])
    assert "'=1+1,overview,xlsx,weekly on monday at 06:00,UTC" in listed.stdout
    found = json.loads(runner.invoke(main, [*root, "reports", "--json"]).stdout)
    assert [row["next_due_at"] for row in found] == [
        "2025-11-24T06:00:00.000Z",
        "2025-11-19T06:00:00.000Z",
    ]
    assert found[0]["outcome"] is None, "no daemon has seen it"
    wrong = runner.invoke(main, [*root, "reports", "run", "x"])
    assert wrong.exit_code == 2
    assert "found 'x', allowed: =1+1, d" in wrong.stderr


def test_without_reports_it_says_where_they_go(tmp_path: Path, runner: CliRunner) -> None:
    (tmp_path / "run_logs").mkdir()
    done = runner.invoke(main, ["--root", str(tmp_path), "reports"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No report is scheduled; see analytics.reports" in done.stderr
    assert (
        json.loads(runner.invoke(main, ["--root", str(tmp_path), "reports", "--json"]).stdout) == []
    )
