"""Answers made before they are asked for.

A page that follows the index asks again what it asked before as soon as there is another
snapshot. So when one appears, what was asked for lately is answered at once, by the same
code as a request, and kept; the request finds it. Of what nobody asks for any more nothing
is made, but for the overview, with which most visits begin: once nothing new comes, it is made
whether it was asked for or not, and again when its quarter of an hour is over.

Whoever asks meanwhile comes first: while requests ask the database no further answer is begun.

`asked` and `asking` are called by requests, `step` by one thread of the server.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb
from flask import Flask, g, request
from werkzeug.exceptions import HTTPException

from indexer.errors import RunmeterError
from indexer.pace import Pace
from indexer.snapshot import SnapshotReader

POLL_SECONDS = 0.1
WANTED_SECONDS = 15.0  # pages ask every five
MAX_WANTED = 8
OVERVIEW = "/analytics?"
QUIET_SECONDS, OVERVIEW_EVERY = 3.0, 60.0  # what is still there is not made again
REST = 2.0  # times as long as the work, so that it takes at most a third of the time
# Whoever asked just now may ask again; but a page that follows the index waits for its answer too.
QUIET_REQUESTS, MOST_QUIET = 0.05, 20

log = logging.getLogger("runmeter.web")


class Asked(NamedTuple):
    """A request, by all that its answer depends on."""

    path: str
    root_path: str
    fragment: str


class Warmer:
    """What one app was asked for lately. `monotonic` in seconds."""

    def __init__(
        self, reader: SnapshotReader, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._reader, self._monotonic = reader, monotonic
        self._lock = threading.Lock()
        self._wanted: OrderedDict[Asked, float] = OrderedDict()
        self._begun = self._at_work = 0  # requests that ask the database: so far, now
        self._number: int | None = None
        self._root_path = ""
        self._overview_at = 0.0
        self._pace = Pace(REST)

    def asked(self) -> None:
        """The request under way is wanted again when there is another snapshot."""
        if g.get("ahead_of_time"):
            return
        found = Asked(request.full_path, request.root_path, request.headers.get("HX-Request", ""))
        with self._lock:
            self._root_path = found.root_path
            self._wanted[found] = self._monotonic()
            self._wanted.move_to_end(found)
            while len(self._wanted) > MAX_WANTED:
                self._wanted.popitem(last=False)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around what a request asks the database."""
        if g.get("ahead_of_time"):
            yield
            return
        with self._lock:
            self._begun += 1
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1

    def step(self, app: Flask, wait: Callable[[float], object] = time.sleep) -> int:
        """Answer what is wanted where there is a new snapshot, or else the overview if that is due.

        `wait` waits so many seconds. Returns how many were answered.
        """
        began = self._monotonic()
        number = self._reader.number
        if number is None or not self._pace.is_due(began):
            return 0
        if number != self._number:
            self._number, self._overview_at = number, began + QUIET_SECONDS
            wanted = self._take(began)
        elif began >= self._overview_at:
            self._overview_at = began + OVERVIEW_EVERY
            wanted = [Asked(OVERVIEW, self._root_path, "")]
        else:
            return 0
        answered, seen, work = 0, self._begun, 0.0
        for asked in wanted:
            seen = self._give_way(seen, wait)
            began = self._monotonic()
            answered += _answer(app, asked)
            work += self._monotonic() - began
        ended = self._monotonic()
        self._pace.done(ended - work, ended)
        return answered

    def run(self, app: Flask, closing: threading.Event) -> None:
        """Steps until the server closes."""
        while not closing.wait(POLL_SECONDS):
            self.step(app, closing.wait)

    def _give_way(self, seen: int, wait: Callable[[float], object]) -> int:
        """Wait, a second at most, where requests have begun since so many had; how many have."""
        waits = 0
        while (self._begun != seen or self._at_work) and waits < MOST_QUIET:
            seen = self._begun
            wait(QUIET_REQUESTS)
            waits += 1
        return self._begun

    def _take(self, now: float) -> list[Asked]:
        """Newest first; what was not asked for lately is forgotten."""
        oldest = now - WANTED_SECONDS
        with self._lock:
            for asked in [one for one, when in self._wanted.items() if when < oldest]:
                del self._wanted[asked]
            return list(reversed(self._wanted))


def _answer(app: Flask, asked: Asked) -> bool:
    headers = {"HX-Request": asked.fragment} if asked.fragment else {}
    root = {"SCRIPT_NAME": asked.root_path}
    with app.test_request_context(asked.path, headers=headers, environ_overrides=root):
        g.ahead_of_time = True
        try:
            app.view_functions[request.endpoint or ""](**(request.view_args or {}))
        except (HTTPException, RunmeterError):
            return False  # whoever asks is told
        except duckdb.Error as error:
            log.warning("%s: could not be answered ahead of time: %s", asked.path, error)
            return False
    return True
