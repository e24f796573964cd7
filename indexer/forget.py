"""Removing runs from the index on request, here or by the daemon that is at work."""

from indexer.config import Layout
from indexer.errors import LockedError
from indexer.ingest import Indexer
from indexer.requests import Forget, ask


def forget(layout: Layout, run_ids: list[str]) -> dict[str, str]:
    """Remove runs whose files are gone, and publish. Returns those that stay, with reasons.

    Raises RunmeterError where a daemon holds the index and does not answer.
    """
    try:
        with Indexer(layout) as indexer:
            refused = indexer.forget(run_ids)
            indexer.run_pass()
            return refused
    except LockedError:
        return ask(layout, Forget(run_ids)).refused
