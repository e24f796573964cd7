"""`runmeter reports`: scheduled reports, listed, and made by hand without a daemon."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.errors import DeliveryError, NoIndexError, RunmeterError, UsageError
from indexer.layout import Layout

if TYPE_CHECKING:
    from indexer.channels import Message
    from indexer.config import AnalyticsConfig
    from indexer.figures import Row
    from indexer.report_settings import ScheduledReport


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def reports(context: click.Context, as_json: bool) -> None:
    """Scheduled reports: when each is due next, and what became of the last.

    Prints a table on a terminal and CSV into a pipe.
    """
    if context.invoked_subcommand is not None:
        return
    from indexer.config import load_config

    layout: Layout = context.obj
    config, known = load_config(layout), _known(layout)
    rows = [_row(config, report, known.get(report.name)) for report in config.reports]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from indexer.terminal import show_reports

    show_reports(rows)


@reports.command()
@click.argument("name")
@click.option("-o", "--output", type=Path, metavar="FILE", help="Only write it; nothing is sent.")
@click.pass_obj
def run(layout: Layout, name: str, output: Path | None) -> None:
    """Make a report now, of the period that has ended, and send it; exit 1 if a channel fails."""
    from indexer.config import load_config

    config = load_config(layout)
    report = _chosen(config, layout, name)
    if output is not None:
        _make(layout, config, report, output)
        click.echo(f"Wrote {output}", err=True)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="runmeter-") as folder:
        message = _make(layout, config, report, Path(folder) / "report")
    failed = sum(_send(config, message, channel) for channel in report.to)
    if failed:
        raise RunmeterError(f"{failed} of {len(report.to)} channels did not take the report")


def _known(layout: Layout) -> "dict[str, Row]":
    """What the newest snapshot has of each; nothing where there is none."""
    from indexer import figures
    from indexer.asking import asked
    from indexer.filters import Filters

    try:
        with asked(layout, Filters()) as connection:
            return {row["name"]: row for row in figures.rows(connection, "from report_list")}
    except NoIndexError:
        return {}


def _row(config: "AnalyticsConfig", report: "ScheduledReport", known: "Row | None") -> "Row":
    """A report with its next time, which follows from now, and its last outcome."""
    from indexer.schedule import due_after
    from indexer.times import iso

    zone = report.timezone or config.timezone
    last = ("first_day", "last_day", "outcome", "made", "sent", "file_name", "error")
    found: dict[str, Any] = {
        "name": report.name,
        "report": report.report,
        "format": report.format,
        "when": report.words,
        "timezone": zone,
        "to": list(report.to),
        "next_due_at": iso(due_after(report, zone, _now()).at),
    }
    return found | {key: known[key] if known else None for key in last}


def _chosen(config: "AnalyticsConfig", layout: Layout, name: str) -> "ScheduledReport":
    for report in config.reports:
        if report.name == name:
            return report
    names = ", ".join(report.name for report in config.reports)
    where = f"{layout.config_file}: analytics.reports"
    raise UsageError(f"{where}: found {name!r}, allowed: {names or 'none, as none is configured'}")


def _make(
    layout: Layout, config: "AnalyticsConfig", report: "ScheduledReport", target: Path
) -> "Message":
    """The file, and the message that carries it, under an id of its own each time."""
    import uuid

    from indexer import report_message
    from indexer.asking import asked, refresh
    from indexer.report_file import in_words, write
    from indexer.schedule import due_by, question

    zone = report.timezone or config.timezone
    due = due_by(report, zone, _now())
    filters = question(report, zone, due)
    refresh(layout)
    with asked(layout, filters) as connection:
        write(connection, report.report, report.format, filters, target)
        words = in_words(connection, filters)
    return report_message.message(
        report,
        due,
        words,
        _now(),
        target.read_bytes(),
        f"report-{uuid.uuid4().hex}",
        filters.query(),
    )


def _send(config: "AnalyticsConfig", message: "Message", name: str) -> bool:
    """Whether the channel failed, which is said."""
    from indexer.channels import send
    from indexer.terminal import harmless

    channel = next(one for one in config.alerts.channels if one.label == name)
    try:
        send(channel, message)
    except DeliveryError as error:
        click.echo(f"{harmless(name)}: {harmless(error)}")
        return True
    click.echo(f"{harmless(name)}: delivered {message.attachments[0].name}")
    return False


def _now() -> datetime:
    from indexer.times import default_as_of

    return default_as_of() or datetime.now(UTC).replace(tzinfo=None)
