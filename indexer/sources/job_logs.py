"""Logs of background jobs: text, one line after another, in the folder named as the job.

A line is an error where it begins with a level that says so, after at most a time, or is the
head of a traceback. Control characters are shown as such; a line is cut at 2,000 characters.
"""

import re

from indexer.records import MAX_NAME
from indexer.sources.interface import Document, Records, Source
from indexer.sources.records import LogLine

MAX_LENGTH = 2_000
_ERROR = re.compile(
    r"(?:[\[(]?[\d:T.,Z+ /-]{8,40}[\])]?[\s:|-]*)?[\[(]?(?:ERROR|CRITICAL|FATAL)\b"
    r"|Traceback \(most recent call last\)",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"(?:[\[(]?[\d:T.,Z+ /-]{8,40}[\])]?[\s:|-]*)?[\[(]?WARN(?:ING)?\b", re.IGNORECASE
)
# Colours of terminals are taken out; what is left of control characters is made visible.
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CONTROL = {code: 0x2400 + code for code in range(32) if code != 9} | {127: 0x2421}


def parse(document: Document) -> Records:
    """One line of the log."""
    text = document.data[: 4 * MAX_LENGTH].decode("utf-8", "replace")
    text = _COLOURS.sub("", text)[:MAX_LENGTH].translate(_CONTROL)
    line = LogLine(job_id=document.name[:MAX_NAME], text=text)
    if _ERROR.match(text):
        line.level = "error"
    elif _WARNING.match(text):
        line.level = "warning"
    return Records(log=[line])


SOURCE = Source(
    name="job_logs",
    title="Logs of jobs",
    folder="run_logs",
    pattern="*/job.log",
    cut="lines",
    parse=parse,
)
