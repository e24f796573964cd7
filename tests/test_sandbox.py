"""A query of a stranger reads the index and nothing else, and never for long."""

import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from indexer import sandbox
from indexer.config import Layout
from indexer.sandbox import Answer, BusyError, Limits, QueryError
from tests.helpers import index

QUICK = Limits(rows=1000, seconds=2.0)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shutil

    from tests.conftest import DATA

    root = tmp_path_factory.mktemp("root") / "documented"
    layout = Layout.of(shutil.copytree(DATA / "documented", root))
    index(layout)
    return layout.snapshot(layout.snapshot_numbers()[-1])


def ask(snapshot: Path, query: str, limits: Limits = QUICK) -> Answer:
    return sandbox.run(snapshot, query, limits)


def refusal(snapshot: Path, query: str, limits: Limits = QUICK) -> str:
    with pytest.raises(QueryError) as caught:
        ask(snapshot, query, limits)
    return str(caught.value)


def test_views_and_macros_answer_without_their_database(snapshot: Path) -> None:
    found = ask(snapshot, "select total_runs, total_cost from overall_summary -- all\n;")
    assert (found.columns, found.rows, found.more) == (
        ["total_runs", "total_cost"],
        [[60, 62.74034]],
        False,
    )
    assert ask(snapshot, "from clock").columns[0] == "as_of"
    assert ask(snapshot, "describe runs").rows[0][:2] == ["run_id", "VARCHAR"]


def test_every_type_can_be_told(snapshot: Path) -> None:
    query = """select 1::hugeint, timestamptz '2025-01-01 00:00:00+00', interval 1 month, [1, null],
        {'a': 'x'}, '\\xFF'::blob, map {'k': 1}, uuid(), 'nan'::double, '-inf'::float,
        date 'infinity', time '01:02:03', '101'::bit, 'a'::enum ('a', 'b'), union_value(n := 1),
        1.5::decimal(38, 10), 18446744073709551615::ubigint, null, true,
        timestamp_ns '2025-01-01 00:00:00.123456789', repeat('é', 1000000)"""
    row = ask(snapshot, query).rows[0]
    assert row[:7] == ["1", row[1], "1 month", "[1, NULL]", "{'a': x}", "\\xFF", "{k=1}"]
    assert row[8:15] == ["nan", "-inf", "infinity", "01:02:03", "101", "a", "1"]
    assert row[15:19] == [1.5, 18446744073709551615, None, True]
    assert len(row[20]) == 1_000_000
    assert ask(snapshot, "select 1 as a, 2 as a").columns == ["a", "a_1"]


ATTACKS = {
    "read a file": "select * from read_text('{secret}')",
    "read a file as a table": "from '{secret}'",
    "sniff a file": "from sniff_csv('{secret}')",
    "list files": "from glob('{folder}/*')",
    "write a file": "copy (select 1) to '{folder}/out.csv'",
    "write a file from a query": "select * from query('copy (select 1) to ''{folder}/out.csv''')",
    "export": "export database '{folder}/out'",
    "attach": "attach '{folder}/out.duckdb'",
    "attach the working file": "attach '{snapshot}' as again",
    "install": "install httpfs",
    "load": "load httpfs",
    "pragma": "pragma database_list",
    "pragma as a call": "call pragma_database_size()",
    "set": "set enable_external_access = true",
    "set a variable": "set variable as_of = 'x'",
    "reset": "reset lock_configuration",
    "use": "use memory",
    "create": "create table evil (i integer)",
    "create a macro": "create macro evil() as 1",
    "insert": "insert into runs select * from runs",
    "delete": "delete from runs",
    "drop": "drop view clock",
    "two statements": "select 1; drop view clock",
    "a statement behind a comment": "select 1 /* ; */; -- x\n delete from runs",
    "out of the view": "select 1) ; copy (select 1) to '{folder}/out.csv'; --",
    "a change inside of a query": "with gone as (delete from runs returning *) from gone",
    "prepare": "prepare evil as select 1",
    "transaction": "begin",
    "checkpoint": "checkpoint",
    "explain by running": "explain analyze select 1",
    "secrets": "from duckdb_secrets()",
    "nothing": " -- nothing\n",
    "not SQL": "hello?",
    "parameters": "select $1",
    "too long": "select '" + "x" * 30_000 + "'",
}


def expand(attack: str, snapshot: Path, folder: Path) -> str:
    for name, value in (("secret", folder / "secret"), ("folder", folder), ("snapshot", snapshot)):
        attack = attack.replace("{" + name + "}", str(value))
    return attack


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_nothing_outside_is_read_or_written(snapshot: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("confidential", "utf-8")
    before = snapshot.read_bytes()
    assert "confidential" not in refusal(snapshot, expand(ATTACKS[name], snapshot, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert snapshot.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from range(1000000000) as a, range(1000000000) as b",
        "with recursive t(n) as (select 1 union all select n + 1 from t) select sum(n) from t",
        "select list_sort(range(200000000))",
        "select repeat('x', 1000000000) from range(1000)",
        "select array_agg(range) from range(1000000000)",
        "select * from range(100000000) order by random()",
        "select " + "(" * 9000 + "1" + ")" * 9000,
        "select " + "-".join(["1"] * 9000),
    ],
)
def test_endless_and_greedy_queries_end(snapshot: Path, query: str) -> None:
    with suppress(QueryError):
        ask(snapshot, query, Limits(rows=10, seconds=1.0))
    assert ask(snapshot, "select 1").rows == [[1]]


def test_of_ten_million_rows_the_first_are_given(snapshot: Path) -> None:
    found = ask(snapshot, "select range as n from range(10000000) order by n desc", Limits(100))
    assert (len(found.rows), found.rows[0], found.more) == (100, [9_999_999], True)
    assert not ask(snapshot, "select * from range(100)", Limits(100)).more
    wide = ask(snapshot, "select repeat('x', 10000000) from range(10)", Limits(100, 10.0))
    assert (len(wide.rows), wide.more) == (3, True)


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("selec 1", 1, 1),
        ("select 'ü',\n  nope from runs", 2, 3),
        ("select run_id,\n'a'::integer\nfrom runs", 2, 4),
        ("  -- why\nfrom nothing_of_that_name", 2, 6),
        ("summarize select nope", 1, 18),
    ],
)
def test_an_error_has_its_place(snapshot: Path, query: str, line: int, column: int) -> None:
    with pytest.raises(QueryError) as caught:
        ask(snapshot, query)
    assert caught.value.line == line
    assert caught.value.column is not None
    assert abs(caught.value.column - column) <= 1


def test_a_worker_that_dies_is_told(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "was ended" in refusal(snapshot, "select 1")


def test_only_so_many_at_once(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_free", threading.BoundedSemaphore(1))
    monkeypatch.setattr(sandbox, "WAIT_SECONDS", 0.01)
    with sandbox._free, pytest.raises(BusyError, match="try again"):
        ask(snapshot, "select 1")
    assert ask(snapshot, "select 1").rows == [[1]]
