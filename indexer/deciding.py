"""What is to be said: from what is found now and what was said before. Pure.

An alert has a key: rule, scope, subject and period. Within a period it is one alert, however
often it comes and goes, and it speaks of a level once: the highest that is reached stands
for those below. What has no period, such as a falling pass rate, is an episode: when it comes
back after it was over, it is another alert. It speaks again when its state changes, when its
snooze ends while it is open, and, unless it was acknowledged, after `repeat_after`.

A finding may say OK, which ends an alert aloud. What is not found any more ends it in silence,
because mostly its day or period has passed, but for `EPISODES`, which say so. A snoozed alert
says nothing at all until its time.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Literal, NamedTuple

import msgspec

from indexer.alert_settings import State

EPISODES: Mapping[str, str] = {
    "qa_fall": "The QA pass rate is no longer below what is usual.",
    "duration_drift": "Runs no longer take longer than is usual.",
    "failed_jobs": "Jobs no longer fail in a row.",
}
Kind = Literal["opened", "raised", "lowered", "repeated", "over"]
RANKS = {"OK": 0, "NO_DATA": 1, "WARNING": 2, "ALERT": 3}


class Finding(NamedTuple):
    """A row of `alert_findings`. `period` is None where the rule has none."""

    alert_key: str
    rule: str
    scope: str
    subject: str
    period: date | None
    first_day: date
    state: State
    level: float
    explanation: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `alerts`. Moments are naive UTC; it is open while `over_at` is None."""

    alert_id: str
    alert_key: str
    rule: str
    scope: str
    subject: str
    period: date | None
    first_day: date
    state: State
    level: float
    said_state: State
    said_level: float
    explanation: str
    events: int
    opened_at: datetime
    changed_at: datetime
    said_at: datetime
    over_at: datetime | None = None
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `alert_events`."""

    event_id: str
    alert_id: str
    number: int
    kind: Kind
    state: State
    level: float
    explanation: str
    happened_at: datetime
    is_spoken: bool


class Change(NamedTuple):
    """An alert as it is from now on, and what happened; None where nothing is to be told of."""

    alert: Alert
    event: Event | None


def decide(
    findings: Iterable[Finding],
    known: Iterable[Alert],
    now: datetime,
    repeat_after: timedelta | None = None,
    off: Collection[str] = (),
) -> Iterator[Change]:
    """What changes. `known` has the open alerts and the newest of each key that is found."""
    before = {alert.alert_key: alert for alert in known}
    found = {finding.alert_key: finding for finding in findings if finding.rule not in off}
    for key, finding in found.items():
        alert = before.get(key)
        if alert is not None and alert.over_at is not None and finding.period is None:
            alert = None  # another episode
        change = _found(alert, finding, now, repeat_after)
        if change is not None:
            yield change
    for key, alert in before.items():
        if alert.over_at is None and key not in found:
            yield _vanished(alert, now, alert.rule in off)


def acknowledged(alert: Alert, now: datetime) -> Alert:
    """Somebody knows of it as it is: it is silent until it gets worse or is over."""
    is_same = alert.said_state == alert.state
    return msgspec.structs.replace(
        alert,
        acknowledged_at=now,
        said_state=alert.state,
        said_level=max(alert.level, alert.said_level) if is_same else alert.level,
        snoozed_until=None,
    )


def snoozed(alert: Alert, until: datetime | None) -> Alert:
    """It is silent until then, and speaks if it is open; None ends the silence."""
    return msgspec.structs.replace(alert, snoozed_until=until)


def _found(
    alert: Alert | None, finding: Finding, now: datetime, repeat_after: timedelta | None
) -> Change | None:
    if finding.state == "OK":
        if alert is None or alert.over_at is not None:
            return None
        return _over(alert, finding.explanation, now, aloud=True)
    if alert is None:
        return _told(_opened(finding, now), finding, "opened", now)
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return _silent(alert, finding, now)
    kind = _kind(alert, finding, now, repeat_after)
    return _silent(alert, finding, now) if kind is None else _told(alert, finding, kind, now)


def _kind(
    alert: Alert, finding: Finding, now: datetime, repeat_after: timedelta | None
) -> Kind | None:
    """What there is to say of an alert that is known; None for nothing."""
    rank, said = RANKS[finding.state], RANKS[alert.said_state]
    if said == 0:
        return "opened"
    if rank > said or (rank == said and finding.level > alert.said_level):
        return "raised"
    if alert.over_at is not None:
        return None
    if rank < said:
        return "lowered"
    is_due = repeat_after is not None and alert.said_at + repeat_after <= now
    if alert.snoozed_until is not None or (is_due and alert.acknowledged_at is None):
        return "repeated"
    return None


def _opened(finding: Finding, now: datetime) -> Alert:
    # The moment is part of the identity: an index that was made anew says things anew, and a
    # receiver that drops what it has seen must not take them for what another index said.
    identity = blake2b(f"{finding.alert_key}|{now.isoformat()}".encode(), digest_size=8).hexdigest()
    return Alert(
        alert_id=identity,
        alert_key=finding.alert_key,
        rule=finding.rule,
        scope=finding.scope,
        subject=finding.subject,
        period=finding.period,
        first_day=finding.first_day,
        state="OK",
        level=0.0,
        said_state="OK",
        said_level=0.0,
        explanation="",
        events=0,
        opened_at=now,
        changed_at=now,
        said_at=now,
    )


def _told(alert: Alert, finding: Finding, kind: Kind, now: datetime) -> Change:
    # Of a level that was said, lower ones are not news while the state is the same.
    is_same = alert.said_state == finding.state
    told = msgspec.structs.replace(
        alert,
        state=finding.state,
        level=finding.level,
        said_state=finding.state,
        said_level=max(finding.level, alert.said_level) if is_same else finding.level,
        explanation=finding.explanation,
        events=alert.events + 1,
        changed_at=alert.changed_at if kind == "repeated" else now,
        said_at=now,
        over_at=None,
        acknowledged_at=alert.acknowledged_at if kind == "lowered" else None,
        snoozed_until=None,
    )
    return Change(told, _event(told, kind, now, spoken=True))


def _silent(alert: Alert, finding: Finding, now: datetime) -> Change | None:
    """It is otherwise than before, and nobody is told."""
    was = (alert.state, alert.level, alert.over_at)
    if was == (finding.state, finding.level, None):
        return None
    changed = msgspec.structs.replace(
        alert,
        state=finding.state,
        level=finding.level,
        explanation=finding.explanation,
        events=alert.events + 1,
        changed_at=now,
        over_at=None,
    )
    is_worse = (RANKS[finding.state], finding.level) > (RANKS[alert.state], alert.level)
    kind: Kind = "opened" if alert.over_at else "raised" if is_worse else "lowered"
    return Change(changed, _event(changed, kind, now, spoken=False))


def _vanished(alert: Alert, now: datetime, is_off: bool) -> Change:
    text = EPISODES.get(alert.rule)
    if text is None or is_off:
        return _over(alert, alert.explanation, now, aloud=False)
    return _over(alert, text, now, aloud=True)


def _over(alert: Alert, explanation: str, now: datetime, *, aloud: bool) -> Change:
    """Its end. Once that was said, or would have been but for a snooze, all is news again."""
    is_snoozed = alert.snoozed_until is not None and alert.snoozed_until > now
    spoken = aloud and not is_snoozed
    over = msgspec.structs.replace(
        alert,
        state="OK",
        level=0.0,
        said_state="OK" if aloud else alert.said_state,
        said_level=0.0 if aloud else alert.said_level,
        explanation=explanation,
        events=alert.events + 1,
        changed_at=now,
        said_at=now if spoken else alert.said_at,
        over_at=now,
        acknowledged_at=None if aloud else alert.acknowledged_at,
        snoozed_until=None if aloud else alert.snoozed_until,
    )
    return Change(over, _event(over, "over", now, spoken=spoken))


def _event(alert: Alert, kind: Kind, now: datetime, *, spoken: bool) -> Event:
    return Event(
        event_id=f"{alert.alert_id}-{alert.events}",
        alert_id=alert.alert_id,
        number=alert.events,
        kind=kind,
        state=alert.state,
        level=alert.level,
        explanation=alert.explanation,
        happened_at=now,
        is_spoken=spoken,
    )
