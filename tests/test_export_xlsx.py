"""Workbooks, read back by openpyxl: the cells are what the views say, and only that."""

import zipfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from indexer import export_xlsx, reports
from indexer.asking import asked
from indexer.config import Layout
from indexer.errors import RunmeterError
from indexer.file_tables import RUNS, SUMMARY
from indexer.filters import Filters
from indexer.tables import PROJECTS
from tests.reporting import AS_OF, NAMES, make_index

FILTERS = Filters.parse(
    {"as_of": [AS_OF], "from": ["2025-08-20"], "to": ["2025-11-30"], "mode": ["2loop", "unknown"]}
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("workbook"))


@pytest.fixture
def connection(layout: Layout) -> Iterator[Any]:
    with asked(layout, FILTERS) as connection:
        yield connection


def written(connection: Any, target: Path) -> Any:
    export_xlsx.write(connection, target, reports.coverage(connection, FILTERS))
    return openpyxl.load_workbook(target)


def cell(value: Any) -> Any:
    """What a workbook can hold of a value: numbers are floats, days are times."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str):
        return export_xlsx.clean(value) or None
    if isinstance(value, list):
        return ", ".join(f"{part:g}" for part in value)
    if value is not None and not isinstance(value, bool | int | float | datetime):
        return datetime.fromisoformat(f"{value}T00:00:00")
    return value


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, datetime):
        return bool(abs((found - expected).total_seconds()) < 0.002)
    if isinstance(expected, float):
        return bool(float(found) == pytest.approx(expected, rel=1e-12, abs=1e-12))
    return bool(type(found) is type(expected) and found == expected)


def test_every_cell_is_what_the_view_says(connection: Any, tmp_path: Path) -> None:
    book = written(connection, tmp_path / "a.xlsx")
    titles = [table.title for table in export_xlsx.SHEETS]
    assert book.sheetnames == ["Summary", *titles, "Columns"]
    for table in export_xlsx.SHEETS:
        sheet = book[table.title]
        expected = connection.execute(table.query).fetchall()
        assert sheet.max_row == len(expected) + 1, table.name
        assert [head.value for head in sheet[1]] == [column.heading for column in table.columns]
        for found, row in zip(sheet.iter_rows(min_row=2), expected, strict=True):
            for one, value in zip(found, row, strict=True):
                assert same(one.value, cell(value)), (table.name, one.coordinate, value)
                assert one.data_type != "f"
                assert one.hyperlink is None
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")
    named = {one.value for one in book[PROJECTS.title]["A"]}
    assert {export_xlsx.clean(name) for name in NAMES[1:3]} <= named


def test_the_summary_says_what_it_covers_and_has_charts(connection: Any, tmp_path: Path) -> None:
    book = written(connection, tmp_path / "a.xlsx")
    sheet = book["Summary"]
    texts = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert texts["Range"] == "2025-08-20 to 2025-11-30, days of UTC"
    assert texts["Filters"] == "mode=2loop, mode=unknown"
    values = connection.execute(SUMMARY.query).fetchone()
    for column, value in zip(SUMMARY.columns, values, strict=True):
        assert same(texts[column.heading], cell(value)), column.key
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        charts = [name for name in archive.namelist() if "charts/chart" in name]
        assert len(charts) == 3
        text = archive.read(charts[0]).decode()
        assert "Daily!$A$2:$A$104" in text
    meanings = list(book["Columns"].iter_rows(min_row=2, values_only=True))
    assert len(meanings) == sum(len(table.columns) for table in export_xlsx.SHEETS)
    assert all(row[3] for row in meanings), "every column has a meaning"


def test_the_same_question_gives_the_same_bytes(connection: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        written(connection, tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(connection, tmp_path / "a.xlsx")[RUNS.title]
    count = whole.max_row - 1
    monkeypatch.setattr(export_xlsx, "MOST_ROWS", count // 2)
    book = written(connection, tmp_path / "b.xlsx")
    names = [name for name in book.sheetnames if name.startswith("Runs")]
    assert names == ["Runs", "Runs 2", "Runs 3"][: 2 + count % 2]
    ids = [row[0].value for name in names for row in book[name].iter_rows(min_row=2)]
    assert ids == [row[0].value for row in whole.iter_rows(min_row=2)]
    assert book["Runs"].cell(1, len(RUNS.columns) + 1).value == "More rows: sheet Runs 2"
    texts = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert texts["Rows of Runs"].endswith(", ".join(names[1:]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00\x1bb", "a\ufffd\ufffdb"),
        ("line\nbreak\t", "line\nbreak\t"),
        ("_x0041_", "_x0041_"),
        ("x" * 40_000, "x" * 32_766 + "…"),
        ("日本 \u202e", "日本 \u202e"),
    ],
)
def test_text_is_what_a_cell_can_hold(text: str, expected: str) -> None:
    assert export_xlsx.clean(text) == expected


def test_an_index_of_nothing_is_a_workbook_too(tmp_path: Path) -> None:
    from tests.helpers import index

    layout = Layout.of(tmp_path)
    index(layout)
    with asked(layout, Filters()) as connection:
        covers = reports.coverage(connection, Filters())
        export_xlsx.write(connection, tmp_path / "a.xlsx", covers)
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["Projects"].max_row == 1


def test_without_the_extra_the_message_says_how_to_get_it(
    connection: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(RunmeterError, match=r"pip install 'runmeter\[xlsx\]'"):
        export_xlsx.write(connection, tmp_path / "a.xlsx", {})
