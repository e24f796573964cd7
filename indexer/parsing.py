"""Calling a source's parser, so that what goes wrong in it stays its own.

An exception becomes an issue of the document. What a source of another package returns is
checked before it is believed: every field against its type, names that are there, and no NUL,
which no database takes. Our own sources are checked by their tests.
"""

from datetime import UTC, datetime

import msgspec

from indexer.records import Issue
from indexer.sources import NOTHING, Document, Records, Source
from indexer.values import clean

_OURS = "indexer.sources."
_DECODER = msgspec.json.Decoder(Records)


def parse(source: Source, document: Document) -> Records:
    """What the document says; never an exception."""
    try:
        records = source.parse(document)
        if records is NOTHING or source.parse.__module__.startswith(_OURS):
            return records
        return _checked(records)
    except Exception as error:  # a stranger's code: whatever it raises is told of
        reason = clean(f"{source.name} failed: {type(error).__name__}: {error}")[:500]
        return Records(issues=[Issue("error", "", reason)])


def _checked(records: object) -> Records:
    if not isinstance(records, Records):
        raise TypeError(f"found {type(records).__name__}, allowed: Records")
    text = msgspec.json.encode(records)
    if b"\\u0000" in text:
        raise ValueError("found a NUL character in text; see indexer.values.clean")
    checked = _DECODER.decode(text)
    for run in checked.runs:
        nameless = [part for part in run.roles if not (part.role and part.model)]
        nameless += [part for part in run.models if not part.model]
        if nameless or not run.run_id:
            raise ValueError("found a run, a role or a model without a name")
    _to_utc(checked)
    return checked


def _to_utc(record: msgspec.Struct) -> None:
    """Times with an offset, in UTC; those without are UTC already. Raises OverflowError."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, datetime) and value.tzinfo is not None:
            setattr(record, name, value.astimezone(UTC))
        elif isinstance(value, msgspec.Struct) and not isinstance(value, Issue):
            _to_utc(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, msgspec.Struct) and not isinstance(item, Issue):
                    _to_utc(item)
