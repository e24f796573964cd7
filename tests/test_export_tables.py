"""Tables as CSV, JSON and Parquet: read by what others read them with, equal to the views."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow.dataset
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from indexer import export_parquet, export_table, figures, reports, whole
from indexer.asking import asked
from indexer.cli import main
from indexer.config import Layout
from indexer.errors import UsageError
from indexer.export import guard
from indexer.filters import Filters
from tests.helpers import snapshot
from tests.reporting import AS_OF, NAMES, make_index

FILTERS = Filters.parse(
    {"as_of": [AS_OF], "from": ["2025-08-20"], "to": ["2025-11-30"], "tz": ["Asia/Kathmandu"]}
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("tables"))


@pytest.fixture
def connection(layout: Layout) -> Iterator[Any]:
    with asked(layout, FILTERS) as connection:
        yield connection


def run(layout: Layout, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["--root", str(layout.root), "export", *map(str, arguments)])


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows(connection: Any, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return found


def test_a_folder_of_parquet_is_read_by_others(connection: Any, tmp_path: Path) -> None:
    covers = reports.coverage(connection, FILTERS)
    target = tmp_path / "out's"
    export_parquet.write(connection, target, covers)
    assert {path.name for path in target.iterdir()} == {*export_parquet.TABLES, "coverage"}
    expected = rows(connection, "select run_id, month, cost_usd, task from run_list order by 1")
    assert all(month for _, month, _, _ in expected)  # a range has dated runs

    columns = ["run_id", "month", "cost_usd", "task"]
    table = pyarrow.dataset.dataset(target / "runs", partitioning="hive").to_table()
    found = sorted(zip(*(table[name].to_pylist() for name in columns), strict=True))
    assert found == expected
    lazily = polars.scan_parquet(target / "runs/**/*.parquet", hive_partitioning=True)
    assert sorted(lazily.select(columns).collect().rows()) == expected
    frame = pandas.read_parquet(target / "runs").sort_values("run_id")
    assert frame["run_id"].tolist() == [row[0] for row in expected]
    assert frame["cost_usd"].dropna().sum() == sum(row[2] for row in expected if row[2] is not None)
    source = f"read_parquet('{str(target).replace(chr(39), chr(39) * 2)}/runs/*/*.parquet')"
    assert rows(connection, f"select run_id, month, cost_usd, task from {source} order by 1") == (
        expected
    )
    metadata = pyarrow.parquet.read_schema(target / "projects" / export_parquet.FILE).metadata
    assert json.loads(metadata[b"coverage"]) == covers
    assert polars.read_parquet(target / "coverage" / "*.parquet")["counted_runs"][0] == len(
        expected
    )


def test_parts_belong_to_the_runs_and_no_number_has_lost_its_kind(
    connection: Any, tmp_path: Path
) -> None:
    export_parquet.write(connection, tmp_path / "out", reports.coverage(connection, FILTERS))
    for name, view in (("role_usage", "role_facts"), ("model_usage", "model_facts")):
        table = pyarrow.dataset.dataset(tmp_path / "out" / name, partitioning="hive").to_table()
        total = sum(value for value in table["cost_usd"].to_pylist() if value is not None)
        assert total == rows(connection, f"select sum(cost_usd) from {view}")[0][0]
        assert isinstance(total, Decimal)
    for path in (tmp_path / "out").rglob("*.parquet"):
        schema = pyarrow.parquet.read_schema(path)
        for field in schema:
            is_count = field.name.endswith(("runs", "tokens", "calls")) or field.name == "runs"
            assert not (is_count and pyarrow.types.is_floating(field.type)), (path, field)


def test_undated_runs_are_in_the_partition_of_nobody_knows(layout: Layout, tmp_path: Path) -> None:
    filters = Filters.parse({"as_of": [AS_OF]})
    with asked(layout, filters) as connection:
        undated = rows(connection, "select count(*) from run_list where month is null")[0][0]
        export_parquet.write(connection, tmp_path / "out", reports.coverage(connection, filters))
    assert undated > 0
    frame = polars.read_parquet(tmp_path / "out/runs/**/*.parquet", hive_partitioning=True)
    assert frame["month"].null_count() == undated
    table = pyarrow.dataset.dataset(tmp_path / "out/runs", partitioning="hive").to_table()
    assert table["month"].null_count == undated


def test_the_same_question_gives_the_same_bytes(layout: Layout, tmp_path: Path) -> None:
    for _ in range(2):
        done = run(layout, "parquet", "-o", tmp_path / "out", "--as-of", AS_OF, "--model", "big")
        assert done.exit_code == 0, done.output
        found = tree(tmp_path / "out")
        (tmp_path / "out" / "stray").write_text("of an earlier export", "utf-8")
        assert tree(tmp_path / "out") != found
    assert run(layout, "parquet", "-o", tmp_path / "again", "--as-of", AS_OF, "--model", "big")
    assert tree(tmp_path / "again") == found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "out"]


def test_what_is_no_export_is_not_replaced(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one").write_text("dear", "utf-8")
    done = run(layout, "parquet", "-o", tmp_path / "letters")
    assert done.exit_code == 2
    assert "found a folder or file of another kind" in done.stderr
    assert tree(tmp_path / "letters") == {"one": b"dear"}


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "old"
    target.write_bytes(b"old")

    def half(path: Path) -> None:
        path.write_bytes(b"half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), whole.file(target) as path:
        half(path)
    with pytest.raises(ValueError, match="no"), whole.folder(tmp_path / "new") as path:
        half(path / "half")
    assert tree(tmp_path) == {"old": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["run_list", "project_summary", "unknown_values", "job_list"])
def test_a_table_is_the_same_in_every_format(connection: Any, tmp_path: Path, name: str) -> None:
    covers = reports.coverage(connection, FILTERS)
    query = export_table.query(connection, name, FILTERS)
    expected = figures.rows(connection, query)
    written = {}
    for kind in ("csv", "json"):
        out = io.BytesIO()
        export_table.write(connection, query, name, kind, out, covers)
        written[kind] = out.getvalue()
    document = json.loads(written["json"])
    assert document["rows"] == expected
    assert document["coverage"] == covers

    text = io.StringIO(written["csv"].decode(), newline="")
    as_text = {key: "" if value is None else str(value) for key, value in expected[0].items()}
    read = list(csv.DictReader(text))
    assert [list(row) for row in read[:1]] == [list(as_text)]
    for row, values in zip(read, expected, strict=True):
        for key, value in values.items():
            shown = guard(value) if isinstance(value, str) else value
            assert row[key] == ("" if shown is None else str(shown)), key
    frame = pandas.read_csv(io.BytesIO(written["csv"]), dtype=str, keep_default_na=False)
    assert frame.shape == (len(expected), len(expected[0]))

    export_table.write_parquet(connection, query, tmp_path / "t.parquet", covers)
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    for row, values in zip(table.to_pylist(), expected, strict=True):
        same = {key: plain(value) for key, value in row.items()}
        assert same == values


def plain(value: Any) -> Any:
    """As JSON has it, whatever library read it."""
    if isinstance(value, datetime):
        return figures.plain(value.replace(tzinfo=None))
    return figures.plain(value)


def test_tables_on_the_command_line(layout: Layout, tmp_path: Path) -> None:
    done = run(layout, "csv", "--table", "run_list", "--project", NAMES[1], "--as-of", AS_OF)
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 2
    assert "\n\"'=HYPERLINK" not in done.stdout  # not the first cell of the line, but guarded
    assert "'=HYPERLINK" in done.stdout
    assert f"Filters: project={NAMES[1]}" in done.stderr
    target = tmp_path / "runs.csv"
    assert run(layout, "csv", "--table", "runs", "-o", target).exit_code == 0
    assert len(list(csv.reader(io.StringIO(target.read_text("utf-8"), newline="")))) == 69
    assert json.loads((tmp_path / "runs.csv.coverage.json").read_text("utf-8"))["filters"] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "runs.csv",
        "runs.csv.coverage.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["json", "--table", "duckdb_tables"], "table: found 'duckdb_tables', allowed: a table"),
        (["json", "--table", "runs; drop table runs"], "table: found 'runs; drop"),
        (["csv", "--table", "runs", "--project", "a"], "found runs with filters, allowed: a view"),
        (["csv", "--table", "role_usage", "--role", "a"], "found role_usage with filters"),
        (["parquet"], "-o: found none, allowed: the folder that"),
        (["parquet", "--table", "runs"], "-o: found none, allowed: the file"),
    ],
)
def test_what_cannot_be_used_exits_2(layout: Layout, arguments: list[str], words: str) -> None:
    done = run(layout, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_the_exports_of_the_specification_can_say_what_they_cover(layout: Layout) -> None:
    common = ("--as-of", AS_OF, "--range", "30d")
    plainly = run(layout, "json", *common).stdout
    document = json.loads(run(layout, "json", *common, "--coverage").stdout)
    covers = document.pop("coverage")
    assert document == json.loads(plainly)
    assert (covers["first_day"], covers["last_day"]) == ("2025-10-20", "2025-11-18")
    text = run(layout, "csv", *common, "--coverage").stdout
    assert text.startswith(run(layout, "csv", *common).stdout)
    assert 'Range,"2025-10-20 to 2025-11-18, days of UTC"' in text


def test_every_table_and_view_can_be_had(layout: Layout) -> None:
    with snapshot(layout, AS_OF) as connection:
        names = rows(connection, "select table_name from information_schema.tables")
        for (name,) in names:
            query = export_table.query(connection, name, Filters())
            assert rows(connection, f"select count(*) from ({query})")
        with pytest.raises(UsageError):
            export_table.query(connection, "nothing", Filters())
