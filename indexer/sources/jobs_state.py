"""Background jobs: one small file with all of them, which may also stand in the root."""

from indexer.parse import parse_jobs
from indexer.sources.interface import Document, Records, Source


def parse(document: Document) -> Records:
    """The list of jobs; None where the document is none."""
    jobs, issues = parse_jobs(document.data)
    return Records(jobs=jobs, issues=issues)


SOURCE = Source(
    name="jobs_state",
    title="Jobs",
    folder="agent",
    pattern="jobs_state.json",
    cut="file",
    parse=parse,
)
