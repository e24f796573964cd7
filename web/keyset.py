"""Where a page of a sorted list begins: behind a row, which the address names.

Counted places ("from row 500,000 on") have to be reached row by row, and shift when a
row comes in. A key stays where it is. `after` is the key of the last row, left out
where that is unknown, and `after_id` its identity; the macros `run_page` and `job_page`
go on from there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from indexer.errors import UsageError
from web import filtering

PARAMETERS = ("sort", "order", "after", "after_id")
# DuckDB looks up so few further values by their keys; from fifty on it reads whole tables.
ROWS = 40
MAX_ID = 20_000
_KEY = re.compile(r"-?\d{1,26}(\.\d{1,12})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """What is sorted by, in which direction, and the row behind which a page begins."""

    sort: str
    descending: bool
    after_key: str | None = None
    after_id: str | None = None

    @property
    def is_first(self) -> bool:
        return self.after_id is None


def requested(sorts: Sequence[str]) -> Place:
    """The place that the request names; the first of `sorts` is the default. Raises UsageError."""
    sort = request.args.get("sort") or sorts[0]
    order = request.args.get("order") or "desc"
    if sort not in sorts:
        raise UsageError(f"sort: found {sort[:60]!r}, allowed: {', '.join(sorts)}")
    if order not in ("asc", "desc"):
        raise UsageError(f"order: found {order[:60]!r}, allowed: asc, desc")
    key, row = request.args.get("after") or None, request.args.get("after_id") or None
    if key is not None and (row is None or not _KEY.fullmatch(key)):
        raise UsageError(
            "after: found no key with its after_id, allowed: those of a link to a page"
        )
    return Place(sort, order == "desc", key, row[:MAX_ID] if row else None)


def count(most: int, usual: int = ROWS) -> int:
    """How many rows are asked for. Raises UsageError."""
    text = request.args.get("rows", "").strip() or str(usual)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise UsageError(f"rows: found {text[:20]!r}, allowed: 1 to {most}")
    return int(text)


def pairs(place: Place, default: str) -> list[tuple[str, str]]:
    """The parameters of a place, without defaults."""
    found = [] if place.sort == default else [("sort", place.sort)]
    found += [] if place.descending else [("order", "asc")]
    if place.after_key is not None:
        found.append(("after", place.after_key))
    return found + ([("after_id", place.after_id)] if place.after_id else [])


def split(found: list[dict[str, Any]], rows: int) -> tuple[list[dict[str, Any]], bool]:
    """A page of rows out of one that was asked for one row more, and whether there is more."""
    return found[:rows], len(found) > rows


def address(base: str, more: list[tuple[str, str]]) -> str:
    """`base` with the filters of the request and further parameters."""
    query = [*filtering.requested().pairs(), *more]
    return f"{base}?{urlencode(query)}" if query else base
