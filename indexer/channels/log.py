"""A line in the log of the process, whose form `indexer.logs` gives."""

import logging

from indexer.channels.message import MAX_BODY, Message, one_line

_LEVELS = {"ALERT": logging.ERROR, "WARNING": logging.WARNING}


def send(message: Message) -> None:
    """One line, whatever the names in it hold."""
    body = one_line(message.body.replace("\n", " "), MAX_BODY)
    level = _LEVELS.get(message.state, logging.INFO)
    logging.getLogger("runmeter.alerts").log(level, "%s: %s", message.title, body)
