"""What is known of an index without making a pass: freshness, counts, the lock.

`status.json` changes with every pass, the snapshot only when a figure does; both
are read here and nothing is written.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from indexer import figures, health
from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.health import Health
from indexer.snapshot import SnapshotReader

_QUERY = """
select
    snapshot,
    published_at,
    (select count(*) from runs) as runs,
    (select count(*) from jobs where removed_at is null) as jobs,
    (select count(*) from sources where missing_since is null and holder is null) as files,
    open_alerts,
    (
        select string_agg(channel, ', ') from channel_health
        where result = 'paused'
    ) as paused_channels,
    data_quality.*
from index_info
cross join data_quality
cross join alert_bell
"""


def read_status(layout: Layout) -> dict[str, Any]:
    """Names and plain values; `snapshot` is None where nothing has been published."""
    known = health.read(layout) or Health()
    found: dict[str, Any] = {
        "root": str(layout.root),
        "database": str(layout.database),
        **msgspec.to_builtins(known),
    }
    if health.is_silent(known, datetime.now(UTC)):
        found["problem"] = f"the daemon has been silent since {known.heartbeat_at}"
    reader = SnapshotReader(layout)
    try:
        with reader.connect() as connection:
            found |= figures.rows(connection, _QUERY)[0]
    except NoIndexError:
        return found
    finally:
        reader.close()
    return found
