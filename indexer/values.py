"""Single values of an untrusted document: taken if they are what they should be.

A `Reader` belongs to one document. A value of a wrong kind becomes unknown and leaves
a warning with its place; a redacted one becomes unknown without a warning.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from indexer.records import MAX_COST, MAX_COUNT, MAX_NAME, MAX_TEXT, Issue
from indexer.times import naive_utc


class Reader:
    """Takes values out of one document and collects what was wrong with them."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.redacted = False

    def warn(self, place: str, found: Any, allowed: str) -> None:
        shown = clean(found if isinstance(found, str) else repr(found)[:200])[:80]
        self.issues.append(Issue("warning", place[:200], f"left out; allowed: {allowed}", shown))

    def section(self, parent: Mapping[str, Any], key: str, at: str = "") -> Mapping[str, Any]:
        value = parent.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.warn(at + key, value, "an object")
            return {}
        return value

    def entries(
        self, parent: Mapping[str, Any], key: str, at: str = ""
    ) -> list[tuple[Mapping[str, Any] | None, str]]:
        """(entry, place) of a list of objects; an entry of another kind is None."""
        value = parent.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.warn(at + key, value, "a list")
            return []
        found: list[tuple[Mapping[str, Any] | None, str]] = []
        for place, item in enumerate(value):
            usable = item if isinstance(item, dict) else None
            if usable is None and item is not None:
                self.warn(f"{at}{key}[{place}]", item, "an object")
            found.append((usable, f"{at}{key}[{place}]."))
        return found

    def text(
        self, parent: Mapping[str, Any], key: str, at: str = "", limit: int = MAX_TEXT
    ) -> str | None:
        value = parent.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.warn(at + key, value, "text")
            return None
        return clean(value)[:limit]

    def time(self, parent: Mapping[str, Any], key: str, at: str = "") -> datetime | None:
        """An ISO 8601 time as naive UTC; without an offset it is UTC."""
        value = parent.get(key)
        if value is None or value == "":
            return None
        try:
            return _quick_time(value) or naive_utc(value)
        except (AttributeError, ValueError, OverflowError):  # AttributeError: not text
            self.warn(at + key, value, "an ISO 8601 time such as 2025-11-18T10:30:00Z")
            return None

    def count(self, parent: Mapping[str, Any], keys: tuple[str, ...], at: str = "") -> int | None:
        """A whole number, not negative, under the first of `keys` that is there."""
        key, value = _first(parent, keys)
        if type(value) is int and 0 <= value <= MAX_COUNT:
            return value
        if value is None or self._is_redacted(value):
            return None
        if isinstance(value, float) and value.is_integer() and 0 <= value <= MAX_COUNT:
            return int(value)
        self.warn(at + key, value, f"a whole number from 0 to {MAX_COUNT:,}")
        return None

    def money(self, parent: Mapping[str, Any], keys: tuple[str, ...], at: str = "") -> float | None:
        """USD, not negative, under the first of `keys` that is there."""
        key, value = _first(parent, keys)
        if value is None or self._is_redacted(value):
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and 0 <= value <= MAX_COST:  # also False for NaN
            return abs(float(value))  # no -0.0
        self.warn(at + key, value, f"a number from 0 to {MAX_COST:,}")
        return None

    def _is_redacted(self, value: Any) -> bool:
        redacted = isinstance(value, str) and "redacted" in value[:100].lower()
        self.redacted = self.redacted or redacted
        return redacted


def clean(text: str) -> str:
    """Text that any encoder and database takes: no lone surrogates, no NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def _first(parent: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, Any]:
    for key in keys:
        if parent.get(key) is not None:
            return key, parent[key]
    return keys[0], None


def unique(name: str, taken: Mapping[str, Any]) -> str:
    """Names that differ only in what was cut or cleaned away stay apart."""
    result, number = name, 2
    while result in taken:
        result, number = f"{name[: MAX_NAME - 8]}~{number}", number + 1
    return result


def _quick_time(value: Any) -> datetime | None:
    """The same reading, to the digit, as of a document without faults."""
    try:
        time = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        return None
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
