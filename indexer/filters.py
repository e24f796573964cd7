"""What a question is narrowed to: filters as text of a query, and on a connection.

`Filters` holds what was asked for as it was asked: a relative range stays relative,
and `query()` gives the same text back without defaults, so that a link shows the same
view tomorrow. `apply` sets the session variables that the views read (see
`queries/passes_filter.sql`); which days a range means, and where they begin, SQL says.
Filters choose rows and never compute.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from indexer.errors import UsageError
from indexer.times import is_timezone, naive_utc

if TYPE_CHECKING:
    import duckdb

RANGES: Final = ("today", "7d", "30d", "mtd", "last-month", "quarter")
GRAINS: Final = ("day", "week", "month")
WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
# Parameter of a query -> field of Filters, which is also the session variable.
LISTS: Final = {
    "project": "projects",
    "model": "models",
    "role": "roles",
    "mode": "modes",
    "qa": "qa",
    "status": "statuses",
}
PARAMETERS: Final = ("range", "from", "to", *LISTS, "q", "grain", "week_start", "tz", "as_of")
MAX_PERIODS = 3660
MAX_VALUES = 200
MAX_TEXT = 1000
_DAYS = re.compile(r"[1-9]\d{0,3}d", re.ASCII)
_TIME_HELP = "an ISO 8601 time such as 2025-11-18T10:30:00Z, or a day"


@dataclass(frozen=True, slots=True)
class Filters:
    """One question. `start` and `end` are days of the zone, the last included, or
    naive UTC times, the end left out; `as_of` is naive UTC; empty is everything."""

    range: str | None = None
    start: date | datetime | None = None
    end: date | datetime | None = None
    projects: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    qa: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    search: str | None = None
    grain: str | None = None
    week_start: str | None = None
    timezone: str | None = None
    as_of: datetime | None = None

    @classmethod
    def parse(
        cls, query: Mapping[str, Sequence[str]], known: Collection[str] | None = None
    ) -> "Filters":
        """From parameters and their values; empty values count as not given.

        A named `range` beats `from` and `to`. With `known` any parameter that is neither
        a filter's nor in it is refused. Raises UsageError.
        """
        given = {name: [text for text in texts if text.strip()] for name, texts in query.items()}
        if known is not None:
            _refuse_unknown(given, known)
        named = _range(_one(given, "range"))
        start, end = _bound(given, "from"), _bound(given, "to")
        lists = {field: _list(given, name) for name, field in LISTS.items()}
        return cls(
            range=named,
            start=None if named else start,
            end=None if named else end,
            search=_text("q", _one(given, "q")),
            grain=_choice("grain", _one(given, "grain"), GRAINS),
            week_start=_choice("week_start", _one(given, "week_start"), WEEKDAYS),
            timezone=_timezone(_one(given, "tz")),
            as_of=_moment("as_of", _one(given, "as_of")),
            **lists,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """Parameters and values that parse to the same filters, without defaults."""
        single: list[tuple[str, Any]] = [("range", self.range)]
        single += [("from", shown(self.start)), ("to", shown(self.end))]
        found = [(name, str(value)) for name, value in single if value]
        for name, field in LISTS.items():
            found += [(name, value) for value in getattr(self, field)]
        last = [("q", self.search), ("grain", self.grain), ("week_start", self.week_start)]
        last += [("tz", self.timezone), ("as_of", shown(self.as_of))]
        return found + [(name, value) for name, value in last if value]

    def query(self) -> str:
        """`?range=7d&project=alpha`; empty where nothing is asked for."""
        return f"?{urlencode(self.pairs())}" if self.pairs() else ""

    def without(self, name: str, value: str | None = None) -> "Filters":
        """The same without one parameter, or without one value of it."""
        if name == "range":
            return replace(self, range=None, start=None, end=None)
        if name in LISTS:
            kept = tuple(v for v in getattr(self, LISTS[name]) if value is not None and v != value)
            return replace(self, **{LISTS[name]: kept})  # type: ignore[arg-type]
        single: dict[str, Any] = {_FIELDS[name]: None}
        return replace(self, **single)

    @property
    def has_range(self) -> bool:
        """Whether runs are cut by their start."""
        return bool(self.range or self.start or self.end)

    @property
    def narrows(self) -> bool:
        """Whether any filter leaves rows out."""
        lists = any(getattr(self, field) for field in LISTS.values())
        return bool(self.has_range or self.search or lists)

    def apply(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Set the session variables on a connection of an index. Raises UsageError."""
        _set(connection, "as_of", self.as_of)
        _set(connection, "timezone", self.timezone)
        _set(connection, "search", self.search)
        for field in LISTS.values():
            _set(connection, field, list(getattr(self, field)) or None)
        self._apply_range(connection)
        _set(connection, "grain", self.grain)
        if self.week_start:
            _set(connection, "week_start", WEEKDAYS.index(self.week_start) + 1)
        if self.start or self.end:
            _check_periods(connection)

    def _apply_range(self, connection: "duckdb.DuckDBPyConnection") -> None:
        if self.range:
            for name, column in (("range_from", "range_start"), ("range_to", "range_end")):
                query = f"select {column} from named_range('{self.range}')"
                connection.execute(f"set variable {name} = ({query})")
        for name, bound, days in (("range_from", self.start, 0), ("range_to", self.end, 1)):
            if bound is None or isinstance(bound, datetime):
                _set(connection, name, bound)
            else:
                day = f"date '{bound.isoformat()}' + interval {days} day"
                connection.execute(f"set variable {name} = (select day_start({day}))")


_FIELDS: Final = {
    "q": "search",
    "grain": "grain",
    "week_start": "week_start",
    "tz": "timezone",
    "as_of": "as_of",
}


def _set(connection: "duckdb.DuckDBPyConnection", name: str, value: Any) -> None:
    """A variable that stays unset costs nothing: the optimizer drops what asks for it."""
    if value is not None:
        connection.execute(f"set variable {name} = ?", [value])


def _check_periods(connection: "duckdb.DuckDBPyConnection") -> None:
    found = connection.execute(
        "select series_start < series_end, grain,"
        " date_diff(grain, series_first_day, series_last_day) + 1 from clock"
    ).fetchone()
    ordered, grain, periods = found or (True, "day", 0)
    if not ordered:
        raise UsageError("from, to: found an end that is not after the start")
    if periods > MAX_PERIODS:
        raise UsageError(
            f"from, to: found {periods} periods of grain {grain}, allowed: at most {MAX_PERIODS};"
            " choose a coarser grain or a shorter range"
        )


def _refuse_unknown(given: Mapping[str, Sequence[str]], known: Collection[str]) -> None:
    for name in given:
        if name not in PARAMETERS and name not in known:
            allowed = ", ".join([*PARAMETERS, *known])
            raise UsageError(f"query: found {name[:60]!r}, allowed: {allowed}")


def _one(given: Mapping[str, Sequence[str]], name: str) -> str | None:
    texts = given.get(name, ())
    if len(texts) > 1:
        raise UsageError(f"{name}: found {len(texts)} values, allowed: one")
    return texts[0] if texts else None


def _list(given: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    texts = given.get(name, ())
    if len(texts) > MAX_VALUES:
        raise UsageError(f"{name}: found {len(texts)} values, allowed: at most {MAX_VALUES}")
    lower = name in ("mode", "qa")  # as the index has them
    found = (_text(name, text.lower() if lower else text) for text in texts)
    return tuple(dict.fromkeys(text for text in found if text))


def _text(name: str, text: str | None) -> str | None:
    if text and len(text) > MAX_TEXT:
        raise UsageError(f"{name}: found {len(text)} characters, allowed: at most {MAX_TEXT}")
    return text


def _choice(name: str, text: str | None, allowed: Sequence[str]) -> str | None:
    if text and text not in allowed:
        raise UsageError(f"{name}: found {text[:60]!r}, allowed: {', '.join(allowed)}")
    return text


def _range(text: str | None) -> str | None:
    if text is None or text in ("all", "custom"):
        return None
    if is_named(text):
        return text
    names = ", ".join([*RANGES, "all"])
    raise UsageError(f"range: found {text[:60]!r}, allowed: {names}, or 1d to {MAX_PERIODS}d")


def is_named(text: str) -> bool:
    """Whether a text names a relative range."""
    return text in RANGES or bool(_DAYS.fullmatch(text) and int(text[:-1]) <= MAX_PERIODS)


def _timezone(text: str | None) -> str | None:
    if text and not is_timezone(text):
        raise UsageError(
            f'tz: found {text[:60]!r}, allowed: a time zone name such as "Europe/Berlin"'
        )
    return text


def _bound(given: Mapping[str, Sequence[str]], name: str) -> date | datetime | None:
    text = _one(given, name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return _moment(name, text)


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return naive_utc(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{name}: found {text[:60]!r}, allowed: {_TIME_HELP}") from error


def shown(value: date | datetime | None) -> str | None:
    """A bound as text that parses to it again."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if value else None
