"""Removing runs from the index on request, here or by the daemon that is at work."""

import os
from pathlib import Path

from indexer import discover
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
            refused = remove(indexer, run_ids)
            indexer.run_pass()
            return refused
    except LockedError:
        return ask(layout, Forget(run_ids)).refused


def remove(indexer: Indexer, run_ids: list[str]) -> dict[str, str]:
    """Remove runs whose files are gone. Returns those that stay, each with the reason."""
    files = indexer.store.files_of(run_ids)
    refused = {run_id: "no such run" for run_id in run_ids if run_id not in files}
    for run_id, paths in files.items():
        there = [path for path in paths if _is_there(indexer.layout.root, path)]
        if there:
            refused[run_id] = f"its file is there and would bring it back: {there[0]}"
    indexer.store.forget([run_id for run_id in run_ids if run_id not in refused])
    for run_id in files.keys() - refused.keys():
        for root, name in indexer.folders(files[run_id]):
            indexer.known.names(root.label).pop(discover.printable(name), None)
    return refused


def _is_there(root: Path, path: str) -> bool:
    return (root / os.path.expanduser(path)).exists()
