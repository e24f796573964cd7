"""The built package works away from the checkout."""

import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from indexer import blank

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = "pip wheel --quiet --no-deps --no-build-isolation --disable-pip-version-check -w"
    run([sys.executable, "-m", *command.split(), str(folder), str(PROJECT)], PROJECT)
    return next(folder.glob("runmeter-*.whl"))


def run(command: list[str], folder: Path) -> str:
    environment = {
        key: value
        for key, value in os.environ.items()
        if "RUNMETER" not in key and key != "PYTHONPATH"
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sql_and_the_page_are_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    queries = {f"indexer/sql/queries/{path.name}" for path in (PROJECT / "queries").glob("*.sql")}
    assert queries <= names
    for name in (
        "analytics.py",
        f"indexer/data/{blank.path().name}",
        "indexer/data/prices.json",
        "indexer/sql/schema.sql",
        "indexer/sql/queries/audits/keys_are_unique.sql",
        "indexer/sql/queries/load/runs.sql",
        "web/templates/analytics.html",
        "web/static/vendor/chart.umd.min.js",
    ):
        assert name in names
    assert not any(name.startswith(("tests/", "queries/")) for name in names)


def test_it_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    run([sys.executable, "-m", "venv", str(home)], tmp_path)
    python = str(home / ("Scripts" if os.name == "nt" else "bin") / "python")
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)], tmp_path)
    # The dependencies of this environment, but not its editable install: plain .pth
    # entries do not read the .pth files of the folder that they add.
    packages = Path(
        run([python, "-c", "import site; print(site.getsitepackages()[0])"], tmp_path).strip()
    )
    (packages / "dependencies.pth").write_text(site.getsitepackages()[0] + "\n")
    where = run([python, "-c", "import indexer; print(indexer.__file__)"], tmp_path)
    assert str(home) in where
    made = run(
        [python, "-m", "indexer", "demo", "--dir", "tree", "--days", "10", "--no-serve"], tmp_path
    )
    assert "published as snapshot 1" in made
    exported = run([python, "-m", "indexer", "--root", "tree", "export", "json"], tmp_path)
    assert '"total_runs"' in exported
    run([python, "-m", "indexer", "--root", "tree", "check"], tmp_path)
    page = "import web; print(web.create_app('tree').test_client().get('/analytics').status_code)"
    assert run([python, "-c", page], tmp_path).strip() == "200"
