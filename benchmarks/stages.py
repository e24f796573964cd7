"""Where the time of a first pass goes: microseconds of processor time for each run, by stage.

    python -m benchmarks.stages ROOT [--runs 20000] [--results FILE]

One thread does one thing after the other, so that each stage can be told apart; in a pass
reading and storing overlap. Statements are those of `queries/load/`. The last column is one
further run alone, in milliseconds, stored into the index that the others have made.
"""

import argparse
import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import table
from indexer import discover, parse
from indexer.discover import RunRoot
from indexer.staged import digest, to_source
from indexer.store import Store

BATCH = 20_000


class Stages:
    """Seconds of processor time by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - began

    def watch(self, store: Store) -> None:
        """Time each statement that the store runs."""
        run = Store.run.__get__(store)

        def timed(statement: str) -> None:
            with self.stage(f"store: {statement}"):
                run(statement)

        store.run = timed  # type: ignore[method-assign]


def store_runs(store: Store, root: RunRoot, names: list[str]) -> Stages:
    """All stages for these runs, in one batch."""
    stages, staging = Stages(), store.staging()
    stages.watch(store)
    for name in names:
        with stages.stage("read"):
            reading = discover.read_run(root, name)
        if reading is None or reading.data is None:
            raise ValueError(f"{name}: cannot be read")
        with stages.stage("hash"):
            content = digest(reading.data)
        with stages.stage("parse"):
            run, issues = parse.parse_run(reading.data, name)
        with stages.stage("encode"):
            staging.add(to_source(reading, "run", content, False, issues, run))
    now = datetime.now(UTC).replace(tzinfo=None)
    with stages.stage("store: all"):
        store.apply(staging, now)
    stages.seconds["store: commit"] = stages.seconds["store: all"] - sum(
        seconds
        for name, seconds in stages.seconds.items()
        if name.startswith("store: ") and name != "store: all"
    )
    with stages.stage("checkpoint"):
        store.begin_publish(1, now)
    return stages


def measure(root: Path, runs: int, folder: Path) -> str:
    """The table as Markdown."""
    logs = RunRoot("run_logs", str(root / "run_logs"))
    names = list(itertools.islice(discover.names(logs), runs + 1))
    for name in names:
        discover.read_run(logs, name)  # so that the cache is warm
    store = Store(folder / "stages.duckdb", str(root))
    try:
        many = Stages()
        for start in range(0, runs, BATCH):
            part = store_runs(store, logs, names[start : min(start + BATCH, runs)])
            for name, seconds in part.seconds.items():
                many.seconds[name] += seconds
        one = store_runs(store, logs, names[runs : runs + 1])
    finally:
        store.close()
    lines = [f"| stage | µs a run, of {runs:,} | ms, one run |", "|---|--:|--:|"]
    for name in dict.fromkeys([*many.seconds, *one.seconds]):
        lines.append(
            f"| {name} | {1e6 * many.seconds[name] / runs:.1f} | {1e3 * one.seconds[name]:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--runs", type=int, default=BATCH)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.root, options.runs, Path(folder))
    print(found)
    if options.results:
        head = f"# Stages of a first pass\n\n{table.machine()}. Processor time, one thread.\n\n"
        options.results.write_text(head + found, encoding="utf-8")


if __name__ == "__main__":
    main()
