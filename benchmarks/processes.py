"""Runmeter and the floors as real processes, with what they took.

This module's own process must stay small: on Linux a child's peak memory is never
reported as less than its parent had when it was made.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

PROJECT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


class Done(NamedTuple):
    """What a process took: wall-clock seconds and peak memory in MB; what it printed; and
    the processor seconds of it and of those that it waited for."""

    seconds: float
    peak_mb: float
    output: str
    cpu_seconds: float


def environment() -> dict[str, str]:
    """Ours, but modules are compiled once, as where a package has been installed."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def python(*arguments: object) -> Done:
    """Run a module or script to its end. Raises CalledProcessError."""
    return command(sys.executable, *arguments)


def command(*arguments: object) -> Done:
    """Run a program to its end. Raises CalledProcessError."""
    words = [*map(str, arguments)]
    began = perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment()
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, output)
    return Done(seconds, usage.ru_maxrss / 1024, output, usage.ru_utime + usage.ru_stime)


class Running:
    """A process that goes on until the end of its context."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def first_line(self) -> str:
        """The first line that it prints; empty where it ended without one."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self, *, peak: bool = False) -> float:
        """Resident memory in MB, now or at its peak."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", text)
        return int(found[1]) / 1024 if found else 0.0


@contextmanager
def background(*arguments: object) -> Iterator[Running]:
    """Run a module while the context lasts, then end it as Ctrl-C does."""
    command = [sys.executable, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment()
    ) as process:
        try:
            yield Running(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
