"""Which files a source has: those below its folder whose path its pattern matches.

Listed as they come, in no order, and not looked at. A folder that cannot be listed is told
of and passed over. Folders behind symbolic links are entered for `*` and not for `**`, so
that no loop is endless; names that begin with a dot only where the pattern does.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from indexer.discover import RUN_LOGS, SLICE, printable
from indexer.folder_search import BesideSearch
from indexer.sources import Source
from indexer.sources.registry import Registry, switched_on

ELSEWHERE = ("run_summary", "jobs_state")  # these have quicker ways of their own
_WILD = frozenset("*?[")
# Told of a folder that cannot be listed: its path and why.
Trouble = Callable[[str, str], None]


class SourceFile(NamedTuple):
    """A file that may be there. `key` is what it is known as, `name` what names its record."""

    source: Source
    path: str
    key: str
    name: str


def searched(registry: Registry, choices: Mapping[str, bool]) -> list[Source]:
    """The sources whose files are found here; `choices` is the setting `sources`."""
    return [one for one in switched_on(registry, choices) if one.name not in ELSEWHERE]


def folder_of(source: Source, root: Path) -> str:
    """Where its files are, as the system knows it."""
    return os.path.join(root, os.path.expanduser(source.folder))


def files(source: Source, root: Path, trouble: Trouble) -> Iterator[SourceFile | None]:
    """Its files, and None now and then among folders that have not the one they could have.

    Of those there may be a million, and whoever goes through them may want to pause.
    """
    parts = source.pattern.split("/")
    for place in _below(folder_of(source, root), "", parts, trouble):
        yield None if place is None else _file(source, *place)


def named(source: Source, root: Path, name: str) -> SourceFile | None:
    """The file of this name in a source's folder, where its pattern takes such names."""
    if "/" in source.pattern or not _matches(name, source.pattern):
        return None
    return _file(source, os.path.join(folder_of(source, root), name), name)


def is_beside_runs(source: Source) -> bool:
    """Whether it has at most one file in each run's folder, always of the same name."""
    first, _, file = source.pattern.partition("/")
    is_plain = bool(file) and "/" not in file and not _WILD & set(file)
    return source.folder == RUN_LOGS and first == "*" and is_plain


def file_beside(source: Source) -> str:
    """The name that the files of such a source have."""
    return source.pattern.rpartition("/")[2]


def search_beside(
    sources: Sequence[Source], root: Path, begun: BesideSearch | None = None
) -> BesideSearch:
    """Begin to look for the files that these have in the folders of runs, unless `begun` does.

    Raises OSError where no process can be started.
    """
    found = [source for source in sources if is_beside_runs(source)]
    folder = folder_of(found[0], root) if found else ""
    files = tuple(file_beside(source) for source in found)
    if begun is not None and (begun.folder, begun.files) == (folder, files):
        return begun
    return BesideSearch(folder, files)


def found_beside(
    source: Source, root: Path, search: BesideSearch, trouble: Trouble
) -> Iterator[SourceFile]:
    """The files of such a source that a search, which is over, has found."""
    folder, file = folder_of(source, root), file_beside(source)
    reason = search.trouble()
    if reason is not None:
        trouble(folder, f"cannot be listed: {reason}")
    for name in search.found(file):
        relative = f"{name}/{file}"
        yield _file(source, f"{folder}/{relative}", relative)


def beside(source: Source, root: Path, name: str) -> SourceFile | None:
    """The file that such a source has in the run folder of this name, if it is there."""
    relative = f"{name}/{file_beside(source)}"
    path = f"{folder_of(source, root)}/{relative}"
    is_there = not name.startswith(".") and os.access(path, os.F_OK)
    return _file(source, path, relative) if is_there else None


def _file(source: Source, path: str, relative: str) -> SourceFile:
    folder, _, file = relative.rpartition("/")
    is_named_by_folder = bool(folder) and not _WILD & set(source.pattern.rpartition("/")[2])
    stem = file.rpartition(".")[0] or file
    name = folder.rpartition("/")[2] if is_named_by_folder else stem
    return SourceFile(source, path, f"{source.folder}/{printable(relative)}", printable(name))


def _below(
    folder: str, relative: str, parts: list[str], trouble: Trouble
) -> Iterator[tuple[str, str] | None]:
    first, rest = parts[0], parts[1:]
    if not _WILD & set(first):
        path, name = f"{folder}/{first}", f"{relative}{first}"
        if rest:
            yield from _below(path, f"{name}/", rest, trouble)
        else:
            yield path, name
        return
    if first == "*" and len(rest) == 1 and not _WILD & set(rest[0]):
        yield from _one_in_each(folder, relative, rest[0], trouble)
        return
    if first == "**":
        yield from _below(folder, relative, rest or ["*"], trouble)
    for entry in _entries(folder, trouble):
        path, name = f"{folder}/{entry.name}", f"{relative}{entry.name}"
        if first == "**":
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                yield from _below(path, f"{name}/", parts, trouble)
        elif _matches(entry.name, first):
            if not rest:
                if not entry.is_dir():
                    yield path, name
            elif entry.is_dir():
                yield from _below(path, f"{name}/", rest, trouble)


def _one_in_each(
    folder: str, relative: str, file: str, trouble: Trouble
) -> Iterator[tuple[str, str] | None]:
    """The file of this name in each folder: one look for each, since they may be a million."""
    passed = 0
    for entry in _entries(folder, trouble):
        name = entry.name
        path = f"{folder}/{name}/{file}"
        if not os.access(path, os.F_OK):
            passed += 1
            if passed % SLICE == 0:
                yield None
        elif not name.startswith("."):
            yield path, f"{relative}{name}/{file}"


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))


def _entries(folder: str, trouble: Trouble) -> "Iterator[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        trouble(folder, f"cannot be listed: {error.strerror}")
