"""`runmeter notify`: says what is to be said, without a daemon."""

from typing import TYPE_CHECKING

import click

from indexer.errors import DeliveryError, RunmeterError, UsageError
from indexer.layout import Layout

if TYPE_CHECKING:
    from indexer.alert_settings import Channel
    from indexer.channels import Message


@click.command()
@click.option("--test", is_flag=True, help="Send a test message through each channel, now.")
@click.option("--channel", "name", metavar="NAME", help="Only through the channel of this name.")
@click.pass_obj
def notify(layout: Layout, test: bool, name: str | None) -> None:
    """Send a test message through the channels; exit 1 if one did not take it."""
    if not test:
        raise UsageError("notify: found no --test, allowed: --test")
    from indexer.channels.message import MAX_TITLE, one_line
    from indexer.logs import set_up

    set_up("text")  # for the channel that is the log
    channels = _chosen(layout, name)
    failed = 0
    for channel in channels:
        error = _error(channel, _message())
        failed += error is not None
        found = "delivered" if error is None else error
        click.echo(f"{one_line(channel.label, MAX_TITLE)}: {one_line(found, MAX_TITLE)}")
    if failed:
        raise RunmeterError(f"{failed} of {len(channels)} channels did not take the message")


def _chosen(layout: Layout, name: str | None) -> "list[Channel]":
    """The channels that are asked for, whatever states they want to hear of."""
    from indexer.config import load_config

    channels = load_config(layout).alerts.channels
    if not channels:
        raise UsageError(f"{layout.config_file}: analytics.alerts.channels: none is configured")
    found = [channel for channel in channels if name is None or channel.label == name]
    if not found:
        names = ", ".join(channel.label for channel in channels)
        raise UsageError(f"--channel: found {name!r}, allowed: {names}")
    return found


def _error(channel: "Channel", message: "Message") -> str | None:
    from indexer.channels import send

    try:
        send(channel, message)
    except DeliveryError as error:
        return str(error)
    return None


def _message() -> "Message":
    """An id of its own each time, since a receiver drops what it has seen."""
    import uuid
    from datetime import UTC, datetime

    from indexer.channels import Message

    return Message(
        id=f"test-{uuid.uuid4().hex}",
        title="Test message",
        body="Runmeter can reach you here. Nothing has happened.",
        state="OK",
        rule="test",
        subject="test",
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        link="/alerts",
    )
