"""`make bench N=100000`: everything that is said about speed, measured in one run.

    python -m benchmarks N [--folder DIR] [--repeats 5] [--results DIR]

The tree is made in DIR on first use and kept; it takes about 8 KB a run. The table goes to
`benchmarks/results/`. Nothing else should be at work on the machine meanwhile.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import indexing, serving, table, tree
from benchmarks.indexing import Bench
from indexer import blank

FOLDER = Path(tempfile.gettempdir()) / "runmeter-bench"
RESULTS = Path(__file__).parent / "results"
BYTES_PER_RUN = 10_000  # a folder, a file, its share of the index
PARTS = ("index", "publish", "serve", "watch")
SCALED = 200_000  # from this size on a tree of a tenth is measured as well


def main() -> None:
    options = _options()
    found = table.Table()
    bench = _bench(options.folder, options.runs)
    print(f"{table.machine()}; tree of {options.runs:,} runs in {options.folder}", file=sys.stderr)
    bench.restore()
    blank.make()  # as an installed package has it, also where SQL has changed since
    if "index" in options.parts:
        indexing.measure_start(bench, found, options.repeats)
        naive = options.repeats if options.runs < SCALED else 1
        indexing.measure(bench, found, options.repeats, naive)
    if "index" in options.parts and options.runs >= SCALED:
        tenth = _bench(options.folder, options.runs // 10)
        indexing.measure_scaling(tenth, found, options.repeats)
    bench.runmeter("index")
    if "publish" in options.parts:
        indexing.measure_publishing(bench, found, options.repeats)
    if {"serve", "watch"} & set(options.parts):
        indexing.measure_machine(bench, found, "before the daemon", options.repeats)
        _measure_live(bench, found, options)
        indexing.measure_machine(bench, found, "after it", options.repeats)
    print(found.markdown())
    if set(options.parts) == set(PARTS):
        table.write(options.results / f"{options.runs}.md", options.runs, found)


def _measure_live(bench: Bench, found: table.Table, options: argparse.Namespace) -> None:
    effort = serving.QUICK if options.quick else serving.FULL
    with serving.live(bench) as system:
        if "watch" in options.parts:
            serving.measure_idle(system, found, effort.idle_seconds)
            serving.measure_latency(system, found, effort.writes)
        if "serve" in options.parts:
            serving.measure_routes(system, found, options.repeats, effort.again)
            serving.measure_filters(system, found)
            serving.measure_throughput(system, found, options.repeats, effort.answer_seconds)
        if "watch" in options.parts:
            burst = min(serving.BURST, options.runs // 10)
            serving.measure_burst(system, found, options.repeats, burst)
            found.add("daemon: peak memory", "MB", system.daemon.memory_mb(peak=True))
        bench.check()


def _bench(folder: Path, runs: int) -> Bench:
    made, sums = tree.make(folder / f"tree-{runs}", runs)
    return Bench(made, sums, folder / f"index-{runs}" / "analytics.duckdb")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("runs", type=int, help="how many runs the tree has")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"[{FOLDER}]")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="few samples: does it work at all?")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    if options.runs < 1 or options.repeats < 1:
        parser.error("runs and --repeats: allowed: 1 and more")
    options.folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(options.folder).free < options.runs * BYTES_PER_RUN:
        parser.error(f"{options.folder}: no room for {options.runs:,} runs")
    return options


if __name__ == "__main__":
    main()
