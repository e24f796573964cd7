"""`analytics.reports`: what it may say, and when each report is due, on any clock."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.config import check_config
from indexer.errors import ConfigError
from indexer.report_settings import ScheduledReport
from indexer.schedule import Due, due_after, due_by, question
from scripts import config_schema

LOG = {"channels": [{"type": "log"}]}
ONE = {"name": "a", "when": "daily", "to": ["log"]}
AT = "analytics.reports[0]"
# Zones whose clocks do everything: half hours, gaps at midnight, a day that was left out.
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Pacific/Kiritimati",
)  # fmt: skip
# Years of UTC in which a zone went over to the other side of the date line, and came a day ahead.
CROSSED = {("Pacific/Apia", 2011), ("Pacific/Kiritimati", 1994), ("Pacific/Kiritimati", 1995)}


def utc(*parts: int) -> datetime:
    """Naive, as everything that is stored."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]


def report(**given: Any) -> ScheduledReport:
    (found,) = check_config({"alerts": LOG, "reports": [ONE | given]}, "").reports
    return found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"to": ["x"]}, f'{AT}.to[0]: found "x" (text), allowed: log'),
        ({"to": []}, f"{AT}.to: found [] (list), allowed: a list of 1 to 20 names"),
        ({"format": "doc"}, f'{AT}.format: found "doc" (text), allowed: csv or json, of the'),
        ({"report": "jobs"}, f'{AT}.format: found "pdf" (text), allowed: csv or json, where'),
        ({"at": "24:00"}, f'{AT}.at: found "24:00" (text), allowed: a time such as "06:30"'),
        ({"at": "06:00\n"}, f"{AT}.at: found"),
        ({"day": 32}, f"{AT}.day: found 32 (number), allowed: a day of the month from 1 to 31"),
        ({"timezone": "Mars"}, f'{AT}.timezone: found "Mars" (text), allowed: a time zone'),
        ({"range": "last week"}, f'{AT}.range: found "last week" (text), allowed: today, 7d'),
        ({"filters": {"tz": "UTC"}}, f'{AT}.filters: found "tz" (text), allowed: one of project'),
        ({"filters": {"mode": 5}}, f"{AT}.filters.mode: found 5 (number), allowed: a text"),
        ({"name": "a\ud800"}, f"{AT}.name"),
        ({"filters": {"project": "\udfff"}}, f"{AT}.filters.project"),
        ({"when": None}, f"{AT}.when: found null, allowed: daily, weekly or monthly"),
    ],
)
def test_what_cannot_be_used_is_said(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        report(**given)
    assert words in str(error.value)


def test_reports_have_names_and_channels_of_their_own() -> None:
    with pytest.raises(ConfigError, match=r"reports: found .*allowed: a list of at most 50"):
        check_config({"alerts": LOG, "reports": [ONE] * 51}, "")
    with pytest.raises(ConfigError, match=r"reports\[1\].name.*no other report has"):
        check_config({"alerts": LOG, "reports": [ONE, ONE | {"name": "A"}]}, "")
    with pytest.raises(ConfigError, match="which has none"):
        check_config({"reports": [ONE]}, "")
    assert report().words == "daily at 06:00"
    assert report(when="weekly").words == "weekly on monday at 06:00"
    assert report(when="monthly", day=31).words == "monthly on day 31 at 06:00"


def test_editors_check_by_the_same_definition() -> None:
    check = jsonschema_rs.validator_for(config_schema.section_schema())
    full = ONE | {"report": "models", "format": "csv", "range": "90d", "at": "23:59", "day": 31}
    full |= {"filters": {"project": ["a", "b"], "qa": "failed"}, "timezone": "Asia/Tokyo"}
    assert check.is_valid({"reports": [ONE, full | {"name": "b", "weekday": "friday"}]})
    assert check_config({"alerts": LOG, "reports": [ONE, full | {"name": "b"}]}, "").reports
    faults: list[dict[str, Any]] = [{"at": "6:00"}, {"format": "doc"}, {"to": []}, {"x": 1}]
    for wrong in (*faults, {"filters": {"x": "y"}}):
        assert not check.is_valid({"reports": [ONE | wrong]}), wrong


def test_a_question_is_of_the_period_and_as_of_its_moment() -> None:
    filters = {"project": "p", "qa": ["failed", "error"]}
    weekly = report(when="weekly", filters=filters, report="daily", format="csv")
    due = due_by(weekly, "Europe/Berlin", utc(2025, 11, 18, 12))
    assert due == Due(
        date(2025, 11, 17), utc(2025, 11, 17, 5), date(2025, 11, 10), date(2025, 11, 16)
    )
    assert question(weekly, "Europe/Berlin", due).pairs() == [
        ("from", "2025-11-10"),
        ("to", "2025-11-16"),
        ("project", "p"),
        ("qa", "failed"),
        ("qa", "error"),
        ("grain", "day"),
        ("week_start", "monday"),
        ("tz", "Europe/Berlin"),
        ("as_of", "2025-11-17T05:00:00Z"),
    ]
    assert question(report(range="mtd"), "UTC", due).range == "mtd"
    assert not question(report(range="all"), "UTC", due).has_range
    sundays = report(when="weekly", weekday="wednesday", filters={"week_start": "sunday"})
    found = due_by(sundays, "UTC", utc(2025, 11, 19, 6))
    assert (found.day, found.first, found.last) == (
        date(2025, 11, 19), date(2025, 11, 9), date(2025, 11, 15),
    )  # fmt: skip


def moments(one: ScheduledReport, zone: str, start: datetime, end: datetime) -> list[Due]:
    """All that are due in between, one after the other."""
    found, now = [], start
    while (due := due_after(one, zone, now)).at <= end:
        found.append(due)
        now = due.at
    return found


def test_clocks_that_skip_and_repeat_an_hour() -> None:
    """Berlin has no 02:30 on 30 March 2025 and two of them on 26 October."""
    early = report(at="02:30")
    found = {
        due.day: due.at
        for due in moments(early, "Europe/Berlin", utc(2025, 1, 1), utc(2025, 12, 31))
    }
    assert found[date(2025, 3, 29)] == utc(2025, 3, 29, 1, 30)
    assert found[date(2025, 3, 30)] == utc(2025, 3, 30, 1, 30), "03:30 of the new time"
    assert found[date(2025, 3, 31)] == utc(2025, 3, 31, 0, 30)
    assert found[date(2025, 10, 26)] == utc(2025, 10, 26, 0, 30), "the first of both"
    assert found[date(2025, 10, 27)] == utc(2025, 10, 27, 1, 30)
    assert len(found) == 364


def test_months_end_when_they_end() -> None:
    last = report(when="monthly", day=31, at="23:00")
    found = moments(last, "UTC", utc(2023, 12, 31, 23), utc(2024, 12, 31, 23))
    days = [due.day for due in found]
    assert days[:4] == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert len(days) == 12
    assert (found[2].first, found[2].last) == (date(2024, 2, 1), date(2024, 2, 29))


reports = st.builds(
    lambda when, at, weekday, day, start: report(
        when=when, at=at, weekday=weekday, day=day, filters={"week_start": start}
    ),
    st.sampled_from(["daily", "weekly", "monthly"]),
    st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(["monday", "thursday", "sunday"]),
    st.integers(1, 31),
    st.sampled_from(["monday", "sunday"]),
)
times = st.datetimes(utc(1980, 1, 1), utc(2090, 1, 1))


@given(reports, st.sampled_from(ZONES), times)
def test_there_is_always_one_before_and_one_after(
    one: ScheduledReport, zone: str, now: datetime
) -> None:
    before, after = due_by(one, zone, now), due_after(one, zone, now)
    assert before.at <= now < after.at
    assert before.day < after.day
    assert due_by(one, zone, before.at) == before
    assert due_by(one, zone, after.at).day >= after.day
    longest = {"daily": 2, "weekly": 8, "monthly": 32}[one.when]
    assert after.at - before.at <= timedelta(days=longest)
    local = after.at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    shown = local.strftime("%H:%M")
    assert shown >= one.at or local.date() > after.day, "never earlier than its time"
    assert before.first <= before.last < before.day
    length = (before.last - before.first).days + 1
    assert length in {"daily": {1}, "weekly": {7}, "monthly": {28, 29, 30, 31}}[one.when]
    if one.when != "weekly" or one.filters.week_start == one.weekday:
        assert before.last < before.day <= before.last + timedelta(days=31)


@given(reports, st.sampled_from(ZONES), st.integers(1990, 2050))
def test_a_year_has_each_period_once_and_none_is_left_out(
    one: ScheduledReport, zone: str, year: int
) -> None:
    found = moments(one, zone, utc(year, 1, 1), utc(year + 1, 1, 1))
    days = [due.day for due in found]
    assert days == sorted(set(days))
    expected = {"daily": (364, 366), "weekly": (52, 53), "monthly": (12, 12)}[one.when]
    more = 1 if (zone, year) in CROSSED else 0
    assert expected[0] <= len(days) <= expected[1] + more
    for before, after in pairwise(found):
        if zone != "Pacific/Apia":  # which left out a whole day, and its report with it
            assert after.first == before.last + timedelta(days=1)


def test_what_is_stored_says_the_same_again() -> None:
    one = report(filters={"q": "x"}, timezone="Asia/Tokyo")
    assert msgspec.convert(json.loads(msgspec.json.encode(one)), ScheduledReport) == one
    assert replace(question(one, "UTC", due_by(one, "UTC", utc(2025, 1, 2))), search=None)
