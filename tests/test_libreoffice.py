"""Workbooks and CSV as LibreOffice opens them, where it is installed."""

import csv
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from indexer import export_table, export_xlsx, figures, reports
from indexer.asking import asked
from indexer.export import guard
from indexer.filters import Filters
from tests.reporting import AS_OF, make_index

OFFICE = shutil.which("soffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"

pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")


def convert(source: Path, kind: str, folder: Path, *how: str) -> None:
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [
        str(OFFICE),
        profile,
        "--headless",
        *how,
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
    ]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=100)


def test_text_stays_text_and_numbers_are_numbers(tmp_path: Path) -> None:
    layout = make_index(tmp_path / "root", runs=20)
    filters = Filters.parse({"as_of": [AS_OF]})
    out = tmp_path / "out"
    out.mkdir()
    with asked(layout, filters) as connection:
        projects = figures.projects(connection)
        covers = reports.coverage(connection, filters)
        export_xlsx.write(connection, tmp_path / "book.xlsx", covers)
        query = export_table.query(connection, "project_summary", filters)
        with (tmp_path / "table.csv").open("wb") as target:
            export_table.write(connection, query, "project_summary", "csv", target, covers)

    convert(tmp_path / "book.xlsx", EVERY_SHEET, out)
    with (out / "book-Projects.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))[1:]
    assert [row[0] for row in rows] == [export_xlsx.clean(p["project_name"]) for p in projects]
    assert [int(row[1]) for row in rows] == [p["runs_count"] for p in projects]
    assert [float(row[3]) for row in rows] == pytest.approx([p["total_cost"] for p in projects])
    assert {path.name for path in out.glob("book-*.csv")} == {
        f"book-{name}.csv" for name in openpyxl.load_workbook(tmp_path / "book.xlsx").sheetnames
    }

    how = "--infilter=Text - txt - csv (StarCalc):44,34,76"  # commas, quotes, UTF-8
    convert(tmp_path / "table.csv", "xlsx", out, how)
    sheet = openpyxl.load_workbook(out / "table.xlsx").worksheets[0]
    for row, project in zip(sheet.iter_rows(min_row=2), projects, strict=True):
        assert row[0].data_type != "f"
        name = guard(project["project_name"])
        assert str(row[0].value).endswith(export_xlsx.clean(name)[-20:].strip())
        assert row[4].value == pytest.approx(project["total_cost"])
