"""Processes that are killed, disks that are full, locks that are left behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import pytest

from indexer.config import Layout
from indexer.ingest import Indexer
from indexer.lock import make_state_dir
from indexer.records import Job
from indexer.staging import WRITE_BYTES, Staging
from tests.conftest import RunCli
from tests.faults.process import PATIENCE, daemon, fill, run_document, script, until
from tests.helpers import ask, index, write_jobs, write_run

KILLS = int(os.environ.get("RUNMETER_KILLS", "12"))
TABLES = ("runs", "role_usage", "model_usage", "iterations", "qa_issues", "jobs", "sources")
LEFT_OUT = {
    "runs": "exclude (indexed_at, run_key)",
    "sources": "exclude (read_again, absent_passes)",
}


def assert_equals_a_clean_rebuild(layout: Layout, folder: Path) -> None:
    """All tables, but for what only says when we looked."""
    clean = Layout.of(layout.root, folder / "clean.duckdb")
    clean.database.parent.mkdir()
    index(clean)
    for table in TABLES:
        query = f"select * {LEFT_OUT.get(table, '')} from {table} order by all"
        assert ask(layout, query) == ask(clean, query), table


def test_killed_at_any_moment_it_loses_nothing(tmp_path: Path) -> None:
    """kill -9 while reading, committing and publishing; a writer goes on all the time."""
    root = tmp_path / "root"
    fill(root, 300)
    layout = Layout.of(root)
    chance = random.Random(12)
    began = time.monotonic()
    index(layout)
    whole = time.monotonic() - began
    for kill in range(KILLS):
        for place in range(40):
            cost = chance.randrange(1, 1000) / 100
            write_run(root, f"r{place * 7}", run_document(f"r{place * 7}", cost))
        fill(root, 40, f"more{kill}-")
        write_jobs(root, [{"id": "j", "status": f"s{kill}"}])
        command = [sys.executable, "-m", "indexer", "--root", str(root), "watch"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            time.sleep(0.15 + chance.random() * (0.3 + 2 * whole))
            process.send_signal(signal.SIGKILL)
        if kill % 4 == 3:
            index(layout)
    index(layout)
    assert_equals_a_clean_rebuild(layout, tmp_path / "clean")
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        count = connection.execute("select count(*) from runs").fetchone()
    assert count == (300 + 40 * KILLS,)


def test_a_second_daemon_ends_at_once(tmp_path: Path, run_cli: RunCli) -> None:
    fill(tmp_path, 3)
    with daemon(tmp_path) as found:
        done = run_cli("--root", tmp_path, "watch")
        assert done.returncode == 3
        assert f"process {found.process.pid}" in done.stderr
        assert run_cli("--root", tmp_path, "index").returncode == 3
        found.stop()


def test_a_lock_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    """Its number may belong to another process by now."""
    fill(tmp_path, 3)
    layout = Layout.of(tmp_path)
    make_state_dir(layout)
    layout.lock_file.write_text("")
    (layout.state_dir / "indexer.pid").write_text(str(os.getpid()))
    with daemon(tmp_path) as found:
        assert (layout.state_dir / "indexer.pid").read_text() == str(found.process.pid)


def test_what_a_person_does_with_the_public_file_blocks_nobody(tmp_path: Path) -> None:
    """One holds it open for writing, one reads it in a loop, one is killed while it writes."""
    fill(tmp_path, 20)
    database = tmp_path / "analytics.duckdb"
    hold = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('create table mine as select 1 as a')\n"
        "print('open')\n"
        "for line in sys.stdin:\n"
        "    connection.execute('insert into mine select range from range(1000)')\n"
        "    print('written')\n"
    )
    read = (
        "import duckdb, os, sys, time\n"
        "bad = good = 0\n"
        "while not os.path.exists(sys.argv[2]):\n"
        "    try:\n"
        "        with duckdb.connect(sys.argv[1], read_only=True) as connection:\n"
        "            connection.execute('select count(*) from runs').fetchone()\n"
        "        good += 1\n"
        "    except duckdb.IOException as error:\n"
        "        if 'lock' not in str(error).lower():\n"
        "            bad += 1\n"
        "    time.sleep(0.02)\n"
        "print(good, bad)\n"
    )
    enough = tmp_path / "enough"
    with daemon(tmp_path) as found, script(hold, database) as person, ExitStack() as later:
        assert person.stdin is not None
        assert person.stdout is not None
        assert person.stdout.readline() == "open\n"
        reader = later.enter_context(script(read, database, enough))
        for round_ in range(8):
            with script(hold, database) as victim:
                assert victim.stdin is not None
                victim.stdin.write("\n\n\n")
                victim.stdin.flush()
                write_run(tmp_path, f"new{round_}", run_document(f"new{round_}"))
                found.wait_for_runs(21 + round_)
                victim.kill()  # it may or may not hold the file, and leave a log behind
            person.stdin.write("\n")
            person.stdin.flush()
        until(lambda: can_be_read(database, 28), "the public file is current and can be read")
        person.kill()
        until(lambda: can_be_read(database, 28), "and also when the person is killed")
        enough.touch()
        good, bad = reader.communicate(timeout=PATIENCE)[0].split()
        assert (int(good) > 0, int(bad)) == (True, 0)
        found.stop()


def can_be_read(database: Path, runs: int) -> bool:
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute("select count(*) from runs").fetchone() == (runs,)
    except duckdb.IOException:
        return False


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def eat(path: Path) -> None:
    """Use up what is left of a disk."""
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


@pytest.mark.parametrize("moment", ["publishing", "committing"])
def test_a_full_disk_is_said_and_caught_up(tmp_path: Path, moment: str) -> None:
    root, disk = tmp_path / "root", tmp_path / "disk"
    fill(root, 50)
    with small_disk(disk, "64m"):
        database = disk / "analytics.duckdb"
        with daemon(root, database=database) as found:
            found.wait_for_runs(50)
            big = disk / "big"
            if moment == "publishing":
                free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
                big.write_bytes(b"\0" * (free - 10_000_000))  # less than is kept free
            else:
                eat(big)
            fill(root, 300, "later")
            until(lambda: found.health.problem or "trying again" in found.told(), "it is said")
            until(lambda: "ERROR" in found.told(), "it is in the log")
            assert found.ask("select count(*) from runs") == [(50,)]
            big.unlink()
            found.wait_for_runs(350)
            until(lambda: can_be_read(database, 350), "the public file is current")
            until(lambda: not found.health.problem, "it is over")
            found.stop()


def test_a_batch_that_found_no_room_can_be_dropped(tmp_path: Path) -> None:
    """Closing a file writes what is left in its buffer, and so fails a second time."""
    disk = tmp_path / "disk"
    with small_disk(disk, "1m"):
        batch = Staging(disk / "staged")
        eat(disk / "big")
        larger_than_the_buffer = Job(job_id="a", status="x" * 2 * WRITE_BYTES)
        with pytest.raises(OSError, match="No space left"):
            batch.add(larger_than_the_buffer)
        batch.close()
        assert not batch.path.exists()


def test_a_disk_that_is_full_from_the_start(tmp_path: Path, run_cli: RunCli) -> None:
    root, disk = tmp_path / "root", tmp_path / "disk"
    fill(root, 50)
    with small_disk(disk, "40m"):
        database = disk / "analytics.duckdb"
        big = disk / "big"
        big.write_bytes(b"\0" * 25_000_000)
        done = run_cli("--root", root, "--database", database, "index")
        assert done.returncode == 1
        assert "needed; not published until there is room" in done.stderr
        assert "Traceback" not in done.stderr
        with daemon(root, database=database) as found:
            until(lambda: "not published" in found.health.problem, "it is said")
            big.unlink()
            found.wait_for_runs(50)


def test_sigterm_ends_it_in_the_middle_of_a_first_pass(tmp_path: Path) -> None:
    """What has been read by then is kept."""
    fill(tmp_path, 8_000)
    patch = "import indexer.intake\nindexer.intake.BATCH_FILES = 500\n"
    with daemon(tmp_path, patch=patch, wait=False) as found:
        working = found.layout.working
        until(lambda: working.exists() and working.stat().st_size > 500_000, "it has begun")
        began = time.monotonic()
        found.stop()
        took = time.monotonic() - began
    assert took < PATIENCE  # how long it took is measured in the soak test
    with Indexer(Layout.of(tmp_path)) as indexer:
        assert indexer.known.count > 0
        result = indexer.run_pass()
    assert result.unchanged + result.new == 8_000


def test_a_crash_between_two_files_of_one_run(tmp_path: Path) -> None:
    """A document that ends a pass by a bug ends the daemon; nothing else is lost by it."""
    fill(tmp_path, 20)
    patch = (
        "from indexer.sources import run_summary\n"
        "read = run_summary.parse_run\n"
        "def broken(data, folder):\n"
        "    if folder == 'poison':\n"
        "        raise KeyError('a bug')\n"
        "    return read(data, folder)\n"
        "run_summary.parse_run = broken\n"
    )
    with daemon(tmp_path, patch=patch) as found:
        write_run(tmp_path, "poison", run_document("poison"))
        assert found.process.wait(PATIENCE) == 1
        assert "KeyError" in found.told()
    with daemon(tmp_path) as found:
        found.wait_for_runs(21)


def test_json_log_lines(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with daemon(tmp_path, "--log-format", "json") as found:
        found.stop()
        lines = [json.loads(line) for line in found.told().splitlines()]
    assert {"time", "level", "logger", "message"} <= lines[0].keys()
    assert any(line["message"].startswith("watching ") for line in lines)
