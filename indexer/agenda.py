"""Which run folders are looked at again soon, and when.

Four kinds of folder are on the agenda: one that has no file yet, one whose file could
not be taken, one whose file changed lately, and one whose run has not ended. Each is
looked at after 50 ms, then after twice as long each time, until a change begins this
anew. The longest interval grows with the number of entries, so that all of them
together use a small and constant part of a core. What leaves the agenda is still seen
by every full pass.

Times are seconds of a monotonic clock and are given by the caller.
"""

import heapq
import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass

FIRST_INTERVAL = 0.05
MAX_INTERVAL = 1.0
MAX_BROKEN_INTERVAL = 30.0
# So many seconds of interval for each entry: at some 60 µs a look, half a percent.
INTERVAL_PER_ENTRY = 0.01
QUIET_FINISHED = 120.0
QUIET_OPEN = 24 * 3600.0
MAX_IDLE_ENTRIES = 50_000
# Looks that have time come together, so that few wake-ups serve many of them.
TOGETHER = 0.25
# The golden ratio spreads any number of looks evenly over an interval.
_SPREAD = 0.618034


@dataclass(slots=True)
class _Entry:
    due: float
    interval: float
    changed: float
    open: bool
    broken: bool = False


class Agenda:
    """Keys with the time of their next look."""

    def __init__(self) -> None:
        self._entries: dict[Hashable, _Entry] = {}
        self._heap: list[tuple[float, int, Hashable]] = []
        self._count = 0  # orders equal times; keys need not be comparable

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    @property
    def broken(self) -> int:
        """Files that are there and could not be taken yet."""
        return sum(entry.broken for entry in self._entries.values())

    def changed(self, key: Hashable, now: float, *, open: bool, broken: bool = False) -> None:
        """Something is new about it: look again at the shortest interval.

        `open`: its run has not ended, or it has no file yet.
        """
        entry = self._entries.get(key)
        if entry is not None and broken and entry.broken:
            self.unchanged(key, now)  # still not usable
            return
        self._entries[key] = _Entry(now, FIRST_INTERVAL, now, open, broken)
        self._push(key, now + FIRST_INTERVAL)

    def add_idle(self, keys: Collection[Hashable], now: float, *, open: bool) -> None:
        """Nothing is known to be new: look at the longest interval, if there is room."""
        room = MAX_IDLE_ENTRIES - len(self._entries)
        new = [key for key in keys if key not in self._entries][: max(0, room)]
        longest = self._longest(MAX_INTERVAL, len(self._entries) + len(new))
        for place, key in enumerate(new):
            self._entries[key] = _Entry(now, longest, now, open)
            self._push(key, now + longest * (place * _SPREAD % 1))

    def unchanged(self, key: Hashable, now: float) -> None:
        """Nothing is new: look again after twice the interval, or no more."""
        entry = self._entries.get(key)
        if entry is None:
            return
        limit = QUIET_OPEN if entry.open or entry.broken else QUIET_FINISHED
        if now - entry.changed > limit:
            del self._entries[key]
            return
        least = MAX_BROKEN_INTERVAL if entry.broken else MAX_INTERVAL
        longest = self._longest(least, len(self._entries))
        entry.interval = min(entry.interval * 2, longest)
        self._push(key, now + entry.interval)

    def drop(self, key: Hashable) -> None:
        """It needs no further look."""
        self._entries.pop(key, None)

    def take_due(self, now: float, limit: int) -> list[Hashable]:
        """Up to `limit` keys whose time has come; each stays until told what was found."""
        found: list[Hashable] = []
        while self._heap and self._heap[0][0] <= now and len(found) < limit:
            due, _, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry is not None and entry.due == due:  # else moved or dropped since
                found.append(key)
        return found

    def next_due(self) -> float:
        """Time of the next look; infinity where there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    @staticmethod
    def _longest(least: float, entries: int) -> float:
        return max(least, entries * INTERVAL_PER_ENTRY)

    def _push(self, key: Hashable, due: float) -> None:
        if self._entries[key].interval >= MAX_INTERVAL:
            due = math.ceil(due / TOGETHER) * TOGETHER
        self._entries[key].due = due
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, key))
