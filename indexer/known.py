"""What the bookkeeping knows of each file, small enough for a million of them.

A run's file is known by 60 bits that follow from all that `stat` says of it; whether
it changed is then one comparison. 0 means that it must be read in any case. The bits
are made by `queries/load/known.sql` and by `discover.signature`, and stored nowhere.

A million names take 190 MB. A first pass needs none of them, so it leaves them out; they are
loaded when somebody asks for them after it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from indexer.store import Known

DUE = 0


class KnownFiles:
    """`runs[label][name]` is the signature of a run's file; `others` are single files."""

    def __init__(self, rows: Callable[[], Iterable[Known]], labels: Iterable[str]) -> None:
        self.runs: dict[str, dict[str, int]] = {label: {} for label in labels}
        self.others: dict[str, tuple[int, str | None]] = {}
        self._rows = rows
        self._leaves_out = self._is_behind = False
        self._load()

    @contextmanager
    def first_pass(self) -> Iterator[None]:
        """Around a pass: where nothing is known before it, what it reads is left out."""
        if self._is_behind:
            self._load()
        self._leaves_out = not any(self.runs.values())
        try:
            yield
        finally:
            self._is_behind = self._leaves_out
            self._leaves_out = False

    def note(self, label: str, name: str, mark: int) -> None:
        """A run's file has been stored."""
        if not self._leaves_out:
            self.names(label)[name] = mark

    def names(self, label: str) -> dict[str, int]:
        """The runs of one root."""
        if self._is_behind:
            self._load()
        found = self.runs.get(label)
        if found is None:
            found = self.runs[label] = {}
        return found

    @property
    def count(self) -> int:
        """Run files in all."""
        return sum(map(len, self.runs.values()))

    def _load(self) -> None:
        self._is_behind = False
        before, names = None, dict[str, int]()
        for label, name, content, mark in self._rows():
            if name is None:
                self.others[label] = mark, content
                continue
            if label != before:
                before, names = label, self.names(label)
            names[name] = mark
