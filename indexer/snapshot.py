"""Reading what the indexer has published.

Readers attach the newest numbered snapshot read-only and never the public file, so
a person's lock on that cannot reach them. A number is written once and never
changed, so what is attached stays valid; a newer number is attached beside it, and the
old one is detached when its last user is done. They are all of one instance of DuckDB,
because starting one takes longer than attaching a file. While it is attached it is held, so
that it is not written over. Safe for many threads.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from itertools import count

import duckdb

from indexer import holding
from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.filters import Filters

_ATTEMPTS = 5
EVERYTHING = Filters()


@dataclass(slots=True)
class _Instance:
    connection: duckdb.DuckDBPyConnection
    users: int = 0


@dataclass(slots=True)
class _Open:
    number: int
    instance: _Instance
    name: str  # of its database, never given twice
    held: FileIO
    users: int = 0

    def detach(self) -> None:
        self.instance.connection.execute(f"detach {self.name}")
        self.held.close()


class SnapshotReader:
    """Hands out connections on the newest snapshot of one index."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._lock = threading.Lock()
        self._names = count(1)
        self._instance: _Instance | None = None
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
        held, cursor = self._acquire()
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
            instance, current = self._instance, self._current
            self._instance = self._current = None
            if current is not None and current.users == 0:
                current.detach()
            if instance is not None and instance.users == 0:
                instance.connection.close()  # with all of its cursors

    def _acquire(self) -> tuple[_Open, duckdb.DuckDBPyConnection]:
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
                        old.detach()
                held = self._current
                cursor = held.instance.connection.cursor()
                cursor.execute(f"use {held.name}")
                held.users += 1
                held.instance.users += 1
                return held, cursor
        raise NoIndexError(
            f"{self.layout.root}: nothing has been indexed yet;"
            " `runmeter index` or `runmeter up` does it"
        )

    def _open(self, number: int) -> _Open | None:
        path = self.layout.snapshot(number)
        try:
            held = holding.hold(path)
        except FileNotFoundError:
            return None
        found = _Open(number, self._started(), f"snapshot_{next(self._names)}", held)
        text = str(path).replace("'", "''")
        try:
            found.instance.connection.execute(f"attach '{text}' as {found.name} (read_only)")
        except duckdb.Error as error:
            held.close()
            if not isinstance(error, duckdb.IOException) or path.exists():
                raise
            return None
        return found

    def _started(self) -> _Instance:
        """What snapshots are attached to; itself, it holds nothing."""
        if self._instance is None:
            # where what does not fit into memory goes, of this reader alone
            folder = self.layout.snapshots_dir / f"reader-{os.getpid()}-{id(self):x}.tmp"
            self._instance = _Instance(duckdb.connect(config={"temp_directory": str(folder)}))
        return self._instance

    def _release(self, held: _Open) -> None:
        with self._lock:
            instance = held.instance
            held.users -= 1
            instance.users -= 1
            if held.users == 0 and held is not self._current:
                held.detach()
            if instance.users == 0 and instance is not self._instance:
                instance.connection.close()
