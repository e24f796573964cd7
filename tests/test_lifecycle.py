"""What ends a command, and what it waits for."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from indexer import watch
from indexer.config import Layout
from indexer.ingest import Indexer
from indexer.lifecycle import Stop, on_signals, stop_on_signals
from indexer.watch import Watcher
from tests.faults.process import fill

SHORT = 1e-6  # seconds; over before a wait has begun, every thousandth time or so


def test_a_short_wait_ends() -> None:
    """`SimpleQueue.get` did not: the deadline was over, and it waited without one."""
    assert not any(Stop().wait(SHORT) for _ in range(20_000))
    stop = Stop()
    stop.set()
    stop.set()
    assert stop.wait()
    assert stop.is_set()


def test_all_who_wait_for_a_signal_are_told() -> None:
    with stop_on_signals() as stop:
        told: list[bool] = []
        waiting = [threading.Thread(target=lambda: told.append(stop.wait())) for _ in range(3)]
        for thread in waiting:
            thread.start()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait()
        for thread in waiting:
            thread.join()
    assert told == [True] * 3


def test_a_daemon_goes_on_after_a_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that came as a wait ended made it a wait for the next event: SIGTERM was not heard."""
    fill(tmp_path, 5)
    monkeypatch.setattr(watch, "TICK", SHORT)
    steps = count()
    with (
        Indexer(Layout.of(tmp_path)) as indexer,
        Watcher(indexer, lambda: next(steps) > 2_000, use_events=False) as found,
        on_signals(lambda: None, signal.SIGUSR1),
        many_signals(signal.SIGUSR1),
    ):
        found.run()
    assert next(steps) > 2_000


@contextmanager
def many_signals(number: signal.Signals) -> Iterator[None]:
    """To this process, thousands a second."""
    done = threading.Event()

    def send() -> None:
        while not done.wait(0.0001):
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
