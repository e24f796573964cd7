"""A sample tree to look around in, and new runs that keep coming.

The tree is what an orchestrator leaves: several projects and models over a year,
both shapes of run document, redacted token counts, broken files, folders without a
summary, jobs in all states. Equal seed, days and moment give equal bytes. A folder
that is neither empty nor a sample tree is never touched.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from indexer.errors import UsageError
from indexer.lifecycle import Stop

MARKER = ".runmeter-demo"
REDACTED = "***REDACTED***"
# USD per million tokens: prompt, completion.
PRICES = {
    "gpt-5-2025-08-07": (1.25, 10.0),
    "gpt-5-mini-2025-08-07": (0.25, 2.0),
    "gpt-5-nano": (0.05, 0.4),
    "gpt-4o": (2.5, 10.0),
    "claude-sonnet-4-5": (3.0, 15.0),
    "claude-haiku-4-5": (1.0, 5.0),
}
TASKS = (
    "Build a landing page",
    "Add a contact form with validation",
    "Fix the failing checkout tests",
    "Write the API reference",
    "Make the navigation accessible",
    "Speed up the product search",
)
OUTCOMES = ("success", "approved", "max_rounds_reached", "cost_cap_exceeded", "timeout")


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the sample: where it lies, how busy it is, and in which part of the year."""

    directory: str
    runs_per_day: float
    first: float = 0.0
    last: float = 1.0


PROJECTS = (
    Project("/home/dev/sites/shop", 1.7),
    Project("/home/dev/sites/landing/", 1.1),
    Project("D:\\projects\\orchestrator\\sites\\docs", 0.8),
    Project("/home/dev/sites/billing-api", 0.9, first=0.45),
    Project("/home/dev/sites/legacy-portal", 0.7, last=0.6),
    Project("/home/dev/sites/Kundenportal Zürich", 0.5),
    Project("/home/dev/sites/mobile-app", 0.6, first=0.2),
)


@dataclass(slots=True)
class DemoTotals:
    """What was written: the truth that a test holds the index against. Cost in micro-USD."""

    runs: int = 0
    broken: int = 0
    cost_micro_usd: int = 0
    known_token_runs: int = 0
    total_tokens: int = 0
    project_cost_micro_usd: dict[str, int] = field(default_factory=dict)


def write_tree(
    root: Path,
    *,
    days: int,
    seed: int,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> DemoTotals | None:
    """Write `days` days that end at `now`; None where the same tree is there already.

    Raises UsageError for a folder that holds something else.
    """
    marker = root / MARKER
    wanted = f"days={days} seed={seed}\n"
    if root.exists() and any(root.iterdir()) and not marker.exists():
        raise UsageError(f"{root}: holds something else; name an empty or new folder with --dir")
    if marker.exists():
        if marker.read_text(encoding="utf-8") != wanted:
            raise UsageError(
                f"{root}: was made with other --days or --seed; remove it or use --dir"
            )
        return None
    (root / "agent").mkdir(parents=True, exist_ok=True)
    marker.write_text(wanted, encoding="utf-8")
    chance, totals = random.Random(seed), DemoTotals()
    jobs: list[dict[str, Any]] = []
    for day in range(days):
        for project in PROJECTS:
            for _ in range(_runs_on(chance, project, day, days, now)):
                start = now - timedelta(days=days - day - 1, minutes=chance.uniform(30, 720))
                document = _run(chance, project, start.astimezone(UTC))
                _write_run(root, document)
                _count(totals, document)
                if days - day <= 30:
                    jobs.append(_job(chance, document))
        if progress is not None:
            progress(day + 1, days)
    _write_oddities(root, totals)
    jobs += [_open_job(chance, now, status) for status in ("running", "queued", "cancelled")]
    _write_json(root / "agent" / "jobs_state.json", {"jobs": jobs})
    _write_config(root, now, totals, days)
    return totals


class LiveProducer:
    """Does, at each step, the next thing an orchestrator would do: queue, start, finish."""

    def __init__(self, root: Path, *, seed: int) -> None:
        self._root = root
        self._chance = random.Random(f"{seed} live")  # other runs than the tree's
        self._file = root / "agent" / "jobs_state.json"
        self._mine: dict[str, Any] | None = None

    def step(self, now: datetime) -> str:
        """Advance the job by one status; returns what happened in a line."""
        jobs = json.loads(self._file.read_text(encoding="utf-8"))["jobs"]
        job = self._mine
        if job is None:
            job = self._mine = _open_job(self._chance, now, "queued")
            jobs.append(job)
        else:
            jobs = [entry for entry in jobs if entry["id"] != job["id"]] + [job]
            self._advance(job, now)
        job["updated_at"] = _stamp(now)
        _write_json(self._file, {"jobs": jobs})
        return f"{job['config']['project_subdir']}: {job['status']}"

    def _advance(self, job: dict[str, Any], now: datetime) -> None:
        if job["status"] == "queued":
            job.update(status="running", started_at=_stamp(now))
            return
        project = self._chance.choice(PROJECTS)
        minutes = self._chance.uniform(2, 12)
        document = _run(self._chance, project, now - timedelta(minutes=minutes), minutes)
        # A new identity each time the demo is started, whatever the seed.
        document["run_id"] = f"{int(now.timestamp()):x}{self._chance.getrandbits(16):04x}"
        _write_run(self._root, document)
        job.update(_job(self._chance, document), id=job["id"], created_at=job["created_at"])
        self._mine = None


def run_producer(producer: LiveProducer, stop: Stop, every: float) -> None:
    """A step every `every` seconds until `stop` is set."""
    while not stop.wait(every):
        producer.step(datetime.now(UTC))


def _runs_on(chance: random.Random, project: Project, day: int, days: int, now: datetime) -> int:
    part = day / days
    if not project.first <= part <= project.last:
        return 0
    weekday = (now - timedelta(days=days - day - 1)).weekday()
    rate = project.runs_per_day * (0.6 + 0.8 * part) * (0.25 if weekday >= 5 else 1.0)
    spike = 6 if day == days * 3 // 4 else 1  # one day on which something went in circles
    return int(rate * spike + chance.random())


def _run(
    chance: random.Random, project: Project, start: datetime, minutes: float | None = None
) -> dict[str, Any]:
    """One run document, in one shape or the other."""
    three = chance.random() < 0.6
    roles = ["manager", "supervisor", "employee"] if three else ["manager", "employee"]
    if three and chance.random() < 0.1:
        roles.append("merge_manager")
    models = {role: chance.choice(list(PRICES)) for role in roles}
    rounds = chance.randint(1, 3)
    finish = start + timedelta(minutes=minutes or chance.uniform(2, 28))
    usage = {role: _usage(chance, models[role], rounds) for role in roles}
    quality = chance.choices(["passed", "warning", "failed", "error", None], [62, 14, 12, 3, 9])[0]
    document: dict[str, Any] = {
        "run_id": f"{chance.getrandbits(48):012x}",
        "started_at": _stamp(start),
        "finished_at": _stamp(finish),
        "mode": "3loop" if three else "2loop",
        "project_dir": project.directory,
        "task": chance.choice(TASKS),
        "max_rounds": 3,
        "rounds_completed": rounds,
        "final_status": chance.choices(OUTCOMES, [50, 25, 12, 6, 7])[0],
        "safety_status": "passed",
        "models_used": models,
        "qa_status": quality,
    }
    if chance.random() < 0.5:
        document["cost_summary"] = _documented(usage)
    else:
        document |= _real(chance, usage, models, quality, (start, finish), rounds)
    return document


def _usage(chance: random.Random, model: str, rounds: int) -> dict[str, int]:
    prompt = rounds * chance.randint(4_000, 40_000)
    completion = rounds * chance.randint(1_000, 16_000)
    price = PRICES[model]
    # USD per million tokens is micro-USD per token.
    micro = round(prompt * price[0] + completion * price[1])
    return {"prompt": prompt, "completion": completion, "calls": rounds, "micro": micro}


def _documented(usage: dict[str, dict[str, int]]) -> dict[str, Any]:
    """The shape of the specification."""
    return {
        "total_cost_usd": sum(part["micro"] for part in usage.values()) / 1e6,
        "by_role": {
            role: {
                "total_tokens": part["prompt"] + part["completion"],
                "total_cost_usd": part["micro"] / 1e6,
            }
            for role, part in usage.items()
        },
    }


def _real(
    chance: random.Random,
    usage: dict[str, dict[str, int]],
    models: dict[str, str],
    quality: str | None,
    times: tuple[datetime, datetime],
    rounds: int,
) -> dict[str, Any]:
    """The shape that the orchestrator writes, with its log sanitizer in some files."""
    hidden = chance.random() < 0.35
    by_model: dict[str, dict[str, int]] = {}
    for role, part in usage.items():
        group = by_model.setdefault(models[role], dict.fromkeys(part, 0))
        for key, value in part.items():
            group[key] += value
    whole = {key: sum(part[key] for part in usage.values()) for key in ("calls", "micro")}
    found = [
        {
            "category": "html",
            "severity": "warning",
            "message": "missing meta description",
            "file": "index.html",
            "line": chance.randint(1, 80),
            "details": None,
        }
    ]
    report = {"status": quality, "issues": found if quality in ("warning", "failed") else []}
    return {
        "cost_summary": {
            "num_calls": whole["calls"],
            "total_usd": whole["micro"] / 1e6,
            "by_role": {role: _entry(part, hidden) for role, part in usage.items()},
            "by_model": {model: _entry(part, hidden) for model, part in by_model.items()},
        },
        "iterations": _iterations(list(usage), *times, rounds),
        "config": {"use_git": False, "max_cost_usd": 1.0},
        "estimated_cost_usd": round(whole["micro"] * chance.uniform(0.7, 1.3)) / 1e6,
        "qa_report": report if quality else None,
    }


NOTES = {
    "manager": "Split the task and set what has to be true at the end.",
    "employee": "Wrote the files and ran the checks.",
    "supervisor": "Read the result; asked for smaller steps where it was not clear.",
    "merge_manager": "Brought the branches together.",
}


def _iterations(
    roles: list[str], start: datetime, finish: datetime, rounds: int
) -> list[dict[str, Any]]:
    """Each role once a round; the later steps of a run take longer."""
    steps = [(index, role) for index in range(1, rounds + 1) for role in roles]
    return [
        {
            "index": index,
            "role": role,
            "status": "ok",
            "notes": NOTES[role],
            "safety_status": "passed",
            "timestamp": _stamp(start + (finish - start) * (place / len(steps)) ** 1.4),
        }
        for place, (index, role) in enumerate(steps, 1)
    ]


def _entry(part: dict[str, int], hidden: bool) -> dict[str, Any]:
    return {
        "prompt_tokens": REDACTED if hidden else part["prompt"],
        "completion_tokens": REDACTED if hidden else part["completion"],
        "total_usd": part["micro"] / 1e6,
        "num_calls": part["calls"],
    }


def _job(chance: random.Random, document: dict[str, Any]) -> dict[str, Any]:
    """The job that made a run."""
    failed = chance.random() < 0.08
    started = datetime.fromisoformat(document["started_at"])
    waited = timedelta(seconds=int(document["run_id"], 16) % 240)
    return {
        "id": f"{chance.getrandbits(48):012x}",
        "status": "failed" if failed else "completed",
        "config": {
            "project_subdir": document["project_dir"].rstrip("/").replace("\\", "/").split("/")[-1],
            "mode": document["mode"],
            "task": document["task"],
        },
        "created_at": _stamp(started - waited),
        "updated_at": document["finished_at"],
        "started_at": document["started_at"],
        "finished_at": document["finished_at"],
        "error": "RateLimitError: the provider refused the call" if failed else None,
        "result_summary": {"run_id": document["run_id"]},
    }


def _open_job(chance: random.Random, now: datetime, status: str) -> dict[str, Any]:
    directory = chance.choice(PROJECTS).directory
    return {
        "id": f"{int(now.timestamp()):x}{chance.getrandbits(16):04x}",
        "status": status,
        "config": {
            "project_subdir": directory.rstrip("/").replace("\\", "/").split("/")[-1],
            "mode": "3loop",
            "task": chance.choice(TASKS),
        },
        "created_at": _stamp(now),
        "updated_at": _stamp(now),
        "started_at": _stamp(now) if status == "running" else None,
        "finished_at": None,
    }


def _write_oddities(root: Path, totals: DemoTotals) -> None:
    """What real folders hold besides good files."""
    logs = root / "run_logs"
    broken = {
        "half-written": b'{"run_id": "half", "mode": "3loop", "cost_summary": {',
        "empty": b"",
        "not-an-object": b'["run"]',
    }
    for name, data in broken.items():
        (logs / name).mkdir(parents=True)
        (logs / name / "run_summary.json").write_bytes(data)
        totals.broken += 1
    (logs / "only-a-log").mkdir()
    (logs / "only-a-log" / "job.log").write_text("[INFO] job\n", encoding="utf-8")


def _write_config(root: Path, now: datetime, totals: DemoTotals, days: int) -> None:
    """A budget that an ordinary month comes near to, and two of other kinds."""
    month = totals.cost_micro_usd / 1e6 / days * 30
    budget = max(10, round(month * 1.3 / 10) * 10)
    shop = {"name": "Shop, weekly", "scope": "project", "match": "shop", "period": "week"}
    managers = {"name": "Managers", "scope": "role", "match": "manager", "period": "quarter"}
    section = {
        "enabled": True,
        "monthly_budget": float(budget),
        "timeseries_days": 30,
        "budgets": [shop | {"amount": budget / 10}, managers | {"amount": float(budget)}],
    }
    _write_json(root / "agent" / "project_config.json", {"analytics": section})


def _count(totals: DemoTotals, document: dict[str, Any]) -> None:
    costs = document["cost_summary"]
    micro = round(1e6 * costs.get("total_cost_usd", costs.get("total_usd")))
    name = document["project_dir"].rstrip("/").replace("\\", "/").split("/")[-1]
    totals.runs += 1
    totals.cost_micro_usd += micro
    totals.project_cost_micro_usd[name] = totals.project_cost_micro_usd.get(name, 0) + micro
    tokens = [
        part.get("total_tokens", part.get("prompt_tokens")) for part in costs["by_role"].values()
    ]
    if REDACTED not in tokens:
        totals.known_token_runs += 1
        totals.total_tokens += sum(tokens) + sum(
            part.get("completion_tokens", 0) for part in costs["by_role"].values()
        )


def _write_run(root: Path, document: dict[str, Any]) -> None:
    folder = root / "run_logs" / document["run_id"]
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "run_summary.json", document)


def _write_json(path: Path, document: Any) -> None:
    """By rename, so that a reader never sees half of it."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
