"""Every error that Runmeter raises on purpose, as one tree.

    RunmeterError                exit 1   something failed, the text says what
    ├── NoIndexError             exit 1   nothing has been published yet
    ├── DeliveryError            exit 1   a channel did not take a message
    ├── UsageError               exit 2   a wrong option or argument
    │   └── ConfigError          exit 2   project_config.json cannot be used
    └── LockedError              exit 3   another indexer owns this database

Messages name the place, what was found and what is allowed; the faces print
them as they are and use `exit_code`.
"""

import json


class RunmeterError(Exception):
    """Root of the tree; catching it catches nothing that is a bug."""

    exit_code = 1


class NoIndexError(RunmeterError):
    """No snapshot has been published for this database."""


class UsageError(RunmeterError):
    """The command, its options or an address part cannot be used as given."""

    exit_code = 2


class ConfigError(UsageError):
    """`project_config.json` holds something that cannot be used."""


# Stands for what was found where that may be a secret.
NOT_SHOWN = object()


class WrongValue(ValueError):
    """A value of a setting that cannot be used; whoever knows the setting's name says so.

    `place` is where in the setting, such as `[0].amount`; empty for all of it.
    """

    def __init__(self, found: object, allowed: str, place: str = "") -> None:
        super().__init__(f"allowed: {allowed}")
        self.found, self.allowed, self.place = found, allowed, place


class LockedError(RunmeterError):
    """Another process is the indexer of this database."""

    exit_code = 3


class DiskFullError(RunmeterError):
    """There is no room to publish; what was read is safe and is published later."""


class DeliveryError(RunmeterError):
    """A channel did not take a message. The text holds no secret and no address but a host.

    `retry_after` is how many seconds the receiver wants to be left alone; `permanent` says
    that the same message will not be taken later either.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, permanent: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after, self.permanent = retry_after, permanent


def printable(key: str) -> str:
    """A key as text that any database takes: cut, and no lone surrogates."""
    return key[:200].encode("utf-8", "replace").decode("utf-8")


def as_found(value: object) -> str:
    """A value of the settings as an error says it."""
    if value is NOT_SHOWN:
        return "(not shown)"
    kinds = {str: "text", bool: "true or false", int: "number", float: "number", list: "list"}
    kind = kinds.get(type(value), "object" if isinstance(value, dict) else "null")
    return "null" if value is None else f"{json.dumps(value, default=str)[:60]} ({kind})"
