"""A service that apprise knows, from the extra `notify`, in a process of its own.

apprise keeps threads that the end of a process would wait for, logs addresses, and takes half
a second and much memory to load. A process that is started for one message and killed when it
takes too long has none of that reach the daemon: only its exit code is looked at, and what it
gets, it gets on standard input, where no list of processes shows it.
"""

import base64
import json
import subprocess
import sys
from importlib.util import find_spec

from indexer.alert_settings import Apprise
from indexer.channels.chat_worker import NOT_TAKEN, UNKNOWN_ADDRESS
from indexer.channels.message import Message
from indexer.channels.secrets import looked_up
from indexer.errors import DeliveryError

TIMEOUT = 30.0
MOST_BYTES = 8_000_000  # a larger file would make many services refuse the message as well
KINDS = {"OK": "success", "WARNING": "warning", "ALERT": "failure", "NO_DATA": "info"}
_WORKER = "indexer.channels.chat_worker"


def send(channel: Apprise, message: Message, timeout: float = TIMEOUT) -> None:
    """Hand it to the service. Raises DeliveryError."""
    if find_spec("apprise") is None:
        raise DeliveryError("apprise is not installed: pip install 'runmeter[notify]'")
    asked = {
        "url": looked_up("url", channel.url, channel.url_env, channel.url_file),
        "title": _quiet(message.title),
        "body": _quiet(message.text()),
        "notify_type": KINDS[message.state],
        "files": [
            [file.name, file.media_type, base64.b64encode(file.content).decode()]
            for file in message.attachments
            if len(file.content) <= MOST_BYTES
        ],
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", _WORKER],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryError(f"the service did not answer within {timeout:g} s") from None
    except OSError as error:
        raise DeliveryError(f"no process could be started: {error.strerror}") from None
    if done.returncode == UNKNOWN_ADDRESS:
        raise DeliveryError("url: found (not shown), allowed: an address that apprise knows")
    if done.returncode == NOT_TAKEN:
        raise DeliveryError("the service did not take it")
    if done.returncode != 0:
        raise DeliveryError(f"apprise failed (exit code {done.returncode})")


def _quiet(text: str) -> str:
    """A name such as @everyone calls nobody."""
    return text.replace("@", "@\u200b")
