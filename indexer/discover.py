"""Finding run files and reading them whole.

Nothing is written here. A listing yields names, `stat` yields states; the difference
to what is known decides what is read. A file counts as read only if it is a regular
file and nothing about it changed between opening and the last byte, so half-written
files and mixtures of two versions are never taken.
"""

import os
import stat
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from indexer.errors import RunmeterError
from indexer.folder_worker import file_mark, mark_of
from indexer.layout import RUN_FILES
from indexer.records import FileState
from indexer.unpack import UnpackError, unpack

RUN_LOGS = "run_logs"  # the first of the folders of runs
MAX_BYTES = 64 * 1024 * 1024
# File systems keep times no finer than this; a change within it may leave them equal.
SETTLE_NS = 2_000_000_000
NOTHING = FileState(0, 0, 0, 0)
READ_ATTEMPTS = 3
SLICE = 64  # names after which a listing may pause
# How files of others are opened. Without O_NONBLOCK a pipe put in their place would be waited for.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# A folder under a root: its name, its inode, and the mark of the run file of the usual name, 0
# where there is none or nobody has looked.
Folder = tuple[str, int, int]


class RunRoot(NamedTuple):
    """A folder of run folders. `label` begins the paths under which its files are known."""

    label: str
    path: str

    def key(self, name: str, file: str) -> str:
        """The path under which a file is known."""
        return f"{self.label}/{printable(name)}/{file}"


def run_roots(root: Path, run_logs: Path, further: Sequence[str] = ()) -> list[RunRoot]:
    """`run_logs`, then the further folders of the configuration, each once."""
    roots = [RunRoot(RUN_LOGS, str(run_logs))]
    for folder in further:
        path = (root / folder).resolve()
        if path != run_logs.resolve() and str(path) not in [root.path for root in roots]:
            roots.append(RunRoot(path.as_posix(), str(path)))
    return roots


class Found(NamedTuple):
    """A file as `stat` sees it. `state` is None, and `problem` says why, if it is unusable."""

    key: str
    path: str
    state: FileState | None
    problem: str | None = None


class Reading(NamedTuple):
    """A file as it was read: `data` in full, or None and the `problem`.

    `torn` where it was written to at that moment, so that it may be whole soon.
    """

    key: str
    state: FileState
    data: bytes | None
    problem: str | None = None
    torn: bool = False


def names(root: RunRoot) -> Iterator[str]:
    """Names under a root, in no order; none where there is no such folder.

    Raises RunmeterError where it cannot be listed.
    """
    for entry in _entries(root):
        yield entry.name


def walk(root: RunRoot, known: Container[str]) -> Iterator[Folder]:
    """The folders under a root, as `names`; marks of those that are known.

    Where the system can, files are looked up from within the root, through fewer names.
    """
    ending, folder, prefix = f"/{RUN_FILES[0]}", None, f"{root.path}/"
    has_inodes = os.name == "posix"  # elsewhere it takes a look at each
    if os.stat in os.supports_dir_fd:
        with suppress(OSError):  # no such folder, or none that can be opened
            folder = os.open(root.path, os.O_RDONLY | os.O_DIRECTORY)
            prefix = ""
    try:
        for entry in _entries(root):
            name = entry.name
            mark = 0
            if name in known:
                with suppress(OSError):
                    mark = mark_of(os.stat(prefix + name + ending, dir_fd=folder))
            yield name, entry.inode() if has_inodes else 0, mark
    finally:
        if folder is not None:
            os.close(folder)


def new_last(folders: Iterable[Folder], known: Container[str]) -> Iterator[tuple[str, int] | None]:
    """Name and mark of each folder, and last of all those that are not known, the oldest first.

    What is taken in together lies together in the index, so a question for a month then reads the
    rows of that month alone. How old a folder is its inode number tells, which most file systems
    give in the order of time, and which a listing knows without a look at each. While names are put
    aside, None comes now and then, for whoever wants to pause.
    """
    waiting: list[str] = []
    for name, inode, mark in folders:
        if name in known:
            yield name, mark
            continue
        waiting.append(f"{inode:020}{name}")  # half the memory of a tuple
        if len(waiting) % SLICE == 0:
            yield None
    waiting.sort(reverse=True)
    while waiting:
        yield waiting.pop()[20:], 0


def folder_times(root: RunRoot, now_ns: int) -> tuple[int, int] | None:
    """What changes with the names under a root; None where it may change unnoticed, or is gone."""
    try:
        status = os.stat(root.path)
    except OSError:
        return None
    return None if unsettled(file_state(status), now_ns) else (status.st_mtime_ns, status.st_ino)


def count(root: RunRoot) -> int:
    """How many names there are."""
    return sum(1 for _ in names(root))


def signature(key: str, state: FileState) -> int:
    """60 bits that differ when a file's name, size, times or inode do; never 0."""
    place = RUN_FILES.index(key[key.rfind("/") + 1 :]) if key.endswith(RUN_FILES) else 0
    return file_mark(*state, place)


def find_run(root: RunRoot, name: str) -> Found | None:
    """The file of one run folder; None where there is none."""
    for file in RUN_FILES:
        found = look(f"{root.path}/{name}/{file}", root.key(name, file))
        if found is not None:
            return found
    return None


def read_run(root: RunRoot, name: str) -> Reading | None:
    """Read the file of one run folder; None where there is none."""
    for file in RUN_FILES:
        reading = read(f"{root.path}/{name}/{file}", root.key(name, file))
        if reading is not None:
            return reading
    return None


def look(path: str | Path, key: str) -> Found | None:
    """What `stat` says of one file; None where there is none."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Found(key, str(path), None, f"cannot be looked at: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Found(key, str(path), None, "not a regular file")
    return Found(key, str(path), file_state(status))


def read(path: str | Path, key: str) -> Reading | None:
    """Read one file whole, trying again while it is written to; None where there is none."""
    reading = _read_once(path, key)
    for _ in range(READ_ATTEMPTS - 1):
        if reading is None or not reading.torn:
            break
        reading = _read_once(path, key)
    return reading


def file_state(status: os.stat_result) -> FileState:
    """The part of `stat` that a change of content changes."""
    return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def unsettled(state: FileState, now_ns: int) -> bool:
    """Whether the file changed so lately that a further change may not show in its times."""
    return now_ns - max(state.mtime_ns, state.ctime_ns) < SETTLE_NS


def printable(name: str) -> str:
    """A file name as text, also where its bytes are not UTF-8."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace").replace("\0", "\\0")


def _entries(root: RunRoot) -> "Iterator[os.DirEntry[str]]":
    try:
        with os.scandir(root.path) as entries:
            yield from entries
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunmeterError(f"{root.path}: cannot be listed: {error.strerror}") from error


def _read_once(path: str | Path, key: str) -> Reading | None:
    try:
        descriptor = os.open(path, FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        found = look(path, key)
        state = found.state if found else None
        return Reading(key, state or NOTHING, None, f"cannot be opened: {error.strerror}")
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return Reading(key, NOTHING, None, "not a regular file")
        state, size = file_state(before), before.st_size
        if size > MAX_BYTES:
            return Reading(key, state, None, f"{size:,} bytes; allowed: {MAX_BYTES:,}")
        data = os.read(descriptor, size + 1)
        if len(data) not in (0, size):  # hardly ever: not the whole file at once
            data = _read_rest(descriptor, data, size)
        after = os.fstat(descriptor)
    except OSError as error:
        return Reading(key, NOTHING, None, f"cannot be read: {error.strerror}", torn=True)
    finally:
        os.close(descriptor)
    if state != file_state(after) or len(data) != size:
        return Reading(key, state, None, "changed while it was read", torn=True)
    if key.endswith((".gz", ".zst")):
        try:
            data = unpack(data, key.rpartition(".")[2], MAX_BYTES)
        except UnpackError as error:
            return Reading(key, state, None, str(error))
    return Reading(key, state, data)


def _read_rest(descriptor: int, data: bytes, size: int) -> bytes:
    """One byte more than `size` is asked for, so that growth is seen."""
    parts = [data]
    wanted = size + 1 - len(data)
    while wanted > 0 and (part := os.read(descriptor, wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
