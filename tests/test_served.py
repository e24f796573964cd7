"""Commands beside a dashboard: its answer, without DuckDB; where it is not to be had, their own."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from indexer.config import Layout
from indexer.lifecycle import serving
from indexer.served import Served, find
from tests.conftest import RunCli
from tests.faults.process import until
from tests.reporting import AS_OF, make_index
from tests.test_cli import daemon
from web.access import Access
from web.serve import Server

KINDS = ("daily", "weekly", "monthly", "projects", "models", "roles", "jobs", "budget")
FORMS: tuple[tuple[str, ...], ...] = ((), ("--csv",), ("--order", "asc", "--json"))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_index(tmp_path / "root")


def report(run_cli: RunCli, layout: Layout, *words: str) -> str:
    """What it prints, the same at any time; a daemon may publish in between."""
    done = run_cli("--root", layout.root, "report", *words, "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr
    return re.sub(r'snapshot"?:? \d+', "snapshot", done.stdout)


@contextmanager
def without_duckdb(tmp_path: Path) -> Iterator[None]:
    """In it, processes that begin cannot import DuckDB."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "duckdb.py").write_text("raise ImportError('DuckDB is not needed here')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield


def test_a_report_beside_a_dashboard_needs_no_duckdb_and_says_the_same(
    layout: Layout, tmp_path: Path, run_cli: RunCli
) -> None:
    filters = ("--range", "90d", "--mode", "2loop", "--rows", "7")
    asked: list[tuple[str, ...]] = [(kind, "--json", *filters) for kind in KINDS]
    asked += [(kind, *form, *filters) for kind in ("weekly", "jobs") for form in FORMS]
    narrowed = ("--since", "2025-08-20", "--until", "2025-10-02T12:00", "--project", "it's & <b>")
    named = ("--timezone", "Asia/Kathmandu", "--week-start", "sunday", "--search", "50% off + tax")
    asked += [("weekly", "--json", *narrowed, *named)]
    expected = [report(run_cli, layout, *words) for words in asked]
    with daemon("--root", layout.root, "up", "--port", 0) as (process, _):
        until(lambda: find(layout), "it says where it is")
        with without_duckdb(tmp_path):
            assert [report(run_cli, layout, *words) for words in asked] == expected
            compared = run_cli("--root", layout.root, "report", "compare", "--by", "week")
            assert "DuckDB is not needed here" in compared.stderr  # asked of the snapshot
        process.terminate()
        process.wait(timeout=60)
    assert not layout.served_note.exists()


class _Stranger(BaseHTTPRequestHandler):
    """Answers everything, with an ETag that is not Runmeter's."""

    def do_GET(self) -> None:
        body = b'{"report": "daily", "coverage": {}, "rows": [], "total": null}'
        self.send_response(200)
        self.send_header("ETag", 'W/"somebody-1-else"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("trouble", ["killed", "a stranger", "another release", "no note at all"])
def test_whatever_is_odd_about_the_dashboard_the_snapshot_is_asked(
    layout: Layout, run_cli: RunCli, trouble: str
) -> None:
    expected = report(run_cli, layout, "daily", "--json")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Stranger) as stranger:
        thread = threading.Thread(target=stranger.serve_forever)
        thread.start()
        port = stranger.server_address[1]
        if trouble == "killed":
            with daemon("--root", layout.root, "serve", "--port", 0):
                until(lambda: find(layout), "it says where it is")
            assert find(layout) is not None
        elif trouble == "a stranger":
            Served(f"127.0.0.1:{port}", "a1b2c3d4").leave_note(layout)
        elif trouble == "another release":
            Served(f"127.0.0.1:{port}", "somebody", "0.0.1").leave_note(layout)
        else:
            layout.served_note.write_bytes(b"\xff{")
        found = report(run_cli, layout, "daily", "--json")
        stranger.shutdown()
        thread.join()
    assert found == expected


def test_only_who_asks_for_no_token_leaves_a_note_and_only_its_own_is_taken_back(
    layout: Layout,
) -> None:
    with serving(Server(layout, 0, Access(token="t" * 20))):
        assert not layout.served_note.exists()
    other = Served("127.0.0.1:1", "other")
    with serving(server := Server(layout, 0)):
        found = until(lambda: find(layout), "it says where it is")
        assert found.address in server.url
        other.leave_note(layout)
    assert msgspec.json.decode(layout.served_note.read_bytes(), type=Served) == other
