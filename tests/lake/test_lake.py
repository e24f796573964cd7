"""What a lake of many machines says: each run once, whatever they ship and in which order."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import sqlfiles
from indexer.lake import maintain as maintaining
from indexer.lake import tables
from indexer.lake.connection import LakeError, connected
from indexer.lake.verify import verify
from indexer.lake_settings import Lake
from indexer.layout import Layout
from tests.lake.conftest import MakeMachine
from tests.lake.machines import THEN, Machine, Run, both_ways, pull, seen, table_names

IDS = ("r1", "r2", "r3")


def test_tables_and_views_of_one_machine_are_the_same_through_the_lake(
    corpus: Callable[[str], Path], lake: Lake, mirror: Layout
) -> None:
    both_ways(corpus, lake, mirror)


def test_each_table_of_the_index_is_shipped_or_said_to_be_local() -> None:
    shipped = {name for owner in tables.OWNERS for name in (owner.table, *owner.parts)}
    assert shipped.isdisjoint(tables.LOCAL)
    stored = {sqlfiles.NUMBERED.get(name, name) for name in shipped}
    assert stored | {*tables.LOCAL} == table_names()


_steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.sampled_from("ab"),
            st.sampled_from(IDS),
            st.builds(
                Run,
                st.integers(1, 3),
                st.integers(0, 9),
                st.sampled_from([(), ("x",), ("x", "y")]),
                st.booleans(),
            ),
        ),
        st.tuples(st.just("forget"), st.sampled_from("ab"), st.sampled_from(IDS)),
        st.tuples(st.just("ship"), st.sampled_from("ab")),
        st.tuples(st.just("pull")),
        st.tuples(st.just("maintain")),
    ),
    max_size=9,
)


def test_whatever_happens_a_reader_sees_each_run_as_its_best_version(
    tmp_path: Path, lake: Lake, mirror: Layout
) -> None:
    """Examples share the lake and the mirror, each with machines and runs of its own."""

    @settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=_steps)
    def example(steps: list[tuple[Any, ...]]) -> None:
        base = Path(tempfile.mkdtemp(dir=tmp_path))
        machines = {name: Machine.of(base / name, lake, f"{base.name}{name}") for name in "ab"}
        newest: dict[tuple[str, str], Run] = {}
        for kind, *rest in steps:
            if kind == "write":
                name, run_id, run = rest
                machines[name].runs[base.name + run_id] = run
            elif kind == "forget":
                machines[rest[0]].runs.pop(base.name + rest[1], None)
            elif kind == "ship":
                _ship(machines[rest[0]], rest[0], newest)
            elif kind == "pull":
                pull(mirror, lake)
            else:
                maintaining.maintain(lake)
        for name, machine in machines.items():
            _ship(machine, name, newest)
        found = pull(mirror, lake)
        own = {key: run for key, run in found.items() if key.startswith(base.name)}
        assert own == _expected(newest)

    example()
    found = pull(mirror, lake)
    with connected(lake) as connection:
        assert seen(connection, "lake.") == found
    fresh = Layout.of(tmp_path / "fresh", tmp_path / "fresh" / "lake.duckdb", lake=True)
    assert pull(fresh, lake) == found


def _ship(machine: Machine, name: str, newest: dict[tuple[str, str], Run]) -> None:
    """Ship, and note what the lake must now know: of each machine's versions the newest."""
    machine.ship()
    for key in [key for key in newest if key[0] == name and key[1] not in machine.runs]:
        del newest[key]
    for run_id, run in machine.runs.items():
        known = newest.get((name, run_id))
        if known is None or (run.changed, run.content) >= (known.changed, known.content):
            newest[name, run_id] = run


def _expected(newest: dict[tuple[str, str], Run]) -> dict[str, tuple[int, tuple[str, ...]]]:
    best: dict[str, Run] = {}
    for (_, run_id), run in newest.items():
        if run_id not in best or run.rank > best[run_id].rank:
            best[run_id] = run
    return {run_id: (run.cost, run.roles) for run_id, run in best.items()}


# Ships, and dies of SIGKILL in the transaction of the batch or after it.
_KILLED = """
import os, signal, sys
from datetime import datetime
from indexer.lake.ship import Shipper
from indexer.lake_settings import Lake
from indexer.layout import Layout

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

root, catalog, data_path, when = sys.argv[1:]
clock = die if when == "within" else lambda: datetime(2026, 1, 1)
lake = Lake(catalog=catalog, data_path=data_path, machine="north")
with Shipper(Layout.of(root), lake, clock) as shipper:
    shipper._settle = die
    shipper.ship()
"""


def test_a_batch_is_sent_once_whenever_its_sender_is_killed(machine: MakeMachine) -> None:
    north = machine("north")
    north.runs = {f"r{number}": Run(1, 5, ("x",)) for number in range(20)}
    north.publish()
    for when in ("within", "after"):
        place = [str(north.layout.root), north.lake.catalog, north.lake.data_path]
        killed = subprocess.run([sys.executable, "-c", _KILLED, *place, when], check=False)
        assert killed.returncode == -signal.SIGKILL
    with north.shipper() as shipper:
        assert shipper.ship().rows == 0
    with connected(north.lake) as connection:
        assert connection.execute("select count(*) from lake.runs_log").fetchall() == [(20,)]
        assert seen(connection, "lake.") == dict.fromkeys(north.runs, (5, ("x",)))


def test_clocks_that_differ_by_an_hour_lose_and_double_nothing(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    """The late machine ships last, with files and a clock of an hour before."""
    hour = 3_600_000_000_000
    late, early = machine("late"), machine("early")
    late.clock = THEN - timedelta(hours=1)
    early.runs = {"both": Run(5 * hour, 5, ("x",)), "own": Run(5 * hour, 1)}
    early.ship()
    assert pull(mirror, lake) == {"both": (5, ("x",)), "own": (1, ())}
    late.runs = {"both": Run(4 * hour, 6, ("y",)), "late": Run(4 * hour, 2, ("z",))}
    late.ship()
    assert pull(mirror, lake) == {"both": (5, ("x",)), "own": (1, ()), "late": (2, ("z",))}


def test_a_maintainer_whose_clock_is_ahead_leaves_files_of_batches_under_way(
    machine: MakeMachine, lake: Lake
) -> None:
    machine("north").ship()
    under_way, left = (Path(lake.data_path) / f"{name}.parquet" for name in ("new", "old"))
    for path, age in ((under_way, 3_600 + 60), (left, 3 * 86_400)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    maintaining.maintain(lake)
    assert under_way.exists()
    assert not left.exists()


def test_jobs_without_a_name_of_their_own_are_counted_on_each_machine(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    north, south = machine("north"), machine("south")
    north.jobs = {"#1": "running", "j1": "failed"}
    north.ship()
    pull(mirror, lake)
    assert _jobs(mirror) == {"#1": "running", "j1": "failed"}
    south.jobs = {"#1": "completed", "j1": "failed"}
    south.ship()
    pull(mirror, lake)
    assert _jobs(mirror) == {"north/#1": "running", "south/#1": "completed", "j1": "failed"}


def test_a_machine_restored_from_an_old_backup_takes_nothing_back(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    north = machine("north")
    north.runs = {"r1": Run(1, 5)}
    north.ship()
    backup = shutil.copytree(north.layout.root, north.layout.root.with_name("backup"))
    north.runs = {"r1": Run(2, 7), "r2": Run(2, 1)}
    north.ship()
    shutil.rmtree(north.layout.root)
    backup.rename(north.layout.root)
    north.runs = {"r1": Run(1, 5)}
    north.ship()
    assert pull(mirror, lake) == {"r1": (7, ()), "r2": (1, ())}
    # Nor where what was shipped is not known any more.
    (north.layout.state_dir / "shipped.duckdb").unlink()
    north.ship()
    assert pull(mirror, lake) == {"r1": (7, ()), "r2": (1, ())}


def test_a_lake_restored_from_an_old_backup_gets_what_it_lacks(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    north = machine("north")
    north.runs = {"r1": Run(1, 5)}
    north.ship()
    backup = shutil.copy(lake.catalog, f"{lake.catalog}.backup")
    north.runs["r2"] = Run(2, 2, ("x",))
    north.ship()
    now = pull(mirror, lake)
    Path(backup).rename(lake.catalog)
    assert pull(mirror, lake) == {"r1": (5, ())}
    with north.shipper() as shipper:
        verify(shipper, mend=True)
        shipper.ship()
    assert pull(mirror, lake) == now


def test_a_lake_that_cannot_be_reached_is_caught_up_with(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    north = machine("north")
    north.runs = {"r1": Run(1, 5)}
    north.ship()
    pull(mirror, lake)
    catalog = Path(lake.catalog)
    away = catalog.rename(catalog.with_suffix(".away"))
    north.runs["r2"] = Run(1, 6)
    with pytest.raises(LakeError):
        north.ship()
    with pytest.raises(LakeError):
        pull(mirror, lake)
    away.rename(catalog)
    north.runs["r3"] = Run(1, 7)
    assert north.ship().rows == 4
    assert pull(mirror, lake) == {"r1": (5, ()), "r2": (6, ()), "r3": (7, ())}


def test_what_the_lake_lost_is_found_and_shipped_again(machine: MakeMachine) -> None:
    north = machine("north")
    north.runs = {name: Run(1, 5, ("x",)) for name in IDS}
    north.ship()
    with connected(north.lake, read_only=False) as connection:
        connection.execute("delete from lake.runs_log where run_id = 'r1'")
        connection.execute("delete from lake.role_usage_log where run_id = 'r2'")
        connection.execute("update lake.runs_log set cost_usd = 9 where run_id = 'r3'")
    with north.shipper() as shipper:
        runs = next(one for one in verify(shipper, mend=True) if one.table == "runs")
        assert (runs.missing, runs.different) == (1, 2)
        shipper.ship()
        assert all(one.is_equal for one in verify(shipper, mend=False))


def test_releases_of_different_age_share_a_lake(
    machine: MakeMachine, lake: Lake, mirror: Layout
) -> None:
    with connected(lake, read_only=False) as connection:
        # A newer release has added a column and its own views; an older one lacks another.
        connection.execute("alter table lake.runs_log add column mood varchar")
        connection.execute("alter table lake.runs_log drop column task")
        connection.execute("insert into lake.lake_schema values (?)", [sqlfiles.SCHEMA_VERSION + 1])
        connection.execute("create or replace view lake.qa_issues as select 1 as newer")
    north = machine("north")
    north.runs = {"r1": Run(1, 5)}
    north.ship()
    assert pull(mirror, lake) == {"r1": (5, ())}
    with connected(lake, read_only=False) as connection:
        tables.create(connection)
        assert "task" in tables.columns(connection, "lake")["runs_log"]
        assert connection.execute("from lake.qa_issues").fetchall() == [(1,)]


def test_maintenance_leaves_only_what_counts(machine: MakeMachine, lake: Lake) -> None:
    north = machine("north")
    for change in (1, 2, 5):
        north.runs = {"r1": Run(change, change, ("x",))}
        north.ship()
    maintaining.maintain(lake, keep="interval 0 seconds")
    with connected(lake) as connection:
        for table in ("runs_log", "role_usage_log"):
            assert connection.execute(f"select count(*) from lake.{table}").fetchall() == [(1,)]
        assert seen(connection, "lake.") == {"r1": (5, ("x",))}
    assert north.ship().rows == 0


def _jobs(layout: Layout) -> dict[str, str]:
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        return dict(connection.execute("select job_id, status from jobs").fetchall())
