"""Bringing an index up to date for readers that have no daemon."""

import os
from typing import TYPE_CHECKING

from indexer.config import Layout
from indexer.errors import LockedError
from indexer.lock import is_held

if TYPE_CHECKING:
    from indexer.ingest import Progress


def bring_up_to_date(layout: Layout, progress: "Progress | None" = None) -> bool:
    """One pass for readers that have no daemon; False where an indexer is at work already.

    With one at work its snapshots are as good as a pass of our own. An index that
    belongs to somebody else is read as it is.
    """
    if layout.state_dir.exists() and not os.access(layout.state_dir, os.W_OK):
        return False
    if is_held(layout):
        return False  # without importing what only a pass needs
    from indexer.ahead import looking_ahead

    with looking_ahead(layout) as ahead:
        from indexer.ingest import Indexer

        try:
            with Indexer(layout, ahead=ahead) as indexer:
                indexer.run_pass(progress)
        except LockedError:
            return False
    return True
