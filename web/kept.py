"""Figures kept for pages that time alone changes.

Such a page is kept as bytes for a second only (`web/answers.py`), but most of its figures
depend on the snapshot and the query alone: they are asked for once and the rest each time. Of
several requests that want the same figures at once, one asks and the others wait for it. What
belongs to another snapshot is dropped with the first figures of a new one.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

MOST = 64

Figures = dict[str, Any]
Key = tuple[str, ...]


class Kept:
    """The figures of one app. Safe for many threads; nobody changes what is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._figures: OrderedDict[Key, Figures] = OrderedDict()
        self._turns: dict[Key, threading.Lock] = {}
        self._number: int | None = None

    def of(
        self,
        number: int,
        key: Key,
        make: Callable[[], Figures],
        is_whole: Callable[[], bool] = lambda: True,
    ) -> Figures:
        """What is kept under `key`, else what `make` gives, which is kept if it is whole.

        `number` is the snapshot's.
        """
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                found = self._figures.get(key)
            try:
                if found is None:
                    found = make()
                    if is_whole():
                        self._keep(number, key, found)
            finally:
                with self._lock:
                    self._turns.pop(key, None)
            return found

    def _keep(self, number: int, key: Key, figures: Figures) -> None:
        with self._lock:
            if number != self._number:
                self._figures.clear()
                self._number = number
            self._figures[key] = figures
            while len(self._figures) > MOST:
                self._figures.popitem(last=False)
