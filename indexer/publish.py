"""Making what was committed visible, without anyone waiting for anyone.

The working file is copied twice: to a numbered snapshot for our own readers and to
the public file for everyone else, each complete before it gets its name. A copy,
not a link: a link would share the lock. A number is never used twice, because a
process that reopens a path may be given the database it had there before.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from indexer.config import Layout
from indexer.errors import UsageError
from indexer.store import Store

KEEP_SNAPSHOTS = 3


def due(store: Store, layout: Layout) -> bool:
    """Whether readers lack something: a revision, the snapshot or the public file."""
    return (
        store.publish_due()
        or not layout.snapshot(store.snapshot).exists()
        or not layout.database.exists()
    )


def publish(store: Store, layout: Layout, now: datetime) -> int:
    """Publish the committed state; returns the snapshot's number. Raises OSError."""
    layout.snapshots_dir.mkdir(parents=True, exist_ok=True)
    number = max([store.snapshot, *layout.snapshot_numbers()]) + 1
    store.begin_publish(number, now)
    # The snapshot comes last: where it is there, the publish was complete; see `due`.
    publish_public(layout)
    _copy(layout.working, layout.snapshots_dir / "snapshot.tmp", layout.snapshot(number))
    prune(layout)
    return number


def publish_public(layout: Layout) -> bool:
    """Replace the public file. False where someone holds it and the system forbids it."""
    # A .wal that a killed client left beside it would make the new file unreadable.
    wal = layout.database.with_name(layout.database.name + ".wal")
    try:
        wal.unlink(missing_ok=True)
        _copy(layout.working, layout.state_dir / "public.tmp", layout.database)
        wal.unlink(missing_ok=True)
    except PermissionError:
        if os.name != "nt":
            raise
        return False  # Windows: an open file cannot be replaced; the next publish tries again
    return True


def prune(layout: Layout) -> None:
    """Remove old snapshots; those still open on Windows go with a later publish."""
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


def _copy(source: Path, temporary: Path, target: Path) -> None:
    shutil.copyfile(source, temporary)
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    if os.name != "nt":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
