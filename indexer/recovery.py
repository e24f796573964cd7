"""Opening the working database, also where a kill has damaged it.

A checkpoint of DuckDB writes over blocks of which its last state still needs a part. Whoever is
killed in the middle of such a write leaves a block whose checksum is wrong, which is met when the
file is opened or when certain rows are read. It happens once in thousands of kills. So after a
kill, which leaves a log beside the file, every row is read once.

Each snapshot is a whole copy of the working file. So the newest that can be read to its last row
takes the place of the damaged file, which is set aside as `working.damaged.duckdb`, and is to be
published anew. It knows which state of each file it was made from: the next pass reads what has
changed since. Where nothing was ever published, the index is made anew.

The copy is complete before the damaged file is set aside, so a kill meanwhile is made good at the
next opening: either the working file is still there, or the copy takes its place.
"""

import logging
from pathlib import Path

import duckdb

from indexer import copying
from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.store import Store

DAMAGED = "Corrupt database file"  # what DuckDB says of a wrong checksum
log = logging.getLogger("runmeter.recovery")


def open_store(layout: Layout) -> Store:
    """The working database. Raises RunmeterError where it and all snapshots are damaged."""
    _end_what_was_begun(layout)
    was_killed = _log_of(layout.working).exists()
    try:
        return _open(layout, is_doubtful=was_killed)
    except duckdb.Error as error:
        if DAMAGED not in str(error):
            raise
        _restore(layout, str(error))
    store = _open(layout)
    with store.changing():  # so that it is published, also where the newest snapshot is damaged
        return store


def _open(layout: Layout, *, is_doubtful: bool = False) -> Store:
    store = Store(layout.working, str(layout.root))
    try:
        if is_doubtful:
            _read_every_row(store.connection)
            store.trim()
    except BaseException:
        store.close()
        raise
    return store


def _restore(layout: Layout, error: str) -> None:
    """Put the newest whole snapshot in the place of the working file."""
    numbers = layout.snapshot_numbers()
    number = next((one for one in reversed(numbers) if _is_whole(layout.snapshot(one))), None)
    if number is not None:
        made = _copy(layout)
        copying.copy(layout.snapshot(number), made.with_suffix(".tmp"), made, wait=True)
    elif numbers:
        raise RunmeterError(
            f"{layout.working}: cannot be read, nor can any snapshot beside it: {error}."
            f" To read all files anew, move {layout.state_dir} away; what is known of files that"
            " are gone is in there alone"
        )
    layout.working.replace(_aside(layout))
    _end_what_was_begun(layout)
    whence = "is made anew" if number is None else f"goes on from snapshot {number}"
    log.warning(
        "%s: %s; it was set aside as %s, the index %s",
        *(layout.working, error, _aside(layout).name, whence),
    )


def _end_what_was_begun(layout: Layout) -> None:
    """Give the copy its name where the damaged file is set aside; else it may be half a copy."""
    made = _copy(layout)
    if layout.working.exists():
        made.unlink(missing_ok=True)
        return
    if _log_of(layout.working).exists():  # it belongs to the file that is set aside
        _log_of(layout.working).replace(_log_of(_aside(layout)))
    if made.exists():
        made.replace(layout.working)


def _is_whole(path: Path) -> bool:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            _read_every_row(connection)
    except duckdb.Error as error:
        log.warning("%s: cannot be read either: %s", path, error)
        return False
    return True


def _read_every_row(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises duckdb.Error where a block is damaged."""
    query = "select table_name from duckdb_tables() where not temporary and not internal"
    for (table,) in connection.execute(query).fetchall():
        connection.execute(f'select bit_xor(hash(one)) from "{table}" as one')


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _copy(layout: Layout) -> Path:
    return layout.working.with_name("working.recovered.duckdb")


def _aside(layout: Layout) -> Path:
    return layout.working.with_name("working.damaged.duckdb")
