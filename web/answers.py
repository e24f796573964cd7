"""Answers kept as bytes, so that nothing is computed twice for one snapshot.

An answer is kept under all that it depends on, its ETag, and only if it is complete and
went well; one that time changes, for the moment of which it tells. Of several requests that
want the same one at once, one computes and the others wait for it. What belongs to another
snapshot is dropped with the first answer of a new one, and what was not asked for longest when
there is no room; either is only computed again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from flask import Response

MAX_BYTES = 64 * 1024 * 1024
MAX_ANSWER = 8 * 1024 * 1024

Key = tuple[str, ...]


class Answer(NamedTuple):
    """A response that went well, before anything is added to it for one client."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    moment: str  # of which it tells, where time changes it

    def response(self) -> Response:
        return Response(self.body, headers=list(self.headers))


class Answers:
    """The answers of one app. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._turns: dict[Key, threading.Lock] = {}
        self._number: int | None = None
        self._size = 0

    def of(self, number: int, key: Key, make: Callable[[], Response], moment: str = "") -> Response:
        """The answer kept under `key`, else that of `make`. `number` is the snapshot's.

        One of another `moment` is not given any more.
        """
        with self._lock:
            found = self._find(key, moment)
            turn = self._turns.setdefault(key, threading.Lock()) if found is None else None
        if found is None and turn is not None:
            with turn:
                found = self._find_again(key, moment)
                if found is None:
                    return self._make(number, key, make, moment)
        return found.response() if found is not None else make()

    def _make(self, number: int, key: Key, make: Callable[[], Response], moment: str) -> Response:
        try:
            response = make()
            lasting = response.headers.get("Cache-Control") != "no-store"
            if response.status_code == 200 and lasting and not response.is_streamed:
                kept = Answer(response.get_data(), tuple(response.headers), moment)
                self._keep(number, key, kept)
            return response
        finally:
            with self._lock:
                self._turns.pop(key, None)

    def _keep(self, number: int, key: Key, answer: Answer) -> None:
        if len(answer.body) > MAX_ANSWER:
            return
        with self._lock:
            if number != self._number:
                self._kept.clear()
                self._number, self._size = number, 0
            before = self._kept.pop(key, None)
            self._kept[key] = answer
            self._size += len(answer.body) - (len(before.body) if before else 0)
            while self._size > MAX_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1].body)

    def _find_again(self, key: Key, moment: str) -> Answer | None:
        with self._lock:
            return self._find(key, moment)

    def _find(self, key: Key, moment: str) -> Answer | None:
        found = self._kept.get(key)
        if found is None or found.moment != moment:
            return None
        self._kept.move_to_end(key)
        return found
