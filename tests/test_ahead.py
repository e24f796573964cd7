"""A pass whose looks began before the index was opened finds what any other pass finds."""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer import discover, ingest, store
from indexer.ahead import Ahead, looking_ahead
from indexer.config import Layout
from indexer.errors import ConfigError
from indexer.ingest import Indexer
from indexer.passes import PassResult
from indexer.store import Store
from tests.helpers import ask, index, play_search, write_config, write_run

ODD = os.fsdecode(b"caf\xe9")  # not UTF-8
SECONDS = 1_000_000_000


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Ten runs, indexed, whose files are of last week."""
    for name in [f"run{place}" for place in range(9)] + [ODD]:
        file = write_run(tmp_path, name, {"run_id": name.encode("utf-8", "replace").decode()})
        os.utime(file, (1_700_000_000, 1_700_000_000))
    found = Layout.of(tmp_path)
    assert index(found).new == 10
    return found


def run_pass(layout: Layout, between: Callable[[], object] = lambda: None) -> PassResult:
    """A pass that has been begun; `between` happens before the index is opened. Of files that have
    just been written a clock of tomorrow says that they have settled."""
    with looking_ahead(layout) as ahead:
        for search in (ahead.states, ahead.beside):
            for _ in search.wait() if search else ():
                pass
        between()
        with Indexer(layout, later, ahead=ahead) as indexer:
            return indexer.run_pass()


def later() -> int:
    return 4_000_000_000 * SECONDS


def counts(result: PassResult) -> tuple[int, int, int, int]:
    return result.new, result.changed, result.unchanged, result.gone


def test_without_a_change_nothing_is_left_to_be_looked_at(layout: Layout) -> None:
    """But for a name that is no text of one line."""
    run_pass(layout)
    with looking_ahead(layout) as ahead, Indexer(layout) as indexer:
        assert ahead.states is not None
        for _ in ahead.states.wait():
            pass
        rows = indexer.store.changed_folders(ahead.states.path)
    there, gone = sorted(rows, key=lambda row: not row[2])
    assert there == (None, os.fsencode(ODD).hex(), True, None)
    assert gone[0] == discover.printable(ODD)
    assert not ahead.states.path.exists()


def test_what_changed_is_found(layout: Layout) -> None:
    run_pass(layout)
    assert counts(run_pass(layout)) == (0, 0, 10, 0)
    write_run(layout.root, "run1", {"run_id": "run1", "mode": "3loop"})
    write_run(layout.root, "new", {"run_id": "new"})
    (layout.run_logs / "run2" / "run_summary.json").unlink()
    (layout.run_logs / "run1" / "job.log").write_text("INFO begun\n", "utf-8")
    (layout.run_logs / "empty").mkdir()
    found = run_pass(layout)
    assert (counts(found), found.documents) == ((1, 1, 8, 0), 1)
    assert run_pass(layout).gone == 1, "the second pass that does not find it believes it"
    assert ask(layout, "select mode from runs where run_id = 'run1'") == [("3loop",)]


def test_files_that_have_not_changed_are_not_looked_at_again(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_pass(layout)

    def fail(*_: object) -> Iterator[discover.Folder]:
        raise AssertionError

    monkeypatch.setattr(discover, "walk", fail)
    monkeypatch.setattr(Store, "known", fail)  # of a million it takes seconds
    assert counts(run_pass(layout)) == (0, 0, 10, 0)


def test_without_an_answer_the_pass_looks_itself(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed for want of memory, say."""
    write_run(layout.root, "new", {"run_id": "new"})
    with monkeypatch.context() as patch:
        play_search(patch, tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        assert counts(run_pass(layout)) == (1, 0, 10, 0)


def test_a_pass_that_is_stopped_does_not_wait_for_it(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_search(monkeypatch, tmp_path, "import signal\nsignal.pause()")
    steps = 0

    def stop() -> bool:
        return steps > 1

    with looking_ahead(layout) as ahead, Indexer(layout, ahead=ahead) as indexer:
        for _ in indexer.scan(PassResult(), stop=stop):
            steps += 1
    assert steps == 2
    assert ahead.states is not None
    assert ahead.states.trouble() == "ended by signal 9"


def test_names_of_every_kind_are_those_of_the_index(layout: Layout) -> None:
    names = (
        "два слова",
        "'; drop table runs; --",
        "new\nline",
        "tab\tand \x7f",
        '"',
        "NULL",
        " ",
        "\u2028",
    )
    for name in names:
        write_run(layout.root, name, {"run_id": f"of {name}"})
    assert run_pass(layout).new == len(names)
    for name in names:
        write_run(layout.root, name, {"run_id": f"of {name}", "mode": "2loop"})
    assert counts(run_pass(layout)) == (0, len(names), 10, 0)
    assert counts(run_pass(layout)) == (0, 0, 10 + len(names), 0)


def test_packed_files_are_not_read_again(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = layout.run_logs / "run1" / "run_summary.json"
    plain.with_name("run_summary.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    run_pass(layout)
    monkeypatch.setattr(discover, "read_run", None)
    assert counts(run_pass(layout)) == (0, 0, 10, 0)


def test_runs_elsewhere_are_found(layout: Layout, tmp_path: Path) -> None:
    """And those of a folder that is named no longer are gone."""
    for place in range(10):
        write_run(tmp_path / "other", f"far{place}", {"run_id": f"far{place}"})
    further = '{"analytics": {"run_roots": ["other/run_logs"]}}'
    write_config(layout.root, further)
    assert counts(run_pass(layout)) == (10, 0, 10, 0)
    assert counts(run_pass(layout)) == (0, 0, 20, 0)
    write_config(layout.root, "{}")
    assert [run_pass(layout).held for _ in range(2)] == [10, 10]


def test_more_changes_than_memory_should_hold(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_CHANGED", 3)
    monkeypatch.setattr(ingest, "MOST_CHANGED", 3)
    for place in range(5):
        write_run(layout.root, f"new{place}", {"run_id": f"new{place}"})
    assert counts(run_pass(layout)) == (5, 0, 10, 0)
    assert counts(run_pass(layout)) == (0, 0, 15, 0)


def test_a_folder_that_is_replaced_by_another_is_not_believed_to_be_empty(layout: Layout) -> None:
    run_pass(layout)
    layout.run_logs.rename(layout.root / "elsewhere")
    layout.run_logs.mkdir()
    assert [run_pass(layout).held for _ in range(3)] == [10, 10, 10]


def test_settings_that_changed_meanwhile_count(layout: Layout) -> None:
    """Logs are read again though the looks that were begun had no eye for them."""
    write_config(layout.root, '{"analytics": {"sources": {"job_logs": false}}}')
    (layout.run_logs / "run1" / "job.log").write_text("INFO begun\n", "utf-8")
    assert run_pass(layout).documents == 0
    assert run_pass(layout, lambda: write_config(layout.root, "{}")).documents == 1


def test_settings_that_cannot_be_read_are_told_by_the_pass(layout: Layout) -> None:
    write_config(layout.root, '{"analytics": {"sources": 7}}')
    with pytest.raises(ConfigError, match="sources"):
        run_pass(layout)


def test_nothing_is_begun_before_there_is_an_index(tmp_path: Path) -> None:
    with looking_ahead(Layout.of(tmp_path)) as ahead:
        assert ahead == Ahead()
