"""What the lake holds, by machine."""

from typing import Any

from indexer.lake.connection import connected
from indexer.lake_settings import Lake

_MACHINES = """
    select machine, count(*) as batches, max(shipped_at) as last_shipped,
        max(schema_version) as schema_version
    from lake.lake_batches group by machine order by machine
"""


def read_status(lake: Lake) -> dict[str, Any]:
    """Machines with their batches and runs, and size of the lake. Raises LakeError."""
    with connected(lake) as connection:
        runs = dict(
            connection.execute("select machine, count(*) from lake.runs group by 1").fetchall()
        )
        machines = [
            {
                "machine": name,
                "batches": batches,
                "last_shipped": shipped.isoformat(timespec="seconds") + "Z",
                "schema_version": version,
                "runs": runs.get(name, 0),
            }
            for name, batches, shipped, version in connection.execute(_MACHINES).fetchall()
        ]
        files, size = connection.execute(
            "select coalesce(sum(file_count), 0)::bigint,"
            " coalesce(sum(file_size_bytes), 0)::bigint from ducklake_table_info('lake')"
        ).fetchall()[0]
    return {
        "machine": lake.name,
        "machines": machines,
        "files": files,
        "bytes": size,
    }
