"""SQL from people who may ask anything: one query, in a process of its own.

`run` starts `indexer.sandbox_worker`, hands it the query and waits. DuckDB's own
limits do not hold everything: a single function call can take gigabytes outside of
its memory limit, and is not interrupted before it returns. So the worker is bounded
by the operating system as well, where that can be done, and is killed when it does
not come back. A query that brings it down brings down nothing else.

At most `PARALLEL` queries run at once; the next waits a little and is then told so,
so that slow queries never take all threads of a server.
"""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from indexer.errors import RunmeterError, UsageError
from indexer.filters import Filters

PARALLEL = 2
WAIT_SECONDS = 2.0
SECONDS = 10.0
GRACE_SECONDS = 3.0
MEMORY_MB = 512
THREADS = 2
MAX_QUERY = 20_000
MAX_RESULT_BYTES = 32_000_000

_free = threading.BoundedSemaphore(PARALLEL)


class BusyError(RunmeterError):
    """As many queries as may run at once are running."""


class QueryError(UsageError):
    """The query cannot be run; `line` and `column` count from 1, where DuckDB names a place."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


class Job(msgspec.Struct):
    """What the worker is asked. `snapshot` is a published file, `filters` a query's pairs."""

    snapshot: str
    query: str
    filters: list[tuple[str, str]]
    rows: int
    seconds: float = SECONDS
    memory_mb: int = MEMORY_MB
    threads: int = THREADS
    result_bytes: int = MAX_RESULT_BYTES


class Answer(msgspec.Struct):
    """What it answers: a result, or `error` with its place."""

    columns: list[str] = []
    types: list[str] = []
    rows: list[list[Any]] = []
    more: bool = False
    seconds: float = 0.0
    error: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one query: rows that it gives, seconds that it takes."""

    rows: int
    seconds: float = SECONDS


def run(snapshot: Path, query: str, limits: Limits, filters: Filters | None = None) -> Answer:
    """The first rows of one SELECT over a published snapshot; `more` says that there are more.

    Views are narrowed by `filters`, tables are whole.
    Numbers and truth values come as such, all other types as text. Raises QueryError
    for a query that cannot be run or reaches a limit, and BusyError.
    """
    if len(query) > MAX_QUERY:
        raise QueryError(f"query: found {len(query):,} characters, allowed: {MAX_QUERY:,}")
    pairs = filters.pairs() if filters else []
    job = Job(str(snapshot), query, pairs, limits.rows, limits.seconds)
    if not _free.acquire(timeout=WAIT_SECONDS):
        raise BusyError(f"{PARALLEL} queries are running, which is all that may; try again shortly")
    try:
        answer = _ask(job)
    finally:
        _free.release()
    if answer.error is not None:
        raise QueryError(answer.error, answer.line, answer.column)
    return answer


def _ask(job: Job) -> Answer:
    """Start a worker, and end it when it is overdue."""
    secret = {name for name in os.environ if name.startswith("RUNMETER_")}
    worker = subprocess.Popen(
        [sys.executable, "-m", "indexer.sandbox_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name not in secret},
    )
    with worker:
        try:
            told, _ = worker.communicate(msgspec.json.encode(job), job.seconds + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            return Answer(error=too_slow(job.seconds))
    try:
        return msgspec.json.decode(told, type=Answer)
    except msgspec.DecodeError:
        return Answer(error="the query took more memory or time than is allowed and was ended")


def too_slow(seconds: float) -> str:
    """What is said of a query that reached its time limit."""
    return f"the query ran for {seconds:g} seconds, which is the limit, and was ended"
