"""Files that take a while, made in processes of their own.

`work` makes one; a process that fails or is killed takes nothing else with it. `Maker` keeps
those of a server: at most `PARALLEL` are made at once and `WAITING` more wait for their turn; a
further one is refused. A file stays for an hour and at most `KEPT` stay. All lie in one temporary
folder that goes with the server.
"""

import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.filters import Filters

KINDS = {"xlsx": "xlsx", "pdf": "pdf", "parquet": "zip"}
PARALLEL = 2
WAITING = 6
KEPT = 12
KEPT_SECONDS = 3600.0
MOST_SECONDS = 3600.0

State = Literal["waiting", "making", "ready", "failed"]


class FullError(RunmeterError):
    """As many files as may be are being made or wait for it."""


class Job(msgspec.Struct):
    """What a worker is to make: a report as a kind of file, under filters as a query's pairs."""

    root: str
    database: str
    kind: str
    filters: list[tuple[str, str]]
    target: str
    report: str = "overview"
    in_words: bool = False


class Said(msgspec.Struct):
    """What it says: how far it is, what failed, or what the file says in words."""

    done: int = 0
    total: int = 0
    error: str | None = None
    words: str = ""


@dataclass(slots=True)
class File:
    """One file, and how far it is. `name` is what a browser is to call it."""

    token: str
    name: str
    path: Path
    job: Job
    state: State = "waiting"
    done: int = 0
    total: int = 0
    error: str = ""
    ended: float | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)


def work(
    job: Job,
    began: "Callable[[subprocess.Popen[bytes]], bool]",
    said: Callable[[Said], None],
) -> str:
    """Make a file in a process of its own; returns what failed. Raises OSError.

    `began` gets the process and says whether it may go on.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "indexer.export_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    guard = threading.Timer(MOST_SECONDS, process.kill)
    guard.daemon = True
    guard.start()
    error = ""
    with process:
        try:
            if not began(process):
                process.kill()
                error = "it was left off"
            elif process.stdin is not None and process.stdout is not None:
                process.stdin.write(msgspec.json.encode(job))
                process.stdin.close()
                for line in process.stdout:
                    found = msgspec.json.decode(line, type=Said)
                    error = found.error or error
                    said(found)
        except (BrokenPipeError, msgspec.DecodeError):
            error = "the process that made it broke off"
        finally:
            guard.cancel()
    if process.returncode and not error:
        error = "the process that made it ended before it was done"
    return error


class Maker:
    """Makes files for one index. Safe for many threads."""

    def __init__(self, layout: Layout, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._layout, self._monotonic = layout, monotonic
        self._lock = threading.Lock()
        self._turn = threading.BoundedSemaphore(PARALLEL)
        self._files: dict[str, File] = {}
        self._threads: set[threading.Thread] = set()
        self._folder: Path | None = None
        self._closed = False

    def start(self, kind: str, filters: Filters, name: str) -> File:
        """Have a file made. Raises FullError, OSError."""
        with self._lock:
            self._tidy()
            open_ = sum(file.ended is None for file in self._files.values())
            if open_ >= PARALLEL + WAITING or self._closed:
                raise FullError(f"{open_} files are being made, which is all that may; try later")
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="runmeter-"))
            token = secrets.token_urlsafe(16)
            path = self._folder / f"{len(self._files)}-{secrets.token_hex(4)}.{KINDS[kind]}"
            layout = self._layout
            job = Job(str(layout.root), str(layout.database), kind, filters.pairs(), str(path))
            file = self._files[token] = File(token, name, path, job)
            thread = threading.Thread(target=self._run, args=(file,), name="making", daemon=True)
            self._threads = {one for one in self._threads if one.is_alive()} | {thread}
        thread.start()
        return file

    def get(self, token: str) -> File | None:
        """The file of a token; None where there is none, or none any more."""
        with self._lock:
            self._tidy()
            return self._files.get(token)

    def close(self) -> None:
        """End what is being made and remove everything."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
            for file in self._files.values():
                if file.process is not None:
                    file.process.kill()
        for thread in threads:
            thread.join()
        with self._lock:
            self._files.clear()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _run(self, file: File) -> None:
        with self._turn:
            try:
                error = self._make(file)
            except OSError as problem:
                error = str(problem)
        with self._lock:
            file.process = None
            file.error, file.state = error, "failed" if error else "ready"
            file.ended = self._monotonic()

    def _make(self, file: File) -> str:
        """Have a process make it; returns what failed."""

        def began(process: "subprocess.Popen[bytes]") -> bool:
            with self._lock:
                file.process, file.state = process, "making"
                return not self._closed

        def said(found: Said) -> None:
            file.done, file.total = found.done or file.done, found.total or file.total

        return work(file.job, began, said)

    def _tidy(self) -> None:
        """Remove what is old, or too many. The lock is held."""
        now = self._monotonic()
        done = sorted((file.ended, file.token) for file in self._files.values() if file.ended)
        old = [token for ended, token in done if now - ended > KEPT_SECONDS]
        for token in {*old, *(token for _, token in done[:-KEPT])}:
            self._files.pop(token).path.unlink(missing_ok=True)
