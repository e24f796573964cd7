"""What is compared with what: from parameters to the sides of the SQL macros.

`by` names the comparison. By `period`, `week` and `month` two ranges follow from the
moment; by `range` the range of the filters is compared with the one of `with_from` and
`with_to`; by a filter's name two of its values, `a` and `b`. Which days those are, SQL says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from indexer import figures
from indexer.errors import UsageError
from indexer.figures import Row
from indexer.filters import LISTS, MAX_TEXT

if TYPE_CHECKING:
    import duckdb

Given = Mapping[str, str]
NAMED = ("period", "week", "month")
WAYS = (*NAMED, "range", *LISTS)


@dataclass(frozen=True, slots=True)
class Side:
    """One side: what it is called, and the days that it covers where it is a range."""

    name: str
    first_day: str | None = None
    last_day: str | None = None

    @property
    def text(self) -> str:
        """Both in one."""
        days = f", {self.first_day} to {self.last_day}" if self.first_day else ""
        return f"{self.name}{days}"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two sides; `arguments` are those of the macros `comparison` and `cost_drivers`."""

    by: str
    a: Side
    b: Side
    is_partial: bool
    arguments: tuple[Any, ...]

    @property
    def is_uneven(self) -> bool:
        """Whether the two are ranges of unequal length that are over."""
        return self.by == "range" and _length(self.a) != _length(self.b)

    def row(self) -> Row:
        """For the API."""
        sides = {"a": self.a, "b": self.b}
        found: Row = {"by": self.by, "is_partial": self.is_partial, "is_uneven": self.is_uneven}
        for key, side in sides.items():
            found[key] = {
                "name": side.name,
                "first_day": side.first_day,
                "last_day": side.last_day,
            }
        return found


def way(given: Given) -> str:
    """The comparison that is asked for. Raises UsageError."""
    chosen = given.get("by") or "period"
    if chosen not in WAYS:
        raise UsageError(f"by: found {chosen[:60]!r}, allowed: {', '.join(WAYS)}")
    return chosen


def sides(connection: "duckdb.DuckDBPyConnection", given: Given) -> Sides | None:
    """The two sides; None where fewer than two values could be compared. Raises UsageError."""
    chosen = way(given)
    if chosen in LISTS:
        return _values(connection, chosen, given)
    return _ranges(connection, chosen, given)


def _ranges(connection: "duckdb.DuckDBPyConnection", chosen: str, given: Given) -> Sides:
    query = "from comparison_ranges(?)"
    name = "period" if chosen == "range" else chosen
    row = figures.rows(connection, query, name)[0]
    bounds = connection.execute(query.replace("from", "select * from"), [name]).fetchone() or ()
    times = list(bounds[:4])
    a = Side("this period", row["a_first_day"], row["a_last_day"])
    b = Side("the one before", row["b_first_day"], row["b_last_day"])
    partial = row["is_partial"]
    if chosen == "range" and (other := _other_range(given)):
        b = Side("the other range", other[0].isoformat(), other[1].isoformat())
        times[2:] = connection.execute(
            "select day_start(?::date), day_start(?::date + 1)", list(other)
        ).fetchone() or (None, None)
    names = {"week": ("this week", "last week"), "month": ("this month", "last month")}
    if chosen in names:
        a, b = (
            Side(name, side.first_day, side.last_day)
            for name, side in zip(names[chosen], (a, b), strict=True)
        )
    return Sides(chosen, a, b, partial, ("range", None, None, *times))


def _other_range(given: Given) -> tuple[date, date] | None:
    texts = [given.get(name, "").strip() for name in ("with_from", "with_to")]
    if not any(texts):
        return None
    first, last = (
        _day(name, text) for name, text in zip(("with_from", "with_to"), texts, strict=True)
    )
    if last < first:
        raise UsageError("with_from, with_to: found an end that is before the start")
    return first, last


def _day(name: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{name}: found {text[:60]!r}, allowed: a day such as 2025-11-18") from (
            error
        )
    if found == date.max:
        raise UsageError(f"{name}: found {text}, allowed: a day before it")
    return found


def _values(connection: "duckdb.DuckDBPyConnection", chosen: str, given: Given) -> Sides | None:
    found = figures.rows(
        connection,
        "select value from filter_choices where filter = ? order by runs desc, value limit 3",
        chosen,
    )
    known = [str(row["value"]) for row in found]
    other = _value(given, "b")
    a = _value(given, "a") or next((value for value in known if value != other), None)
    b = other or next((value for value in known if value != a), None)
    if a is None or b is None:
        return None
    return Sides(chosen, Side(a), Side(b), False, (chosen, a, b, None, None, None, None))


def _value(given: Given, name: str) -> str | None:
    text = given.get(name) or None
    if text and len(text) > MAX_TEXT:
        raise UsageError(f"{name}: found {len(text)} characters, allowed: at most {MAX_TEXT}")
    return text


def _length(side: Side) -> timedelta:
    first, last = side.first_day or "", side.last_day or ""
    return date.fromisoformat(last) - date.fromisoformat(first)
