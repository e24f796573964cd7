"""The figures of the newest snapshot against the sums that the generator kept.

    python -m benchmarks.check ROOT DATABASE

prints the figures as JSON; `differences` compares them, to the micro-USD.
"""

import json
import sys
from collections import Counter
from typing import Any

from benchmarks.tree import Sums
from indexer import figures
from indexer.config import Layout
from indexer.snapshot import SnapshotReader


def differences(found: dict[str, Any], sums: Sums) -> list[str]:
    """What does not agree, in words; empty where all does."""
    shown = _shown(found)
    return [
        f"{name}: {shown[name]:,}, should be {sums[name]:,}"
        for name in sorted(shown.keys() | sums.keys())
        if shown[name] != sums[name]
    ]


def _shown(found: dict[str, Any]) -> Sums:
    summary = found["summary"]
    shown = Counter(
        {
            "runs": summary["total_runs"],
            "cost": _micro(summary["total_cost"]),
            "tokens": summary["total_tokens"],
            "tokens unknown": summary["tokens_unknown_runs"],
            "2loop runs": summary["runs_2loop"],
            "3loop runs": summary["runs_3loop"],
            "qa None": found["qa"]["qa_not_run"],
        }
    )
    for status in ("passed", "warning", "failed", "error"):
        shown[f"qa {status}"] = found["qa"][f"qa_{status}"]
    for kind, runs in (("project", "runs_count"), ("model", "usage_count")):
        for row in found[f"{kind}s"]:
            name = f"{kind} {row[f'{kind}_name']}"
            shown[f"{name} runs"] = row[runs]
            shown[f"{name} cost"] = _micro(row["total_cost"])
    return shown


def _micro(usd: float) -> int:
    return round(usd * 1e6)


if __name__ == "__main__":
    reader = SnapshotReader(Layout.of(sys.argv[1], sys.argv[2]))
    with reader.connect() as connection:
        print(json.dumps(figures.all_figures(connection)))
    reader.close()
