"""Reading what the indexer has published.

Readers open the newest numbered snapshot read-only and never the public file, so
a person's lock on that cannot reach them. A number is written once and never
changed, so an open connection stays valid; a newer number means a new connection,
and the old one is closed when its last user is done. Safe for many threads.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.filters import Filters

_ATTEMPTS = 5
EVERYTHING = Filters()


@dataclass(slots=True)
class _Open:
    number: int
    connection: duckdb.DuckDBPyConnection
    users: int = 0


class SnapshotReader:
    """Hands out connections on the newest snapshot of one index."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._lock = threading.Lock()
        self._current: _Open | None = None

    @property
    def number(self) -> int | None:
        """Newest published number, None before the first."""
        numbers = self.layout.snapshot_numbers()
        return numbers[-1] if numbers else None

    @contextmanager
    def connect(self, filters: Filters = EVERYTHING) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor inside one transaction, so that all its queries share one `now`.

        What it reads is narrowed by `filters`. Raises NoIndexError where nothing has been
        published, UsageError for filters that do not fit together.
        """
        held = self._acquire()
        cursor = held.connection.cursor()
        try:
            cursor.execute("begin")
            filters.apply(cursor)
            yield cursor
        finally:
            cursor.close()
            self._release(held)

    def close(self) -> None:
        """Give the open snapshot back; later calls open it anew."""
        with self._lock:
            held, self._current = self._current, None
            if held is not None and held.users == 0:
                held.connection.close()

    def _acquire(self) -> _Open:
        with self._lock:
            for _ in range(_ATTEMPTS):
                number = self.number
                if number is None:
                    break
                if self._current is None or self._current.number != number:
                    opened = self._open(number)
                    if opened is None:  # removed between listing and opening: look again
                        continue
                    old, self._current = self._current, opened
                    if old is not None and old.users == 0:
                        old.connection.close()
                self._current.users += 1
                return self._current
        raise NoIndexError(
            f"{self.layout.root}: nothing has been indexed yet;"
            " `runmeter index` or `runmeter up` does it"
        )

    def _open(self, number: int) -> _Open | None:
        path = self.layout.snapshot(number)
        try:
            return _Open(number, duckdb.connect(str(path), read_only=True))
        except duckdb.IOException:
            if path.exists():
                raise
            return None

    def _release(self, held: _Open) -> None:
        with self._lock:
            held.users -= 1
            if held.users == 0 and held is not self._current:
                held.connection.close()
