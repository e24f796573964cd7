"""Typed records between parsing and storing, field for column with `schema.sql`.

Records carry what a file says, cleaned but not summed: totals that follow from
parts are made by `queries/load/`. None means unknown. Times are naive UTC, money
is USD.
"""

from datetime import datetime
from typing import Literal

import msgspec


class Issue(msgspec.Struct, frozen=True):
    """Something that could not be used, and where."""

    severity: Literal["error", "warning"]
    place: str
    reason: str
    found: str | None = None
    line: int | None = None
    column_number: int | None = None


class Usage(msgspec.Struct):
    """Figures of one part of a run; `total_tokens` only where the file states it."""

    calls: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None


class RoleUsage(Usage):
    """One entry of `by_role`; `model` is already resolved."""

    role: str = ""
    model: str = ""


class ModelUsage(Usage):
    """One entry of `by_model`."""

    model: str = ""


class Iteration(msgspec.Struct):
    """One entry of `iterations`, `position` from 1."""

    position: int
    iteration_index: int | None = None
    role: str | None = None
    status: str | None = None
    notes: str | None = None
    safety_status: str | None = None
    occurred_at: datetime | None = None


class QaIssue(msgspec.Struct):
    """One entry of `qa_report.issues`, `position` from 1."""

    position: int
    category: str | None = None
    severity: str | None = None
    message: str | None = None
    file: str | None = None
    line: int | None = None


class Run(msgspec.Struct):
    """One run document."""

    run_id: str
    project_name: str = "unknown"
    project_dir: str | None = None
    mode: str | None = None
    task: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    max_rounds: int | None = None
    rounds_completed: int | None = None
    final_status: str | None = None
    safety_status: str | None = None
    qa_status: str | None = None
    qa_summary: str | None = None
    cost_usd: float | None = None
    estimated_cost_usd: float | None = None
    max_cost_usd: float | None = None
    calls: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens_redacted: bool = False
    roles: list[RoleUsage] = []
    models: list[ModelUsage] = []
    iterations: list[Iteration] = []
    qa_issues: list[QaIssue] = []


class Job(msgspec.Struct):
    """One entry of `jobs_state.json`."""

    job_id: str
    status: str | None = None
    run_id: str | None = None
    project_name: str | None = None
    mode: str | None = None
    task: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    logs_path: str | None = None


class FileState(msgspec.Struct, frozen=True):
    """What `stat` says of a file; any difference means that it is read again."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class StagedSource(msgspec.Struct):
    """One row of `sources` as a pass has just seen it."""

    path: str
    kind: Literal["run", "jobs", "config"]
    state: Literal["indexed", "invalid"]
    run_id: str | None
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    content_hash: str | None
    read_again: bool
    issues: list[Issue] = []
    run: Run | None = None
