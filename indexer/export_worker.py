"""The process that makes one file for a server; see `indexer.making`.

It reads what to make from stdin and writes a line of JSON to stdout now and then: how far it
is, and at last what failed, if anything did. It steps back behind everything else that the
machine has to do.
"""

import os
import shutil
import sys
import time
import zipfile
from importlib import import_module
from pathlib import Path

import msgspec

from indexer import reports, whole
from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.filters import Filters
from indexer.making import Job, Said
from indexer.snapshot import SnapshotReader

_SAY_SECONDS = 0.2
_NICE = 10


class _Progress:
    """Says how far it is, not more often than somebody could want to know."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _SAY_SECONDS or done >= total:
            self._last = now
            _say(Said(done=done, total=total))


def make(job: Job) -> None:
    """Make the file. Raises RunmeterError, OSError."""
    query: dict[str, list[str]] = {}
    for name, value in job.filters:
        query.setdefault(name, []).append(value)
    filters = Filters.parse(query)
    writer = import_module(f"indexer.export_{job.kind}")
    target = Path(job.target)
    reader = SnapshotReader(Layout.of(job.root, job.database))
    try:
        with reader.connect(filters) as connection:
            covers = reports.coverage(connection, filters)
            if job.kind != "parquet":
                writer.write(connection, target, covers, _Progress())
                return
            folder = target.with_suffix(".folder")
            writer.write(connection, folder, covers, _Progress())
            _pack(folder, target)
    finally:
        reader.close()


def _pack(folder: Path, target: Path) -> None:
    """A folder as one file; entries carry no date, so that the same content is the same file."""
    try:
        with whole.file(target) as path, zipfile.ZipFile(path, "w") as archive:
            for found in sorted(folder.rglob("*")):
                if found.is_file():
                    entry = zipfile.ZipInfo(found.relative_to(folder).as_posix())
                    with found.open("rb") as source, archive.open(entry, "w") as goal:
                        shutil.copyfileobj(source, goal)
    finally:
        shutil.rmtree(folder)


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Make what stdin asks for; the exit code says whether it is there."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        make(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))
    except (RunmeterError, OSError) as error:
        _say(Said(error=str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
