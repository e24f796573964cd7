"""Records on their way into the database: JSON lines in a temporary file.

The fastest way into DuckDB that needs no further library; `queries/load/stage_*.sql` read it.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

WRITE_BYTES = 1024 * 1024


class Staging:
    """Records on their way into the database: a file of JSON lines, removed when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.longest = 0
        self.size = 0  # bytes so far
        self._encode_into = msgspec.json.Encoder().encode_into
        self._lines = bytearray()
        self._file = path.open("wb")

    def add(self, record: msgspec.Struct) -> None:
        lines = self._lines
        start = len(lines)
        self._encode_into(record, lines, start)
        lines += b"\n"
        length = len(lines) - start
        self.count += 1
        self.size += length
        if length > self.longest:
            self.longest = length
        if len(lines) > WRITE_BYTES:
            self._write()

    def complete(self) -> None:
        """Nothing more is added; the file can be read."""
        self._write()
        self._file.close()

    def close(self) -> None:
        """Drop what was written, also what could not be: on a full disk closing fails again."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._file.write(self._lines)
        self._lines.clear()
