"""Looks at the files of sources between full passes.

In a *documents pass* all of them are listed and asked for their state, which for some thousands
takes little; what changed is read. An event about one of them makes the next pass come soon, a
rest that grows with the work keeps all passes together at a small part of a core. Whether a file
is gone is judged by full passes alone.

Files that lie beside run summaries are not among them: a folder where one may appear is on the
agenda, and whoever looks at it sees them as well (`Documents.note_beside`); the others wait for
a full pass, because there may be a million.

Those that changed within a day are the ones that are likely to grow: they are few, and are
looked at twice a second without listing anything, the few that were read last at every step, for
somebody may be following them.
"""

from collections.abc import Callable, Iterator

from indexer.ingest import Indexer
from indexer.pace import Pace
from indexer.passes import PassResult

EVERY = 2.0
# Rest after a pass, in times of how long it took. Where folders are gone through there may be
# many of them, and a pass that was not short is rested from longer.
REST, REST_LONG = 30.0, 100.0
SHORT = 0.1
EVERY_RECENT, EVERY_GROWING, REST_NEWS = 0.5, 0.1, 9.0
AHEAD_SECONDS = 2.0  # a line that comes alone is shown at once, also shortly after another


class DocumentsPass:
    """Times are seconds of a monotonic clock."""

    def __init__(self, indexer: Indexer, stop: Callable[[], bool], *, nested: bool) -> None:
        self._indexer, self._stop, self._nested = indexer, stop, nested
        self._pace, self._began = Pace(REST), 0.0
        self._next = float("-inf")

    def hasten(self) -> None:
        """Something may have changed."""
        self._next = float("-inf")

    def covered(self, began: float, now: float) -> None:
        """A full pass, which looks at all of them as well, has been made."""
        self._pace.rest = REST
        self._pace.done(began, now)

    def begin(self, now: float) -> Iterator[None] | None:
        """A pass in small steps, if one is due."""
        if now < self._next or not self._pace.is_due(now):
            return None
        self._began, self._next = now, now + EVERY
        documents = self._indexer.documents
        return documents.scan(
            PassResult(), self._stop, patient=True, judging=False, nested=self._nested
        )

    def done(self, now: float) -> None:
        """All steps have been gone through; the rest begins."""
        is_long = self._nested and now - self._began > SHORT
        self._pace.rest = REST_LONG if is_long else REST
        self._pace.done(self._began, now)


class RecentDocuments:
    """Times are seconds of a monotonic clock."""

    def __init__(self, indexer: Indexer) -> None:
        self._indexer, self._began, self._changes = indexer, 0.0, 0
        self._recent = Pace(REST_LONG, EVERY_RECENT)
        self._growing = Pace(REST_LONG, EVERY_GROWING, AHEAD_SECONDS)
        self._pace = self._recent  # of the look under way

    def begin(self, now: float) -> Iterator[None] | None:
        """A look at them in small steps, if one is due."""
        documents = self._indexer.documents
        if documents.recent and self._recent.is_due(now):
            files, self._pace = documents.recent, self._recent
        elif documents.growing and self._growing.is_due(now):
            files, self._pace = documents.growing, self._growing
        else:
            return None
        self._began, self._changes = now, self._indexer.store.file_changes
        return documents.look_again(files.values(), patient=True)

    def done(self, now: float) -> None:
        """All have been looked at; a rest begins, a long one where there was nothing to read."""
        is_news = self._indexer.store.file_changes != self._changes
        self._pace.rest = REST_NEWS if is_news else REST_LONG
        self._pace.done(self._began, now)
        if self._pace is self._recent:
            self._growing.done(now, now)  # they were among them
