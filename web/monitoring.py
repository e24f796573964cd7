"""What machines ask: `/healthz` for supervisors, `/metrics` for Prometheus.

Both tell the state that the daemon last wrote down; where none runs they tell of the
snapshots alone. Figures in the metrics come from `overall_summary`, unfiltered.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from indexer import figures
from indexer import health as daemon
from indexer.errors import NoIndexError
from indexer.health import Health
from web.respond import kept, quarter, reader

blueprint = Blueprint("monitoring", __name__)

_GAUGES = {
    "last_pass_seconds": "How long the last full pass took, in seconds",
    "publish_seconds": "How long the last publish took, in seconds",
    "lag_seconds": "Age of the oldest change that no snapshot holds, in seconds",
    "pending": "Files that wait to be looked at",
    "invalid": "Files that cannot be read",
    "held": "Run folders that are gone and not believed to be",
}
_COUNTERS = {
    "missed_by_events": "Run folders that a scan found and no event had told of",
    "overflows": "Overflows of the system's event queue",
    "observer_restarts": "Times that file events had to be started anew",
    "handler_errors": "Events that could not be passed on",
    "clock_jumps": "Jumps of the system's clock",
    "failures": "Steps of the daemon that failed and were repeated",
}
_FIGURES = {
    "total_runs": ("runs", "Runs"),
    "total_cost": ("cost_usd", "Cost of all runs in USD, as far as it is known"),
    "cost_unknown_runs": ("runs_of_unknown_cost", "Runs whose cost is unknown"),
    "current_month_cost": ("month_cost_usd", "Cost of the calendar month in USD"),
    "monthly_budget": ("month_budget_usd", "Budget of the calendar month in USD"),
    "jobs_failed": ("jobs_failed", "Jobs that failed"),
    "open_alerts": ("open_alerts", "Alerts that are open, not acknowledged and not snoozed"),
    "paused_channels": ("paused_channels", "Channels of alerts that rest after many failures"),
}


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 where snapshots can be read and no daemon is stuck, else 503 with the reason."""
    number, known = reader().number, daemon.read(reader().layout) or Health()
    silent = daemon.is_silent(known, datetime.now(UTC))
    status = "ok"
    if number is None:
        status = "no index yet"
    elif silent:
        status = f"the daemon has been silent since {known.heartbeat_at}"
    response = jsonify({"status": status, **msgspec.to_builtins(known), "snapshot": number})
    response.status_code = 200 if status == "ok" else 503
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """All of it in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    response = Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    response.headers["Cache-Control"] = "no-store"
    return response


class _Collector(Collector):
    """Reads everything anew for one answer."""

    def describe(self) -> list[Metric]:
        return []  # or registering would collect

    def collect(self) -> Iterator[Metric]:
        known = daemon.read(reader().layout) or Health()
        alive = known.state != "stopped" and not daemon.is_silent(known, datetime.now(UTC))
        yield _gauge("daemon_up", "Whether a daemon keeps the index up to date", alive)
        yield _gauge("events_on", "Whether file events are on", alive and known.events == "on")
        yield _gauge("snapshot", "Number of the newest snapshot", reader().number)
        yield _gauge(
            "last_full_pass_timestamp_seconds",
            "When the last full pass ended, in seconds since 1970",
            _seconds(known.last_full_pass),
        )
        for name, text in _GAUGES.items():
            yield _gauge(name, text, getattr(known, name))
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"runmeter_{name}", text, value=getattr(known, name))
        yield from _figures()


def _figures() -> Iterator[Metric]:
    number = reader().number
    if number is None:
        return
    try:
        summary = kept().of(number, ("metrics", str(number), quarter()), _summary)
    except NoIndexError:  # removed since its number was read
        return
    for key, (name, text) in _FIGURES.items():
        yield _gauge(name, text, summary[key])


def _summary() -> dict[str, Any]:
    with reader().connect() as connection:
        return figures.summary(connection) | figures.rows(connection, "from alert_bell")[0]


def _gauge(name: str, text: str, value: Any) -> Metric:
    """One value; no sample at all where it is unknown."""
    family = GaugeMetricFamily(f"runmeter_{name}", text)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _seconds(stamp: str | None) -> float | None:
    return None if stamp is None else datetime.fromisoformat(stamp).timestamp()
