"""Who may reach the dashboard: the token, the names it answers to, what it trusts.

On loopback nothing is asked for. Anywhere else, and behind a proxy, which brings
others in, there is no serving without a token; it comes from a file or the
environment, never from the command line, which other users of the machine can read.
"""

import hmac
import ipaddress
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from indexer.errors import UsageError

MIN_TOKEN = 16
MAX_TOKEN = 1000


def is_loopback(name: str) -> bool:
    """Whether a host name or address, without port, means this machine only."""
    name = name.strip("[]").rstrip(".").lower()
    return name == "localhost" or bool((found := _address(name)) and found.is_loopback)


@dataclass(frozen=True, slots=True)
class Access:
    """How the app is served. `allowed_hosts` are further names that it answers to."""

    host: str = "127.0.0.1"
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    behind_proxy: bool = False
    allow_sql: bool = False

    @classmethod
    def of(
        cls,
        host: str = "127.0.0.1",
        token_file: Path | None = None,
        allowed_hosts: tuple[str, ...] = (),
        behind_proxy: bool = False,
        allow_sql: bool = False,
    ) -> "Access":
        """From options, with the token of the file, else of RUNMETER_TOKEN. Raises UsageError."""
        token = _read_token(token_file) if token_file else os.environ.get("RUNMETER_TOKEN")
        source = str(token_file) if token_file else "RUNMETER_TOKEN"
        access = cls(
            host, _checked(token, source) if token else None, allowed_hosts, behind_proxy, allow_sql
        )
        if access.exposed and access.token is None:
            reason = "--behind-proxy" if is_loopback(host) else f"--host {host}"
            raise UsageError(
                f"{reason}: others can reach the dashboard there, so it needs a token:"
                " name a file that holds one with --token-file, or set RUNMETER_TOKEN"
            )
        return access

    @property
    def exposed(self) -> bool:
        """Whether others than the users of this machine can reach it."""
        return self.behind_proxy or not is_loopback(self.host)

    @property
    def sql(self) -> bool:
        """Whether the SQL page is on."""
        return self.allow_sql or not self.exposed

    @property
    def session(self) -> str:
        """What the cookie holds: follows from the token and does not give it away."""
        return blake2b(b"session", key=_digest(self.token or "")).hexdigest()

    def is_token(self, text: str) -> bool:
        """Whether `text` is the token, in a time that tells nothing of it."""
        return self.token is not None and hmac.compare_digest(_digest(text), _digest(self.token))

    def is_session(self, text: str) -> bool:
        """Whether `text` is a cookie that a token was swapped for."""
        return self.token is not None and hmac.compare_digest(text.encode(), self.session.encode())

    def answers_to(self, name: str) -> bool:
        """Whether a request may name this host, without port.

        Addresses are safe where a token is asked for: rebinding needs a name.
        """
        name = name.strip("[]").rstrip(".").lower()
        if is_loopback(name):
            return True
        known = {one.strip("[]").lower() for one in (self.host, *self.allowed_hosts)}
        return self.exposed and (name in known or _address(name) is not None)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass")).digest()


def _read_token(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_TOKEN + 2).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file: {path}: cannot be read: {error}") from error
    if not text:
        raise UsageError(f"--token-file: {path}: found nothing, allowed: a token in one line")
    return text


def _checked(token: str, source: str) -> str:
    if not MIN_TOKEN <= len(token) <= MAX_TOKEN or not token.isascii() or not token.isprintable():
        raise UsageError(
            f"{source}: found a token of {len(token)} characters, allowed:"
            f" {MIN_TOKEN} to {MAX_TOKEN} printable ASCII characters"
        )
    if " " in token:
        raise UsageError(f"{source}: found a token with blanks, allowed: one without")
    return token
