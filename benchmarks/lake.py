"""A lake of simulated machines: shipping, pulling, tidying, and the dashboard on the mirror.

`python -m benchmarks.lake 1000000 --machines 20`; needs the extra `lake`. The machines' indexes
are made by SQL, because what is measured begins behind them; a tenth of the runs is held by two
machines. The catalog is a PostgreSQL of its own where its programs are installed, else a file.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from benchmarks.processes import Done, background, python
from benchmarks.serving import Client
from benchmarks.table import Table, machine, percentile
from indexer import sqlfiles
from indexer.lake.connection import connected
from indexer.lake_settings import POSTGRES, Lake
from indexer.layout import Layout
from indexer.lock import make_state_dir
from tests.lake.servers import Postgres, postgres_programs

TARGET = Path(__file__).parent / "results"
ROUTES = ("/api/analytics/summary", "/api/analytics/projects", "/analytics", "/runs")
ASKED = 7
# Runs first to last, of which the first ones are also those of the machine before.
_RUNS = """
    insert into runs by name select
        'run-' || i as run_id,
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
    insert into role_usage_rows by name select
        run_key, role, 'model-' || hash(run_id, role) % 6 as model, 2 as calls,
        input_tokens // 3 as input_tokens, output_tokens // 3 as output_tokens,
        total_tokens // 3 as total_tokens, (cost_usd / 3)::decimal(18, 12) as cost_usd
    from runs cross join (select unnest(['manager', 'supervisor', 'employee']) as role);
    insert into other_model_rows by name select
        run_key, model, sum(calls)::bigint as calls, sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens, sum(total_tokens)::bigint as total_tokens,
        sum(cost_usd)::decimal(18, 12) as cost_usd
    from role_usage_rows group by run_key, model;
    insert into sources by name select
        'run' as kind, 'indexed' as state, run_id, 2000 as size,
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
    """Ship, pull, tidy and ask, each as the command that its users start."""
    found = Table()
    own = runs // machines
    roots = [_root(folder / f"machine-{number}", lake) for number in range(machines)]
    mirror = _root(folder / "mirror", lake)
    _command(roots[0], "lake", "init")
    shipping = []
    for number, root in enumerate(roots):
        first = number * own - (own // 10 if number else 0)
        _apart(_index, root, first, (number + 1) * own, number)
        shipping.append(_command(root, "lake", "ship"))
        if number:
            shutil.rmtree(root)
    found.add("shipping, a machine", "s", [done.seconds for done in shipping])
    found.add("shipping, peak memory", "MB", [done.peak_mb for done in shipping])
    found.add("shipping, runs", "1/s", own / found.median("shipping, a machine"))
    _add(found, "first pull", _pull(mirror, own * machines))
    first = machines * own
    _apart(_index, roots[0], first, first + 1_000, machines)
    _add(found, "shipping 1,000 more", _command(roots[0], "lake", "ship"))
    _add(found, "pulling them", _pull(mirror, first + 1_000))
    found.add("pulling nothing", "s", _pull(mirror, first + 1_000).seconds)
    _add_sizes(lake, found)
    _add(found, "tidying", _command(roots[0], "lake", "maintain"))
    _add(found, "tidying again", _command(roots[0], "lake", "maintain"))
    _add_sizes(lake, found, " after tidying")
    found.add("mirror", "MB", (mirror / "lake.duckdb").stat().st_size / 1e6)
    files = [path for path in mirror.rglob("*") if path.is_file()]
    found.add("mirror with its snapshots", "MB", sum(file.stat().st_size for file in files) / 1e6)
    _ask(mirror, found)
    return found


def _root(root: Path, lake: Lake) -> Path:
    (root / "agent").mkdir(parents=True)
    named = msgspec.to_builtins(lake) | {"machine": root.name}
    (root / "agent" / "project_config.json").write_text(json.dumps({"analytics": {"lake": named}}))
    return root


def _index(root: Path, first: int, last: int, version: int) -> None:
    """A machine's newest snapshot: these runs, and those of the snapshot before."""
    layout = Layout.of(root)
    make_state_dir(layout)
    layout.snapshots_dir.mkdir(exist_ok=True)
    number = max(layout.snapshot_numbers(), default=0) + 1
    with duckdb.connect(str(layout.snapshot(number))) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(sqlfiles.schema())
        connection.execute(_RUNS.format(first=first, last=last, version=version + 1))
        if number > 1:
            connection.execute(f"attach '{layout.snapshot(number - 1)}' as before (read_only)")
            for table in ("runs", "role_usage", "model_usage", "sources"):
                connection.execute(f"insert into {table} from before.{table}")


def _add_sizes(lake: Lake, found: Table, when: str = "") -> None:
    """Files and bytes of the lake, bytes by table, and what the catalog takes."""
    with connected(lake) as connection:
        rows = connection.execute(
            "select table_name, file_count, file_size_bytes from ducklake_table_info('lake')"
            " where file_count > 0 order by table_name"
        ).fetchall()
        found.add(f"lake{when}", "MB", sum(size for _, _, size in rows) / 1e6)
        for table, _, size in rows:
            found.add(f"lake{when}, {table}", "MB", size / 1e6)
        found.add(f"lake{when}, files", "files", sum(files for _, files, _ in rows))
        if lake.is_postgres:
            address = lake.catalog.removeprefix(POSTGRES)
            connection.execute(f"attach '{address}' as catalog (type postgres, read_only)")
            query = "select pg_database_size(current_database()) as size"
            size = connection.execute(f"from postgres_query('catalog', '{query}')").fetchall()
            found.add(f"catalog{when}", "MB", size[0][0] / 1e6)


def _apart(work: Callable[..., None], *arguments: object) -> None:
    """In a process of its own, so that this one stays small (`processes`)."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _command(root: Path, *arguments: str) -> Done:
    return python("-m", "indexer", "--root", root, *arguments)


def _pull(mirror: Path, runs: int) -> Done:
    """The command that asks for the number of runs, which pulls first."""
    done = _command(mirror, "--lake", "sql", "select count(*) as runs from runs")
    if done.output.split() != ["runs", str(runs)]:
        raise SystemExit(f"{done.output} instead of {runs} runs")
    return done


def _add(found: Table, name: str, done: Done) -> None:
    found.add(name, "s", done.seconds)
    found.add(f"{name}, peak memory", "MB", done.peak_mb)


def _ask(root: Path, found: Table) -> None:
    """Routes of the dashboard on the mirror: first, and under filters that nobody asked before."""
    os.environ["RUNMETER_AS_OF"] = "2025-12-31T12:00:00Z"
    with background("-m", "indexer", "--root", root, "--lake", "serve", "--port", "0") as server:
        client = Client(server.first_line().split()[-1])
        for route in ROUTES:
            found.add(f"{route}, first", "ms", client.timed(route))
            asked = [client.timed(f"{route}?project=project-{number}") for number in range(ASKED)]
            found.add(f"{route}, one project, p50", "ms", percentile(asked, 0.5))
        found.add("serving, peak memory", "MB", server.memory_mb(peak=True))
        client.close()


@contextmanager
def _lake(folder: Path) -> Iterator[Lake]:
    data_path = f"{folder / 'data'}/"
    if postgres_programs() is None:
        yield Lake(catalog=str(folder / "catalog.ducklake"), data_path=data_path)
        return
    with catalog_server() as postgres:
        yield Lake(catalog=postgres.catalog("lake"), data_path=data_path)


@contextmanager
def catalog_server() -> Iterator[Postgres]:
    """A PostgreSQL of its own, gone afterwards. Its programs must be installed."""
    programs = postgres_programs()
    if programs is None:
        raise SystemExit("no programs of PostgreSQL")
    place = Path(tempfile.gettempdir()) / f"runmeter-lake-{os.getpid()}"
    postgres = Postgres(programs, place)
    try:
        yield postgres
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
