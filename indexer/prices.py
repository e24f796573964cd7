"""The price table: what a million tokens of a model costs, from which day on.

It ships as data, `data/prices.json`, and `analytics.prices` names a file that takes its
place. Each line says where its price was seen and when. A price without `from` holds since
the model exists; a later `from` ends the one before it. `over_prompt_tokens` begins a band:
where a prompt, cache included, is longer, the band's prices hold for the whole call.

Which price a call has is decided in SQL (`call_costs`); here the file is read and checked.
"""

import stat
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from indexer.errors import ConfigError
from indexer.records import MAX_NAME
from indexer.values import clean

MAX_BYTES = 5_000_000
MAX_PRICE = 1_000_000

PerMillion = Annotated[float, Meta(ge=0, le=MAX_PRICE)]
Named = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class Price(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line. USD for a million tokens; None where such tokens have no known price."""

    model: Named
    input: PerMillion
    output: PerMillion
    source: Named
    seen: date
    from_day: date | None = msgspec.field(default=None, name="from")
    over_prompt_tokens: Annotated[int, Meta(ge=0, le=10**9)] = 0
    cache_write_5m: PerMillion | None = None
    cache_write_1h: PerMillion | None = None
    cache_read: PerMillion | None = None


class PriceTable(NamedTuple):
    """All lines, and the file that they are from."""

    file: str
    prices: tuple[Price, ...]


class PriceFile:
    """The table that holds now, told once for each change of its file."""

    def __init__(self) -> None:
        self._taken: tuple[Path, int, int, int] | str = ""

    def changed(self, path: Path | None) -> PriceTable | None:
        """The table where it may be another than at the last call; None for `path` is the
        table of the release. Raises ConfigError for as long as the file cannot be used."""
        mark = _mark(path) if path else "shipped"
        if mark == self._taken:
            return None
        table = load(path) if path else shipped()
        self._taken = mark
        return table


class _File(msgspec.Struct, forbid_unknown_fields=True):
    prices: list[Price]
    note: str = ""


@cache
def shipped() -> PriceTable:
    """The table of this release."""
    path = Path(__file__).parent / "data" / "prices.json"
    return PriceTable("the table of this release", parse(path.read_bytes(), path.name))


def load(path: Path) -> PriceTable:
    """A table of the user's own. Raises ConfigError."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise ConfigError(f"{path}: not a regular file")
        if status.st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES:,} bytes")
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return PriceTable(clean(path.name), parse(data, str(path)))


def parse(data: bytes, file: str) -> tuple[Price, ...]:
    """The lines of a table. Raises ConfigError, which names file, place and what is allowed."""
    try:
        prices = msgspec.json.decode(data, type=_File).prices
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: {_reason(error)}") from error
    taken: dict[tuple[str, Any, int], int] = {}
    for place, price in enumerate(prices):
        key = (price.model.lower(), price.from_day, price.over_prompt_tokens)
        if key in taken:
            raise ConfigError(
                f"{file}: $.prices[{place}]: {price.model!r} has a price from that day and"
                f" length on at $.prices[{taken[key]}]; allowed: one"
            )
        taken[key] = place
    return tuple(prices)


def _mark(path: Path) -> tuple[Path, int, int, int]:
    """What tells that a file has changed; zeros where it is not there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return path, 0, 0, 0
    return path, status.st_ino, status.st_size, status.st_mtime_ns


def _reason(error: Exception) -> str:
    """msgspec's words, the place first."""
    text, _, place = str(error).partition(" - at `")
    return f"{place.rstrip('`')}: {text}" if place else text
