"""What is said and when: each level once a period, aloud at its end, silent while snoozed."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from indexer.alert_messages import messages
from indexer.alert_settings import Log, State
from indexer.channels import Message
from indexer.deciding import Alert, Change, Event, Finding, acknowledged, decide, snoozed
from indexer.times import naive_utc

NOW = naive_utc("2025-11-18T10:30:00Z")
MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)
HOUR = timedelta(hours=1)


def finding(
    state: State = "WARNING",
    level: float = 0.0,
    rule: str = "budget",
    period: date | None = MAY,
    subject: str = "shop",
) -> Finding:
    key = f"{rule}|{period}|{subject}"
    return Finding(key, rule, "budget", subject, period, MAY, state, level, f"{state} {level:g}")


def budget(percent: float, period: date = MAY) -> Finding:
    """A budget with steps of 50, 75, 90 and 100 percent."""
    level = max([step for step in (50, 75, 90, 100) if step <= percent], default=0)
    state: State = "ALERT" if level == 100 else "WARNING" if level else "OK"
    return finding(state, level, period=period)


class Book:
    """What an index would remember from one decision to the next."""

    def __init__(self, repeat_after: timedelta | None = None) -> None:
        self.alerts: dict[str, Alert] = {}
        self.now, self._repeat_after = NOW, repeat_after
        self.said: list[Event] = []
        self.events: list[Event] = []

    def look(self, *findings: Finding, off: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """An hour later: kinds and explanations of what is said."""
        self.now += HOUR
        changes = self.decided(findings, off)
        for change in changes:
            self.alerts[change.alert.alert_id] = change.alert
        events = [change.event for change in changes if change.event is not None]
        spoken = [event for event in events if event.is_spoken]
        self.events += events
        self.said += spoken
        return [(event.kind, event.explanation) for event in spoken]

    def decided(self, findings: Iterable[Finding], off: tuple[str, ...] = ()) -> list[Change]:
        return list(decide(findings, self.alerts.values(), self.now, self._repeat_after, off))

    def change(self, **values: Any) -> None:
        """Acknowledge or snooze the newest alert."""
        alert_id, alert = list(self.alerts.items())[-1]
        if "until" in values:
            self.alerts[alert_id] = snoozed(alert, values["until"])
        else:
            self.alerts[alert_id] = acknowledged(alert, self.now)


def test_each_step_of_a_budget_speaks_once_a_period() -> None:
    book = Book()
    assert book.look(budget(20)) == []
    assert book.look(budget(80)) == [("opened", "WARNING 75")]  # stands for 50 as well
    assert book.look(budget(80)) == []
    assert book.look(budget(60)) == []  # a run was forgotten
    assert book.look(budget(76)) == []
    assert book.look(budget(91)) == [("raised", "WARNING 90")]
    assert book.look(budget(130)) == [("raised", "ALERT 100")]
    assert book.look(budget(130), budget(10, JUNE)) == []  # its last runs are still awaited
    assert book.look(budget(10, JUNE)) == []  # a period that has passed is no news
    assert book.look(budget(100, JUNE)) == [("opened", "ALERT 100")]
    assert len(book.alerts) == 2
    assert len({event.event_id for event in book.events}) == len(book.events)


def test_an_end_is_said_and_all_is_news_again() -> None:
    book = Book()
    book.look(budget(100))
    assert book.look(budget(60)) == [("lowered", "WARNING 50")]  # the amount was raised
    assert book.look(budget(40)) == [("over", "OK 0")]
    assert book.look(budget(40)) == []
    assert book.look(budget(55)) == [("opened", "WARNING 50")]
    assert len(book.alerts) == 1


def test_what_is_acknowledged_lower_than_it_was_said_speaks_when_it_gets_worse() -> None:
    book = Book()
    assert book.look(budget(100)) == [("opened", "ALERT 100")]
    book.change(until=book.now + 9 * HOUR)
    assert book.look(budget(80)) == []
    book.change()
    assert book.look(budget(80)) == []
    assert book.look(budget(91)) == [("raised", "WARNING 90")]


def test_what_wavers_within_its_period_speaks_once() -> None:
    book = Book()
    forecast = finding(rule="forecast")
    assert book.look(forecast) == [("opened", "WARNING 0")]
    assert book.look() == []
    assert next(iter(book.alerts.values())).over_at == book.now
    assert book.look(forecast) == []
    assert next(iter(book.alerts.values())).over_at is None


def test_an_episode_says_that_it_is_over_and_comes_back_as_another() -> None:
    book = Book()
    fall = finding(rule="qa_fall", period=None)
    assert book.look(fall) == [("opened", "WARNING 0")]
    assert book.look() == [("over", "The QA pass rate is no longer below what is usual.")]
    assert book.look(fall) == [("opened", "WARNING 0")]
    assert len(book.alerts) == 2
    assert book.look(fall, off=("qa_fall",)) == []  # closed, and nobody knows whether it is over
    assert all(alert.over_at for alert in book.alerts.values())


def test_it_is_said_again_after_a_while_unless_somebody_knows() -> None:
    book = Book(repeat_after=3 * HOUR)
    assert book.look(budget(55)) == [("opened", "WARNING 50")]
    assert [len(book.look(budget(55))) for _ in range(6)] == [0, 0, 1, 0, 0, 1]
    book.change()
    assert [len(book.look(budget(55))) for _ in range(6)] == [0] * 6
    assert book.look(budget(95)) == [("raised", "WARNING 90")]
    assert next(iter(book.alerts.values())).acknowledged_at is None
    assert [len(book.look(budget(95))) for _ in range(3)] == [0, 0, 1]


def test_what_is_snoozed_waits_for_its_time() -> None:
    book = Book()
    book.look(budget(55))
    book.change(until=book.now + 3 * HOUR)
    assert [book.look(budget(percent)) for percent in (55, 100)] == [[], []]
    assert book.look(budget(100)) == [("raised", "ALERT 100")]
    book.change(until=book.now + 2 * HOUR)
    assert book.look(budget(100)) == []
    assert book.look(budget(100)) == [("repeated", "ALERT 100")]
    book.change(until=book.now + 9 * HOUR)
    assert book.look(budget(10)) == []  # over, in silence
    assert book.look(budget(55)) == [("opened", "WARNING 50")]
    book.change(until=book.now + 9 * HOUR)
    book.change(until=None)
    assert book.look(budget(55)) == []
    assert book.look(budget(80)) == [("raised", "WARNING 75")]
    book.change(until=book.now + 2 * HOUR)
    book.change()
    assert [book.look(budget(80)) for _ in range(4)] == [[]] * 4


def test_many_at_once_are_one_message() -> None:
    quiet = Log(name="quiet", states=("ALERT",))
    channels = [Log(name="all"), Log(name="also"), quiet]

    def sent(count: int) -> list[tuple[Message, list[str]]]:
        findings = [finding("WARNING", 50, subject=f"<b>{place}") for place in range(count)]
        changes = decide([*findings, finding("ALERT", 100, subject="=x")], [], NOW)
        return list(messages([(alert, event) for alert, event in changes if event], channels))

    few = sent(4)
    assert [(found.state, names) for found, names in few] == [
        *[("WARNING", ["all", "also"])] * 4,
        ("ALERT", ["all", "also", "quiet"]),
    ]
    (worst, quiet_names), (many, names) = sent(5000)
    assert (worst.subject, quiet_names, names) == ("=x", ["quiet"], ["all", "also"])
    assert (many.title, many.state, many.rule) == (
        "5001 alerts: 1 x alert, 5000 x warning", "ALERT", "budget",
    )  # fmt: skip
    assert many.body.startswith("Alert: Budget: =x: ALERT 100\nWarning: Budget: <b>0: WARNING 50")
    assert len(many.body) <= 8_000
    assert many.id.startswith(f"{worst.id}-")


PERCENTS = st.lists(st.integers(0, 130), max_size=12)


@given(PERCENTS)
def test_while_it_only_rises_each_level_is_said_at_most_once(percents: list[int]) -> None:
    book = Book()
    for percent in sorted(percents):
        book.look(budget(percent))
        assert book.decided([budget(percent)]) == []  # deciding again changes nothing
    levels = [event.level for event in book.said]
    assert levels == sorted(set(levels))
    highest = budget(max(percents, default=0)).level
    assert levels[-1:] == ([highest] if highest else [])


@given(PERCENTS, st.integers(0, 12), st.booleans())
def test_silence_is_kept(percents: list[int], hours: int, knows: bool) -> None:
    book = Book(repeat_after=HOUR)
    book.look(budget(100))
    book.change(until=book.now + hours * HOUR)
    if knows:
        book.change()
    end = book.now + hours * HOUR
    for percent in percents:
        said = book.look(budget(percent))
        silent = (
            not knows
            and book.now < end
            and not any(alert.over_at for alert in book.alerts.values())
        )
        if silent and all(value >= 50 for value in percents):
            assert said == []
        if knows and all(value == 100 for value in percents):
            assert said == []
    assert len({event.event_id for event in book.events}) == len(book.events)
