"""`runmeter alerts`: what should be known of now, and saying that somebody knows of it."""

import json
import re
from datetime import UTC, datetime, timedelta

import click

from indexer.asking import fresh
from indexer.config import Layout
from indexer.errors import RunmeterError, UsageError
from indexer.filter_options import Time, as_of_option

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,2})([mhdw])", str(value), re.ASCII)
        if found is None:
            raise UsageError(f"--for: found {str(value)[:60]!r}, allowed: 30m, 12h, 7d, 2w")
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.group(invoke_without_command=True)
@click.option("--check", "checked", is_flag=True, help="Exit 1 when there is anything to tell.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@as_of_option
@click.pass_context
def alerts(ctx: click.Context, checked: bool, as_json: bool, as_of: datetime | None) -> None:
    """What should be known of now: budgets and anomalies, each with its reason.

    Prints a line for each on a terminal and CSV into a pipe.
    """
    if ctx.invoked_subcommand is not None:
        return
    from indexer import figures

    with fresh(ctx.obj, as_of) as connection:
        found = figures.current_alerts(connection)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        from indexer.terminal import show_alerts

        show_alerts(found)
    if checked and found:
        raise RunmeterError(f"{len(found)} to be known of")


@alerts.command()
@click.argument("alert_id", metavar="ID")
@click.pass_obj
def acknowledge(layout: Layout, alert_id: str) -> None:
    """Say that somebody knows of an alert: it is silent until it gets worse or is over."""
    from indexer.answering import have_done
    from indexer.requests import Acknowledge

    have_done(layout, Acknowledge(alert_id))
    click.echo("acknowledged")


@alerts.command()
@click.argument("alert_id", metavar="ID")
@click.option("--for", "length", type=_Duration(), metavar="DURATION", help="Such as 12h or 7d.")
@click.option("--until", type=Time(), metavar="TIME", help="An ISO 8601 time, UTC without offset.")
@click.option("--end", is_flag=True, help="End the silence.")
@click.pass_obj
def snooze(
    layout: Layout, alert_id: str, length: timedelta | None, until: datetime | None, end: bool
) -> None:
    """Be silent of an alert for a while; it speaks then if it is still open."""
    if [length is not None, until is not None, end].count(True) != 1:
        raise UsageError("snooze: allowed: exactly one of --for, --until and --end")
    now = datetime.now(UTC).replace(tzinfo=None)
    if length is not None:
        until = now + length
    if until is not None and until <= now:
        raise UsageError("--until: found a time that has passed, allowed: a later one")
    from indexer.answering import have_done
    from indexer.requests import Snooze

    have_done(layout, Snooze(alert_id, until))
    click.echo(f"snoozed until {until:%Y-%m-%d %H:%M} UTC" if until else "no longer snoozed")
