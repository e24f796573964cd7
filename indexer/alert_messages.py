"""An alert in words: the message that the channels get. The reason comes from SQL."""

from urllib.parse import urlencode

from indexer.alert_settings import RULE_NAMES
from indexer.channels import Message
from indexer.deciding import Alert, Event
from indexer.times import iso

_STATES = {"ALERT": "Alert", "WARNING": "Warning", "NO_DATA": "No data", "OK": "Over"}


def message(alert: Alert, event: Event) -> Message:
    """What is said of an event. Names in it are as run files have them; Message tames them."""
    is_monthly = alert.scope == "budget" and alert.subject == "monthly_budget"
    subject = "monthly" if is_monthly else alert.subject
    again = " (again)" if event.kind == "repeated" else ""
    return Message(
        id=event.event_id,
        title=f"{_STATES[event.state]}{again}: {RULE_NAMES[alert.rule]}: {subject}",
        body=event.explanation,
        state=event.state,
        rule=alert.rule,
        subject=alert.subject,
        at=iso(event.happened_at),
        link=link(alert),
    )


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
