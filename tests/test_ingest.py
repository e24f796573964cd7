"""What a pass does with files that appear, change, break, move and vanish."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from indexer import sqlfiles
from indexer.config import Layout
from indexer.discover import MAX_BYTES
from indexer.errors import LockedError, UsageError
from indexer.ingest import Indexer
from indexer.lock import make_state_dir
from indexer.snapshot import SnapshotReader
from indexer.store import Store
from tests.conftest import RunCli
from tests.helpers import ask, broken_rules, index, snapshot, write_jobs, write_run

RUN = {
    "run_id": "r1",
    "started_at": "2025-11-01T10:00:00Z",
    "finished_at": "2025-11-01T10:05:00Z",
    "mode": "3LOOP",
    "project_dir": "C:\\sites\\shop\\",
    "models_used": {"manager": "m1"},
    "cost_summary": {
        "total_cost_usd": 1.25,
        "by_role": {
            "manager": {"total_tokens": 10, "total_cost_usd": 0.75},
            "employee": {"total_tokens": 20, "total_cost_usd": 0.5, "model": "m2"},
        },
    },
    "qa_status": "Passed",
}


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """Ten runs, enough that one may vanish and be believed. At the end every rule holds."""
    for place in range(10):
        write_run(tmp_path, f"other{place}", {"run_id": f"o{place}"})
    layout = Layout.of(tmp_path)
    yield layout
    if layout.snapshot_numbers():
        with snapshot(layout) as connection:
            assert broken_rules(connection, of_rows=True) == []


def test_a_run_becomes_rows(layout: Layout) -> None:
    write_run(layout.root, "folder", RUN)
    assert index(layout).new == 11
    assert ask(
        layout,
        "select project_name, mode, qa_status, cost_usd::double, total_tokens, source_path"
        " from runs where run_id = 'r1'",
    ) == [("shop", "3loop", "passed", 1.25, 30, "run_logs/folder/run_summary.json")]
    assert ask(layout, "select role, model from role_usage order by role") == [
        ("employee", "m2"),
        ("manager", "m1"),
    ]
    assert ask(layout, "select model, cost_usd::double from model_usage order by model") == [
        ("m1", 0.75),
        ("m2", 0.5),
    ]


def test_runs_are_taken_in_in_the_order_in_which_their_folders_were_made(layout: Layout) -> None:
    logs = layout.run_logs

    def by_age() -> list[str]:
        return sorted(os.listdir(logs), key=lambda name: (logs / name).stat().st_ino)

    def stored() -> list[str]:
        return [name for (name,) in ask(layout, "select run_id from runs order by run_key")]

    for place in (3, 0, 2, 1, 4):
        write_run(layout.root, f"{place * 7919 % 97:02}", {})
    index(layout)
    before = by_age()
    assert stored() == [name.replace("other", "o") for name in before]
    for place in (9, 5, 7):
        write_run(layout.root, f"{place * 7919 % 97:02}", {})
    assert index(layout).unchanged == len(before)
    assert stored()[len(before) :] == [name for name in by_age() if name not in before]


def test_memory_can_be_used_again_after_pages_were_given_back(layout: Layout) -> None:
    make_state_dir(layout)
    store = Store(layout.working)
    store.trim()
    query = "select len(list(i)) from range(1_000_000) as r(i)"
    assert store.connection.execute(query).fetchall() == [(1_000_000,)]
    store.close()


def test_views_that_cannot_be_made_leave_all_as_it_was(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(layout)
    before = layout.database.stat()
    with monkeypatch.context() as newer:
        newer.setattr(sqlfiles, "definitions", lambda: {"bad": "create view bad as from nothing"})
        newer.setattr(sqlfiles, "fingerprint", lambda: "newer")
        with pytest.raises(duckdb.CatalogException, match="nothing"):
            Indexer(layout)
    assert layout.database.stat() == before
    assert index(layout).unchanged == 10
    assert ask(layout, "select total_runs from overall_summary") == [(10,)]


def test_whoever_asks_while_a_batch_is_stored_waits_for_it() -> None:
    store, gate, told = Store(), threading.Event(), list[str]()
    store.in_background(lambda: told.append("stored" if gate.wait(30) else "late"))
    asker = threading.Thread(target=lambda: told.append(f"asked {store.scalar('select 1')}"))
    asker.start()
    asker.join(0.1)
    assert told == []
    gate.set()
    asker.join()
    assert told == ["stored", "asked 1"]
    store.close()


def test_a_second_pass_changes_and_publishes_nothing(layout: Layout) -> None:
    first = index(layout)
    before = layout.database.read_bytes()
    second = index(layout)
    assert (second.new, second.changed, second.unchanged) == (0, 0, 10)
    assert not second.published
    assert second.snapshot == first.snapshot
    assert layout.database.read_bytes() == before


def test_touching_a_file_publishes_nothing(layout: Layout) -> None:
    path = write_run(layout.root, "folder", RUN)
    index(layout)
    os.utime(path, (1, 1))
    result = index(layout)
    assert (result.changed, result.published) == (0, False)


def test_equal_size_and_restored_time_are_noticed(layout: Layout) -> None:
    path = write_run(layout.root, "folder", RUN)
    os.utime(path, ns=(10**18, 10**18))
    index(layout)
    path.write_bytes(path.read_bytes().replace(b"1.25", b"9.25"))
    os.utime(path, ns=(10**18, 10**18))
    assert index(layout).changed == 1
    assert ask(layout, "select cost_usd::double from runs where run_id = 'r1'") == [(9.25,)]


def test_a_bad_file_is_named_and_stops_no_other(layout: Layout) -> None:
    write_run(layout.root, "bad", b'{"run_id": "x",\n  "mode" 1}')
    result = index(layout)
    assert (result.invalid, result.new) == (1, 11)
    assert ask(layout, "select path, severity, line, column_number, reason from ingest_issues") == [
        (
            "run_logs/bad/run_summary.json",
            "error",
            2,
            10,
            "not JSON: Expecting ':' delimiter",
        )
    ]
    assert ask(layout, "select total_runs, unreadable_files from overall_summary") == [(10, 1)]


def test_the_last_good_row_stays_marked_until_the_file_is_mended(layout: Layout) -> None:
    path = write_run(layout.root, "folder", RUN)
    index(layout)
    path.write_bytes(b'{"run_id": ')
    index(layout)
    query = "select cost_usd::double, stale_since is not null from runs where run_id = 'r1'"
    assert ask(layout, query) == [(1.25, True)]
    seen = ask(layout, "select first_seen from ingest_issues")
    path.write_bytes(b'{"run_id": "r1"')
    index(layout)
    assert ask(layout, "select first_seen from ingest_issues") == seen
    write_run(layout.root, "folder", RUN | {"qa_status": "failed"})
    index(layout)
    assert ask(layout, query) == [(1.25, False)]
    assert ask(layout, "select count(*) from ingest_issues") == [(0,)]


def test_a_run_in_two_folders_counts_once_and_the_newer_file_speaks(layout: Layout) -> None:
    old = write_run(layout.root, "a", RUN)
    new = write_run(layout.root, "b", RUN | {"qa_status": "failed"})
    os.utime(old, ns=(10**18, 10**18))
    index(layout)
    query = "select source_path, qa_status from runs where run_id = 'r1'"
    assert ask(layout, query) == [("run_logs/b/run_summary.json", "failed")]
    assert ask(layout, "select path, found from ingest_issues") == [
        ("run_logs/a/run_summary.json", "r1")
    ]
    write_run(layout.root, "b", RUN | {"run_id": "r2"})
    index(layout)
    assert ask(layout, query) == [("run_logs/a/run_summary.json", "passed")]
    with snapshot(layout) as connection:
        assert broken_rules(connection) == []
    assert new.exists()


def test_a_pass_that_dies_before_the_heir_is_read_loses_nothing(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = write_run(layout.root, "a", RUN)
    write_run(layout.root, "b", RUN | {"qa_status": "failed"})
    os.utime(old, ns=(10**18, 10**18))

    def later() -> int:
        return time.time_ns() + 10**10  # so that no file counts as just written

    with Indexer(layout, later) as indexer:
        indexer.run_pass()
    write_run(layout.root, "b", RUN | {"run_id": "r2"})
    with monkeypatch.context() as patch, Indexer(layout, later) as indexer:
        patch.setattr(indexer._intake, "_read", lambda heirs: heirs and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            indexer.run_pass()
    index(layout)
    query = "select run_id, qa_status from runs where run_id like 'r%' order by 1"
    assert ask(layout, query) == [("r1", "passed"), ("r2", "passed")]


def test_a_moved_folder_is_the_same_run(layout: Layout) -> None:
    write_run(layout.root, "a", RUN)
    index(layout)
    (layout.root / "run_logs" / "a").rename(layout.root / "run_logs" / "b")
    for _ in range(3):
        index(layout)
        with snapshot(layout) as connection:
            assert broken_rules(connection) == []
    assert ask(
        layout, "select source_path, source_missing_since from runs where run_id = 'r1'"
    ) == [("run_logs/b/run_summary.json", None)]


def test_a_vanished_file_is_missing_after_two_passes_and_still_counted(layout: Layout) -> None:
    path = write_run(layout.root, "folder", RUN)
    index(layout)
    path.unlink()
    assert index(layout).gone == 0
    assert index(layout).gone == 1
    assert ask(layout, "select total_runs, missing_source_runs from overall_summary") == [(11, 1)]
    write_run(layout.root, "folder", RUN)
    index(layout)
    assert ask(layout, "select missing_source_runs from overall_summary") == [(0,)]


def test_many_vanished_files_are_not_believed(layout: Layout) -> None:
    index(layout)
    for place in range(5):
        shutil.rmtree(layout.root / "run_logs" / f"other{place}")
    for _ in range(3):
        result = index(layout)
        assert (result.gone, result.held) == (0, 5)
    shutil.rmtree(layout.root / "run_logs")
    (layout.root / "run_logs").mkdir()
    assert index(layout).held == 10
    assert ask(layout, "select total_runs, missing_source_runs from overall_summary") == [(10, 0)]


def test_jobs_are_stored_by_difference(layout: Layout) -> None:
    one = {"id": "a", "status": "running", "result_summary": {"run_id": "o1"}}
    write_jobs(layout.root, [one, {"id": "b", "status": "queued"}, {"status": "weird"}])
    index(layout)
    write_jobs(layout.root, [one | {"status": "completed"}])
    index(layout)
    assert ask(layout, "select job_id, previous_status, status from job_events") == [
        ("a", None, "running"),
        ("b", None, "queued"),
        ("#3", None, "weird"),
        ("a", "running", "completed"),
        ("b", "queued", None),
        ("#3", "weird", None),
    ]
    assert ask(layout, "select total_jobs, jobs_completed from overall_summary") == [(1, 1)]
    assert ask(layout, "select run_id from jobs where removed_at is null") == [("o1",)]
    (layout.root / "agent" / "jobs_state.json").write_text('{"jobs": [')
    index(layout)
    assert ask(layout, "select total_jobs, unreadable_files from overall_summary") == [(1, 1)]


@pytest.mark.parametrize("kind", ["pipe", "folder", "large"])
def test_something_else_in_the_place_of_a_file(layout: Layout, kind: str) -> None:
    folder = layout.root / "run_logs" / "odd"
    folder.mkdir()
    path = folder / "run_summary.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(MAX_BYTES + 1)
    assert index(layout).invalid == 1
    assert ask(layout, "select total_runs from overall_summary") == [(10,)]


def test_a_forty_megabyte_text_is_cut_and_counted(layout: Layout) -> None:
    write_run(layout.root, "long", RUN | {"task": "x" * 40_000_000})
    index(layout)
    assert ask(layout, "select length(task) from runs where run_id = 'r1'") == [(10_000,)]


def test_one_indexer_per_database(layout: Layout, run_cli: RunCli) -> None:
    with Indexer(layout):
        done = run_cli("--root", layout.root, "index")
        assert done.returncode == 3
        assert str(os.getpid()) in done.stderr
        with pytest.raises(LockedError):
            Indexer(layout)
    assert run_cli("--root", layout.root, "index").returncode == 0


def test_a_killed_indexer_is_no_obstacle_and_loses_nothing(layout: Layout, tmp_path: Path) -> None:
    for place in range(300):
        write_run(layout.root, f"run{place}", RUN | {"run_id": f"n{place}"})
    script = (
        "import os, signal, sys\n"
        "from indexer import store\n"
        "from indexer.config import Layout\n"
        "from indexer import ingest, intake\n"
        "intake.BATCH_FILES = 50\n"
        "steps = iter(range(int(sys.argv[2])))\n"
        "run = store.Store.run\n"
        "def stop(self, name):\n"
        "    if next(steps, None) is None:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    run(self, name)\n"
        "store.Store.run = stop\n"
        "ingest.Indexer(Layout.of(sys.argv[1])).run_pass()\n"
    )
    for steps in (3, 9, 14, 20, 31):
        command = [sys.executable, "-c", script, str(layout.root), str(steps)]
        done = subprocess.run(command, check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
    index(layout)
    clean = Layout.of(layout.root, tmp_path / "clean" / "clean.duckdb")
    clean.database.parent.mkdir()
    index(clean)
    for table in ("runs", "role_usage", "model_usage", "sources"):
        left_out = {"runs": "exclude (indexed_at)", "sources": "exclude (read_again)"}
        query = f"select * {left_out.get(table, '')} from {table} order by all"
        assert ask(layout, query) == ask(clean, query)
        assert ask(clean, f"select count(*) > 300 from {table}") == [(True,)]


def test_a_person_with_the_public_file_open_blocks_nobody(layout: Layout) -> None:
    index(layout)
    script = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('create table mine (a int)')\n"
        "connection.execute('insert into mine values (1)')\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(layout.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as person:
        assert person.stdout is not None
        assert person.stdout.readline() == b"open\n"
        write_run(layout.root, "folder", RUN)
        assert index(layout).published
        person.kill()
    layout.database.with_name("analytics.duckdb.wal").write_bytes(b"left by a killed client")
    write_run(layout.root, "folder", RUN | {"qa_status": "failed"})
    assert index(layout).published
    with duckdb.connect(str(layout.database), read_only=True) as connection:
        assert connection.execute("select total_runs from overall_summary").fetchone() == (11,)


def test_the_public_file_opens_with_old_clients(layout: Layout) -> None:
    index(layout)
    # Bytes 12 to 19 hold the storage version; 64 is that of DuckDB 0.9 to 1.1.
    assert int.from_bytes(layout.database.read_bytes()[12:20], "little") == 64


def test_a_foreign_database_is_not_overwritten(layout: Layout) -> None:
    with duckdb.connect(str(layout.database)) as connection:
        connection.execute("create table precious (a int)")
    with pytest.raises(UsageError, match="not a Runmeter index"):
        index(layout)
    with duckdb.connect(str(layout.database)) as connection:
        assert connection.execute("select count(*) from precious").fetchone() == (0,)


def test_readers_switch_to_a_newer_snapshot_and_finish_on_the_old(layout: Layout) -> None:
    index(layout)
    reader = SnapshotReader(layout)
    try:
        with reader.connect() as old:
            for place in range(5):  # more than are kept
                write_run(layout.root, f"more{place}", RUN | {"run_id": f"m{place}"})
                index(layout)
            assert old.execute("select count(*) from runs").fetchone() == (10,)
            with reader.connect() as new:
                assert new.execute("select count(*) from runs").fetchone() == (15,)
    finally:
        reader.close()


def test_nothing_is_written_but_the_database_and_the_state_folder(layout: Layout) -> None:
    before = {path.name for path in layout.root.iterdir()}
    index(layout)
    after = {path.name for path in layout.root.iterdir()}
    assert after - before == {"analytics.duckdb", ".runmeter"}
    assert (layout.root / ".runmeter" / ".gitignore").read_text() == "*\n"


def test_a_duplicate_takes_over_when_the_newer_file_is_gone(layout: Layout) -> None:
    old = write_run(layout.root, "a", RUN)
    os.utime(old, ns=(10**18, 10**18))
    write_run(layout.root, "b", RUN | {"qa_status": "failed"})
    index(layout)
    shutil.rmtree(layout.root / "run_logs" / "b")
    query = "select source_path, qa_status, source_missing_since from runs where run_id = 'r1'"
    index(layout)
    assert ask(layout, query) == [("run_logs/b/run_summary.json", "failed", None)]
    index(layout)
    assert ask(layout, query) == [("run_logs/a/run_summary.json", "passed", None)]
    assert ask(layout, "select count(*) from ingest_issues") == [(0,)]


def test_another_folder_in_the_place_of_run_logs_is_no_deletion(layout: Layout) -> None:
    index(layout)
    away = layout.root / "away"
    layout.run_logs.rename(away)
    assert index(layout).held == 10  # as if a disk were not mounted
    shutil.copytree(away, layout.run_logs)
    shutil.rmtree(layout.run_logs / "other3")
    assert (index(layout).held, index(layout).gone, index(layout).gone) == (1, 0, 1)
    assert ask(layout, "select run_id from runs where source_missing_since is not null") == [
        ("o3",)
    ]


def test_folders_whose_names_are_not_text_stay_apart(layout: Layout) -> None:
    for name in (b"\xff", b"\xfe"):
        folder = os.path.join(os.fsencode(layout.run_logs), name)
        os.mkdir(folder)
        with open(os.path.join(folder, b"run_summary.json"), "w", encoding="utf-8") as file:
            file.write("{}")
    index(layout)
    assert ask(layout, "select run_id from runs where run_id[1] != 'o' order by 1") == [
        ("\\xfe",),
        ("\\xff",),
    ]


def test_sums_too_large_for_their_column_are_unknown(layout: Layout) -> None:
    dear = {"total_usd": 999_999, "total_tokens": 10**12, "model": "m"}
    write_run(layout.root, "dear", {"run_id": "r", "cost_summary": {"by_role": {"a": dear}}})
    write_run(layout.root, "sum", {"cost_summary": {"by_role": {"a": dear, "b": dear}}})
    index(layout)
    query = "select run_id, cost_usd::double, total_tokens from runs where run_id in ('r', 'sum')"
    wanted = [("r", 999_999.0, 10**12), ("sum", None, None)]
    assert sorted(ask(layout, query)) == wanted
    assert sorted(ask(layout, query.replace("from runs", "from model_usage"))) == wanted
    assert ask(layout, "select cost_unknown_runs, total_runs from overall_summary") == [(11, 12)]


def test_jobs_without_an_id_are_all_counted(layout: Layout) -> None:
    write_jobs(layout.root, [{"id": "#2"}, {"id": "#2"}, {}, {"id": "#3"}])
    index(layout)
    assert ask(layout, "select total_jobs from overall_summary") == [(4,)]


def test_a_failed_step_leaves_nothing_half_done(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(layout)
    write_run(layout.root, "folder", RUN)

    def fail(self: Store, statement: str) -> None:
        if statement == "qa_issues":
            raise OSError("disk full")
        run(self, statement)

    run = Store.run
    monkeypatch.setattr(Store, "run", fail)
    with pytest.raises(OSError, match="disk full"):
        index(layout)
    monkeypatch.undo()
    result = index(layout)
    assert (result.new, result.published) == (1, True)


def test_dates_of_many_files_are_noted_once(layout: Layout) -> None:
    index(layout)
    for path in layout.run_logs.glob("*/run_summary.json"):
        os.utime(path, ns=(10**18, 10**18))
    later = layout.run_logs.stat().st_mtime_ns + 10**11
    for _ in range(2):
        with Indexer(layout, clock=lambda: later) as indexer:
            assert not indexer.run_pass().published
    with snapshot_of_working(layout) as connection:
        assert connection.execute(
            "select count(*) from sources where mtime_ns = 1000000000000000000 and not read_again"
        ).fetchone() == (10,)


@contextmanager
def snapshot_of_working(layout: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    """The bookkeeping as it is now; dates alone are not published."""
    with duckdb.connect(str(layout.working), read_only=True) as connection:
        yield connection


def test_a_transaction_finds_by_place_what_it_has_left_and_written(tmp_path: Path) -> None:
    """More rows than DuckDB keeps in one group; see docs/decisions/0026."""
    store = Store(tmp_path / "working.duckdb")
    try:
        asked = store.connection.execute
        asked("create table many as select 'k' || i as k, i as v from range(130000) r(i)")
        for _ in range(10):  # rows were lost in one of three tries
            asked("begin; delete from many where v % 3 = 0")
            asked("insert into many select 'n' || i, i from range(2500) r(i)")
            (rows,) = asked("select count(*) from many").fetchall()[0]
            by_place = "select count(*) from many where rowid in (select rowid from many)"
            assert asked(by_place).fetchall() == [(rows,)]
            asked("rollback")
    finally:
        store.close()


def test_what_may_change_soon_is_known_after_a_start(layout: Layout) -> None:
    """Files that changed lately, and for longer those of runs that go on or that are broken."""
    minute = 60 * 10**9
    ended = {"finished_at": "2025-11-01T10:05:00Z"}
    files = {
        "just ended": (0, ended),
        "ended": (10, ended),
        "goes on": (10, {}),
        "broken": (10, b"{"),
        "long ago": (100, {}),
    }
    now = time.time_ns()
    for name, (minutes, document) in files.items():
        changed = now - minutes * minute
        os.utime(write_run(layout.root, name, document), ns=(changed, changed))
    for other in range(10):
        os.utime(layout.root / "run_logs" / f"other{other}" / "run_summary.json", (0, 0))
    index(layout)
    with Indexer(layout, clock=lambda: now) as indexer:
        hot = {name for _, name in indexer.hot(5 * minute, 50 * minute)}
        assert hot == {"just ended", "goes on", "broken"}
