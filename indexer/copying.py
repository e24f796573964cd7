"""Whole copies of a file: each complete before it gets its name.

Where the file system can (Btrfs, XFS and others), a copy shares its blocks with the source
until one of them is written: that takes no time and no room. Elsewhere a copy is a new file,
or one that nobody reads any more and that is made equal to the source: what is equal already is
compared, which takes less time and spares the disk the rest. Compared is what is there, not
checksums: DuckDB's own are the same for two blocks of which one has the same words in another
order.
"""

import os
import shutil
import sys
from collections.abc import Callable
from io import FileIO
from pathlib import Path

if sys.platform == "linux":
    import fcntl

    # Named since Python 3.12. Where the number is another one, the system refuses it.
    _FICLONE = getattr(fcntl, "FICLONE", 0x40049409)

COMPARED_BYTES = 1 << 16  # at once; so much is written around each difference


def copy(
    source: Path,
    temporary: Path,
    target: Path,
    *,
    wait: bool,
    take_spare: Callable[[], FileIO | None] = lambda: None,
) -> None:
    """Copy by way of `temporary`, which `take_spare` may make of a file that is not needed.

    `wait` until it is on the disk, so that it is whole even if the machine stops.
    """
    try:
        temporary.unlink(missing_ok=True)  # somebody may be reading what is left there
        if not _clone(source, temporary):
            _copy(source, temporary, take_spare())
        if wait:
            _sync(temporary)
    except OSError:
        temporary.unlink(missing_ok=True)  # half a copy only takes the room that is lacking
        raise
    temporary.replace(target)
    if wait and os.name != "nt":
        _sync(target.parent)


def replace(path: Path, data: bytes) -> None:
    """Write a small file anew."""
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def _clone(source: Path, target: Path) -> bool:
    """Share the blocks of the source; False, and no target, where that cannot be done."""
    if sys.platform != "linux":
        return False
    with source.open("rb", buffering=0) as whole, target.open("xb", buffering=0) as clone:
        try:
            fcntl.ioctl(clone, _FICLONE, whole.fileno())
        except OSError:
            target.unlink()
            return False
    return True


def _copy(source: Path, target: Path, spare: FileIO | None) -> None:
    if spare is None:
        target.unlink(missing_ok=True)  # what was to be the spare, and somebody reads
        shutil.copyfile(source, target)
        return
    with spare:
        _make_equal(source, spare.fileno())


def _make_equal(source: Path, target: int) -> None:
    with source.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        os.ftruncate(target, size)
        for offset in range(0, size, COMPARED_BYTES):
            piece = os.pread(file.fileno(), COMPARED_BYTES, offset)
            if not _is_there(target, piece, offset):
                _write(target, piece, offset)


def _is_there(target: int, piece: bytes, offset: int) -> bool:
    """Whether that is known without the disk, from which reading takes longer than writing anew."""
    found = bytearray(len(piece))
    try:
        length = os.preadv(target, [found], offset, os.RWF_NOWAIT)
    except BlockingIOError:
        return False
    except OSError:  # a file system that cannot tell, such as one in memory
        length = os.preadv(target, [found], offset)
    return length == len(piece) and found == piece


def _write(target: int, data: bytes, offset: int) -> None:
    """All of it: a disk that fills up takes a part first, and says so the next time."""
    while data:
        written = os.pwrite(target, data, offset)
        data, offset = data[written:], offset + written


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
