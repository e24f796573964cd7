"""The page in a real Chromium."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from indexer.config import Layout
from tests.conftest import AS_OF
from tests.helpers import index, write_config, write_run
from web.serve import Server

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    # The driver's own sockets and loops end with the session, not with a test.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def address(documented: Layout) -> Iterator[str]:
    index(documented)
    yield from serving(documented)


def serving(layout: Layout) -> Iterator[str]:
    server = Server(layout, 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.url
    finally:
        server.close()
        thread.join(timeout=30)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """Console errors, violations of the content policy, and requests to other hosts."""
    found: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith("http://127.0.0.1:"):
            found.append(asked.url)

    page.on("console", console)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", request)
    yield found
    assert found == []


def violations(page: Page) -> list[Any]:
    """Rule and elements; what is in order, which is most of a page, stays in the browser."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(({violations}) => violations.map("
        "({id, nodes}) => [id, nodes.slice(0, 3).map(({html}) => html)]))"
    )
    return list(found)


def test_the_figures_are_there(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}?as_of={AS_OF}")
    cards = page.locator(".kpi .figure").all_inner_texts()
    assert cards == ["60", "2,092,206", "$62.74", "279.1 s", "52.2%", "20"]
    assert page.locator(".box dd").all_inner_texts() == ["24", "10", "12", "8", "6"]
    assert page.locator("#projects tbody tr").count() == 8
    assert page.locator("#models tbody tr").count() == 11
    assert page.locator("#models tbody tr").first.inner_text().endswith("$14.8493\t19\t23.7%")
    assert page.locator(".bar .fill.yellow").count() == 1


def test_both_charts_are_drawn(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}?as_of={AS_OF}")
    painted = (
        "canvas => { const {width, height} = canvas; return canvas.getContext('2d')"
        ".getImageData(0, 0, width, height).data.some(value => value > 0) }"
    )
    for kind in ("cost", "runs"):
        assert page.locator(f"canvas[data-chart={kind}]").evaluate(painted)


def test_tables_sort_by_keyboard(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}?as_of={AS_OF}")
    names = page.locator("#projects tbody th")
    assert names.first.inner_text() == "alpha"
    page.get_by_role("button", name="Total cost").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#projects th[aria-sort]")).to_have_text("Total cost")
    page.keyboard.press("Enter")
    expect(names.first).to_have_text("Ünïcode projet")
    assert page.locator("#projects th[aria-sort]").count() == 1
    assert page.locator("#projects th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_the_page_follows_the_index_and_keeps_the_view(
    page: Page, address: str, documented: Layout, complaints: list[str]
) -> None:
    page.clock.install()
    page.goto(f"{address}?as_of={AS_OF}")
    page.get_by_role("button", name="Usage count").click()
    page.locator("figure details summary").first.click()
    write_run(documented.root, "more", {"run_id": "more", "started_at": "2025-11-18T01:00:00Z"})
    index(documented)
    page.clock.run_for(6000)
    expect(page.locator(".kpi .figure").first).to_have_text("61")
    assert page.locator("figure details").first.get_attribute("open") is not None
    assert page.locator("#models th[aria-sort]").inner_text().startswith("Usage count")
    page.get_by_role("button", name="Pause").click()
    write_run(documented.root, "most", {"run_id": "most", "started_at": "2025-11-18T01:00:00Z"})
    index(documented)
    page.clock.run_for(20000)
    assert page.locator(".kpi .figure").first.inner_text() == "61"
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".kpi .figure").first).to_have_text("62")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_accessible_and_never_wider_than_the_window(
    browser: Browser, address: str, documented: Layout, scheme: Any, width: int
) -> None:
    write_run(documented.root, "bad", b"{")
    write_run(documented.root, "long", {"project_dir": "x" * 300, "task": "y" * 10_000})
    index(documented)
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{address}?as_of={AS_OF}")
    for summary in page.locator(".panel summary").all():
        summary.click()
    page.locator("#filters summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    context.close()


def test_disabled_and_empty_pages(page: Page, tmp_path: Path, complaints: list[str]) -> None:
    layout = Layout.of(tmp_path)
    for address in serving(layout):
        page.goto(address)
        assert page.locator("h1").inner_text() == "No data yet"
        assert violations(page) == []
        index(layout)
        page.goto(address)
        assert page.locator(".kpi .figure").first.inner_text() == "0"
        assert "NaN" not in page.locator("main").inner_text()
        write_config(tmp_path, '{"analytics": {"enabled": false}}')
        index(layout)
        page.goto(address)
        assert page.locator("h1").inner_text() == "Analytics is disabled"
        assert violations(page) == []


def test_the_downloads_follow_the_moment(page: Page, address: str) -> None:
    page.goto(f"{address}?as_of={AS_OF}")
    for kind in ("JSON", "CSV"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Download {kind}").click()
        assert waiting.value.suggested_filename == f"runmeter-2025-11-18.{kind.lower()}"
