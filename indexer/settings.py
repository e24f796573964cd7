"""The one list of settings: reading, checking, the documentation and its test all use it.

A check gives the value as it is used, and raises ValueError where it cannot be; WrongValue where
only a part of it cannot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import Any

from indexer.errors import printable
from indexer.times import is_timezone

MAX_DAYS = 3660
MAX_BUDGET = 999_999_999_999
MAX_BUDGETS = 200
MAX_REPORTS = 50
_MICRO_USD = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the `analytics` section: how it is named, checked and documented.

    `schema` is the JSON Schema of its values, for editors.
    """

    name: str
    type: str
    default: Any
    help: str
    check: Callable[[Any], Any]
    schema: dict[str, Any]


def _later(module: str, check: str) -> Callable[[Any], Any]:
    """A check whose module is loaded only where there is something to check."""
    return lambda value: getattr(import_module(module), check)(value)


check_alerts = _later("indexer.alert_settings", "check_alerts")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def micro_usd(amount: int | float | Decimal) -> Decimal:
    """As precise as the columns are."""
    return Decimal(str(amount)).quantize(_MICRO_USD)


def _budget(value: Any) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError
    if not 0 <= value <= MAX_BUDGET:  # also False for NaN
        raise ValueError
    return micro_usd(value)


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_DAYS:
        raise ValueError
    return value


def _zone(value: Any) -> str:
    if not isinstance(value, str) or not is_timezone(value):
        raise ValueError
    return value


def _folders(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError
    if any("\0" in item for item in value):
        raise ValueError
    return tuple(value)


def _sources(value: Any) -> dict[str, bool]:
    if not isinstance(value, dict) or not all(isinstance(on, bool) for on in value.values()):
        raise ValueError
    return {printable(name): on for name, on in value.items()}


def _file(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value or "\0" in value):
        raise ValueError
    return value


def _on_missing(value: Any) -> str:
    if value not in ("keep", "forget"):
        raise ValueError
    return str(value)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "enabled",
        "true or false",
        True,
        "Turn the dashboard and its routes on or off.",
        _boolean,
        {"type": "boolean"},
    ),
    Setting(
        "monthly_budget",
        f"a number from 0 to {MAX_BUDGET}, or null",
        None,
        "What a calendar month may cost, in USD; null for no budget.",
        _budget,
        {"type": ["number", "null"], "minimum": 0, "maximum": MAX_BUDGET},
    ),
    Setting(
        "timeseries_days",
        f"a whole number from 1 to {MAX_DAYS}",
        30,
        "Days in the daily charts, today included.",
        _days,
        {"type": "integer", "minimum": 1, "maximum": MAX_DAYS},
    ),
    Setting(
        "timezone",
        'a time zone name such as "Europe/Berlin"',
        "UTC",
        "Zone in which days and months are cut.",
        _zone,
        {"type": "string"},
    ),
    Setting(
        "run_roots",
        "a list of folders",
        (),
        "Further folders of runs beside `run_logs`, such as an archive; relative to the root.",
        _folders,
        {"type": "array", "items": {"type": "string", "minLength": 1}},
    ),
    Setting(
        "on_missing",
        '"keep" or "forget"',
        "keep",
        "What becomes of a run whose file is gone: it stays in the totals, or goes with it.",
        _on_missing,
        {"enum": ["keep", "forget"]},
    ),
    Setting(
        "sources",
        "an object of names with true or false",
        {},
        "Kinds of records that are read or not, where that differs from what is usual for them.",
        _sources,
        {"type": "object", "additionalProperties": {"type": "boolean"}},
    ),
    Setting(
        "prices",
        "the name of a file, or null",
        None,
        "A price table in the place of the one that ships, for calls of which no cost is stated;"
        " relative to the root.",
        _file,
        {"type": ["string", "null"], "minLength": 1},
    ),
    Setting(
        "budgets",
        "a list of budgets",
        (),
        "Further budgets, by project, model, role or mode and for other periods.",
        _later("indexer.budgets", "check_budgets"),
        {"type": "array", "maxItems": MAX_BUDGETS, "items": {"$ref": "#/$defs/Budget"}},
    ),
    Setting(
        "alerts",
        "an object",
        {},
        "Which alerts speak, how soon, and through which channels.",
        check_alerts,
        {"$ref": "#/$defs/Alerts"},
    ),
    Setting(
        "reports",
        "a list of reports",
        (),
        "Reports that are made by the daemon, and the channels that they go through.",
        _later("indexer.report_settings", "check_reports"),
        {"type": "array", "maxItems": MAX_REPORTS, "items": {"$ref": "#/$defs/ScheduledReport"}},
    ),
    Setting(
        "lake",
        "an object with catalog and data_path, or null",
        None,
        "The lake that several machines share; null for none.",
        _later("indexer.lake_settings", "check_lake"),
        {"anyOf": [{"$ref": "#/$defs/Lake"}, {"type": "null"}]},
    ),
)
