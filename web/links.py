"""Addresses of the same page, narrowed to what somebody clicks on."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

from web import filtering


class Links:
    """Makes them for one request, whose series has periods of the given grain.

    Days stand in many charts and tables, and their addresses differ in `from` and `to` alone,
    which come first (`Filters.pairs`); so the rest is made once for each grain that they can have.
    """

    def __init__(self, grain: str) -> None:
        self._grain = grain
        self._filters = filtering.requested()
        whole = replace(self._filters, range=None, start=None, end=None)
        self._rests = {
            kept: filtering.here(replace(whole, grain=kept)).partition("?")
            for kept in ("day", self._filters.grain)
        }

    def narrowed(self, name: str, value: str) -> str:
        """With a list filter set to just this value."""
        return filtering.narrowed(name, value)

    def period(self, first: str) -> str:
        """With the range set to the period of the series that begins on this day."""
        start = date.fromisoformat(first)
        return self._range(start, _last_day(start, self._grain), by_day=self._grain != "day")

    def day(self, first: str) -> str:
        """With the range set to this day."""
        start = date.fromisoformat(first)
        return self._range(start, start, by_day=False)

    def grain(self, name: str) -> str:
        """With another grain."""
        return filtering.here(replace(self._filters, grain=name))

    def _range(self, start: date, end: date, by_day: bool) -> str:
        path, _, rest = self._rests["day" if by_day else self._filters.grain]
        return f"{path}?from={start}&to={end}{'&' if rest else ''}{rest}"


def _last_day(start: date, grain: str) -> date:
    if grain == "week":
        return start + timedelta(days=min(6, (date.max - start).days))
    if grain == "month":
        return start.replace(day=monthrange(start.year, start.month)[1])
    return start
