"""A working database that a kill has damaged, in the middle of writing a block."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from indexer.config import Layout
from indexer.errors import RunmeterError
from tests.faults.process import fill, run_document
from tests.helpers import ask, index, write_run

HEADERS, BLOCK = 3 * 4096, 256 * 1024  # bytes of a DuckDB file
COSTS = "select run_id, cost_usd::double from runs order by run_id"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An index of runs of which one is gone, published twice."""
    fill(tmp_path, 20)
    path = write_run(tmp_path, "gone", run_document("gone", 4.5))
    found = Layout.of(tmp_path)
    index(found)
    shutil.rmtree(path.parent)
    index(found)
    index(found)
    assert ask(found, "select count(*) from runs where source_missing_since is not null") == [(1,)]
    return found


def damage(path: Path, *, only: int | None = None) -> None:
    """Another byte in the middle of each block, or of one."""
    with path.open("r+b") as file:
        places = range(HEADERS, path.stat().st_size, BLOCK)
        for place in places if only is None else [places[only]]:
            file.seek(place + BLOCK // 2)
            byte = file.read(1)
            file.seek(place + BLOCK // 2)
            file.write(bytes([byte[0] ^ 255]))


def test_it_goes_on_from_the_newest_snapshot(
    layout: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    before = ask(layout, COSTS)
    damage(layout.working)
    with pytest.raises(duckdb.Error, match="Corrupt database file"):
        duckdb.connect(str(layout.working)).execute("from runs")
    write_run(layout.root, "new", run_document("new", 2.25))
    number = layout.snapshot_numbers()[-1]
    index(layout, audited=True)
    assert ask(layout, COSTS) == sorted([*before, ("new", 2.25)])
    assert layout.snapshot_numbers()[-1] > number
    assert f"set aside as working.damaged.duckdb, the index goes on from snapshot {number}" in (
        caplog.text
    )
    assert layout.working.with_name("working.damaged.duckdb").exists()


def test_a_damaged_snapshot_is_passed_over(layout: Layout) -> None:
    before = ask(layout, COSTS)
    damage(layout.snapshot(layout.snapshot_numbers()[-1]))
    damage(layout.working)
    index(layout)
    assert ask(layout, COSTS) == before


def test_where_nothing_is_whole_it_says_so_and_takes_nothing_away(layout: Layout) -> None:
    paths = [layout.working, *map(layout.snapshot, layout.snapshot_numbers())]
    for path in paths:
        damage(path)
    with pytest.raises(RunmeterError, match="nor can any snapshot beside it"):
        index(layout)
    assert all(path.exists() for path in paths)


def test_what_was_never_published_is_read_anew(layout: Layout) -> None:
    shutil.rmtree(layout.snapshots_dir)
    damage(layout.working)
    index(layout)
    assert ask(layout, "select count(*) from runs") == [(20,)]


@pytest.mark.parametrize("is_aside", [True, False])
def test_a_kill_meanwhile_is_made_good(layout: Layout, is_aside: bool) -> None:
    before = ask(layout, COSTS)
    folder = layout.working.parent
    log = folder / "working.duckdb.wal"
    if is_aside:
        shutil.copy(layout.working, folder / "working.recovered.duckdb")
        layout.working.replace(folder / "working.damaged.duckdb")
        log.write_bytes(b"of the damaged file")
    else:
        (folder / "working.recovered.duckdb").write_bytes(b"half a copy")
    index(layout)
    assert ask(layout, COSTS) == before
    assert not (folder / "working.recovered.duckdb").exists()


def test_whichever_block_is_damaged_is_found_after_a_kill(layout: Layout) -> None:
    """Opening reads some of them, the others are those of rows."""
    before = ask(layout, COSTS)
    killed = f"""
import duckdb, os
connection = duckdb.connect({str(layout.working)!r})
connection.execute("update index_info set revision = revision + 1")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", killed], check=True)
    assert layout.working.with_name("working.duckdb.wal").exists()
    kept = layout.root / "kept"
    shutil.copytree(layout.state_dir, kept)
    seen = 0
    for block in range((layout.working.stat().st_size - HEADERS) // BLOCK):
        shutil.rmtree(layout.state_dir)
        shutil.copytree(kept, layout.state_dir)
        damage(layout.working, only=block)
        index(layout)
        assert ask(layout, COSTS) == before
        seen += layout.working.with_name("working.damaged.duckdb").exists()
    assert seen > 2
