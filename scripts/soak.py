"""A daemon under load for a long time: `python -m scripts.soak` (`make soak`).

Ten runs a second on top of 100,000, some rewritten, some removed, while a dashboard is
asked twice a second. Memory, threads and descriptors of both processes are sampled; they must be
flat: the median of the last third may be at most a tenth above that of the first. At the
end every run must be there, `check` must find nothing, and SIGTERM must end both.
Prints a table and exits 1 where something is not so.
"""

import argparse
import itertools
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from indexer import health
from indexer.config import Layout
from indexer.health import Health
from indexer.snapshot import SnapshotReader

ALLOWED_GROWTH = 1.1
WARM_UP = 0.1  # of the time; caches fill first
LAG_LIMIT = 30.0


class Sample(NamedTuple):
    """What one process holds."""

    megabytes: float
    threads: int
    descriptors: int


class Soak:
    """One run of it, in a folder of its own."""

    def __init__(self, root: Path, rate: float) -> None:
        self.root, self.rate = root, rate
        self.count = 0
        self.removed: set[str] = set()
        self._random = random.Random(1)

    def write(self, name: str, cost: float) -> None:
        folder = self.root / "run_logs" / name
        folder.mkdir(parents=True, exist_ok=True)
        usage = {"calls": 3, "total_tokens": 1000, "total_cost_usd": cost, "model": "m"}
        document = {
            "run_id": name,
            "started_at": "2025-11-01T10:00:00Z",
            "finished_at": "2025-11-01T10:05:00Z",
            "project_dir": f"sites/project{hash(name) % 50}",
            "cost_summary": {"total_cost_usd": cost, "by_role": {"manager": usage}},
        }
        (folder / "run_summary.json").write_text(json.dumps(document), "utf-8")

    def add(self) -> None:
        """A new run; now and then an older one is rewritten, or removed."""
        self.count += 1
        self.write(f"run{self.count}", 0.5)
        chance = self._random.random()
        other = f"run{self._random.randint(1, self.count)}"
        if chance < 0.1 and other not in self.removed:
            self.write(other, 0.25)
        elif chance < 0.101 and other not in self.removed:
            self.removed.add(other)
            shutil.rmtree(self.root / "run_logs" / other)

    def command(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "indexer", "--root", str(self.root), *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def sample(process: "subprocess.Popen[bytes]") -> Sample:
    folder = Path(f"/proc/{process.pid}")
    status = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )
    return Sample(
        int(status["VmRSS"].split()[0]) / 1024,
        int(status["Threads"]),
        len(os.listdir(folder / "fd")),
    )


def cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runs_seen(layout: Layout) -> int:
    reader = SnapshotReader(layout)
    try:
        with reader.connect() as connection:
            row = connection.execute("select count(*) from runs").fetchone()
            return int(row[0]) if row else 0
    finally:
        reader.close()


def until(condition: Callable[[], bool], what: str, seconds: float) -> float:
    """Seconds until it was so. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(what)
        time.sleep(0.02)
    return time.monotonic() - began


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="runmeter-soak-") as folder:
        soak = Soak(Path(folder), options.rate)
        print(f"{options.runs:,} runs …", flush=True)
        for _ in range(options.runs):
            soak.count += 1
            soak.write(f"run{soak.count}", 0.5)
        return _run(soak, options.minutes * 60, options.port)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=30, help="24 hours: 1440")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=10, help="new runs a second")
    parser.add_argument("--port", type=int, default=8765)
    return parser.parse_args(arguments)


def _run(soak: Soak, seconds: float, port: int) -> int:
    layout = Layout.of(soak.root)
    watch = soak.command("watch")
    until(lambda: layout.snapshot_numbers() != [], "a first snapshot", 600)
    serve = soak.command("serve", "--port", str(port))
    problems: list[str] = []
    try:
        address = f"http://127.0.0.1:{port}/api/analytics/summary"
        until(lambda: _ask(address) is not None, "the dashboard", 60)
        idle = _idle_share(watch)
        samples = _load(soak, (watch, serve), seconds, address, problems)
        took = until(lambda: runs_seen(layout) == soak.count, "all runs", 120)
        print(f"{soak.count:,} runs, all visible {took:.2f} s after the last was written")
        print(f"idle: {idle:.2%} of a core")
        for name, found in zip(("watch", "serve"), samples, strict=True):
            problems += _judge(name, found)
        for _ in range(2):  # rewritten long ago: a full pass; gone: two of them
            print(f"full pass: {_full_pass(layout, watch):.2f} s")
    finally:
        for process in (serve, watch):
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            code = process.wait(60)
            print(f"SIGTERM: ended with {code} after {time.monotonic() - began:.2f} s")
            problems += [f"exit code {code}"] if code else []
    check = soak.command("check").wait()
    problems += [f"check: exit code {check}"] if check else []
    print("\n".join(problems) or "flat, complete, and equal to the files")
    return 1 if problems else 0


def _full_pass(layout: Layout, process: "subprocess.Popen[bytes]") -> float:
    before = (health.read(layout) or Health()).last_full_pass
    process.send_signal(signal.SIGHUP)
    return until(
        lambda: (health.read(layout) or Health()).last_full_pass != before, "a full pass", 300
    )


def _idle_share(process: "subprocess.Popen[bytes]", seconds: float = 60.0) -> float:
    before = cpu_seconds(process)
    time.sleep(seconds)
    return (cpu_seconds(process) - before) / seconds


def _load(
    soak: Soak,
    processes: tuple["subprocess.Popen[bytes]", ...],
    seconds: float,
    address: str,
    problems: list[str],
) -> list[list[Sample]]:
    began = time.monotonic()
    samples: list[list[Sample]] = [[] for _ in processes]
    every = max(1, int(seconds * soak.rate / 200))
    asked = failed = 0
    for place in itertools.count():
        due = began + place / soak.rate
        if due > began + seconds:
            break
        time.sleep(max(0.0, due - time.monotonic()))
        soak.add()
        if place % max(1, int(soak.rate / 2)) == 0:
            asked += 1
            failed += _ask(address) is None
        if place % every == 0 and time.monotonic() > began + seconds * WARM_UP:
            for found, process in zip(samples, processes, strict=True):
                found.append(sample(process))
    print(f"{asked:,} requests, {failed} failed")
    problems += [f"{failed} requests failed"] if failed else []
    return samples


def _judge(name: str, samples: list[Sample]) -> list[str]:
    """Prints first and last third; returns what has grown."""
    third = max(1, len(samples) // 3)
    problems = []
    for field in Sample._fields:
        values = [getattr(one, field) for one in samples]
        first, last = statistics.median(values[:third]), statistics.median(values[-third:])
        print(f"{name:6} {field:12} first third {first:8.1f}  last third {last:8.1f}")
        if last > first * ALLOWED_GROWTH + 1:
            problems.append(f"{name}: {field} grew from {first:.1f} to {last:.1f}")
    return problems


def _ask(address: str) -> Any:
    try:
        with urllib.request.urlopen(address, timeout=LAG_LIMIT) as answer:
            return json.load(answer)
    except OSError:
        return None


if __name__ == "__main__":
    sys.exit(main())
