"""Which snapshots are being read, so that one that nobody reads can be written over.

A reader keeps a file open beside DuckDB and has a shared lock (`flock`) on it until it is
done. Such a lock belongs to one opening of the file: readers of one process are told apart,
and the system drops it with the process. DuckDB's own lock (`fcntl`) belongs to a whole
process and is lost when that closes the file a second time; it tells of readers of other
processes that have none of ours, such as an older release's.

On Linux alone. Elsewhere, and where a file system's locks do not tell openings apart,
nothing is ever taken.
"""

import errno
import os
import sys
from io import FileIO
from pathlib import Path

if sys.platform == "linux":
    import fcntl

_HELD = (errno.EAGAIN, errno.EACCES)  # which of them says so differs between file systems
_NO_LOCKS = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


def hold(snapshot: Path) -> FileIO:
    """Keep a snapshot as it is until what is returned is closed.

    Raises FileNotFoundError where it is no longer there or about to be written over.
    """
    file = snapshot.open("rb", buffering=0)
    try:
        _lock_shared(file)
        if not os.path.samestat(os.fstat(file.fileno()), snapshot.stat()):
            raise FileNotFoundError(snapshot)  # lost its name before it was locked
    except BlockingIOError:
        file.close()
        raise FileNotFoundError(snapshot) from None
    except OSError:
        file.close()
        raise
    return file


def take(path: Path) -> FileIO | None:
    """A file that nobody reads, for writing, locked until it is closed; else None.

    Nobody must be able to come by it any more: it has lost the name that readers know.
    """
    if sys.platform != "linux":
        return None
    file = path.open("r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = _tells_openings_apart(path)
        if is_ours:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in _HELD or error.errno in _NO_LOCKS:
            return None
        raise
    if is_ours:
        return file
    file.close()
    return None


def _lock_shared(file: FileIO) -> None:
    """Raises BlockingIOError where it is being written over. Without locks nothing ever is."""
    if sys.platform == "linux":
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise


def _tells_openings_apart(path: Path) -> bool:
    """Whether a lock that this process has keeps another opening of the same process away.

    Over a network it may not: there the system makes one kind of lock of the other.
    """
    with path.open("rb", buffering=0) as again:
        try:
            _lock_shared(again)
        except BlockingIOError:
            return True
        return False
