"""First, unchanged and changed passes, beside the floors that were measured with them.

The repeats take turns, so that whatever else the machine does meets all rows alike.
After every pass the figures are held against the generator's sums.
"""

import json
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.check import differences
from benchmarks.processes import Done, python
from benchmarks.table import Table
from benchmarks.tree import Sums, Tree

CHANGED = 1_000
ALONE, AT_ONCE = "counting, one process", "counting, two at once"
NEAR, FAR = "reads at random of 256 kB", "reads at random of 256 MB"
MACHINE = {AT_ONCE: ALONE, FAR: NEAR}  # what is held against what
SETTLED = 2.1  # seconds after which a file's times show every further change


@dataclass
class Bench:
    """A tree, the sums that it has now, and where its index lies."""

    tree: Tree
    sums: Sums
    database: Path

    def runmeter(self, *arguments: object) -> Done:
        """A command on this index, to its end."""
        return python("-m", "indexer", *self.options, *arguments)

    @property
    def options(self) -> tuple[object, ...]:
        return "--root", self.tree.root, "--database", self.database

    def start_anew(self) -> None:
        """No index at all."""
        shutil.rmtree(self.database.parent, ignore_errors=True)
        self.database.parent.mkdir(parents=True)

    def restore(self) -> None:
        """The tree as it was made, whatever an earlier benchmark left."""
        there = {self.tree.run_id(number) for number in range(self.tree.runs)}
        for folder in (self.tree.root / "run_logs").iterdir():
            if folder.name not in there:
                shutil.rmtree(folder)
        for number in range(min(CHANGED, self.tree.runs)):
            self.tree.write(number)

    def change(self, before: int, after: int) -> None:
        """Another version of the first runs."""
        for number in range(min(CHANGED, self.tree.runs)):
            self.sums.subtract(self.tree.document(number, before)[1])
            self.sums.update(self.tree.write(number, after))
        self.sums = Counter({name: count for name, count in self.sums.items() if count})

    def check(self) -> None:
        """Raises ValueError where a figure is not what the generator wrote."""
        shown = python("-m", "benchmarks.check", self.tree.root, self.database).output
        if wrong := differences(json.loads(shown), self.sums):
            raise ValueError("the figures are wrong: " + "; ".join(wrong))


def floor(name: str, tree: Tree) -> float:
    """Seconds of one run of a floor."""
    return float(python("-m", "benchmarks.floors", name, tree.root / "run_logs").output)


def machine(tree: Tree) -> dict[str, float]:
    """Seconds of what says how the machine does just now.

    Two processes that count take as long as one where two cores are two; virtual ones may share one
    for hours, and then twice as long. Memory that others use as well answers later.
    """
    alone = floor("count", tree)
    with ThreadPoolExecutor(2) as pool:
        at_once = max(pool.map(floor, ["count"] * 2, [tree] * 2))
    return {ALONE: alone, AT_ONCE: at_once, NEAR: floor("near", tree), FAR: floor("far", tree)}


def measure_machine(bench: Bench, table: Table, when: str, repeats: int) -> None:
    """How the machine does at that time."""
    found = [machine(bench.tree) for _ in range(min(repeats, 3))]
    for name in found[0]:
        beside = MACHINE.get(name)
        values = [one[name] for one in found]
        table.add(f"{name}, {when}", "s", values, f"{beside}, {when}" if beside else None)


def measure(bench: Bench, table: Table, repeats: int, naive: int) -> None:
    """All rows about `runmeter index`; `naive` repeats of the baseline."""
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for repeat in range(repeats):
        for name, seconds in machine(bench.tree).items():
            note(name, seconds)
        note("read, Python", floor("read", bench.tree))
        note("read, DuckDB", floor("read_duckdb", bench.tree))
        note("walk", floor("walk", bench.tree))
        if repeat < naive:
            note("naive request", floor("naive", bench.tree))
        bench.start_anew()
        done = bench.runmeter("index")
        note("index, first", done.seconds)
        note("index, first: processor", done.cpu_seconds)
        note("index, first: peak memory", done.peak_mb)
        bench.check()
        done = bench.runmeter("index")
        note("index, nothing changed", done.seconds)
        note("index, nothing changed: peak memory", done.peak_mb)
        bench.change(repeat, repeat + 1)
        note(f"index, {CHANGED:,} changed", bench.runmeter("index").seconds)
        bench.check()
        time.sleep(SETTLED)
    bench.change(repeats, 0)
    _tell(table, found)


def _tell(table: Table, found: dict[str, list[float]]) -> None:
    floors = {name: found.pop(name) for name in ("read, Python", "read, DuckDB")}
    for name, values in floors.items():
        table.add(name, "s", values)
    table.add(
        "read", "s", min(floors.values(), key=lambda values: sorted(values)[len(values) // 2])
    )
    against = MACHINE | {
        "index, first": "read",
        "index, first: processor": "read",
        "index, nothing changed": "walk",
        f"index, {CHANGED:,} changed": "index, nothing changed",
        "naive request": "read",
    }
    for name, values in found.items():
        table.add(name, "MB" if "peak" in name else "s", values, against.get(name))
    table.add("index, first, beside naive", "s", found["index, first"], "naive request")
    pairs = zip(found[f"index, {CHANGED:,} changed"], found["index, nothing changed"], strict=True)
    name = f"index, {CHANGED:,} changed, beyond nothing changed"
    table.add(name, "s", [changed - unchanged for changed, unchanged in pairs])


def measure_scaling(bench: Bench, table: Table, repeats: int) -> None:
    """The first pass over a tenth as many runs, for how time grows with their number."""
    small: list[float] = []
    for _ in range(repeats):
        bench.start_anew()
        small.append(bench.runmeter("index").seconds)
        bench.check()
    name = f"index, first, {bench.tree.runs:,} runs"
    table.add(name, "s", small)
    table.add("index, first, beside a tenth", "s", table.rows["index, first"].values, name)


def measure_start(bench: Bench, table: Table, repeats: int) -> None:
    """The shortest command, beside an interpreter that does nothing."""
    nothing, helped = [], []
    for _ in range(repeats):
        nothing.append(1e3 * python("-c", "pass").seconds)
        helped.append(1e3 * bench.runmeter("--help").seconds)
    table.add("python, nothing", "ms", nothing)
    table.add("runmeter --help", "ms", helped, "python, nothing")


def measure_publishing(bench: Bench, table: Table, repeats: int) -> None:
    """Size of the database, and a publish beside a plain copy of it."""
    bench.runmeter("index")
    arguments = bench.tree.root, bench.database, repeats
    found = json.loads(python("-m", "benchmarks.publishing", *arguments).output)
    table.add("database", "MB", bench.database.stat().st_size / 1e6)
    table.add("copy of the database", "ms", [1e3 * value for value in found["copy"]])
    table.add("publish", "ms", [1e3 * value for value in found["publish"]], "copy of the database")
    table.add(
        "public file", "ms", [1e3 * value for value in found["public"]], "copy of the database"
    )
