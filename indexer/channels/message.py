"""What is sent, made harmless once for every channel.

Titles and subjects hold names from run files. Controls, what turns the direction of text and
halves of characters are replaced when a message is made, and lengths are cut, so that no
channel can be handed a header of its own, a terminal sequence or text that it cannot encode.
"""

import re

import msgspec

from indexer.alert_settings import State
from indexer.times import naive_utc

MAX_TITLE = 200
MAX_SUBJECT = 1_000
MAX_BODY = 8_000
MAX_LINK = 4_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_MARKS = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_NOT_IN_A_LINE = re.compile(rf"[\x00-\x1f\x7f-\x9f{_MARKS}]")
_NOT_IN_A_TEXT = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_MARKS}]")


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with an e-mail, and with chat up to a size; other channels leave it out."""

    name: str
    media_type: str
    content: bytes

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", self.media_type):
            raise ValueError(f"not a media type: {self.media_type!r}")
        msgspec.structs.force_setattr(self, "name", one_line(self.name, MAX_TITLE))


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to say. The same `id` means the same message, so a receiver can drop a repeat.

    `at` is when it became true, as ISO 8601 in UTC; `link` is a path on the dashboard.
    """

    id: str
    title: str
    body: str
    state: State
    rule: str
    subject: str
    at: str
    link: str = ""
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError("the id of a message is 1 to 128 of A-Z, a-z, 0-9, _ and -")
        naive_utc(self.at)
        for name, text in (
            ("title", one_line(self.title, MAX_TITLE)),
            ("subject", one_line(self.subject, MAX_SUBJECT)),
            ("rule", one_line(self.rule, MAX_TITLE)),
            ("at", one_line(self.at, MAX_TITLE)),
            ("link", one_line(self.link, MAX_LINK)),
            ("body", _cut(_NOT_IN_A_TEXT.sub("\ufffd", self.body.replace("\r\n", "\n")), MAX_BODY)),
        ):
            msgspec.structs.force_setattr(self, name, text)

    def text(self) -> str:
        """Body and link, for people."""
        return f"{self.body}\n\n{self.link}" if self.link else self.body


def one_line(text: str, longest: int) -> str:
    """Text that can stand in a header or on a terminal."""
    return _cut(_NOT_IN_A_LINE.sub("\ufffd", text), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
