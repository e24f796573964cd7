"""Sending one message through one channel, now, in the calling thread.

`send` is the whole of it: it returns when the receiver has taken the message and raises
DeliveryError when it has not. It keeps nothing, tries once, and ends by itself, because
everything that waits for a network has a time limit. Secrets are looked up here and live as
long as the call. No error holds more of an address than its host: whatever a library raises
is put into words of our own, since its words may repeat what it was given.
"""

from datetime import UTC, datetime

from indexer.alert_settings import Apprise, Channel, Desktop, Log, Smtp, Webhook
from indexer.channels.message import Attachment, Message

__all__ = ["Attachment", "Message", "send"]


def send(channel: Channel, message: Message, now: datetime | None = None) -> None:
    """Send it. `now` is naive UTC, the system's unless given. Raises DeliveryError."""
    match channel:
        case Webhook():
            from indexer.channels import webhook

            webhook.send(channel, message, now or datetime.now(UTC).replace(tzinfo=None))
        case Smtp():
            from indexer.channels import mail

            mail.send(channel, message)
        case Apprise():
            from indexer.channels import chat

            chat.send(channel, message)
        case Desktop():
            from indexer.channels import desktop

            desktop.send(message)
        case Log():
            from indexer.channels import log

            log.send(message)
