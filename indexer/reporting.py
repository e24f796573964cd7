"""Scheduled reports in the daemon: what is due is made beside it, then sent as any message.

A file is made by a process of its own, one at a time, as a server's downloads are; here a
thread only listens to it. That it is made and its message are stored in one transaction, and
the message's id follows from report and period: killed before, it is made again; killed after,
it is sent again under the same id. What cannot be made is a problem that is shown and is tried
again, less and less often and not for ever. Nothing here delays indexing or ends the daemon.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb

from indexer import making, report_book, report_message
from indexer.errors import RunmeterError
from indexer.health import Problems
from indexer.ingest import Indexer
from indexer.making import Job, Said
from indexer.outbox import Outbox
from indexer.report_book import Progress
from indexer.report_settings import SUFFIXES, ScheduledReport
from indexer.schedule import Due, due_after, question

STEP_SECONDS = 1.0
RETRY_SECONDS = 30.0
# What was due a moment ago waits for files that are seen and not published yet.
PATIENCE = timedelta(minutes=1)
MOST_BYTES = 15_000_000  # what mail servers take, with a third more for their letters
MOST_ERROR = 500
CLOSE_SECONDS = 5.0
_ERRORS = (OSError, RunmeterError, duckdb.Error)

Work = Callable[[Job, Callable[["subprocess.Popen[bytes]"], bool], Callable[[Said], None]], str]


@dataclass
class _Making:
    """A file that is being made."""

    report: ScheduledReport
    due: Due
    id: str
    job: Job
    words: str = ""
    error: str = ""
    thread: threading.Thread | None = None
    process: "subprocess.Popen[bytes] | None" = None
    is_closed: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class Reporting:
    """The scheduled reports of one index, for the thread of its writer."""

    def __init__(
        self,
        indexer: Indexer,
        outbox: Outbox,
        problems: Problems,
        work: Work = making.work,
    ) -> None:
        self._indexer, self._outbox, self._problems, self._work = indexer, outbox, problems, work
        self._rows: dict[str, Progress] | None = None
        self._configured: tuple[tuple[ScheduledReport, ...], str] | None = None
        self._making: _Making | None = None
        self._next = float("-inf")

    def step(self, now: float) -> None:
        """Do what is due; `now` is monotonic seconds. Errors are shown, not raised."""
        if now < self._next:
            return
        self._next = now + STEP_SECONDS
        try:
            self._step()
            self._problems.solved("reports")
        except _ERRORS as error:
            self._problems.add("reports", f"scheduled reports: {error}; trying again")
            self._rows, self._next = None, now + RETRY_SECONDS

    def close(self) -> None:
        """Leave off; what was being made is made by the next daemon."""
        found, self._making = self._making, None
        if found is None or found.thread is None:
            return
        found.is_closed = True
        if found.process is not None:
            found.process.kill()
        found.thread.join(CLOSE_SECONDS)
        row = (self._rows or {}).get(found.report.name)
        if self._rows is None or row is None:
            return
        row.attempts -= 1  # which is no failure of the report
        try:
            self._store(self._rows)
        except _ERRORS as error:
            self._problems.add("reports", f"scheduled reports: {error}")

    def _step(self) -> None:
        rows = self._configure()
        if self._making is not None and self._making.done.is_set():
            ended, self._making = self._making, None
            self._finish(ended, rows)
        if self._making is None and self._indexer.store.snapshot > 0:
            for report in self._indexer.config.reports:
                if self._begin(report, rows):
                    break

    def _configure(self) -> dict[str, Progress]:
        """The rows; taken up where the configuration is another than before."""
        config = self._indexer.config
        wanted = (config.reports, config.timezone)
        if self._rows is not None and wanted == self._configured:
            return self._rows
        known = report_book.read(self._indexer.store)
        rows = {
            report.name: report_book.configured(
                place,
                report,
                report.timezone or config.timezone,
                known.get(report.name),
                self._indexer.now,
            )
            for place, report in enumerate(config.reports, 1)
        }
        for name in known.keys() - rows.keys():
            self._problems.solved(_area(name))
        for row in rows.values():
            if row.error:
                self._problems.add(_area(row.name), _said(row))
        if rows != known:
            self._store(rows)
        if self._making is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._rows, self._configured = rows, wanted
        return rows

    def _begin(self, report: ScheduledReport, rows: dict[str, Progress]) -> bool:
        """Begin with a report if it is due."""
        now, row = self._indexer.now, rows[report.name]
        if row.settled_until > now:  # the clock was ahead
            row.settled_until = now
            row.next_due_at = due_after(report, row.timezone, now).at
            self._store(rows)
        if row.state not in ("making", "retrying") and now < row.next_due_at:
            return False
        due = report_book.wanted(row, report, now)
        if due is None and row.next_due_at <= now:  # a day that was settled before
            row.next_due_at = due_after(report, row.timezone, now).at
            self._store(rows)
        if due is None or (self._indexer.store.publish_due() and now < due.at + PATIENCE):
            return False
        if row.due != due:
            row.attempts = 0
        if row.attempts >= report_book.MOST_ATTEMPTS:
            self._fail(row, rows, due, "the daemon ended each time while it was made")
            return True
        row.due_day, row.due_at, row.first_day, row.last_day = due.day, due.at, due.first, due.last
        row.next_due_at = due_after(report, row.timezone, now).at
        row.state, row.attempts, row.retry_at, row.error = "making", row.attempts + 1, None, None
        row.message_id = row.file_name = row.file_bytes = row.made_at = None
        self._store(rows)
        self._start(report, row.timezone, due)
        return True

    def _start(self, report: ScheduledReport, zone: str, due: Due) -> None:
        layout = self._indexer.layout
        message_id = report_message.identity(str(layout.database), report.name, due.at.isoformat())
        self._folder.mkdir(exist_ok=True)
        job = Job(
            str(layout.root),
            str(layout.database),
            report.format,
            question(report, zone, due).pairs(),
            str(self._folder / f"{message_id}.{SUFFIXES[report.format]}"),
            report.report,
            in_words=True,
        )
        self._making = found = _Making(report, due, message_id, job)
        found.thread = threading.Thread(
            target=self._make, args=(found,), name="reporting", daemon=True
        )
        found.thread.start()

    def _make(self, found: _Making) -> None:
        """In a thread of its own."""

        def began(process: "subprocess.Popen[bytes]") -> bool:
            found.process = process
            return not found.is_closed

        def said(line: Said) -> None:
            found.words = line.words or found.words

        try:
            found.error = self._work(found.job, began, said)
        except OSError as error:
            found.error = str(error)
        finally:
            found.done.set()

    def _finish(self, found: _Making, rows: dict[str, Progress]) -> None:
        """Store that it is made together with its message, or why it is not."""
        row, target = rows.get(found.report.name), Path(found.job.target)
        if row is None or found.report not in self._indexer.config.reports:
            target.unlink(missing_ok=True)
            return  # it is another report now, which is due again
        if found.error:
            self._fail(row, rows, found.due, found.error)
            return
        if target.stat().st_size > MOST_BYTES:
            size = f"the file has {target.stat().st_size / 1e6:,.0f} MB"
            error = f"{size}, allowed: {MOST_BYTES / 1e6:,.0f} MB; filter it, or choose another"
            row.attempts = report_book.MOST_ATTEMPTS
            self._fail(row, rows, found.due, f"{error} format")
        else:
            self._send(row, rows, found)
        target.unlink()

    def _send(self, row: Progress, rows: dict[str, Progress], found: _Making) -> None:
        content = Path(found.job.target).read_bytes()
        sent = report_message.message(
            found.report,
            found.due,
            found.words,
            self._indexer.now,
            content,
            found.id,
            question(found.report, row.timezone, found.due).query(),
        )
        row.state, row.settled_until, row.made_at = "made", found.due.at, self._indexer.now
        row.message_id, row.file_name, row.file_bytes = (
            sent.id,
            sent.attachments[0].name,
            len(content),
        )
        try:
            with self._indexer.store.changing():
                report_book.write(self._indexer.store, rows.values())
                self._outbox.put("report", sent, found.report.to)
        except _ERRORS:
            self._outbox.load()
            raise
        self._problems.solved(_area(row.name))

    def _fail(self, row: Progress, rows: dict[str, Progress], due: Due, error: str) -> None:
        row.retry_at = report_book.retry_at(row.attempts, self._indexer.now)
        row.state = "failed" if row.retry_at is None else "retrying"
        row.error = error[:MOST_ERROR]
        if row.retry_at is None:
            row.settled_until = due.at
        self._store(rows)
        self._problems.add(_area(row.name), _said(row))

    def _store(self, rows: dict[str, Progress]) -> None:
        with self._indexer.store.changing():
            report_book.write(self._indexer.store, rows.values())

    @property
    def _folder(self) -> Path:
        return self._indexer.layout.state_dir / "reports"


def _area(name: str) -> str:
    return f"report {name}"


def _said(row: Progress) -> str:
    again = "" if row.retry_at is None else "; trying again"
    return f"the report {row.name!r} was not made: {row.error}{again}"
