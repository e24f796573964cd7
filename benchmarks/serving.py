"""The dashboard's routes, and the time from writing a run until they show it.

A daemon and a server run as two processes of their own; runs are written and routes are
asked from this one.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from benchmarks.indexing import Bench
from benchmarks.processes import PROJECT, Running, background
from benchmarks.table import Table, percentile
from benchmarks.tree import MODELS, PROJECTS

SUMMARY = "/api/analytics/summary"
OVERVIEW = "/analytics"
ROUTES = (
    SUMMARY,
    *(f"/api/analytics/{name}" for name in ("projects", "models", "timeseries", "qa")),
    *(f"/api/analytics/export/{kind}" for kind in ("json", "csv")),
    OVERVIEW,
    "/runs",
    "/jobs",
    "/health",
    "/metrics",
)
WITHOUT_ETAG = ("/metrics",)
ZONES = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Zulu")  # equal figures
# Several values of each, so that none is answered from what is kept.
FILTERS = {
    "project": [f"project={Path(project).name}" for project in PROJECTS[:5]],
    "model": [f"model={model}" for model in MODELS[:5]],
    "role": [f"role={role}" for role in ("manager", "employee", "supervisor")],
    "date range": [f"range={name}" for name in ("7d", "30d", "last-month", "quarter", "180d")],
    "QA": [f"qa={status}" for status in ("passed", "warning", "failed", "error", "not_run")],
}
BURST = 5_000
CLIENTS = 16
WAIT = 120.0
POLL = 0.01  # seconds; asking all the time would take a third of a core


@dataclass(frozen=True)
class Effort:
    """How long and how often things are measured that no repeat is of."""

    idle_seconds: float
    writes: int
    again: int
    answer_seconds: float


FULL = Effort(60, 100, 100, 5)
QUICK = Effort(0.5, 3, 3, 0.5)


class Client:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=WAIT)
        self._etags: dict[str, str] = {}
        self.newest = b""

    def get(self, route: str, *, conditional: bool = False) -> int:
        """Ask; the status. Raises ValueError for another than 200 and 304."""
        headers = {"If-None-Match": self._etags[route]} if conditional else {}
        self._connection.request("GET", route, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status not in (200, 304):
            raise ValueError(f"{route}: {response.status} {body[:200]!r}")
        if response.status == 200:
            self.newest = body
            self._etags[route] = response.headers.get("ETag", "")
        return response.status

    def timed(self, route: str, *, conditional: bool = False) -> float:
        """Milliseconds of one answer."""
        began = time.perf_counter()
        self.get(route, conditional=conditional)
        return 1e3 * (time.perf_counter() - began)

    def close(self) -> None:
        self._connection.close()


class Live:
    """An index that is being watched and served."""

    def __init__(self, bench: Bench, daemon: Running, server: Running, url: str) -> None:
        self.bench, self.daemon, self.server, self.url = bench, daemon, server, url
        self.client = Client(url)
        self._next = bench.tree.runs

    def write(self) -> None:
        """A new run."""
        self.prepared(1)()

    def prepared(self, count: int) -> Callable[[], None]:
        """What writes so many new runs, made up beforehand, which takes as long as writing them."""
        numbers = range(self._next, self._next + count)
        self._next += count
        files = [self.bench.tree.file(number) for number in numbers]

        def write() -> None:
            for number, (data, _) in zip(numbers, files, strict=True):
                self.bench.tree.put(number, data)
            for _, sums in files:
                self.bench.sums.update(sums)

        return write

    def until_visible(self) -> None:
        """Ask for the summary until it counts every run that was written."""
        deadline = time.monotonic() + WAIT
        conditional = False
        while time.monotonic() < deadline:
            self.client.get(SUMMARY, conditional=conditional)
            if json.loads(self.client.newest)["total_runs"] == self.bench.sums["runs"]:
                return
            conditional = True
            time.sleep(POLL)
        raise ValueError(f"not visible after {WAIT:.0f} s: {self.client.newest!r}")


@contextmanager
def live(bench: Bench) -> Iterator[Live]:
    """Watch and serve, from an index that is complete; new runs are removed in the end."""
    serve = background("-m", "indexer", *bench.options, "serve", "--port", "0")
    with background("-m", "indexer", *bench.options, "watch") as daemon, serve as server:
        found = Live(bench, daemon, server, server.first_line().split()[-1])
        found.write()
        found.until_visible()
        try:
            yield found
        finally:
            found.client.close()
    bench.restore()


def measure_routes(system: Live, table: Table, repeats: int, often: int) -> None:
    """Each route as the first request after a publish, again, and with its ETag.

    The first is asked under a zone that nobody has asked for, so that it was not answered
    ahead of time; then as it was asked before, which may have been. What the overview takes of
    the processor tells how quick it could be on these cores.
    """
    for route in ROUTES:
        first, lately, processor = [], [], []
        for repeat in range(repeats):
            system.client.timed(route)
            _publish(system)
            before = system.server.cpu_seconds
            first.append(system.client.timed(f"{route}?tz={ZONES[repeat % len(ZONES)]}"))
            processor.append(1e3 * (system.server.cpu_seconds - before))
            lately.append(system.client.timed(route))
        table.add(f"GET {route}, first", "ms", first)
        if route == OVERVIEW:
            table.add(f"GET {route}, first: processor", "ms", processor)
        table.add(f"GET {route}, first, asked for lately", "ms", lately)
        again = [system.client.timed(route) for _ in range(often)]
        table.add(f"GET {route}, again", "ms", again)
        if route in WITHOUT_ETAG:
            continue
        not_modified = [system.client.timed(route, conditional=True) for _ in range(often)]
        table.add(f"GET {route}, 304", "ms", not_modified)


def measure_filters(system: Live, table: Table) -> None:
    """The summary under filters that nobody has asked for yet."""
    _publish(system)
    for name, queries in FILTERS.items():
        found = [system.client.timed(f"{SUMMARY}?{query}") for query in queries]
        table.add(f"GET {SUMMARY} by {name}, first", "ms", found)


def _publish(system: Live) -> None:
    """Another snapshot than before, without asking for any figure."""
    version = "/api/analytics/version"
    system.client.get(version)
    before = system.client.newest
    system.write()
    deadline = time.monotonic() + WAIT
    while system.client.newest == before:
        if time.monotonic() > deadline:
            raise ValueError("nothing was published")
        time.sleep(0.01)
        system.client.get(version)
    time.sleep(0.3)  # the public file is being made as well


def measure_latency(system: Live, table: Table, samples: int) -> None:
    """From the moment before a run is written until the summary counts it."""
    chance, found = Random(1), []
    for _ in range(samples):
        time.sleep(chance.uniform(0.3, 1.3))
        began = time.perf_counter()
        system.write()
        system.until_visible()
        found.append(1e3 * (time.perf_counter() - began))
    table.add("written until visible", "ms", found)
    table.add("written until visible, p99", "ms", percentile(found, 0.99))


def measure_burst(system: Live, table: Table, repeats: int, runs: int) -> None:
    """From before the first of many runs is written until the summary counts the last."""
    writing, found = [], []
    for _ in range(repeats):
        write = system.prepared(runs)
        began = time.perf_counter()
        write()
        writing.append(time.perf_counter() - began)
        system.until_visible()
        found.append(time.perf_counter() - began)
        time.sleep(3)
    table.add(f"{runs:,} new runs: writing them", "s", writing)
    name = f"{runs:,} new runs until all visible"
    table.add(name, "s", found, f"{runs:,} new runs: writing them")


def measure_idle(system: Live, table: Table, seconds: float) -> None:
    """The daemon with nothing to do."""
    time.sleep(min(seconds, 5))  # what starting left to do is no idling
    before, began = system.daemon.cpu_seconds, time.monotonic()
    time.sleep(seconds)
    used = system.daemon.cpu_seconds - before
    table.add("daemon, idle: of a core", "%", 100 * used / (time.monotonic() - began))
    table.add("daemon, idle: memory", "MB", system.daemon.memory_mb())


def measure_throughput(system: Live, table: Table, repeats: int, seconds: float) -> None:
    """Answers a second to clients that each keep one connection."""
    found = [_throughput(system.url, seconds) for _ in range(repeats)]
    table.add(f"answers, {CLIENTS} clients", "1/s", found)


def _throughput(url: str, seconds: float) -> float:
    command = [sys.executable, "-m", "benchmarks.clients", url, str(CLIENTS), str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, cwd=PROJECT).stdout)
