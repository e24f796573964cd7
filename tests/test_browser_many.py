"""Two thousand projects and models on the pages of figures, and every page on paper."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.test_browser import complaints, violations
from tests.test_browser_pages import NAMES, site

__all__ = ["complaints", "site"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
MOST_BYTES = 700_000
NOW = "as_of=2025-11-18"


def test_thousands_of_projects_are_legible_and_found(
    page: Page, site: str, complaints: list[str]
) -> None:
    for route, tables in (("/analytics", 2), ("/analytics/quality", 2), ("/analytics/compare", 1)):
        answer = page.goto(f"{site}{route}?{NOW}")
        assert answer is not None
        assert len(answer.body()) < MOST_BYTES, route
        longest = (
            "Math.max(...[...document.querySelectorAll('.panel > .scroll tbody')]"
            ".map(all => all.rows.length))"
        )
        assert page.evaluate(longest) == (100 if tables == 2 else 25), route
        assert page.locator(".panel > .note", has_text="The first 100 of 1,8").count() == (
            tables if tables == 2 else 0
        )
        assert page.evaluate("document.documentElement.scrollHeight") < 14_000, route
    page.goto(f"{site}/analytics?{NOW}")
    shares = page.evaluate(
        "Chart.getChart(document.querySelector('#panel-model-shares canvas')).data.labels"
    )
    assert len(shares) <= 9
    assert any("other models" in label for label in shares)
    bars = page.evaluate(
        "Chart.getChart(document.querySelector('#panel-outcomes canvas')).data.labels.length"
    )
    assert bars == 12
    expect(page.locator("#panel-outcomes > .note")).to_contain_text("more are in the table below")
    page.locator("[data-choice=project] summary").click()
    field = page.get_by_label("Another of 2,001")
    with page.expect_response(lambda asked: "/api/analytics/choices" in asked.url):
        field.focus()
    offered = page.locator("#all-project option")
    expect(offered).to_have_count(2001)
    values = offered.evaluate_all("options => options.map(option => option.value)")
    assert {*NAMES[2:6], "project 1999"} <= set(values)
    assert violations(page) == []
    field.fill("project 1234")
    field.press("Enter")
    expect(page.locator(".chips")).to_contain_text("project 1234")
    assert page.locator(".kpi .figure").first.inner_text() == "1"
    page.goto(f"{site}/analytics/compare?by=project&{NOW}")
    page.locator("#between input[name=a]").fill("project 1234")
    expect(page.locator("#between input[name=a]")).to_have_attribute("list", "all-project")
    page.locator("#between input[name=b]").fill(NAMES[0])
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".side-a .name")).to_have_text("project 1234")
    expect(page.locator(".side-b .name")).to_have_text(NAMES[0])
    assert page.locator("#drivers tfoot").inner_text().startswith("All 2 parts")


PAPER = """() => {
    const parts = [...document.querySelectorAll(".panel, .kpi, canvas, table")];
    const seen = parts.filter(part => part.checkVisibility());
    const right = Math.max(...seen.map(part => part.getBoundingClientRect().right));
    const charts = [...document.querySelectorAll("canvas")].map(canvas => Chart.getChart(canvas));
    const colours = charts.flatMap(chart => chart.data.datasets.map(set => set.borderColor));
    return {right, charts: charts.length, colours: colours.filter(Boolean),
            whole: seen.filter(part => getComputedStyle(part).breakInside === "avoid").length,
            ground: getComputedStyle(document.documentElement).getPropertyValue("--line").trim()};
}"""


def test_paper_shows_what_was_asked_and_nothing_to_press(browser: Browser, site: str) -> None:
    """Expectation 13: in light colours whatever the theme, nothing beyond the edge, and back."""
    context = browser.new_context(color_scheme="dark", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for route in ("/analytics", "/analytics/compare?by=mode", "/analytics/quality", "/runs",
                  "/jobs", "/health", "/budgets", "/alerts"):  # fmt: skip
        page.goto(f"{site}{route}{'&' if '?' in route else '?'}range=30d&as_of=2025-11-18")
        screen = page.evaluate(PAPER)
        page.set_viewport_size({"width": 703, "height": 900})  # A4 between its margins
        page.emulate_media(media="print", color_scheme="dark")
        for gone in (
            "nav",
            "form",
            "button:not(th button)",
            "summary",
            ".files",
            ".pager",
            "[data-retry]",
        ):
            assert page.locator(gone).filter(visible=True).count() == 0, (route, gone)
        expect(page.locator("#live-text")).to_contain_text("Data as of 2025-11-18 00:00:00 UTC")
        if route not in ("/budgets", "/alerts"):
            expect(page.locator(".chips")).to_contain_text("Range: Last 30 days")
        found = page.evaluate(PAPER)
        assert found["right"] <= 703, route
        assert found["whole"] > 0 or route == "/runs"
        assert (found["ground"], screen["ground"]) == ("#dfe3eb", "#2c3340")
        assert found["charts"] == screen["charts"]
        assert found["colours"] != screen["colours"] or not found["colours"]
        page.emulate_media(media="screen", color_scheme="dark")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.evaluate(PAPER)["colours"] == screen["colours"]
    page.goto(f"{site}/runs")
    page.emulate_media(media="print")
    expect(page.get_by_text("No filter is set: everything that is indexed.")).to_be_visible()
    context.close()


def test_lists_are_cards_and_names_stay_on_a_phone(browser: Browser, site: str) -> None:
    """Expectation 13: at 375 px every value of a list is in sight, and says what it is."""
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    for route, labels in (("/runs", {"Started", "Cost", "Tokens"}), ("/jobs", {"Waited", "Run"})):
        page.goto(f"{site}{route}")
        cells = page.locator(".list tbody td")
        right = "all => Math.max(...all.map(cell => cell.getBoundingClientRect().right))"
        assert cells.evaluate_all(right) <= 375
        said = "all => all.map(cell => getComputedStyle(cell, '::before').content)"
        assert {f'"{label}"' for label in labels} <= set(cells.evaluate_all(said))
        assert page.locator(".list").get_by_role("row").count() > 2  # still a table to others
    page.goto(f"{site}/runs")
    page.locator("#runs thead").get_by_role("link", name="Cost").click()
    expect(page.locator("#runs tbody a").first).to_have_text("run 1999 project 1999")
    page.goto(f"{site}/analytics?{NOW}")
    box = page.locator("div.scroll:has(> #projects)")
    left = "box => box.querySelector('tbody th').getBoundingClientRect().left"
    before = box.evaluate(left)
    box.evaluate("box => box.scrollLeft = 200")
    assert box.evaluate("box => box.scrollLeft") == 200
    assert box.evaluate(left) == before
    context.close()
