"""Panels: what is declared of each view is what the view has, each has its route and files."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask

from indexer import export
from indexer.config import Layout
from indexer.store import Store
from tests.conftest import AS_OF
from tests.helpers import index
from web import budget_data, compared_data, create_app, datasets, filtering
from web.links import Links
from web.panels import PANELS

KINDS = {
    "text": {"VARCHAR"},
    "day": {"DATE"},
    "moment": {"TIMESTAMP"},
    "count": {"BIGINT", "INTEGER"},
    "money": {"DECIMAL", "DOUBLE"},
    "rate": {"DOUBLE"},
    "number": {"DOUBLE"},
    "seconds": {"DOUBLE"},
    "flag": {"BOOLEAN"},
    "numbers": {"DOUBLE[]", "DECIMAL"},
}


@pytest.fixture
def app(documented: Layout) -> Iterator[Flask]:
    index(documented)
    app = create_app(documented.root, documented.database)
    yield app
    app.extensions["runmeter"].close()


def test_what_is_declared_is_what_there_is() -> None:
    store = Store()
    try:
        macros = (
            compared_data.COMPARISON,
            compared_data.DRIVERS,
            compared_data.TOTALS,
            compared_data.DROVE,
            compared_data.QUALITY,
        )
        for data in (
            datasets.TIMESERIES,
            *datasets.ROUTED,
            *budget_data.ROUTED,
            *compared_data.ROUTED,
            *macros,
        ):
            sides = "('mode', 'a', 'b', null, null, null, null)" if data in macros else ""
            sides = "('project')" if data is compared_data.QUALITY else sides
            found = store.connection.execute(f"describe from {data.source}{sides}").fetchall()
            assert [row[0] for row in found] == [column.key for column in data.columns]
            for row, column in zip(found, data.columns, strict=True):
                assert row[1].split("(")[0] in KINDS[column.kind], (data.source, column.key)
    finally:
        store.close()


def test_every_panel_is_on_the_page_with_its_table(app: Flask) -> None:
    client = app.test_client()
    page = client.get(f"/analytics?as_of={AS_OF}").get_data(as_text=True)
    assert [panel.name for panel in PANELS] == [
        part.split('"')[0] for part in page.split('id="panel-')[1:]
    ]
    for panel in PANELS:
        part = page.split(f'id="panel-{panel.name}"')[1].split("</figure>")[0]
        assert 'role="img" aria-label="' in part
        assert "As a table" in part
        for column in panel.columns():
            assert f">{column.heading}</th>" in part


def test_a_panel_without_figures_says_why(app: Flask) -> None:
    page = app.test_client().get(f"/analytics?as_of={AS_OF}&project=none").get_data(as_text=True)
    assert "Nothing passes these filters" in page
    quality = app.test_client().get("/analytics/quality?q=none").get_data(as_text=True)
    assert "Nothing passes these filters" in quality
    for panel in PANELS:
        part = page.split(f'id="panel-{panel.name}"')[1].split("</figure>")[0]
        assert panel.blank in part
        assert "<canvas" not in part


def test_a_cost_that_nobody_knows_is_not_drawn_as_nothing(app: Flask) -> None:
    unknown = {"date": "2025-01-01", "cost": 0.0, "cost_unknown_runs": 2, "runs": 2}
    with app.test_request_context("/analytics"):
        spec = PANELS[0].chart([unknown, unknown | {"runs": 3}], Links("day"))
    assert spec is not None
    assert spec["series"][0]["values"] == [None, 0.0]


@pytest.mark.parametrize(
    "query",
    ["", "?range=7d", "?from=2025-11-01&project=a%26b&q=from%3D2025&grain=month&panels=cost,kpis"],
)
def test_a_link_of_a_day_changes_nothing_but_the_range(app: Flask, query: str) -> None:
    with app.test_request_context(f"/analytics{query}", base_url="http://x/below"):
        asked, links = filtering.requested(), Links("week")
        day = date(2025, 11, 17)
        chosen = replace(asked, range=None, start=day, end=day)
        assert links.day("2025-11-17") == filtering.here(chosen)
        week = replace(chosen, end=date(2025, 11, 23), grain="day")
        assert links.period("2025-11-17") == filtering.here(week)


PAGES = ("/analytics", "/analytics/compare?by=mode", "/analytics/quality", "/budgets")
FILE = re.compile(r'href="([^"]*)"(?: download)?>(CSV|JSON)<span class="unseen"> of ')


def pairs_of_links(page: str) -> list[tuple[str, str]]:
    """Addresses of each panel's rows: as a file, and as JSON."""
    found = [(unescape(url), kind) for url, kind in FILE.findall(page)]
    assert [kind for _, kind in found[::2]] == ["CSV"] * (len(found) // 2)
    return [(one[0], other[0]) for one, other in zip(found[::2], found[1::2], strict=True)]


def text_of(value: Any) -> str:
    """A value of the JSON as a file has it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return export.guard(value) if isinstance(value, str) else "" if value is None else str(value)


@pytest.mark.parametrize("path", PAGES)
def test_each_panel_has_its_rows_as_a_file_and_as_json(app: Flask, path: str) -> None:
    client = app.test_client()
    asked = f"{path}{'&' if '?' in path else '?'}range=30d&project=alpha&as_of={AS_OF}"
    page = client.get(asked).get_data(as_text=True)
    links = pairs_of_links(page)
    # The budgets are together in three files, and one link is that of the changes.
    if path != "/budgets":
        assert len(links) == page.count('class="head"') + (path == "/analytics")
    assert len(links) >= 2
    for as_file, as_json in links:
        answer = client.get(as_file)
        name = answer.headers["Content-Disposition"]
        assert re.search(r"=runmeter-[a-z-]+-2025-10-20-to-2025-11-18-UTC\.csv$", name)
        found = client.get(as_json).get_json()
        if isinstance(found, dict):
            found = next((found[key] for key in ("rows", "daily") if key in found), [found])
        saved = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
        assert len(saved) == len(found) > 0, as_file
        for row, other in zip(saved, found, strict=True):
            wanted = {key: text_of(value) for key, value in other.items()}
            assert {key: row[key] for key in wanted} == wanted, as_file
            assert ("side_a" in row) == (path == PAGES[1])
    assert "project=alpha" in links[0][0]
    assert client.get(f"{links[0][1]}&format=xls").status_code == 400
