"""Channels: each against a real receiver that takes it, refuses it or is not there."""

import base64
import hashlib
import hmac
import json
import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.alert_settings import Apprise, Channel, Desktop, Log, Smtp, Webhook
from indexer.channels import Attachment, Message, chat, desktop, mail, send, webhook
from indexer.channels.secrets import looked_up
from indexer.config import check_config
from indexer.errors import DeliveryError
from indexer.logs import set_up
from indexer.times import naive_utc
from tests.receivers import Mailbox, Receiver, http_receiver, mail_server, trusting

NOW = naive_utc("2025-11-18T10:30:00Z")
HOSTILE = "<b>&\r\nBcc: x@y.example\x00\x1b[2J\u202e=1+1 @everyone Ünï 项目 \ud800"


def message(**changes: Any) -> Message:
    given = {
        "id": "a1", "title": "Shop is over its budget", "body": "Spent $21 of $20.\nSince Monday.",
        "state": "ALERT", "rule": "budget", "subject": "shop", "at": "2025-11-18T10:29:00Z",
        "link": "/runs?project=shop",
    }  # fmt: skip
    return Message(**(given | changes))


def channel(**given: Any) -> Channel:
    (found,) = check_config({"alerts": {"channels": [given]}}, "here").alerts.channels
    return found


def hook(url: str, **given: Any) -> Webhook:
    found = channel(type="webhook", url=url, **given)
    assert isinstance(found, Webhook)
    return found


def mailer(box: Mailbox, **given: Any) -> Smtp:
    plain = {"type": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none"}
    ends = {"from": "meter@x.example", "to": ["a@x.example", "b@x.example"]}
    found = channel(**(plain | ends | given))
    assert isinstance(found, Smtp)
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


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def box(mailbox: Mailbox) -> Mailbox:
    mailbox.reset()
    return mailbox


@pytest.fixture
def closed_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """All lines that any library logs, down to debug."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


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


def test_a_receiver_that_is_slow_or_down(receiver: Receiver, closed_port: int) -> None:
    receiver.stuck = True
    with pytest.raises(DeliveryError, match=r"127.0.0.1: no answer within 0.05 s") as caught:
        webhook.send(hook(f"http://{receiver.host}/"), message(), NOW, timeout=0.05)
    assert not caught.value.permanent
    with pytest.raises(DeliveryError, match=r"127.0.0.1: Connection refused") as caught:
        send(hook(f"http://127.0.0.1:{closed_port}/"), message(), NOW)
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
    with pytest.raises(DeliveryError, match="password: the environment variable NOT_SET is not"):
        looked_up("password", None, "NOT_SET", None)
    monkeypatch.setenv("NOT_SET", " two ")
    assert looked_up("password", None, "NOT_SET", None) == "two"
    assert looked_up("url", "three", None, None) == "three"
    assert looked_up("secret", None, None, None) is None


def test_an_email_arrives_whole(box: Mailbox) -> None:
    attachment = Attachment(name="Bericht ü\n.csv", media_type="text/csv", content=b"a,b\r\n1,2")
    title = f"{HOSTILE}{'x' * 10_000}"
    sent = message(title=title, body=f"{HOSTILE}\n" + "y" * 7_000, attachments=(attachment,))
    for _ in range(2):
        send(mailer(box), sent)
    first, second = box.mails
    assert box.recipients[0] == ["a@x.example", "b@x.example"]
    assert first["Message-ID"] == second["Message-ID"] == "<a1@runmeter.invalid>"
    assert first["To"] == "a@x.example, b@x.example"
    assert first["From"] == "Runmeter <meter@x.example>"
    assert first["Date"] == "Tue, 18 Nov 2025 10:29:00 +0000"
    assert first["Bcc"] is None
    assert first["Subject"] == f"[Runmeter] {sent.title}"
    assert "Ünï 项目" in first["Subject"]
    body = first.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == sent.text()
    (found,) = first.iter_attachments()
    assert (found.get_content_type(), found.get_filename()) == ("text/csv", "Bericht ü\ufffd.csv")
    assert found.get_payload(decode=True) == b"a,b\r\n1,2"


@pytest.mark.parametrize(
    ("refused", "answer", "words", "permanent"),
    [
        ({"a@x.example": 550}, "250 OK", "127.0.0.1 refused 1 of 2 addresses", True),
        ({"a@x.example": 550, "b@x.example": 550}, "250 OK", "took none of the addresses", True),
        ({"a@x.example": 550, "b@x.example": 450}, "250 OK", "addresses \\(450\\)", False),
        ({}, "451 very-secret", "127.0.0.1 answered 451", False),
        ({}, "554 very-secret", "127.0.0.1 answered 554", True),
    ],
)
def test_a_mail_server_that_refuses(
    box: Mailbox, refused: dict[str, int], answer: str, words: str, permanent: bool
) -> None:
    box.refused, box.answer = refused, answer
    with pytest.raises(DeliveryError, match=words) as caught:
        send(mailer(box), message())
    assert caught.value.permanent is permanent
    assert "very-secret" not in str(caught.value)


# It knows TLS from STARTTLS only, not TLS from the start.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_email_over_tls_with_a_password(security: str, monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"security": security, "username": "me", "password_env": "MAIL_PASSWORD"}
    monkeypatch.setenv("MAIL_PASSWORD", "very-secret")
    with mail_server(security, "very-secret") as box:
        mail.send(mailer(box, **login), message(), tls=trusting())
        assert len(box.mails) == 1
        with pytest.raises(DeliveryError, match="certificate is not good: self-signed"):
            send(mailer(box, **login), message())
        monkeypatch.setenv("MAIL_PASSWORD", "very-secret-and-wrong")
        with pytest.raises(DeliveryError, match=r"or password was refused \(535\)") as caught:
            mail.send(mailer(box, **login), message(), tls=trusting())
    assert not caught.value.permanent
    assert len(box.mails) == 1


def test_a_mail_server_that_is_not_as_expected(box: Mailbox, closed_port: int) -> None:
    with pytest.raises(DeliveryError, match="does not offer what is needed"):
        send(mailer(box, security="starttls"), message())
    with pytest.raises(DeliveryError, match=r"127.0.0.1: Connection refused"):
        send(mailer(Mailbox(port=closed_port)), message())
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        box = Mailbox(port=silent.getsockname()[1])
        with pytest.raises(DeliveryError, match=r"127.0.0.1: (no answer|closed the connection)"):
            mail.send(mailer(box), message(), timeout=0.05)


def test_apprise_hands_it_to_its_service(receiver: Receiver) -> None:
    receiver.status = 200
    made = channel(type="apprise", url=f"json://{receiver.host}/very-secret")
    with everything_logged() as lines:
        send(made, message(title="@everyone", state="WARNING"))
        document = json.loads(receiver.requests[0].body)
        assert (document["title"], document["type"]) == ("@\u200beveryone", "warning")
        assert document["message"].endswith("Since Monday.\n\n/runs?project=shop")
        receiver.status = 500
        with pytest.raises(DeliveryError, match="the service did not take it"):
            send(made, message())
        with pytest.raises(
            DeliveryError, match=r"url: found \(not shown\), allowed: an address"
        ) as caught:
            send(channel(type="apprise", url="nothing://very-secret"), message())
    assert "very-secret" not in f"{lines}{caught.value}"


def test_apprise_that_takes_too_long_is_ended(receiver: Receiver) -> None:
    chat_channel = channel(type="apprise", url=f"json://{receiver.host}/very-secret")
    assert isinstance(chat_channel, Apprise)
    with pytest.raises(DeliveryError, match=r"^the service did not answer within 0.01 s$"):
        chat.send(chat_channel, message(), timeout=0.01)


def test_apprise_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(DeliveryError, match=r"pip install 'runmeter\[notify\]'"):
        send(channel(type="apprise", url="json://h/"), message())


def test_the_log_holds_one_harmless_line(capsys: pytest.CaptureFixture[str]) -> None:
    root, own = logging.getLogger(), logging.getLogger("runmeter")
    before = root.handlers[:], root.level, own.level
    try:
        set_up("text")
        send(channel(type="log"), message(title=HOSTILE, body=f"one\n{HOSTILE}"))
    finally:
        root.handlers[:], root.level = before[0], before[1]
        own.setLevel(before[2])
    text = capsys.readouterr().err
    assert "ERROR <b>&\ufffd\ufffdBcc" in text
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no notices on its desktop")
def test_a_desktop_gets_the_text_as_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}")
    with pytest.raises(DeliveryError, match="notify-send is not installed"):
        desktop.send(message(), "linux")
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said\n')
    program.chmod(0o755)
    sent = message(title="-h $(x) `y`", body="<b>bold</b>")
    desktop.send(sent, "linux")
    assert (tmp_path / "said").read_text().split("\n")[:-1] == [
        "--app-name=Runmeter", "--urgency=critical", "--", "-h $(x) `y`", "&lt;b&gt;bold&lt;/b&gt;",
    ]  # fmt: skip
    program.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(DeliveryError, match="ended with exit code 3"):
        desktop.send(sent, "linux")
    script = desktop.command(sent, "darwin")
    assert script[-3:] == ["--", "-h $(x) `y`", "<b>bold</b>"]
    assert not any("bold" in part for part in script[:-3])
    with pytest.raises(DeliveryError, match="Linux and macOS only"):
        desktop.send(sent, "win32")


@pytest.mark.parametrize("wrong", [{"id": "a\nb"}, {"id": ""}, {"at": "then"}])
def test_a_message_needs_an_id_and_a_moment(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        message(**wrong)


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@settings(max_examples=60, deadline=None)
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


def test_every_kind_of_channel_is_sent_through(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("webhook", "mail", "chat", "desktop", "log"):
        module = f"indexer.channels.{name}"
        monkeypatch.setattr(f"{module}.send", lambda *_, name=name: done.append(name))
    made = Webhook(), Smtp(host="h", sender="a@b", to=("c@d",)), Apprise(), Desktop(), Log()
    for one in made:
        send(one, message())
    assert done == ["webhook", "mail", "chat", "desktop", "log"]
