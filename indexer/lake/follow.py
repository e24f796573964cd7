"""Shipping and pulling without end, and the process of its own in which a daemon ships.

The lake may be away for hours: what failed is tried again after a pause that grows, and
the local index, its readers and its daemon notice nothing of it. DuckDB with its lake
extensions runs in a process that the daemon starts and ends, so that neither its memory
nor its faults are the daemon's; when the daemon is killed, the process ends by itself.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import duckdb

from indexer import health
from indexer.config import load_config
from indexer.errors import ConfigError, RunmeterError
from indexer.health import Health, Problems
from indexer.lake.pull import Puller
from indexer.lake.ship import Shipper
from indexer.lake_settings import Lake
from indexer.layout import Layout
from indexer.lifecycle import Stop
from indexer.pace import Pace

LOOK_EVERY = 0.5
PULL_EVERY = 2.0
REST = 4.0  # in times of how long shipping or pulling took
FIRST_RETRY, LAST_RETRY = 1.0, 60.0
SETTINGS_EVERY = 5.0

log = logging.getLogger("runmeter.lake")


def keep_shipped(layout: Layout, lake: Lake, stop: Stop, parent: int | None = None) -> None:
    """Ship each new snapshot until `stop`, or until the process `parent` is gone."""
    shipped = 0

    def ship() -> float:
        nonlocal shipped
        newest = max(layout.snapshot_numbers(), default=0)
        if newest == shipped:
            return LOOK_EVERY
        with Shipper(layout, lake, _now) as shipper:
            done = shipper.ship(stop.is_set)
        shipped = newest
        if done.rows:
            log.info("%d rows shipped in %d batches", done.rows, done.batches)
        return LOOK_EVERY

    _repeat(ship, stop, lambda: parent is not None and os.getppid() != parent, Problems())


def keep_pulled(layout: Layout, lake: Lake, stop: Stop) -> None:
    """Pull until `stop`, and say how it goes as a daemon does."""
    state = Health(state="watching", pid=os.getpid(), started_at=health.stamp(time.time_ns()))
    problems = Problems()
    puller: Puller | None = None

    def pull() -> float:
        nonlocal puller
        if puller is None:
            puller = Puller(layout, lake)
        try:
            done = puller.pull()
        except BaseException:
            puller.close()
            puller = None
            raise
        state.snapshot = done.snapshot
        if done.rows:
            log.info("%d rows pulled", done.rows)
        return PULL_EVERY

    def beat() -> bool:
        state.heartbeat_at = health.stamp(time.time_ns())
        state.problem = str(problems)
        if layout.state_dir.exists():
            health.write(layout, state)
        return False

    try:
        _repeat(pull, stop, beat, problems)
    finally:
        if puller is not None:
            puller.close()
        state.state = "stopped"
        beat()


def supervise(layout: Layout, stop: Stop) -> None:
    """Keep a shipping process alive for as long as the settings ask for one, with these."""
    child: subprocess.Popen[bytes] | None = None
    given: Lake | None = None
    began, retry_at, delay = 0.0, 0.0, FIRST_RETRY
    while not stop.wait(LOOK_EVERY if child else SETTINGS_EVERY if retry_at else 0.0):
        now = time.monotonic()
        if child is not None and child.poll() is not None:
            log.error("shipping ended with %d; starting it again", child.returncode)
            if now - began >= LAST_RETRY:  # it worked until then
                delay = FIRST_RETRY
            child, retry_at, delay = None, now + delay, min(delay * 2, LAST_RETRY)
        wanted = _shipping(layout)
        if wanted != given and child is not None:
            _end(child)
            child = None
        if wanted is not None and child is None and now >= retry_at:
            child, given, began = subprocess.Popen(_command(layout)), wanted, now  # noqa: S603
        retry_at = max(retry_at, now)
    if child is not None:
        _end(child)


def _repeat(
    work: Callable[[], float], stop: Stop, look: Callable[[], bool], problems: Problems
) -> None:
    """`work` says how long to wait at least; `look` is called often and ends all with True."""
    pace, delay = Pace(REST), FIRST_RETRY
    while not stop.is_set() and not look():
        began = time.monotonic()
        if not pace.is_due(began):
            stop.wait(min(LOOK_EVERY, pace.next - began))
            continue
        try:
            least = work()
        except (RunmeterError, OSError, duckdb.Error) as error:
            problems.add("lake", str(error))
            least, delay = delay, min(delay * 2, LAST_RETRY)
        else:
            problems.solved("lake")
            delay = FIRST_RETRY
        ended = time.monotonic()
        pace.done(began, ended)
        pace.hold(ended + least)


def _shipping(layout: Layout) -> Lake | None:
    """Where the settings want this index shipped to."""
    try:
        lake = load_config(layout).lake
    except ConfigError:
        return None  # the daemon says so
    return lake if lake is not None and lake.ship else None


def _command(layout: Layout) -> list[str]:
    given = ["--root", str(layout.root), "--database", str(layout.database)]
    return [sys.executable, "-m", "indexer", *given, "lake", "ship", "--parent", str(os.getpid())]


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
