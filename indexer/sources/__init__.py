"""Kinds of records that Runmeter reads, each in a module of its own.

A source says where its files are, how they are cut into documents and how one document
becomes records. It parses, and does nothing else: finding, reading, remembering and
storing are the engine's. Other packages add sources by the entry point group
`runmeter.sources` and import what they need from here; docs/sources.md shows how.
"""

from indexer.records import Issue, Job, ParsedRun
from indexer.sources.interface import NOTHING, Document, Records, Source
from indexer.sources.reading import json_object
from indexer.sources.records import Call, LogLine, RunEvent, Session, SessionRun

__all__ = [
    "NOTHING",
    "Call",
    "Document",
    "Issue",
    "Job",
    "LogLine",
    "ParsedRun",
    "Records",
    "RunEvent",
    "Session",
    "SessionRun",
    "Source",
    "json_object",
]
