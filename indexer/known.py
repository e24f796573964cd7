"""What the bookkeeping knows of each file, small enough for a million of them.

A run's file is known by 60 bits that follow from all that `stat` says of it; whether
it changed is then one comparison. 0 means that it must be read in any case. The bits
are made by `queries/load/known.sql` and by `discover.signature`, and stored nowhere.
"""

from collections.abc import Iterable

from indexer.store import Known

DUE = 0


class KnownFiles:
    """`runs[label][name]` is the signature of a run's file; `others` are single files."""

    def __init__(self, rows: Iterable[Known], labels: Iterable[str]) -> None:
        self.runs: dict[str, dict[str, int]] = {label: {} for label in labels}
        self.others: dict[str, tuple[int, str | None]] = {}
        before, names = None, dict[str, int]()
        for label, name, content, mark in rows:
            if name is None:
                self.others[label] = mark, content
                continue
            if label != before:
                before, names = label, self.names(label)
            names[name] = mark

    def names(self, label: str) -> dict[str, int]:
        """The runs of one root."""
        found = self.runs.get(label)
        if found is None:
            found = self.runs[label] = {}
        return found

    @property
    def count(self) -> int:
        """Run files in all."""
        return sum(map(len, self.runs.values()))
