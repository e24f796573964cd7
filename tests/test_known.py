"""What is known of files: the same bits from the database as from the file system."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.discover import RunRoot, find_run, signature, walk
from indexer.known import DUE, KnownFiles
from indexer.layout import RUN_FILES
from indexer.records import FileState
from indexer.store import Store

times = st.integers(-(2**63), 2**63 - 1)
states = st.builds(FileState, st.integers(0, 2**63 - 1), times, times, st.integers(0, 2**100))


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    found = Store()
    yield found
    found.close()


def insert(store: Store, path: str, state: FileState, *, due: bool = False) -> None:
    store.connection.execute("delete from sources")
    store.connection.execute(
        "insert into sources values"
        " ('run', 'indexed', 'r', ?, ?, ?, ?, 'hash', ?, 0, null, 0, null, ?)",
        [*state, due, path],
    )


@given(state=states, file=st.sampled_from(RUN_FILES))
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_sql_and_python_make_the_same_mark(store: Store, state: FileState, file: str) -> None:
    path = f"/far/away/logs/run 1/{file}"
    insert(store, path, state)
    known = KnownFiles(store)
    assert known.labels() == {"/far/away/logs"}
    assert known.names("/far/away/logs") == {"run 1": signature(path, state)}
    assert 0 < signature(path, state) < 2**60


def test_a_file_that_is_due_has_no_mark(store: Store) -> None:
    insert(store, "run_logs/a/run_summary.json", FileState(1, 2, 3, 4), due=True)
    assert KnownFiles(store).names("run_logs") == {"a": DUE}


def test_each_part_of_the_state_counts() -> None:
    path, state = "run_logs/a/run_summary.json", FileState(10, 20, 30, 40)
    others = [state._replace(**{name: 50}) for name in state._fields]
    marks = {signature(path, one) for one in (state, *others)}
    marks |= {signature(path + ending, state) for ending in (".gz", ".zst")}
    assert len(marks) == 7


def test_the_quick_look_agrees_with_the_careful_one(tmp_path: Path) -> None:
    root = RunRoot("run_logs", str(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / RUN_FILES[0]).write_text("{}")
    found = find_run(root, "a")
    assert found is not None
    assert found.state is not None
    (tmp_path / "b").mkdir()
    marks = {name: mark for name, _, mark in walk(root, {"a", "b"})}
    assert marks == {"a": signature(found.key, found.state), "b": 0}


def test_what_a_pass_does_not_ask_for_is_known_once_it_is_asked_for(store: Store) -> None:
    store.connection.execute("delete from sources")
    known = KnownFiles(store)
    with known.only({}):
        known.note("run_logs", "a", 7)
        assert known.mark("run_logs", "a") is None
        insert(store, "run_logs/a/run_summary.json", FileState(1, 2, 3, 4), due=True)
    assert known.count == 1
    with known.only(None):
        known.note("run_logs", "b", 7)
        assert known.names("run_logs") == {"a": DUE, "b": 7}


def test_a_file_that_must_be_read_again_is_known_as_such_by_any_pass(store: Store) -> None:
    store.connection.execute("delete from sources")
    known = KnownFiles(store)
    with known.only({"a": 7}):
        assert known.mark("run_logs", "a") == 7
        known.note("run_logs", "a", 8)
        assert known.mark("run_logs", "a") == 8
        for name in "ab":
            known.note("run_logs", name, DUE)
            assert known.mark("run_logs", name) == DUE
