"""What the `analytics` section says.

`SETTINGS` is the one list of settings: reading, checking, the documentation and its test all
use it. Reading never changes a file. A value of a wrong type is an error that names file, key,
what was found and what is allowed; a key that is not known is reported, not refused, because
the orchestrator and newer versions write keys of their own.
"""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from indexer.errors import ConfigError, WrongValue, as_found, printable
from indexer.layout import Layout
from indexer.times import is_timezone

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.alert_settings import Alerts
    from indexer.budgets import Budget
    from indexer.lake_settings import Lake
    from indexer.report_settings import ScheduledReport

__all__ = [
    "SETTINGS",
    "AnalyticsConfig",
    "Layout",
    "Setting",
    "check_config",
    "load_config",
    "micro_usd",
]

MAX_CONFIG_BYTES = 1_000_000
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


_alerts = _later("indexer.alert_settings", "check_alerts")


@dataclass(frozen=True, slots=True)
class AnalyticsConfig:
    """The `analytics` section with defaults filled in. Budget in USD."""

    enabled: bool = True
    monthly_budget: Decimal | None = None
    timeseries_days: int = 30
    timezone: str = "UTC"
    run_roots: tuple[str, ...] = ()
    on_missing: str = "keep"
    sources: dict[str, bool] = field(default_factory=dict)
    prices: str | None = None
    budgets: "tuple[Budget, ...]" = ()
    alerts: "Alerts" = field(default_factory=lambda: _alerts({}))
    reports: "tuple[ScheduledReport, ...]" = ()
    lake: "Lake | None" = None
    unknown_keys: tuple[str, ...] = ()


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
        _alerts,
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


def load_config(layout: Layout) -> AnalyticsConfig:
    """Read the `analytics` section of `project_config.json`; no file means defaults.

    Raises ConfigError. Comments (`//`, `/* */`) and trailing commas are allowed,
    as in the example that people paste.
    """
    path = layout.config_file
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise ConfigError(f"{path}: not a regular file")
        if status.st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_CONFIG_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return AnalyticsConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    document = _decode(text, path)
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: found {as_found(document)}, allowed: an object")
    return check_config(document.get("analytics", {}), str(path))


def check_config(section: Any, source: str) -> AnalyticsConfig:
    """Check an `analytics` section; `source` is named in the errors."""
    if not isinstance(section, dict):
        raise ConfigError(f"{source}: analytics: found {as_found(section)}, allowed: an object")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name in section:
            values[setting.name] = _checked(setting, section[setting.name], source)
    if values.get("reports"):
        alerts: Alerts = values.get("alerts") or _alerts({})
        with _placed(f"{source}: analytics.reports"):
            names = [channel.label for channel in alerts.channels]
            import_module("indexer.report_settings").check_channels(values["reports"], names)
    known = {setting.name for setting in SETTINGS}
    unknown = tuple(sorted(printable(key) for key in section if key not in known))
    return AnalyticsConfig(**values, unknown_keys=unknown)


def _checked(setting: Setting, value: Any, source: str) -> Any:
    at = f"{source}: analytics.{setting.name}"
    with _placed(at):
        try:
            return setting.check(value)
        except WrongValue:
            raise
        except ValueError as error:
            raise ConfigError(f"{at}: found {as_found(value)}, allowed: {setting.type}") from error


@contextmanager
def _placed(at: str) -> Iterator[None]:
    """A wrong value as an error that says where it was found."""
    try:
        yield
    except WrongValue as error:
        place = f"{at}{printable(error.place)}"
        raise ConfigError(
            f"{place}: found {as_found(error.found)}, allowed: {error.allowed}"
        ) from error


def _decode(text: str, path: "Path") -> Any:
    """Plain JSON, and JSON with comments only where plain JSON fails: it is slow."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        import json5
    try:
        return json5.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON: {error}") from error
