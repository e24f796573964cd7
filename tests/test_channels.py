"""Channels but for the webhook: each against a real receiver, or what stands for one."""

import base64
import json
import logging
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.alert_settings import Apprise, Desktop, Log, Smtp, Webhook
from indexer.channels import Attachment, chat, desktop, mail, send
from indexer.errors import DeliveryError
from indexer.logs import set_up
from tests.messages import HOSTILE, channel, closed_port, everything_logged, message
from tests.receivers import Mailbox, Receiver, http_receiver, mail_server, trusting


def mailer(box: Mailbox, **given: Any) -> Smtp:
    plain = {"type": "smtp", "host": "127.0.0.1", "port": box.port, "security": "none"}
    ends = {"from": "meter@x.example", "to": ["a@x.example", "b@x.example"]}
    found = channel(**(plain | ends | given))
    assert isinstance(found, Smtp)
    return found


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with http_receiver() as found:
        yield found


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def box(mailbox: Mailbox) -> Mailbox:
    mailbox.reset()
    return mailbox


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
        monkeypatch.setenv("MAIL_PASSWORD", "very-secret-ü")
        with pytest.raises(DeliveryError, match="password have to be ASCII"):
            mail.send(mailer(box, **login), message(), tls=trusting())
    assert len(box.mails) == 1


def test_a_mail_server_that_is_not_as_expected(box: Mailbox) -> None:
    with pytest.raises(DeliveryError, match="does not offer what is needed"):
        send(mailer(box, security="starttls"), message())
    with pytest.raises(DeliveryError, match=r"127.0.0.1: Connection refused"):
        send(mailer(Mailbox(port=closed_port())), message())
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        box = Mailbox(port=silent.getsockname()[1])
        with pytest.raises(DeliveryError, match=r"127.0.0.1: (no answer|closed the connection)"):
            mail.send(mailer(box), message(), timeout=0.05)


def test_apprise_hands_it_to_its_service(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    receiver.status = 200
    made = channel(type="apprise", url=f"json://{receiver.host}/very-secret")
    files = tuple(
        Attachment(name=name, media_type="text/csv", content=b"a\n" * size)
        for name, size in (("ö.csv", 1), ("large.csv", chat.MOST_BYTES))
    )
    with everything_logged() as lines:
        send(made, message(title="@everyone", state="WARNING", attachments=files))
        document = json.loads(receiver.requests[0].body)
        (file,) = document["attachments"]
        assert (file["filename"], base64.b64decode(file["base64"])) == ("ö.csv", b"a\n")
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


def test_every_kind_of_channel_is_sent_through(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("webhook", "mail", "chat", "desktop", "log"):
        module = f"indexer.channels.{name}"
        monkeypatch.setattr(f"{module}.send", lambda *_, name=name: done.append(name))
    made = Webhook(), Smtp(host="h", sender="a@b", to=("c@d",)), Apprise(), Desktop(), Log()
    for one in made:
        send(one, message())
    assert done == ["webhook", "mail", "chat", "desktop", "log"]
