"""Which sources there are: those of the entry point group `runmeter.sources`.

Our own are registered in the same way as anybody's. One that cannot be loaded, is no
source, or takes a name that another has, is left out and told of; the others stay. Code of
other packages is loaded only when its source is on, or when sources are listed.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import NamedTuple

from indexer.records import Issue
from indexer.sources.interface import Source
from indexer.values import clean

GROUP = "runmeter.sources"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
log = logging.getLogger("runmeter.sources")


class Registry(NamedTuple):
    """`sources` by name, in the order of their names; `broken`: name -> why it is left out."""

    sources: dict[str, Source]
    broken: dict[str, Issue]


def load(entries: Iterable[EntryPoint] | None = None) -> Registry:
    """All sources that are installed."""
    found = Registry({}, {})
    for entry in sorted(entry_points(group=GROUP) if entries is None else entries, key=_order):
        name = clean(entry.name)[:200]
        try:
            source = _checked(entry.load(), entry.name)
        except Exception as error:  # a stranger's module: whatever it raises stays its own
            reason = clean(f"cannot be loaded: {type(error).__name__}: {error}")[:500]
            log.warning("source %s %s", name, reason)
            found.broken[name] = Issue("error", "", reason, clean(entry.value)[:80])
            continue
        if name in found.sources:
            reason = "left out; another package has a source of this name"
            found.broken[f"{name} ({clean(entry.value)[:80]})"] = Issue("error", "", reason)
            continue
        found.sources[name] = source
    return found


@cache
def installed() -> Registry:
    """The same, found once; what is installed changes with an installation only."""
    return load()


def switched_on(registry: Registry, choices: Mapping[str, bool]) -> list[Source]:
    """The sources that are read; `choices` is the setting `sources`."""
    return [source for name, source in registry.sources.items() if choices.get(name, source.on)]


def _order(entry: EntryPoint) -> tuple[str, bool, str]:
    """Of one name our own comes first, so that no other package can take its place."""
    return entry.name, not entry.value.startswith("indexer.sources."), entry.value


def _checked(found: object, name: str) -> Source:
    if not isinstance(found, Source):
        raise TypeError(f"found {type(found).__name__}, allowed: a Source")
    if found.name != name or not _NAME.fullmatch(name):
        raise ValueError(f"name {found.name!r}: allowed: that of the entry point, of a-z, 0-9, _")
    if found.cut not in ("file", "lines"):
        raise ValueError(f"cut {found.cut!r}: allowed: 'file' or 'lines'")
    if not callable(found.parse):
        raise TypeError("parse: allowed: a function")
    if not isinstance(found.mark, bytes) or b"\n" in found.mark:
        raise ValueError(f"mark {found.mark!r}: allowed: bytes of one line")
    parts = found.pattern.split("/")
    if not found.folder or not found.pattern or ".." in parts or "" in parts:
        raise ValueError(f"pattern {found.pattern!r}: allowed: a glob below the folder")
    return found
