"""Lakes for tests; left out where no extension fits this DuckDB, unless they are required."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from indexer.lake import tables
from indexer.lake.connection import connected
from indexer.lake_settings import Lake
from indexer.layout import Layout
from tests.lake.machines import Machine


def _has_extension() -> bool:
    from importlib.util import find_spec

    found = find_spec("duckdb_extension_ducklake")
    if found is None or found.origin is None:
        return False
    return (Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}").is_dir()


if not _has_extension():
    if os.environ.get("RUNMETER_REQUIRE_LAKE"):
        raise RuntimeError(f"no DuckLake extension for DuckDB {duckdb.__version__}")
    collect_ignore_glob = ["test_*.py"]

MakeMachine = Callable[[str], Machine]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake whose catalog is a file, set up."""
    found = Lake(catalog=str(tmp_path / "catalog.ducklake"), data_path=f"{tmp_path / 'data'}/")
    with connected(found, read_only=False, create=True) as connection:
        tables.create(connection)
    return found


@pytest.fixture
def machine(tmp_path: Path, lake: Lake) -> MakeMachine:
    """`machine("north")`: a machine with an empty index of its own."""

    def make(name: str) -> Machine:
        return Machine.of(tmp_path / name, lake, name)

    return make


@pytest.fixture
def mirror(tmp_path: Path) -> Layout:
    """Where the lake is mirrored."""
    return Layout.of(tmp_path / "mirror", tmp_path / "mirror" / "lake.duckdb", lake=True)
