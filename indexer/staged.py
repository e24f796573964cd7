"""What a reading of a file says for the bookkeeping: one row of `sources`."""

import hashlib
from typing import Literal

from indexer import discover
from indexer.discover import Reading
from indexer.records import Issue, ParsedRun, StagedSource

PATIENCE_NS = 30_000_000_000


def to_source(
    reading: Reading,
    kind: Literal["run", "jobs", "config"],
    content: str | None,
    unsettled: bool,
    issues: list[Issue],
    run: ParsedRun | None = None,
) -> StagedSource:
    """The row; an error among the issues makes it invalid."""
    bad = any(issue.severity == "error" for issue in issues)
    return StagedSource(
        path=reading.key,
        kind=kind,
        state="invalid" if bad else "indexed",
        run_id=run.run_id if run else None,
        size=reading.state.size,
        mtime_ns=reading.state.mtime_ns,
        ctime_ns=reading.state.ctime_ns,
        inode=reading.state.inode,
        content_hash=content,
        read_again=unsettled,
        issues=issues,
        run=run,
    )


def problem(reading: Reading) -> list[Issue]:
    """Why nothing could be read, as an issue."""
    return [Issue("error", "", reading.problem)] if reading.problem else []


def digest(data: bytes | None, *, size: int = 8) -> str | None:
    """BLAKE2b of so many bytes, hexadecimal; None where nothing could be read.

    That of a file tells one content from the next, never one file from another, so 64 bits are
    plenty; twice as many would be a twelfth of an index, because they cannot be compressed.
    """
    return None if data is None else hashlib.blake2b(data, digest_size=size).hexdigest()


def is_unsettled(reading: Reading, now_ns: int) -> bool:
    """Whether a further change may not show in what `stat` says."""
    return reading.torn or discover.unsettled(reading.state, now_ns)


def is_young(reading: Reading, now_ns: int) -> bool:
    """Whether a file that cannot be parsed may still be being written."""
    changed = max(reading.state.mtime_ns, reading.state.ctime_ns)
    return reading.torn or abs(now_ns - changed) < PATIENCE_NS
