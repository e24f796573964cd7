"""What pages need to follow the index: how new the data is, running jobs, open alerts.

`version` is asked by every open page every few seconds, so it makes one query a
snapshot and no more: a snapshot never changes, and what it told is kept.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
from flask import Flask, current_app

from indexer import figures
from indexer import health as daemon
from indexer.errors import NoIndexError
from indexer.filters import shown
from web import filtering
from web.respond import reader

_QUERY = (
    "select published_at, jobs_running, open_alerts"
    " from index_info cross join job_summary cross join alert_bell"
)


@dataclass(slots=True)
class Pulse:
    """What the newest snapshot told; `number` is None before the first."""

    number: int | None = None
    published_at: str | None = None
    jobs_running: int = 0
    open_alerts: int | None = None


class Pulses:
    """Keeps the pulse of one snapshot. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = Pulse()

    def now(self) -> Pulse:
        """That of the newest snapshot."""
        number = reader().number
        with self._lock:
            if number is None:
                self._last = Pulse()
            elif number != self._last.number:
                self._last = _read(number)
            return self._last


def _read(number: int) -> Pulse:
    try:
        with reader().connect() as connection:
            return _ask(connection, number)
    except NoIndexError:  # removed since its number was read
        return Pulse()


def _ask(connection: duckdb.DuckDBPyConnection, number: int) -> Pulse:
    row = figures.rows(connection, _QUERY)[0]
    return Pulse(number, **row)


def version() -> dict[str, Any]:
    """Number of the newest snapshot, the moment that it holds for, and running jobs."""
    pulse = _pulses().now()
    return {
        "snapshot": pulse.number,
        "data_as_of": _current_until(pulse),
        "jobs_running": pulse.jobs_running,
        "open_alerts": pulse.open_alerts,
    }


def open_alerts() -> int | None:
    """How many alerts wait for somebody; None where nobody has looked for any."""
    return _pulses().now().open_alerts


def data_as_of() -> str | None:
    """The moment that the page holds for: the one asked for, else that of the data."""
    as_of = filtering.effective().as_of
    return shown(as_of) if as_of else _current_until(_pulses().now())


def _current_until(pulse: Pulse) -> str | None:
    """When the daemon last found nothing newer, else when the snapshot was published."""
    known = daemon.read(reader().layout)
    if pulse.number is None or known is None or not known.heartbeat_at:
        return pulse.published_at
    behind = known.lag_seconds > 0 or known.snapshot != pulse.number
    if known.state == "stopped" or behind or daemon.is_silent(known, datetime.now(UTC)):
        return pulse.published_at
    return max(known.heartbeat_at, pulse.published_at or "")


def _pulses() -> Pulses:
    found: Pulses = current_app.extensions["runmeter_pulses"]
    return found


def register(app: Flask) -> None:
    """Make them known to the app and its templates."""
    app.extensions["runmeter_pulses"] = Pulses()
    app.context_processor(lambda: {"data_as_of": data_as_of, "open_alerts": open_alerts})
