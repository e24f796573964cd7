"""What parsers of JSON share: a document as an object, or the issue that it is none."""

from collections.abc import Mapping
from typing import Any

from indexer.parse import decode
from indexer.records import Issue
from indexer.sources.interface import Document
from indexer.values import clean


def json_object(document: Document) -> tuple[Mapping[str, Any] | None, list[Issue]]:
    """(object, no issues), or None and why. Any bytes whatsoever are allowed."""
    value, error = decode(document.data)
    if error is not None:
        return None, [error]
    if not isinstance(value, dict):
        found = clean(repr(value)[:200])[:80]
        return None, [Issue("error", "", "allowed: a JSON object", found)]
    return value, []
