"""A connection for a command that asks: the newest snapshot under its filters.

The index is brought up to date first where no indexer is at work, so that an answer is
never older than the files.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from indexer.config import Layout
from indexer.filters import Filters
from indexer.lifecycle import progress_bar
from indexer.times import default_as_of

if TYPE_CHECKING:
    import duckdb


def refresh(layout: Layout) -> None:
    """Bring the index up to date where no daemon does; figures are never stale.

    Of the lake what was last seen is shown while it cannot be reached; the page says since when.
    """
    if layout.lake:
        from indexer.lake.pull import bring_up_to_date as pull

        pull(layout)
        return
    from indexer.freshness import bring_up_to_date

    with progress_bar("Indexing") as progress:
        bring_up_to_date(layout, progress)


def effective(filters: Filters) -> Filters:
    """The same with the moment that the environment may put in the place of now."""
    return filters if filters.as_of else replace(filters, as_of=default_as_of())


@contextmanager
def asked(layout: Layout, filters: Filters) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection on the newest snapshot under the filters. Raises NoIndexError, UsageError."""
    from indexer.snapshot import SnapshotReader

    reader = SnapshotReader(layout)
    try:
        with reader.connect(effective(filters)) as connection:
            yield connection
    finally:
        reader.close()


@contextmanager
def fresh(layout: Layout, as_of: datetime | None) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection on an index that has just been brought up to date."""
    refresh(layout)
    with asked(layout, Filters(as_of=as_of)) as connection:
        yield connection


def days_of(layout: Layout, name: str, filters: Filters) -> dict[str, Any]:
    """First and last day of a named range at the moment and in the zone of the filters."""
    from indexer import figures

    moment = Filters(as_of=filters.as_of, timezone=filters.timezone)
    with asked(layout, moment) as connection:
        query = "select first_day, last_day from named_range(?)"
        return figures.rows(connection, query, name)[0]
