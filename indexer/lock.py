"""The private folder of an index, and the lock that makes its owner the only writer.

DuckDB's own lock would go when the working file is copied inside the process that
has it open, so the writer is guarded by a file of our own.
"""

import os

from filelock import FileLock, Timeout

from indexer.config import Layout
from indexer.errors import LockedError, RunmeterError


def make_state_dir(layout: Layout) -> None:
    """Create the private folder, which keeps itself out of version control."""
    try:
        layout.snapshots_dir.mkdir(parents=True, exist_ok=True)
        ignore = layout.state_dir.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise RunmeterError(
            f"{layout.state_dir}: cannot be made: {error.strerror};"
            " name a writable place with --database"
        ) from error


def is_held(layout: Layout) -> bool:
    """Whether an indexer is at work."""
    if not layout.lock_file.exists():
        return False
    try:
        FileLock(layout.lock_file).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    return False


def acquire(layout: Layout) -> FileLock:
    """The single writer's lock. The system drops it when the process ends, however it ends."""
    lock = FileLock(layout.lock_file)
    owner = layout.state_dir / "indexer.pid"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        pid = owner.read_text(encoding="utf-8") if owner.exists() else "unknown"
        raise LockedError(
            f"{layout.database}: another indexer is at work, process {pid}"
        ) from error
    owner.write_text(str(os.getpid()), encoding="utf-8")
    return lock
