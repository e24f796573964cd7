"""When to make a pass: the daemon's loop.

Scans decide what is true, events only shorten the wait: a watch on `run_logs` and
one on the folder of the job state, neither recursive, wake the loop and carry
nothing. Between passes the loop rests at least nine times as long as the last pass
took, so that it never uses more than about a tenth of a core. Files that are gone
are judged only every ten minutes, so that two agreeing passes mean something.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from indexer.config import Layout
from indexer.errors import ConfigError
from indexer.ingest import Indexer
from indexer.passes import PassResult

MIN_REST = 1.0
REST_PER_PASS = 9.0
GATHER = 0.05  # a writer makes several changes in a row
ABSENCE_EVERY = 600.0

log = logging.getLogger("runmeter.watch")


class _Wake(FileSystemEventHandler):
    """Sets an event and nothing else: an exception here would end the observer's thread."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        # Opening and closing unchanged files is what our own reading does.
        if event.event_type not in ("opened", "closed_no_write"):
            self._wake.set()


class Watcher:
    """Repeats passes of an Indexer until `stop` is set.

    `on_pass` is called after each pass, in the loop's thread; `monotonic` in seconds.
    """

    def __init__(
        self,
        indexer: Indexer,
        stop: threading.Event,
        on_pass: Callable[[PassResult], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._indexer = indexer
        self._stop = stop
        self._on_pass = on_pass
        self._monotonic = monotonic
        self._wake = threading.Event()
        self._judged = float("-inf")
        self._complaint = ""

    def run(self) -> None:
        """Passes and rests. Returns when `stop` is set, after the pass under way."""
        observer = _observe(self._indexer.layout, self._wake)
        try:
            while not self._stop.is_set():
                self._wake.clear()
                self._rest(self._pass())
        finally:
            if observer is not None:
                observer.stop()
                observer.join()

    def wake(self) -> None:
        """End the present rest."""
        self._wake.set()

    def _pass(self) -> float:
        """One pass; returns how long it took in seconds."""
        began = self._monotonic()
        judge = began - self._judged >= ABSENCE_EVERY
        try:
            result = self._indexer.run_pass()
        except ConfigError as error:
            # The figures stay as they are until the file is mended; said once.
            if str(error) != self._complaint:
                log.error("%s", error)
            self._complaint = str(error)
            return self._monotonic() - began
        self._complaint = ""
        if judge:
            self._judged = began
        if self._on_pass is not None:
            self._on_pass(result)
        return self._monotonic() - began

    def _rest(self, took: float) -> None:
        self._stop.wait(took * REST_PER_PASS)
        if self._wake.wait(MIN_REST):
            self._stop.wait(GATHER)


def _observe(layout: Layout, wake: threading.Event) -> BaseObserver | None:
    """Start watching the folders that exist; None where the system refuses, scans suffice."""
    observer = Observer()
    handler = _Wake(wake)
    folders: set[Path] = {layout.run_logs, layout.jobs_file.parent}
    for folder in sorted(folders):
        if folder.is_dir():
            observer.schedule(handler, str(folder), recursive=False)
    try:
        observer.start()
    except OSError as error:
        log.warning("no file events (%s); looking at intervals instead", error)
        return None
    return observer
