"""Machines whose index is written by hand, so that a test says exactly what it holds."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import duckdb
import msgspec

from benchmarks.tree import Tree
from indexer import sqlfiles
from indexer.filters import Filters
from indexer.lake import tables
from indexer.lake.connection import connected
from indexer.lake.pull import Puller
from indexer.lake.ship import Shipment, Shipper
from indexer.lake_settings import Lake
from indexer.layout import Layout
from indexer.lock import make_state_dir
from indexer.times import parse_time
from tests.conftest import AS_OF
from tests.helpers import add_usage, index, snapshot

YEAR_RUNS = 200
THEN = datetime(2026, 1, 1)  # noqa: DTZ001 - UTC, as the index has it


class Run(NamedTuple):
    """`changed`: when its file was changed; `is_gone`: the file is not there any more."""

    changed: int
    cost: int
    roles: tuple[str, ...] = ()
    is_gone: bool = False

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The larger one speaks for the run."""
        return not self.is_gone, self.changed, self.content

    @property
    def content(self) -> str:
        return f"{self.cost:05}{''.join(self.roles)}"


@cache
def _empty_tables() -> bytes:
    """A database file with the tables alone, and the views that stand for two of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(sqlfiles.schema())
            sqlfiles.install_whole(connection)
        return path.read_bytes()


@dataclass
class Machine:
    """`runs` by id; what is changed in it is seen by others after `ship`. `clock`: its time."""

    layout: Layout
    lake: Lake
    runs: dict[str, Run] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    clock: datetime = THEN

    @classmethod
    def of(cls, root: Path, lake: Lake, name: str) -> Self:
        root.mkdir()
        layout = Layout.of(root)
        make_state_dir(layout)
        return cls(layout, msgspec.structs.replace(lake, machine=name))

    def publish(self) -> None:
        """A snapshot of what the machine holds."""
        self.layout.snapshots_dir.mkdir(exist_ok=True)
        number = max(self.layout.snapshot_numbers(), default=0) + 1
        self.layout.snapshot(number).write_bytes(_empty_tables())
        with duckdb.connect(str(self.layout.snapshot(number))) as connection:
            for run_id, run in self.runs.items():
                _insert(
                    connection,
                    "sources",
                    kind="run",
                    state="indexed",
                    run_id=run_id,
                    size=1,
                    mtime_ns=run.changed,
                    ctime_ns=0,
                    inode=0,
                    content_hash=run.content,
                    read_again=False,
                    absent_passes=0,
                    missing_since=THEN if run.is_gone else None,
                )
                _insert(
                    connection,
                    "runs",
                    run_id=run_id,
                    project_name="p",
                    cost_usd=run.cost,
                    tokens_redacted=False,
                    indexed_at=THEN,
                    source_missing_since=THEN if run.is_gone else None,
                )
                for role in run.roles:
                    add_usage(connection, "role_usage", run_id, role=role, model="m")
            for job_id, status in self.jobs.items():
                _insert(connection, "jobs", job_id=job_id, status=status)

    def ship(self) -> Shipment:
        """Publish, and ship it."""
        self.publish()
        with self.shipper() as shipper:
            return shipper.ship()

    def shipper(self) -> Shipper:
        return Shipper(self.layout, self.lake, lambda: self.clock)


def pull(layout: Layout, lake: Lake) -> dict[str, tuple[int, tuple[str, ...]]]:
    """What a reader sees after a pull: run -> cost and roles."""
    layout.root.mkdir(exist_ok=True)
    with Puller(layout, lake) as puller:
        puller.pull()
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        return seen(connection)


def seen(
    connection: duckdb.DuckDBPyConnection, lake: str = ""
) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Run -> cost and roles, of an index or of `lake.`."""
    found = connection.execute(
        "select runs.run_id, runs.cost_usd::int, list_sort(list(role) filter (role is not null))"
        f" from {lake}runs as runs left join {lake}role_usage as roles using (run_id)"
        " group by all"
    ).fetchall()
    assert len(found) == len({run_id for run_id, _, _ in found})
    return {run_id: (cost, tuple(roles or ())) for run_id, cost, roles in found}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, **values: Any) -> None:
    names, places = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(f"insert into {table} ({names}) values ({places})", list(values.values()))


def both_ways(corpus: Callable[[str], Path], lake: Lake, mirror: Layout) -> None:
    """Tables and views of the corpora and a generated year are the same on their mirror, and
    on the lake itself."""
    root = corpus("documented")
    shutil.copytree(corpus("orchestrator") / "run_logs", root / "run_logs", dirs_exist_ok=True)
    year = Tree(root, YEAR_RUNS, seed=7, last_day=AS_OF[:10])
    for number in range(YEAR_RUNS):
        year.write(number)
    local = Layout.of(root)
    index(local)
    with Shipper(local, lake, lambda: THEN) as shipper:
        assert shipper.ship().rows > YEAR_RUNS
        assert shipper.ship().rows == 0
    shutil.copytree(root / "agent", mirror.root / "agent")
    with Puller(mirror, lake) as puller:
        puller.pull()
    shipped = table_names() - {*tables.LOCAL, *sqlfiles.NUMBERED.values()}
    every = shipped | {*sqlfiles.views()}
    with (
        snapshot(local, AS_OF) as here,
        snapshot(mirror, AS_OF) as there,
        on_the_lake(lake, local) as on_lake,
    ):
        for name in sorted(every):
            query = f"select {_comparable(here, name)} from {name}"
            expected = _rows(here, query)
            assert _rows(there, query) == expected, name
            assert _rows(on_lake, query) == expected, name


@contextmanager
def on_the_lake(lake: Lake, own: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake's views under the names of the tables, the settings of an index, and the queries."""
    with connected(lake) as connection:
        execute = connection.execute
        execute(sqlfiles.schema())
        execute(f"attach '{own.snapshot(own.snapshot_numbers()[-1])}' as own (read_only)")
        for table in table_names():
            if table in tables.LOCAL:
                execute(f"insert into {table} from own.{table}")
            else:
                names = _columns(connection, table)
                origin = next(
                    (one for one, own in sqlfiles.NUMBERED.items() if own == table), table
                )
                split = ""
                if table == "role_usage_rows":
                    split = f", {tables.IS_SPLIT}, false as is_model_usage"
                numbered = f"(select *, run_id as run_key{split} from lake.{origin} as parts)"
                source = numbered if "run_key" in names else f"lake.{table}"
                execute(f"drop table {table}; create view {table} as select {names} from {source}")
        sqlfiles.install_views(connection)
        Filters(as_of=parse_time(AS_OF)).apply(connection)
        yield connection


def table_names() -> set[str]:
    """Of each index."""
    with duckdb.connect() as connection:
        connection.execute(sqlfiles.schema())
        query = "select table_name from duckdb_tables()"
        return {row[0] for row in connection.execute(query).fetchall()}


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    columns = connection.execute(f"describe {table}").fetchall()
    return ", ".join(row[0] for row in columns if row[0] != "other_path")


def _comparable(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Without how each index stores it."""
    columns = connection.execute(f"describe {table}").fetchall()
    own = {"run_key", "other_path", "is_model_usage"}
    return ", ".join(row[0] for row in columns if row[0] not in own)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """As texts, to the last digit."""
    return sorted(map(repr, connection.execute(query).fetchall()))
