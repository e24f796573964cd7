"""`runmeter notify`: says what is to be said, without a daemon."""

import time
from typing import TYPE_CHECKING

import click

from indexer.errors import DeliveryError, LockedError, RunmeterError, UsageError
from indexer.layout import Layout

if TYPE_CHECKING:
    from indexer.alert_settings import Channel
    from indexer.channels import Message
    from indexer.outbox import Outbox

LONGEST = 60.0
_LOOK = 1.0


@click.command()
@click.option("--test", is_flag=True, help="Send a test message through each channel, now.")
@click.option("--channel", "name", metavar="NAME", help="With --test: only through this one.")
@click.pass_obj
def notify(layout: Layout, test: bool, name: str | None) -> None:
    """Tell the channels once what is new, as a daemon would; exit 1 if one did not take it."""
    from indexer.logs import set_up

    set_up("text")  # for the channel that is the log
    if test:
        _test(layout, name)
    elif name is not None:
        raise UsageError("--channel goes with --test")
    else:
        _tell(layout)


def _tell(layout: Layout) -> None:
    """Read what is new, decide, deliver for a while, publish."""
    from indexer.alerting import settle
    from indexer.finding import Search
    from indexer.ingest import Indexer
    from indexer.outbox import Outbox
    from indexer.terminal import harmless

    try:
        indexer = Indexer(layout)
    except LockedError as error:
        raise LockedError(f"{error}; a daemon tells the channels by itself") from error
    with indexer:
        indexer.run_pass()
        outbox = Outbox(indexer)
        outbox.load()
        search = Search(layout.snapshot(indexer.store.snapshot), indexer.now)
        for _, event in settle(indexer, outbox, search.result(), search.moment):
            if event is not None and event.is_spoken:
                click.echo(f"{event.state:7}  {event.kind}  {harmless(event.explanation)}")
        _deliver(outbox)
        left = outbox.waiting
        indexer.run_pass()
    if left:
        raise RunmeterError(f"{left} not delivered; a daemon or the next notify tries again")


def _deliver(outbox: "Outbox") -> None:
    """What is due, for at most a minute: what fails is tried again another time."""
    end = time.monotonic() + LONGEST
    outbox.step()
    while not outbox.is_idle and time.monotonic() < end:
        outbox.wait(_LOOK)
        outbox.step()
    outbox.close()


def _test(layout: Layout, name: str | None) -> None:
    from indexer.channels.message import MAX_TITLE, one_line

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
