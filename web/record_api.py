"""Routes of what other records of the orchestrator tell: runs that have not ended, sessions."""

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
SESSIONS = Dataset(
    "session_summary",
    "sessions",
    "What each session cost, and how many tries it took; times of the chosen zone.",
    (
        Column("session_id", "Session", "text"),
        Column("project_name", "Project", "text"),
        Column("task", "Task", "text", nullable=True),
        Column("started", "Started", "text", nullable=True),
        Column("finished", "Finished", "text", nullable=True),
        Column("status", "Outcome", "text", nullable=True),
        Column("decision", "Decision", "text", nullable=True),
        Column("tries", "Tries"),
        Column("tries_until_success", "Tries until success", nullable=True),
        Column("best_score", "Best score", "number", nullable=True),
        Column("cost_usd", "Cost", "money", nullable=True),
        Column("stated_cost_usd", "Stated cost", "money", nullable=True),
    ),
)
ROUTED = (RUNNING, SESSIONS)
add(RUNNING, lasting=False)  # it goes on, or has stalled, as of now
add(SESSIONS)
