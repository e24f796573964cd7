"""PostgreSQL and an S3 stand-in on loopback, started for tests and ended with them."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test-secret-key",
    "AWS_REGION": "us-east-1",
}


def postgres_programs() -> Path | None:
    """Folder of initdb and pg_ctl: that of the newest version there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


class Postgres:
    """A cluster of its own in `folder`; it refuses to run as root, so that is left first."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self.port = free_port()
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "runmeter")
        self.start()

    def catalog(self, name: str) -> str:
        """A new database of this name, as `analytics.lake.catalog` has it."""
        self.psql(f"create database {name}", "postgres")
        return (
            f"postgres:dbname={name} host=127.0.0.1 port={self.port} user=runmeter"
            " connect_timeout=5"
        )

    def start(self) -> None:
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._control("start", "-o", options, "-l", str(self._folder / "log"))

    def stop(self) -> None:
        """As if it had crashed."""
        self._control("stop", "-m", "immediate")

    def psql(self, query: str, database: str) -> str:
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "runmeter", database]
        return self._run("psql", *where, "-Atc", query)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        # A server that is started here must not hold a pipe of ours open.
        out = self._folder / f"{program}.out"
        with out.open("w") as file:
            subprocess.run(
                [*self._as_user, str(self._programs / program), *arguments],
                check=True,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=60,
                cwd="/",
            )
        return out.read_text().strip()


@contextmanager
def s3_server(bucket: str, log: TextIO | None = None) -> Iterator[str]:
    """Address of a stand-in for S3 with one bucket; `log` gets a line for each request."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=log or subprocess.DEVNULL,
    )
    try:
        request = urllib.request.Request(f"{address}/{bucket}", method="PUT")
        until(lambda: _answers(request), "the S3 stand-in")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for a condition; a test that waits in vain says for what."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _answers(request: urllib.request.Request) -> bool:
    try:
        with urllib.request.urlopen(request, timeout=5):
            return True
    except OSError:
        return False
