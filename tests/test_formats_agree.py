"""Whatever is filtered, every format has the same cells; what they look like is on file."""

import csv
import io
import json
import os
import random
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.dataset
import pytest
from click.testing import CliRunner

from indexer import export_parquet, export_table, export_xlsx, figures, reports
from indexer.asking import asked
from indexer.cli import main
from indexer.config import Layout
from indexer.export import guard
from indexer.file_tables import QUALITY, RUNS
from indexer.filters import Filters
from indexer.tables import BUDGETS, JOBS, MODELS, PROJECTS, ROLES, SERIES
from tests.helpers import index
from tests.reporting import AS_OF, make_index
from tests.test_panel_figures import MODELS as MODEL_NAMES
from tests.test_panel_figures import MODES, QA
from tests.test_panel_figures import PROJECTS as PROJECT_NAMES
from tests.test_panel_figures import ROLES as ROLE_NAMES

GOLDEN = Path(__file__).parent / "data" / "golden"
TABLES = (PROJECTS, MODELS, ROLES, SERIES, BUDGETS, RUNS, JOBS, QUALITY)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("formats"))


def some(seed: int) -> Filters:
    """Filters as nobody would think of them."""
    chance = random.Random(seed)
    query = {"as_of": [AS_OF], "tz": [chance.choice(["UTC", "Asia/Kathmandu", "Asia/Tokyo"])]}
    options = {
        "project": list(PROJECT_NAMES),
        "model": list(MODEL_NAMES),
        "role": list(ROLE_NAMES),
        "mode": [*MODES, "unknown"],
        "qa": [value or "not_run" for value in QA],
        "range": ["30d", "last-month", "quarter"],
    }
    for name in chance.sample(list(options), k=2):
        values = options[name]
        query[name] = [chance.choice(values)] if name == "range" else chance.sample(values, 2)
    return Filters.parse(query)


def number(value: Any) -> Any:
    """Numbers as far as every format holds them; times without what is below a millisecond."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return float(f"{value:.12g}")
    if isinstance(value, datetime):
        return figures.plain(value)[:19]
    return figures.plain(value)


def of_json(value: Any) -> Any:
    is_time = isinstance(value, str) and value.endswith("Z") and value[10:11] == "T"
    return value[:19] if is_time else number(value)


@pytest.mark.parametrize("seed", range(3))
def test_every_format_has_the_same_cells(layout: Layout, tmp_path: Path, seed: int) -> None:
    filters = some(seed)
    with asked(layout, filters) as connection:
        covers = reports.coverage(connection, filters)
        export_xlsx.write(connection, tmp_path / "a.xlsx", covers)
        export_parquet.write(connection, tmp_path / "out", covers)
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        assert covers["counted_runs"] > 0
        for table in TABLES:
            keys = [column.key for column in table.columns]
            out = io.BytesIO()
            export_table.write(connection, table.query, table.name, "json", out, covers)
            expected = [
                [of_json(row[key]) for key in keys] for row in json.loads(out.getvalue())["rows"]
            ]
            assert in_csv(connection, table.query, covers) == [
                [as_text(value) for value in row] for row in expected
            ], table.name
            name = "daily" if table is SERIES else table.name
            read = pyarrow.dataset.dataset(tmp_path / "out" / name, partitioning="hive")
            stored = [[number(row[key]) for key in keys] for row in read.to_table().to_pylist()]
            assert sorted(map(repr, stored)) == sorted(map(repr, expected)), table.name
            cells = [
                [number(cell) for cell in row]
                for row in book[table.title].iter_rows(min_row=2, values_only=True)
            ]
            assert cells == [[in_cell(value) for value in row] for row in expected], table.name


def in_csv(connection: Any, query: str, covers: Any) -> list[list[Any]]:
    out = io.BytesIO()
    export_table.write(connection, query, "x", "csv", out, covers)
    found = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))[1:]
    return [[cut(cell) for cell in row] for row in found]


def cut(text: str) -> Any:
    """A cell of CSV as a number where it is one; times without what is below a second."""
    try:
        return float(f"{float(text):.12g}")
    except ValueError:
        return of_json(text)


def as_text(value: Any) -> Any:
    """What CSV makes of a value."""
    if isinstance(value, str):
        return cut(guard(value))
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else json.dumps(value) if isinstance(value, list) else value


def in_cell(value: Any) -> Any:
    """What a workbook makes of a value: days are times, text what XML can carry."""
    if isinstance(value, list):
        return ", ".join(f"{part:g}" for part in value)
    if isinstance(value, str):
        is_day = len(value) == 10 and value[4] == value[7] == "-"
        return f"{value}T00:00:00" if is_day else export_xlsx.clean(value) or None
    return value


@pytest.mark.parametrize(
    "name",
    [
        "report-projects.txt",
        "report-weekly.json",
        "report-models.csv",
        "table-project_summary.csv",
        "table-model_summary.json",
        "workbook.txt",
    ],
)
def test_the_formats_look_as_on_file(documented: Layout, tmp_path: Path, name: str) -> None:
    """Of a workbook, whose bytes change with its library, the cells are on file.

    After a change that is meant: RUNMETER_GOLDEN=1 writes the files anew.
    """
    index(documented, audited=False)
    kind, _, rest = name.partition("-")
    table, _, form = rest.rpartition(".")
    common = ["--root", str(documented.root)]
    if kind == "report":
        more = [] if form == "txt" else [f"--{form}"]
        command = [*common, "report", table, "--as-of", AS_OF, "--range", "30d", *more]
    elif kind == "table":
        command = [*common, "export", form, "--table", table, "--as-of", AS_OF]
    else:
        command = [*common, "export", "xlsx", "-o", str(tmp_path / "a.xlsx"), "--as-of", AS_OF]
    done = CliRunner().invoke(main, command, env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    text = done.stdout if kind != "workbook.txt" else dumped(tmp_path / "a.xlsx")
    path = GOLDEN / name
    if os.environ.get("RUNMETER_GOLDEN"):
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def dumped(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    lines = []
    for name in ("Summary", "Projects", "Models", "Roles", "Budgets"):
        lines.append(f"# {name}")
        lines += ["\t".join(map(str, row)) for row in book[name].iter_rows(values_only=True)]
    return "\n".join(lines) + "\n"
