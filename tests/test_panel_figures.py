"""Whatever is filtered, page, route and view say what plain SQL over the tables says."""

import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from indexer.config import Layout
from indexer.filters import Filters
from tests import independent
from tests.helpers import assert_same, index, write_run
from tests.independent import Question
from web import compared_data, create_app, datasets
from web.datasets import Dataset
from web.links import Links
from web.panels import PANELS

PROJECTS = ("alpha", "beta", "it's", "=1+1")
MODELS = ("big", "small", "tiny")
ROLES = ("manager", "employee", "reviewer")
MODES = ("2loop", "3loop")
QA = ("passed", "warning", "failed", "error", None)
STATUSES = ("success", "Approved", "timeout", None)
FIRST = date(2025, 8, 1)


def some(chance: random.Random, value: Any) -> Any:
    """The value, or nothing in one of six cases."""
    return None if chance.random() < 1 / 6 else value


def usage(chance: random.Random) -> dict[str, Any]:
    prompt, completion = chance.randrange(1000), chance.randrange(500)
    return {
        "prompt_tokens": some(chance, prompt),
        "completion_tokens": some(chance, completion),
        "total_tokens": some(chance, prompt + completion + chance.choice((0, 0, 7))),
        "total_usd": some(chance, chance.randrange(1, 10**6) / 10**6),
        "model": chance.choice(MODELS),
    }


def run_document(chance: random.Random, place: int) -> dict[str, Any]:
    minute = chance.randrange(110 * 24 * 60)
    start = f"{FIRST + timedelta(days=minute // 1440)}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
    roles = chance.sample(ROLES, chance.randrange(len(ROLES) + 1))
    costs: dict[str, Any] = {"by_role": {role: usage(chance) for role in roles}}
    if chance.random() < 0.7:
        costs["total_usd"] = chance.randrange(1, 3 * 10**6) / 10**6
    return {
        "run_id": str(place),
        "project_dir": some(chance, chance.choice(PROJECTS)),
        "mode": some(chance, chance.choice(MODES)),
        "task": chance.choice(("Fix it", "fix THAT", "Build", None)),
        "started_at": some(chance, start),
        "qa_status": chance.choice(QA),
        "final_status": chance.choice(STATUSES),
        "rounds_completed": some(chance, chance.randrange(1, 30)),
        "cost_summary": costs,
    }


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    root: Path = tmp_path_factory.mktemp("panels")
    chance = random.Random(5)
    for place in range(150):
        write_run(root, str(place), run_document(chance, place))
    layout = Layout.of(root)
    index(layout)
    return layout


@pytest.fixture
def app(layout: Layout) -> Iterator[Flask]:
    app = create_app(layout.root, layout.database)
    yield app
    app.extensions["runmeter"].close()


def subset(values: tuple[str | None, ...], missing: str = "unknown") -> st.SearchStrategy[Any]:
    names = st.sampled_from([value or missing for value in values])
    return st.just(()) | st.lists(names, min_size=1, max_size=2, unique=True).map(tuple)


spans = st.tuples(st.integers(0, 100), st.integers(0, 40)).map(
    lambda pair: (FIRST + timedelta(days=pair[0]), FIRST + timedelta(days=pair[0] + pair[1]))
)
questions = st.builds(
    Question,
    span=st.none() | spans,
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "Asia/Tokyo"]),
    projects=subset(PROJECTS[:3]),
    models=subset(MODELS),
    roles=subset(ROLES),
    modes=subset((*MODES, None)),
    qa=subset(QA, "not_run"),
    statuses=subset(STATUSES),
    text=st.sampled_from(["", "", "fix"]),
) | st.builds(Question, span=spans, grain=st.sampled_from(["week", "month"]))

Query = Callable[[Question], str]
# Route, its columns, the query for the same, and the column that must not be zero.
CASES: tuple[tuple[Dataset, str, str, Query, str], ...] = (
    (datasets.TIMESERIES, "", "date runs cost tokens qa_passed cost_unknown_runs",
     independent.timeseries, "runs"),
    (datasets.TOKEN_TREND, "",
     "date input_tokens output_tokens unsplit_tokens tokens_unknown_runs",
     independent.token_trend, "runs"),
    (datasets.MODEL_SHARES, "", "model_name cost uses", independent.model_shares, "kind"),
    (datasets.MODEL_SERIES, "", "date model_name cost uses", independent.model_series, "uses"),
    (datasets.ROLES, "", "role cost runs", independent.roles, "kind"),
    (datasets.OUTCOMES, "", "outcome runs cost cost_unknown_runs", independent.outcomes, "runs"),
    (datasets.CALENDAR, "", "date runs cost", independent.calendar, "runs"),
    (datasets.CHANGES, "", "figure value previous", independent.changes, "figure"),
    (compared_data.QUALITY, "by=project", "part runs cost passed_runs lost_cost rounds_of_passed",
     independent.quality, "runs"),
    (compared_data.ROUNDS, "", "rounds runs passed_runs cost", independent.rounds, "runs"),
    (compared_data.QUALITY_SERIES, "", "date not_finished_cost passed_cost not_run_cost",
     independent.money, "runs"),
    (compared_data.COMPARISON, "", "figure a_value b_value", independent.compared, "figure"),
    (compared_data.DRIVERS, "", "project_name model role change", independent.drivers, "change"),
)  # fmt: skip


def key(row: list[Any]) -> str:
    """What rows are sorted by: their texts, then their numbers."""
    texts = [value for value in row if not isinstance(value, float)]
    return repr((texts, [round(value, 3) for value in row if isinstance(value, float)]))


def plain(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    """Numbers as floats, days as text, in one order."""
    found = []
    for row in rows:
        cells = []
        for value in row:
            is_text = value is None or isinstance(value, str | date)
            cells.append(value and str(value) if is_text else float(value))
        found.append(cells)
    return sorted(found, key=key)


def route_rows(app: Flask, data: Dataset, asked: Question, more: str) -> list[dict[str, Any]]:
    query = "&".join(filter(None, (asked.query(), more)))
    answer = app.test_client().get(f"/api/analytics/{data.route}?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = answer.get_json()
    rows: list[dict[str, Any]] = found["daily"] if data is datasets.TIMESERIES else found["rows"]
    return rows


@settings(
    max_examples=10,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a smaller example is not worth minutes
    suppress_health_check=list(HealthCheck),
)
@given(asked=questions)
def test_page_route_view_and_plain_sql_agree(app: Flask, asked: Question) -> None:
    pairs: dict[str, list[str]] = {}
    for pair in asked.query().split("&"):
        pairs.setdefault(pair.split("=")[0], []).append(pair.split("=", 1)[1])
    found: dict[str, list[dict[str, Any]]] = {}
    with app.extensions["runmeter"].connect(Filters.parse(pairs)) as connection:
        for data, more, columns, query, wanted in CASES:
            rows = found[data.source] = route_rows(app, data, asked, more)
            shown = [tuple(row[name] for name in columns.split()) for row in rows if row[wanted]]
            plainly = connection.execute(query(asked)).fetchall()
            if wanted == "figure":  # plain SQL has some of them
                named = {row[0] for row in plainly}
                shown = [row for row in shown if row[0] in named]
            assert_same(plain(shown), plain(plainly), data.source)
            if data not in (compared_data.COMPARISON, compared_data.DRIVERS, compared_data.QUALITY):
                assert rows == data.rows(connection), data.source
    same_on_the_page(app, asked, found)


def same_on_the_page(app: Flask, asked: Question, found: dict[str, list[dict[str, Any]]]) -> None:
    """What the page draws is what its routes answer."""
    found["job_series"] = route_rows(app, datasets.JOB_SERIES, asked, "")
    page = app.test_client().get(f"/analytics?{asked.query()}").get_data(as_text=True)
    for panel in PANELS:
        part = page.split(f'id="panel-{panel.name}"')[1].split("</figure>")[0]
        drawn = re.search(r'<script type="application/json">(.*?)</script>', part, re.DOTALL)
        with app.test_request_context(f"/analytics?{asked.query()}"):
            spec = panel.chart(found[panel.data.source], Links(asked.grain))
        if panel.drawn:
            assert (json.loads(drawn[1]) if drawn else None) == spec, panel.name
