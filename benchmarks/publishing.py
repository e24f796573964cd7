"""What a publish costs beside a plain copy of the database, in one process.

    python -m benchmarks.publishing ROOT DATABASE REPEATS

prints {"copy": [seconds…], "publish": […], "public": […]}: our readers' snapshot after one
changed run, and the public file after it.
"""

import json
import shutil
import sys
from pathlib import Path
from time import perf_counter

from indexer import publish
from indexer.config import Layout
from indexer.ingest import Indexer

if __name__ == "__main__":
    layout = Layout.of(sys.argv[1], sys.argv[2])
    found: dict[str, list[float]] = {"copy": [], "publish": [], "public": []}
    with Indexer(layout) as indexer:
        folder = next(Path(layout.run_logs).iterdir())
        target = layout.state_dir / "copy.tmp"
        for _ in range(int(sys.argv[3])):
            (folder / "run_summary.json").touch()
            indexer.look_at([(indexer.roots[0], folder.name)], patient=False)
            times = [perf_counter()]
            shutil.copyfile(layout.working, target)
            times.append(perf_counter())
            indexer.publish()
            times.append(perf_counter())
            publish.publish_public(layout)
            times.append(perf_counter())
            for name, begin, end in zip(found, times, times[1:], strict=False):
                found[name].append(end - begin)
        target.unlink()
    print(json.dumps(found))
