"""The filters of the request, for pages and routes alike, and what pages show of them.

The query string is the whole state: `requested` reads it once a request. Pages that
are asked with empty fields, as a form sends them, lead to the address without them.
On the API a parameter that nobody knows is an error, because a misspelt filter would
answer with the figures of everything.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from indexer import figures
from indexer.filters import LISTS, PARAMETERS, RANGES, Filters, shown
from indexer.times import default_as_of
from web.kept import Kept

# Pages in the order of the navigation: endpoint and name.
NAVIGATION: list[tuple[str, str]] = [
    ("pages.analytics", "Overview"),
    ("compare.compared", "Compare"),
    ("quality_cost.shown", "Quality"),
    ("runs.listed", "Runs"),
    ("jobs.listed", "Jobs"),
    ("budgets.shown", "Budgets"),
    ("alerts.shown", "Alerts"),
    ("sql.shown", "SQL"),
    ("quality.shown", "Data"),
    ("views.shown", "Views"),
]
# Parameters that a route of the API takes beside the filters, by endpoint. `api.route` fills it
# from what it describes.
EXTRA_PARAMETERS: dict[str, tuple[str, ...]] = {}
# Parameters of a page, such as a sort order, that stay when its filters change.
KEPT_PARAMETERS: dict[str, tuple[str, ...]] = {
    "compare.compared": ("by", "a", "b", "with_from", "with_to"),
    "pages.analytics": ("panels",),
    "runs.listed": ("sort", "order"),
    "jobs.listed": ("state", "sort", "order"),
    "sql.shown": ("query",),
}
RANGE_NAMES = {
    "today": "Today",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "mtd": "Month to date",
    "last-month": "Last month",
    "quarter": "Quarter to date",
}
LIST_NAMES = {
    "project": "Project",
    "model": "Model",
    "role": "Role",
    "mode": "Mode",
    "qa": "QA",
    "status": "Outcome",
}
SHOWN_CHOICES = 100
# A few of the six hundred to choose from; any other can be typed.
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


# Filter -> values with how many runs have them.
Choices = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it says, and the address without it."""

    name: str
    value: str
    url: str


def requested() -> Filters:
    """The filters of this request. Raises UsageError."""
    if "filters" not in g:
        query = request.args.to_dict(flat=False)
        api = request.path.startswith("/api/")
        known = EXTRA_PARAMETERS.get(request.endpoint or "", ()) if api else None
        g.filters = Filters()  # so that the page of the error has some
        g.filters = Filters.parse(query, known)
    found: Filters = g.filters
    return found


def effective() -> Filters:
    """The same with the moment that the environment may put in the place of now."""
    filters = requested()
    return filters if filters.as_of else replace(filters, as_of=default_as_of())


def tidy() -> Response | None:
    """A redirect to the address without empty and contradicting parameters, if it has any."""
    given = [pair for pair in request.args.items(multi=True) if pair[1].strip()]
    own = [pair for pair in given if pair[0] in PARAMETERS]
    others = [pair for pair in given if pair[0] not in PARAMETERS]
    empty = len(given) < len(list(request.args.items(multi=True)))
    if not empty and {name for name, _ in own} == {name for name, _ in requested().pairs()}:
        return None
    return redirect(address([*requested().pairs(), *others]))


def link(endpoint: str, filters: Filters | None = None, **values: Any) -> str:
    """Address of a page or route under the given filters, else those of the request."""
    chosen = requested() if filters is None else filters
    return url_for(endpoint, **values) + chosen.query()


def narrowed(name: str, value: str) -> str:
    """Address of this page with one list filter set to just this value."""
    filters = replace(requested(), **{LISTS[name]: (value,)})  # type: ignore[arg-type]
    return here(filters)


def chips() -> list[Chip]:
    """What is set, in the order of the form, each with the address that lifts it."""
    filters = requested()
    found = []
    if filters.has_range:
        found.append(Chip("Range", _range_text(filters), here(filters.without("range"))))
    for name, field in LISTS.items():
        for value in getattr(filters, field):
            found.append(Chip(LIST_NAMES[name], value, here(filters.without(name, value))))
    single = (
        ("q", "Task contains", filters.search),
        ("week_start", "Weeks from", filters.week_start),
        ("tz", "Time zone", filters.timezone),
    )
    for name, label, text in single:
        if text:
            found.append(Chip(label, text, here(filters.without(name))))
    if filters.as_of:
        moment = f"{filters.as_of:%Y-%m-%d %H:%M} UTC"
        found.append(Chip("As of", moment, here(filters.without("as_of"))))
    return found


def _range_text(filters: Filters) -> str:
    if filters.range:
        return RANGE_NAMES.get(filters.range, f"Last {filters.range[:-1]} days")
    pairs = dict(filters.pairs())
    return f"{pairs.get('from', '…')} to {pairs.get('to', '…')}"


def kept() -> list[tuple[str, str]]:
    """Parameters of this page that are no filters and stay when those change."""
    names = KEPT_PARAMETERS.get(request.endpoint or "", ())
    return [(name, text) for name in names for text in request.args.getlist(name)]


def here(filters: Filters) -> str:
    """Address of this page under other filters."""
    return address([*filters.pairs(), *kept()])


def with_parameters(endpoint: str, **more: str) -> str:
    """Address of a route under the filters, with further parameters, and with those of the page
    that it takes."""
    taken = EXTRA_PARAMETERS.get(endpoint, ())
    pairs = [*requested().pairs(), *(pair for pair in kept() if pair[0] in taken), *more.items()]
    return url_for(endpoint) + (f"?{urlencode(pairs)}" if pairs else "")


def address(pairs: list[tuple[str, str]]) -> str:
    """Address of this page with these parameters."""
    return f"{_base()}?{urlencode(pairs)}" if pairs else _base()


def _base() -> str:
    return url_for(request.endpoint or "pages.analytics", **(request.view_args or {}))


def choices(connection: Any) -> Choices:
    """Values of each list filter, most runs first; those that are set are among them."""
    return chosen_first(values()(connection))


def chosen_first(there: Choices) -> Choices:
    """The same of values already asked for."""
    filters = requested()
    found: Choices = {}
    for name, field in LISTS.items():
        chosen = getattr(filters, field)
        known = {row["value"] for row in there[name]}
        shown = [row for row in there[name] if row["value"] in chosen]
        shown += [{"value": value, "runs": 0} for value in chosen if value not in known]
        shown += [row for row in there[name] if row["value"] not in chosen]
        found[name] = shown
    return found


def values() -> Callable[[Any], Choices]:
    """Asks a connection, of any thread, for the values of each list filter, most runs first.

    They follow from the snapshot alone, so they are kept.
    """
    kept: Kept = current_app.extensions["runmeter-kept"]

    def ask(connection: Any) -> Choices:
        number = figures.rows(connection, "select snapshot from index_info")[0]["snapshot"]
        return kept.of(number, ("choices", str(number)), lambda: _values(connection))

    return ask


def _values(connection: Any) -> Choices:
    found: Choices = {name: [] for name in LISTS}
    for row in figures.rows(connection, "from filter_choices"):
        found[row["filter"]].append(row)
    return found


def register(app: Flask) -> None:
    """Make them known to the templates."""
    app.add_template_filter(lambda value: shown(value) or "", "given")
    app.add_template_test(lambda value: isinstance(value, datetime), "clocked")

    @app.context_processor
    def _names() -> dict[str, Any]:
        return {
            "filters": requested,
            "chips": chips,
            "kept": kept,
            "here": _base,
            "reset_url": lambda: here(Filters()),
            "link": link,
            "with_parameters": with_parameters,
            "narrowed": narrowed,
            "navigation": NAVIGATION,
            "range_names": RANGE_NAMES,
            "list_names": LIST_NAMES,
            "list_fields": LISTS,
            "ranges": RANGES,
            "shown_choices": SHOWN_CHOICES,
            "zones": ZONES,
        }
