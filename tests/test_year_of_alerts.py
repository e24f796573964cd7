"""A leap year, day by day: each threshold speaks once a period and on its day, through changes
of the clock, restarts, and processes that are killed before and after sending."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from indexer import sqlfiles
from indexer.alert_settings import RULES
from indexer.alerting import settle
from indexer.deciding import Finding
from indexer.times import iso
from scripts.alarms import insert
from tests.helpers import write_config
from tests.test_outbox import Office

UTC = ZoneInfo("UTC")
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
# One dollar on each evening in Berlin, 29 a month: the amount is used up on each 29th, so on
# the leap day too, and nine tenths on each 27th, so on the day on which October has 25 hours.
CROSSED = {15: 50.0, 22: 75.0, 27: 90.0, 29: 100.0}
BUDGETS = [
    {"name": "berlin", "scope": "project", "match": "berlin", "amount": 29, "period": "month"}
    | {"timezone": "Europe/Berlin", "thresholds": [50, 75, 90, 100]},
    {"name": "new york", "scope": "project", "match": "new york", "amount": 2, "period": "day"}
    | {"timezone": "America/New_York", "thresholds": [50, 100]},
]
KILLED_BEFORE, KILLED_AFTER, RESTARTED = (3, 29), (4, 27), (5, 15)  # month and day of a look


def days(step: int = 1) -> list[date]:
    return [FIRST + timedelta(days=day) for day in range(0, (LAST - FIRST).days + 1, step)]


def moment(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    """Naive UTC of a time by a clock on the wall."""
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    return local.astimezone(UTC).replace(tzinfo=None)


def sundays() -> list[date]:
    """Among them the days of 23 and of 25 hours in New York."""
    return days(7) if FIRST.weekday() == 6 else [day for day in days() if day.weekday() == 6]


def spend(office: Office) -> None:
    """On Sundays in New York one dollar in the first hour and one in the last."""
    begun = [("berlin", moment(day, 23, 30, BERLIN)) for day in days()]
    for day in sundays():
        begun += [("new york", moment(day, hour, 30, NEW_YORK)) for hour in (0, 23)]
    rows = [
        {
            "run_id": f"r{place}",
            "other_path": f"r{place}",
            "project_name": project,
            "started_at": str(started),
            "cost_usd": 1,
            "tokens_redacted": False,
            "indexed_at": str(started),
        }
        for place, (project, started) in enumerate(begun)
    ]
    insert(office.indexer.store.connection, "runs", rows)


def look(office: Office) -> None:
    """What the daemon does with what is found, for budgets alone: all rules take minutes."""
    connection, now = office.indexer.store.connection, office.indexer.now
    connection.execute("set variable as_of = ?", [now])
    rows = connection.execute(
        "select name, period_start, state, level, explanation from budget_findings"
        " where is_current or state != 'OK'"
    ).fetchall()
    findings = [
        Finding(f"{name}|{day}", "budget", "budget", name, day, day, state, level, text)
        for name, day, state, level, text in rows
    ]
    settle(office.indexer, office.outbox, findings, now)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    alerts = {"channels": [{"type": "log", "name": "a"}], "off": RULES[1:]}
    settings = {"budgets": BUDGETS, "alerts": alerts}
    write_config(tmp_path, json.dumps({"analytics": settings}))
    return Office(tmp_path)


def test_each_threshold_speaks_once_on_its_day(office: Office) -> None:
    spend(office)
    for day in [*days(), LAST + timedelta(days=1)]:
        office.now_ns = int(moment(day, 23, 45, BERLIN).replace(tzinfo=UTC).timestamp() * 1e9)
        look(office)
        if (day.month, day.day) == KILLED_AFTER:
            office.outbox.step()
        if (day.month, day.day) in (KILLED_BEFORE, KILLED_AFTER, RESTARTED):
            office.close()
            office.open()
        office.run()
    told = office.ask(
        "select event_id, subject, period, alert_events.level, happened_at from alert_events"
        " inner join alerts using (alert_id) where is_spoken order by happened_at, event_id"
    )
    spoken = Counter((subject, period, level) for _, subject, period, level, _ in told)
    expected = {
        ("berlin", date(2024, month, 1), level): (date(2024, month, day))
        for month in range(1, 13)
        for day, level in CROSSED.items()
    }
    # What began in the last hour of a Sunday is seen when it has passed.
    expected |= {("new york", day, 50.0): day for day in sundays()}
    expected |= {("new york", day, 100.0): day + timedelta(days=1) for day in sundays()}
    assert spoken == Counter(dict.fromkeys(expected, 1))
    for _, subject, period, level, happened in told:
        local = happened.replace(tzinfo=UTC).astimezone(BERLIN).date()
        assert local == expected[subject, period, level], (subject, period, level)
    sent = Counter(message for _, message in office.post.taken)
    assert sent.keys() == {event for event, *_ in told}
    twice = {event for event, count in sent.items() if count == 2}
    (killed,) = [row[0] for row in told if iso(row[4]).startswith("2024-04-27")]
    assert twice == {killed}  # it was sent, and the process died before it was noted
    assert max(sent.values()) == 2
    for name in ("alerts_have_their_events", "deliveries_have_one_end"):
        assert office.ask(sqlfiles.audits()[name]) == []
    office.close()
