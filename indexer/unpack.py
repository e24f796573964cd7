"""Compressed run files: gzip and Zstandard, never more than is allowed.

A file of a few kilobytes can unpack to terabytes, so the output is bounded while it
is made. Zstandard is in the standard library from Python 3.14 on.
"""

import zlib

_GZIP_WINDOW = 31  # zlib's number for the gzip format with the largest window


class UnpackError(Exception):
    """The bytes are not what the name says, or are too many; the text says which."""


def unpack(data: bytes, kind: str, limit: int) -> bytes:
    """The content of a `gz` or `zst` file. Raises UnpackError."""
    try:
        content = _gzip(data, limit) if kind == "gz" else _zstandard(data, limit)
    except (zlib.error, EOFError) as error:
        raise UnpackError(f"not {kind}: {error}") from error
    if len(content) > limit:
        raise UnpackError(f"more than {limit:,} bytes when unpacked")
    return content


def _gzip(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while data and size <= limit:  # a file may be several members in a row
        member = zlib.decompressobj(_GZIP_WINDOW)
        part = member.decompress(data, limit + 1 - size)
        if not member.eof and size + len(part) <= limit:
            raise EOFError("it ends early")
        parts.append(part)
        size += len(part)
        data = member.unused_data
    if not parts:
        raise EOFError("it is empty")
    return b"".join(parts)


def _zstandard(data: bytes, limit: int) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd
    parts: list[bytes] = []
    size = 0
    try:
        while data and size <= limit:
            frame = zstd.ZstdDecompressor()
            part = frame.decompress(data, limit + 1 - size)
            if not frame.eof and size + len(part) <= limit:
                raise EOFError("it ends early")
            parts.append(part)
            size += len(part)
            data = frame.unused_data
    except zstd.ZstdError as error:
        raise UnpackError(f"not zst: {error}") from error
    if not parts:
        raise EOFError("it is empty")
    return b"".join(parts)
