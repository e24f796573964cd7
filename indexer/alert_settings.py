"""`analytics.alerts`: which alerts speak, how soon, and through which channels.

The structs are the one definition: they check what is read and are what the JSON Schema is
made from. Addresses and whatever opens something may be secrets: they are marked
`writeOnly`, no error and no repr holds them, and those that come from the environment or
from a file are looked up only when something is sent.
"""

import os.path
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from indexer.checked import TEXT, convert, definitions, has_half_a_character
from indexer.errors import NOT_SHOWN, WrongValue

MAX_CHANNELS = 20
PORTS = {"none": 25, "starttls": 587, "tls": 465}
HTTP_URL = "an http or https address in ASCII, without user, blanks and fragment"

Rule = Literal[
    "budget",
    "forecast",
    "cost_spike",
    "costly_run",
    "qa_fall",
    "duration_drift",
    "failed_jobs",
    "capped_run",
    "unbudgeted_spend",
]
RULES: tuple[str, ...] = get_args(Rule)
RULE_NAMES = {
    "budget": "Budget",
    "forecast": "Forecast of a budget",
    "cost_spike": "Cost of a day",
    "costly_run": "Cost of a run",
    "qa_fall": "QA pass rate",
    "duration_drift": "Duration of runs",
    "failed_jobs": "Failed jobs",
    "capped_run": "Cost cap",
    "unbudgeted_spend": "No budget",
}
State = Literal["WARNING", "ALERT", "OK", "NO_DATA"]
STATES: tuple[State, ...] = get_args(State)

_SECRET = {"writeOnly": True}
_FILE = "the absolute path of a file that holds it, or null"
_ENV = "the name of an environment variable that holds it, or null"
_ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,199}(?!\n)$"
_PATH = r"^[^\x00-\x1f\x7f]{1,1000}(?!\n)$"
_HOST = r"^[A-Za-z0-9._:-]{1,253}(?!\n)$"
_NOT_IN_MAIL = r"\s@<>,;:\x22()\\\x00-\x1f\x7f"
_MAIL = rf"^[^{_NOT_IN_MAIL}]{{1,64}}@[^{_NOT_IN_MAIL}]{{1,253}}(?!\n)$"

_FromEnv = Annotated[
    Annotated[str, Meta(pattern=_ENV_NAME)] | None,
    Meta(description=_ENV, extra_json_schema=_SECRET),
]
_FromFile = Annotated[
    Annotated[str, Meta(pattern=_PATH)] | None, Meta(description=_FILE, extra_json_schema=_SECRET)
]
_Address = Annotated[str, Meta(pattern=_MAIL, max_length=318)]


class _Channel(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="type"
):
    """What all channels have. Its repr is its name, since the rest may be secret."""

    name: Annotated[
        Annotated[str, Meta(pattern=TEXT, min_length=1, max_length=100)] | None,
        Meta(description="a text of 1 to 100 characters that no other channel has, or null"),
    ] = None
    states: Annotated[
        tuple[State, ...],
        Meta(max_length=4, description="a list of WARNING, ALERT, OK and NO_DATA"),
    ] = STATES

    @property
    def label(self) -> str:
        """Its name. Channels of a checked `Alerts` have one each."""
        return self.name or str(self.__struct_config__.tag)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name)]


class Webhook(_Channel, tag="webhook", frozen=True, kw_only=True):
    """A POST of JSON, signed where there is a secret."""

    url: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(description=f"{HTTP_URL}, or null", extra_json_schema=_SECRET),
    ] = None
    url_env: _FromEnv = None
    url_file: _FromFile = None
    secret_env: _FromEnv = None
    secret_file: _FromFile = None


class Smtp(_Channel, tag="smtp", frozen=True, kw_only=True):
    """An e-mail to each address, as one message."""

    host: Annotated[str, Meta(pattern=_HOST, description="the name or address of a mail server")]
    sender: Annotated[_Address, Meta(description="one e-mail address")] = msgspec.field(name="from")
    to: Annotated[
        tuple[_Address, ...],
        Meta(min_length=1, max_length=50, description="a list of 1 to 50 e-mail addresses"),
    ]
    security: Annotated[
        Literal["none", "starttls", "tls"], Meta(description="none, starttls or tls")
    ] = "starttls"
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="a number from 1 to 65535, or null for that of the security"),
    ] = None
    username: Annotated[
        Annotated[str, Meta(pattern=TEXT, max_length=200)] | None,
        Meta(description="the name to log in with, or null", extra_json_schema=_SECRET),
    ] = None
    password_env: _FromEnv = None
    password_file: _FromFile = None

    @property
    def port_used(self) -> int:
        return self.port or PORTS[self.security]


class Apprise(_Channel, tag="apprise", frozen=True, kw_only=True):
    """One of the many services that apprise knows."""

    url: Annotated[
        Annotated[str, Meta(pattern=r"^[!-~]+://[!-~]*(?!\n)$", max_length=2000)] | None,
        Meta(description="an address that apprise knows, or null", extra_json_schema=_SECRET),
    ] = None
    url_env: _FromEnv = None
    url_file: _FromFile = None


class Log(_Channel, tag="log", frozen=True, kw_only=True):
    """A line in the daemon's log."""


class Desktop(_Channel, tag="desktop", frozen=True, kw_only=True):
    """A notice on the desktop of the user that the daemon runs as."""


Channel = Webhook | Smtp | Apprise | Log | Desktop


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The section. Without channels, alerts are shown on the dashboard only."""

    sensitivity: Annotated[
        Literal["low", "normal", "high"],
        Meta(description="low, normal or high: how much has to be unusual to be an anomaly"),
    ] = "normal"
    quiet_days: Annotated[
        Annotated[int, Meta(ge=0, le=56)],
        Meta(description="a whole number from 0 to 56: days of history before anomalies speak"),
    ] = 14
    repeat_every: Annotated[
        Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,2}[hd](?!\n)$")] | None,
        Meta(description='hours or days such as "12h" or "7d", or null to speak once'),
    ] = None
    off: Annotated[
        tuple[Rule, ...],
        Meta(max_length=50, description=f"a list of rules that never speak: {', '.join(RULES)}"),
    ] = ()
    channels: Annotated[
        tuple[Annotated[Channel, Meta(description="a channel, which is an object")], ...],
        Meta(
            max_length=MAX_CHANNELS,
            description=f"a list of at most {MAX_CHANNELS} channels",
            extra_json_schema=_SECRET,
        ),
    ] = ()

    @property
    def repeat_after(self) -> timedelta | None:
        """After how long an alert that goes on speaks again; None for never."""
        if self.repeat_every is None:
            return None
        count = int(self.repeat_every[:-1])
        return timedelta(hours=count) if self.repeat_every[-1] == "h" else timedelta(days=count)


def check_alerts(value: Any) -> Alerts:
    """The section with a name for each channel. Raises WrongValue with the place inside it."""
    if not isinstance(value, dict):
        raise WrongValue(NOT_SHOWN, "an object")
    alerts = convert(value, Alerts)
    names: set[str] = set()
    for place, channel in enumerate(alerts.channels):
        _check_channel(channel, f".channels[{place}]")
        if channel.name is not None:
            if channel.name.casefold() in names:
                allowed = "a name that no other channel has"
                raise WrongValue(NOT_SHOWN, allowed, f".channels[{place}].name")
            names.add(channel.name.casefold())
    return msgspec.structs.replace(alerts, channels=tuple(_named(alerts.channels, names)))


def alert_schemas() -> dict[str, Any]:
    """JSON Schemas of the section and of each channel, by name."""
    return definitions(Alerts)


def http_host(url: str) -> str | None:
    """The host of an address that a webhook may have; None if it may not have it."""
    if not re.fullmatch(r"https?://[!-~]{1,2000}", url, re.IGNORECASE):
        return None
    try:
        parts = urlsplit(url)
        allowed = parts.username is None and not parts.fragment and parts.port != 0
    except ValueError:  # of the port or of brackets
        return None
    return parts.hostname if allowed and parts.hostname else None


def _named(channels: tuple[Channel, ...], taken: set[str]) -> Iterator[Channel]:
    """Channels without a name get their type as one, with a number from the second on."""
    for channel in channels:
        if channel.name is None:
            number, name = 1, channel.label
            while name in taken:
                number += 1
                name = f"{channel.label}-{number}"
            taken.add(name)
            channel = msgspec.structs.replace(channel, name=name)
        yield channel


def _check_channel(channel: Channel, at: str) -> None:
    if isinstance(channel, Webhook | Apprise):
        _check_sources(channel, at, ("url", "url_env", "url_file"), needed=True)
    if isinstance(channel, Webhook):
        _check_sources(channel, at, ("secret_env", "secret_file"))
        if channel.url is not None and http_host(channel.url) is None:
            raise WrongValue(NOT_SHOWN, HTTP_URL, f"{at}.url")
    if isinstance(channel, Smtp):
        _check_smtp(channel, at)
    for key in channel.__struct_fields__:
        value = getattr(channel, key)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and has_half_a_character(text):
                raise WrongValue(NOT_SHOWN, "text without half a character", f"{at}.{key}")


def _check_smtp(channel: Smtp, at: str) -> None:
    keys = ("password_env", "password_file")
    _check_sources(channel, at, keys, needed=channel.username is not None)
    has_password = any(getattr(channel, key) is not None for key in keys)
    if has_password and channel.username is None:
        raise WrongValue(None, "a name to log in with, where there is a password", f"{at}.username")
    if has_password and channel.security == "none":
        allowed = "starttls or tls, where there is a password"
        raise WrongValue(channel.security, allowed, f"{at}.security")


def _check_sources(channel: Channel, at: str, keys: tuple[str, ...], needed: bool = False) -> None:
    """One of the ways to say the same; files by absolute path, since a daemon has no folder."""
    given = [key for key in keys if getattr(channel, key) is not None]
    if len(given) > 1 or (needed and not given):
        allowed = f"{'exactly' if needed else 'at most'} one of {', '.join(keys)}"
        raise WrongValue(NOT_SHOWN if given else None, allowed, f"{at}.{(given or keys)[-1]}")
    for key in given:
        path = getattr(channel, key)
        if key.endswith("_file") and not os.path.isabs(os.path.expanduser(path)):
            raise WrongValue(NOT_SHOWN, _FILE, f"{at}.{key}")
