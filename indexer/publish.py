"""Making what was committed visible, without anyone waiting for anyone.

The working file is copied to a numbered snapshot for our own readers, and the newest
snapshot to the public file for everyone else, each complete before it gets its name.
A copy, not a link: a link would share the lock. A number is never used twice, because
a process that reopens a path may be given the database it had there before. Where blocks
cannot be shared, the file of the oldest snapshot becomes that of the next one if nobody reads
it (see `holding`), since they differ by a few blocks; a public file is always a new one,
because anybody may read it.

Waiting for the disk takes longer than the copy itself. The public file is waited for; a
snapshot is not, where the system tells one start of the machine from another: after each
start the first pass publishes anew, from the working file, which is always whole.

A snapshot never changes while it has its number, so the public file can be made from it at
leisure, also while the next one is written. `public.json` says which number the public file holds.
"""

import logging
import os
import shutil
from datetime import datetime
from functools import cache, partial
from io import FileIO
from pathlib import Path

import duckdb
import msgspec

from indexer import copying, holding
from indexer.config import Layout
from indexer.errors import DiskFullError, UsageError
from indexer.store import Store

KEEP_SNAPSHOTS = 3
RESERVE_BYTES = 16 * 1024 * 1024  # left free for the database's own log
log = logging.getLogger("runmeter.publish")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def due(store: Store, layout: Layout) -> bool:
    """Whether our readers lack something: a revision or the snapshot itself.

    After the machine has stopped, a snapshot may lack what had not reached the disk.
    """
    is_there = layout.snapshot(store.snapshot).exists()
    return store.publish_due() or not is_there or _read_boot(layout) != boot_id()


def publish_snapshot(store: Store, layout: Layout, now: datetime) -> int:
    """A snapshot of the committed state; returns its number.

    Raises DiskFullError where there is no room for it, OSError where writing fails.
    """
    layout.snapshots_dir.mkdir(parents=True, exist_ok=True)
    check_room(layout.snapshots_dir, layout.working)
    number = max([store.snapshot, *layout.snapshot_numbers()]) + 1
    store.begin_publish(number, now)
    boot = boot_id()
    temporary, target = layout.snapshots_dir / "snapshot.tmp", layout.snapshot(number)
    take_spare = partial(_take_oldest, layout, temporary)
    copying.copy(layout.working, temporary, target, wait=boot is None, take_spare=take_spare)
    if boot is not None and _read_boot(layout) != boot:
        copying.replace(layout.boot_note, boot.encode())
    prune(layout)
    return number


def public_due(layout: Layout) -> bool:
    """Whether the public file is missing or older than the newest snapshot."""
    numbers = layout.snapshot_numbers()
    return bool(numbers) and (not layout.database.exists() or _public_number(layout) != numbers[-1])


def publish_public(layout: Layout) -> bool:
    """Bring the public file up to the newest snapshot; False where there is nothing to do.

    False as well where someone holds the file and the system forbids replacing it, or the
    snapshot has been removed meanwhile: the next call tries again. Raises DiskFullError, OSError.
    """
    if not public_due(layout):
        return False
    number = layout.snapshot_numbers()[-1]
    try:
        held = holding.hold(layout.snapshot(number))
    except FileNotFoundError:
        return False
    with held:
        return _publish_public(layout, number)


def _publish_public(layout: Layout, number: int) -> bool:
    check_room(layout.database.parent, layout.snapshot(number))
    # A .wal that a killed client left beside it would make the new file unreadable.
    wal = _wal(layout)
    try:
        wal.unlink(missing_ok=True)
        temporary = layout.state_dir / "public.tmp"
        copying.copy(layout.snapshot(number), temporary, layout.database, wait=True)
        wal.unlink(missing_ok=True)
    except PermissionError:
        if os.name != "nt":
            raise
        return False  # Windows: an open file cannot be replaced
    copying.replace(layout.public_note, msgspec.json.encode({"snapshot": number}))
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
    except duckdb.Error as error:
        if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
            return False  # the client is alive
        log.warning(
            "%s: made anew, it cannot be read with a log that is left: %s", layout.database, error
        )
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


def _take_oldest(layout: Layout, name: Path) -> FileIO | None:
    """The snapshot that is one too many after this publish, under another name, where nobody
    reads it. Whoever does keeps it, and it is removed."""
    numbers = layout.snapshot_numbers()
    if len(numbers) < KEEP_SNAPSHOTS:
        return None
    try:
        layout.snapshot(numbers[0]).replace(name)
    except PermissionError:
        if os.name != "nt":
            raise
        return None
    return holding.take(name)


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


@cache
def boot_id() -> str | None:
    """What names the time since the system was started; None where it does not tell."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return None


def _read_boot(layout: Layout) -> str | None:
    try:
        return layout.boot_note.read_text("ascii", errors="replace")
    except OSError:
        return None
