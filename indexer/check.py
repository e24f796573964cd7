"""Comparing the index with the files.

Every file is read anew into a database of its own, and the rows of both are held
against each other; then every audit runs on the index. Rows whose file is gone or
unreadable are not compared: the index keeps them on purpose.
"""

import tempfile
from pathlib import Path

import duckdb

from indexer import sqlfiles
from indexer.config import Layout
from indexer.ingest import Indexer
from indexer.lock import is_held
from indexer.snapshot import SnapshotReader

REPEATS = 2

# Columns that say when we looked, not what the files say.
_OURS = {"indexed_at", "stale_since", "source_missing_since", "removed_at", "run_key"}
_KEYS = {
    "runs": "run_id",
    "role_usage": "run_id",
    "model_usage": "run_id",
    "iterations": "run_id",
    "qa_issues": "run_id",
    "jobs": "job_id",
}
_KEPT = {
    "run_id": "select run_id from runs where stale_since is not null"
    " or source_missing_since is not null",
    "job_id": "select job_id from jobs where removed_at is not null",
}


def check(layout: Layout) -> list[str]:
    """Each difference as a line of text; empty where index and files agree.

    Files may change meanwhile. Where an indexer is at work, only what differs each time counts.
    """
    found = _compare(layout)
    for _ in range(REPEATS):
        if not found or not is_held(layout):
            break
        again = set(_compare(layout))
        found = [line for line in found if line in again]
    return found


def _compare(layout: Layout) -> list[str]:
    reader = SnapshotReader(layout)
    try:
        with tempfile.TemporaryDirectory(prefix="runmeter-check-") as folder:
            fresh = Layout(layout.root, Path(folder) / "fresh.duckdb")
            with Indexer(fresh) as indexer:
                indexer.run_pass()
            with reader.connect() as connection:
                return [*_differences(connection, fresh.database), *_audit(connection)]
    finally:
        reader.close()


def _differences(connection: duckdb.DuckDBPyConnection, fresh: Path) -> list[str]:
    quoted = str(fresh).replace("'", "''")
    connection.execute(f"attach '{quoted}' as fresh (read_only)")
    found: list[str] = []
    for table, key in _KEYS.items():
        names = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
        columns = ", ".join(name for name in names if name not in _OURS)
        kept = f"{key} not in ({_KEPT[key]})"
        ours = f"select {columns} from {table} where {kept}"
        theirs = f"select {columns} from fresh.main.{table} where {kept}"
        for label, one, other in (
            ("only in the index", ours, theirs),
            ("only in the files", theirs, ours),
        ):
            rows = connection.execute(
                f"select distinct {key} from ({one} except all {other}) order by 1"
            ).fetchall()
            found += [f"{table}: {key} {row[0]}: differs, {label}" for row in rows]
    connection.execute("commit")
    connection.execute("detach fresh")
    return found


def _audit(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"audit {name}: {row}"
        for name, query in sqlfiles.audits().items()
        for row in connection.execute(query).fetchall()
    ]
