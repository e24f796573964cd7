"""Which file speaks for each run, and the rows that follow from it.

Called within a transaction once `affected` names the runs and `staged` holds the records
that were read. Summaries of runs decide first. Records of runs, from files that hold many,
are then attached to the runs that they count as, which may make other records speak.
"""

import msgspec

from indexer.database import Database
from indexer.records import ParsedRun, StagedSource
from indexer.staged import digest

# Statements that write what a staged document says, the first one what the next three read.
_TABLES = ("usage", "role_usage", "model_usage", "runs", "iterations", "qa_issues")


def settle(database: Database, *, are_only: bool = False) -> list[str]:
    """Write the rows of the affected runs. Returns run files that must be read for them.

    `are_only` where the files that were read are new and the only ones of their runs.
    """
    heirs = _write_only(database) if are_only else _speak(database)
    if not database.scalar("select count(*) from (from kept_records limit 1)"):
        return heirs
    database.run("attach")
    if database.scalar("select count(*) from affected"):
        heirs += _speak(database)
    kept = database.rows("kept_heirs")
    if kept:
        database.stage("stage_sources", [_again(*row) for row in kept])
        database.book()
        _speak(database)
    return heirs


def _write_only(database: Database) -> list[str]:
    """Each file speaks for its run: there is nothing to decide, and nobody else to ask."""
    database.run("only_owners")
    _write_rows(database, are_only=True)
    return []


def _speak(database: Database) -> list[str]:
    """Decide which file speaks for each affected run, then write rows and marks."""
    database.run("owners")
    has_duplicates, has_marks, has_claims = database.connection.execute("from found").fetchall()[0]
    if has_duplicates:
        database.run("duplicates")
    _write_rows(database, are_only=False)
    if has_claims:
        database.run("event_runs")
        database.run("session_runs")
    if has_marks:
        database.run("mark_runs")
    if database.scalar("select count(*) from affected anti join owners using (run_id)"):
        database.run("left_to_calls")
        database.run("call_runs")
    return database.column("heirs")


def _write_rows(database: Database, *, are_only: bool) -> None:
    """What the staged documents say, in place of what was there of their runs."""
    database.set("are_only", are_only)
    database.run("staged_runs")
    if database.scalar("select count(*) from cleared"):
        database.run("clear_runs")
    for table in _TABLES:
        database.run(table)


def _again(
    path: str, holder: str, text: str, mtime_ns: int, ctime_ns: int, inode: int
) -> StagedSource:
    """A record that was kept, as if its line had just been read."""
    run = msgspec.json.decode(text, type=ParsedRun)
    return StagedSource(
        path=path,
        kind="record",
        state="indexed",
        run_id=run.run_id,
        size=len(text),
        mtime_ns=mtime_ns,
        ctime_ns=ctime_ns,
        inode=inode,
        content_hash=digest(text.encode()),
        read_again=False,
        run=run,
        standing=1,
        holder=holder,
        record=text,
    )
