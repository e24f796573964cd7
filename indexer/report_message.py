"""What goes through the channels with a report: a message that carries it as a file."""

import hashlib
import re
from datetime import datetime

from indexer.channels import Attachment, Message
from indexer.channels.message import MAX_LINK
from indexer.report_settings import MEDIA_TYPES, SUFFIXES, ScheduledReport
from indexer.schedule import Due
from indexer.times import iso


def message(
    report: ScheduledReport,
    due: Due,
    words: str,
    now: datetime,
    content: bytes,
    message_id: str,
    query: str = "",
) -> Message:
    """What the channels get; those that carry no file have its name and what it says."""
    name = file_name(report, due)
    link = f"/analytics{query}"
    return Message(
        id=message_id,
        title=f"Report: {report.name}",
        body=f"{words}\nFile: {name}",
        state="OK",
        rule="report",
        subject=report.name,
        at=iso(now),
        link=link if len(link) <= MAX_LINK else "/analytics",
        attachments=(
            Attachment(name=name, media_type=MEDIA_TYPES[report.format], content=content),
        ),
    )


def identity(*parts: str) -> str:
    """An id that is the same for the same report of the same index and moment."""
    found = hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=12)
    return f"report-{found.hexdigest()}"


def file_name(report: ScheduledReport, due: Due) -> str:
    """`spend-2025-11-10-to-2025-11-16.pdf`; where a range is asked for, the day it is due on."""
    name = re.sub(r"[^\w.-]+", "-", report.name).strip("-.")[:80] or "report"
    days = f"{due.first}-to-{due.last}" if due.first != due.last else str(due.first)
    return f"{name}-{days if report.range is None else due.day}.{SUFFIXES[report.format]}"
