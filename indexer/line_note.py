"""The figures of the status line in a small file, so that a prompt need not open a database.

The indexer writes it after each publish, and when its day is over. `statusline` reads it.
"""

from datetime import datetime, timedelta

from indexer.config import Layout
from indexer.store import Store

# A clock that runs behind that of the figures would have it written again and again.
_REST = timedelta(minutes=1)


def write(store: Store, layout: Layout, now: datetime) -> datetime:
    """Replace the file; returns when it is due again. `now` is naive UTC. Raises OSError."""
    row = store.connection.execute(
        "select to_json(status_line)::varchar, today_end from status_line"
    ).fetchone()
    text: str
    until: datetime
    text, until = row or ("{}", now)
    temporary = layout.line_note.with_suffix(".tmp")
    temporary.write_text(text, "utf-8")
    temporary.replace(layout.line_note)
    return max(until, now + _REST)
