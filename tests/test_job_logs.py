"""Logs of jobs: the end is kept, errors are counted, whatever is in them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.ingest import Indexer
from indexer.sources import Document, job_logs
from tests.helpers import write_jobs
from tests.test_documents import indexer, log, look, rows
from web import create_app

__all__ = ["indexer", "log"]
COUNTS = "select job_id, lines, error_lines, warning_lines from job_logs"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("[ERROR] no", "error"),
        ("2025-11-14 04:50:34,848 ERROR root: no", "error"),
        ("[2025-11-14T04:50:34Z] error: no", "error"),
        ("CRITICAL:root:no", "error"),
        ("Traceback (most recent call last):", "error"),
        ("\x1b[31mERROR\x1b[0m no", "error"),
        ("[WARN] careful", "warning"),
        ("[INFO] no ERROR here", None),
        ("0 errors", None),
        ("errors=0", None),
    ],
)
def test_what_tells_of_an_error(text: str, level: str | None) -> None:
    (line,) = job_logs.parse(Document("run_logs/j/job.log", "j", text.encode())).log
    assert line.level == level


def test_the_end_is_kept_and_all_is_counted(indexer: Indexer, tmp_path: Path) -> None:
    path = tmp_path / "run_logs" / "j1" / "job.log"
    path.parent.mkdir(parents=True)
    write_jobs(tmp_path, [{"id": "j1", "status": "failed"}])
    indexer.read_jobs()
    path.write_text("".join(f"[INFO] line {place}\n" for place in range(290)))
    look(indexer)
    with path.open("a") as file:
        file.write("[ERROR] <script>alert(1)</script>\n[WARNING] \x00\x1b[2J\n[INFO] half")
    indexer.run_pass()
    assert rows(indexer, COUNTS) == [("j1", 292, 1, 1)]
    kept = rows(indexer, "select count(*), min(text) from job_log_lines")
    assert kept[0][0] == 200
    client = create_app(tmp_path).test_client()
    page = client.get("/jobs").get_data(as_text=True)
    assert "292 lines, <strong>1 error</strong>" in page
    assert "[ERROR] &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "line 289" in page
    assert "line 250" not in page
    client.application.extensions["runmeter"].close()
    path.write_text("[ERROR] begun anew\n")
    look(indexer)
    assert rows(indexer, COUNTS) == [("j1", 1, 1, 0)]
    assert rows(indexer, "select text from job_log_lines") == [("[ERROR] begun anew",)]


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line(data: bytes) -> None:
    (line,) = job_logs.parse(Document("run_logs/j/job.log", "j", data)).log
    assert all(letter == "\t" or letter >= " " for letter in line.text)
