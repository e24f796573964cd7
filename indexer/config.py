"""What the `analytics` section says, by the list in `indexer.settings`.

Reading never changes a file. A value of a wrong type is an error that names file, key, what was
found and what is allowed; a key that is not known is reported, not refused, because the
orchestrator and newer versions write keys of their own.
"""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from indexer.errors import ConfigError, WrongValue, as_found, printable
from indexer.layout import Layout
from indexer.settings import SETTINGS, Setting, check_alerts

if TYPE_CHECKING:
    from pathlib import Path

    from indexer.alert_settings import Alerts
    from indexer.budgets import Budget
    from indexer.lake_settings import Lake
    from indexer.report_settings import ScheduledReport

__all__ = ["AnalyticsConfig", "Layout", "check_config", "load_config"]

MAX_CONFIG_BYTES = 1_000_000


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
    alerts: "Alerts" = field(default_factory=lambda: check_alerts({}))
    reports: "tuple[ScheduledReport, ...]" = ()
    lake: "Lake | None" = None
    unknown_keys: tuple[str, ...] = ()


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
        alerts: Alerts = values.get("alerts") or check_alerts({})
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
