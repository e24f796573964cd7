"""What a source is. Small on purpose: everything else is done by the engine.

A parser is pure. It is called from any thread and in any order, and what it returns
follows from its document alone, so that a file read in pieces gives what it gives at once.
It reports what it cannot use as issues; an exception of its own becomes one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from indexer.records import Issue, Job, ParsedRun
from indexer.sources.records import Call, LogLine, RunEvent, Session


class Document(NamedTuple):
    """One whole file, or one line of a file that is appended to, without its end of line.

    `path`: under which the file is known. `name`: what names the record, the file's folder
    where the pattern ends in a file's name, else the file's own name without its ending.
    `offset`: of the line in bytes; 0 for a whole file.
    """

    path: str
    name: str
    data: bytes
    offset: int = 0


class Records(msgspec.Struct, omit_defaults=True):
    """What one document says. `jobs` is None where it says nothing about the list of jobs."""

    runs: list[ParsedRun] = []
    jobs: list[Job] | None = None
    sessions: list[Session] = []
    events: list[RunEvent] = []
    calls: list[Call] = []
    log: list[LogLine] = []
    issues: list[Issue] = []


# What a parser returns for a document that says nothing; made once, because most lines are such.
NOTHING = Records()


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of record.

    `name`: in settings and tables, of `a-z`, `0-9` and `_`. `title`: what people read.
    `folder`: relative to the root, absolute, or beginning with `~`. `pattern`: a glob below
    it, in which `**` stands for any number of folders. `cut`: a file is read whole whenever
    it changes, or line by line from where reading ended. `on`: whether it is read unless the
    setting `sources` says otherwise. `mark`: bytes without which a line says nothing, so that
    it need not be looked at; empty where every line is looked at.
    """

    name: str
    title: str
    folder: str
    pattern: str
    cut: Literal["file", "lines"]
    parse: Callable[[Document], Records]
    on: bool = True
    mark: bytes = b""
