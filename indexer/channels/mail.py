"""An e-mail by SMTP, one message to all addresses of the channel."""

import smtplib
import ssl
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from indexer.alert_settings import Smtp
from indexer.channels.message import Message
from indexer.channels.secrets import looked_up
from indexer.errors import DeliveryError
from indexer.times import naive_utc

TIMEOUT = 20.0
_DOMAIN = "runmeter.invalid"  # of Message-ID; the machine's own name is nobody's business
_LAST_TEMPORARY = 499


def send(
    channel: Smtp, message: Message, timeout: float = TIMEOUT, tls: ssl.SSLContext | None = None
) -> None:
    """Hand it to the mail server. `tls` is the default context unless given.

    Raises DeliveryError, also when the server took it for some of the addresses only.
    """
    password = looked_up("password", None, channel.password_env, channel.password_file)
    mail = composed(channel, message)
    try:
        with _connected(channel, timeout, tls or ssl.create_default_context()) as server:
            if channel.username is not None and password is not None:
                server.login(channel.username, password)
            refused = server.send_message(mail, channel.sender, list(channel.to))
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        permanent = min(codes) > _LAST_TEMPORARY
        raise DeliveryError(
            f"{channel.host} took none of the addresses ({min(codes)})", permanent=permanent
        ) from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        permanent = error.smtp_code > _LAST_TEMPORARY
        text = f"{channel.host} answered {error.smtp_code}"
        raise DeliveryError(text, permanent=permanent) from None
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise DeliveryError(f"{channel.host}: {_reason(error, timeout)}") from None
    if refused:  # the others have it, so trying again would send it to them twice
        raise DeliveryError(
            f"{channel.host} refused {len(refused)} of {len(channel.to)} addresses", permanent=True
        )


def composed(channel: Smtp, message: Message) -> EmailMessage:
    """The e-mail. The same message has the same Message-ID, whenever it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"[Runmeter] {message.title}"
    mail["From"] = f"Runmeter <{channel.sender}>"
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(naive_utc(message.at).replace(tzinfo=UTC))
    mail["Message-ID"] = f"<{message.id}@{_DOMAIN}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text())
    for attachment in message.attachments:
        kind, subtype = attachment.media_type.split("/")
        mail.add_attachment(
            attachment.content, maintype=kind, subtype=subtype, filename=attachment.name
        )
    return mail


def _connected(channel: Smtp, timeout: float, tls: ssl.SSLContext) -> smtplib.SMTP:
    host, port = channel.host, channel.port_used
    if channel.security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=tls)
    server = smtplib.SMTP(host, port, timeout=timeout)
    if channel.security == "starttls":
        try:
            server.starttls(context=tls)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def _reason(error: Exception, timeout: float) -> str:
    """What went wrong, without the server's own words."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"user name or password was refused ({error.smtp_code})"
        case smtplib.SMTPResponseException():
            return f"answered {error.smtp_code}"
        case smtplib.SMTPNotSupportedError():
            return "does not offer what is needed: encryption, login or addresses of any script"
        case smtplib.SMTPServerDisconnected():
            return "closed the connection or did not answer"
        case UnicodeError():
            return "user name and password have to be ASCII"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good: {error.verify_message}"
        case TimeoutError():
            return f"no answer within {timeout:g} s"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return f"no answer ({type(error).__name__})"
