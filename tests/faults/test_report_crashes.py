"""A real daemon that was away when a report was due: it is made once and mailed, also by kill -9.

What a mail server gets is the file that the same question gives, under one Message-ID.
"""

import io
import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import openpyxl

from indexer import report_book
from indexer.config import Layout, load_config
from indexer.lock import make_state_dir
from indexer.store import Store
from tests.faults.process import PATIENCE, daemon, until
from tests.helpers import write_config, write_run
from tests.receivers import Mailbox, http_receiver, mail_server

HALF_A_DAY = timedelta(hours=12)
DIE = "lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
OUTBOX = "import os, signal\nfrom indexer.outbox import Outbox\nOutbox."
KILLS = (
    f"{OUTBOX}put = {DIE}",  # made, and nothing of it stored
    f"{OUTBOX}_store_outcomes = {DIE}",  # sent, and not noted
)


def owing(root: Path, box: Mailbox, hook: str, form: str) -> Layout:
    """An index whose daemon was away for three days, with a report that was due half a day ago."""
    now = datetime.now(UTC).replace(tzinfo=None)
    mail: dict[str, Any] = {"type": "smtp", "host": "127.0.0.1", "port": box.port}
    mail |= {"security": "none", "from": "r@example.com", "to": ["me@example.com"]}
    channels = [mail] + ([{"type": "webhook", "url": f"http://{hook}/"}] if hook else [])
    report: dict[str, Any] = {
        "name": "Ausgaben für Ö",
        "when": "daily",
        "at": f"{now - HALF_A_DAY:%H:%M}",
    }
    report |= {"to": [one["type"] for one in channels], "format": form}
    report |= {"filters": {"project": "shop"}}
    settings = {"alerts": {"channels": channels}, "reports": [report]}
    write_config(root, json.dumps({"analytics": settings}))
    for place in range(4):
        started = f"{now - timedelta(days=place):%Y-%m-%d}T00:00:00Z"
        for project in ("shop", "other"):
            document = {"run_id": f"{project}-{place}", "project_dir": f"/p/{project}"}
            costs = {"cost_summary": {"total_cost_usd": 1.25}}
            write_run(root, f"{project}-{place}", document | costs | {"started_at": started})
    layout = Layout.of(root)
    make_state_dir(layout)
    (configured,) = load_config(layout).reports
    store = Store(layout.working)
    row = report_book.configured(1, configured, "UTC", None, now - timedelta(days=3))
    with store.changing():
        report_book.write(store, [row])
    store.close()
    return layout


def test_a_report_that_was_missed_is_mailed_once_with_its_file(tmp_path: Path) -> None:
    with mail_server() as box, http_receiver() as receiver:
        owing(tmp_path / "root", box, receiver.host, "xlsx")
        with daemon(tmp_path / "root", environment={"no_proxy": "*"}) as found:
            until(lambda: box.mails and receiver.requests, "a mail and a webhook")
            sent = "select outcome, error from report_list"
            until(lambda: found.ask(sent) == [("sent", None)], f"sent {found.told()}")
            found.stop()
        with daemon(tmp_path / "root", environment={"no_proxy": "*"}) as found:
            assert found.ask("select count(*) from messages") == [(1,)]
            found.stop()
    (mail,) = box.mails
    assert mail["Subject"] == "[Runmeter] Report: Ausgaben für Ö"
    ((due,),) = found.ask("select first_day from reports")
    (file,) = mail.iter_attachments()
    assert file.get_filename() == f"Ausgaben-für-Ö-{due}.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(file.get_content()))
    projects = [row[0].value for row in book["Projects"].iter_rows(min_row=2)]
    assert "shop" in projects
    assert "other" not in projects
    body = cast(EmailMessage, mail.get_body()).get_content()
    assert "Cost: $1.25" in body
    assert f"Range: {due} to {due}, days of UTC" in body
    assert "Filters: project=shop" in body
    (request,) = receiver.requests
    told = json.loads(request.body)
    assert told["data"]["rule"] == "report"
    assert told["data"]["id"] in mail["Message-ID"]


def test_killed_between_making_and_sending_it_is_sent_under_one_id(tmp_path: Path) -> None:
    with mail_server() as box:
        owing(tmp_path / "root", box, "", "csv")
        told = []
        for patch in KILLS:
            with daemon(tmp_path / "root", patch=patch, wait=False) as found:
                found.process.wait(PATIENCE)
            told.append(len(box.mails))
        assert told == [0, 1]
        with daemon(tmp_path / "root") as found:
            until(lambda: len(box.mails) == 2, "a repeat")
            sent = "select outcome, attempts from report_list"
            until(lambda: found.ask(sent) == [("sent", 2)], "that it is noted")
            found.stop()
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    files = [next(mail.iter_attachments()).get_content() for mail in box.mails]
    assert files[0] == files[1]
    assert "shop" in files[0]
