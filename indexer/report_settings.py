"""`analytics.reports`: which reports are made when, of what, and through which channels they go.

`ScheduledReport` is the one definition: it checks what is read and is what the JSON Schema is
made from. When a report is due follows from it alone; see `indexer.schedule`.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from indexer.checked import TEXT, convert, definitions, has_half_a_character
from indexer.errors import UsageError, WrongValue
from indexer.filters import RANGES, Filters, is_named
from indexer.settings import MAX_REPORTS
from indexer.times import is_timezone

MAX_CHANNELS = 20
# What only the report of everything can be written as.
WHOLE_FORMATS = ("xlsx", "pdf", "parquet")
SUFFIXES = {"xlsx": "xlsx", "pdf": "pdf", "parquet": "zip", "csv": "csv", "json": "json"}
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "parquet": "application/zip",
    "csv": "text/csv",
    "json": "application/json",
}
GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Text = Annotated[str, Meta(min_length=1, max_length=1000)]
_Values = Annotated[
    _Text | Annotated[tuple[_Text, ...], Meta(max_length=200)],
    Meta(description="a text, or a list of at most 200 texts"),
]


class ReportFilters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a report is narrowed to: the filters of the routes but for range, zone and moment."""

    project: _Values = ()
    model: _Values = ()
    role: _Values = ()
    mode: _Values = ()
    qa: _Values = ()
    status: _Values = ()
    q: Annotated[_Text | None, Meta(description="a text that tasks contain, or null")] = None
    week_start: Annotated[_Weekday, Meta(description="a day of the week: monday to sunday")] = (
        "monday"
    )

    def query(self) -> dict[str, list[str]]:
        """As parameters of a query and their values."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {
            name: [value] if isinstance(value, str) else list(value)
            for name, value in found.items()
            if value
        }


class ScheduledReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One report. Days and times are of its zone."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            pattern=TEXT,
            description="a text of 1 to 100 characters that no other report has",
        ),
    ]
    when: Annotated[
        Literal["daily", "weekly", "monthly"], Meta(description="daily, weekly or monthly")
    ]
    to: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...],
        Meta(
            min_length=1,
            max_length=MAX_CHANNELS,
            description=f"a list of 1 to {MAX_CHANNELS} names of channels of analytics.alerts",
        ),
    ]
    report: Annotated[
        Literal[
            "overview", "daily", "weekly", "monthly", "projects", "models", "roles", "jobs",
            "budget", "compare",
        ],
        Meta(
            description="overview, daily, weekly, monthly, projects, models, roles, jobs, budget"
            " or compare"
        ),
    ] = "overview"  # fmt: skip
    format: Annotated[
        Literal["xlsx", "pdf", "parquet", "csv", "json"],
        Meta(description="csv or json, of the overview also xlsx, pdf and parquet"),
    ] = "pdf"
    filters: Annotated[
        ReportFilters,
        Meta(description="an object of project, model, role, mode, qa, status, q and week_start"),
    ] = msgspec.field(default_factory=ReportFilters)
    range: Annotated[
        Annotated[str, Meta(max_length=20)] | None,
        Meta(
            description=f"{', '.join(RANGES)}, a number of days such as 90d, all,"
            " or null for the period that has ended"
        ),
    ] = None
    at: Annotated[
        str,
        Meta(
            pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$", description='a time such as "06:30"'
        ),
    ] = "06:00"
    timezone: Annotated[
        str | None, Meta(description='a time zone name such as "Europe/Berlin", or null')
    ] = None
    weekday: Annotated[_Weekday, Meta(description="a day of the week: monday to sunday")] = "monday"
    day: Annotated[
        int,
        Meta(ge=1, le=31, description="a day of the month from 1 to 31, at most its last"),
    ] = 1

    @property
    def words(self) -> str:
        """When it is due, in words."""
        place = {"weekly": f" on {self.weekday}", "monthly": f" on day {self.day}"}
        return f"{self.when}{place.get(self.when, '')} at {self.at}"


_Reports = list[Annotated[ScheduledReport, Meta(description="a report, which is an object")]]


def check_reports(value: Any) -> tuple[ScheduledReport, ...]:
    """The list as reports. Raises WrongValue with the place inside the list."""
    if not isinstance(value, list) or len(value) > MAX_REPORTS:
        raise WrongValue(value, f"a list of at most {MAX_REPORTS} reports")
    reports = convert(value, _Reports)
    names: set[str] = set()
    for place, report in enumerate(reports):
        _check_one(report, f"[{place}]", names)
        names.add(report.name.casefold())
    return tuple(reports)


def check_channels(reports: Iterable[ScheduledReport], channels: Iterable[str]) -> None:
    """Every channel that a report goes to is there. Raises WrongValue."""
    known = list(channels)
    for place, report in enumerate(reports):
        for number, name in enumerate(report.to):
            if name not in known:
                allowed = ", ".join(known) or "a channel of analytics.alerts, which has none"
                raise WrongValue(name, allowed, f"[{place}].to[{number}]")


def report_schemas() -> dict[str, Any]:
    """JSON Schemas of a report and of its filters, by name."""
    return definitions(ScheduledReport)


def _check_one(report: ScheduledReport, at: str, names: set[str]) -> None:
    texts = [("name", report.name), *(("to", name) for name in report.to)]
    query = report.filters.query()
    texts += [(f"filters.{name}", value) for name, values in query.items() for value in values]
    for key, text in texts:
        if has_half_a_character(text):
            raise WrongValue(text, "text without half a character", f"{at}.{key}")
    if report.name.casefold() in names:
        raise WrongValue(report.name, "a name that no other report has", f"{at}.name")
    if report.report != "overview" and report.format in WHOLE_FORMATS:
        allowed = f"csv or json, where the report is {report.report}"
        raise WrongValue(report.format, allowed, f"{at}.format")
    if report.timezone is not None and not is_timezone(report.timezone):
        allowed = 'a time zone name such as "Europe/Berlin", or null'
        raise WrongValue(report.timezone, allowed, f"{at}.timezone")
    if report.range is not None and report.range != "all" and not is_named(report.range):
        allowed = report_schemas()["ScheduledReport"]["properties"]["range"]["description"]
        raise WrongValue(report.range, allowed, f"{at}.range")
    try:
        Filters.parse(query)
    except UsageError as error:
        raise WrongValue(msgspec.to_builtins(query), str(error), f"{at}.filters") from error
