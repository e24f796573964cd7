"""A POST of JSON, with the headers and the signature of the Standard Webhooks specification.

One attempt. Redirects are not followed: what is signed for one receiver is not carried to
another. Of the answer only the status and Retry-After matter; its body is not read.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import math
import ssl
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from indexer import __version__
from indexer.alert_settings import HTTP_URL, Webhook, http_host
from indexer.channels.message import Message
from indexer.channels.secrets import looked_up
from indexer.errors import DeliveryError

TIMEOUT = 10.0
_TEMPORARY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: the answer itself is the result."""


def send(channel: Webhook, message: Message, now: datetime, timeout: float = TIMEOUT) -> None:
    """POST it. Raises DeliveryError."""
    url = looked_up("url", channel.url, channel.url_env, channel.url_file) or ""
    host = http_host(url)
    if host is None:
        raise DeliveryError(f"url: found (not shown), allowed: {HTTP_URL}")
    secret = looked_up("secret", None, channel.secret_env, channel.secret_file)
    body = payload(message)
    headers = {"Content-Type": "application/json", "User-Agent": f"runmeter/{__version__}"}
    headers |= signed(message.id, int(now.replace(tzinfo=UTC).timestamp()), body, secret)
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
    try:
        urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout).close()
    except urllib.error.HTTPError as error:
        with error:
            retry_after = seconds(error.headers.get("Retry-After"), now)
        raise _refused(host, error.code, retry_after) from None
    except (OSError, http.client.HTTPException) as error:
        raise DeliveryError(f"{host}: {_reason(error, timeout)}") from None


def payload(message: Message) -> bytes:
    """The body: `type`, `timestamp` and `data`, as the specification recommends."""
    names = ("id", "title", "body", "state", "rule", "subject", "link")
    data = {name: getattr(message, name) for name in names}
    kind = "report" if message.rule == "report" else "alert"
    document = {"type": f"runmeter.{kind}", "timestamp": message.at, "data": data}
    return json.dumps(document, ensure_ascii=False).encode()


def signed(identity: str, timestamp: int, body: bytes, secret: str | None) -> dict[str, str]:
    """The headers; with a signature only where there is a secret to sign with."""
    headers = {"webhook-id": identity, "webhook-timestamp": str(timestamp)}
    if secret is not None:
        content = f"{identity}.{timestamp}.".encode() + body
        digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After, which is a number of seconds or a date; None if it is neither."""
    if retry_after is None:
        return None
    try:
        if retry_after.strip().isascii() and retry_after.strip().isdigit():
            found = float(retry_after)
        else:
            moment = parsedate_to_datetime(retry_after)
            utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            found = (utc - now.replace(tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(found, 0.0) if math.isfinite(found) else None


def _key(secret: str) -> bytes:
    """`whsec_` and base64, as the specification writes them, or the text as it is."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise DeliveryError("secret: what follows whsec_ is not base64")
    return key


def _refused(host: str, status: int, retry_after: float | None) -> DeliveryError:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        text = f"{host} answered {status}, a redirect, which is not followed"
        return DeliveryError(text, permanent=True)
    temporary = status in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return DeliveryError(
        f"{host} answered {status}", retry_after=retry_after, permanent=not temporary
    )


def _reason(error: Exception, timeout: float) -> str:
    """What went wrong, without the words of the library, which may repeat the address."""
    inner = getattr(error, "reason", error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {inner.verify_message}"
    if isinstance(inner, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    return f"no answer ({type(inner).__name__})"
