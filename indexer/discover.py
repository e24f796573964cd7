"""Finding run files and reading them whole.

Nothing is written here. A listing yields what `stat` says; the difference to what
is known decides what is read. A file counts as read only if it is a regular file
and nothing about it changed between opening and the last byte, so half-written
files and mixtures of two versions are never taken.
"""

import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from indexer.records import FileState

RUN_FILE = "run_summary.json"
MAX_BYTES = 64 * 1024 * 1024
# File systems keep times no finer than this; a change within it may leave them equal.
SETTLE_NS = 2_000_000_000


class Found(NamedTuple):
    """A candidate file. `key` is its printable relative path, `state` None if unusable."""

    key: str
    path: str
    state: FileState | None
    problem: str | None = None


class UnreadableError(Exception):
    """The file cannot be taken as it is now; the text says why."""


def scan_runs(run_logs: Path) -> Iterator[Found]:
    """Every `run_logs/*/run_summary.json`; folders without one are passed over.

    Raises OSError where the folder itself cannot be listed.
    """
    base = str(run_logs)
    with os.scandir(base) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        found = look(os.path.join(base, name, RUN_FILE), f"run_logs/{printable(name)}/{RUN_FILE}")
        if found is not None:
            yield found


def look(path: str | Path, key: str) -> Found | None:
    """What `stat` says of one file; None where there is none."""
    path = str(path)
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Found(key, path, None, f"cannot be looked at: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Found(key, path, None, "not a regular file")
    return Found(key, path, file_state(status))


def read_whole(path: str) -> tuple[bytes, FileState]:
    """Bytes and state of a file that did not change meanwhile. Raises UnreadableError."""
    # Without O_NONBLOCK a pipe put in the file's place would be waited for.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise UnreadableError(f"cannot be opened: {error.strerror}") from error
    with FileIO(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableError("not a regular file")
        if before.st_size > MAX_BYTES:
            raise UnreadableError(f"{before.st_size:,} bytes; allowed: {MAX_BYTES:,}")
        data = _read(file, before.st_size)
        after = os.fstat(descriptor)
    state = file_state(before)
    if state != file_state(after) or len(data) != before.st_size:
        raise UnreadableError("changed while it was read")
    return data, state


def file_state(status: os.stat_result) -> FileState:
    """The part of `stat` that a change of content changes."""
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def unsettled(state: FileState, now_ns: int) -> bool:
    """Whether the file changed so lately that a further change may not show in its times."""
    return now_ns - max(state.mtime_ns, state.ctime_ns) < SETTLE_NS


def printable(name: str) -> str:
    """A file name as text, also where its bytes are not UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace("\0", "\\0")


def _read(file: FileIO, size: int) -> bytes:
    """One byte more than `size` is asked for, so that growth is seen."""
    parts: list[bytes] = []
    wanted = size + 1
    while wanted > 0:
        part = file.read(wanted)
        if not part:
            break
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
