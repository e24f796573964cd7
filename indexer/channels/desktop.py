"""A notice on the desktop, by the system's own command; the text is only ever an argument."""

import html
import shutil
import subprocess
import sys

from indexer.channels.message import Message
from indexer.errors import DeliveryError

TIMEOUT = 10.0
MAX_SHOWN = 1_000
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


def send(message: Message, platform: str = sys.platform) -> None:
    """Show it. Raises DeliveryError where there is no such command, or no desktop."""
    name, *arguments = command(message, platform)
    program = shutil.which(name)
    if program is None:
        raise DeliveryError(f"{name} is not installed, so there is no desktop to show it on")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the text is an argument
            [program, *arguments], capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise DeliveryError(f"{name}: no answer within {TIMEOUT:g} s") from None
    except OSError as error:
        raise DeliveryError(f"{name}: {error.strerror}") from None
    if done.returncode != 0:
        raise DeliveryError(f"{name} ended with exit code {done.returncode}; is there a desktop?")


def command(message: Message, platform: str) -> list[str]:
    """The command and its arguments on a platform. Raises DeliveryError where there is none."""
    body = message.body[:MAX_SHOWN]
    if platform == "darwin":
        script = [part for line in _SCRIPT for part in ("-e", line)]
        return ["osascript", *script, "--", message.title, body]
    if platform.startswith("linux"):
        urgency = "critical" if message.state == "ALERT" else "normal"
        # Desktops read the body as markup.
        shown = html.escape(body, quote=False)
        return ["notify-send", "--app-name=Runmeter", f"--urgency={urgency}", "--",
                message.title, shown]  # fmt: skip
    raise DeliveryError("notices on the desktop are made on Linux and macOS only")
