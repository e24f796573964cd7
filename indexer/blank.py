"""The index of nothing: tables, views and macros, from which every new database begins.

Making the views takes longer than most passes, so it is done when the package is built
(`hatch_build.py`) and the file is shipped. Its name says which SQL it was made from. Where there
is none of that name, as in a checkout whose SQL was changed since, they are made one by one.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from indexer import sqlfiles

# Written so, every DuckDB from 1.1 on opens the file.
STORAGE_VERSION = "v1.0.0"
_NAME = "runmeter_blank"
_FOLDER = Path(__file__).parent / "data"


def path() -> Path:
    """Where the one that fits this release is, if there is one."""
    return _FOLDER / f"blank-{sqlfiles.fingerprint()[:16]}.duckdb"


def make() -> Path:
    """Make it, in place of older ones."""
    target = path()
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
        made = Path(folder) / "blank.duckdb"
        with duckdb.connect(
            str(made), config={"storage_compatibility_version": STORAGE_VERSION}
        ) as connection:
            _create_anew(connection)
        made.replace(target)
    for old in _FOLDER.glob("blank-*.duckdb"):
        if old != target:
            old.unlink(missing_ok=True)
    return target


@contextmanager
def at_hand(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Around a transaction that calls `create`: within one a file cannot be given back."""
    if not path().exists():
        yield
        return
    quoted = str(path()).replace("'", "''")
    connection.execute(f"attach '{quoted}' as {_NAME} (read_only)")
    yield
    connection.execute(f"detach {_NAME}")


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Give an empty database its tables, views and macros, with their comments."""
    attached = connection.execute(
        "select current_database() from duckdb_databases() where database_name = ?", [_NAME]
    ).fetchone()
    if attached is None:
        _create_anew(connection)
    else:
        connection.execute(f'copy from database {_NAME} to "{attached[0]}" (schema)')


def _create_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(sqlfiles.schema())
    sqlfiles.install_views(connection)
