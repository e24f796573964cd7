"""Calls of other tools: the same transcripts through Runmeter and through ccusage.

    python -m benchmarks.calls [--files 2000] [--folder DIR] [--repeats 5] [--ccusage COMMAND …]

Each `--ccusage` is a command that runs one version of it; those on the path are found by
themselves, and without any only Runmeter is measured. Token totals are held against those of
the generator to the last token; a wrong one of ours ends the benchmark. Version 17 keeps the
first line of an answer, so its total of answers that stream is another one and is shown.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.request import urlopen

from benchmarks import table, transcripts
from benchmarks.processes import Done, background, command, python

FOLDER = Path(tempfile.gettempdir()) / "runmeter-bench" / "transcripts"
RESULTS = Path(__file__).parent / "results"
GROWING = 0.5  # share of answers that stream, in the small tree
PATIENCE = 60


class Tree:
    """Transcripts, with an index beside them."""

    def __init__(self, folder: Path, files: int, growing: float) -> None:
        self.home, self.root = folder / "home", folder / "root"
        self.sums = transcripts.make(self.home, files, growing)
        self.database = folder / "index" / "analytics.duckdb"
        settings = {"analytics": {"sources": {"transcripts": True}}}
        (self.root / "agent").mkdir(parents=True, exist_ok=True)
        (self.root / "agent" / "project_config.json").write_text(json.dumps(settings))

    def forget(self) -> None:
        shutil.rmtree(self.database.parent, ignore_errors=True)

    @property
    def options(self) -> tuple[object, ...]:
        return ("-m", "indexer", "--root", self.root, "--database", self.database)

    def runmeter(self, *arguments: object) -> Done:
        return python(*self.options, *arguments)

    def tokens(self) -> int:
        """All tokens, as the index has them."""
        query = "select sum(total_tokens)::bigint as tokens from runs"
        return int(json.loads(self.runmeter("sql", query, "--json").output)[0]["tokens"])

    def grow(self) -> None:
        """One more answer at the end of one file."""
        path = next(self.home.rglob("*.jsonl"))
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": f"msg_{path.stat().st_size}", "model": transcripts.MODELS[0]}
        line = {
            "type": "assistant",
            "timestamp": "2026-02-02T10:00:00.000Z",
            "sessionId": path.stem,
            "requestId": "req_grown",
            "version": "2.0.30",
            "message": message | {"usage": usage},
        }
        with path.open("a") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self.sums = self.sums._replace(
            calls=self.sums.calls + 1, input=self.sums.input + 1, output=self.sums.output + 1
        )
        (self.home / "sums.json").write_text(json.dumps(self.sums))


def measure(tree: Tree, found: table.Table, peers: dict[str, list[str]], repeats: int) -> None:
    """Everything of one tree; ends where a total is wrong."""
    os.environ |= {"HOME": str(tree.home), "CLAUDE_CONFIG_DIR": str(tree.home / ".claude")}
    for version, words in peers.items():
        runs = [command(*words, "daily", "--json", "--offline") for _ in range(repeats)]
        name = f"ccusage {version}: report"
        found.add(name, "s", [run.seconds for run in runs])
        found.add(f"ccusage {version}: processor time", "s", [run.cpu_seconds for run in runs])
        found.add(f"ccusage {version}: peak memory", "MB", [run.peak_mb for run in runs])
        tokens = json.loads(runs[0].output)["totals"]["totalTokens"]
        print(f"ccusage {version}: {tokens:,} tokens, {tokens - tree.sums.tokens:+,}")
    newest = f"ccusage {max(peers, key=_major)}" if peers else None
    floor = newest and f"{newest}: report"
    cpu_floor = newest and f"{newest}: processor time"
    first = []
    for _ in range(repeats):
        tree.forget()
        first.append(tree.runmeter("index"))
    found.add("first read, into an index", "s", [run.seconds for run in first], floor)
    found.add("first read: processor time", "s", [run.cpu_seconds for run in first], cpu_floor)
    found.add("first read: peak memory", "MB", [run.peak_mb for run in first])
    _check(tree)
    report = ("report", "daily", "--range", "7d", "--json")
    runs = [tree.runmeter(*report) for _ in range(repeats)]
    found.add("report on the command line, no daemon", "s", [r.seconds for r in runs], floor)
    grown = []
    for _ in range(repeats):
        tree.grow()
        grown.append(tree.runmeter(*report).seconds)
    found.add("the same, a file has grown", "s", grown, floor)
    _check(tree)
    with _daemon(tree) as address:
        seconds = [_answer(address) for _ in range(repeats)]
        found.add("report from the daemon's dashboard", "s", seconds, floor)
        runs = [tree.runmeter(*report) for _ in range(repeats)]
        found.add(
            "report on the command line beside a daemon", "s", [r.seconds for r in runs], floor
        )
        opened = f"import duckdb; duckdb.connect({str(tree.database)!r}, read_only=True)"
        runs = [python("-c", opened) for _ in range(repeats)]
        found.add("Python opens the file with DuckDB", "s", [r.seconds for r in runs], floor)
        seen, grown = [], []
        for _ in range(repeats):
            seen.append(_until_seen(tree, address))
            grown.append(tree.runmeter(*report).seconds)
        found.add("a file has grown, until the dashboard has it", "s", seen)
        found.add("then a report on the command line", "s", grown, floor)


def _check(tree: Tree) -> None:
    tokens = tree.tokens()
    print(f"Runmeter: {tokens:,} tokens, {tokens - tree.sums.tokens:+,}")
    if tokens != tree.sums.tokens:
        raise SystemExit("the total is wrong")


@contextmanager
def _daemon(tree: Tree) -> Iterator[str]:
    serve = background(*tree.options, "serve", "--port", "0")
    with background(*tree.options, "watch"), serve as server:
        address = "/".join(server.first_line().split()[-1].split("/")[:3])
        _answer(address)
        yield address


def _answer(address: str) -> float:
    began = monotonic()
    with urlopen(f"{address}/api/analytics/timeseries?range=365d") as answer:
        answer.read()
    return monotonic() - began


def _total(address: str) -> int:
    with urlopen(f"{address}/api/analytics/summary") as answer:
        return int(json.load(answer)["total_tokens"])


def _until_seen(tree: Tree, address: str) -> float:
    """Seconds from a file's growth until the dashboard counts it."""
    tree.grow()
    began = monotonic()
    while _total(address) != tree.sums.tokens:
        if monotonic() - began > PATIENCE:
            raise SystemExit("the dashboard does not show what was added")
        sleep(0.02)
    return monotonic() - began


def _peers(commands: list[str]) -> dict[str, list[str]]:
    """Version -> command."""
    wanted = commands or ([found] if (found := shutil.which("ccusage")) else [])
    words = [one.split() for one in wanted]
    said = [subprocess.run([*one, "--version"], capture_output=True, text=True) for one in words]
    return {
        done.stdout.split()[-1]: one for done, one in zip(said, words, strict=True) if done.stdout
    }


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calls", description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--ccusage", action="append", default=[], metavar="COMMAND")
    options = parser.parse_args()
    peers = _peers(options.ccusage)
    found = table.Table()
    measure(Tree(options.folder / "same", options.files, 0), found, peers, options.repeats)
    print("Answers that stream:")
    small = Tree(options.folder / "growing", max(options.files // 20, 1), GROWING)
    measure(small, table.Table(), peers, 1)
    print(found.markdown())
    title, made_by = f"{options.files:,} transcripts", "python -m benchmarks.calls"
    table.write_as(options.results / "transcripts.md", title, made_by, found)


if __name__ == "__main__":
    main()
