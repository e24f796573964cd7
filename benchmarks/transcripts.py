"""Transcripts of coding agents, made up from a seed, with the sums that they must give.

Of the form that agents write: a person's line, then an answer in several lines that all
carry its usage. Some sessions resume another and repeat its lines; some have a subagent
with a file of its own. In a share of the answers (`growing`) the first lines have only
part of the output tokens, as while an answer streams.
"""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

BYTES = 235_000  # of a file, on average
MODELS = ("claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101")
PROJECTS = 20
TEXT = "the run reads each file once and keeps what it said so that nobody need wait"
START = datetime(2026, 1, 5, 8)  # noqa: DTZ001


class Sums(NamedTuple):
    """What all calls of a tree come to, each counted once."""

    calls: int
    input: int
    output: int
    cache_write: int
    cache_read: int

    @property
    def tokens(self) -> int:
        return self.input + self.output + self.cache_write + self.cache_read


def make(folder: Path, files: int, growing: float = 0.0, seed: int = 8) -> Sums:
    """Make `files` transcripts below `folder`/.claude/projects, unless they are there."""
    note = folder / "sums.json"
    if note.exists():
        return Sums(*json.loads(note.read_text()))
    rng = random.Random(seed)
    text = " ".join(rng.choices(TEXT.split(), k=40_000))
    sums, before = Sums(0, 0, 0, 0, 0), list[str]()
    for number in range(files):
        project = f"-home-me-project-{rng.randrange(PROJECTS)}"
        session = f"{rng.getrandbits(64):016x}-{number:08d}"
        target = folder / ".claude" / "projects" / project / f"{session}.jsonl"
        below = number % 20 == 7
        if below:
            target = target.with_suffix("") / "subagents" / f"agent-{number}.jsonl"
        target.parent.mkdir(parents=True, exist_ok=True)
        repeated = before if number % 10 == 3 else []
        lines, sums = _session(rng, text, session, below, growing, repeated, sums)
        target.write_text("".join(lines))
        before = [line for line in lines if '"usage"' in line][:40]
    note.write_text(json.dumps(sums))
    return sums


def _session(
    rng: random.Random,
    text: str,
    session: str,
    below: bool,
    growing: float,
    repeated: list[str],
    sums: Sums,
) -> tuple[list[str], Sums]:
    """The lines of a file; `repeated` are those of the session that it resumes."""
    lines = [_moved(line, session) for line in repeated]
    size, now = sum(map(len, lines)), START + timedelta(minutes=rng.randrange(300_000))
    while size < BYTES:
        now += timedelta(seconds=rng.randrange(2, 90))
        answer, counts = _answer(rng, text, session, now, below, growing)
        lines += answer
        size += sum(map(len, answer))
        sums = Sums(*(a + b for a, b in zip(sums, counts, strict=True)))
    return lines, sums


def _answer(
    rng: random.Random, text: str, session: str, now: datetime, below: bool, growing: float
) -> tuple[list[str], Sums]:
    written, hour = rng.randrange(200, 9_000), rng.random() < 0.2
    usage = {
        "input_tokens": rng.randrange(3, 40),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": rng.randrange(10_000, 150_000),
        "cache_creation": {
            "ephemeral_5m_input_tokens": 0 if hour else written,
            "ephemeral_1h_input_tokens": written if hour else 0,
        },
        "output_tokens": rng.randrange(20, 3_000),
        "service_tier": "standard",
    }
    base = {
        "parentUuid": f"{rng.getrandbits(64):016x}",
        "isSidechain": below,
        "userType": "external",
        "cwd": f"/home/me/project-{rng.randrange(PROJECTS)}",
        "sessionId": session,
        "version": "2.0.30",
        "gitBranch": "main",
        "timestamp": f"{now.isoformat(timespec='milliseconds')}Z",
    }
    shown = base | {
        "type": "user",
        "message": {"role": "user", "content": _cut(rng, text, 7_000)},
        "toolUseResult": {"stdout": _cut(rng, text, 500)},
    }
    message = {
        "id": f"msg_{rng.getrandbits(80):020x}",
        "type": "message",
        "role": "assistant",
        "model": rng.choice(MODELS),
    }
    request, parts = f"req_{rng.getrandbits(80):020x}", rng.randrange(1, 4)
    grows = rng.random() < growing
    lines = [json.dumps(shown, separators=(",", ":"))]
    for part in range(parts):
        told = usage
        if grows and part < parts - 1:
            told = usage | {"output_tokens": 1 + part}
        content = [{"type": "text", "text": _cut(rng, text, 1_200)}]
        line = base | {
            "type": "assistant",
            "uuid": f"{rng.getrandbits(64):016x}",
            "requestId": request,
            "message": message | {"content": content, "usage": told},
        }
        lines.append(json.dumps(line, separators=(",", ":")))
    sums = Sums(
        1,
        int(str(usage["input_tokens"])),
        int(str(usage["output_tokens"])),
        written,
        int(str(usage["cache_read_input_tokens"])),
    )
    return [line + "\n" for line in lines], sums


def _moved(line: str, session: str) -> str:
    """A line as the session that resumes another repeats it."""
    return json.dumps(json.loads(line) | {"sessionId": session}, separators=(",", ":")) + "\n"


def _cut(rng: random.Random, text: str, most: int) -> str:
    begin = rng.randrange(len(text) - most)
    return text[begin : begin + rng.randrange(most // 2, most)]
