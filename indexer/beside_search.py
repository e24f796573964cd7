"""Which run folders hold files of certain names as well, looked for by a process of its own.

That is a look for each folder and name, more than half of a pass in which nothing has changed.
It asks nothing but the system, so another core does it while the pass looks at the run files.
`beside_worker` is that process; what it finds it writes to a file that has no name.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from indexer.beside_worker import END

WAIT_SECONDS = 0.02
_WORKER = str(Path(__file__).with_name("beside_worker.py"))


class BesideSearch:
    """A search that goes on from the start to `close`; without `files` there is none.

    Raises OSError where no process can be started.
    """

    def __init__(self, folder: str, files: Sequence[str]) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None
        if not files:
            return
        # -I, -S: nothing of where it is started, and no packages, which take longer than the rest
        command = [sys.executable, "-I", "-S", _WORKER, folder, *files]
        nothing = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=nothing, stdout=self._output, stderr=nothing
            )
        except OSError:
            self._output.close()
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
