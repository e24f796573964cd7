"""A lake of simulated machines: shipping, pulling, tidying, and the dashboard on the mirror.

`python -m benchmarks.lake 1000000 --machines 20`; needs the extra `lake`. The machines' indexes
are made by SQL, because what is measured begins behind them; a tenth of the runs is held by two
machines. The catalog is a PostgreSQL of its own where its programs are installed, else a file.
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from benchmarks.processes import background
from benchmarks.serving import Client
from benchmarks.table import Table, machine, percentile
from indexer import sqlfiles
from indexer.lake import tables
from indexer.lake.connection import connected
from indexer.lake.maintain import maintain
from indexer.lake.pull import Puller
from indexer.lake.ship import Shipper
from indexer.lake_settings import Lake
from indexer.layout import Layout
from indexer.lock import make_state_dir
from tests.lake.servers import Postgres, postgres_programs

TARGET = Path(__file__).parent / "results"
ROUTES = ("/api/analytics/summary", "/api/analytics/projects", "/analytics", "/runs")
ASKED = 7
# Runs first to last, of which the first ones are also those of the machine before.
_RUNS = """
    insert into runs by name select
        'run-' || i as run_id, 'run_logs/run-' || i || '/run_summary.json' as source_path,
        'project-' || i % 20 as project_name, '/srv/project-' || i % 20 as project_dir,
        if(i % 2 = 0, '2loop', '3loop') as mode, 'Task ' || i % 500 as task,
        timestamp '2025-01-01' + to_seconds((i * 7919) % 31536000) as started_at,
        started_at + to_seconds(60 + i % 1800) as finished_at, 3 as max_rounds,
        1 + i % 3 as rounds_completed, 'success' as final_status,
        ['passed', 'warning', 'failed', null][1 + i % 4] as qa_status,
        (1 + i % 900)::decimal(18, 12) / 1000 as cost_usd, 6 as calls,
        1000 + i % 5000 as input_tokens, 500 + i % 900 as output_tokens,
        input_tokens + output_tokens as total_tokens, false as tokens_redacted,
        timestamp '2026-01-01' as indexed_at
    from range({first}, {last}) as made(i);
    insert into role_usage by name select
        run_id, role, 'model-' || hash(run_id, role) % 6 as model, 2 as calls,
        input_tokens // 3 as input_tokens, output_tokens // 3 as output_tokens,
        total_tokens // 3 as total_tokens, (cost_usd / 3)::decimal(18, 12) as cost_usd
    from runs cross join (select unnest(['manager', 'supervisor', 'employee']) as role);
    insert into model_usage by name select
        run_id, model, sum(calls)::bigint as calls, sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens, sum(total_tokens)::bigint as total_tokens,
        sum(cost_usd)::decimal(18, 12) as cost_usd
    from role_usage group by run_id, model;
    insert into sources by name select
        source_path as path, 'run' as kind, 'indexed' as state, run_id, 2000 as size,
        {version} as mtime_ns, 0 as ctime_ns, 0::hugeint as inode, md5(run_id) as content_hash,
        false as read_again, 0 as absent_passes
    from runs;
"""


def main() -> None:
    """Measure and write `results/lake-<runs>.md`."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, _lake(Path(name)) as lake:
        found = measure(Path(name), lake, options.runs, options.machines)
    text = (
        f"# A lake of {options.runs:,} runs of {options.machines} machines\n\n{machine()}."
        f" Made by `python -m benchmarks.lake {options.runs}`.\n\n{found.markdown()}"
    )
    (TARGET / f"lake-{options.runs}.md").write_text(text, encoding="utf-8")
    print(text)


def measure(folder: Path, lake: Lake, runs: int, machines: int) -> Table:
    """Ship, pull, tidy and ask."""
    found = Table()
    with connected(lake, read_only=False, create=True) as connection:
        tables.create(connection)
    own = runs // machines
    shipping, names = [], [f"machine-{number}" for number in range(machines)]
    for number, name in enumerate(names):
        first = number * own - (own // 10 if number else 0)
        layout = _index(folder / name, first, (number + 1) * own, number)
        shipping.append(_ship(layout, lake, name))
        if number:
            shutil.rmtree(folder / name)
    found.add("shipping, a machine", "s", shipping)
    found.add("shipping, runs", "1/s", own / (sum(shipping) / machines))
    mirror = Layout.of(folder / "mirror", folder / "mirror" / "lake.duckdb", lake=True)
    (mirror.root / "agent").mkdir(parents=True)
    settings = {"analytics": {"lake": msgspec.to_builtins(lake)}}
    mirror.config_file.write_text(json.dumps(settings), encoding="utf-8")
    with Puller(mirror, lake) as puller:
        found.add("first pull", "s", _timed(lambda: _check(puller.pull().rows >= own * machines)))
        first = machines * own
        more = _index(folder / names[0], first, first + 1_000, machines)
        with duckdb.connect(str(more.snapshot(2))) as connection:
            connection.execute(f"attach '{more.snapshot(1)}' as before (read_only)")
            for table in ("runs", "role_usage", "model_usage", "sources"):
                connection.execute(f"insert into {table} from before.{table}")
        found.add("shipping 1,000 more", "s", _ship(more, lake, names[0]))
        found.add("pulling them", "s", _timed(lambda: _check(puller.pull().rows == 2_000)))
    found.add("tidying", "s", _timed(lambda: maintain(lake, keep="interval 0 seconds")))
    found.add("mirror", "MB", mirror.database.stat().st_size / 1e6)
    _check(_total(mirror) == machines * own + 1_000)
    _ask(mirror, found)
    return found


def _index(root: Path, first: int, last: int, version: int) -> Layout:
    """A machine's newest snapshot with these runs."""
    root.mkdir(exist_ok=True)
    layout = Layout.of(root)
    make_state_dir(layout)
    layout.snapshots_dir.mkdir(exist_ok=True)
    number = max(layout.snapshot_numbers(), default=0) + 1
    with duckdb.connect(str(layout.snapshot(number))) as connection:
        connection.execute(sqlfiles.schema())
        connection.execute(_RUNS.format(first=first, last=last, version=version + 1))
    return layout


def _ship(layout: Layout, lake: Lake, name: str) -> float:
    named = Lake(catalog=lake.catalog, data_path=lake.data_path, machine=name)
    with Shipper(layout, named, lambda: datetime.now(UTC).replace(tzinfo=None)) as shipper:
        return _timed(shipper.ship)


def _ask(mirror: Layout, found: Table) -> None:
    """Routes of the dashboard on the mirror: first, and under filters that nobody asked before."""
    given = ("--root", mirror.root, "--database", mirror.database)
    os.environ["RUNMETER_AS_OF"] = "2025-12-31T12:00:00Z"
    with background("-m", "indexer", *given, "--lake", "serve", "--port", "0") as server:
        client = Client(server.first_line().split()[-1])
        for route in ROUTES:
            found.add(f"{route}, first", "ms", client.timed(route))
            asked = [client.timed(f"{route}?project=project-{number}") for number in range(ASKED)]
            found.add(f"{route}, one project, p50", "ms", percentile(asked, 0.5))
        client.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _check(holds: bool) -> None:
    if not holds:
        raise SystemExit("the lake does not hold what was shipped")


def _total(mirror: Layout) -> int:
    with duckdb.connect(str(mirror.database), read_only=True) as connection:
        return int(connection.execute("select count(*) from runs").fetchall()[0][0])


@contextmanager
def _lake(folder: Path) -> Iterator[Lake]:
    data_path = f"{folder / 'data'}/"
    programs = postgres_programs()
    if programs is None:
        yield Lake(catalog=str(folder / "catalog.ducklake"), data_path=data_path)
        return
    place = Path(tempfile.gettempdir()) / f"runmeter-lake-{os.getpid()}"
    postgres = Postgres(programs, place)
    try:
        yield Lake(catalog=postgres.catalog("lake"), data_path=data_path)
    finally:
        postgres.stop()
        shutil.rmtree(place)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure a lake of simulated machines.")
    parser.add_argument("runs", type=int)
    parser.add_argument("--machines", type=int, default=20)
    parser.add_argument("--folder", help="Where the files are made.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
