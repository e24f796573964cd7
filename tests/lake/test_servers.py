"""A lake in PostgreSQL and S3 with real processes: shippers, a reader, a maintainer, and faults.

RUNMETER_LAKE_SECONDS makes it last longer than the few seconds it usually takes.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from indexer.lake import tables
from indexer.lake.connection import LakeError, connected
from indexer.lake.ship import Shipper
from indexer.lake_settings import Lake
from indexer.layout import Layout
from tests.helpers import write_run
from tests.lake.machines import THEN, Machine, Run, both_ways
from tests.lake.servers import KEYS, Postgres, free_port, postgres_programs, s3_server, until

ROLES = Path(__file__).parents[2] / "deploy" / "lake" / "roles.sql"
SECONDS = float(os.environ.get("RUNMETER_LAKE_SECONDS", "6"))
NUMBERS = itertools.count()
MACHINES = 3 if SECONDS < 60 else 6


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, dict[str, str]]]:
    """PostgreSQL, and the environment in which S3 is found."""
    programs = postgres_programs()
    if programs is None:
        if os.environ.get("RUNMETER_REQUIRE_LAKE"):
            pytest.fail("no PostgreSQL")
        pytest.skip("no PostgreSQL")
    # Not below the folder of the tests: only its owner may enter that.
    folder = Path(f"/tmp/runmeter-postgres-{os.getpid()}")
    postgres = Postgres(programs, folder)
    try:
        with s3_server("lake") as address:
            yield postgres, os.environ | KEYS | {"AWS_ENDPOINT_URL": address}
    finally:
        postgres.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


class Team:
    """Machines with an orchestrator each, and a reader, as their users start them."""

    def __init__(self, folder: Path, postgres: Postgres, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.name = f"team{next(NUMBERS)}"  # a lake of its own
        self.postgres, self.catalog = postgres, postgres.catalog(self.name)
        self.costs: dict[str, int] = {}
        self.processes: list[subprocess.Popen[str]] = []
        self.complaints: list[str] = []

    def machine(self, name: str, user: str = "runmeter") -> Path:
        root = self.folder / name
        (root / "run_logs").mkdir(parents=True)
        (root / "agent").mkdir()
        catalog = self.catalog.replace("user=runmeter", f"user={user}")
        lake = {"catalog": catalog, "data_path": f"s3://lake/{self.name}/", "machine": name}
        config = {"analytics": {"lake": lake}}
        (root / "agent" / "project_config.json").write_text(json.dumps(config))
        return root

    def run(self, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self._command(arguments),
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        log = (self.folder / f"log-{len(self.processes)}").open("w")
        process = subprocess.Popen(
            self._command(arguments), env=self.environment, stdout=log, stderr=log, text=True
        )
        log.close()
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("log-*")))

    def throughput(self, root: Path) -> str:
        """How much was shipped, and what it took in the catalog."""
        rates = [f"{len(self.costs)} runs, {len(self.costs) / SECONDS:.1f} a second"]
        status = json.loads(self.run("--root", root, "lake", "status", "--json").stdout)
        for one in status["machines"]:
            rates.append(
                f"{one['machine']}: speaks for {one['runs']} runs, {one['batches']} batches kept"
            )
        for table in ("snapshot", "data_file", "file_column_stats"):
            rates.append(
                f"{table}: " + self.psql(f"select count(*) from ducklake_{table}") + " rows"
            )
        size = self.psql("select pg_database_size(current_database())")
        return "\n".join([*rates, f"catalog: {size} bytes"])

    def psql(self, query: str) -> str:
        return self.postgres.psql(query, self.name)

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)

    def _command(self, arguments: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "indexer", *map(str, arguments)]


@pytest.fixture
def team(tmp_path: Path, servers: tuple[Postgres, dict[str, str]]) -> Iterator[Team]:
    found = Team(tmp_path, *servers)
    yield found
    found.end()


def children(pid: int) -> list[int]:
    """Processes that this one has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_a_shipper_that_lost_the_catalog_leaves_nothing_locked(
    servers: tuple[Postgres, dict[str, str]], tmp_path: Path
) -> None:
    postgres, _ = servers
    catalog = postgres.catalog(f"lost{next(NUMBERS)}")
    lake = Lake(catalog=catalog, data_path=f"{tmp_path}/data/", machine="m", ship=True)
    with connected(lake, read_only=False, create=True) as connection:
        tables.create(connection)
    machine = Machine.of(tmp_path / "m", lake, "m")
    machine.runs = {str(place): Run(1, 1, ("a",)) for place in range(50)}
    machine.publish()

    def lost() -> datetime:  # asked for just before the commit
        postgres.stop()
        return THEN

    with pytest.raises(LakeError), Shipper(machine.layout, machine.lake, lost) as shipper:
        shipper.ship()
    postgres.start()
    with machine.shipper() as shipper:
        assert shipper.ship().rows == 100
        assert shipper.due() == 0


@pytest.mark.timeout(max(240, SECONDS * 3))
def test_machines_ship_while_others_read_and_tidy_and_things_break(team: Team) -> None:
    """At the end the reader has each run once, and every machine finds its own in the lake."""
    roots = [team.machine(f"machine-{number}") for number in range(MACHINES)]
    reader = team.machine("reader")
    assert team.run("--root", roots[0], "lake", "init").returncode == 0
    daemons = [team.start("--root", root, "watch") for root in roots]
    port = free_port()
    team.start("--root", reader, "--lake", "serve", "--port", port)
    stop = threading.Event()
    threads = [threading.Thread(target=_write, args=(team, root, stop)) for root in roots] + [
        threading.Thread(target=_maintain, args=(team, roots[0], stop)),
        threading.Thread(target=_read, args=(team, port, stop)),
    ]
    until(lambda: _seen(port) is not None, "the first answer")
    for thread in threads:
        thread.start()
    try:
        _break(team, daemons)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert team.complaints == []
    total = (len(team.costs), sum(team.costs.values()))
    expected = {"runs": total[0], "cost": total[1], "parts": total}
    until(lambda: _seen(port) == expected, f"{expected}, found {_seen(port)}; {team.logs()}", 90)
    if SECONDS >= 60:
        print(team.throughput(roots[0]))  # noqa: T201
    for root in roots:
        found = team.run("--root", root, "lake", "verify")
        assert found.returncode == 0, found.stdout + found.stderr
    assert team.psql("select count(*) > 0 from ducklake_data_file") == "t"
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in team.logs()


def test_tables_and_views_are_the_same_through_postgres_and_s3(
    servers: tuple[Postgres, dict[str, str]],
    corpus: Callable[[str], Path],
    mirror: Layout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    postgres, environment = servers
    for name in (*KEYS, "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, environment[name])
    lake = Lake(catalog=postgres.catalog("corpora"), data_path="s3://lake/corpora/")
    with connected(lake, read_only=False, create=True) as connection:
        tables.create(connection)
    both_ways(corpus, lake, mirror)


@pytest.mark.timeout(240)
def test_each_role_does_its_work_with_the_least_rights(team: Team) -> None:
    """And while S3 refuses, nothing is lost; no key shows up in a message."""
    owner = team.machine("owner")
    assert team.run("--root", owner, "lake", "init").returncode == 0
    team.psql(ROLES.read_text())
    writer = team.machine("writer", "runmeter_writer")
    reader = team.machine("reader", "runmeter_reader")
    for number in range(100):  # few rows would stay in the catalog and not need S3
        write_run(writer, f"r{number}", {"cost_summary": {"total_cost_usd": 2}})
    assert team.run("--root", writer, "index").returncode == 0
    closed = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    refused = team.run("--root", writer, "lake", "ship", **closed)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: lake 'dbname=")
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in refused.stderr
    assert team.run("--root", writer, "lake", "ship").stdout.startswith("201 rows shipped")
    asked = "select sum(cost_usd)::int as cost from runs"
    assert team.run("--root", reader, "--lake", "sql", asked).stdout == "cost\n200\n"
    assert team.run("--root", reader, "lake", "maintain").returncode == 1
    maintainer = team.machine("maintainer", "runmeter_maintainer")
    tidied = team.run("--root", maintainer, "lake", "maintain")
    assert tidied.returncode == 0, tidied.stderr


def _break(team: Team, daemons: "list[subprocess.Popen[str]]") -> None:
    """Halfway through a shipper is killed, then PostgreSQL stops for a while."""
    time.sleep(SECONDS / 3)
    until(lambda: bool(children(daemons[0].pid)), "a shipping process")
    os.kill(children(daemons[0].pid)[0], signal.SIGKILL)
    time.sleep(SECONDS / 3)
    team.postgres.stop()
    time.sleep(1)
    team.postgres.start()
    time.sleep(SECONDS / 3)


def _write(team: Team, root: Path, stop: threading.Event) -> None:
    """Runs of this machine alone, and some that all of them have."""
    number = 0
    while not stop.wait(0.05):
        number += 1
        shared = number % 5 == 0
        run_id = f"shared-{number}" if shared else f"{root.name}-{number}"
        usage = {"manager": {"total_cost_usd": number % 7, "total_tokens": 10, "model": "m"}}
        summary = {"total_cost_usd": number % 7, "by_role": usage}
        started = "2026-01-01T00:00:00Z"
        write_run(root, run_id, {"run_id": run_id, "started_at": started, "cost_summary": summary})
        team.costs[run_id] = number % 7


def _maintain(team: Team, root: Path, stop: threading.Event) -> None:
    while not stop.wait(2):
        found = team.run("--root", root, "lake", "maintain")
        if found.returncode != 0 and "connect" not in found.stderr.lower():
            team.complaints.append(found.stderr)


def _read(team: Team, port: int, stop: threading.Event) -> None:
    """What a person sees: never an error, never fewer runs than before, parts that fit the sum."""
    before = 0
    while not stop.wait(0.2):
        seen = _seen(port)
        if seen is None:
            team.complaints.append("no answer")
            continue
        if seen["runs"] < before:
            team.complaints.append(f"{seen['runs']} runs after {before}")
        if seen["parts"] != (seen["runs"], seen["cost"]):
            team.complaints.append(f"torn: {seen}")
        before = seen["runs"]


def _seen(port: int) -> dict[str, Any] | None:
    """Runs and cost in total, and as the parts of all runs say; all of one snapshot."""
    try:
        address = f"http://127.0.0.1:{port}/api/analytics/export/json"
        with urllib.request.urlopen(address, timeout=10) as answer:
            found = json.load(answer)
    except OSError:
        return None
    summary, models = found["summary"], found["models"]
    return {
        "runs": summary["total_runs"],
        "cost": round(summary["total_cost"], 6),
        "parts": (
            sum(model["usage_count"] for model in models),
            round(sum(model["total_cost"] for model in models), 6),
        ),
    }
