"""The options of every command that serves: where, to whom, and what is on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_PORT = 8000
Command = TypeVar("Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True),
    click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535)),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="File with the token to ask for; needed off loopback. Else RUNMETER_TOKEN.",
    ),
    click.option(
        "--allowed-host",
        "allowed_hosts",
        multiple=True,
        metavar="NAME",
        help="A further host name to answer to; may be repeated.",
    ),
    click.option(
        "--behind-proxy",
        is_flag=True,
        help="Believe X-Forwarded-For, -Proto, -Host and -Prefix of one proxy in front.",
    ),
    click.option("--allow-sql", is_flag=True, help="Have the SQL page off loopback as well."),
)


def server_options(command: Command) -> Command:
    """Add them. Those but --port are what `web.access.Access.of` takes, by the same names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
