"""Looks up what the settings only name: a variable of the environment or a file."""

import os
import stat

from indexer.errors import DeliveryError

MAX_BYTES = 10_000


def looked_up(what: str, given: str | None, env: str | None, file: str | None) -> str | None:
    """The value itself, of the variable or of the file, without blanks around it.

    None where none of them is set. Raises DeliveryError, which names variable or file only.
    """
    if env is not None:
        found = os.environ.get(env, "").strip()
        if not found:
            raise DeliveryError(f"{what}: the environment variable {env} is not set")
        return found
    if file is not None:
        return _read(what, file)
    return given


def _read(what: str, file: str) -> str:
    try:
        path = os.path.expanduser(file)
        with open(path, "rb", opener=_opened) as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise DeliveryError(f"{what}: {file} is not a regular file")
            found = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise DeliveryError(f"{what}: {file} cannot be read: {error.strerror}") from None
    if len(found) > MAX_BYTES:
        raise DeliveryError(f"{what}: {file} is larger than {MAX_BYTES:,} bytes")
    try:
        text = found.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise DeliveryError(f"{what}: {file} is not UTF-8") from None
    if not text:
        raise DeliveryError(f"{what}: {file} is empty")
    return text


def _opened(path: str, flags: int) -> int:
    """Does not wait for somebody to write into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
