"""The commands as a person types them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer import check
from indexer.config import Layout
from indexer.ingest import Indexer
from tests.conftest import AS_OF, RunCli
from tests.helpers import ask, index, write_run


def test_index_prints_counts(documented: Layout, run_cli: RunCli) -> None:
    done = run_cli("--root", documented.root, "index", "--json")
    counts = json.loads(done.stdout)
    assert (counts["new"], counts["invalid"], counts["published"]) == (60, 0, True)
    again = run_cli("--root", documented.root, "index")
    assert again.stdout.startswith("0 new, 0 changed, 0 gone, 0 invalid, 60 unchanged")


def test_sql_reads_and_only_reads(documented: Layout, run_cli: RunCli) -> None:
    query = "select count(*) as n, sum(cost_usd)::double as cost from runs"
    done = run_cli("--root", documented.root, "sql", query)
    assert done.stdout.splitlines()[0] == "n,cost"
    assert done.stdout.splitlines()[1].startswith("60,62.74034")
    done = run_cli("--root", documented.root, "sql", "--json", "--as-of", AS_OF, input=query)
    assert json.loads(done.stdout)[0]["n"] == 60
    small = "select 0::decimal(18, 12) as nothing, 0.0000001::decimal(18, 12) as little"
    done = run_cli("--root", documented.root, "sql", small)
    assert done.stdout.splitlines() == ["nothing,little", "0.000000000000,0.000000100000"]
    done = run_cli("--root", documented.root, "sql", "delete from runs")
    assert done.returncode == 1
    assert "read-only" in done.stderr
    done = run_cli("--root", documented.root, "sql", "selct 1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_status_before_and_after(documented: Layout, run_cli: RunCli) -> None:
    before = json.loads(run_cli("--root", documented.root, "status", "--json").stdout)
    assert before["snapshot"] is None
    run_cli("--root", documented.root, "index")
    after = json.loads(run_cli("--root", documented.root, "status", "--json").stdout)
    assert (after["snapshot"], after["runs"], after["tokens_unknown_runs"]) == (1, 60, 12)
    assert after["last_full_pass"].endswith("Z")


def test_check_finds_what_the_index_lacks(documented: Layout, run_cli: RunCli) -> None:
    run_cli("--root", documented.root, "index")
    write_run(documented.root, "later", {"run_id": "later"})
    done = run_cli("--root", documented.root, "check")
    assert done.returncode == 1
    assert done.stdout == "runs: run_id later: differs, only in the files\n"
    assert "1 difference;" in done.stderr


def test_check_does_not_tell_of_what_an_indexer_takes_in_meanwhile(
    documented: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare, passes = check._compare, [False, True]
    with Indexer(documented) as indexer:
        indexer.run_pass()
        write_run(documented.root, "later", {"run_id": "later"})

        def slow(layout: Layout) -> list[str]:
            if passes.pop(0):
                indexer.run_pass()
            return compare(layout)

        monkeypatch.setattr(check, "_compare", slow)
        assert check.check(documented) == []
        assert passes == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "xml"], "xml"),
        (["export", "json", "--as-of", "yesterday"], "'yesterday', allowed: an ISO 8601 time"),
        (["serve", "--host", "0.0.0.0"], "it needs a token: name a file"),
        (["up", "--behind-proxy"], "--behind-proxy: others can reach the dashboard"),
        (["serve", "--host", "no.such.invalid"], "it needs a token"),
    ],
)
def test_wrong_usage_exits_2(
    documented: Layout, run_cli: RunCli, arguments: list[str], words: str
) -> None:
    done = run_cli("--root", documented.root, *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_root_that_is_not_there(tmp_path: Path, run_cli: RunCli) -> None:
    done = run_cli("--root", tmp_path / "nowhere", "index")
    assert done.returncode == 1
    assert "no such folder" in done.stderr


def test_a_taken_port_is_a_clear_message(documented: Layout, run_cli: RunCli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_cli("--root", documented.root, "up", "--port", port)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_a_read_only_root_works_with_a_database_elsewhere(
    documented: Layout, tmp_path: Path, run_cli: RunCli
) -> None:
    before = sorted(path.name for path in documented.root.iterdir())
    target = tmp_path / "elsewhere" / "index.duckdb"
    done = run_cli("--root", documented.root, "--database", target, "index")
    assert done.returncode == 0, done.stderr
    assert target.exists()
    assert sorted(path.name for path in documented.root.iterdir()) == before


@contextmanager
def daemon(
    *arguments: object, talk: Path = Path(os.devnull)
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A command that serves; yields it and its address, and ends it. stderr goes to `talk`."""
    environment = {key: value for key, value in os.environ.items() if "RUNMETER" not in key}
    with (
        talk.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-u", "-m", "indexer", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            env=environment,
        ) as process,
    ):
        guard = threading.Timer(60, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith("Dashboard: "))
            yield process, address.removeprefix("Dashboard: ").strip()
        finally:
            process.kill()
            guard.cancel()
            guard.join()


def total_runs(address: str) -> int:
    with urllib.request.urlopen(address.replace("/analytics", "/api/analytics/summary")) as answer:
        return int(json.load(answer)["total_runs"])


def wait_for(address: str, runs: int) -> None:
    """The pytest time limit bounds this; nothing depends on how long it takes."""
    while total_runs(address) != runs:
        time.sleep(0.05)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_up_serves_what_comes_in_and_stops_when_told(documented: Layout) -> None:
    with daemon("--root", documented.root, "up", "--port", 0) as (process, address):
        assert total_runs(address) == 60
        write_run(documented.root, "later", {"run_id": "later"})
        wait_for(address, 61)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert ask(documented, "select count(*) from runs") == [(61,)]


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_watch_and_serve_as_two_processes(documented: Layout, run_cli: RunCli) -> None:
    with daemon("--root", documented.root, "serve", "--port", 0) as (_, address):
        environment = {key: value for key, value in os.environ.items() if "RUNMETER" not in key}
        command = [sys.executable, "-m", "indexer", "--root", str(documented.root), "watch"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as watcher:
            try:
                write_run(documented.root, "later", {"run_id": "later"})
                wait_for(address, 61)
                watcher.send_signal(signal.SIGINT)
                assert watcher.wait(timeout=30) == 0
            finally:
                watcher.kill()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_demo_lives(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with daemon("demo", "--dir", folder, "--days", 20, "--port", 0) as (process, address):
        before = total_runs(address)
        assert before > 20
        while total_runs(address) == before:
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_daemon_outlives_a_configuration_that_breaks(
    documented: Layout, run_cli: RunCli, tmp_path: Path
) -> None:
    config = documented.config_file
    good = config.read_text("utf-8")
    config.write_text('{"analytics": {"timeseries_days": 0}}', "utf-8")
    done = run_cli("--root", documented.root, "watch")
    assert done.returncode == 2
    assert "analytics.timeseries_days: found 0" in done.stderr
    config.write_text(good, "utf-8")
    talk = tmp_path / "talk"
    with daemon("--root", documented.root, "up", "--port", 0, talk=talk) as (process, address):
        config.write_text('{"analytics": {"timeseries_days": 0}}', "utf-8")
        while "analytics.timeseries_days: found 0" not in talk.read_text("utf-8"):
            time.sleep(0.05)
        write_run(documented.root, "later", {"run_id": "later"})
        config.write_text(good, "utf-8")
        wait_for(address, 61)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_reader_that_has_had_enough_is_no_error(documented: Layout) -> None:
    index(documented)
    query = "select i, repeat('x', 100) as text from range(5_000) as r(i)"
    command = [sys.executable, "-m", "indexer", "--root", str(documented.root), "sql", query]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1
