"""Reading on in a file that is appended to, from where reading ended.

A file is the same one if its first bytes and those before the place where reading ended
are what they were; whatever became of its name, inode or size. Else it was replaced or cut
off, and is read from its beginning. Any number of readings, cut anywhere, give the lines
that one reading gives: a line counts once its end is there, and one that is longer than
MAX_LINE is passed over. Memory is bounded by CHUNK. Nothing is written here.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from indexer.discover import FLAGS, file_state
from indexer.records import FileState

CHUNK = 8 * 1024 * 1024
MAX_LINE = CHUNK - 1
_PROBE = 4096


class Position(NamedTuple):
    """Where reading ended. `generation` counts how often it began anew."""

    read_to: int
    head_hash: str
    last_hash: str
    generation: int = 0
    in_long_line: bool = False


class Chunk(NamedTuple):
    """A piece of a file that has been read: whole lines from `start`, and the place behind.

    `too_long`: where a line begins that is passed over. `is_new`: reading began anew here.
    """

    data: bytes
    start: int
    too_long: int | None
    position: Position
    is_new: bool

    def lines(self, mark: bytes = b"") -> Iterator[tuple[int, bytes]]:
        """Lines with their offsets in the file, without their ends; empty ones are left out,
        and those without `mark`, over which the search goes as quickly as memory allows."""
        return self._marked(mark) if mark else self._all()

    def _marked(self, mark: bytes) -> Iterator[tuple[int, bytes]]:
        data, begin = self.data, 0
        while (found := data.find(mark, begin)) >= 0:
            begin = data.rfind(b"\n", begin, found) + 1 or begin
            end = data.find(b"\n", found)
            yield self.start + begin, data[begin:end].removesuffix(b"\r")
            begin = end + 1

    def _all(self) -> Iterator[tuple[int, bytes]]:
        data, begin = self.data, 0
        while (end := data.find(b"\n", begin)) >= 0:
            line = data[begin:end]
            if line and not line.isspace():
                yield self.start + begin, line.removesuffix(b"\r")
            begin = end + 1


class TailError(Exception):
    """The file cannot be read now; says why."""


def read_on(path: str | Path, known: Position | None) -> Iterator[tuple[FileState, Chunk]]:
    """What is new, in pieces, each with the file's state before it was read.

    Nothing where nothing is new. Raises TailError; FileNotFoundError where there is no file.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(str(path)) from error
    except OSError as error:
        raise TailError(f"cannot be opened: {error.strerror}") from error
    try:
        yield from _read(descriptor, known)
    except OSError as error:
        raise TailError(f"cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _read(descriptor: int, known: Position | None) -> Iterator[tuple[FileState, Chunk]]:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise TailError("not a regular file")
    position, is_new = known, False
    if position is None:
        position, is_new = Position(0, "", ""), True
    elif not _is_same(descriptor, status.st_size, position):
        position, is_new = Position(0, "", "", position.generation + 1), True
    while True:
        state = file_state(os.fstat(descriptor))
        chunk = _next(descriptor, position, is_new)
        if chunk is None or os.fstat(descriptor).st_size < chunk.position.read_to:
            return  # nothing new, or cut off meanwhile: the next reading begins anew
        yield state, chunk
        position, is_new = chunk.position, False


def _is_same(descriptor: int, size: int, known: Position) -> bool:
    if size < known.read_to:
        return False
    head, last = _hashes(descriptor, known.read_to)
    return head == known.head_hash and last == known.last_hash


def _next(descriptor: int, position: Position, is_new: bool) -> Chunk | None:
    """The next piece; None where no line has ended since."""
    start = position.read_to
    data = _read_at(descriptor, start, CHUNK)
    is_full = len(data) == CHUNK
    whole, first, too_long = b"", start, None
    in_long_line, begin = position.in_long_line, 0
    if in_long_line:
        end = data.find(b"\n")
        if end < 0 and not is_full:
            return None
        begin, in_long_line = (end + 1, False) if end >= 0 else (len(data), True)
    end = data.rfind(b"\n") + 1
    if end > begin:
        whole, first, begin = data[begin:end], start + begin, end
    elif is_full and begin == 0 and not in_long_line:
        too_long, in_long_line, begin = start, True, len(data)
    if begin == 0:
        return None
    head, last = _hashes(descriptor, start + begin)
    place = Position(start + begin, head, last, position.generation, in_long_line)
    return Chunk(whole, first, too_long, place, is_new)


def _read_at(descriptor: int, start: int, wanted: int) -> bytes:
    parts: list[bytes] = []
    os.lseek(descriptor, start, os.SEEK_SET)
    while wanted > 0 and (part := os.read(descriptor, wanted)):
        parts.append(part)
        wanted -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _hashes(descriptor: int, end: int) -> tuple[str, str]:
    """Of the first bytes before `end` and of the last ones."""
    length = min(end, _PROBE)
    head = _read_at(descriptor, 0, length)
    last = _read_at(descriptor, end - length, length)
    return _digest(head), _digest(last)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
