"""The `runmeter` command: options in, one call below, text out.

stdout is data, stderr is talk. Each command imports what it uses when it is used,
so that `--help` and completion stay quick. Errors that Runmeter raises on purpose
end with their own exit code and one line; everything else is a bug and shows itself.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer import __version__
from indexer.asking import fresh, refresh
from indexer.cli_alerts import alerts
from indexer.cli_export import export
from indexer.cli_lake import lake
from indexer.cli_notify import notify
from indexer.cli_report import report
from indexer.cli_reports import reports
from indexer.cli_sources import sources
from indexer.config import Layout
from indexer.errors import RunmeterError, UsageError
from indexer.filter_options import as_of_option
from indexer.lifecycle import (
    Stop,
    on_signals,
    progress_bar,
    running,
    serving,
    stop_on_signals,
)
from indexer.logs import FORMATS
from indexer.server_options import server_options

if TYPE_CHECKING:
    from indexer.passes import PassResult
    from indexer.watch import Watcher
    from web.serve import Server

PRODUCE_EVERY = 4.0
_OF_FILES = ("check", "demo", "forget", "lake", "notify")  # no meaning with --lake
# Windows has none; there the settings are read anew when their file changes.
_REREAD_SIGNALS = [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []


class _Group(click.Group):
    """Turns Runmeter's own errors into a line on stderr and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RunmeterError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:  # whoever reads has had enough, as `head` does; click ends quietly
            raise
        except OSError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(1)


events_option = click.option(
    "--events/--no-events",
    default=True,
    help="Use file events, or look at intervals only; the latter by itself on network disks.",
)
log_option = click.option(
    "--log-format", type=click.Choice(FORMATS), default="text", show_default=True
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(path_type=Path), help="Folder of the orchestrator [.]")
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help="DuckDB file to publish [ROOT/analytics.duckdb]",
)
@click.option(
    "--lake",
    "of_lake",
    is_flag=True,
    help="Answer from the lake that several machines share [ROOT/lake.duckdb]",
)
@click.version_option(__version__, prog_name="runmeter")
@click.pass_context
def main(ctx: click.Context, root: Path | None, database: Path | None, of_lake: bool) -> None:
    """What your AI-agent runs cost, how good they were, and where the budget goes."""
    if of_lake and ctx.invoked_subcommand in _OF_FILES:
        raise UsageError(f"{ctx.invoked_subcommand}: is about files, not about the lake")
    ctx.obj = Layout.of(root, database, lake=of_lake)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def index(layout: Layout, as_json: bool) -> None:
    """Read what is new or changed, once, and publish it."""
    if layout.lake:
        refresh(layout)
        return
    result = _index(layout)
    if as_json:
        click.echo(json.dumps(result.as_dict()))
    else:
        click.echo(str(result))


@main.command()
@events_option
@log_option
@click.pass_obj
def watch(layout: Layout, events: bool, log_format: str) -> None:
    """Keep the index up to date until stopped."""
    if layout.lake:
        _mirror(layout)
        return
    with stop_on_signals() as stop, _watcher(layout, stop, events, log_format) as watcher:
        watcher.run()


@main.command()
@server_options
@click.pass_obj
def serve(layout: Layout, /, port: int, **options: Any) -> None:
    """Serve the dashboard at /analytics."""
    server = _server(layout, port, options)
    refresh(layout)
    if layout.lake:
        _mirror(layout, server)
        return
    with stop_on_signals() as stop, serving(server):
        click.echo(f"Dashboard: {server.url}")
        stop.wait()


@main.command()
@server_options
@events_option
@log_option
@click.pass_obj
def up(layout: Layout, /, port: int, events: bool, log_format: str, **options: Any) -> None:
    """Watch and serve in one command."""
    _up(layout, _server(layout, port, options), events, log_format)


@main.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runmeter-demo"),
    show_default=True,
    help="Where the sample tree is made, or kept from last time.",
)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3660))
@click.option("--seed", default=7, show_default=True)
@click.option("--no-serve", is_flag=True, help="Only make the tree and index it.")
@server_options
def demo(folder: Path, days: int, seed: int, no_serve: bool, port: int, **options: Any) -> None:
    """Make a realistic sample tree, then go on as `up` with new runs coming in."""
    from datetime import UTC

    from indexer import demo as sample

    root = folder.expanduser().resolve()
    with progress_bar("Writing") as progress:
        sample.write_tree(root, days=days, seed=seed, now=datetime.now(UTC), progress=progress)
    layout = Layout.of(root, root / "analytics.duckdb")
    click.echo(f"Sample tree: {root}", err=True)
    if no_serve:
        click.echo(str(_index(layout)))
        _show_figures(layout)
        return
    producer = sample.LiveProducer(root, seed=seed)
    _up(
        layout,
        _server(layout, port, options),
        beside=lambda stop: sample.run_producer(producer, stop, PRODUCE_EVERY),
    )


main.add_command(alerts)
main.add_command(export)
main.add_command(report)
main.add_command(notify)
main.add_command(reports)
main.add_command(sources)
main.add_command(lake)


@main.command()
@click.pass_obj
def statusline(layout: Layout) -> None:
    """One short line for a prompt: spend today, the month against its budget."""
    from indexer.statusline import show

    sys.exit(show(layout))


@main.command()
@click.option("--check", "checked", is_flag=True, help="Exit 1 when a budget is over.")
@click.option("--forecast", is_flag=True, help="With --check: also when one is expected to be.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@as_of_option
@click.pass_obj
def budget(
    layout: Layout, checked: bool, forecast: bool, as_json: bool, as_of: datetime | None
) -> None:
    """How each budget stands and is expected to end.

    Prints a table on a terminal and CSV into a pipe.
    """
    if forecast and not checked:
        raise UsageError("--forecast goes with --check")
    from indexer import figures

    with fresh(layout, as_of) as connection:
        found = figures.budgets(connection)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        from indexer.terminal import show_budgets

        show_budgets(found)
    over = [
        row["name"] for row in found if row["is_over"] or (forecast and row["is_expected_over"])
    ]
    if checked and over:
        from indexer.terminal import harmless

        word = "over, or expected to be" if forecast else "over"
        raise RunmeterError(f"{word}: {', '.join(map(harmless, over))}")


@main.command()
@click.argument("run_ids", metavar="RUN_ID...", nargs=-1, required=True)
@click.pass_obj
def forget(layout: Layout, run_ids: tuple[str, ...]) -> None:
    """Remove runs whose files are gone from the index."""
    from indexer.answering import have_done
    from indexer.requests import Forget
    from indexer.terminal import harmless

    refused = have_done(layout, Forget(list(run_ids))).refused
    for run_id, reason in refused.items():
        click.echo(f"{harmless(run_id)}: kept: {harmless(reason)}", err=True)
    click.echo(f"{len(set(run_ids)) - len(refused)} forgotten")
    if refused:
        raise RunmeterError(f"{len(refused)} kept")


@main.command()
@click.argument("query", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print rows as JSON.")
@as_of_option
@click.pass_obj
def sql(layout: Layout, query: str | None, as_json: bool, as_of: datetime | None) -> None:
    """Read-only SQL over the index; QUERY, else standard input.

    Prints a table on a terminal and CSV into a pipe.
    """
    import duckdb

    if query is None and sys.stdin.isatty():
        click.echo("Type a query and end it with Ctrl-D (Windows: Ctrl-Z, Enter).", err=True)
    text = query if query is not None else sys.stdin.read()
    with fresh(layout, as_of) as connection:
        try:
            cursor = connection.execute(text)
            columns = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall() if columns else []
        except duckdb.Error as error:
            raise RunmeterError(str(error)) from error
    from indexer.terminal import print_rows

    print_rows(columns, rows, as_json)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def status(layout: Layout, as_json: bool) -> None:
    """What the index knows, lacks, and when it was made."""
    from indexer.status import read_status

    found = read_status(layout)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    from indexer.terminal import harmless

    width = max(len(key) for key in found)
    for key, value in found.items():
        click.echo(f"{key:{width}}  {'-' if value is None else harmless(value)}")


@main.command()
@click.pass_obj
def check(layout: Layout) -> None:
    """Read every file anew and compare; exit 1 on any difference."""
    from indexer.check import check as compare
    from indexer.terminal import harmless

    differences = compare(layout)
    for line in differences:
        click.echo(harmless(line))
    if differences:
        count = f"{len(differences)} difference{'s' if len(differences) > 1 else ''}"
        raise RunmeterError(f"{count}; `runmeter index` may mend that")
    click.echo("The index agrees with the files and every audit holds.", err=True)


def _server(layout: Layout, port: int, options: dict[str, Any]) -> "Server":
    """Made first of all, so that a taken port or a missing token is known at once."""
    from web.access import Access
    from web.serve import Server

    return Server(layout, port, Access.of(**options))


def _up(
    layout: Layout,
    server: "Server",
    events: bool = True,
    log_format: str = FORMATS[0],
    beside: Callable[[Stop], None] | None = None,
) -> None:
    """Index, show the main figures, then watch here and serve in a thread."""
    if layout.lake:
        refresh(layout)
        _mirror(layout, server)
        return
    with stop_on_signals() as stop, _watcher(layout, stop, events, log_format) as watcher:
        if stop.is_set():
            return
        _show_figures(layout)
        with serving(server), running(beside, stop):
            click.echo(f"Dashboard: {server.url}")
            click.echo("Ctrl-C stops.", err=True)
            watcher.run()


def _mirror(layout: Layout, server: "Server | None" = None) -> None:
    """Pull from the lake until stopped, and serve meanwhile."""
    from contextlib import nullcontext

    from indexer.lake.follow import keep_pulled
    from indexer.lake_settings import lake_of
    from indexer.logs import set_up

    set_up(FORMATS[0])
    lake_settings = lake_of(layout)
    with stop_on_signals() as stop, serving(server) if server else nullcontext():
        if server:
            click.echo(f"Dashboard: {server.url}")
        keep_pulled(layout, lake_settings, stop)


@contextmanager
def _watcher(layout: Layout, stop: Stop, events: bool, log_format: str) -> "Iterator[Watcher]":
    """A daemon that has made its first pass; SIGHUP makes it read everything anew."""
    import logging

    from indexer.ingest import Indexer
    from indexer.logs import set_up
    from indexer.watch import Watcher

    set_up(log_format)
    with (
        Indexer(layout) as indexer,
        Watcher(indexer, stop.is_set, use_events=events) as watcher,
        on_signals(lambda: watcher.reread("asked for"), *_REREAD_SIGNALS),
    ):
        with progress_bar("Indexing") as progress:
            watcher.begin(progress)
        log = logging.getLogger("runmeter.watch")
        log.info("watching %s, publishing %s", layout.root, layout.database)
        with running(lambda stop: _ship(layout, stop), stop):
            yield watcher


def _ship(layout: Layout, stop: Stop) -> None:
    """What is published goes to the lake, where the settings name one."""
    from indexer.lake.follow import supervise

    supervise(layout, stop)


def _index(layout: Layout) -> "PassResult":
    from indexer.ahead import looking_ahead

    with looking_ahead(layout) as ahead:
        from indexer.ingest import Indexer

        with (
            Indexer(layout, ahead=ahead) as indexer,
            stop_on_signals() as stop,
            progress_bar("Indexing") as progress,
        ):
            return indexer.run_pass(progress, stop.is_set)


def _show_figures(layout: Layout) -> None:
    from rich.console import Console

    from indexer import figures
    from indexer.snapshot import SnapshotReader
    from indexer.terminal import show_figures

    reader = SnapshotReader(layout)
    try:
        with reader.connect() as connection:
            show_figures(Console(highlight=False), figures.summary(connection))
    finally:
        reader.close()
