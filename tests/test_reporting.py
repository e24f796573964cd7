"""Scheduled reports in the daemon: each period once, whatever the clock and the disk do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer import reporting
from indexer.config import Layout
from indexer.errors import DeliveryError
from indexer.health import Problems
from indexer.ingest import Indexer
from indexer.making import Job, Said
from indexer.outbox import Outbox
from indexer.report_book import MOST_ATTEMPTS
from indexer.reporting import Reporting
from tests.helpers import write_config, write_run
from web import create_app

LOG = {"channels": [{"type": "log"}]}
ONE = {"name": "a", "when": "daily", "to": ["log"], "format": "csv", "report": "models"}


def utc(*parts: int) -> datetime:
    """Naive, as everything that is stored."""
    found = [*parts, *([1, 1][len(parts) - 1 :] if len(parts) < 3 else [])]
    return datetime(*found, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]


class World:
    """A daemon's reports, on a clock that a test turns; files are made at once."""

    def __init__(self, layout: Layout, now: datetime) -> None:
        self.layout, self.now = layout, now
        self.error, self.size, self.jobs = "", 10, list[Job]()
        self.publishes = True
        self.indexer = Indexer(layout, clock=self._clock)
        self.problems = Problems()
        self.open()
        self.indexer.read_config()
        self.indexer.publish()

    def open(self) -> None:
        """As a daemon that begins."""
        self.outbox = Outbox(self.indexer, self._send)
        self.outbox.load()
        self.reporting = Reporting(self.indexer, self.outbox, self.problems, self._work)
        self._seconds = 0.0

    def _clock(self) -> int:
        return int(self.now.replace(tzinfo=UTC).timestamp()) * 10**9

    def _work(self, job: Job, began: Callable[[Any], bool], said: Callable[[Said], None]) -> str:
        self.jobs.append(job)
        if self.error:
            return self.error
        with Path(job.target).open("wb") as file:
            file.truncate(self.size)
        said(Said(words="Cost: $1"))
        return ""

    def _send(self, *_: Any) -> None:
        raise DeliveryError("nobody is there")

    def configure(self, *reports: dict[str, Any], **more: Any) -> None:
        settings = {"alerts": LOG, "reports": reports} | more
        write_config(self.layout.root, json.dumps({"analytics": settings}))
        self.indexer.read_config()

    def step(self) -> None:
        """Until nothing is due now."""
        for _ in range(2 * len(self.indexer.config.reports) + 2):
            if self.publishes and self.indexer.publish_due():
                self.indexer.publish()
            self._seconds += reporting.STEP_SECONDS
            self.reporting.step(self._seconds)
            if self.reporting._making is not None:
                assert self.reporting._making.done.wait(60)
                assert self.reporting._making.thread is not None
                self.reporting._making.thread.join()

    def at(self, *moments: datetime) -> None:
        for moment in moments:
            self.now = moment
            self.step()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.indexer.store.connection.execute(query).fetchall()

    def sent(self) -> list[str]:
        """Files of all messages, in their order."""
        query = "select attachments[1] from messages where kind = 'report' order by rowid"
        return [name for (name,) in self.ask(query)]


@contextmanager
def world(root: Path, now: datetime, *reports: dict[str, Any], **more: Any) -> Iterator[World]:
    layout = Layout.of(root)
    (root / "run_logs").mkdir(parents=True)
    settings = {"alerts": LOG, "reports": reports} | more
    write_config(root, json.dumps({"analytics": settings}))
    found = World(layout, now)
    try:
        found.step()
        yield found
    finally:
        found.reporting.close()
        found.outbox.close()
        found.indexer.close()


def test_a_year_has_each_week_and_each_month_once(tmp_path: Path) -> None:
    weekly = ONE | {"name": "w", "when": "weekly", "at": "02:30"}
    monthly = ONE | {"name": "m", "when": "monthly", "day": 31, "at": "23:30"}
    start = utc(2023, 12, 27)
    with world(tmp_path / "r", start, weekly, monthly, timezone="Europe/Berlin") as found:
        found.publishes = False  # which a step of hours is late enough for
        assert found.sent() == [], "what was due before anybody asked for it"
        found.at(*(start + timedelta(hours=31 * place) for place in range(1, 290)))
        names = found.sent()
        weeks = [name for name in names if name.startswith("w-")]
        months = [name for name in names if name.startswith("m-")]
        monday = datetime(2023, 12, 25, tzinfo=UTC).date()
        assert weeks == [
            f"w-{monday + timedelta(days=7 * n)}-to-{monday + timedelta(days=7 * n + 6)}.csv"
            for n in range(53)
        ]
        assert months[:3] == [
            "m-2023-11-01-to-2023-11-30.csv",
            "m-2023-12-01-to-2023-12-31.csv",
            "m-2024-01-01-to-2024-01-31.csv",
        ]
        assert len(months) == len(set(months)) == 13
        assert len({job.target for job in found.jobs}) == len(names) == len(found.jobs)
        as_of = dict(found.jobs[-1].filters)["as_of"]
        assert found.ask("select due_at from reports where name = 'm'")[0][0] == utc(
            2024, 12, 31, 22, 30
        )
        assert as_of.startswith("2024-12-")


def test_after_downtime_only_the_latest_is_made(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        found.at(utc(2025, 11, 2, 5, 59), utc(2025, 11, 2, 6))
        assert found.sent() == ["a-2025-11-01.csv"]
        assert found.ask("select outcome, next_due from report_list") == [
            ("sending", utc(2025, 11, 3, 6))
        ]
        found.open()
        found.at(utc(2025, 12, 2, 5), utc(2025, 12, 2, 7))
        assert found.sent()[1:] == ["a-2025-11-30.csv", "a-2025-12-01.csv"]


def test_what_is_seen_and_not_published_is_waited_for(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        found.publishes = False
        found.configure(ONE, timeseries_days=31)
        found.at(utc(2025, 11, 2, 6), utc(2025, 11, 2, 6, 0, 59))
        assert found.sent() == []
        found.at(utc(2025, 11, 2, 6, 1))
        assert found.sent() == ["a-2025-11-01.csv"], "but not for ever"


def test_clocks_that_jump_make_nothing_twice_and_hold_nothing_up(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        found.at(utc(2025, 11, 2, 6, 0, 1), utc(2025, 11, 2, 5, 59), utc(2025, 11, 2, 6, 0, 1))
        assert found.sent() == ["a-2025-11-01.csv"]
        found.at(utc(2027, 3, 1, 7), utc(2025, 11, 2, 8))
        assert found.sent()[1:] == ["a-2027-02-28.csv"]
        assert found.ask("select next_due_at from reports") == [(utc(2025, 11, 3, 6),)]
        found.at(utc(2025, 11, 3, 6))
        assert found.sent()[2:] == ["a-2025-11-02.csv"]


def test_what_fails_is_shown_and_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE, ONE | {"name": "b"}) as found:
        found.error = "typst is not installed"
        found.at(utc(2025, 11, 2, 6))
        row = "select state, attempts, retry_at, error from reports where name = 'a'"
        assert found.ask(row) == [("retrying", 1, utc(2025, 11, 2, 6, 1), found.error)]
        assert "report 'a' was not made: typst is not installed; trying" in str(found.problems)
        found.at(utc(2025, 11, 2, 6, 0, 59))
        assert len(found.jobs) == 2
        found.open()  # the problem is shown by the next daemon as well
        found.at(*(utc(2025, 11, 2, 6) + timedelta(minutes=n) for n in range(1, 120)))
        assert len(found.jobs) == 2 * MOST_ATTEMPTS
        assert found.ask(row) == [("failed", MOST_ATTEMPTS, None, found.error)]
        assert str(found.problems).endswith("typst is not installed")
        assert found.ask("select distinct outcome from report_list") == [("failed",)]
        found.error = ""
        found.at(utc(2025, 11, 3, 6))
        assert sorted(found.sent()) == ["a-2025-11-02.csv", "b-2025-11-02.csv"]
        assert str(found.problems) == ""


def test_a_daemon_that_stops_leaves_off_and_the_next_goes_on(tmp_path: Path) -> None:
    """A real process, which never gets to its end here."""
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        for _ in range(MOST_ATTEMPTS + 1):
            found.now = utc(2025, 11, 2, 6, 1)
            found.reporting = Reporting(found.indexer, found.outbox, found.problems)
            found.reporting.step(0)
            found.reporting.close()
            assert found.ask("select state, attempts from reports") == [("making", 0)]
        found.open()
        found.step()
        assert found.sent() == ["a-2025-11-01.csv"]


def test_the_page_says_when_and_what_became_of_it(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE | {"name": name}, ONE) as found:
        found.at(utc(2025, 11, 2, 6))
        found.error = "<b>no</b>"
        found.at(utc(2025, 11, 3, 6))
        found.indexer.publish()
        app = create_app(found.layout.root)
        page = app.test_client().get("/health?tz=Europe/Berlin").get_data(as_text=True)
        app.extensions["runmeter"].close()
    panel = page[page.index('id="reports-panel"') :]
    assert "<script>alert" not in panel
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in panel
    assert "2025-11-04 07:00" in panel, "next, in the zone of the page"
    assert "2025-11-03 07:00" in panel, "last"
    assert '<span class="badge yellow">retrying</span>' in panel
    assert "&lt;b&gt;no&lt;/b&gt;; again 2025-11-03 07:01" in panel


def test_a_file_that_no_mail_takes_is_not_sent(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        found.size = reporting.MOST_BYTES + 1
        found.at(utc(2025, 11, 2, 6), utc(2025, 11, 2, 8))
        assert found.sent() == []
        assert len(found.jobs) == 1
        assert found.ask("select state, error from reports") == [
            ("failed", "the file has 15 MB, allowed: 15 MB; filter it, or choose another format")
        ]
        assert list((found.layout.state_dir / "reports").iterdir()) == []


def test_the_configuration_may_change_at_any_time(tmp_path: Path) -> None:
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found:
        found.at(utc(2025, 11, 2, 6))
        found.configure(ONE | {"at": "05:00"}, ONE | {"name": "n"})
        found.at(utc(2025, 11, 2, 7))
        assert found.sent() == ["a-2025-11-01.csv"], "what was due before the change"
        found.at(utc(2025, 11, 3, 5), utc(2025, 11, 3, 6))
        assert found.sent()[1:] == ["a-2025-11-02.csv", "n-2025-11-02.csv"]
        found.error = "no"
        found.at(utc(2025, 11, 4, 5))
        assert "report 'a'" in str(found.problems)
        found.configure(ONE | {"name": "n"})
        found.at(utc(2025, 11, 4, 5, 30))
        assert found.ask("select name from reports") == [("n",)]
        assert str(found.problems) == ""
        assert found.ask("select distinct channel from deliveries") == [("log",)]


def test_what_cannot_be_stored_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full while the message is stored."""
    with world(tmp_path / "r", utc(2025, 11, 1, 12), ONE) as found, monkeypatch.context() as patch:
        write_run(found.layout.root, "x", {})

        def full(*_: Any) -> None:
            raise OSError("No space left on device")

        patch.setattr(found.outbox, "put", full)
        found.at(utc(2025, 11, 2, 6))
        assert "scheduled reports: No space left on device; trying again" in str(found.problems)
        assert found.ask("select state, message_id from reports") == [("making", None)]
        patch.undo()
        found._seconds += reporting.RETRY_SECONDS
        found.step()
        assert found.sent() == ["a-2025-11-01.csv"]
        assert len(found.jobs) == 2
        assert str(found.problems) == ""
