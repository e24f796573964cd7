"""`runmeter lake`: the lake that several machines share."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.errors import NoIndexError, RunmeterError
from indexer.layout import Layout

if TYPE_CHECKING:
    from indexer.lake_settings import Lake


@click.group()
def lake() -> None:
    """One dashboard for many machines: ship this index to a shared lake."""


@lake.command()
@click.pass_obj
def init(layout: Layout) -> None:
    """Make the lake's tables and views, or add what this release knows and the lake does not."""
    from indexer.lake import tables
    from indexer.lake.connection import connected, shown

    settings = _lake(layout)
    with connected(settings, read_only=False, create=True) as connection:
        tables.create(connection)
    click.echo(f"{shown(settings)} is ready; this machine is {settings.name}")


@lake.command()
@click.option("--follow", is_flag=True, help="Go on with each new snapshot until stopped.")
@click.option("--parent", type=int, hidden=True, help="Follow until this process is gone.")
@click.pass_obj
def ship(layout: Layout, follow: bool, parent: int | None) -> None:
    """Send what the newest snapshot holds and the lake lacks."""
    from indexer.lifecycle import stop_on_signals
    from indexer.logs import set_up

    settings = _lake(layout)
    with stop_on_signals() as stop:
        if follow or parent is not None:
            from indexer.lake.follow import keep_shipped

            set_up("text")
            keep_shipped(layout, settings, stop, parent)
            return
        with _shipper(layout, settings) as shipper:
            done = shipper.ship(stop.is_set)
    click.echo(f"{done.rows:,} rows shipped in {done.batches} batches")


@lake.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_obj
def status(layout: Layout, as_json: bool) -> None:
    """What the lake holds of each machine, and what it lacks of this one."""
    from indexer.lake.status import read_status

    settings = _lake(layout)
    found = read_status(settings)
    try:
        with _shipper(layout, settings) as shipper:
            found["due"] = shipper.due()
    except RunmeterError as error:
        found["due"], found["problem"] = None, str(error)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    from indexer.terminal import print_rows

    names = ["machine", "runs", "batches", "last_shipped", "schema_version"]
    print_rows(names, [tuple(row[name] for name in names) for row in found["machines"]], False)
    due = found["problem"] if found["due"] is None else f"{found['due']:,} rows to be shipped"
    click.echo(f"{found['files']:,} files, {found['bytes']:,} bytes; this machine: {due}", err=True)


@lake.command()
@click.option("--mend", is_flag=True, help="Ship what differs once more.")
@click.pass_obj
def verify(layout: Layout, mend: bool) -> None:
    """Compare the lake with this index; exit 1 on any difference."""
    from indexer.lake.verify import verify as compare

    with _shipper(layout, _lake(layout)) as shipper:
        found = compare(shipper, mend=mend)
        if mend and not all(one.is_equal for one in found):
            shipper.ship()
            found = compare(shipper, mend=False)
    for one in found:
        click.echo(
            f"{one.table}: {one.rows:,} rows, {one.missing:,} missing in the lake,"
            f" {one.different:,} different, {one.surplus:,} too many, {one.newer:,} newer there"
        )
    if not all(one.is_equal for one in found):
        raise RunmeterError("the lake differs from this index; --mend ships what differs")


@lake.command()
@click.pass_obj
def maintain(layout: Layout) -> None:
    """Drop superseded rows, merge small files, remove old ones. One machine does it."""
    from indexer.lake.maintain import maintain as tidy

    done = tidy(_lake(layout))
    click.echo(
        f"{done.superseded:,} superseded rows removed;"
        f" {done.files_before:,} files became {done.files_after:,}"
    )


@lake.command()
@click.option(
    "--from",
    "file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An analytics.duckdb, of this machine or brought from another one.",
)
@click.option("--machine", help="Name under which its rows are kept [this machine's].")
@click.pass_obj
def migrate(layout: Layout, file: Path, machine: str | None) -> None:
    """Ship an index file as it is, without a daemon."""
    import msgspec

    from indexer.lake_settings import check_lake

    settings = _lake(layout)
    if machine is not None:
        settings = check_lake(msgspec.to_builtins(settings) | {"machine": machine}) or settings
    with _shipper(Layout.of(layout.root, file), settings) as shipper:
        done = shipper.ship()
    click.echo(f"{done.rows:,} rows shipped in {done.batches} batches")


def _lake(layout: Layout) -> "Lake":
    from indexer.lake_settings import lake_of

    return lake_of(layout)


def _shipper(layout: Layout, settings: "Lake") -> Any:
    from datetime import UTC, datetime

    from indexer.lake.ship import Shipper
    from indexer.lock import make_state_dir

    if not layout.snapshot_numbers() and not layout.database.exists():
        raise NoIndexError(f"{layout.database}: nothing has been published yet")
    make_state_dir(layout)
    return Shipper(layout, settings, lambda: datetime.now(UTC).replace(tzinfo=None))
