"""Trees of N runs whose sums are known, equal for equal seed, size and last day.

Half of the documents have the shape of the specification, half that of the orchestrator,
a third of these with redacted tokens. Run number `i` has a document for every version,
so that a benchmark can change runs and still know every sum. All sums are whole numbers
(cost in micro-USD) in one Counter, which is added up while the files are written.
"""

import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec

MARKER = "benchmark.json"
FORM = 2  # of what a number stands for; trees of another are not taken for these
SLICE = 5_000
DAYS = 365
JOBS = 500
REDACTED = "***REDACTED***"
PROJECTS = tuple(
    f"/home/dev/sites/{name}"
    for name in (
        *("shop", "landing", "docs", "billing-api", "legacy-portal", "kundenportal", "mobile"),
        *("search", "intranet", "newsletter", "checkout", "reports", "admin", "blog"),
    )
)
# USD per million tokens, which is micro-USD per token: prompt, completion.
PRICES = {
    "gpt-5-2025-08-07": (1.25, 10.0),
    "gpt-5-mini-2025-08-07": (0.25, 2.0),
    "gpt-5-nano": (0.05, 0.4),
    "gpt-4o": (2.5, 10.0),
    "claude-sonnet-4-5": (3.0, 15.0),
    "claude-haiku-4-5": (1.0, 5.0),
}
MODELS = tuple(PRICES)
QUALITY = ("passed",) * 12 + ("warning",) * 3 + ("failed",) * 2 + ("error", None, None)
OUTCOMES = ("success", "success", "approved", "max_rounds_reached", "timeout")
CHECKS = {
    "html": {"has_title": True, "title_text": "Shop", "has_lang": True, "h1_count": 1},
    "accessibility": {"total_images": 4, "images_missing_alt": 1, "total_links": 12},
    "static": {"total_files": 9, "total_lines": 410, "large_files": [], "console_log_count": 0},
    "tests": None,
}

Document = dict[str, Any]
Sums = Counter[str]


@dataclass(frozen=True)
class Tree:
    """A tree at `root`. `last_day` (YYYY-MM-DD) ends the year over which the runs are spread, in
    the order of their numbers, as an orchestrator writes them one after the other."""

    root: Path
    runs: int
    seed: int
    last_day: str

    def run_id(self, number: int) -> str:
        """12 hexadecimal digits, unlike for all numbers below 2**48, in no order."""
        return f"{(number * 0x9E3779B97F4A7C15 + self.seed) & 0xFFFFFFFFFFFF:012x}"

    def document(self, number: int, version: int = 0) -> tuple[Document, Sums]:
        """A run and what it adds to the sums."""
        chance = Random((self.seed << 80) | (number << 16) | version)
        roles = ("manager", "employee", "supervisor")[: 2 + (chance.random() < 0.6)]
        models = {role: chance.choice(MODELS) for role in roles}
        rounds = chance.randint(1, 3)
        usage = {role: _usage(chance, model, rounds) for role, model in models.items()}
        quality = chance.choice(QUALITY)
        left = 1 - min((number + chance.random()) / self.runs, 1)  # of the year, after this run
        start = datetime.fromisoformat(self.last_day).replace(tzinfo=UTC)
        start -= timedelta(milliseconds=int(left * DAYS * 86_400_000))
        document: Document = {
            "run_id": self.run_id(number),
            "started_at": _stamp(start),
            "finished_at": _stamp(start + timedelta(seconds=chance.randint(100, 2_000))),
            "mode": f"{len(roles)}loop",
            "project_dir": chance.choice(PROJECTS),
            "task": "Build or improve a landing page",
            "max_rounds": 3,
            "rounds_completed": rounds,
            "final_status": chance.choice(OUTCOMES),
            "safety_status": "passed",
            "models_used": models,
            "qa_status": quality,
        }
        redacted = False
        if chance.random() < 0.5:
            document["cost_summary"] = _documented(usage)
        else:
            redacted = chance.random() < 0.35
            document |= _real(usage, models, redacted, quality, document)
        return document, _sums(document, usage, models, redacted)

    def write(self, number: int, version: int = 0) -> Sums:
        """Write a run by rename; returns what it adds to the sums."""
        data, sums = self.file(number, version)
        self.put(number, data)
        return sums

    def file(self, number: int, version: int = 0) -> tuple[bytes, Sums]:
        """What is written of a run, and what it adds to the sums."""
        document, sums = self.document(number, version)
        return msgspec.json.format(msgspec.json.encode(document), indent=2), sums

    def put(self, number: int, data: bytes) -> None:
        """Write a run's file by rename."""
        folder = self.root / "run_logs" / self.run_id(number)
        temporary = folder / "run_summary.tmp"
        try:
            temporary.write_bytes(data)
        except FileNotFoundError:
            folder.mkdir(parents=True)
            temporary.write_bytes(data)
        temporary.replace(folder / "run_summary.json")

    def remove(self, number: int) -> None:
        """Remove a run's folder, if it is there."""
        shutil.rmtree(self.root / "run_logs" / self.run_id(number), ignore_errors=True)


def make(root: Path, runs: int, seed: int = 7) -> tuple[Tree, Sums]:
    """The tree at `root` and its sums; written where it is not there yet, else reused.

    Raises ValueError where `root` holds another tree.
    """
    marker = root / MARKER
    if marker.exists():
        found = msgspec.json.decode(marker.read_bytes())
        if (found["runs"], found["seed"], found.get("form")) != (runs, seed, FORM):
            raise ValueError(f"{root}: holds another tree; remove it or name another folder")
        return Tree(root, runs, seed, found["last_day"]), Counter(found["sums"])
    tree = Tree(root, runs, seed, datetime.now(UTC).date().isoformat())
    (root / "run_logs").mkdir(parents=True)
    _write_agent(tree)
    sums: Sums = Counter()
    with ProcessPoolExecutor() as pool:
        for part in pool.map(partial(_write_slice, tree), range(0, runs, SLICE)):
            sums.update(part)
    known = asdict(tree) | {"form": FORM, "root": str(root), "sums": sums}
    marker.write_bytes(msgspec.json.encode(known))
    return tree, sums


def _write_slice(tree: Tree, first: int) -> Sums:
    sums: Sums = Counter()
    for number in range(first, min(first + SLICE, tree.runs)):
        sums.update(tree.write(number))
    return sums


def _write_agent(tree: Tree) -> None:
    """A budget, and jobs of runs of all times."""
    config = {"analytics": {"monthly_budget": 5000.0, "timeseries_days": 30}}
    jobs = [
        {
            "id": f"job-{number}",
            "status": "completed",
            "created_at": document["started_at"],
            "config": {"mode": document["mode"], "task": document["task"]},
            "result_summary": {"run_id": document["run_id"]},
        }
        for number in range(0, tree.runs, -(-tree.runs // JOBS))
        for document, _ in [tree.document(number)]
    ]
    folder = tree.root / "agent"
    folder.mkdir()
    (folder / "project_config.json").write_bytes(msgspec.json.encode(config))
    (folder / "jobs_state.json").write_bytes(msgspec.json.encode({"jobs": jobs}))


def _usage(chance: Random, model: str, rounds: int) -> dict[str, int]:
    prompt, completion = rounds * chance.randint(4_000, 40_000), rounds * chance.randint(999, 9_999)
    price = PRICES[model]
    micro = round(prompt * price[0] + completion * price[1])
    return {"prompt": prompt, "completion": completion, "calls": rounds, "micro": micro}


def _documented(usage: dict[str, dict[str, int]]) -> Document:
    """`cost_summary` as the specification has it."""
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
    usage: dict[str, dict[str, int]],
    models: dict[str, str],
    redacted: bool,
    quality: str | None,
    document: Document,
) -> Document:
    """What the orchestrator writes besides, with its log sanitizer where `redacted`."""
    by_model: dict[str, Counter[str]] = {}
    for role, part in usage.items():
        by_model.setdefault(models[role], Counter()).update(part)
    message = {"category": "html", "severity": "warning", "message": "missing meta description"}
    found = [message | {"file": "index.html", "line": 1, "details": None}]
    return {
        "cost_summary": {
            "num_calls": sum(part["calls"] for part in usage.values()),
            "total_usd": sum(part["micro"] for part in usage.values()) / 1e6,
            "by_role": {role: _entry(part, redacted) for role, part in usage.items()},
            "by_model": {model: _entry(part, redacted) for model, part in by_model.items()},
        },
        "iterations": [
            {
                "index": place,
                "role": "manager",
                "status": "ok",
                "notes": "round",
                "safety_status": "passed",
                "timestamp": document["finished_at"],
            }
            for place in range(1, document["rounds_completed"] + 1)
        ],
        "config": {"use_git": False, "max_cost_usd": 1.0},
        "estimated_cost_usd": sum(part["micro"] for part in usage.values()) / 1e6,
        "qa_report": quality
        and {
            "status": quality,
            "checks": CHECKS,
            "issues": found if quality in ("warning", "failed") else [],
        },
    }


def _entry(part: dict[str, int] | Counter[str], redacted: bool) -> Document:
    return {
        "prompt_tokens": REDACTED if redacted else part["prompt"],
        "completion_tokens": REDACTED if redacted else part["completion"],
        "total_usd": part["micro"] / 1e6,
        "num_calls": part["calls"],
    }


def _sums(
    document: Document,
    usage: dict[str, dict[str, int]],
    models: dict[str, str],
    redacted: bool,
) -> Sums:
    """What a run adds: runs, cost and tokens, in all and by project, model and QA status."""
    project = document["project_dir"].rpartition("/")[2]
    cost = sum(part["micro"] for part in usage.values())
    sums: Sums = Counter(
        {
            "runs": 1,
            "cost": cost,
            f"{document['mode']} runs": 1,
            f"qa {document['qa_status']}": 1,
            f"project {project} runs": 1,
            f"project {project} cost": cost,
        }
    )
    if redacted:
        sums["tokens unknown"] = 1
    else:
        sums["tokens"] = sum(part["prompt"] + part["completion"] for part in usage.values())
    for role, part in usage.items():
        sums[f"model {models[role]} cost"] += part["micro"]
    for model in set(models.values()):
        sums[f"model {model} runs"] = 1
    return sums


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
