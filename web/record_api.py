"""Routes of what other records of the orchestrator tell: runs that have not ended."""

from web.datasets import Column, Dataset
from web.list_api import blueprint
from web.panel_api import add

__all__ = ["blueprint"]

RUNNING = Dataset(
    "run_progress",
    "running",
    "Runs that have not ended, as their events tell; times of the chosen zone.",
    (
        Column("run_id", "Run", "text"),
        Column("state", "State", "text"),
        Column("last_event_at", "Last event", "text", nullable=True),
        Column("last_event", "It was", "text", nullable=True),
        Column("events", "Events"),
        Column("seconds_since", "Since then", "seconds", nullable=True),
        Column("calls", "Calls so far", nullable=True),
        Column("cost_usd", "Cost so far", "money", nullable=True),
    ),
)
ROUTED = (RUNNING,)
for _data in ROUTED:
    add(_data)
