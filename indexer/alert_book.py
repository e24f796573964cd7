"""What was decided on alerts, in the index: rows as structs and back.

Writing is for a transaction that the caller has begun, so that a decision and what is to be
sent of it are stored together or not at all.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from indexer.deciding import Alert, Change, Finding
from indexer.errors import RunmeterError
from indexer.store import Store


def known(store: Store, findings: Iterable[Finding]) -> list[Alert]:
    """The open alerts, and the newest of each key that is found."""
    keys = [finding.alert_key for finding in findings]
    return _alerts(
        store,
        "where over_at is null or alert_key in (select unnest($1::varchar[]))"
        " qualify row_number() over (partition by alert_key order by opened_at desc) = 1",
        keys,
    )


def change(store: Store, alert_id: str, how: Callable[[Alert], Alert]) -> None:
    """Change an open alert on request. Raises RunmeterError where there is none."""
    alert = next(iter(_alerts(store, "where alert_id = $1", alert_id)), None)
    if alert is None or alert.over_at is not None:
        what = "which is over" if alert else "which is not known"
        raise RunmeterError(f"alert: found {alert_id[:100]!r}, {what}")
    with store.changing():
        put(store, [how(alert)])


def is_watched(store: Store) -> bool:
    """Whether alerts were decided on before."""
    return store.scalar("select count(*) from alert_watch") > 0


def begin(store: Store, now: datetime) -> None:
    """Note that alerts are decided on from now on."""
    store.insert("alert_watch", [(now,)])


def write(store: Store, changes: Sequence[Change]) -> None:
    """The alerts as they are now, and what happened."""
    put(store, [change.alert for change in changes])
    events = [change.event for change in changes if change.event is not None]
    store.insert("alert_events", map(msgspec.structs.astuple, events))


def put(store: Store, alerts: Sequence[Alert]) -> None:
    """Each in the place of its former row."""
    ids = [alert.alert_id for alert in alerts]
    store.connection.execute(
        "delete from alerts where alert_id in (select unnest($1::varchar[]))", [ids]
    )
    store.insert("alerts", map(msgspec.structs.astuple, alerts))


def _alerts(store: Store, which: str, value: object) -> list[Alert]:
    names = Alert.__struct_fields__
    rows = store.connection.execute(
        f"select {', '.join(names)} from alerts {which}", [value]
    ).fetchall()
    return [Alert(**dict(zip(names, row, strict=True))) for row in rows]
