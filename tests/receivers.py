"""Receivers for the tests of channels: a real HTTP server and a real mail server."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).parent / "data" / "tls" / "localhost.pem"


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with `status` and `headers`; never while `stuck` is set and not released."""

    server: ThreadingHTTPServer
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    requests: list[Request] = field(default_factory=list)
    stuck: bool = False
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def reset(self) -> None:
        self.released.set()
        self.released = threading.Event()
        self.status, self.headers, self.body, self.stuck = 204, {}, b"", False
        self.requests.clear()


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    receiver = Receiver(server)
    cast(Any, server).receiver = receiver
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver: Receiver = cast(Any, self.server).receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.requests.append(Request(self.path, dict(self.headers.items()), body))
        if receiver.stuck:
            receiver.released.wait(60)
            self.close_connection = True
            return
        self.send_response(receiver.status)
        for name, value in receiver.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(receiver.body)))
        self.end_headers()
        self.wfile.write(receiver.body)

    def log_message(self, *_: Any) -> None:
        """Tests say what went wrong themselves."""


@dataclass
class Mailbox:
    """What a mail server took, and what it refuses: addresses by their code, or all of it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    answer: str = "250 OK"

    def reset(self) -> None:
        self.mails.clear()
        self.recipients.clear()
        self.refused.clear()
        self.answer = "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return f"{self.refused[address]} very-secret words"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            content = cast(bytes, envelope.content)
            mail = message_from_bytes(content, policy=policy.default)
            self.mails.append(mail)
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


class _AnyPort(Controller):
    """Listens where the system says, which is known before it is first connected to."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = cast(Any, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(security: str = "none", password: str | None = None) -> Iterator[Mailbox]:
    """One that speaks TLS from the start, after STARTTLS or not at all."""
    box = Mailbox()
    options: dict[str, Any] = {}
    if security != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        options = {"ssl_context" if security == "tls" else "tls_context": context}
    if password is not None:
        expected = LoginPassword(b"me", password.encode())
        options["authenticator"] = lambda server, session, envelope, mechanism, given: AuthResult(
            success=given == expected, handled=False
        )
        options |= {"auth_required": True, "auth_require_tls": security == "starttls"}
    controller = _AnyPort(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def trusting() -> ssl.SSLContext:
    """A context that trusts the certificate of the tests and no other."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
