"""How the daemon is: what it last did, what it waits for, what it had to mend.

The indexer writes `status.json` in its private folder; `runmeter status`, `/healthz`
and `/metrics` read it. It changes often and is worth no snapshot.
"""

import logging
from datetime import UTC, datetime
from typing import Literal

import msgspec

from indexer.config import Layout

BEAT_SECONDS = 5.0
# A daemon that has been silent for longer is stalled or gone.
SILENCE_SECONDS = 30.0


log = logging.getLogger("runmeter")


class Problems:
    """What does not work at present, by area. Each is logged when it begins and when it is over."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, area: str, text: str) -> None:
        if self._texts.get(area) != text:
            log.error("%s", text)
        self._texts[area] = text

    def solved(self, area: str) -> None:
        if self._texts.pop(area, None) is not None:
            log.warning("%s: works again", area)

    def __contains__(self, area: str) -> bool:
        return area in self._texts

    def __str__(self) -> str:
        return "; ".join(self._texts.values())


class Health(msgspec.Struct):
    """One state of the daemon. Times are ISO 8601 in UTC, durations seconds.

    `lag_seconds`: age of the oldest change that was seen and is not in a snapshot yet.
    `missed_by_events`: run folders that a scan found and no event had told of.
    """

    state: Literal["stopped", "indexing", "watching"] = "stopped"
    pid: int | None = None
    started_at: str | None = None
    heartbeat_at: str | None = None
    events: Literal["on", "off", "refused"] = "off"
    events_reason: str = ""
    last_full_pass: str | None = None
    last_pass_seconds: float | None = None
    snapshot: int | None = None
    publish_seconds: float | None = None
    lag_seconds: float = 0.0
    pending: int = 0
    invalid: int = 0
    held: int = 0
    held_because: str = ""
    missed_by_events: int = 0
    overflows: int = 0
    observer_restarts: int = 0
    handler_errors: int = 0
    clock_jumps: int = 0
    failures: int = 0
    problem: str = ""


def write(layout: Layout, health: Health) -> None:
    """Replace the file. Raises OSError."""
    temporary = layout.status_file.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(health))
    temporary.replace(layout.status_file)


def read(layout: Layout) -> Health | None:
    """The last state written; None where there is none that can be read."""
    try:
        return msgspec.json.decode(layout.status_file.read_bytes(), type=Health)
    except (OSError, msgspec.DecodeError):
        return None


def is_silent(health: Health, now: datetime) -> bool:
    """Whether a daemon that has not stopped has said nothing for too long. `now` is UTC."""
    if health.state == "stopped" or health.heartbeat_at is None:
        return False
    last = datetime.fromisoformat(health.heartbeat_at)
    return (now - last).total_seconds() > SILENCE_SECONDS


def stamp(now_ns: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(now_ns / 1e9, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
