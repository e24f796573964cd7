"""Moments, as naive UTC, which is what the database holds, and time zones."""

import os
from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from indexer.errors import UsageError


def from_nanoseconds(since_1970: int) -> datetime:
    return datetime.fromtimestamp(since_1970 / 1e9, UTC).replace(tzinfo=None)


def iso(moment: datetime) -> str:
    """Naive UTC as ISO 8601 with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds") + "Z"


def naive_utc(text: str) -> datetime:
    """An ISO 8601 date or time as naive UTC; without an offset it is taken as UTC.

    Raises ValueError, and OverflowError beyond the years 1 to 9999.
    """
    value = datetime.fromisoformat(text.strip())
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def parse_time(text: str) -> datetime:
    """The same for what a person has given. Raises UsageError."""
    try:
        return naive_utc(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"as of: found {text[:60]!r}, allowed: an ISO 8601 time such as 2025-11-18T10:30:00Z"
        ) from error


def default_as_of() -> datetime | None:
    """The moment that RUNMETER_AS_OF puts in the place of now, if it is set."""
    text = os.environ.get("RUNMETER_AS_OF")
    return parse_time(text) if text else None


def is_timezone(name: str) -> bool:
    """Whether Python and DuckDB both know a zone of this name."""
    # Not every file that ZoneInfo opens is a zone to DuckDB: localtime, posix/…, right/….
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})
