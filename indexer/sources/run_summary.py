"""Runs as the orchestrator sums them up: one file in a folder of its own.

Most of all files are of this kind, so the engine finds them by a quicker way than those of
other sources; what they are called is in `layout`, and what they say here.
"""

from indexer.parse import parse_run
from indexer.sources.interface import Document, Records, Source


def parse(document: Document) -> Records:
    """The run; the folder names it where the document does not."""
    run, issues = parse_run(document.data, document.name)
    return Records(runs=[] if run is None else [run], issues=issues)


SOURCE = Source(
    name="run_summary",
    title="Run summaries",
    folder="run_logs",
    pattern="*/run_summary.json",
    cut="file",
    parse=parse,
)
