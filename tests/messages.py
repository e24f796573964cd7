"""Messages, channels and what is logged, for the tests of channels."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from indexer.alert_settings import Channel
from indexer.channels import Message
from indexer.config import check_config
from indexer.times import naive_utc

NOW = naive_utc("2025-11-18T10:30:00Z")
HOSTILE = "<b>&\r\nBcc: x@y.example\x00\x1b[2J\u202e=1+1 @everyone Ünï 项目 \ud800"


def message(**changes: Any) -> Message:
    given = {
        "id": "a1", "title": "Shop is over its budget", "body": "Spent $21 of $20.\nSince Monday.",
        "state": "ALERT", "rule": "budget", "subject": "shop", "at": "2025-11-18T10:29:00Z",
        "link": "/runs?project=shop",
    }  # fmt: skip
    return Message(**(given | changes))


def channel(**given: Any) -> Channel:
    (found,) = check_config({"alerts": {"channels": [given]}}, "here").alerts.channels
    return found


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All lines that any library logs, down to debug."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
