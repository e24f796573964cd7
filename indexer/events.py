"""File events: hints about where to look, from watchdog.

Only a few folders are watched, none of them recursively: the roots of runs, the
folders of job state and configuration, and a folder of our own into which a pulse is
written. An event carries a name into a queue and nothing else; nothing is read and
nothing is decided here. A pulse that does not come back means that events are lost,
whatever part of the machinery has died.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from indexer.absence import identity
from indexer.config import Layout
from indexer.discover import RunRoot

PULSE_SECONDS = 5.0
MISSED_PULSES = 3
_NAMES = [
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
]
_CONTENTS = [FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileClosedEvent, FileDeletedEvent]
_STATE_FILES = ("jobs_state.json", "project_config.json")
# File systems whose changes by another machine, or by the host, raise no events here.
_FOREIGN = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "vboxsf", "prl_fs", "virtiofs", "drvfs"}
_MOUNTS = Path("/proc/self/mountinfo")

log = logging.getLogger("runmeter.events")


class Hint(NamedTuple):
    """A run folder to look at, or, without a root, the state files and those of sources."""

    root: RunRoot | None = None
    name: str = ""


class Events:
    """One observer at a time, watching what `start` was given."""

    def __init__(self, layout: Layout, hints: "Queue[Hint]") -> None:
        self._layout = layout
        self._hints = hints
        self._observer: BaseObserver | None = None
        self._watched: dict[str, str | None] = {}
        self._replaced = False
        self._pulse = layout.state_dir / "pulse" / "beat"
        self._pulse_written, self._pulse_came, self._pulses_missed = 0.0, True, 0
        self._overflow_log = _Overflows()
        self.handler_errors = 0

    @property
    def overflows(self) -> int:
        """How often the system's queue has overflowed."""
        return self._overflow_log.count

    def start(self, roots: Sequence[RunRoot], folders: Sequence[str] = ()) -> None:
        """Watch what is there now; `folders` are those of sources.

        Raises OSError where the system refuses.
        """
        self.stop()
        self._pulse.parent.mkdir(parents=True, exist_ok=True)
        logging.getLogger("watchdog").addHandler(self._overflow_log)
        self._watched, self._replaced = self._folders(roots, folders), False
        self._pulse_written, self._pulse_came = time.monotonic(), True
        self._pulses_missed = 0
        observer = Observer()
        try:
            for root in roots:
                if self._watched[root.path] is not None:
                    handler = _Handler(self, self._on_run_event(root))
                    observer.schedule(handler, root.path, event_filter=_NAMES)
            for folder in {*folders, *self._state_folders()} - {root.path for root in roots}:
                if self._watched[folder] is not None:
                    told = self._on_document_event if folder in folders else self._on_state_event
                    handler = _Handler(self, told)
                    observer.schedule(handler, folder, event_filter=_CONTENTS)
            handler = _Handler(self, self._on_pulse)
            observer.schedule(handler, str(self._pulse.parent), event_filter=_CONTENTS)
            observer.start()
        except BaseException:
            observer.stop()
            raise
        self._observer = observer

    def stop(self) -> None:
        """End the observer and its threads."""
        observer, self._observer = self._observer, None
        logging.getLogger("watchdog").removeHandler(self._overflow_log)
        if observer is not None:
            observer.stop()
            if observer.ident is not None:
                observer.join()

    def is_replaced(self, roots: Sequence[RunRoot], folders: Sequence[str] = ()) -> bool:
        """Whether a watched folder is another one now, or a new one is there.

        One that was deleted and made anew may well have the same inode.
        """
        return self._replaced or self._watched != self._folders(roots, folders)

    def is_dead(self) -> bool:
        """Whether events do not come any more; writes a pulse when it is time for one.

        Pulses are counted, not seconds: a process that was stopped for an hour has missed none.
        """
        observer, now = self._observer, time.monotonic()
        if observer is None:
            return False
        if not observer.is_alive() or not all(one.is_alive() for one in observer.emitters):
            return True
        if now - self._pulse_written >= PULSE_SECONDS:
            self._pulses_missed = 0 if self._pulse_came else self._pulses_missed + 1
            self._pulse_written, self._pulse_came = now, False
            self._pulse.write_bytes(b"")
        return self._pulses_missed >= MISSED_PULSES

    def _folders(self, roots: Sequence[RunRoot], further: Sequence[str]) -> dict[str, str | None]:
        paths = [*(root.path for root in roots), *self._state_folders(), *further]
        return {path: identity(path) for path in paths}

    def _state_folders(self) -> list[str]:
        files = (self._layout.jobs_file, self._layout.config_file)
        return sorted({str(file.parent) for file in files})

    def _on_run_event(self, root: RunRoot) -> Callable[[str], None]:
        start = len(root.path) + 1

        def told(path: str) -> None:
            if path == root.path:  # deleted or moved: the watch ends, or goes with it
                self._replaced = True
            elif path.startswith(root.path):
                self._hints.put(Hint(root, path[start:].split(os.sep)[0]))

        return told

    def _on_state_event(self, path: str) -> None:
        if os.path.basename(path) in _STATE_FILES:
            self._hints.put(Hint())

    def _on_document_event(self, path: str) -> None:
        if self._hints.empty():  # one is as good as many: a line a millisecond is no rarity
            self._hints.put(Hint())

    def _on_pulse(self, path: str) -> None:
        self._pulse_came = True


class _Handler(FileSystemEventHandler):
    """Passes on the paths of an event. An exception here would end the observer's thread."""

    def __init__(self, events: Events, told: Callable[[str], None]) -> None:
        self._events = events
        self._told = told

    def on_any_event(self, event: FileSystemEvent) -> None:
        try:
            for path in (event.src_path, event.dest_path):
                if path:
                    self._told(os.fsdecode(path))
        except Exception:
            self._events.handler_errors += 1
            log.exception("an event could not be passed on; the scans will find what it told")


class _Overflows(logging.Handler):
    """watchdog tells of an overflow in its log and nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self.count += 1


def foreign_file_system(path: str) -> str | None:
    """Name of the file system of `path` if it is one without dependable events."""
    if path.startswith("\\\\") or path.startswith("//"):
        return "a network share"
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None  # no Linux: the system's own events are taken as they are
    best, kind = "", ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        mount = fields.split()[4].replace("\\040", " ")
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, rest.split()[0]
    return kind if kind in _FOREIGN or kind.startswith("fuse") else None
