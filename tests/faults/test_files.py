"""Files that are written carelessly, moved, replaced, and gone."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from indexer import watch
from indexer.config import Layout
from indexer.discover import RunRoot
from indexer.events import Hint
from indexer.ingest import Indexer
from indexer.intake import Intake, Look
from indexer.publisher import AFTER_SECONDS
from indexer.staging import Staging
from indexer.store import Applied, Store
from indexer.watch import FEW_LOOKS, FULL_PASS_EVERY, LATE_IN_BURST, Watcher
from tests.faults.process import daemon, fill, run_document, said, script, until
from tests.helpers import ask, index, write_run

REWRITE = """
import json, sys
path, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for version in range(1, count + 1):
    document = {
        "run_id": "torn", "task": f"v{version} " + "x" * size, "rounds_completed": version,
        "finished_at": "2025-11-01T10:05:00Z",
        "cost_summary": {"total_cost_usd": version, "by_role": {
            "a": {"total_tokens": version}, "b": {"total_tokens": version}}},
        "iterations": [{"index": version, "notes": f"v{version}"}] * 3,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
print("done")
"""
VERSIONS = """
select distinct
    cost_usd::bigint as version,
    rounds_completed = cost_usd and total_tokens = 2 * cost_usd
    and starts_with(task, 'v' || cost_usd::bigint || ' ')
    and (select bool_and(iteration_index = cost_usd) and count(*) = 3
         from iterations where iterations.run_id = runs.run_id) as is_whole
from runs where run_id = 'torn'
"""


class Time:
    """A clock and a monotonic clock that move only when told."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.began_ns = time.time_ns()

    def clock(self) -> int:
        return self.began_ns + int(self.passed * 1e9)

    def monotonic(self) -> float:
        return self.passed


@contextmanager
def watcher(root: Path, time_: Time) -> Iterator[Watcher]:
    """A daemon in this process, without events, whose time is in our hands."""
    with (
        Indexer(Layout.of(root), time_.clock) as indexer,
        Watcher(indexer, lambda: False, use_events=False, monotonic=time_.monotonic) as found,
    ):
        found.begin()
        yield found


def pass_time(found: Watcher, time_: Time, seconds: float, step: float = 0.25) -> None:
    for _ in range(int(seconds / step)):
        time_.passed += step
        found.step()


def test_what_nobody_waits_for_comes_a_moment_after_a_snapshot(tmp_path: Path) -> None:
    """Whoever has waited for it reads it in that moment, and has both cores."""
    fill(tmp_path, 5)
    layout, time_ = Layout.of(tmp_path), Time()
    appeared: dict[str, float] = {}
    with watcher(tmp_path, time_) as found:
        before = layout.snapshot_numbers()[-1]
        public, alerts = layout.database.stat().st_mtime_ns, found._alerting._looked_at
        write_run(tmp_path, "later", {})
        while len(appeared) < 3 and time_.passed < 30:
            pass_time(found, time_, 0.05, step=0.05)
            for name, is_new in (
                ("snapshot", layout.snapshot_numbers()[-1] > before),
                ("public file", layout.database.stat().st_mtime_ns > public),
                ("alerts", found._alerting._looked_at != alerts),
            ):
                if is_new:
                    appeared.setdefault(name, time_.passed)
    first = appeared["snapshot"] + AFTER_SECONDS - 0.01
    assert appeared["public file"] >= first
    assert appeared["alerts"] >= first


def test_what_comes_together_is_not_waited_for_once_it_is_much(tmp_path: Path) -> None:
    """After a look that took long comes a rest; a burst that begins in it ends it."""
    fill(tmp_path, 5)
    time_ = Time()
    with watcher(tmp_path, time_) as found:
        root = found._indexer.roots[0]
        found._look_pace.hold(60)

        def comes(first: int, last: int) -> None:
            for number in range(first, last):
                write_run(tmp_path, f"more-{number}", {})
                found._hints.put(Hint(root, f"more-{number}"))

        comes(0, FEW_LOOKS)
        assert found.step() > 0
        assert found._indexer.known.count == 5
        comes(FEW_LOOKS, FEW_LOOKS + 1)
        found.step()
        assert found._indexer.known.count == 5 + FEW_LOOKS + 1


def test_a_burst_is_stored_together_and_looks_that_can_wait_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that come while others are followed are followed with them."""
    fill(tmp_path, 5)
    time_ = Time()
    with watcher(tmp_path, time_) as found:
        root, intake, store = found._indexer.roots[0], found._indexer._intake, found._indexer.store
        looked: list[str] = []
        stored: list[int] = []

        def comes(number: int) -> None:
            write_run(tmp_path, f"more-{number}", {})
            found._hints.put(Hint(root, f"more-{number}"))

        def look(root: RunRoot, name: str, *more: Any, **options: Any) -> Look:
            looked.append(name)
            if name.startswith("more-") and len(looked) <= FEW_LOOKS:
                comes(FEW_LOOKS + len(looked))
            return Intake.look(intake, root, name, *more, **options)

        def apply(batch: Staging, *more: Any) -> Applied:
            stored.append(batch.count)
            return Store.apply(store, batch, *more)

        monkeypatch.setattr(intake, "look", look)
        monkeypatch.setattr(store, "apply", apply)
        found.agenda.changed((root, "r0"), time_.monotonic(), open=True)
        time_.passed += LATE_IN_BURST
        for number in range(FEW_LOOKS + 1):
            comes(number)
        found.step()
        assert stored == [2 * FEW_LOOKS + 1]
        assert "r0" not in looked
        for number in range(3 * FEW_LOOKS, 4 * FEW_LOOKS + 1):
            comes(number)
        time_.passed += LATE_IN_BURST
        found.step()
        assert "r0" in looked


def test_a_folder_now_and_its_file_ten_minutes_later(tmp_path: Path) -> None:
    """A run that takes long makes its folder first and its summary at the end."""
    fill(tmp_path, 5)
    time_ = Time()
    with watcher(tmp_path, time_) as found:
        (tmp_path / "run_logs" / "slow").mkdir()
        pass_time(found, time_, FULL_PASS_EVERY * 0.8)
        write_run(tmp_path, "slow", run_document("slow"))
        pass_time(found, time_, 5)
        assert ask(Layout.of(tmp_path), "select count(*) from runs") == [(6,)]
        assert found.health.missed_by_events == 0


def test_half_a_file_is_never_visible_by_half(tmp_path: Path) -> None:
    """A writer that pauses in the middle, or dies there."""
    fill(tmp_path, 5)
    layout, time_ = Layout.of(tmp_path), Time()
    whole = json.dumps(run_document("half", 2.5)).encode()
    with watcher(tmp_path, time_) as found:
        path = write_run(tmp_path, "half", whole[:60])
        pass_time(found, time_, 5)
        assert ask(layout, "select count(*) from runs") == [(5,)]
        assert ask(layout, "select count(*) from ingest_issues") == [(0,)]
        assert found.agenda.broken == 1
        path.write_bytes(whole)
        pass_time(found, time_, 8)
        assert ask(layout, "select cost_usd::double from runs where run_id = 'half'") == [(2.5,)]
        path.write_bytes(whole[:60])  # killed after truncation
        pass_time(found, time_, 20)
        query = "select cost_usd::double, stale_since is not null from runs where run_id = 'half'"
        assert ask(layout, query) == [(2.5, False)]
        pass_time(found, time_, 60)
        assert ask(layout, query) == [(2.5, True)]
        assert ask(layout, "select path, severity from ingest_issues") == [
            ("run_logs/half/run_summary.json", "error")
        ]
        path.write_bytes(whole)  # any change tries again at once
        pass_time(found, time_, 3)
        assert ask(layout, query) == [(2.5, False)]


@pytest.mark.parametrize(("size", "count"), [(500, 3000), (200_000, 300), (2_000_000, 40)])
def test_every_stored_row_is_one_version_that_was_written(
    tmp_path: Path, size: int, count: int
) -> None:
    """A loop of rewrites without rename: `stat` alone took 1,217 mixtures of 13,000."""
    fill(tmp_path, 5)
    path = tmp_path / "run_logs" / "torn" / "run_summary.json"
    path.parent.mkdir()
    with daemon(tmp_path) as found, script(REWRITE, path, size, count) as writer:
        seen: list[tuple[int, bool]] = []
        while writer.poll() is None:
            seen += found.ask(VERSIONS)
        assert said(writer) == "done"
        until(lambda: found.ask(VERSIONS) == [(count, True)], "the last version")
        assert all(is_whole for _, is_whole in seen), seen
        assert found.ask("select count(*) from runs where run_id = 'torn'") == [(1,)]


def test_equal_size_and_restored_times_are_noticed(tmp_path: Path) -> None:
    """rsync --times, a restored backup, an editor that keeps dates."""
    fill(tmp_path, 5)
    path = write_run(tmp_path, "kept", run_document("kept", 1.25))
    with daemon(tmp_path) as found:
        found.wait_for_runs(6)
        status = path.stat()
        path.write_bytes(path.read_bytes().replace(b"1.25", b"9.25"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        found.wait_for_runs(1, "cost_usd = 9.25")
        shutil.rmtree(path.parent)  # a new file may well get the same inode
        write_run(tmp_path, "kept", run_document("kept", 7.75))
        found.wait_for_runs(1, "cost_usd = 7.75")


def test_folders_moved_in_renamed_and_moved_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "JITTER", 0.0)
    fill(tmp_path, 20)
    outside = tmp_path / "outside"
    write_run(outside, "moved", run_document("moved"))
    layout, time_ = Layout.of(tmp_path), Time()
    logs = tmp_path / "run_logs"
    query = "select source_path, source_missing_since is not null from runs where run_id = 'moved'"
    with watcher(tmp_path, time_) as found:
        (outside / "run_logs" / "moved").rename(logs / "moved")
        pass_time(found, time_, 5)
        assert ask(layout, query) == [("run_logs/moved/run_summary.json", False)]
        (logs / "moved").rename(logs / "renamed")
        pass_time(found, time_, 3 * FULL_PASS_EVERY)
        assert ask(layout, query) == [("run_logs/renamed/run_summary.json", False)]
        assert ask(layout, "select count(*) from runs") == [(21,)]
        (logs / "renamed").rename(outside / "away")
        pass_time(found, time_, 1.1 * FULL_PASS_EVERY)
        assert ask(layout, query) == [("run_logs/renamed/run_summary.json", False)]
        pass_time(found, time_, 1.2 * FULL_PASS_EVERY)
        assert ask(layout, query) == [("run_logs/renamed/run_summary.json", True)]
        assert ask(layout, "select total_runs from overall_summary") == [(21,)]


@pytest.mark.parametrize("how", ["renamed", "deleted"])
def test_run_logs_made_anew_is_watched_anew(tmp_path: Path, how: str) -> None:
    """A watch follows the old folder and tells nothing of the new one."""
    fill(tmp_path, 10)
    with daemon(tmp_path) as found:
        logs = tmp_path / "run_logs"
        if how == "renamed":
            logs.rename(tmp_path / "old_logs")
        else:
            shutil.rmtree(logs)
        fill(tmp_path, 5, "new")
        found.wait_for_runs(15)
        until(lambda: "a watched folder was replaced" in found.told(), "it is said")
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(16)
        assert found.ask("select count(*) from runs where source_missing_since is not null") == [
            (0,)
        ]


def test_an_unmounted_disk_is_no_deletion(tmp_path: Path) -> None:
    logs = tmp_path / "run_logs"
    logs.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(logs)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount")
    try:
        fill(tmp_path, 10)
        with daemon(tmp_path) as found:
            found.wait_for_runs(10)
            subprocess.run(["umount", "--lazy", str(logs)], check=True)
            until(lambda: found.health.held == 10, "all are held")
            assert "another folder than before" in found.health.held_because
            found.process.send_signal(1)  # SIGHUP: another pass, which must not believe it either
            until(lambda: found.told().count("10 held") >= 2, "a second pass")
            query = "select count(*), count(source_missing_since) from runs"
            assert found.ask(query) == [(10, 0)]
            write_run(tmp_path, "later", run_document("later"))
            found.wait_for_runs(11)
    finally:
        subprocess.run(["umount", "--lazy", str(logs)], check=False, capture_output=True)


def test_what_happened_while_nobody_watched(tmp_path: Path) -> None:
    """Added, rewritten and removed, a thousand each, found by the first pass."""
    fill(tmp_path, 6_000)
    index(Layout.of(tmp_path))
    fill(tmp_path, 1_000, "added")
    for place in range(1_000):
        write_run(tmp_path, f"r{place}", run_document(f"r{place}", 3.0))
        shutil.rmtree(tmp_path / "run_logs" / f"r{5_000 + place}")
    layout = Layout.of(tmp_path)
    result = index(layout)
    assert (result.new, result.changed, result.gone, result.held) == (1_000, 1_000, 0, 0)
    query = "select count(*), sum(cost_usd)::double, count(source_missing_since) from runs"
    assert ask(layout, query) == [(7_000, 9_000.0, 0)]
    assert index(layout).gone == 1_000
    assert ask(layout, query) == [(7_000, 9_000.0, 1_000)]


def test_jobs_replaced_a_thousand_times(tmp_path: Path) -> None:
    """By rename inside the folder and from outside it; what lasted is in the history."""
    fill(tmp_path, 3)
    agent, other = tmp_path / "agent", tmp_path / "other"
    agent.mkdir()
    other.mkdir()
    code = (
        "import json, os, sys\n"
        "agent, other = sys.argv[1:]\n"
        "for status in ('queued', 'running', 'completed'):\n"
        "    for place in range(334):\n"
        "        folder = agent if place % 2 else other\n"
        "        job = {'id': 'j', 'status': status, 'error': str(place)}\n"
        "        text = json.dumps({'jobs': [job]})\n"
        "        with open(f'{folder}/new', 'w') as file:\n"
        "            file.write(text)\n"
        "        os.replace(f'{folder}/new', f'{agent}/jobs_state.json')\n"
        "    print(status)\n"
        "    sys.stdin.readline()\n"
    )
    with daemon(tmp_path) as found, script(code, agent, other) as writer:
        assert writer.stdin is not None
        for status in ("queued", "running", "completed"):
            assert said(writer) == status
            query = "select status, error from jobs"
            until(lambda: found.ask(query) == [(status, "333")], f"{status} is shown")  # noqa: B023
            writer.stdin.write("\n")
            writer.stdin.flush()
        events = found.ask("select previous_status, status from job_events order by seen_at")
        assert events == [(None, "queued"), ("queued", "running"), ("running", "completed")]


def test_archives_and_compressed_files_are_the_same_runs(tmp_path: Path) -> None:
    """Old runs moved to another disk, some of them compressed there."""
    import gzip

    root, archive = tmp_path / "root", tmp_path / "archive"
    fill(root, 20)
    (root / "agent").mkdir()
    config = root / "agent" / "project_config.json"
    with daemon(root) as found:
        found.wait_for_runs(20)
        archive.mkdir()
        config.write_text(json.dumps({"analytics": {"run_roots": [str(archive)]}}))
        for place in range(10):
            shutil.move(root / "run_logs" / f"r{place}", archive / f"r{place}")
        for place in range(3):
            path = archive / f"r{place}" / "run_summary.json"
            path.with_suffix(".json.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        where = f"starts_with(source_path, '{archive.as_posix()}')"
        found.wait_for_runs(10, where)
        found.wait_for_runs(3, f"{where} and ends_with(source_path, '.gz')")
        found.wait_for_runs(20)
        assert found.ask("select count(*) from runs where source_missing_since is not null") == [
            (0,)
        ]
