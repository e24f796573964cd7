"""The process that makes one file for a server or a daemon; see `indexer.making`.

It reads what to make from stdin and writes a line of JSON to stdout now and then: how far it
is, and at last what failed or what the file says in words. It steps back behind everything else
that the machine has to do.
"""

import os
import sys
import time
from pathlib import Path

import duckdb
import msgspec

from indexer import report_file
from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.filters import Filters
from indexer.making import Job, Said
from indexer.snapshot import SnapshotReader

_SAY_SECONDS = 0.2
_NICE = 10
MOST_ERROR = 1_000


class _Progress:
    """Says how far it is, not more often than somebody could want to know."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _SAY_SECONDS or done >= total:
            self._last = now
            _say(Said(done=done, total=total))


def make(job: Job) -> str:
    """Make the file; returns what is said of it. Raises RunmeterError, OSError."""
    query: dict[str, list[str]] = {}
    for name, value in job.filters:
        query.setdefault(name, []).append(value)
    filters = Filters.parse(query)
    reader = SnapshotReader(Layout.of(job.root, job.database))
    try:
        with reader.connect(filters) as connection:
            target = Path(job.target)
            report_file.write(connection, job.report, job.kind, filters, target, _Progress())
            return report_file.in_words(connection, filters) if job.in_words else ""
    finally:
        reader.close()


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Make what stdin asks for; the exit code says whether it is there."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        words = make(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))
    except (RunmeterError, OSError, duckdb.Error) as error:
        _say(Said(error=str(error)[:MOST_ERROR]))
        return 1
    if words:
        _say(Said(words=words))
    return 0


if __name__ == "__main__":
    sys.exit(main())
