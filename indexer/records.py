"""Typed records between parsing and storing, field for column with `schema.sql`.

Records carry what a file says, cleaned but not summed: totals that follow from
parts are made by `queries/load/`. None means unknown. Times are naive UTC, money
is USD. No record refers back to another, so the collector need not look at them.
"""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

MAX_TEXT = 10_000
MAX_NAME = 500
MAX_COST = 999_999
# Sums stay within what their columns hold; queries/load/ makes larger sums unknown.
MAX_COUNT = 10**12
# What the orchestrator's log sanitizer puts in the place of token counts.
REDACTED = "***REDACTED***"

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Money = Annotated[float, Meta(ge=0, le=MAX_COST)]
Tokens = Count | Literal["***REDACTED***"] | None


class Issue(msgspec.Struct, frozen=True, gc=False):
    """Something that could not be used, and where."""

    severity: Literal["error", "warning"]
    place: str
    reason: str
    found: str | None = None
    line: int | None = None
    column_number: int | None = None


class Usage(msgspec.Struct, omit_defaults=True, gc=False):
    """Figures of one entry of `by_role` or `by_model`, under the names that files use.

    Where several names mean the same figure the first one that is set holds.
    """

    role: Name | None = None
    model: Name | None = None
    num_calls: Count | None = None
    calls: Count | None = None
    prompt_tokens: Tokens = None
    input_tokens: Tokens = None
    total_input_tokens: Tokens = None
    completion_tokens: Tokens = None
    output_tokens: Tokens = None
    total_output_tokens: Tokens = None
    total_tokens: Tokens = None
    total_cost_usd: Money | None = None
    total_usd: Money | None = None


class CostSummary(msgspec.Struct, omit_defaults=True, gc=False):
    """`cost_summary`. The parts are moved to `StagedSource` when they are complete."""

    num_calls: Count | None = None
    prompt_tokens: Tokens = None
    input_tokens: Tokens = None
    total_input_tokens: Tokens = None
    completion_tokens: Tokens = None
    output_tokens: Tokens = None
    total_output_tokens: Tokens = None
    total_cost_usd: Money | None = None
    total_usd: Money | None = None
    by_role: dict[Name, Usage] | None = None
    by_model: dict[Name, Usage] | None = None


class Iteration(msgspec.Struct, omit_defaults=True, gc=False):
    """One entry of `iterations`."""

    index: Count | None = None
    role: Name | None = None
    status: Name | None = None
    notes: Text | None = None
    safety_status: Name | None = None
    timestamp: datetime | None = None


class QaIssue(msgspec.Struct, omit_defaults=True, gc=False):
    """One entry of `qa_report.issues`."""

    category: Name | None = None
    severity: Name | None = None
    message: Text | None = None
    file: Text | None = None
    line: Count | None = None


class QaReport(msgspec.Struct, omit_defaults=True, gc=False):
    """`qa_report`; an entry of another kind than an object is None, so that places hold."""

    issues: list[QaIssue | None] | None = None


class RunConfig(msgspec.Struct, omit_defaults=True, gc=False):
    """`config`."""

    max_cost_usd: Money | None = None


class Run(msgspec.Struct, omit_defaults=True, gc=False):
    """One run document: what is used of it, named as in the file."""

    run_id: Name | None = None
    project_dir: Text | None = None
    mode: Name | None = None
    task: Text | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    max_rounds: Count | None = None
    rounds_completed: Count | None = None
    final_status: Name | None = None
    safety_status: Name | None = None
    qa_status: Name | None = None
    qa_summary: Text | None = None
    estimated_cost_usd: Money | None = None
    models_used: dict[str, Name | None] | None = None
    cost_summary: CostSummary | None = None
    config: RunConfig | None = None
    iterations: list[Iteration | None] | None = None
    qa_report: QaReport | None = None


class ParsedRun(msgspec.Struct, omit_defaults=True, gc=False):
    """A run with what follows from the text of its document; nothing is summed.

    `run_id` and the roles' models are resolved, `document` is without those parts.
    """

    run_id: str
    document: Run
    project_name: str = ""
    tokens_redacted: bool = False
    roles: list[Usage] = []
    models: list[Usage] = []


class Job(msgspec.Struct, gc=False):
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


class FileState(NamedTuple):
    """What `stat` says of a file; any difference means that it is read again."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class StagedSource(msgspec.Struct, gc=False):
    """One row of `sources` as a pass has just seen it."""

    path: str
    kind: Literal["run", "jobs", "config", "record"]
    state: Literal["indexed", "invalid"]
    run_id: str | None
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    content_hash: str | None
    read_again: bool
    issues: list[Issue] = []
    run: ParsedRun | None = None
    standing: int = 0
    holder: str | None = None
    record: str | None = None


class StagedFile(msgspec.Struct, gc=False):
    """A file of a source as a pass has just read it.

    `is_replaced`: it was read whole, so that nothing of what it said before holds. The last
    fields are those of a file that is appended to; its `lines` and `bad_lines` are the new ones.
    """

    path: str
    kind: str
    state: Literal["indexed", "invalid"]
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    read_again: bool
    content_hash: str | None = None
    is_replaced: bool = False
    generation: int | None = None
    read_to: int | None = None
    in_long_line: bool = False
    head_hash: str | None = None
    last_hash: str | None = None
    lines: int = 0
    bad_lines: int = 0
    issues: list[Issue] = []
