"""Saved views: names for addresses of pages, in `.runmeter/<database>/views.json`.

A view is a page and its query, which holds filters and layout; so a view is a link with a
name and nothing more. What comes in, from a form, a file or the disk, is checked in the
same way and refused as a whole with the reason. Changes are made under a lock file, by
rename, so that two servers of one index do not lose each other's.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode

import msgspec
from filelock import FileLock, Timeout

from indexer.config import Layout
from indexer.errors import NoIndexError, RunmeterError, UsageError
from indexer.filters import PARAMETERS, Filters
from web import layout

MAX_NAME = 80
MAX_VIEWS = 200
MAX_QUERY = 30_000
MAX_BYTES = 250_000
LOCK_SECONDS = 5
_PARAMETER = re.compile(r"[a-z_]{1,30}", re.ASCII)
# What an address may hold that is not for others, or that means another page of a list.
_LEFT_OUT = ("token", "after", "after_id")


class View(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`page` is a path such as /runs, `query` what follows the question mark."""

    name: str
    page: str
    query: str = ""


class Views(msgspec.Struct, forbid_unknown_fields=True):
    """All of them in the order of their names; `default` is the name of one."""

    version: int = 1
    default: str | None = None
    views: list[View] = []

    def named(self, name: str) -> View | None:
        """The view of that name, in any case of letters."""
        return next((one for one in self.views if _key(one.name) == _key(name)), None)


def checked(view: View, pages: tuple[str, ...]) -> View:
    """The same in one form. Raises UsageError."""
    name = unicodedata.normalize("NFC", view.name.strip())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise UsageError(
            f"name: found {len(name)} characters, allowed: 1 to {MAX_NAME}, none for control"
        )
    if view.page not in pages:
        raise UsageError(f"page: found {view.page[:60]!r}, allowed: {', '.join(pages)}")
    return View(name, view.page, _query(view.query))


def _query(text: str) -> str:
    if len(text) > MAX_QUERY:
        raise UsageError(f"query: found {len(text):,} characters, allowed: {MAX_QUERY:,}")
    try:
        pairs = parse_qsl(text.lstrip("?"), errors="strict", max_num_fields=2000)
    except ValueError as error:
        raise UsageError(f"query: cannot be read: {error}") from error
    pairs = [pair for pair in pairs if pair[0] not in _LEFT_OUT]
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if not _PARAMETER.fullmatch(name):
            raise UsageError(f"query: found the parameter {name[:40]!r}, allowed: a to z and _")
        given.setdefault(name, []).append(value)
    filters = Filters.parse(given)
    names = layout.parse(",".join(given.pop("panels", [])))
    others = [pair for pair in pairs if pair[0] not in (*PARAMETERS, "panels")]
    shown = layout.shown(names)
    return urlencode([*filters.pairs(), *others, *([("panels", shown)] if shown else [])])


def parse(data: bytes, pages: tuple[str, ...]) -> Views:
    """Views out of a file. Raises UsageError, which names the place."""
    if len(data) > MAX_BYTES:
        raise UsageError(f"file: found {len(data):,} bytes, allowed: {MAX_BYTES:,}")
    try:
        found = msgspec.json.decode(data, type=Views)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"file: not a file of views: {error}") from error
    if found.version != 1:
        raise UsageError(f"version: found {found.version}, allowed: 1")
    views = Views()
    for place, view in enumerate(found.views, 1):
        try:
            put(views, checked(view, pages))
        except UsageError as error:
            raise UsageError(f"view {place}: {error}") from error
    if len(views.views) != len(found.views):
        raise UsageError("file: found two views of one name, allowed: each name once")
    if found.default is not None and views.named(found.default) is None:
        raise UsageError(f"default: found {found.default[:60]!r}, allowed: the name of a view")
    views.default = found.default
    return views


def put(views: Views, view: View) -> None:
    """Add a view, or replace the one of its name. Raises UsageError."""
    kept = [one for one in views.views if _key(one.name) != _key(view.name)]
    if len(kept) >= MAX_VIEWS:
        raise UsageError(f"views: found {len(kept) + 1}, allowed: {MAX_VIEWS}")
    if views.default is not None and _key(views.default) == _key(view.name):
        views.default = view.name
    views.views = sorted([*kept, view], key=lambda one: _key(one.name))


def merge(views: Views, others: Views) -> None:
    """Take over others; those of the same name replace ours, a default of theirs ours."""
    for view in others.views:
        put(views, view)
    views.default = others.default or views.default


def remove(views: Views, name: str) -> None:
    """Take the view of that name out, if there is one."""
    views.views = [one for one in views.views if _key(one.name) != _key(name)]
    if views.default is not None and views.named(views.default) is None:
        views.default = None


def dump(views: Views) -> bytes:
    """The file, which `parse` reads."""
    return msgspec.json.format(msgspec.json.encode(views), indent=2) + b"\n"


def load(where: Layout, pages: tuple[str, ...]) -> Views:
    """What is saved; nothing where there is no file. Raises RunmeterError."""
    try:
        data = where.views_file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Views()
    except OSError as error:
        raise RunmeterError(f"{where.views_file}: cannot be read: {error.strerror}") from error
    try:
        return parse(data, pages)
    except UsageError as error:
        raise RunmeterError(f"{where.views_file}: {error}") from error


@contextmanager
def changing(where: Layout, pages: tuple[str, ...]) -> Iterator[Views]:
    """The saved views to change; they are written at the end, if nothing was raised."""
    if not where.state_dir.is_dir():
        raise NoIndexError(f"{where.root}: nothing has been indexed yet, so nothing can be saved")
    lock = FileLock(where.views_file.with_suffix(".lock"), timeout=LOCK_SECONDS)
    try:
        with lock:
            views = load(where, pages)
            yield views
            _write(where, dump(views))
    except Timeout as error:
        raise RunmeterError("views: somebody else is saving; try again") from error
    except OSError as error:
        raise RunmeterError(f"{where.views_file}: cannot be written: {error.strerror}") from error


def _write(where: Layout, data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise UsageError(f"views: found {len(data):,} bytes in all, allowed: {MAX_BYTES:,}")
    temporary = where.views_file.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(where.views_file)


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
