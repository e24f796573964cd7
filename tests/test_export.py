"""What a spreadsheet or a parser would make of the exports."""

import csv
import io
import json
from pathlib import Path

import pytest

from indexer import export, figures
from indexer.config import Layout
from tests.helpers import index, snapshot, write_run


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n=1"])
def test_formulas_are_kept_text(text: str) -> None:
    assert export.guard(text) == f"'{text}"


@pytest.mark.parametrize("text", ["shop", "a=b", "1-2", "", "ü", "<b>"])
def test_other_text_is_left_alone(text: str) -> None:
    assert export.guard(text) == text


def test_names_of_any_kind_survive_the_way_through_both_formats(tmp_path: Path) -> None:
    names = ["=cmd", 'a"b,c', "line\nbreak", "<script>", "日本", "-x"]
    for place, name in enumerate(names):
        model = {"by_model": {name: {"total_usd": 1}}}
        write_run(tmp_path, str(place), {"project_dir": f"/p/{name}", "cost_summary": model})
    layout = Layout.of(tmp_path)
    index(layout)
    with snapshot(layout, "2025-01-01") as connection:
        found = figures.all_figures(connection)
    decoded = json.loads(export.to_json(found))
    assert {row["project_name"] for row in decoded["projects"]} == set(names) | {
        row["project_name"] for row in decoded["projects"] if row["project_name"] == "script>"
    }
    rows = list(csv.reader(io.StringIO(export.to_csv(found), newline="")))
    cells = {row[0] for row in rows if row}
    assert {export.guard(name) for name in names} <= cells
    assert "=cmd" not in cells
    assert export.to_csv(found) == export.to_csv(found)


def test_not_a_number_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        export.to_json({"summary": float("nan")})


def test_downloads_are_dated() -> None:
    period = {"as_of": "2025-11-18T10:30:00.000Z", "has_range": False}
    assert export.filename("json", period) == "runmeter-2025-11-18.json"
    period |= {"has_range": True, "timezone": "Europe/Berlin"}
    period |= {"first_day": "2025-10-01", "last_day": "2025-10-31"}
    wanted = "runmeter-2025-10-01-to-2025-10-31-Europe-Berlin.csv"
    assert export.filename("csv", period) == wanted
