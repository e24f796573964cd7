"""Sources of other packages: the worked example of docs/sources.md, installed beside ours, and
one that cannot even be imported."""

import json
import re
import subprocess
import sys
from pathlib import Path

from indexer.config import Layout
from tests.helpers import ask, write_config

DOCUMENT = (Path(__file__).parent.parent / "docs" / "sources.md").read_text("utf-8")
LINES = (
    "# a remark\n"
    "2025-11-18T10:30:00Z gpt-5-nano 1200 80 0.0031\n"
    "2025-11-18T12:30:00+02:00 gpt-5 10 5 -\n"
    "nonsense\n"
)


def install(folder: Path, module: str, code: str) -> None:
    """As pip does: the module, and beside it what the package says of itself."""
    folder.mkdir(exist_ok=True)
    (folder / f"runmeter_{module}.py").write_text(code)
    told = folder / f"runmeter_{module}-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: runmeter-{module}\nVersion: 1.0\n"
    )
    entry = f"{module} = runmeter_{module}:SOURCE"
    (told / "entry_points.txt").write_text(f"[runmeter.sources]\n{entry}\n")


def test_the_worked_example_is_found_and_a_broken_one_breaks_nothing(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(example.splitlines()) < 60
    packages, root = tmp_path / "packages", tmp_path / "root"
    install(packages, "parrot", example)
    install(packages, "broken", "raise ImportError('no such thing')\n")
    (root / "calls").mkdir(parents=True)
    (root / "calls" / "morning.log").write_text(LINES)
    write_config(root, json.dumps({"analytics": {"sources": {"otel_genai": False, "gone": True}}}))
    layout = Layout.of(root)
    done = subprocess.run(
        [sys.executable, "-m", "indexer", "--root", str(root), "sources", "--json"],
        env={"PYTHONPATH": str(packages), "PYTHONUTF8": "1"},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {row["source"]: row for row in json.loads(done.stdout)}
    parrot = rows["parrot"]
    assert (parrot["read"], parrot["files"], parrot["lines"], parrot["bad_lines"]) == (
        "yes", 1, 4, 1,
    )  # fmt: skip
    assert (parrot["calls"], parrot["issues"], parrot["waiting_bytes"]) == (2, 1, 0)
    assert rows["broken"]["read"] == "cannot"
    assert "no such thing" in rows["broken"]["problem"]
    assert rows["transcripts"]["read"] == rows["otel_genai"]["read"] == "no"
    assert rows["gone"]["problem"] == "named in the settings only"
    calls = ask(
        layout,
        "select call_id, called_at::varchar, input_tokens, cost_usd::double from llm_calls"
        " order by model desc",
    )
    assert calls == [
        ("morning/2025-11-18T10:30:00Z/gpt-5-nano", "2025-11-18 10:30:00", 1200, 0.0031),
        ("morning/2025-11-18T12:30:00+02:00/gpt-5", "2025-11-18 10:30:00", 10, None),
    ]
    told = ask(layout, "select path, place, reason from ingest_issues order by path")
    assert [row[0] for row in told] == ["calls/morning.log", "runmeter.sources/broken"]
    assert told[0][1] == "byte 97"
    assert ask(layout, "select run_id, calls from runs") == [("morning", 2)]
