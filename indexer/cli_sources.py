"""`runmeter sources`: kinds of records, whether they are read, and what has been found."""

import json
from typing import TYPE_CHECKING, Any

import click

from indexer.layout import Layout

if TYPE_CHECKING:
    from indexer.sources.registry import Registry

_PIPED_WIDTH = 500  # where no window ends lines, names stay whole
COLUMNS = ("source", "read", "files", "runs", "calls", "issues", "newest", "where")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def sources(layout: Layout, as_json: bool) -> None:
    """Kinds of records: what is found of each, how much, how fresh, and what is wrong."""
    from indexer import figures
    from indexer.asking import asked, refresh
    from indexer.config import load_config
    from indexer.filters import Filters
    from indexer.sources.registry import installed

    refresh(layout)
    with asked(layout, Filters()) as connection:
        found = {row["source"]: row for row in figures.rows(connection, "from source_overview")}
    rows = _rows(installed(), load_config(layout).sources, found)
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console

    from indexer.terminal import harmless, table

    for row in rows:
        row["newest"] = (row.get("newest") or "")[:16].replace("T", " ")  # to the minute, UTC
    shown = [tuple(row.get(column) for column in COLUMNS) for row in rows]
    grid = table(list(COLUMNS), shown)
    grid.box, grid.collapse_padding, grid.pad_edge = SIMPLE_HEAD, True, False
    for name, column in zip(COLUMNS, grid.columns, strict=True):
        column.no_wrap, column.overflow = name != "where", "fold"
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    console.print(grid)
    for row in rows:
        if row["problem"]:
            click.echo(f"{harmless(row['source'])}: {harmless(row['problem'])}", err=True)


def _rows(
    registry: "Registry", choices: dict[str, bool], found: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Sources that are installed, those that cannot be used, and those of rows that stay."""
    rows = [
        {
            "source": name,
            "title": source.title,
            "read": "yes" if choices.get(name, source.on) else "no",
            "where": f"{source.folder}/{source.pattern}",
            "problem": None,
            **found.get(name, {}),
        }
        for name, source in registry.sources.items()
    ]
    rows += [
        {"source": name, "read": "cannot", "problem": issue.reason}
        for name, issue in registry.broken.items()
    ]
    gone = found.keys() - registry.sources.keys()
    rows += [{**found[name], "read": "not installed", "problem": None} for name in sorted(gone)]
    unknown = choices.keys() - registry.sources.keys() - registry.broken.keys() - gone
    rows += [
        {"source": name, "read": "not installed", "problem": "named in the settings only"}
        for name in sorted(unknown)
    ]
    return rows
