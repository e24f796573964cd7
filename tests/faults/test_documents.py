"""Appended files under a daemon: seen at once, through rotation, kill -9 and enormous sizes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.config import Layout
from tests.faults.process import daemon
from tests.helpers import ask, index

LIMIT_KB = 400_000
SIZE = 2 * 1024**3


def line(run_id: str, cost: float = 1) -> bytes:
    document = {
        "run_id": run_id,
        "project_subdir": "landing",
        "mode": "3loop",
        "cost_summary": {"total_usd": cost},
    }
    return json.dumps(document).encode() + b"\n"


def make_log(root: Path, content: bytes = b"") -> Path:
    path = root / "agent" / "run_logs" / "landing_3loop.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_a_daemon_reads_on_through_rotation_and_kills(tmp_path: Path) -> None:
    root = tmp_path / "root"
    path = make_log(root, line("a") + line("b")[:20])
    with daemon(root) as found:
        found.wait_for_runs(1)
        with path.open("ab") as file:
            file.write(line("b")[20:])
        found.wait_for_runs(2)
        found.process.kill()
        found.process.wait()
    path.rename(path.with_suffix(".1"))
    path.write_bytes(line("b") + line("c"))
    with daemon(root) as found:
        found.wait_for_runs(3)
        path.write_bytes(line("d"))
        found.wait_for_runs(4)
        assert found.ask("select sum(cost_usd)::double, count(*) from runs") == [(4.0, 4)]
        assert found.ask("select lines, generation from appended_files") == [(5, 2)]
        found.stop()


@pytest.mark.parametrize("statement", ["kept_records", "commit"])
def test_killed_while_storing_it_loses_and_doubles_nothing(tmp_path: Path, statement: str) -> None:
    path = make_log(tmp_path, line("a"))
    layout = Layout.of(tmp_path)
    index(layout)
    with path.open("ab") as file:
        file.write(line("b") + line("a", 5) + line("c"))
    name = "changed" if statement == "commit" else "run"
    code = (
        "import os, sys\n"
        "from indexer.config import Layout\n"
        "from indexer.ingest import Indexer\n"
        "from indexer.store import Store\n"
        f"kept = Store.{name}\n"
        "def dies(self, *names):\n"
        "    kept(self, *names)\n"
        f"    if names in ((), ({statement!r},)):\n"
        "        os._exit(9)\n"
        f"Store.{name} = dies\n"
        "Indexer(Layout.of(sys.argv[1])).run_pass()\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert killed.returncode == 9
    index(layout)
    found = ask(layout, "select run_id, cost_usd::double from runs order by run_id")
    assert found == [("a", 5), ("b", 1), ("c", 1)]
    assert ask(layout, "select lines from appended_files") == [(4,)]


def test_two_gigabytes_take_little_memory(tmp_path: Path) -> None:
    """A hole of zeros is one line too long to be read; what follows it is read."""
    path = make_log(tmp_path, line("a"))
    with path.open("r+b") as file:
        file.truncate(SIZE)
        file.seek(SIZE)
        file.write(b"\n" + line("b"))
    code = (
        "import resource, sys\n"
        "from indexer.config import Layout\n"
        "from indexer.ingest import Indexer\n"
        "with Indexer(Layout.of(sys.argv[1])) as indexer:\n"
        "    indexer.run_pass()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) < LIMIT_KB
    layout = Layout.of(tmp_path)
    assert ask(layout, "select run_id from runs order by run_id") == [("a",), ("b",)]
    assert ask(layout, "select reason from ingest_issues") == [("longer than 8,388,607 bytes",)]
    assert ask(layout, "select lines, bad_lines from appended_files") == [(3, 1)]
