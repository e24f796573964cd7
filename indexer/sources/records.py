"""Records of sources beside runs and jobs, field for column with `schema.sql`.

As in `indexer.records`: what a file says, cleaned but not summed; None is unknown; times
are naive UTC, money is USD. The engine adds the file and the offset within it.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from indexer.records import Count, Money, Name, Text


class Call(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """One call of a model. `call_id` is the call's own, such as message id and request id:
    the same one from several lines or files counts once.

    Input tokens are those that were neither written to a cache nor read from one. Of those
    written, `cache_write_1h_tokens` are kept for an hour, the others for five minutes.
    `cost_usd` is None where the record states none. `message_id` is the answer's own, by
    which an agent's copy of a call within one session is known for what it is;
    `service_tier` is what was bought where that has a price of its own.
    """

    call_id: Name
    session_id: Name | None = None
    message_id: Name | None = None
    run_id: Name | None = None
    project_dir: Text | None = None
    role: Name | None = None
    model: Name | None = None
    at: datetime | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cost_usd: Money | None = None
    service_tier: Name | None = None


class RunEvent(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """One event of a run. The figures are those of its payload, which is kept as JSON text."""

    run_id: Name
    event_type: Name
    at: datetime | None = None
    payload: Text | None = None
    project_dir: Text | None = None
    project_name: Name | None = None
    mode: Name | None = None
    task: Text | None = None
    role: Name | None = None
    model: Name | None = None
    status: Name | None = None
    iteration: Count | None = None
    max_rounds: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost_usd: Money | None = None


class SessionRun(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """One run of a session, with how it was judged. `position` counts from 1."""

    position: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    run_id: Name | None = None
    status: Name | None = None
    score: float | None = None
    evaluation: Text | None = None
    decision: Text | None = None
    cost_usd: Money | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Session(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """Runs that were made for one task, and what was decided."""

    session_id: Name
    project_name: Name | None = None
    project_dir: Text | None = None
    task: Text | None = None
    status: Name | None = None
    decision: Text | None = None
    cost_usd: Money | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    runs: list[SessionRun] = []


class LogLine(msgspec.Struct, omit_defaults=True, gc=False, kw_only=True):
    """One line of a job's log."""

    job_id: Name
    text: Text
    level: Literal["error", "warning"] | None = None
