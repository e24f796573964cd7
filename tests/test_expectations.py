"""What people expect of any dashboard, as far as the pages' HTML tells it.

The rest is in the tests that use a browser; `docs/expectations.md` says where.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from indexer.config import Layout
from tests.conftest import AS_OF
from tests.helpers import index
from web import create_app, formatting

PAGES = (
    "/analytics",
    "/analytics/compare?by=mode",
    "/analytics/quality",
    "/runs",
    "/jobs",
    "/budgets",
    "/health",
)
PROJECT = Path(__file__).parent.parent
TAG = re.compile(r"<[^>]*>")


@pytest.fixture
def client(documented: Layout) -> Iterator[FlaskClient]:
    index(documented)
    app = create_app(documented.root, documented.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(f"{path}{'&' if '?' in path else '?'}as_of={AS_OF}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_ranges_of_the_form(client: FlaskClient) -> None:
    """Expectation 2: what people ask for most is one choice away."""
    form = page(client, "/analytics").split('name="range"')[1].split("</select>")[0]
    assert re.findall(r'value="([^"]*)"', form) == [
        *("", "today", "7d", "30d", "mtd", "last-month", "quarter", "custom")
    ]
    chosen = page(client, "/analytics?range=quarter").split('name="range"')[1]
    assert 'value="quarter" selected' in chosen


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (formatting.money(0.0042), "$0.0042"),
        (formatting.money(0.00001), "<$0.0001"),
        (formatting.money(-1234.5), "-$1,234.50"),
        (formatting.number(1234567), "1,234,567"),
        (formatting.brief(123_456_789), '<span title="123,456,789">123.46M</span>'),
        (formatting.brief(2_345_678), "2,345,678"),
        (formatting.brief(79_798_888), '<span title="79,798,888">79.80M</span>'),
        (formatting.brief(2_345_678, beside=1e8), '<span title="2,345,678">2.35M</span>'),
        (formatting.brief(None), "unknown"),
        (formatting.cell(None, "money"), "unknown"),
        (formatting.cell(None, "rate"), "n/a"),
        (formatting.cell(0, "money"), "$0.00"),
        (formatting.delta(-0.031, "rate"), "-3.1 pp"),
        (formatting.delta(0, "money"), "±$0.00"),
        (formatting.relative(None), "n/a"),
        (formatting.duration(None), "unknown"),
    ],
)
def test_numbers_keep_what_they_mean(shown: str, text: str) -> None:
    """Expectation 5: small amounts keep digits, long ones the exact value, unknown is no zero."""
    assert shown == text


def test_a_status_is_a_word_and_thresholds_are_marked(client: FlaskClient) -> None:
    """Expectation 6: nothing is told by colour alone."""
    for path in ("/analytics", "/analytics/quality", "/runs", "/jobs", "/budgets"):
        badges = re.findall(r'<span class="badge[^"]*">(.*?)</span>', page(client, path))
        assert badges, path
        assert [text for text in badges if not TAG.sub("", text).strip()] == [], path
    for path in ("/analytics", "/budgets"):
        bar = page(client, path).split('<svg class="bar"')[1].split("</svg>")[0]
        limits = re.findall(r"M([\d.]+) 0V4", bar)
        assert len(limits) >= 2, path
        label = re.search(r'aria-label="[^"]*level \w+; thresholds at ([^"]*) percent', bar)
        assert label is not None, path
        assert re.findall(r"[\d.]+", label[1]) == limits, path
    for box in re.findall(r'<div class="box[^>]*>(.*?)</div>', page(client, "/analytics")):
        assert re.search(r'<span aria-hidden="true">\S</span> \w', box)


@pytest.mark.parametrize("path", PAGES)
def test_tables_say_what_they_hold_and_how_they_are_sorted(client: FlaskClient, path: str) -> None:
    """Expectation 7: a caption, scopes, buttons or links that sort, one heading that is sorted."""
    tables = re.findall(r"<table.*?</table>", page(client, path), re.DOTALL)
    assert tables or path == "/budgets"
    for table in tables:
        assert re.search(r"<caption[^>]*>\s*\S", table), table[:200]
        assert "<th>" not in table
        assert len(re.findall(r"<th ", table)) == len(re.findall(r'<th [^>]*scope="', table))
        sorted_by = re.findall(r"<th [^>]*aria-sort=", table)
        if 'class="sortable' in table:
            heads = table.split("</thead>")[0]
            assert heads.count('<button type="button">') >= 2
            assert len(sorted_by) <= 1
        if 'class="list"' in table:
            assert len(sorted_by) == 1
            assert table.split("</thead>")[0].count('<a class="sort"') >= 3


def test_the_list_of_expectations_names_tests_that_exist() -> None:
    named = re.findall(r"`(test_\w+)`", (PROJECT / "docs" / "expectations.md").read_text("utf-8"))
    written = "".join(path.read_text("utf-8") for path in (PROJECT / "tests").glob("test_*.py"))
    assert len(named) > 20
    assert [name for name in named if f"def {name}(" not in written] == []
