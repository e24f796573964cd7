"""What the bookkeeping knows of each file, small enough for a million of them.

A run's file is known by 64 bits that follow from all that `stat` says of it; whether
it changed is then one comparison. 0 means that it must be read in any case. The bits
are made anew in every process and stored nowhere.
"""

from collections.abc import Iterable

from indexer.discover import signature
from indexer.store import Known

DUE = 0


class KnownFiles:
    """`runs[label][name]` is the signature of a run's file; `others` are single files."""

    def __init__(self, rows: Iterable[Known], labels: Iterable[str]) -> None:
        self.runs: dict[str, dict[str, int]] = {label: {} for label in labels}
        self.others: dict[str, tuple[int, str | None]] = {}
        for row in rows:
            mark = DUE if row.due else signature(row.path, row.state)
            label, _, rest = row.path.rpartition("/")[0].rpartition("/")
            if row.path.endswith(_OTHERS):
                self.others[row.path] = mark, row.content_hash
            else:
                self.runs.setdefault(label, {})[rest] = mark

    def names(self, label: str) -> dict[str, int]:
        """The runs of one root."""
        return self.runs.setdefault(label, {})

    @property
    def count(self) -> int:
        """Run files in all."""
        return sum(map(len, self.runs.values()))


_OTHERS = ("jobs_state.json", "project_config.json")
