"""A file that somebody reads is not taken, and one that is taken is not read."""

import errno
import fcntl
import os
import subprocess
import sys
from io import FileIO
from pathlib import Path

import duckdb
import pytest

from indexer import holding

OPENS = (
    "import duckdb, sys\n"
    "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
    "print('open', flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table found as select 1 as one")
    return path


def test_who_reads_in_the_same_process_keeps_it(file: Path) -> None:
    first, second = holding.hold(file), holding.hold(file)
    assert holding.take(file) is None
    first.close()
    assert holding.take(file) is None
    second.close()
    taken = holding.take(file)
    assert taken is not None
    assert holding.take(file) is None
    with pytest.raises(FileNotFoundError):
        holding.hold(file)
    taken.close()
    holding.hold(file).close()


def test_a_process_that_holds_nothing_keeps_what_it_has_open_in_duckdb(file: Path) -> None:
    """As a dashboard of an older release does, or somebody with a client of their own."""
    command = [sys.executable, "-c", OPENS, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"open\n"
        assert holding.take(file) is None
        reader.communicate(timeout=60)
    taken = holding.take(file)
    assert taken is not None
    late = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Could not set lock" in late.stderr
    taken.close()


def test_a_name_that_is_gone_cannot_be_held(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking it may have become another snapshot."""
    lock = holding._lock_shared

    def late(opened: FileIO) -> None:
        file.rename(file.with_name("b.duckdb"))
        lock(opened)

    monkeypatch.setattr(holding, "_lock_shared", late)
    with pytest.raises(FileNotFoundError):
        holding.hold(file)


def test_without_locks_nothing_is_taken_and_all_can_be_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems have none, or such as belong to a process."""

    def none(_file: object, _how: int) -> None:
        raise OSError(95, "Operation not supported")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", none)
        holding.hold(file).close()
        assert holding.take(file) is None
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", lambda _file, _how: None)
        assert holding.take(file) is None


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOLCK])
def test_another_error_of_a_lock_is_said(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def broken(_file: object, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", broken)
    with pytest.raises(OSError, match=os.strerror(number)):
        holding.hold(file)
    with pytest.raises(OSError, match=os.strerror(number)):
        holding.take(file)
