"""The filters of the routes as options of commands that report and export.

`filter_options` adds them; `chosen` makes `Filters` of what was typed. `--since` and
`--until` take a day, a time, or the name of a range, of which they take the start or the
end: `--since last-month` reaches until now, `--range last-month` is just that month.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import click

from indexer.config import Layout
from indexer.filters import LISTS, WEEKDAYS, Filters, is_named
from indexer.times import parse_time

Command = TypeVar("Command", bound=Callable[..., Any])
# Option -> parameter of the routes, where the names differ.
_SINGLE = {
    "range_name": "range",
    "search": "q",
    "week_start": "week_start",
    "timezone": "tz",
    "as_of": "as_of",
}
_BOUNDS = {"since": ("from", "first_day"), "until": ("to", "last_day")}
_OPTIONS = (
    click.option(
        "--since", metavar="DAY", help="From a day, a time, or the start of 7d, last-month …"
    ),
    click.option(
        "--until", metavar="DAY", help="To a day (included), a time, or the end of a range."
    ),
    click.option(
        "--range", "range_name", metavar="NAME", help="today, 7d, mtd, last-month, quarter."
    ),
    *(
        click.option(f"--{name}", multiple=True, help="Only this one; may be repeated.")
        for name in LISTS
    ),
    click.option("--search", metavar="TEXT", help="Only runs whose task contains this."),
    click.option("--timezone", metavar="ZONE", help="Zone in which days are cut."),
    click.option("--week-start", type=click.Choice(WEEKDAYS), help="First day of weeks [monday]"),
    click.option(
        "--as-of", metavar="TIME", help="Answer as of this moment (ISO 8601) instead of now."
    ),
)


class Time(click.ParamType[datetime]):
    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        return value if isinstance(value, datetime) else parse_time(value)


as_of_option = click.option(
    "--as-of",
    type=Time(),
    default=None,
    help="Answer as of this moment (ISO 8601, UTC without an offset) instead of now.",
)


def filter_options(command: Command) -> Command:
    """Add them; the command gets them by name, for `chosen`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen(layout: Layout, given: Mapping[str, Any], grain: str | None = None) -> Filters:
    """The filters that were typed. Raises UsageError, NoIndexError."""
    query: dict[str, list[str]] = {name: list(given[name]) for name in LISTS}
    for option, name in _SINGLE.items():
        query[name] = [given[option]] if given[option] else []
    query["grain"] = [grain] if grain else []
    for option, (name, column) in _BOUNDS.items():
        text = given[option]
        if text and is_named(text):
            from indexer.asking import days_of, effective

            moment = effective(Filters.parse({key: query[key] for key in ("tz", "as_of")}))
            text = days_of(layout, text, moment)[column]
        query[name] = [text] if text else []
    return Filters.parse(query)
