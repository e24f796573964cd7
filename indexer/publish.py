"""Making what was committed visible, without anyone waiting for anyone.

The working file is copied to a numbered snapshot for our own readers, and the newest
snapshot to the public file for everyone else, each complete before it gets its name.
A copy, not a link: a link would share the lock. A number is never used twice, because
a process that reopens a path may be given the database it had there before.

A snapshot never changes, so the public file can be made from it at leisure, also while
the next one is written. `public.json` says which number the public file holds.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec

from indexer.config import Layout
from indexer.errors import DiskFullError, UsageError
from indexer.store import Store

KEEP_SNAPSHOTS = 3
RESERVE_BYTES = 16 * 1024 * 1024  # left free for the database's own log


def due(store: Store, layout: Layout) -> bool:
    """Whether our readers lack something: a revision or the snapshot itself."""
    return store.publish_due() or not layout.snapshot(store.snapshot).exists()


def publish_snapshot(store: Store, layout: Layout, now: datetime) -> int:
    """A snapshot of the committed state; returns its number.

    Raises DiskFullError where there is no room for it, OSError where writing fails.
    """
    layout.snapshots_dir.mkdir(parents=True, exist_ok=True)
    check_room(layout.snapshots_dir, layout.working)
    number = max([store.snapshot, *layout.snapshot_numbers()]) + 1
    store.begin_publish(number, now)
    _copy(layout.working, layout.snapshots_dir / "snapshot.tmp", layout.snapshot(number))
    prune(layout)
    return number


def public_due(layout: Layout) -> bool:
    """Whether the public file is missing or older than the newest snapshot."""
    numbers = layout.snapshot_numbers()
    return bool(numbers) and (not layout.database.exists() or _public_number(layout) != numbers[-1])


def publish_public(layout: Layout) -> bool:
    """Bring the public file up to the newest snapshot; False where there is nothing to do.

    False as well where someone holds the file and the system forbids replacing it: the
    next call tries again. Raises DiskFullError, OSError.
    """
    if not public_due(layout):
        return False
    number = layout.snapshot_numbers()[-1]
    check_room(layout.database.parent, layout.snapshot(number))
    # A .wal that a killed client left beside it would make the new file unreadable.
    wal = _wal(layout)
    try:
        wal.unlink(missing_ok=True)
        _copy(layout.snapshot(number), layout.state_dir / "public.tmp", layout.database)
        wal.unlink(missing_ok=True)
    except PermissionError:
        if os.name != "nt":
            raise
        return False  # Windows: an open file cannot be replaced
    note = layout.public_note.with_suffix(".tmp")
    note.write_bytes(msgspec.json.encode({"snapshot": number}))
    note.replace(layout.public_note)
    return True


def wal_state(layout: Layout) -> tuple[int, ...]:
    """Which log lies beside the public file; empty where there is none."""
    try:
        status = _wal(layout).stat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def mend_public(layout: Layout) -> bool:
    """Publish again where a client that was killed has left a log that fits no more.

    Such a log is left by a client that held an older file than the one that is there now.
    Returns whether anything had to be done.
    """
    if not wal_state(layout):
        return False
    try:
        duckdb.connect(str(layout.database), read_only=True).close()
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            return False  # the client is alive
    except duckdb.Error:
        pass
    else:
        return False
    layout.public_note.unlink(missing_ok=True)
    return publish_public(layout)


def check_room(folder: Path, source: Path) -> None:
    """Raises DiskFullError where a copy of `source` would not fit."""
    needed, free = source.stat().st_size + RESERVE_BYTES, shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFullError(
            f"{folder}: {free:,} bytes free, {needed:,} needed; not published until there is room"
        )


def prune(layout: Layout) -> None:
    """Remove old snapshots; those still open on Windows go with a later publish.

    Elsewhere a reader that has one open keeps it until it closes it.
    """
    for number in layout.snapshot_numbers()[:-KEEP_SNAPSHOTS]:
        try:
            layout.snapshot(number).unlink(missing_ok=True)
        except PermissionError:
            if os.name != "nt":
                raise


def guard_public(layout: Layout) -> None:
    """Refuse to overwrite a file that is not an index of ours. Raises UsageError."""
    if layout.working.exists() or not layout.database.exists():
        return
    query = "select count(*) from duckdb_tables() where table_name = 'index_info'"
    try:
        with duckdb.connect(str(layout.database), read_only=True) as connection:
            row = connection.execute(query).fetchone()
    except duckdb.Error as error:
        raise UsageError(f"{layout.database}: exists and cannot be checked: {error}") from error
    if row is None or row[0] == 0:
        raise UsageError(
            f"{layout.database}: exists and is not a Runmeter index;"
            " name another file with --database"
        )


def _wal(layout: Layout) -> Path:
    return layout.database.with_name(layout.database.name + ".wal")


def _public_number(layout: Layout) -> int | None:
    try:
        return msgspec.json.decode(layout.public_note.read_bytes(), type=dict[str, int])["snapshot"]
    except (OSError, msgspec.DecodeError, KeyError):
        return None


def _copy(source: Path, temporary: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)  # half a copy only takes the room that is lacking
        raise
    temporary.replace(target)
    if os.name != "nt":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
