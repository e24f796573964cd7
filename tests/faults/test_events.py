"""File events that are lost, late, refused or told by something broken."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.process import daemon, fill, run_document, script, until
from tests.helpers import write_run

NAMESPACE = ("unshare", "--user", "--map-root-user", "sh", "-c")


def test_a_stopped_daemon_catches_up_after_its_queue_has_overflowed(tmp_path: Path) -> None:
    """inotify keeps 16,384 events and drops the rest; a recursive watch never recovers."""
    fill(tmp_path, 10, "first")
    with daemon(tmp_path) as found:
        found.process.send_signal(signal.SIGSTOP)
        fill(tmp_path, 33_000)
        found.process.send_signal(signal.SIGCONT)
        found.wait_for_runs(33_010)
        until(lambda: found.health.overflows > 0, "the overflow is noticed")
        lost = found.told().count("events were lost")
        assert 1 <= lost <= 3, found.told()  # no loop of passes
        assert found.health.observer_restarts == 0


def test_where_events_are_forbidden_the_daemon_looks_by_itself(tmp_path: Path) -> None:
    """A container or a user whose inotify instances are used up."""
    forbid = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'
    prefix = (*NAMESPACE, forbid, "-")
    if subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this system allows no user namespace")
    fill(tmp_path, 10)
    with daemon(tmp_path, prefix=prefix) as found:
        assert found.health.events == "refused"
        assert "refuses" in found.health.events_reason
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(11)
        found.stop()


def test_no_events_by_choice(tmp_path: Path) -> None:
    fill(tmp_path, 10)
    with daemon(tmp_path, "--no-events") as found:
        assert (found.health.events, found.health.events_reason) == ("off", "turned off")
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(11)
        assert found.health.missed_by_events == 0


def test_a_folder_and_its_file_at_once_are_never_missed(tmp_path: Path) -> None:
    """A file that is written right after its folder is made raises no event of its own."""
    code = (
        "import os, sys\n"
        "logs, prefix = sys.argv[1:]\n"
        "for place in range(2500):\n"
        "    folder = f'{logs}/{prefix}{place}'\n"
        "    os.mkdir(folder)\n"
        "    with open(f'{folder}/run_summary.json', 'w') as file:\n"
        '        file.write(\'{"run_id": "%s%d"}\' % (prefix, place))\n'
    )
    (tmp_path / "run_logs").mkdir()
    with daemon(tmp_path) as found:
        writers = [
            subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run_logs"), prefix])
            for prefix in ("a", "b")
        ]
        assert [writer.wait() for writer in writers] == [0, 0]
        found.wait_for_runs(5_000)


def test_reading_causes_no_events_that_cause_reading(tmp_path: Path) -> None:
    """A watch that also tells of opened files feeds itself."""
    fill(tmp_path, 20_000)
    size = sum(entry.stat().st_size for entry in tmp_path.glob("run_logs/r1*/*.json"))
    with daemon(tmp_path) as found:
        # What was written within the last two seconds may be read once more, and the first
        # snapshot is copied and looked at. Then it comes to rest, which a loop never does.

        def is_at_rest() -> bool:
            before, beat = found.bytes_read(), found.health.heartbeat_at
            until(lambda: found.health.heartbeat_at != beat, "a beat")
            return found.bytes_read() - before < size / 2

        until(is_at_rest, "a beat without reading")


def test_a_handler_that_raises_ends_nothing(tmp_path: Path) -> None:
    """An exception in a handler ends watchdog's thread without a word."""
    patch = (
        "from indexer import events\n"
        "put = events.Events._on_run_event\n"
        "def broken(self, root):\n"
        "    def told(path):\n"
        "        raise RuntimeError('a bug')\n"
        "    return told\n"
        "events.Events._on_run_event = broken\n"
    )
    fill(tmp_path, 10)
    with daemon(tmp_path, patch=patch) as found:
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(11)
        until(lambda: found.health.handler_errors > 0, "it is counted")
        until(lambda: found.health.missed_by_events > 0, "what events did not tell is counted")
        assert "the scans will find what it told" in found.told()


@pytest.mark.parametrize("part", ["emitters", "observer"])
def test_a_thread_of_events_that_dies_is_replaced(tmp_path: Path, part: str) -> None:
    """watchdog's threads end on an error that nobody sees; `is_alive` of the other stays true."""
    end = "observer.stop()"
    if part == "emitters":
        end = "[one.stop() for one in observer.emitters]"
    patch = (
        "from indexer import events\n"
        "start = events.Events.start\n"
        "def once(self, *watched):\n"
        "    start(self, *watched)\n"
        "    events.Events.start = start\n"
        "    observer = self._observer\n"
        f"    {end}\n"
        "events.Events.start = once\n"
    )
    fill(tmp_path, 10)
    with daemon(tmp_path, patch=patch) as found:
        until(lambda: found.health.observer_restarts == 1, "it is noticed")
        assert "events had stopped" in found.told()
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(11)
        assert found.health.events == "on"


def test_idle_folders_cost_next_to_nothing(tmp_path: Path) -> None:
    """Jobs that never made a summary leave folders behind, for ever."""
    for place in range(20_000):
        os.makedirs(tmp_path / "run_logs" / f"idle{place}")
    with daemon(tmp_path) as found:
        until(lambda: found.ask("select count(*) from alert_watch") == [(1,)], "a look for alerts")
        beat = found.health.heartbeat_at
        used = found.cpu_seconds()
        until(lambda: found.health.heartbeat_at != beat, "a beat")
        beats = found.health.heartbeat_at
        until(lambda: found.health.heartbeat_at != beats, "another beat")
        assert found.cpu_seconds() - used < 1.0  # in about ten seconds; measured in the soak test
        write_run(tmp_path, "later", run_document("later"))
        found.wait_for_runs(1)


def test_a_pulse_that_does_not_come_back_is_noticed(tmp_path: Path) -> None:
    """Events that the system has stopped to deliver, while every thread is alive."""
    patch = (
        "from indexer import events\n"
        "events.PULSE_SECONDS = 0.2\n"
        "events.Events._on_pulse = lambda self, path: None\n"
    )
    fill(tmp_path, 3)
    with daemon(tmp_path, patch=patch) as found:
        until(lambda: found.health.observer_restarts > 0, "events are started anew")


def test_a_writer_that_is_slow_between_folder_and_file(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "os.makedirs(sys.argv[1])\n"
        "print('folder')\n"
        "sys.stdin.readline()\n"
        "open(sys.argv[1] + '/run_summary.json', 'w').write('{}')\n"
        "print('file')\n"
    )
    fill(tmp_path, 3)
    with daemon(tmp_path) as found, script(code, tmp_path / "run_logs" / "slow") as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == "folder\n"
        until(lambda: found.health.heartbeat_at, "a beat")
        writer.stdin.write("\n")
        writer.stdin.flush()
        found.wait_for_runs(4)
