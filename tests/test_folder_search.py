"""The searches in the folders of runs: what they find, and what they do where they cannot."""

import errno
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from indexer import folder_worker
from indexer.config import Layout
from indexer.folder_search import BesideSearch
from indexer.ingest import Indexer
from indexer.passes import PassResult
from tests.helpers import play_search

ENDLESS = "import signal\nsignal.pause()"
LOG, SESSION = "job.log", "session_summary.json"


def search(folder: Path, *files: str) -> tuple[dict[str, list[str]], str | None]:
    """What is found, and what the trouble was."""
    with closing(BesideSearch(str(folder), files)) as found:
        for _ in found.wait():
            pass
        return {file: sorted(found.found(file)) for file in files}, found.trouble()


def test_each_file_is_found_whatever_its_folder_is_called(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9")  # not UTF-8
    for name in ("a", "two\nlines", odd, "x" * 200, f"ends/{LOG}", ".hidden", "empty"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a", "two\nlines", odd, "x" * 200, "ends", ".hidden"):
        (tmp_path / name / LOG).touch(exist_ok=True) if name != "ends" else None
    (tmp_path / "a" / SESSION).touch()
    (tmp_path / LOG).touch()  # no folder
    found, trouble = search(tmp_path, LOG, SESSION)
    assert found == {LOG: sorted(["a", "two\nlines", odd, "x" * 200, "ends"]), SESSION: ["a"]}
    assert trouble is None


def test_names_are_whole_where_they_are_read_in_pieces(tmp_path: Path) -> None:
    names = sorted(f"{place:03}{'n' * 240}" for place in range(600))  # more than is read at once
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / LOG).touch()
    assert search(tmp_path, LOG)[0] == {LOG: names}


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_no_such_folder_holds_nothing(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / kind).touch()
    assert search(tmp_path / kind, LOG) == ({LOG: []}, None)


def test_what_cannot_be_listed_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert search(loop, LOG) == ({LOG: []}, os.strerror(errno.ELOOP))


def test_without_files_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert search(tmp_path) == ({}, None)


def test_a_search_that_is_given_up_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is over, and as soon as somebody asks for its end."""
    play_search(monkeypatch, tmp_path, ENDLESS)
    with closing(BesideSearch(str(tmp_path), [LOG])) as found:
        next(found.wait())
    assert found.trouble() == "ended by signal 9"


def test_a_pass_that_is_stopped_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_search(monkeypatch, tmp_path, ENDLESS)
    steps = 0

    def stop() -> bool:
        return steps > 1

    with Indexer(Layout.of(tmp_path)) as indexer:
        for _ in indexer.scan(PassResult(), stop=stop):
            steps += 1
    assert steps == 2


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Also where only the last piece of what was found does not fit."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / LOG).touch()
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-I", "-S", folder_worker.__file__, "beside", str(tmp_path), LOG]
        done = subprocess.run(command, stdout=full, check=False)
    assert done.returncode == errno.ENOSPC


def test_files_that_could_not_be_looked_for_are_not_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "run_logs" / "a" / LOG
    log.parent.mkdir(parents=True)
    log.write_text("INFO begun\n", "utf-8")
    missing = "select count(*) from sources where absent_passes > 0 or missing_since is not null"
    with Indexer(Layout.of(tmp_path)) as indexer:
        indexer.read_config()

        def scan() -> int:
            for _ in indexer.scan(PassResult()):
                pass
            return indexer.store.scalar(missing)

        assert scan() == 0
        assert indexer.store.scalar("select count(*) from job_log_lines") == 1
        log.unlink()
        with monkeypatch.context() as patch:
            play_search(patch, tmp_path, f"raise SystemExit({errno.EACCES})")
            assert [scan(), scan()] == [0, 0], "nobody knows whether it is gone"
        told = f"{tmp_path / 'run_logs'}: cannot be listed: {os.strerror(errno.EACCES)}"
        assert caplog.messages == [f"source {name}: {told}" for name in ("job_logs", "sessions")]
        assert scan() == 1
