"""What lies on disk after a publish, and what becomes of damage to it."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from indexer import copying, publish
from indexer.config import Layout
from indexer.errors import UsageError
from indexer.health import Health, Problems
from indexer.ingest import Indexer
from indexer.publish import KEEP_SNAPSHOTS
from indexer.publisher import AHEAD_SECONDS, REST_PER_PUBLISH, Publisher
from tests.helpers import ask, index, write_run


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    write_run(tmp_path, "a", {"run_id": "a"})
    return Layout.of(tmp_path)


def test_only_the_newest_snapshots_are_kept(layout: Layout) -> None:
    for place in range(KEEP_SNAPSHOTS + 2):
        write_run(layout.root, f"run{place}", {})
        index(layout)
    assert layout.snapshot_numbers() == [3, 4, 5]
    assert list(layout.state_dir.rglob("*.tmp")) == []


def test_the_file_of_the_oldest_snapshot_becomes_that_of_the_next_where_nobody_reads_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_clone", lambda *_: False)
    files: list[int] = []
    for place in range(KEEP_SNAPSHOTS + 2):
        write_run(layout.root, f"run{place}", {})
        index(layout)
        newest = layout.snapshot(layout.snapshot_numbers()[-1])
        files.append(newest.stat().st_ino)
        assert newest.read_bytes() == layout.working.read_bytes()
        assert ask(layout, "select count(*) from runs") == [(place + 2,)]
    assert files[KEEP_SNAPSHOTS:] == files[:2]
    public = layout.database.stat().st_ino
    assert public not in files


def test_a_snapshot_that_another_process_reads_stays_as_it_is(layout: Layout) -> None:
    """It keeps its file, also without a name, and never sees what is published after it."""
    index(layout)
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
        "print(connection.execute('select list(run_id) from runs').fetchall())\n"
    )
    command = [sys.executable, "-c", script, str(layout.snapshot(1))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        for place in range(2 * KEEP_SNAPSHOTS):
            write_run(layout.root, f"run{place}", {})
            index(layout)
        read, _ = reader.communicate(timeout=60)
    assert read == "[(['a'],)]\n"
    assert list(layout.state_dir.rglob("*.tmp")) == []


def test_a_public_file_that_takes_long_is_that_of_one_snapshot(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(layout)
    whole = layout.snapshot(1).read_bytes()
    layout.database.unlink()
    monkeypatch.setattr(copying, "_clone", lambda *_: False)
    is_half, go_on = threading.Event(), threading.Event()

    def slowly(source: Path, target: Path) -> None:
        with source.open("rb") as file, target.open("wb") as copy:
            copy.write(file.read(len(whole) // 2))
            is_half.set()
            go_on.wait(60)
            copy.write(file.read())

    with Indexer(layout) as indexer:
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "copyfile", slowly)
            thread = threading.Thread(target=publish.publish_public, args=[layout])
            thread.start()
            assert is_half.wait(60)
        for place in range(2 * KEEP_SNAPSHOTS):
            write_run(layout.root, f"run{place}", {})
            indexer.look_at([(indexer.roots[0], f"run{place}")], patient=False)
            indexer.publish()
        go_on.set()
        thread.join()
    assert layout.database.read_bytes() == whole


def test_a_snapshot_that_was_half_written_over_when_the_process_ended_is_made_anew(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(KEEP_SNAPSHOTS):
        write_run(layout.root, f"run{place}", {})
        index(layout)
    write_run(layout.root, "later", {})

    def dies(target: int, data: bytes, offset: int) -> None:
        os.pwrite(target, data[:100], offset)
        raise StopIteration  # stands for the end of the process

    monkeypatch.setattr(copying, "_clone", lambda *_: False)
    with monkeypatch.context() as patch:
        patch.setattr(copying, "_write", dies)
        with pytest.raises(StopIteration):
            index(layout)
    assert index(layout).published
    newest = layout.snapshot(layout.snapshot_numbers()[-1])
    assert newest.read_bytes() == layout.working.read_bytes()
    assert ask(layout, "select count(*) from runs") == [(KEEP_SNAPSHOTS + 2,)]


@pytest.mark.parametrize("lost", ["database", "snapshots_dir"])
def test_what_is_lost_is_published_again_under_a_new_number(layout: Layout, lost: str) -> None:
    before = index(layout).snapshot
    path: Path = getattr(layout, lost)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    result = index(layout)
    assert result.published
    assert (result.snapshot or 0) > (before or 0) or lost == "database"
    assert ask(layout, "select count(*) from runs") == [(1,)]
    assert layout.database.exists()


def test_numbers_go_on_when_the_working_file_is_lost(layout: Layout) -> None:
    index(layout)
    index(layout)
    shutil.rmtree(layout.state_dir)
    first = index(layout).snapshot  # the public file is an index of ours and is replaced
    layout.working.unlink()
    assert (index(layout).snapshot or 0) > (first or 0)


def test_a_file_that_is_no_database_is_not_overwritten(layout: Layout) -> None:
    layout.database.write_text("my notes")
    with pytest.raises(UsageError, match="exists and cannot be checked"):
        index(layout)
    assert layout.database.read_text() == "my notes"


def test_the_public_file_stands_alone(layout: Layout, tmp_path: Path) -> None:
    """Copied away and opened by a plain client, it answers as the snapshot does."""
    index(layout)
    copy = shutil.copy(layout.database, tmp_path / "copy.duckdb")
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print(connection.execute('select total_runs from overall_summary').fetchone())\n"
    )
    command = [sys.executable, "-c", script, str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "(1,)\n"
    assert not layout.database.samefile(layout.working)


def test_tables_are_written_in_small_groups_of_rows(layout: Layout) -> None:
    with Indexer(layout) as indexer:
        execute = indexer.store.connection.execute
        execute("create table many as from range(3 * 30720)")
        execute("checkpoint")
        groups = "select count(distinct row_group_id) from pragma_storage_info('many')"
        assert execute(groups).fetchall() == [(3,)]
    assert not list(Path.cwd().glob(".tmp")), "nothing is spilled where it was started"


def test_an_index_whose_groups_are_large_goes_on(layout: Layout) -> None:
    """As an earlier release wrote it."""
    index(layout)
    with duckdb.connect(str(layout.working)) as connection:
        connection.execute(
            "insert into sources by name select sources.* exclude (path)"
            " replace ('run_logs/' || n || '/gone.json' as other_path)"
            " from sources, range(130000) as numbers (n) where kind = 'run'"
        )
        connection.execute("checkpoint")
        groups = "select max(count) from pragma_storage_info('sources')"
        assert connection.execute(groups).fetchall() == [(122880,)]
    write_run(layout.root, "b", {})
    with Indexer(layout) as indexer:
        indexer.look_at([(indexer.roots[0], "b")], patient=False)
        execute = indexer.store.connection.execute
        execute("delete from sources where path like '%7/gone.json'")
        indexer.publish()
    kept = "select count(*), count(*) filter (where path like '%7/gone.json') from sources"
    assert ask(layout, kept) == [(117002, 0)]


def test_snapshots_are_in_the_old_format_too(layout: Layout) -> None:
    index(layout)
    data = layout.snapshot(1).read_bytes()
    assert int.from_bytes(data[12:20], "little") == 64
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        assert connection.execute("select snapshot from index_info").fetchone() == (1,)


@pytest.mark.parametrize("copies", [0, 1])
def test_a_publish_that_dies_half_way_is_made_up_for(
    documented: Layout, monkeypatch: pytest.MonkeyPatch, copies: int
) -> None:
    index(documented)
    write_run(documented.root, "later", {"run_id": "later"})
    steps = iter(range(copies))
    copy = copying.copy

    def dies(*paths: Path, **options: Any) -> None:
        next(steps)  # StopIteration stands for the end of the process
        copy(*paths, **options)

    with monkeypatch.context() as patch:
        patch.setattr(copying, "copy", dies)
        with pytest.raises(StopIteration):
            index(documented)
    assert index(documented).published
    assert ask(documented, "select total_runs from overall_summary") == [(61,)]
    with duckdb.connect(str(documented.database), read_only=True) as connection:
        assert connection.execute("select total_runs from overall_summary").fetchone() == (61,)


def test_after_the_machine_has_stopped_the_first_pass_publishes_anew(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "boot_id", lambda: "one")
    for number in range(KEEP_SNAPSHOTS):
        write_run(layout.root, f"run{number}", {})
        assert index(layout).published
    assert not index(layout).published
    monkeypatch.setattr(publish, "boot_id", lambda: "two")
    for number in layout.snapshot_numbers():
        layout.snapshot(number).write_bytes(b"")  # had not reached the disk
    result = index(layout)
    assert (result.published, result.snapshot) == (True, KEEP_SNAPSHOTS + 1)
    assert ask(layout, "select total_runs from overall_summary") == [(KEEP_SNAPSHOTS + 1,)]
    assert not index(layout).published


@pytest.mark.parametrize(("boot", "waits"), [("one", [False, True]), (None, [True, True])])
def test_a_snapshot_is_waited_for_only_where_a_start_cannot_be_told(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, boot: str | None, waits: list[bool]
) -> None:
    found: list[bool] = []
    copy = copying.copy

    def noted(*paths: Path, **options: Any) -> None:
        found.append(options["wait"])
        copy(*paths, **options)

    monkeypatch.setattr(publish, "boot_id", lambda: boot)
    monkeypatch.setattr(copying, "copy", noted)
    assert index(layout).published
    assert found == waits
    assert not index(layout).published


@pytest.mark.parametrize("seconds", [0.02, 0.4])
def test_a_burst_does_not_wait_and_files_that_pour_in_take_a_tenth(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """However long a publish takes: two of a burst at once, and a tenth of the time for ever."""
    passed, published = 0.0, 0
    with Indexer(layout) as indexer:

        def publish_slowly() -> int:
            nonlocal passed, published
            passed, published = passed + seconds, published + 1
            return published

        monkeypatch.setattr(indexer, "publish_due", lambda: True)
        monkeypatch.setattr(indexer, "publish", publish_slowly)
        publisher = Publisher(indexer, Health(), Problems(), lambda: passed)
        try:
            publisher.step(passed)
            publisher.step(passed)
            assert published == 2
            while passed < 200:
                passed += 0.02
                publisher.step(passed)
        finally:
            publisher.close()
    in_advance = AHEAD_SECONDS / (1 + REST_PER_PUBLISH)
    assert seconds * (published - 1) <= 20 + in_advance
    assert seconds * (published + 1) >= 20
