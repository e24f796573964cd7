"""The dashboard of an index, where one is up: commands ask it instead of opening the database.

Importing DuckDB and opening a snapshot takes longer than most answers do. A dashboard that
everybody on this machine may ask leaves a note of where it is in the private folder. Where the
note or the answer is not what it should be, because the dashboard was killed, another program
has its port, or it is of another release, the caller asks the snapshot itself and says the same.
"""

import json
import logging
from typing import Any

import msgspec

from indexer import __version__
from indexer.filters import Filters
from indexer.layout import Layout

ROUTE = "/api/analytics/reports"
TIMEOUT_SECONDS = 2.0

log = logging.getLogger("runmeter.served")


class Served(msgspec.Struct, frozen=True):
    """A dashboard: `address` is host and port, `instance` begins the ETags of its answers."""

    address: str
    instance: str
    version: str = __version__

    def leave_note(self, layout: Layout) -> None:
        """Say where it is, in the place of whoever said so before."""
        temporary = layout.served_note.with_suffix(".tmp")
        try:
            temporary.write_bytes(msgspec.json.encode(self))
            temporary.replace(layout.served_note)
        except OSError as error:  # an index of somebody else: commands do without
            log.info("commands will not ask this dashboard: %s", error)

    def take_note_back(self, layout: Layout) -> None:
        """It ends; the note of another one stays."""
        if find(layout) == self:
            layout.served_note.unlink(missing_ok=True)


def find(layout: Layout) -> Served | None:
    """The dashboard of this release that said last where it is."""
    try:
        found = msgspec.json.decode(layout.served_note.read_bytes(), type=Served)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.version == __version__ else None


def report(
    layout: Layout, kind: str, filters: Filters, order: str | None, rows: int
) -> dict[str, Any] | None:
    """What `Report.document` says, from the dashboard; None where it cannot be asked."""
    served = find(layout)
    if served is None:
        return None
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlencode

    pairs = [*filters.pairs(), ("rows", str(rows)), *([("order", order)] if order else [])]
    connection = HTTPConnection(served.address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{ROUTE}/{kind}?{urlencode(pairs)}")
        response = connection.getresponse()
        text = response.read()
        tag = response.headers.get("ETag", "")
        is_its_own = response.status == 200 and f'"{served.instance}-' in tag
        return json.loads(text) if is_its_own else None
    except (OSError, HTTPException, ValueError):
        return None  # see above: the snapshot is asked
    finally:
        connection.close()
