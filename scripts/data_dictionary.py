"""Writes docs/data-dictionary.md from the comments in schema.sql and queries/.

`--check` writes nothing and exits 1 where the file is out of date.
"""

import sys
from pathlib import Path

from indexer.store import Store

TARGET = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
QUERY = """
select c.table_name, c.column_name, lower(c.data_type), c.comment
from duckdb_columns() as c
where not c.internal
order by c.table_name, c.column_index
"""


def text() -> str:
    """The whole document."""
    store = Store()
    try:
        tables = store.connection.execute(
            "select table_name, 'table', comment from duckdb_tables() where not temporary"
            " union all"
            " select view_name, 'view', comment from duckdb_views() where not internal"
            " order by 2, 1"
        ).fetchall()
        macros = store.connection.execute(
            "select function_name, parameters, comment from duckdb_functions()"
            " where not internal and function_type like '%macro' and comment is not null"
            " order by 1"
        ).fetchall()
        columns = store.connection.execute(QUERY).fetchall()
    finally:
        store.close()
    lines = [
        "# Data dictionary",
        "",
        "Made from the comments in `schema.sql` and `queries/` by `scripts/data_dictionary.py`.",
        "Money is USD, times are UTC, unknown is `NULL`.",
    ]
    for name, kind, comment in tables:
        lines += ["", f"## {name} ({kind})", "", comment, "", "| column | type | meaning |"]
        lines.append("|---|---|---|")
        lines += [f"| `{row[1]}` | {row[2]} | {row[3]} |" for row in columns if row[0] == name]
    for name, parameters, comment in macros:
        lines += ["", f"## {name}({', '.join(parameters)}) (macro)", "", comment]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check; the exit code."""
    if "--check" in sys.argv:
        return int(not TARGET.exists() or TARGET.read_text("utf-8") != text())
    TARGET.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
