"""What is known of an index without making a pass: freshness, counts, the lock.

`status.json` changes with every pass, the snapshot only when a figure does; both
are read here and nothing is written.
"""

from typing import Any

import msgspec

from indexer import figures
from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.snapshot import SnapshotReader

_QUERY = """
select
    snapshot,
    published_at,
    (select count(*) from runs) as runs,
    (select count(*) from jobs where removed_at is null) as jobs,
    (select count(*) from sources where missing_since is null) as files,
    data_quality.*
from index_info
cross join data_quality
"""


def read_status(layout: Layout) -> dict[str, Any]:
    """Names and plain values; `snapshot` is None where nothing has been published."""
    found: dict[str, Any] = {
        "root": str(layout.root),
        "database": str(layout.database),
        "last_full_pass": None,
        "snapshot": None,
    }
    if layout.status_file.exists():
        last = msgspec.json.decode(layout.status_file.read_bytes(), type=dict[str, Any])
        found["last_full_pass"] = last["last_full_pass"]
        found["last_pass_seconds"] = last["seconds"]
        found["held_files"] = last["held"]
    reader = SnapshotReader(layout)
    try:
        with reader.connect() as connection:
            found |= figures.rows(connection, _QUERY)[0]
    except NoIndexError:
        return found
    finally:
        reader.close()
    return found
