"""Finding and installing the SQL that defines every figure.

`schema.sql` and `queries/` lie at the top of a checkout and under `indexer/sql`
in an installed package. A file of `queries/` holds one view or macro and may use
others; the order in which they are created follows from the names they mention, so
a new file needs no registration.
"""

import hashlib
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 3
# Views that stand for tables, whole whatever is filtered -> what is stored, under numbers of runs
# that each index gives for itself.
NUMBERED = {
    "role_usage": "role_usage_rows",
    "model_usage": "other_model_rows",
    "iterations": "iteration_rows",
    "qa_issues": "qa_issue_rows",
}
WHOLE = {*NUMBERED, "model_usage_rows"}  # views that no filter narrows


@cache
def sql_root() -> Path:
    """Folder that holds `schema.sql` and `queries/`."""
    installed = Path(__file__).parent / "sql"
    return installed if installed.is_dir() else Path(__file__).parent.parent


def schema() -> str:
    """Text of `schema.sql`."""
    return (sql_root() / "schema.sql").read_text(encoding="utf-8")


@cache
def definitions() -> dict[str, str]:
    """Name of a view or macro -> its file's text, each after those that it uses.

    Always in the same order, which `fingerprint` follows.
    """
    texts = _folder("queries")
    uses = {name: sorted(_words(text) & texts.keys() - {name}) for name, text in texts.items()}
    return {name: texts[name] for name in TopologicalSorter(uses).static_order()}


@cache
def views() -> dict[str, str]:
    """The views among the definitions, in their order."""
    return {name: text for name, text in definitions().items() if "create or replace view" in text}


@cache
def audits() -> dict[str, str]:
    """Audit name -> query that returns the rows that break its rule."""
    return _folder("queries/audits")


@cache
def load(name: str) -> str:
    """A statement of `queries/load/`: how staged records become rows."""
    return (sql_root() / "queries" / "load" / f"{name}.sql").read_text(encoding="utf-8")


@cache
def fingerprint() -> str:
    """Changes whenever any view or comment does, so that old databases get the new ones."""
    return hashlib.sha256("".join([schema(), *definitions().values()]).encode()).hexdigest()


def install_views(connection: "duckdb.DuckDBPyConnection") -> None:
    """Create views and macros, with their comments, where the tables are there."""
    for text in definitions().values():
        connection.execute(text)


def install_whole(connection: "duckdb.DuckDBPyConnection") -> None:
    """Create the views that stand for tables alone, where the tables are there."""
    for name, text in definitions().items():
        if name in WHOLE:
            connection.execute(text)


def _folder(name: str) -> dict[str, str]:
    folder = sql_root() / name
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.sql"))}


def _words(text: str) -> set[str]:
    """Names that a statement mentions, outside remarks and quoted text but for what `query_table`
    chooses from."""
    left_out = r"--.*|(?:then|else)\s+'(\w+)'|'(?:[^']|'')*'"
    return set(re.findall(r"\w+", re.sub(left_out, lambda found: f" {found[1] or ''} ", text)))
