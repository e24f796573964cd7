"""How far each scheduled report is: rows of the table `reports` as structs and back, and which
one is due now.

Writing is for a transaction that the caller has begun. What is decided here is pure.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

from indexer.report_settings import ScheduledReport
from indexer.schedule import Due, due_after, due_by
from indexer.store import Store

MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


class Progress(msgspec.Struct):
    """A row of `reports`, in the order of its columns."""

    place: int
    name: str
    report: str
    format: str
    due_when: str
    timezone: str
    filters: str
    channels: list[str]
    next_due_at: datetime
    settled_until: datetime
    state: Literal["waiting", "making", "retrying", "made", "failed"] = "waiting"
    attempts: int = 0
    due_day: date | None = None
    due_at: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    retry_at: datetime | None = None
    made_at: datetime | None = None
    message_id: str | None = None
    file_name: str | None = None
    file_bytes: int | None = None
    error: str | None = None

    @property
    def due(self) -> Due | None:
        """What was last due."""
        if self.due_day and self.due_at and self.first_day and self.last_day:
            return Due(self.due_day, self.due_at, self.first_day, self.last_day)
        return None


def read(store: Store) -> dict[str, Progress]:
    """All rows by name."""
    names = Progress.__struct_fields__
    rows = store.connection.execute(f"select {', '.join(names)} from reports").fetchall()
    found = (Progress(**dict(zip(names, row, strict=True))) for row in rows)
    return {progress.name: progress for progress in found}


def write(store: Store, found: Iterable[Progress]) -> None:
    """All rows anew: there are few."""
    store.connection.execute("delete from reports")
    store.insert("reports", map(msgspec.structs.astuple, found))


def configured(
    place: int, report: ScheduledReport, zone: str, known: Progress | None, now: datetime
) -> Progress:
    """The row of a report as it is configured now.

    One that is new, or that is due at other times than before, is made from its next time on.
    """
    found = Progress(
        place=place,
        name=report.name,
        report=report.report,
        format=report.format,
        due_when=report.words,
        timezone=zone,
        filters=urlencode(report.filters.query(), doseq=True),
        channels=list(report.to),
        next_due_at=due_after(report, zone, now).at,
        settled_until=now,
    )
    if known is None:
        return found
    if (known.due_when, known.timezone) == (found.due_when, found.timezone):
        found.settled_until, found.next_due_at = known.settled_until, known.next_due_at
    for name in Progress.__struct_fields__[Progress.__struct_fields__.index("state") :]:
        setattr(found, name, getattr(known, name))
    return found


def wanted(progress: Progress, report: ScheduledReport, now: datetime) -> Due | None:
    """What is to be made now: of several that were missed only the latest, each day once."""
    newest, last = due_by(report, progress.timezone, now), progress.due
    if progress.state in ("making", "retrying") and last and newest.at <= last.at:
        rests = progress.retry_at and now < progress.retry_at <= now + LONGEST_WAIT
        return None if rests else last
    is_new = newest.at > progress.settled_until
    return newest if is_new and (last is None or newest.day != last.day) else None


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts; None for not at all."""
    if attempts >= MOST_ATTEMPTS:
        return None
    wait: timedelta = min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)
    return now + wait
