"""When a scheduled report is due, and which period it is of. Pure: the moment is given.

A report is due once on each of its days, at its time on the clocks of its zone. A time that
the clocks skip is that much later, one that they show twice is the first of both. A day that a
month does not have is its last. The period is the one that has ended: the day before, the last
whole week, the last whole month.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from indexer.filters import Filters
from indexer.report_settings import GRAINS, WEEKDAYS, ScheduledReport

_DAY = timedelta(days=1)
# How far from today the neighbouring days of a report can lie, with room for any zone.
_REACH = {"daily": 3, "weekly": 9, "monthly": 64}


@dataclass(frozen=True, slots=True)
class Due:
    """`day` in the report's zone, on which it is due `at` that moment, naive UTC; its period."""

    day: date
    at: datetime
    first: date
    last: date


def due_by(report: ScheduledReport, zone: str, now: datetime) -> Due:
    """The last one that is not later than now. `now` is naive UTC."""
    return max(
        (due for due in _around(report, zone, now) if due.at <= now), key=lambda due: due.day
    )


def due_after(report: ScheduledReport, zone: str, now: datetime) -> Due:
    """The first one that is later than now."""
    return min((due for due in _around(report, zone, now) if due.at > now), key=lambda due: due.day)


def question(report: ScheduledReport, zone: str, due: Due) -> Filters:
    """What the report asks. It is as of its moment, so that it can be made again."""
    query = report.filters.query() | {"tz": [zone]}
    if report.range is None:
        query |= {"from": [due.first.isoformat()], "to": [due.last.isoformat()]}
    else:
        query |= {"range": [report.range]}
    found = replace(Filters.parse(query), as_of=due.at)
    grain = GRAINS.get(report.report)
    return replace(found, grain=grain) if grain else found


def _around(report: ScheduledReport, zone: str, now: datetime) -> Iterator[Due]:
    """Those of the days before and after now."""
    clock = ZoneInfo(zone)
    today = now.replace(tzinfo=UTC).astimezone(clock).date()
    hour, minute = map(int, report.at.split(":"))
    for distance in range(-_REACH[report.when], _REACH[report.when] + 1):
        day = today + distance * _DAY
        if _is_day(report, day):
            local = datetime.combine(day, time(hour, minute), tzinfo=clock)
            yield Due(day, local.astimezone(UTC).replace(tzinfo=None), *_period(report, day))


def _is_day(report: ScheduledReport, day: date) -> bool:
    if report.when == "weekly":
        return day.weekday() == WEEKDAYS.index(report.weekday)
    if report.when == "monthly":
        return day.day == min(report.day, calendar.monthrange(day.year, day.month)[1])
    return True


def _period(report: ScheduledReport, day: date) -> tuple[date, date]:
    """First and last day of the period that has ended when the day begins."""
    if report.when == "daily":
        return day - _DAY, day - _DAY
    if report.when == "weekly":
        first_day = WEEKDAYS.index(report.filters.week_start)
        start = day - (day.weekday() - first_day) % 7 * _DAY
        return start - 7 * _DAY, start - _DAY
    last = day.replace(day=1) - _DAY
    return last.replace(day=1), last
