"""What everything is held against, each in a process of its own that prints seconds.

`read`: each file opened, read and closed, by a plain Python loop and by DuckDB; `walk`:
listing and `stat` of each file; `naive`: `json.load` of each file and sums in Python, which
is what the specification does at each request. `count`: a processor at work that reads nothing,
which tells by two at once whether two cores are two. `near` and `far`: memory read at random,
within what a core's own cache holds and beyond it, which tell how long memory takes. Times are
those of the work alone, without the start of the interpreter.
"""

import json
import os
import sys
import time
from array import array
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

FILE = "run_summary.json"
COUNTED = 4_000_000
READS = 1_000_000
NEAR, FAR = 1 << 18, 1 << 28  # bytes


def read(logs: str) -> None:
    """The floor of a first pass: one loop of open, read, close."""
    with os.scandir(logs) as entries:
        for entry in entries:
            with open(f"{entry.path}/{FILE}", "rb", buffering=0) as file:
                file.read()


def read_duckdb(logs: str) -> None:
    """The same by DuckDB on all cores."""
    query = "select count(*), sum(size) from read_text(?)"
    with duckdb.connect() as connection:
        connection.execute(query, [f"{logs}/*/{FILE}"]).fetchall()


def walk(logs: str) -> None:
    """The floor of a pass that finds nothing changed."""
    with os.scandir(logs) as entries:
        for entry in entries:
            os.stat(f"{entry.path}/{FILE}")


def naive(logs: str) -> None:
    """One request as the specification answers it: all runs loaded, then summed."""
    runs = []
    for folder in Path(logs).iterdir():
        path = folder / FILE
        if path.exists():
            with path.open(encoding="utf-8") as file:
                runs.append(json.load(file))
    cost, projects, models = 0.0, dict[str, float](), dict[str, float]()
    for run in runs:
        costs = run["cost_summary"]
        spent = costs.get("total_cost_usd", costs.get("total_usd"))
        cost += spent
        project = Path(run["project_dir"]).name
        projects[project] = projects.get(project, 0.0) + spent
        for role, part in costs["by_role"].items():
            model = run["models_used"][role]
            spent = part.get("total_cost_usd", part.get("total_usd"))
            models[model] = models.get(model, 0.0) + spent


def count(_: str) -> None:
    """Some tenths of a second of the interpreter's."""
    total = 0
    for number in range(COUNTED):
        total += number * number


def look_up(size: int, _: str) -> None:
    """Reads of memory at random, each at a place that depends on the one before."""
    numbers = array("q", bytes(size))
    last, place = len(numbers) - 1, 0
    for _read in range(READS):
        place = (place * 1_664_525 + 1_013_904_223 + numbers[place]) & last


FLOORS: dict[str, Callable[[str], None]] = {
    "read": read,
    "read_duckdb": read_duckdb,
    "walk": walk,
    "naive": naive,
    "count": count,
    "near": partial(look_up, NEAR),
    "far": partial(look_up, FAR),
}

if __name__ == "__main__":
    began = time.perf_counter()
    FLOORS[sys.argv[1]](sys.argv[2])
    print(time.perf_counter() - began)
