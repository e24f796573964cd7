"""Asks the newest snapshot what the rules for alerts find, in a thread of its own.

The working database is left alone: an open read would hold up its checkpoints. The snapshot
is attached to a database in memory that has one core, so that indexing keeps the other, and
half as much memory as the snapshot is large, unless that is too little: pages that were read are
not worth keeping, since the next look is at another snapshot.
"""

import os
import threading
from datetime import datetime
from pathlib import Path

import duckdb

from indexer import holding
from indexer.deciding import Finding
from indexer.filters import Filters

_QUERY = (
    "select alert_key, rule, scope, subject, day, first_day, state, level, explanation"
    " from alert_findings order by alert_key"
)
STOP_SECONDS = 0.05
LEAST_BYTES = 64_000_000


def find(connection: duckdb.DuckDBPyConnection, snapshot: Path, moment: datetime) -> list[Finding]:
    """What is found at that moment, naive UTC, on a connection of its own in memory.

    Raises FileNotFoundError where the snapshot has been removed.
    """
    with holding.hold(snapshot):
        return _ask(connection, snapshot, moment)


def _ask(connection: duckdb.DuckDBPyConnection, snapshot: Path, moment: datetime) -> list[Finding]:
    limit = max(LEAST_BYTES, snapshot.stat().st_size // 2)
    path = str(snapshot).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    connection.execute("use published")
    Filters(as_of=moment).apply(connection)
    spilled = str(snapshot.with_name(f"alerts-{os.getpid()}.tmp")).replace("'", "''")
    connection.execute(f"set temp_directory = '{spilled}'")
    usual = connection.execute("select current_setting('memory_limit')").fetchall()[0][0]
    connection.execute(f"set memory_limit = '{limit}B'")
    try:
        rows = connection.execute(_QUERY).fetchall()
    except duckdb.OutOfMemoryException:
        connection.execute(f"set memory_limit = '{usual}'")
        rows = connection.execute(_QUERY).fetchall()
    return [Finding(*row) for row in rows]


class Search:
    """One look, which begins when it is made. `moment` is what it judges."""

    def __init__(self, snapshot: Path, moment: datetime) -> None:
        self.moment = moment
        self._snapshot = snapshot
        self._found: list[Finding] | Exception | None = None
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> list[Finding]:
        """What was found, or the error of the search; waits for its end."""
        self._thread.join()
        self._connection.close()
        if isinstance(self._found, Exception):
            raise self._found
        return self._found or []

    def stop(self) -> None:
        """End it soon, whatever it found."""
        while self._thread.is_alive():
            self._connection.interrupt()  # which has no effect between two statements
            self._thread.join(STOP_SECONDS)
        self._connection.close()

    def _run(self) -> None:
        try:
            self._found = find(self._connection, self._snapshot, self.moment)
        except Exception as error:  # raised again by `result`, in the thread that asks for it
            self._found = error
