"""A new database begins with what was made when the package was built."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest

from indexer import blank, sqlfiles
from indexer.config import Layout
from indexer.store import Store
from tests.helpers import index

OLDEST = Path(__file__).parent.parent / ".venv-oldest" / "bin" / "python"
CATALOG = (
    "select table_name, comment from duckdb_tables() order by all",
    "select view_name, comment from duckdb_views() where not internal order by all",
    "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()"
    " where not internal order by all",
    "select function_name, function_type, parameters from duckdb_functions()"
    " where not internal order by all",
)
# Prints the views that fail, each with the reason.
READ_ALL = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
views = connection.execute("select view_name from duckdb_views() where not internal").fetchall()
failed = {}
for (view,) in views:
    try:
        connection.execute(f"from {view}").fetchall()
    except duckdb.Error as error:
        failed[view] = str(error)
print(json.dumps([duckdb.__version__, len(views), failed]))
"""


def catalog(path: Path) -> list[list[Any]]:
    """What readers see of a new database. How a view's text is printed depends on its ways."""
    Store(path, "/root").close()
    with duckdb.connect(str(path), read_only=True) as connection:
        return [connection.execute(query).fetchall() for query in CATALOG]


def test_what_it_gives_is_what_the_sql_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = catalog(tmp_path / "quick it's.duckdb")
    monkeypatch.setattr(blank, "_FOLDER", tmp_path)
    assert not blank.path().exists()
    assert quick == catalog(tmp_path / "anew.duckdb")
    assert len(quick[1]) > 50


def test_making_it_takes_the_place_of_older_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blank, "_FOLDER", tmp_path / "it's")
    (tmp_path / "it's").mkdir()
    (tmp_path / "it's" / "blank-0123.duckdb").touch()
    blank.make()
    assert list((tmp_path / "it's").iterdir()) == [blank.path()]
    store = Store()
    attached = "select database_name from duckdb_databases() where not internal"
    assert store.connection.execute(attached).fetchall() == [("memory",)]
    store.close()


def test_views_hold_nothing_that_older_versions_cannot_read() -> None:
    """`if` is a function to DuckDB 2 and was grammar before, so a stored view fails there."""
    texts = {name: re.sub(r"--.*", "", text) for name, text in sqlfiles.definitions().items()}
    assert [name for name, text in texts.items() if re.search(r"\bif\s*\(", text)] == []


@pytest.mark.skipif(not OLDEST.exists(), reason="needs `make .venv-oldest/dev`")
def test_every_view_of_the_public_file_can_be_read_by_an_older_version(documented: Layout) -> None:
    index(documented)
    command: list[str | Path] = [OLDEST, "-c", READ_ALL, documented.database]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=60)
    version, views, failed = json.loads(done.stdout)
    assert version <= duckdb.__version__
    assert views > 50
    assert failed == {}
