"""The names pass: finds run folders that no event has told of.

It lists the names under a root, and only where the root's own times say that they may be
others now, so that it costs next to nothing while nothing happens. What it finds goes on
the agenda; what is still untold by events at the next pass is counted as missed by them.
Times are seconds of a monotonic clock.
"""

from collections.abc import Iterator

from indexer import discover
from indexer.agenda import Agenda
from indexer.events import Hint
from indexer.health import Health
from indexer.ingest import Indexer
from indexer.pace import Pace

EVERY = 2.0
# Rest after a pass, in times of how long it took.
REST, REST_WITHOUT_EVENTS = 50.0, 9.0


class NamesPass:
    """Made once; `begin` starts a pass where one is due, and the caller goes through its steps."""

    def __init__(self, indexer: Indexer, agenda: Agenda, health: Health) -> None:
        self._indexer, self._agenda, self._health = indexer, agenda, health
        self._pace, self._began = Pace(REST, EVERY), 0.0
        self._listed: dict[str, tuple[int, int] | None] = {}
        self._untold: set[Hint] = set()

    def told(self, hint: Hint) -> None:
        """An event has come after all."""
        self._untold.discard(hint)

    def forget(self) -> None:
        """List everything at the next pass."""
        self._listed.clear()

    def begin(self, now: float) -> Iterator[None] | None:
        """A pass in small steps, if one is due."""
        if not self._pace.is_due(now):
            return None
        self._health.missed_by_events += len(self._untold)
        self._untold.clear()
        self._began = now
        return self._list(now)

    def done(self, now: float) -> None:
        """All steps have been gone through; the rest begins."""
        self._pace.rest = REST if self._health.events == "on" else REST_WITHOUT_EVENTS
        self._pace.done(self._began, now)

    def _list(self, now: float) -> Iterator[None]:
        for root in self._indexer.roots:
            times = discover.folder_times(root, self._indexer.clock())
            if times is not None and times == self._listed.get(root.label):
                continue
            known = self._indexer.known.names(root.label)
            empty = self._indexer.empty.get(root.label, set())
            for name in discover.names(root):
                text, folder = discover.printable(name), (root, name)
                if text not in known and text not in empty and folder not in self._agenda:
                    self._agenda.changed(folder, now, open=True)
                    if self._health.events == "on":
                        self._untold.add(Hint(root, name))
                yield
            self._listed[root.label] = times
