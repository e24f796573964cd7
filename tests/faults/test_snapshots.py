"""Snapshots are written over while they are read, also by processes that know nothing of it."""

import subprocess
import sys
import threading
from io import FileIO
from pathlib import Path

import pytest

from indexer import copying, holding
from indexer.config import Layout
from indexer.ingest import Indexer
from indexer.snapshot import SnapshotReader
from tests.helpers import write_run

PUBLISHES = 60
FIRST = 200
RUN = {"cost_summary": {"total_usd": 2}}
# A published state is whole where each run costs two dollars and the number of runs follows
# from the number of the snapshot.
IS_WHOLE = (
    "select count(*) = count(distinct run_id) and sum(cost_usd) = 2 * count(*)"
    f" and count(*) = {FIRST} - 1 + (select snapshot from index_info) from runs"
)
STRANGER = """
import duckdb, os, sys
folder, query = sys.argv[1:]
read = wrong = 0
while not os.path.exists(os.path.join(folder, "stop")):
    name = max(name for name in os.listdir(folder) if name.endswith(".duckdb"))
    try:
        with duckdb.connect(os.path.join(folder, name), read_only=True) as connection:
            for _ in range(1 + read % 20):  # some hold it while others are published
                wrong += connection.execute(query).fetchone() != (True,)
    except duckdb.IOException:
        continue  # it has lost its name, or is just written over
    read += 1
print(read, wrong)
"""


def test_what_is_read_is_whole_while_snapshots_are_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_clone", lambda *_: False)  # whatever the file system
    take, taken = holding.take, list[bool]()

    def noted(path: Path) -> FileIO | None:
        file = take(path)
        taken.append(file is not None)
        return file

    monkeypatch.setattr(holding, "take", noted)
    layout = Layout.of(tmp_path)
    for number in range(FIRST):
        write_run(tmp_path, f"{number}", RUN)
    reader, done = SnapshotReader(layout), threading.Event()
    found: list[bool] = []

    def read() -> None:
        while not done.is_set():
            with reader.connect() as connection:
                found.extend(connection.execute(IS_WHOLE).fetchone() or [False])

    with Indexer(layout) as indexer:
        indexer.run_pass()
        command = [sys.executable, "-c", STRANGER, str(layout.snapshots_dir), IS_WHOLE]
        thread = threading.Thread(target=read)
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as stranger:
            thread.start()
            try:
                for number in range(FIRST, FIRST + PUBLISHES):
                    write_run(tmp_path, f"{number}", RUN)
                    indexer.look_at([(indexer.roots[0], f"{number}")], patient=False)
                    indexer.publish()
            finally:
                done.set()
                (layout.snapshots_dir / "stop").touch()
                thread.join()
            told, _ = stranger.communicate(timeout=60)
    reader.close()
    count, wrong = (int(word) for word in told.split())
    assert count > 0
    assert wrong == 0
    assert found
    assert all(found)
    assert any(taken), "some were written over"
