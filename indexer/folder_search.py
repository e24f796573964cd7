"""What lies in the folders of runs, looked for by processes of their own.

Each asks nothing but the system, so another core does it. `folder_worker` is such a process; what
it finds it writes to a temporary file.

- `BesideSearch`: files of certain names that lie there as well, a look for each folder and name,
  which is more than half of a pass in which nothing has changed;
- `StateSearch`: the states of the run files, which a pass asks for itself unless that was begun
  ahead, while the database was being opened (`ahead`).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from indexer.folder_worker import END

WAIT_SECONDS = 0.02
_WORKER = str(Path(__file__).with_name("folder_worker.py"))


class FolderSearch:
    """A search that goes on from the start to `close`; without `files` there is none.

    Raises OSError where no process can be started.
    """

    looks_for = ""

    def __init__(self, folder: str, files: Sequence[str]) -> None:
        self.folder, self.files = folder, tuple(files)
        self._output = self._made_output()
        self._process: subprocess.Popen[bytes] | None = None
        if not files:
            return
        # -I, -S: nothing of where it is started, and no packages, which take longer than the rest
        command = [sys.executable, "-I", "-S", _WORKER, self.looks_for, folder, *files]
        nothing = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=nothing, stdout=self._output, stderr=nothing
            )
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """End the search."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._output.close()

    def wait(self) -> Iterator[None]:
        """Until it is over, in small steps."""
        while self._process is not None:
            try:
                self._process.wait(WAIT_SECONDS)
                return
            except subprocess.TimeoutExpired:
                yield

    def trouble(self) -> str | None:
        """Why it did not see everything; asked when it is over."""
        code = self._process.returncode if self._process is not None else 0
        return os.strerror(code) if code > 0 else f"ended by signal {-code}" if code else None

    def _made_output(self) -> IO[bytes]:
        return tempfile.TemporaryFile()


class BesideSearch(FolderSearch):
    """Which of the folders hold the files."""

    looks_for = "beside"

    def found(self, file: str) -> Iterator[str]:
        """Names of the folders that hold the file, in no order; asked when it is over."""
        end = os.fsencode(f"/{file}")
        self._output.seek(0)
        left = b""
        while part := self._output.read(1 << 16):
            *lines, left = (left + part).split(END)
            for line in lines:
                if line.endswith(end):
                    yield os.fsdecode(line[: -len(end)])


class StateSearch(FolderSearch):
    """The state of the one file in each folder, for the database to read from `path`."""

    looks_for = "states"

    @property
    def path(self) -> Path:
        """What it has found; read when it is over, and gone when it is closed."""
        return Path(self._folder.name) / "states"

    def close(self) -> None:
        super().close()
        self._folder.cleanup()

    def _made_output(self) -> IO[bytes]:
        self._folder = tempfile.TemporaryDirectory(prefix="runmeter-")
        return self.path.open("wb")
