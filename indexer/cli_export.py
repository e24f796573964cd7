"""`runmeter export`: figures and tables as files to hand on."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from indexer.config import Layout
from indexer.errors import UsageError
from indexer.filter_options import chosen, filter_options
from indexer.filters import Filters

if TYPE_CHECKING:
    import duckdb

    from indexer.figures import Row

FORMATS = ("json", "csv", "parquet", "xlsx", "pdf")
# Formats that are not written to stdout.
_NAMED = {"parquet": "folder", "xlsx": "file", "pdf": "file"}
_TABLE_FORMATS = ("json", "csv", "parquet")


@click.command()
@click.argument("kind", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option("-o", "--output", default="-", help="File or folder to write; - is stdout.",
              show_default=True)  # fmt: skip
@click.option("--table", metavar="NAME", help="Only this table or view, all of it.")
@click.option("--coverage", "with_coverage", is_flag=True, help="json, csv: say what is covered.")
@filter_options
@click.pass_obj
def export(
    layout: Layout,
    /,
    kind: str,
    output: str,
    table: str | None,
    with_coverage: bool,
    **given: Any,
) -> None:
    """Write all figures, or a table, as JSON, CSV, Parquet, a workbook or a report in PDF."""
    if table and kind not in _TABLE_FORMATS:
        raise UsageError(f"--table: found {kind}, allowed: {', '.join(_TABLE_FORMATS)}")
    if kind in _NAMED and output == "-" and not table:
        raise UsageError(f"-o: found none, allowed: the {_NAMED[kind]} that {kind} is written to")
    from indexer import reports
    from indexer.asking import asked, refresh

    refresh(layout)
    filters = chosen(layout, given)
    with asked(layout, filters) as connection:
        covers = reports.coverage(connection, filters)
        if table:
            _table(connection, table, kind, output, filters, covers)
        elif kind in _NAMED:
            _whole(connection, kind, Path(output), covers)
        else:
            _figures(connection, kind, output, covers if with_coverage else None)
    if output != "-":
        click.echo(f"Wrote {output}", err=True)


def _figures(
    connection: "duckdb.DuckDBPyConnection", kind: str, output: str, covers: "Row | None"
) -> None:
    from indexer import export as exporter
    from indexer import figures

    found = figures.all_figures(connection)
    text = exporter.to_json(found) if kind == "json" else exporter.to_csv(found)
    if covers:
        text = exporter.with_coverage(kind, found, covers)
    with _target(output) as target:
        target.write(text.encode())


def _table(
    connection: "duckdb.DuckDBPyConnection",
    name: str,
    kind: str,
    output: str,
    filters: Filters,
    covers: "Row",
) -> None:
    from indexer import covering, export_table, whole

    query = export_table.query(connection, name, filters)
    if kind == "parquet":
        if output == "-":
            raise UsageError("-o: found none, allowed: the file that Parquet is written to")
        with whole.file(Path(output)) as path:
            export_table.write_parquet(connection, query, path, covers)
        return
    with _target(output) as target:
        export_table.write(connection, query, name, kind, target, covers)
    if kind != "csv":
        return
    if output == "-":
        from indexer.terminal import harmless

        for label, text in covering.lines(covers):
            click.echo(f"{label}: {harmless(text)}", err=True)
    else:
        with whole.file(Path(f"{output}.coverage.json")) as path:
            path.write_text(json.dumps(covers, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _whole(connection: "duckdb.DuckDBPyConnection", kind: str, target: Path, covers: "Row") -> None:
    from indexer.lifecycle import progress_bar

    writer = import_module(f"indexer.export_{kind}")
    with progress_bar("Writing") as progress:
        writer.write(connection, target, covers, progress)


@contextmanager
def _target(output: str) -> Iterator[BinaryIO]:
    """What `-o` names, written whole or not at all, or stdout."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from indexer import whole

    with whole.file(Path(output)) as path, path.open("wb") as file:
        yield file
