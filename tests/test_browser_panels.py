"""The overview, comparisons and cost of quality in a real Chromium: what people expect of them.

One server and one sample for all, because both are only looked at; the one test that
changes the index has its own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.config import Layout
from tests.helpers import index, write_jobs, write_run
from tests.test_browser import complaints, serving, violations

__all__ = ["complaints"]
NOW = "2025-11-18T10:30:00Z"
BASE = f"as_of={NOW}"
CHART = "Chart.getChart(document.querySelector('#panel-runs canvas'))"
PERIOD = re.compile("from=2025-10-01&to=2025-10-31&grain=day")
PAGES = ("/analytics", "/analytics/compare?by=mode", "/analytics/quality")
pytestmark = [
    pytest.mark.browser,
    # The driver's own sockets and loops end with the session, not with a test.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
INK = (
    "canvas => { const {width, height} = canvas; const data = canvas.getContext('2d')"
    ".getImageData(0, 0, width, height).data; let sum = 0;"
    " for (let at = 0; at < data.length; at += 4) sum += data[at + 3] * (1 + data[at] + at % 9973);"
    " return sum }"
)


def write_sample(layout: Layout) -> None:
    """Two projects, models and modes over forty days; rare things among them."""
    for place in range(60):
        day = f"2025-{10 + place // 31:02}-{1 + place % 31:02}" if place < 49 else "2025-11-18"
        cost = 0.0042 if place == 50 else 1 + place % 5
        write_run(
            layout.root,
            f"run{place}",
            {
                "run_id": f"run{place}",
                "project_dir": "<b>shop" if place % 3 else "=1+1 متجر 店",
                "mode": "2loop" if place % 2 else "3loop",
                "task": "y" * 10_000 if place == 7 else "Cheap" if place == 50 else "Build",
                "started_at": f"{day}T0{place % 9}:15:00Z",
                "finished_at": f"{day}T0{place % 9}:{20 + place % 30}:00Z",
                "final_status": "timeout" if place % 7 == 0 else "success",
                "qa_status": ("passed", "failed", "warning", None)[place % 4],
                "rounds_completed": 1 + place % 3,
                "cost_summary": {
                    "total_usd": None if place % 11 == 0 else cost,
                    "by_role": {
                        "manager": {
                            "model": "big" if place % 2 else "small",
                            "total_usd": None if place % 11 == 0 else cost,
                            "total_tokens": "***REDACTED***" if place % 5 == 0 else 1_200_000,
                        }
                    },
                },
            },
        )
    write_jobs(layout.root, {})


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = Layout.of(tmp_path_factory.mktemp("sample"))
    write_sample(layout)
    index(layout)
    return layout


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Layout, str]]:
    """A sample and its server for one test alone."""
    layout = Layout.of(tmp_path)
    write_sample(layout)
    index(layout)
    for address in serving(layout):
        yield layout, address.removesuffix("/analytics")


@pytest.fixture
def address(sample: Layout) -> Iterator[str]:
    for address in serving(sample):
        yield address.removesuffix("/analytics")


def until(page: Page, condition: str) -> None:
    """Asks again until it holds; the page's policy forbids waiting inside of it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def spec(page: Page, name: str) -> dict[str, Any]:
    text = page.locator(f"#panel-{name} script").inner_text()
    found: dict[str, Any] = json.loads(text)
    return found


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_a_click_filters_and_the_address_holds_the_view(
    page: Page, address: str, complaints: list[str]
) -> None:
    """Expectations 1, 2, 8: state in the address, Back, a copied link, chips, clicks on charts."""
    page.goto(f"{address}/analytics?{BASE}&range=30d")
    canvas = page.locator("#panel-runs canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": box["width"] / 2 + 12, "y": box["height"] / 2})
    page.wait_for_url("**/analytics?from=*")
    link = spec(page, "runs")["titles"]
    assert len(link) == 1
    assert asked(page)["from"] == asked(page)["to"] == link
    page.go_back()
    assert asked(page) == {"range": ["30d"], "as_of": [NOW]}  # relative, and no defaults
    page.locator("#panel-outcomes summary").click()
    page.locator("#panel-outcomes tbody a", has_text="timeout").click()
    page.wait_for_url("**status=timeout**")
    chips = page.locator(".chips .chip")
    expect(chips).to_have_count(3)
    view = page.locator(".kpi .figure").all_inner_texts()
    copied = page.context.new_page()
    copied.goto(page.url)
    assert copied.locator(".kpi .figure").all_inner_texts() == view
    copied.close()
    page.reload()
    assert page.locator(".kpi .figure").all_inner_texts() == view
    page.locator(".chips .chip", has_text="timeout").click()
    page.wait_for_url(lambda url: "status" not in url)
    slices = page.locator("#panel-model-shares canvas")
    slices.scroll_into_view_if_needed()
    middle = slices.evaluate(
        "canvas => Chart.getChart(canvas).getDatasetMeta(0).data[0].getCenterPoint()"
    )
    slices.click(position=middle)
    page.wait_for_url("**model=**")
    assert asked(page)["model"] == [spec(page, "model-shares")["labels"][0]]
    page.evaluate("document.querySelector('#panel-calendar rect[data-href]').dispatchEvent("
                  "new MouseEvent('click', {bubbles: true}))")  # fmt: skip
    page.wait_for_url("**from=*")
    page.get_by_role("link", name="Reset all").click()
    assert asked(page) == {}


def test_days_follow_the_zone_and_grains_the_switch(
    page: Page, address: str, complaints: list[str]
) -> None:
    """Expectation 3: days are cut in the chosen zone, which is shown; by day, week, month."""
    page.goto(f"{address}/analytics?{BASE}&tz=America/Los_Angeles&from=2025-10-01&to=2025-10-31")
    assert "America/Los_Angeles" in page.locator(".heading").inner_text()
    assert spec(page, "runs")["titles"][0] == "2025-10-01"
    here = spec(page, "runs")["series"][0]["values"]
    page.goto(f"{address}/analytics?{BASE}&from=2025-10-01&to=2025-10-31")
    assert spec(page, "runs")["series"][0]["values"] != here
    for grain, periods in (("Week", 5), ("Month", 1)):
        page.locator(".grains").get_by_role("link", name=grain).click()
        assert page.locator(".grains [aria-current]").inner_text() == grain
        assert len(spec(page, "cost")["labels"]) == periods
    page.locator("#panel-cost summary").click()
    expect(page.locator("#panel-cost tbody th a")).to_have_attribute("href", PERIOD)


def test_changes_and_numbers_are_honest(page: Page, address: str, complaints: list[str]) -> None:
    """Expectations 4, 5: equal lengths, a part marked, n/a at zero, no green rise, no unknown 0."""
    page.goto(f"{address}/analytics?{BASE}&range=7d")
    cost = page.locator(".kpi", has_text="Total cost")
    rise = cost.locator(".change .bad")
    assert rise.inner_text().startswith("▲ +$")
    assert cost.locator(".change .good").count() == 0
    assert page.locator(".spell .badge").inner_text() == "not over"
    assert "2025-11-05 to 2025-11-11, up to the same time" in page.locator(".spell").inner_text()
    assert "(n/a)" in page.locator(".kpi", has_text="Jobs").locator(".change").inner_text() or (
        "±0" in page.locator(".kpi", has_text="Jobs").locator(".change").inner_text()
    )
    page.goto(f"{address}/analytics?{BASE}&from=2025-10-01&to=2025-10-02")
    assert "+2 (n/a)" in page.locator(".kpi", has_text="Total runs").locator(".change").inner_text()
    figures = page.locator("#panel-cost tbody td.num").first
    page.locator("#panel-cost summary").click()
    aligned = (
        "cell => [getComputedStyle(cell).textAlign, getComputedStyle(cell).fontVariantNumeric]"
    )
    assert figures.evaluate(aligned) == ["right", "tabular-nums"]
    assert page.locator("#panel-cost tbody tr", has_text="2025-10-01").inner_text().split("\t")[
        1:3
    ] == ["unknown", "1"]
    assert spec(page, "cost")["series"][0]["values"][0] is None
    page.goto(f"{address}/analytics?{BASE}&q=cheap")
    assert page.locator(".kpi .figure").nth(2).inner_text() == "$0.0042"
    page.goto(f"{address}/analytics?{BASE}&project=none")
    assert page.locator("#nothing .chip", has_text="none").count() == 1
    assert page.locator(".charts canvas").count() == 0
    assert "NaN" not in page.locator("main").inner_text()


def test_a_comparison_says_how_sure_it_is(page: Page, address: str, complaints: list[str]) -> None:
    """The ways to compare, choosing sides without scripts of ours, verdicts, exact sums."""
    page.goto(f"{address}/analytics?{BASE}")
    page.get_by_role("link", name="What drove it").click()
    page.get_by_role("link", name="Projects").click()
    names = [page.locator(f".side-{side} .name").inner_text() for side in "ab"]
    assert names == ["<b>shop", "=1+1 متجر 店"]
    page.get_by_role("link", name="Models").click()
    page.locator("#between select[name=a]").select_option("small")
    page.locator("#between select[name=b]").select_option("big")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**b=big**")
    assert asked(page) == {"as_of": [NOW], "by": ["model"], "a": ["small"], "b": ["big"]}
    row = page.locator(".figures tbody tr", has_text="Cost per run")
    assert "–" in row.locator("td").first.inner_text()
    assert row.locator(".verdict").inner_text() == "No clear difference"
    assert page.locator(".contributions canvas").evaluate(INK) > 0
    page.locator("#filters select[name=range]").select_option("today")
    page.get_by_role("button", name="Apply", exact=True).last.click()
    page.wait_for_url("**range=today**")
    assert asked(page)["by"] == ["model"]
    expect(page.get_by_text("Too few runs to tell").first).to_be_attached()
    page.get_by_role("link", name="Two ranges").click()
    page.locator("input[name=with_from]").fill("2025-10-01")
    page.locator("input[name=with_to]").fill("2025-10-20")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("unequal length")).to_have_count(1)  # a click may end before the page
    change = page.locator(".drivers tfoot td").first.inner_text()
    assert change == page.locator("#drivers .row strong").inner_text()
    page.go_back()
    assert page.locator("input[name=with_from]").input_value() == "2025-11-17"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_in_both_themes_and_on_a_phone(
    browser: Browser, address: str, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 375, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for path in PAGES:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}{BASE}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        for summary in page.locator(".panel > details > summary").all():
            summary.click()
        assert violations(page) == []
        page.set_viewport_size({"width": 1280, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        for canvas in page.locator("canvas").all():
            assert canvas.get_attribute("role") == "img"
            assert "table below" in (canvas.get_attribute("aria-label") or "")
            assert canvas.evaluate(INK) > 0
        page.set_viewport_size({"width": 375, "height": 800})
    context.close()
    assert errors == []


def test_an_update_redraws_what_changed_and_nothing_else(
    page: Page, own: tuple[Layout, str], complaints: list[str]
) -> None:
    """Expectations 10, 11: charts are drawn anew; focus, scroll and open tables stay."""
    layout, address = own
    page.clock.install()
    page.goto(f"{address}/analytics?{BASE}&range=30d")
    canvas = page.locator("#panel-runs canvas")
    before = canvas.evaluate(INK)
    page.locator("#panel-qa-trend summary").click()
    page.locator("#panel-qa-trend summary").focus()
    page.evaluate("document.querySelector('#panel-qa-trend canvas').kept = true")
    down = page.evaluate("scrollY")
    more = {"run_id": "more", "started_at": "2025-11-18T01:00:00Z", "project_dir": "new"}
    write_run(layout.root, "more", more)
    index(layout)
    page.clock.run_for(6000)
    expect(page.locator(".kpi .figure").first).to_have_text("42")
    until(page, f"Boolean({CHART})")
    assert canvas.evaluate(INK) != before
    assert page.locator("#panel-qa-trend details").get_attribute("open") is not None
    focused = "document.activeElement.closest('figure').id"
    assert page.evaluate(focused) == "panel-qa-trend"
    assert page.evaluate("scrollY") == down
    page.emulate_media(color_scheme="dark")
    until(page, f"{CHART}.data.datasets[0].borderColor === '#5ecb93'")
