"""Files of sources: read on where reading ended, each run counted once, faults kept apart."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import documents, listing, tail
from indexer.config import Layout
from indexer.documents import MOST_GROWING
from indexer.documents_pass import DocumentsPass, RecentDocuments
from indexer.ingest import Indexer
from indexer.passes import PassResult
from indexer.records import Run, Usage
from indexer.sources import Call, Document, ParsedRun, Records, Source
from indexer.sources.registry import Registry, installed
from tests.helpers import broken_rules, index, write_config, write_run

START = "2025-11-14T04:50:34.848Z"
Rows = list[tuple[Any, ...]]


def line(run_id: str | None = "old", cost: float = 0.5, **more: Any) -> bytes:
    document = {
        "run_id": run_id,
        "mode": "3loop",
        "project_subdir": "landing",
        "started_at_utc": START,
        "iterations_run": 2,
        "cost_summary": {
            "by_role": {"manager": {"prompt_tokens": 1, "completion_tokens": 2, "total_usd": cost}}
        },
    }
    return json.dumps({key: value for key, value in (document | more).items() if value}).encode()


def summary(run_id: str, cost: float = 0.5, started_at: str = START) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "mode": "3loop",
        "project_dir": "sites/landing/",
        "started_at": started_at,
        "cost_summary": {"total_usd": cost},
    }


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "agent" / "run_logs"
    folder.mkdir(parents=True)
    return folder / "landing_3loop.jsonl"


@pytest.fixture
def indexer(log: Path, tmp_path: Path) -> Iterator[Indexer]:
    layout = Layout.of(tmp_path)
    with Indexer(layout) as found:
        found.read_config()
        yield found


def rows(indexer: Indexer, query: str) -> Rows:
    return indexer.store.connection.execute(query).fetchall()


def look(indexer: Indexer) -> Rows:
    """A pass, unpublished, and the runs after it."""
    for _ in indexer.scan(PassResult()):
        pass
    return rows(indexer, "select run_id, cost_usd::double from runs order by run_id")


def test_a_real_line_has_its_figures(corpus: Callable[[str], Path]) -> None:
    layout = Layout.of(corpus("legacy"))
    assert index(layout, audited=True).documents == 1
    with Indexer(layout) as indexer:
        assert rows(
            indexer,
            "select cost_usd::double, total_tokens, calls, rounds_completed, max_rounds,"
            " project_name, mode, final_status, finished_at is not null from runs",
        ) == [(0.723948, 629_990, 26, 0, 3, "landing_full_test", "3loop", "needs_changes", True)]
        models = rows(indexer, "select count(*), sum(cost_usd)::double from model_usage")
        assert models == [(3, 0.723948)]
        assert indexer.run_pass().documents == 0


def test_lines_are_read_on_and_halves_wait(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("a", 1) + b"\n" + line("b", 2)[:40])
    assert look(indexer) == [("a", 1)]
    log.write_bytes(line("a", 1) + b"\n" + line("b", 2) + b"\n\n")
    assert look(indexer) == [("a", 1), ("b", 2)]
    with log.open("ab") as file:
        file.write(line("a", 3) + b"\n")
    assert look(indexer) == [("a", 3), ("b", 2)]  # told again: the later line holds
    assert rows(indexer, "select generation, lines, bad_lines from appended_files") == [(0, 3, 0)]


def test_what_was_rotated_away_stays_and_nothing_doubles(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("a", 1) + b"\n" + line("b", 2) + b"\n")
    look(indexer)
    log.rename(log.with_suffix(".1"))
    log.write_bytes(line("b", 2) + b"\n" + line("c", 4) + b"\n" + line("d", 8) + b"\n")
    assert look(indexer) == [("a", 1), ("b", 2), ("c", 4), ("d", 8)]
    log.write_bytes(line("e", 16) + b"\n")  # cut off, then written to
    assert len(look(indexer)) == 5
    log.unlink()
    assert len(look(indexer)) == 5
    look(indexer)
    gone = "select missing_since is not null from sources where kind = 'legacy_lines'"
    assert rows(indexer, gone) == [(True,)]
    log.write_bytes(line("e", 16) + b"\n")
    assert len(look(indexer)) == 5
    assert rows(indexer, gone) == [(False,)]
    assert rows(indexer, "select generation from appended_files") == [(2,)]


@pytest.mark.parametrize("other_id", ["old", "0f3a"])
@pytest.mark.parametrize("line_first", [True, False])
def test_a_run_with_a_summary_counts_once(
    indexer: Indexer, log: Path, other_id: str, line_first: bool
) -> None:
    root = indexer.layout.root
    for step in (line_first, not line_first):
        if step:
            log.write_bytes(line("old", 0.5) + b"\n" + line("next", 4, mode="2loop") + b"\n")
        else:
            path = write_run(root, "folder", summary(other_id, 0.75))
        look(indexer)
    assert look(indexer) == sorted([(other_id, 0.75), ("next", 4)])
    log.unlink()  # its lines are kept
    path.write_text(json.dumps(summary(other_id, 0.75, "2025-11-15T00:00:00Z")))
    alone = [("next", 4), (other_id, 0.75)] + ([("old", 0.5)] if other_id != "old" else [])
    assert look(indexer) == sorted(alone)
    path.write_text(json.dumps(summary("third", 0.75)))
    assert look(indexer) == [("next", 4), ("third", 0.75)]
    path.write_text(json.dumps(summary("fourth", 1, "2025-11-15T00:00:00Z")))
    assert look(indexer) == [("fourth", 1), ("next", 4), ("old", 0.5)]
    assert not line_first or broken_rules(indexer.store.connection) == []


def test_runs_that_only_look_alike_stay_apart(indexer: Indexer, log: Path) -> None:
    write_run(indexer.layout.root, "a", summary("a", 1, "2025-11-14T04:50:34.849Z"))
    write_run(indexer.layout.root, "b", summary("b", 2) | {"mode": "2loop"})
    write_run(indexer.layout.root, "c", summary("c", 4) | {"project_dir": None})
    log.write_bytes(
        line("old", 8) + b"\n" + line("nowhere", 16, project_subdir=None) + b"\n"
        + line("never", 32, started_at_utc=None) + b"\n"
    )  # fmt: skip
    assert sum(cost for _, cost in look(indexer)) == 63
    assert broken_rules(indexer.store.connection) == []


def test_bad_lines_are_counted_and_bounded(indexer: Indexer, log: Path) -> None:
    log.write_bytes(b"[]\n" * 150 + line("a", 1) + b"\n" + b'{"mode": 7}\n' + b"{\n" * 50)
    assert ("a", 1) in look(indexer)
    assert rows(indexer, "select lines, bad_lines from appended_files") == [(202, 200)]
    assert rows(indexer, "select count(*) from ingest_issues") == [(100,)]
    first = "select place, reason from ingest_issues order by length(place), place limit 1"
    assert rows(indexer, first) == [("byte 0", "allowed: a JSON object")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(
    st.lists(
        st.sampled_from([line("a"), line("b", 2), line(None), b"\xff\x00", b"", b"x" * 1200]),
        max_size=6,
    ).map(b"\n".join),
    st.lists(st.integers(0, 3000), max_size=4),
    st.data(),
)
def test_any_cut_gives_the_same_rows(
    indexer: Indexer, log: Path, data: bytes, cuts: list[int], draw: st.DataObject
) -> None:
    """One database for all examples: other names each time, so that each begins with nothing."""
    number = len(rows(indexer, "from appended_files"))
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK", 1000)
        for label, at in (("once", [len(data)]), ("cut", [*sorted(cuts), len(data)])):
            log.unlink(missing_ok=True)
            indexer.store.forget([row[0] for row in look(indexer)])
            path = log.with_name(f"{label}{number}.jsonl")
            for cut in at:
                path.write_bytes(data[: min(cut, len(data))])
                look(indexer)
            left_out = "source_path, other_path, indexed_at, run_id, run_key"
            columns = f"* exclude ({left_out}), run_id like '%-%'"
            found.append(rows(indexer, f"select {columns} from runs order by all"))
            found.append(
                rows(
                    indexer,
                    "select lines, bad_lines from appended_files"
                    f" where path like '%{label}{number}.jsonl'",
                )
            )
            path.unlink()
            indexer.store.forget([row[0] for row in look(indexer)])
    assert found[:2] == found[2:]


def test_any_source_may_fail(indexer: Indexer, tmp_path: Path) -> None:
    """Whatever a stranger's source does, the others are read and its faults are shown."""

    def parse(document: Document) -> Any:
        match document.data:
            case b"raise":
                raise RuntimeError("boom")
            case b"none":
                return None
            case b"types":
                return Records(calls=[Call(call_id=7)])  # type: ignore[arg-type]
            case b"negative":
                return Records(calls=[Call(call_id="n", output_tokens=-5)])
            case b"nul":
                return Records(calls=[Call(call_id="\0")])
            case b"run":
                return Records(runs=["a run"])  # type: ignore[list-item]
            case b"nameless":
                return Records(runs=[ParsedRun("r", Run(mode="2loop"), roles=[Usage()])])
            case b"aware":
                at = datetime(2025, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
                return Records(runs=[ParsedRun("aware", Run(started_at=at))])
            case b"surrogate":
                return Records(calls=[Call(call_id="\ud800")])
        return Records(calls=[Call(call_id="good", output_tokens=5)])

    (tmp_path / "other").mkdir()
    words = [b"raise", b"none", b"types", b"negative", b"nul", b"run", b"surrogate"]
    words += [b"nameless", b"aware", b"good"]
    (tmp_path / "other" / "x.log").write_bytes(b"\n".join([*words, b""]))
    (tmp_path / "other" / "raise.txt").write_bytes(b"raise")
    stranger = Source("stranger", "A stranger's", "other", "*.log", "lines", parse)
    whole = Source("whole", "Whole files", "other", "*.txt", "file", parse)
    sources = {"stranger": stranger, "whole": whole, **installed().sources}
    indexer.documents._registry = Registry(sources, {})
    indexer.documents.configure({})
    write_run(tmp_path, "a", summary("a", 1))
    assert look(indexer) == [("a", 1), ("aware", None)]
    assert rows(indexer, "select started_at from runs order by run_id") == [
        (datetime.fromisoformat(START[:-1]),),
        (datetime(2025, 1, 1, 10),),  # noqa: DTZ001
    ]
    assert rows(indexer, "select call_id, output_tokens from llm_calls") == [("good", 5)]
    assert rows(indexer, "select lines, bad_lines from appended_files") == [(10, 8)]
    told = [row[0] for row in rows(indexer, "select reason from ingest_issues")]
    assert len(told) == 9
    assert sum("boom" in reason for reason in told) == 2
    assert indexer.store.invalid_count() == 1


def test_whole_files_say_only_what_they_say_now(indexer: Indexer, tmp_path: Path) -> None:
    def parse(document: Document) -> Records:
        words = document.data.decode().split()
        return Records(
            runs=[ParsedRun(word, Run(mode="2loop")) for word in words],
            calls=[Call(call_id=word) for word in words],
        )

    source = Source("whole", "Whole files", "other", "*/x.txt", "file", parse)
    indexer.documents._registry = Registry({"whole": source}, {})
    indexer.documents.configure({})
    path = tmp_path / "other" / "one" / "x.txt"
    path.parent.mkdir(parents=True)
    path.write_text("a b c")
    assert [row[0] for row in look(indexer)] == ["a", "b", "c"]
    path.write_text("b d")
    assert [row[0] for row in look(indexer)] == ["b", "d"]
    assert rows(indexer, "select call_id from llm_calls order by 1") == [("b",), ("d",)]
    path.write_bytes(b"\xff")  # cannot be parsed: the last good rows stay
    assert [row[0] for row in look(indexer)] == ["b", "d"]
    assert indexer.store.invalid_count() == 1
    path.write_text("b d")
    look(indexer)
    assert indexer.store.invalid_count() == 0


def read_calls(indexer: Indexer, cut: Literal["file", "lines"]) -> None:
    """Have `*.calls` read: a line is session, call, tokens, which are its cost as well."""

    def parse(document: Document) -> Records:
        calls = []
        for told in document.data.decode().splitlines():
            session, name, tokens = told.split()
            number = int(tokens)
            calls.append(
                Call(call_id=name, session_id=session, output_tokens=number, cost_usd=number)
            )
        return Records(calls=calls)

    source = Source("calls", "Calls", ".", "*.calls", cut, parse)
    indexer.documents._registry = Registry({**installed().sources, "calls": source}, {})
    indexer.documents.configure({})


def test_a_call_is_one_call_wherever_it_is_told(indexer: Indexer, tmp_path: Path) -> None:
    read_calls(indexer, "lines")
    (tmp_path / "a.calls").write_text("r x 1\nr x 7\ns y 3\n")
    look(indexer)
    (tmp_path / "b.calls").write_text("r x 5\nt z 2\n")
    assert look(indexer) == [("r", 7), ("s", 3), ("t", 2)]
    found = rows(indexer, "select call_id, output_tokens, path from llm_calls order by 1")
    assert found == [("x", 7, "./a.calls"), ("y", 3, "./a.calls"), ("z", 2, "./b.calls")]
    # a copy in another session tells of more: the run that is left without calls goes
    (tmp_path / "c.calls").write_text("u z 4\n")
    assert look(indexer) == [("r", 7), ("s", 3), ("u", 4)]
    assert broken_rules(indexer.store.connection) == []


def test_calls_of_a_file_that_is_written_anew(indexer: Indexer, tmp_path: Path) -> None:
    read_calls(indexer, "file")
    one, other = tmp_path / "a.calls", tmp_path / "b.calls"
    one.write_text("r x 1\nr z 1\n")
    other.write_text("r y 8\n")
    assert look(indexer) == [("r", 10)]
    other.write_text("s y 4\n")  # fewer tokens, in another run
    assert look(indexer) == [("r", 2), ("s", 4)]
    other.write_text("")
    assert look(indexer) == [("r", 2)]
    one.write_text("t x 1\n")
    assert look(indexer) == [("t", 1)]
    assert broken_rules(indexer.store.connection) == []


def test_calls_tell_of_a_run_that_nothing_else_tells_of_any_more(
    indexer: Indexer, tmp_path: Path
) -> None:
    read_calls(indexer, "lines")
    (tmp_path / "a.calls").write_text("r x 1\n")
    path = write_run(tmp_path, "folder", summary("r", 8))
    assert look(indexer) == [("r", 8)]
    path.write_text(json.dumps(summary("other", 16)))
    assert look(indexer) == [("other", 16), ("r", 1)]
    path.write_text(json.dumps(summary("r", 8)))
    assert look(indexer) == [("r", 8)]
    assert broken_rules(indexer.store.connection) == []


def test_of_two_lines_for_one_run_the_newest_file_holds(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("old", 1) + b"\n")
    copy = log.with_name("copy.jsonl")
    copy.write_bytes(line("old", 2) + b"\n")
    os.utime(copy, (1e9, 1e9))
    path = write_run(indexer.layout.root, "folder", summary("other", 8))
    assert look(indexer) == [("other", 8)]
    path.write_text(json.dumps(summary("other", 8, "2025-11-15T00:00:00Z")))
    assert look(indexer) == [("old", 1), ("other", 8)]
    assert broken_rules(indexer.store.connection) == []


def test_a_log_that_can_be_read_again_is_no_longer_invalid(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("a", 1) + b"\n")
    look(indexer)
    aside = log.rename(log.with_suffix(".aside"))
    os.mkfifo(log)
    look(indexer)
    assert indexer.store.invalid_count() == 1
    log.unlink()
    aside.rename(log)
    assert look(indexer) == [("a", 1)]
    assert indexer.store.invalid_count() == 0
    assert rows(indexer, "from ingest_issues") == []


def test_settings_stay_where_all_begins_anew(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("a", 1) + b"\n")
    write_config(indexer.layout.root, '{"analytics": {"sources": {"legacy_lines": false}}}')
    indexer.read_config()
    write_config(indexer.layout.root, "{")
    indexer.reopen()
    assert indexer.config.sources == {"legacy_lines": False}
    assert look(indexer) == []


def test_nothing_new_stores_nothing(indexer: Indexer, log: Path) -> None:
    log.write_bytes(line("a", 1) + b"\n")
    look(indexer)
    revision = indexer.store.info()["revision"]
    with log.open("ab") as file:
        file.write(b"{")
    os.utime(log)
    look(indexer)
    assert indexer.store.info()["revision"] == revision
    assert listing.ELSEWHERE == ("run_summary", "jobs_state")


def test_a_file_that_changed_lately_is_read_on_without_listing_any(
    log: Path, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(line("a") + b"\n")
    assert look(indexer) == [("a", 0.5)]
    monkeypatch.setattr(listing, "files", None)
    monkeypatch.setattr(documents, "MOST_GROWING", 0)
    indexer.documents.growing.clear()
    recent = RecentDocuments(indexer)

    def take(now: float, seconds: float) -> Rows:
        steps = recent.begin(now)
        assert steps is not None
        for _ in steps:
            pass
        recent.done(now + seconds)
        return rows(indexer, "select run_id from runs order by run_id")

    with log.open("ab") as file:
        file.write(line("b") + b"\n")
    assert take(0.0, 0.25) == [("a",), ("b",)]
    assert recent.begin(2.25) is None  # nine times as long as it took
    assert take(2.5, 0.25) == [("a",), ("b",)]
    assert recent.begin(27.5) is None  # a hundred times, as there was nothing to read
    os.utime(log, (0, 0))
    assert take(27.75, 0.001) == [("a",), ("b",)]
    assert recent.begin(1e6) is None  # it is old now


def test_what_was_read_last_is_looked_at_more_often_than_the_rest(
    log: Path, indexer: Indexer
) -> None:
    others = [log.with_name(f"{place}_3loop.jsonl") for place in range(MOST_GROWING + 5)]
    for other in others:
        other.write_bytes(b"")
    log.write_bytes(line("a") + b"\n")
    look(indexer)
    assert [*indexer.documents.growing] == [f"agent/run_logs/{log.name}"]
    recent = RecentDocuments(indexer)
    for _ in recent.begin(0.0) or ():
        pass
    recent.done(1.0)  # of all: the next is due after a hundred times as long
    for later in (log, others[0]):
        with later.open("ab") as file:
            file.write(line(later.stem) + b"\n")
    assert recent.begin(1.05) is None
    for _ in recent.begin(1.1) or ():
        pass
    recent.done(1.101)
    expected = [("a",), (log.stem,)]
    assert rows(indexer, "select run_id from runs order by run_id") == expected
    assert recent.begin(1.15) is None
    assert recent.begin(1.21) is not None
    for place, other in enumerate(others):
        other.write_bytes(line(f"r{place}") + b"\n")
    look(indexer)
    assert len(indexer.documents.growing) == MOST_GROWING


def test_after_a_full_pass_nested_files_are_not_gone_through_again_at_once(
    indexer: Indexer,
) -> None:
    below = DocumentsPass(indexer, lambda: False, nested=True)
    below.covered(0.0, 2.0)
    assert below.begin(59.0) is None
    assert below.begin(62.5) is not None


def test_what_lies_in_a_run_folder_is_found_by_a_look_at_it_alone(
    indexer: Indexer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(indexer)
    monkeypatch.setattr(listing, "files", None)
    for name in ("session", ".hidden"):
        folder = tmp_path / "run_logs" / name
        folder.mkdir(parents=True)
        (folder / "job.log").write_text("ERROR no money left\n")
    root = indexer.roots[0]
    looks = indexer.look_at([(root, "session"), (root, ".hidden")], patient=True)
    assert [look.outcome for look in looks] == ["absent", "absent"]
    steps = RecentDocuments(indexer).begin(0.0)
    assert steps is not None
    for _ in steps:
        pass
    assert rows(indexer, "select job_id, error_lines from job_logs") == [("session", 1)]


def test_between_full_passes_run_folders_are_not_gone_through_for_other_files(
    indexer: Indexer, tmp_path: Path
) -> None:
    look(indexer)
    folder = tmp_path / "run_logs" / "session"
    folder.mkdir(parents=True)
    (folder / "job.log").write_text("started\n")
    below = DocumentsPass(indexer, lambda: False, nested=True)
    steps = below.begin(0.0)
    assert steps is not None
    for _ in steps:
        pass
    assert rows(indexer, "select job_id from job_logs") == []
    look(indexer)
    assert rows(indexer, "select job_id from job_logs") == [("session",)]
