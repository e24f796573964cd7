"""Real daemons and real writers for the fault tests.

Waiting is for a condition, with a limit that only a hang reaches; how long things took is
measured by `scripts.soak` and stands in docs/reliability.md.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer import health
from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.health import Health
from tests.helpers import ask

PATIENCE = 90.0


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for a true value of `condition` and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s still not: {what}")


class Daemon:
    """A `runmeter watch` process and what can be known of it from outside."""

    def __init__(self, process: "subprocess.Popen[bytes]", layout: Layout, talk: Path) -> None:
        self.process, self.layout, self.talk = process, layout, talk

    @property
    def health(self) -> Health:
        return health.read(self.layout) or Health()

    def told(self) -> str:
        """All that it has said."""
        return self.talk.read_text("utf-8", "replace")

    def wait_until_watching(self) -> None:
        until(lambda: self.is_ended() or self.is_mine("watching"), f"watching\n{self.told()}")
        assert not self.is_ended(), self.told()

    def is_mine(self, state: str) -> bool:
        found = self.health
        return found.state == state and found.pid == self.process.pid

    def is_ended(self) -> bool:
        return self.process.poll() is not None

    def wait_for_runs(self, count: int, where: str = "true", seconds: float = PATIENCE) -> None:
        """Until the newest snapshot has so many runs."""
        query = f"select count(*) from runs where {where}"
        try:
            until(lambda: self._answer(query) == [(count,)], f"{count} runs, {where}", seconds)
        except AssertionError as error:
            found = self._answer(query)
            raise AssertionError(f"{error}, but {found}\n{self.health}\n{self.told()}") from error

    def _answer(self, query: str) -> list[tuple[Any, ...]] | None:
        """None where nothing is published yet."""
        try:
            return self.ask(query)
        except NoIndexError:
            return None

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return ask(self.layout, query)

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def bytes_read(self) -> int:
        text = Path(f"/proc/{self.process.pid}/io").read_text()
        return int(text.split("rchar: ")[1].split()[0])

    def stop(self) -> None:
        """SIGTERM must end it well."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.told()


@contextmanager
def daemon(
    root: Path,
    *options: str,
    patch: str = "",
    prefix: tuple[str, ...] = (),
    database: Path | None = None,
    environment: dict[str, str] | None = None,
    wait: bool = True,
) -> Iterator[Daemon]:
    """A daemon on `root`; `patch` is Python that runs before it, to bring about a fault."""
    layout = Layout.of(root, database)
    talk = root.parent / f"{root.name}-talk-{time.monotonic_ns()}"
    code = f"{patch}\nfrom indexer.cli import main\nmain(prog_name='runmeter')"
    command = [*prefix, sys.executable, "-c", code, "--root", str(root)]
    command += ["--database", str(layout.database), "watch", *options]
    kept = {key: value for key, value in os.environ.items() if "RUNMETER" not in key}
    with talk.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stderr=stderr,
            env=kept | {"PYTHONUTF8": "1", "PYTHONFAULTHANDLER": "1"} | (environment or {}),
        )
    try:
        found = Daemon(process, layout, talk)
        if wait:
            found.wait_until_watching()
        yield found
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGABRT)  # it says where its threads are
                process.wait()
                raise AssertionError(f"did not end: {talk.read_text()}") from None


@contextmanager
def script(code: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """Another process, which runs Python and is ended."""
    command = [sys.executable, "-u", "-c", code, *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def run_document(run_id: str, cost: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "started_at": "2025-11-01T10:00:00Z",
        "finished_at": "2025-11-01T10:05:00Z",
        "project_dir": "sites/shop",
        "cost_summary": {"total_cost_usd": cost},
        **more,
    }


def fill(root: Path, count: int, prefix: str = "r") -> None:
    """So many finished runs, as quickly as files can be made."""
    logs = root / "run_logs"
    logs.mkdir(parents=True, exist_ok=True)
    for place in range(count):
        name = f"{prefix}{place}"
        folder = f"{logs}/{name}"
        os.mkdir(folder)
        with open(f"{folder}/run_summary.json", "w", encoding="utf-8") as file:
            file.write(json.dumps(run_document(name)))
