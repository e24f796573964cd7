"""What the bookkeeping knows of each file, small enough for a million of them.

A run's file is known by 60 bits that follow from all that `stat` says of it; whether
it changed is then one comparison. 0 means that it must be read in any case. The bits
are made by the macro `file_mark` and by `discover.signature`, and stored nowhere.

A million names take 190 MB, so they are loaded when somebody asks for all of them. A first pass
asks for none, and one that the database compares with the files (`Joined`) for those alone that
are not as they are known.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from indexer.store import Store

DUE = 0


class KnownFiles:
    """`others` are single files: path -> (signature, content hash)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._runs: dict[str, dict[str, int]] | None = None  # root -> folder -> signature
        self._asked: dict[str, int] | None = None  # folders that a pass asks for instead
        rows = store.rows("known_state_files")
        self.others: dict[str, tuple[int, str | None]] = {row[0]: row[1:] for row in rows}

    @contextmanager
    def only(self, asked: dict[str, int] | None) -> Iterator[None]:
        """Around a pass that asks for the marks of these folders alone; None for any."""
        self._asked = asked
        try:
            yield
        finally:
            if self._asked is not None:
                self._asked = self._runs = None

    def mark(self, label: str, name: str) -> int | None:
        """The signature of a run's file; None where it is not known."""
        return (self.names(label) if self._asked is None else self._asked).get(name)

    def note(self, label: str, name: str, mark: int) -> None:
        """A run's file has been stored, or must be read again."""
        if self._asked is None:
            self.names(label)[name] = mark
        elif mark == DUE or name in self._asked:
            self._asked[name] = mark

    def drop(self, label: str, name: str) -> None:
        """A run's file is gone."""
        if self._asked is None:
            self.names(label).pop(name, None)

    def names(self, label: str) -> dict[str, int]:
        """The runs of one root: the signature of each one's file."""
        return self._loaded().setdefault(label, {})

    def labels(self) -> set[str]:
        """Roots of which there are runs, also those that no setting names any more."""
        return {label for label, names in self._loaded().items() if names}

    @property
    def count(self) -> int:
        """Run files in all."""
        if self._runs is None or self._asked is not None:
            return self._store.run_files()
        return sum(map(len, self._runs.values()))

    def _loaded(self) -> dict[str, dict[str, int]]:
        if self._runs is None:
            runs: dict[str, dict[str, int]] = {}
            for name, label, mark in self._store.known():
                runs.setdefault(label, {})[name] = mark
            self._runs = runs
        return self._runs
