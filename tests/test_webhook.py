"""The webhook: a real receiver that takes it, refuses it or is not there; and its secrets."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.alert_settings import Channel, Smtp, Webhook
from indexer.channels import send, webhook
from indexer.channels.secrets import looked_up
from indexer.errors import DeliveryError
from tests.messages import HOSTILE, NOW, channel, closed_port, everything_logged, message
from tests.receivers import Receiver, http_receiver


def hook(url: str, **given: Any) -> Webhook:
    found = channel(type="webhook", url=url, **given)
    assert isinstance(found, Webhook)
    return found


@pytest.fixture(scope="module")
def http() -> Iterator[Receiver]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver(http: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("no_proxy", "*")
    http.reset()
    yield http
    http.reset()


def test_a_webhook_posts_what_the_message_says(receiver: Receiver) -> None:
    send(hook(f"http://{receiver.host}/in?token=t"), message(), NOW)
    (request,) = receiver.requests
    assert request.path == "/in?token=t"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Webhook-Id"] == "a1"
    assert int(request.headers["Webhook-Timestamp"]) == 1763461800
    assert "Webhook-Signature" not in request.headers
    assert json.loads(request.body) == {
        "type": "runmeter.alert",
        "timestamp": "2025-11-18T10:29:00Z",
        "data": {
            "id": "a1",
            "title": "Shop is over its budget",
            "body": "Spent $21 of $20.\nSince Monday.",
            "state": "ALERT",
            "rule": "budget",
            "subject": "shop",
            "link": "/runs?project=shop",
        },
    }


@pytest.mark.parametrize("as_file", [False, True])
def test_a_signature_is_verified_by_the_specification(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_file: bool
) -> None:
    key = bytes(range(24))
    secret = f" whsec_{base64.b64encode(key).decode()}\n"
    (tmp_path / "secret").write_text(secret)
    monkeypatch.setenv("HOOK_SECRET", secret)
    source = {"secret_file": f"{tmp_path}/secret"} if as_file else {"secret_env": "HOOK_SECRET"}
    for _ in range(2):  # the same message again: the id is what tells a receiver
        send(hook(f"http://{receiver.host}/", **source), message(title=HOSTILE), NOW)
    first, second = receiver.requests
    assert first.headers["Webhook-Id"] == second.headers["Webhook-Id"]
    headers = first.headers
    content = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + first.body
    version, signature = headers["Webhook-Signature"].split(",")
    assert version == "v1"
    assert base64.b64decode(signature) == hmac.digest(key, content, hashlib.sha256)


def test_the_example_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    headers = webhook.signed("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, secret)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "headers", "retry_after", "permanent"),
    [
        (500, {}, None, False),
        (502, {"Retry-After": "soon"}, None, False),
        (503, {"Retry-After": "7"}, 7, False),
        (429, {"Retry-After": "120"}, 120, False),
        (429, {"Retry-After": "Tue, 18 Nov 2025 10:31:30 GMT"}, 90, False),
        (429, {"Retry-After": "Mon, 17 Nov 2025 10:31:30 GMT"}, 0, False),
        (408, {}, None, False),
        (400, {}, None, True),
        (404, {}, None, True),
        (410, {}, None, True),
        (301, {"Location": "/elsewhere"}, None, True),
        (307, {"Location": "/elsewhere"}, None, True),
    ],
)
def test_what_an_answer_means(
    receiver: Receiver,
    status: int,
    headers: dict[str, str],
    retry_after: float | None,
    permanent: bool,
) -> None:
    receiver.status, receiver.headers, receiver.body = status, headers, b"very-secret"
    with everything_logged() as lines, pytest.raises(DeliveryError) as caught:
        send(hook(f"http://{receiver.host}/very-secret"), message(), NOW)
    assert (caught.value.retry_after, caught.value.permanent) == (retry_after, permanent)
    assert str(caught.value).startswith(f"127.0.0.1 answered {status}")
    assert len(receiver.requests) == 1  # no redirect was followed
    assert "very-secret" not in f"{caught.value}{lines}"


def test_a_receiver_that_is_slow_or_down(receiver: Receiver) -> None:
    receiver.stuck = True
    with pytest.raises(DeliveryError, match=r"127.0.0.1: no answer within 0.05 s") as caught:
        webhook.send(hook(f"http://{receiver.host}/"), message(), NOW, timeout=0.05)
    assert not caught.value.permanent
    with pytest.raises(DeliveryError, match=r"127.0.0.1: Connection refused") as caught:
        send(hook(f"http://127.0.0.1:{closed_port()}/"), message(), NOW)
    assert not caught.value.permanent
    with pytest.raises(DeliveryError, match=r"^127.0.0.1: "):  # it speaks no TLS
        send(hook(f"https://127.0.0.1:{receiver.host.split(':')[1]}/"), message(), NOW)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "very-secret", "http://u:very-secret@h/"])
def test_an_address_from_the_environment_is_checked_too(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HOOK", url)
    with pytest.raises(DeliveryError, match=r"url: found \(not shown\), allowed") as caught:
        send(channel(type="webhook", url_env="HOOK"), message())
    assert "very-secret" not in str(caught.value)


def test_secrets_are_looked_up_when_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s"
    with pytest.raises(DeliveryError, match="s cannot be read: No such file"):
        looked_up("url", None, None, str(file))
    for content, words in [(b" \n", "is empty"), (b"\xff", "UTF-8"), (b"x" * 10_001, "larger")]:
        file.write_bytes(content)
        with pytest.raises(DeliveryError, match=words):
            looked_up("url", None, None, str(file))
    file.write_bytes(b"\xef\xbb\xbf one \r\n")
    assert looked_up("url", None, None, str(file)) == "one"
    with pytest.raises(DeliveryError, match=r"is not a regular file|cannot be read"):
        looked_up("url", None, None, str(tmp_path))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DeliveryError, match="pipe is not a regular file"):
            looked_up("url", None, None, str(tmp_path / "pipe"))
    with pytest.raises(DeliveryError, match="password: the environment variable NOT_SET is not"):
        looked_up("password", None, "NOT_SET", None)
    monkeypatch.setenv("NOT_SET", " two ")
    assert looked_up("password", None, "NOT_SET", None) == "two"
    assert looked_up("url", "three", None, None) == "three"
    assert looked_up("secret", None, None, None) is None


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@settings(max_examples=60)
@given(text=SECRETS, kind=st.sampled_from(["webhook", "smtp", "whsec"]))
def test_no_secret_is_in_an_error_or_a_line(text: str, kind: str) -> None:
    secret = f"S3CRET{text}"
    made: Channel
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "*")
        patch.setenv("TESTED_SECRET", secret if kind != "whsec" else f"whsec_!{secret}")
        if kind == "webhook":
            patch.setenv("TESTED_SECRET", f"http://127.0.0.1:1/{secret}")
            made = Webhook(url_env="TESTED_SECRET")
        elif kind == "whsec":
            made = Webhook(url=f"http://127.0.0.1:1/{secret}", secret_env="TESTED_SECRET")
        else:
            made = Smtp(
                host="127.0.0.1", port=1, sender="a@b.example", to=("c@d.example",),
                username="S3CRET", password_env="TESTED_SECRET",
            )  # fmt: skip
        with everything_logged() as lines, pytest.raises(DeliveryError) as caught:
            send(made, message(), NOW)
    said = f"{made!r}{caught.value!r}{caught.value}{lines}"
    assert "S3CRET" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
