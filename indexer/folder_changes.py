"""Which folders under a root a pass has to look at closely: those that are not as they are known.

Either each is looked at and compared with what is known of it (`Walked`), or a search that was
begun ahead has looked at them, and the database compares (`Joined`), which needs a third of the
time, and no memory for a million names. Both give those that are known first, and then those that
are not, the oldest first.
"""

import os
from collections.abc import Iterator
from typing import Any

from indexer import discover
from indexer.discover import RunRoot


class Walked:
    """Goes through the folders as they are now. `known`: name -> mark."""

    def __init__(self, root: RunRoot, known: dict[str, int]) -> None:
        self.same = 0  # folders whose file is as it is known, so far
        self._root, self._known, self._unseen = root, known, len(known)

    def __iter__(self) -> Iterator[str | None]:
        """Names, and None now and then, for whoever wants to pause."""
        known, passed = self._known, 0
        for folder in discover.new_last(discover.walk(self._root, known), known):
            passed += 1
            if passed % discover.SLICE == 0 or folder is None:
                yield None
            if folder is None:
                continue
            name, mark = folder
            if mark and mark == known.get(name):  # nearly all of them
                self.same += 1
                self._unseen -= 1
                continue
            self._unseen -= discover.printable(name) in known
            yield name

    def gone(self, empty: set[str]) -> set[str]:
        """Names that are known and not there, or that are there without a file, by which `empty`
        are meant; asked when all have been gone through."""
        gone = set[str]()
        if self._unseen > 0:
            gone.update(self._known)  # of the same texts; those that are there take as much again
            gone.difference_update(map(discover.printable, discover.names(self._root)))
        return gone | (empty & self._known.keys())


class Joined:
    """`known` folders and the rows of `queries/load/changed_folders.sql`.

    `marks`: what is known of those that may have changed.
    """

    def __init__(self, known: int, rows: list[tuple[Any, ...]]) -> None:
        there = [(name, odd) for name, odd, is_there, _ in rows if is_there]
        self._names = [os.fsdecode(bytes.fromhex(odd)) if odd else name for name, odd in there]
        self.marks: dict[str, int] = {name: mark for name, *_, mark in rows if mark is not None}
        self.same = known - len(self.marks)
        odd = {discover.printable(name) for name in self._names if not name.isascii()}
        self._unseen = {name for name, _, is_there, _ in rows if not is_there} - odd

    def __iter__(self) -> Iterator[str | None]:
        """Names, and None now and then, for whoever wants to pause."""
        for place, name in enumerate(self._names):
            if place % discover.SLICE == 0:
                yield None
            yield name

    def gone(self, empty: set[str]) -> set[str]:
        """As that of `Walked`."""
        return self._unseen | (empty & self.marks.keys())
