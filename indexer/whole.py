"""Files and folders that are there whole or not at all.

What is written gets its name only when it is complete. A folder replaces one that an
earlier export made, and nothing else.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import UsageError

MARK = "coverage"  # what a folder that may be replaced holds


@contextmanager
def file(target: Path) -> Iterator[Path]:
    """A path to write to; the file gets its name when all went well. Raises OSError."""
    temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder(target: Path) -> Iterator[Path]:
    """The same for a folder. Raises UsageError where another's would have to go."""
    target = target.resolve()
    if target.exists() and not _may_go(target):
        raise UsageError(
            f"{target}: found a folder or file of another kind, allowed: a new or empty folder,"
            " or one that an earlier export made"
        )
    temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.tmp")
    old = temporary.with_suffix(".old")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if target.exists():
            target.replace(old)
        temporary.replace(target)
    finally:
        for path in (temporary, old):
            shutil.rmtree(path, ignore_errors=not path.exists())


def _may_go(target: Path) -> bool:
    return target.is_dir() and (not any(target.iterdir()) or (target / MARK).is_dir())
