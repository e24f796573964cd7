"""Nothing is imported that is not used; the layers keep to their contracts."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


def loaded(code: str) -> set[str]:
    """Modules that a fresh interpreter has after running `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("import indexer.cli", {"duckdb", "flask", "watchdog", "rich", "msgspec", "json5"}),
        ("import indexer.ingest", {"flask", "watchdog", "rich", "waitress"}),
        ("import web", {"watchdog", "waitress", "rich", "indexer.ingest", "indexer.store"}),
        ("import analytics", {"duckdb", "flask", "watchdog"}),
        ("import indexer.watch", {"flask", "rich"}),
    ],
)
def test_what_is_not_used_is_not_imported(code: str, never: set[str]) -> None:
    assert loaded(code) & never == set()


def test_import_contracts() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
