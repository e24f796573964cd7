"""The documents are true: what exists is in them, and what they show works."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer import sqlfiles
from indexer.cli import main
from indexer.config import Layout
from indexer.settings import SETTINGS
from tests.helpers import index, snapshot
from web import create_app

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)


def test_every_command_and_option_is_documented() -> None:
    for name, command in main.commands.items():
        row = re.search(rf"^\| `{name}\b.*$", README, re.MULTILINE)
        assert row, name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help", "--output"):
                    assert option in row[0], f"{name} {option}"
    for parameter in main.params:
        assert parameter.opts[0] in README or parameter.name == "version"


def test_every_setting_is_documented() -> None:
    for setting in SETTINGS:
        rows = re.findall(rf"^\| `{setting.name}` \|.*$", README, re.MULTILINE)
        row = next((row for row in rows if setting.help in row), None)
        assert row, setting.name
        assert setting.type.replace("|", "\\|") in row


def test_every_environment_variable_is_documented() -> None:
    sources = [*(PROJECT / "indexer").glob("*.py"), *(PROJECT / "web").glob("*.py")]
    text = "".join(path.read_text("utf-8") for path in sources)
    for name in set(re.findall(r'environ\.get\("(\w+)"\)', text)):
        assert f"`{name}`" in README


def test_every_route_is_documented(tmp_path: Path) -> None:
    for rule in create_app(tmp_path).url_map.iter_rules():
        if not rule.rule.startswith("/static"):
            assert f"`{rule.rule}`" in README, rule.rule


def test_every_module_is_in_the_architecture() -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    for path in (PROJECT / "indexer").glob("[a-z]*.py"):
        assert path.name in text, path.name


def test_every_view_is_in_the_data_dictionary_and_it_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.data_dictionary", "--check"], cwd=PROJECT, check=False
    )
    assert done.returncode == 0, "run python -m scripts.data_dictionary"
    text = (PROJECT / "docs" / "data-dictionary.md").read_text("utf-8")
    for name in sqlfiles.views():
        assert f"## {name} (view)" in text


@pytest.mark.parametrize("name", ["documented", "orchestrator"])
def test_every_sql_example_runs(corpus: Callable[[str], Path], name: str) -> None:
    layout = Layout.of(corpus(name))
    index(layout)
    assert len(EXAMPLES) >= 7
    for example in EXAMPLES:
        with snapshot(layout) as connection:
            connection.execute(example)
            connection.fetchall()


def test_links_lead_somewhere() -> None:
    for document in [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
