"""Addresses of the same page, narrowed to what somebody clicks on."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

from indexer.filters import Filters
from web import filtering


class Links:
    """Makes them for one request, whose series has periods of the given grain.

    A day stands in many charts and tables, so addresses of days are made once.
    """

    def __init__(self, grain: str) -> None:
        self._grain = grain
        self._filters = filtering.requested()
        self._days: dict[tuple[date, date, bool], str] = {}

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
        found = self._days.get((start, end, by_day))
        if found is None:
            grain = "day" if by_day else self._filters.grain
            chosen: Filters = replace(self._filters, range=None, start=start, end=end, grain=grain)
            found = self._days[start, end, by_day] = filtering.here(chosen)
        return found


def _last_day(start: date, grain: str) -> date:
    if grain == "week":
        return start + timedelta(days=min(6, (date.max - start).days))
    if grain == "month":
        return start.replace(day=monthrange(start.year, start.month)[1])
    return start
