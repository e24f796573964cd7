"""Fixtures for everyone, and the guard against threads and files left behind."""

import gc
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from indexer import blank
from indexer.config import Layout
from indexer.store import Store
from web import create_app

DATA = Path(__file__).parent / "data" / "corpora"
AS_OF = "2025-11-18T10:30:00Z"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
CHROMIUM_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)

# No test fails because a machine is slow.
settings.register_profile("runmeter", deadline=None)
settings.load_profile("runmeter")


class Compiled(BytecodeCache):
    """Templates are compiled once for all apps of a process; each takes as long as many a test."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._codes.get(bucket.key)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]
Dashboard = Callable[[Path], FlaskClient]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not blank.path().exists():
        blank.make()  # the SQL has changed since the package was installed


@pytest.fixture(scope="session", autouse=True)
def looked_through_once() -> None:
    """What is there before the first test is none of a test's leavings: looking through it after
    each takes as long as many a test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROOT", "DATABASE", "AS_OF", "TOKEN"):
        monkeypatch.delenv(f"RUNMETER_{name}", raising=False)


@pytest.fixture
def dashboard() -> Iterator[Dashboard]:
    """Makes clients of the dashboards of orchestrators, which are closed in the end."""
    made: list[FlaskClient] = []

    def make(root: Path) -> FlaskClient:
        made.append(create_app(root).test_client())
        return made[-1]

    yield make
    for client in made:
        client.application.extensions["runmeter"].close()


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """No thread and no DuckDB file stays open after a test."""
    threads, databases = set(threading.enumerate()), set(_open_databases())
    yield
    gc.collect()
    left = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in left:
        thread.join(timeout=5)
    if "browser" not in request.keywords:  # the browser's driver lives longer than a test
        assert [thread.name for thread in left if thread.is_alive()] == []
    assert set(_open_databases()) - databases == set()


def _open_databases() -> list[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return []
    found = []
    for entry in folder.iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue
        if ".duckdb" in target:
            found.append(target)
    return found


@pytest.fixture(scope="session")
def empty_store() -> Iterator[Store]:
    """An index in memory without rows."""
    store = Store()
    yield store
    store.close()


@pytest.fixture
def connection(empty_store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables and views without rows; what a test writes and sets is taken back."""
    found = empty_store.connection
    found.execute("begin")
    yield found
    found.execute("rollback")
    for (name,) in found.execute("select name from duckdb_variables()").fetchall():
        found.execute(f'reset variable "{name}"')


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[[str], Path]:
    """A writable copy of a corpus: `corpus("documented")` is its root."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(DATA / name, tmp_path / name))

    return copy


@pytest.fixture
def documented(corpus: Callable[[str], Path]) -> Layout:
    return Layout.of(corpus("documented"))


@pytest.fixture
def run_cli() -> RunCli:
    """`run_cli("--root", root, "index")` as a real process."""

    def run(*arguments: object, input: str | None = None) -> "subprocess.CompletedProcess[str]":
        environment = {key: value for key, value in os.environ.items() if "RUNMETER" not in key}
        return subprocess.run(
            [sys.executable, "-m", "indexer", *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env=environment | {"PYTHONUTF8": "1"},
            input=input,
        )

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; skips without one, unless the browser is required."""
    found = next((path for path in CHROMIUM if Path(path).exists()), None)
    if found is None:
        if os.environ.get("RUNMETER_REQUIRE_BROWSER"):
            pytest.fail("no Chromium, and RUNMETER_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, object]:
    return {"executable_path": chromium, "args": CHROMIUM_FLAGS.split()}


def pytest_collection_finish() -> None:
    """What is imported by now stays for good: the collector need not look at it after each test."""
    gc.collect()
    gc.freeze()
