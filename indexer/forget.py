"""Removing runs from the index on request."""

import os
from pathlib import Path

from indexer import discover
from indexer.ingest import Indexer


def remove(indexer: Indexer, run_ids: list[str]) -> dict[str, str]:
    """Remove runs whose files are gone. Returns those that stay, each with the reason."""
    files = indexer.store.files_of(run_ids)
    refused = {run_id: "no such run" for run_id in run_ids if run_id not in files}
    for run_id, paths in files.items():
        there = [path for path in paths if _is_there(indexer.layout.root, path)]
        if there:
            refused[run_id] = f"its file is there and would bring it back: {there[0]}"
    forgotten = files.keys() - refused.keys()
    if forgotten:
        indexer.store.forget(sorted(forgotten))
    for run_id in forgotten:
        for root, name in indexer.folders(files[run_id]):
            indexer.known.drop(root.label, discover.printable(name))
    return refused


def _is_there(root: Path, path: str) -> bool:
    return (root / os.path.expanduser(path)).exists()
