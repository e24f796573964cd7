"""Removing runs from the index on request.

Where a daemon is at work it is the one that may write, so the request is handed to it as
a file in the private folder, and its answer comes back the same way. A request that
nobody has answered is taken back.
"""

import os
import time
from pathlib import Path

import msgspec

from indexer.config import Layout
from indexer.errors import LockedError, RunmeterError
from indexer.ingest import Indexer

ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.05


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
        return _ask(layout, run_ids)


def answer(indexer: Indexer) -> None:
    """Do what has been asked for since the last call."""
    folder = _folder(indexer.layout)
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        if name.endswith(".request"):
            request = folder / name
            refused = indexer.forget(_read(request))
            request.unlink()
            _write(request.with_suffix(".answer"), refused)


def _ask(layout: Layout, run_ids: list[str]) -> dict[str, str]:
    folder = _folder(layout)
    folder.mkdir(exist_ok=True)
    request = folder / f"{os.getpid()}-{time.time_ns()}.request"
    reply = request.with_suffix(".answer")
    _write(request, run_ids)
    end = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < end:
        if reply.exists():
            refused = msgspec.json.decode(reply.read_bytes(), type=dict[str, str])
            reply.unlink()
            return refused
        time.sleep(_POLL_SECONDS)
    request.unlink(missing_ok=True)
    raise RunmeterError(f"{layout.database}: the indexer at work has not answered; is it `index`?")


def _folder(layout: Layout) -> Path:
    return layout.state_dir / "forget"


def _read(request: Path) -> list[str]:
    return msgspec.json.decode(request.read_bytes(), type=list[str])


def _write(path: Path, content: object) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(content))
    temporary.replace(path)
