"""What the first pass will ask of the system, begun before the database is opened.

Importing DuckDB, opening an index and loading what it knows of its files keeps one core as busy
as a look at all files keeps another. So the looks begin first, for what is sure to be asked: the
runs of the usual folder, and what the settings say lies beside them. A pass that wants something
else asks for that itself. Nothing here imports DuckDB.

It is for commands that make one pass. A daemon must not have it: what changes after the look and
before it gets events would be seen by neither.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from indexer.folder_search import BesideSearch, StateSearch
from indexer.layout import RUN_FILES, Layout


class Ahead(NamedTuple):
    """What has been begun; None where nothing has."""

    states: StateSearch | None = None
    beside: BesideSearch | None = None

    def close(self) -> None:
        """End what has been begun, and give back what it has found."""
        for search in (self.states, self.beside):
            if search is not None:
                search.close()


@contextmanager
def looking_ahead(layout: Layout) -> Iterator[Ahead]:
    """Searches that end with the context. Raises OSError where no process can be started."""
    if not layout.working.exists():  # then no file can be as it was
        yield Ahead()
        return
    with closing(StateSearch(str(layout.run_logs), RUN_FILES[:1])) as states:
        from indexer import listing  # while the search is under way
        from indexer.config import load_config
        from indexer.errors import ConfigError
        from indexer.sources.registry import installed

        try:
            choices = load_config(layout).sources
        except ConfigError:  # the pass will say so
            yield Ahead(states)
            return
        sources = listing.searched(installed(), choices)
        with closing(listing.search_beside(sources, layout.root)) as beside:
            yield Ahead(states, beside)
