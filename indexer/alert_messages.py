"""Alerts in words: the messages that the channels get. The reasons come from SQL.

What becomes true at once is told at once: more than a few alerts of one decision go to a
channel as one message, so that nobody gets a hundred mails on the first day.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from urllib.parse import urlencode

from indexer.alert_settings import RULE_NAMES, Channel, State
from indexer.channels import Message
from indexer.deciding import RANKS, Alert, Event
from indexer.times import iso

MOST_ALONE = 5
_STATES = {"ALERT": "Alert", "WARNING": "Warning", "NO_DATA": "No data", "OK": "Over"}

Told = tuple[Alert, Event]


def messages(
    told: Sequence[Told], channels: Iterable[Channel]
) -> Iterator[tuple[Message, list[str]]]:
    """What is to be sent of one decision, each with the names of the channels that want it."""
    alone: dict[int, list[str]] = {}
    together: dict[tuple[int, ...], list[str]] = {}
    for channel in channels:
        places = [place for place, (_, event) in enumerate(told) if event.state in channel.states]
        if len(places) > MOST_ALONE:
            together.setdefault(tuple(places), []).append(channel.label)
        else:
            for place in places:
                alone.setdefault(place, []).append(channel.label)
    for place, names in sorted(alone.items()):
        yield message(*told[place]), names
    for chosen, names in together.items():
        yield digest([told[place] for place in chosen]), names


def message(alert: Alert, event: Event) -> Message:
    """What is said of an event. Names in it are as run files have them; Message tames them."""
    return Message(
        id=event.event_id,
        title=_title(alert, event),
        body=event.explanation,
        state=event.state,
        rule=alert.rule,
        subject=alert.subject,
        at=iso(event.happened_at),
        link=link(alert),
    )


def digest(told: Sequence[Told]) -> Message:
    """Several events of one decision as one message, the worst first."""
    ordered = sorted(told, key=lambda one: -RANKS[one[1].state])
    first = ordered[0][1]
    counts = Counter(_STATES[event.state].lower() for _, event in ordered)
    kinds = ", ".join(f"{count} x {name}" for name, count in counts.items())
    rules = {alert.rule for alert, _ in ordered}
    ids = " ".join(event.event_id for _, event in ordered).encode()
    return Message(
        id=f"{first.event_id}-{blake2b(ids, digest_size=8).hexdigest()}",
        title=f"{len(ordered)} alerts: {kinds}",
        body="\n".join(f"{_title(*one)}: {one[1].explanation}" for one in ordered),
        state=worst(event.state for _, event in ordered),
        rule=rules.pop() if len(rules) == 1 else "several",
        subject=f"{len(ordered)} alerts",
        at=iso(first.happened_at),
        link="/alerts",
    )


def worst(states: Iterable[State]) -> State:
    """The one that matters most."""
    return max(states, key=RANKS.__getitem__)


def link(alert: Alert) -> str:
    """Where the dashboard shows what is behind it, from the root of the server."""
    if alert.scope == "budget":
        return "/budgets"
    if alert.scope == "run":
        return f"/run?{urlencode({'id': alert.subject}, errors='replace')}"
    if alert.rule == "failed_jobs":
        return f"/jobs?{urlencode({'project': alert.subject}, errors='replace')}"
    asked = {alert.scope: alert.subject, "from": alert.first_day.isoformat()}
    return f"/runs?{urlencode(asked, errors='replace')}"


def _title(alert: Alert, event: Event) -> str:
    is_monthly = alert.scope == "budget" and alert.subject == "monthly_budget"
    subject = "monthly" if is_monthly else alert.subject
    again = " (again)" if event.kind == "repeated" else ""
    return f"{_STATES[event.state]}{again}: {RULE_NAMES[alert.rule]}: {subject}"
