"""What a lake's catalog and its S3 are asked for: commits a second, and requests of each step.

`python -m benchmarks.lake_catalog`; needs the extra `dev-lake` and PostgreSQL's programs. S3 is a
stand-in whose log is counted.
"""

import multiprocessing
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.lake import TARGET, catalog_server
from benchmarks.table import machine
from indexer.lake import tables
from indexer.lake.connection import connected
from indexer.lake.maintain import maintain
from indexer.lake.pull import Puller
from indexer.lake_settings import Lake
from indexer.layout import Layout
from tests.lake.machines import Machine, Run
from tests.lake.servers import KEYS, Postgres, s3_server

COMMITS = 240
LOGS = ("runs", "role_usage", "model_usage", "sources")
KINDS = ("PUT", "GET", "HEAD", "LIST", "DELETE")


def main() -> None:
    """Measure and write `results/lake-catalog.md`."""
    with tempfile.TemporaryDirectory() as name, catalog_server() as postgres:
        lines = ["| writers | commits a second | repeated |", "|--:|--:|--:|"]
        for writers in (1, 6, 12):
            rate, repeated = _commits(Path(name), postgres, writers)
            lines.append(f"| {writers} | {rate:.0f} | {repeated} |")
        lines += ["", f"| step | {' | '.join(KINDS)} |", "|---|" + "--:|" * len(KINDS)]
        lines += _requests(Path(name), postgres)
    text = "\n".join(
        [
            "# What a lake asks of its catalog and of S3",
            f"\n{machine()}. Made by `python -m benchmarks.lake_catalog`. A commit is a batch of"
            " five one-row inserts.\n",
            *lines,
            "",
        ]
    )
    (TARGET / "lake-catalog.md").write_text(text, encoding="utf-8")
    print(text)


def _commits(folder: Path, postgres: Postgres, writers: int) -> tuple[float, int]:
    """Commits a second by processes that write at once, and how many had to be repeated."""
    lake = Lake(catalog=postgres.catalog(f"writers{writers}"), data_path=f"{folder}/{writers}/")
    with connected(lake, read_only=False, create=True) as connection:
        tables.create(connection)
    context = multiprocessing.get_context("spawn")
    start, repeated = context.Barrier(writers + 1), context.Value("i", 0)
    given = (lake.catalog, lake.data_path, COMMITS // writers, start, repeated)
    processes = [context.Process(target=_write, args=given) for _ in range(writers)]
    for process in processes:
        process.start()
    start.wait()
    began = time.monotonic()
    for process in processes:
        process.join()
    return COMMITS / (time.monotonic() - began), int(repeated.value)


def _write(catalog: str, data_path: str, commits: int, start: Any, repeated: Any) -> None:
    with connected(Lake(catalog=catalog, data_path=data_path), read_only=False) as connection:
        connection.execute("set enable_progress_bar = false; from lake.lake_batches").fetchall()
        start.wait()
        done = 0
        while done < commits:
            try:
                _commit(connection)
                done += 1
            except duckdb.TransactionException:
                with repeated.get_lock():
                    repeated.value += 1


def _commit(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("begin")
    for table in LOGS:
        connection.execute(f"insert into lake.{table}_log (machine, batch) values ('m', 'b')")
    connection.execute("insert into lake.lake_batches (machine, batch) values ('m', 'b')")
    connection.execute("commit")


def _requests(folder: Path, postgres: Postgres) -> list[str]:
    """A row of requests for each step in the life of a small lake."""
    log = folder / "requests.log"
    with log.open("w") as out, s3_server("lake", out) as address:
        os.environ.update(KEYS | {"AWS_ENDPOINT_URL": address})
        lake = Lake(catalog=postgres.catalog("requests"), data_path="s3://lake/runs/")
        with connected(lake, read_only=False, create=True) as connection:
            tables.create(connection)
        north = Machine.of(folder / "north", lake, "north")
        (folder / "mirror").mkdir()
        mirror = Layout.of(folder / "mirror", folder / "mirror" / "lake.duckdb", lake=True)

        def more(runs: int) -> Callable[[], object]:
            first = len(north.runs)
            new = {f"r{first + n}": Run(first + n, 5, ("x", "y", "z")) for n in range(runs)}
            return lambda: (north.runs.update(new), north.ship())

        lines = []

        def step(name: str, work: Callable[[], object]) -> None:
            before = log.stat().st_size
            work()
            found = _count(log.read_text()[before:])
            lines.append(f"| {name} | " + " | ".join(str(found[kind]) for kind in KINDS) + " |")

        with Puller(mirror, lake) as puller:
            step("3 runs shipped", more(3))
            step("100 runs shipped, more than ten rows in three tables", more(100))
            step("pulled", puller.pull)
            step("nothing pulled", puller.pull)
            step("tidied", lambda: maintain(lake))
            step("tidied again", lambda: maintain(lake))
            step("3 runs shipped", more(3))
            step("pulled", puller.pull)
            step("ten shipments of 20 runs", lambda: [more(20)() for _ in range(10)])
            step("pulled", puller.pull)
            step("tidied", lambda: maintain(lake))
    return lines


def _count(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for method, path in re.findall(r'"(\w+) (\S+) HTTP', text):
        if method == "GET" and "prefix=" in path:
            method = "LIST"
        found["DELETE" if "?delete" in path else method] += 1
    return found


if __name__ == "__main__":
    main()
