"""A tree with everything that reports and files to hand on must cope with."""

import json
import random
from pathlib import Path

from indexer.config import Layout
from tests.helpers import index, write_config, write_jobs, write_run
from tests.test_panel_figures import run_document

AS_OF = "2025-11-18T10:30:00Z"
# Names as no project should have; each is one that a format could choke on.
NAMES = (
    "\x1b[31mred\u202eb\n<b>" + "x" * 10_000,
    '=HYPERLINK("x")',
    "www.example.org",
    "日本語プロジェクト",
    "مشروع تجريبي",
    "परियोजना",
    "#set page(fill: red) $x$ *b* `c` \\ @a",
    "a,b;\"c\"\t'd'",
)


def make_index(root: Path, runs: int = 60) -> Layout:
    """Random runs, some of every kind of hostile name, jobs and budgets; indexed."""
    chance = random.Random(8)
    for place in range(runs):
        write_run(root, str(place), run_document(chance, place))
    for place, name in enumerate(NAMES):
        hostile = {"project_dir": f"/p/{name}", "started_at": f"2025-11-0{place + 1}T00:00:00Z"}
        costs = {"total_usd": 0.25, "by_model": {name[:300]: {"total_usd": 0.25}}}
        write_run(root, f"hostile{place}", hostile | {"task": name, "cost_summary": costs})
    job = {"status": "failed", "error": "\x1b]0;t\x07", "created_at": "2025-10-01T10:00:00Z"}
    write_jobs(root, [job | {"id": f"j{n}"} for n in (1, 2)])
    budgets = [{"name": "=1+1", "amount": 5, "period": "week"}]
    write_config(root, json.dumps({"analytics": {"monthly_budget": 50, "budgets": budgets}}))
    layout = Layout.of(root)
    index(layout)
    return layout
