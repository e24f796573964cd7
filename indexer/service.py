"""Telling systemd how a daemon is: `sd_notify`, a datagram of `KEY=value` lines.

Nothing is sent where no service manager asks for it (`NOTIFY_SOCKET`). The protocol is
that of sd_notify(3).
"""

import os
import socket


def notify(**values: str | int) -> None:
    """Send e.g. `notify(READY=1, STATUS="watching")`. Raises OSError."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract name, which begins with a NUL
        address = "\0" + address[1:]
    text = "\n".join(f"{key}={value}" for key, value in values.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.sendto(text.encode(), address)
