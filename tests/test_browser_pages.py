"""Runs, jobs, data quality, SQL and saved views in a real Chromium, over names of every kind.

One server and one tree for all tests that change nothing: 2,000 projects, names in many
scripts, HTML, formulas, a long task. What changes has a small tree of its own.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.config import Layout
from tests.helpers import index, write_jobs, write_run
from tests.test_browser import complaints, serving, violations
from web import datasets

__all__ = ["complaints"]
served = contextmanager(serving)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
NAMES = (
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://evil.example")',
    "Ünïcode",
    "проект",
    "项目",
    "プロジェクト",
    "مشروع",
    "פרויקט",
    "परियोजना",
    "프로젝트",
    "🚀🚀",
    "x" * 300,
    "a b\tc",
    "'; drop table runs; --",
)
PAINTED = (
    "canvas => { const {width, height} = canvas; return canvas.getContext('2d')"
    ".getImageData(0, 0, width, height).data.some(value => value > 0) }"
)


def document(name: str, place: int) -> dict[str, Any]:
    minute = f"2025-11-{1 + place % 18:02}T10:{place % 60:02}"
    usage = {"prompt_tokens": 100 + place, "completion_tokens": 50, "num_calls": 2}
    return {
        "run_id": f"run {place} {name[:40]}",
        "project_dir": f"/sites/{name.replace('/', '|')}",
        "started_at": f"{minute}:00Z",
        "finished_at": f"{minute}:59Z",
        "mode": "3loop",
        "task": f"{name} task {place}",
        "final_status": ("success", "timeout", name)[place % 3],
        "models_used": {"manager": name},
        "estimated_cost_usd": 0.5,
        "cost_summary": {
            "total_usd": place / 100,
            "by_role": {"manager": usage | {"total_usd": place / 100}},
        },
        "iterations": [
            {"index": 1, "role": name, "status": "ok", "notes": name, "timestamp": f"{minute}:30Z"}
        ],
        "qa_report": {"status": "failed", "issues": [{"message": name, "file": name, "line": 1}]},
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server over the tree of names; ends with the module."""
    root = tmp_path_factory.mktemp("site")
    for place in range(2_000):
        name = NAMES[place] if place < len(NAMES) else f"project {place}"
        write_run(root, f"r{place}", document(name, place))
    write_run(root, "long", {"run_id": "long", "task": "y" * 10_000})
    write_run(root, "bad", b'{"run_id": ')
    states = ("running", "queued", "completed", "failed", "cancelled", "<b>odd</b>")
    write_jobs(
        root,
        [
            {"id": f"job{place}", "status": state, "error": NAMES[0] * 20}
            for place, state in enumerate(states)
        ],
    )
    layout = Layout.of(root)
    index(layout)
    with served(layout) as url:
        with urlopen(url) as answer:  # so that the snapshot is open before any test begins
            assert answer.status == 200
        yield url.removesuffix("/analytics")


ROUTES = (
    "/runs",
    "/runs?project=nobody",
    "/runs?sort=cost&project=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    "/runs/run%200%20%3Cimg%20src=x%20onerror=alert(1)%3E",
    "/runs/long",
    "/jobs",
    "/health",
    "/sql?query=select%201",
    "/views?page=/analytics",
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, site: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    found: list[str] = []
    page.on("console", lambda told: found.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith(site) else found.append(asked.url)
    )
    for route in ROUTES:
        page.goto(site + route, wait_until="networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach(item => item.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, route
        page.evaluate(
            "document.querySelectorAll('details.choice').forEach(item => item.open = false)"
        )
        assert violations(page) == [], route
        assert page.locator("table:not(:has(caption))").count() == 0, route
        assert page.locator("th:not([scope])").count() == 0, route
        assert page.locator("main img").count() == 0, route
        assert "NaN" not in page.locator("main").inner_text()
    assert found == []
    context.close()


def test_keys_lead_through_every_page(page: Page, site: str, complaints: list[str]) -> None:
    page.emulate_media(reduced_motion="reduce")
    for route in ("/runs", "/jobs", "/health"):
        page.goto(site + route)
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) != "none"
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        page.keyboard.press("/")
        search = page.get_by_placeholder("Search in tasks")
        expect(search).to_be_focused()
        page.keyboard.type("a?/b")
        expect(search).to_have_value("a?/b")
        assert page.locator("#help").is_hidden()
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#help")).to_be_hidden()
        page.locator("details.choice summary").first.click()
        page.keyboard.press("Escape")
        expect(page.locator("details.choice[open]")).to_have_count(0)
        moving = "getComputedStyle(document.getElementById('content')).transitionDuration"
        assert page.evaluate(moving) == "0s"
    page.emulate_media(media="print")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator(".live button").first).to_be_hidden()


def test_a_list_is_sorted_paged_and_narrowed_by_its_address(
    page: Page, site: str, complaints: list[str]
) -> None:
    page.goto(f"{site}/runs")
    sorted_by = page.locator("#runs th[aria-sort]")
    expect(sorted_by).to_have_text(re.compile("Started"))
    page.locator("#runs thead").get_by_role("link", name="Cost").click()
    expect(sorted_by).to_have_text(re.compile("Cost"))
    expect(sorted_by).to_have_attribute("aria-sort", "descending")
    first = page.locator("#runs tbody th a").first
    expect(first).to_have_text("run 1999 project 1999")
    page.get_by_role("button", name="Next page").click()
    expect(first).to_have_text("run 1959 project 1959")
    page.reload()
    expect(first).to_have_text("run 1959 project 1959")
    page.go_back()
    expect(first).to_have_text("run 1999 project 1999")
    page.locator("#runs thead").get_by_role("link", name="Cost").click()
    expect(sorted_by).to_have_attribute("aria-sort", "ascending")
    expect(first).to_have_text("run 0 <img src=x onerror=alert(1)>")
    page.get_by_role("link", name=NAMES[0]).nth(1).click()  # its project
    expect(page.locator("#runs tbody tr")).to_have_count(1)
    assert "sort=cost&order=asc" in page.url
    chip = page.get_by_role("link", name=f"Project: {NAMES[0]}")
    expect(chip).to_be_visible()
    first.click()
    expect(page.locator("h1")).to_have_text("run 0 <img src=x onerror=alert(1)>")
    page.get_by_role("link", name="← Runs").click()
    expect(page.locator("#runs tbody tr")).to_have_count(1)
    page.goto(f"{site}/runs?q=nothing+like+this&project=проект")
    told = page.locator(".nothing")
    expect(told).to_contain_text("No runs match")
    expect(told).to_contain_text("nothing like this")
    expect(told).to_contain_text("проект")
    page.get_by_role("link", name="Reset all").first.click()
    expect(page.locator("#runs-title")).to_contain_text("2,001 runs")
    page.goto(f"{site}/runs?q=run+5+project")  # no task has it, and no run is named so
    expect(page.locator(".hint")).to_have_count(0)


def test_sql_runs_on_a_click_and_never_by_a_link(
    page: Page, site: str, complaints: list[str]
) -> None:
    posted: list[str] = []
    page.on("request", lambda asked: posted.append(asked.url) if asked.method == "POST" else None)
    query = "select date, runs, cost from timeseries_daily order by date"
    page.goto(f"{site}/sql?query={query}&as_of=2025-11-18")
    expect(page.locator("#result")).to_contain_text("has not been run")
    expect(page.locator("#live-text time")).to_have_text("2025-11-18 00:00:00")
    assert posted == []
    editor = page.get_by_role("textbox", name="Query")
    editor.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(30)
    assert page.locator("canvas[data-chart=result]").evaluate(PAINTED)
    assert violations(page) == []
    expect(page.locator("#live-text time")).to_have_text("2025-11-18 00:00:00")  # still
    page.get_by_label("Value").select_option("cost")
    assert page.locator("canvas[data-chart=result]").evaluate(PAINTED)
    editor.fill("select run_id,\n  nope\nfrom runs")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Line 2")).to_be_visible()
    assert editor.evaluate("field => field.selectionStart") == 17
    assert "nope" in page.url
    complaints[:] = [text for text in complaints if "400 (BAD REQUEST)" not in text]
    posted.clear()
    page.reload()
    expect(page.locator("#result")).to_contain_text("has not been run")
    assert posted == []
    page.locator("aside [data-query]").first.click()
    expect(editor).to_have_value(re.compile("^select project_name"))
    editor.fill("select '=1+1' as a, 2 as b")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    assert waiting.value.suggested_filename == "runmeter-query-2025-11-18.csv"
    assert Path(waiting.value.path()).read_text("utf-8") == "a,b\n'=1+1,2\n"


def test_views_are_saved_ordered_and_begun_with(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "one", document("alpha", 1))
    index(layout)
    with served(layout) as url:
        page.goto(f"{url}?project=alpha&range=30d&as_of=2025-11-18")
        page.get_by_role("link", name="Save view").click()
        page.get_by_label("Name").fill("Mine <b>")
        for part in page.locator(".parts input[type=checkbox]").all():
            if part.get_attribute("value") not in ("kpis", "cost", "projects"):
                part.uncheck()
        for _ in range(2):
            page.get_by_role("button", name="Move Cost over time up").click()
        page.get_by_label("Begin with this view").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("The view is saved.")
        assert violations(page) == []
        page.get_by_role("link", name="Runmeter").click()
        expect(page).to_have_url(re.compile("panels=cost%2Ckpis%2Cprojects"))
        assert page.locator("canvas[data-chart]").count() == 1
        assert page.locator("canvas[data-chart]").evaluate(PAINTED)
        places = page.evaluate(
            "['#panel-cost', '.kpis', '#projects']"
            ".map(name => document.querySelector(name).getBoundingClientRect().top)"
        )
        assert places == sorted(places)
        page.goto(url.replace("/analytics", "/views"))
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Export").click()
        saved = json.loads(Path(waiting.value.path()).read_text("utf-8"))
        assert saved["default"] == "Mine <b>"
        page.get_by_role("button", name="Remove Mine").click()
        expect(page.locator("#saved-title")).to_have_text("0 views")
        page.get_by_label("File to import").set_input_files(waiting.value.path())
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("link", name="Mine <b>", exact=True)).to_be_visible()


def test_the_page_follows_pauses_and_says_when_it_cannot(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    layout = Layout.of(tmp_path)
    for place in range(60):
        write_run(tmp_path, f"r{place}", document("alpha", place))
    job = {"id": "job", "status": "running", "started_at": "2025-11-18T10:00:00Z"}
    write_jobs(tmp_path, [job])
    index(layout)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.clock.install()
    with served(layout) as url:
        base = url.removesuffix("/analytics")
        page.goto(f"{base}/runs")
        expect(page.locator("#runs-title")).to_contain_text("60 runs")
        page.clock.run_for(100)
        search = page.get_by_placeholder("Search in tasks")
        search.fill("half a wo")
        page.evaluate("scrollTo(0, 400)")
        write_run(tmp_path, "new", document("alpha", 99) | {"run_id": "new"})
        index(layout)
        page.clock.run_for(2_500)  # jobs run, so it looks every two seconds
        expect(page.locator("#runs-title")).to_contain_text("61 runs", timeout=20_000)
        expect(search).to_be_focused()
        expect(search).to_have_value("half a wo")
        assert page.evaluate("scrollY") == 400

        page.get_by_role("button", name="Pause").click()
        asked.clear()
        page.clock.run_for(30_000)
        assert asked == []
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()

        page.route("**/api/analytics/version", lambda route: route.abort())
        page.clock.run_for(3_000)
        told = page.locator("#lost")
        expect(told).to_have_text("Not up to date: connection lost", timeout=20_000)
        expect(page.locator("#runs-title")).to_contain_text("61 runs")
        page.unroute("**/api/analytics/version")
        page.get_by_role("button", name="Retry").click()
        expect(page.locator("#lost")).to_be_empty()
        expect(page.get_by_role("button", name="Refresh")).to_be_visible()
        complaints[:] = [text for text in complaints if "ERR_FAILED" not in text]

        page.goto(f"{base}/jobs")  # changes with time alone while a job runs
        page.locator("#jobs details summary").first.click()
        with page.expect_response(lambda answer: answer.url.endswith("/jobs")):
            page.clock.run_for(3_000)
        expect(page.locator("#content")).not_to_have_attribute("aria-busy", "true")
        assert page.locator("#jobs details").first.get_attribute("open") is not None
        write_jobs(tmp_path, [job | {"status": "completed"}])
        index(layout)
        page.clock.run_for(3_000)
        row = page.locator("#jobs tbody tr").first
        expect(row).to_contain_text("completed", timeout=20_000)


def test_a_part_that_fails_leaves_the_others_and_can_be_tried_again(
    page: Page,
    tmp_path: Path,
    complaints: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "one", document("alpha", 1))
    index(layout)
    real = datasets.Dataset.rows

    def failing(self: datasets.Dataset, *given: Any) -> Any:
        if self is datasets.ROLES:
            raise duckdb.OutOfMemoryException("no room for <b>roles</b>")
        return real(self, *given)

    with served(layout) as url:
        monkeypatch.setattr(datasets.Dataset, "rows", failing)
        page.goto(f"{url}?as_of=2025-11-18")
        panel = page.locator("#panel-roles")
        expect(panel).to_contain_text("no room for <b>roles</b>")
        assert page.locator("#panel-cost canvas").evaluate(PAINTED)
        assert violations(page) == []
        monkeypatch.undo()
        panel.get_by_role("button", name="Retry").click()
        expect(panel.locator("canvas")).to_be_visible()
        assert panel.locator("canvas").evaluate(PAINTED)
        assert page.locator("#panel-cost canvas").evaluate(PAINTED)
    assert "a part of a page could not be made" in caplog.text
    caplog.clear()  # what was logged holds the connection that failed


def test_pages_of_nothing_and_of_one_run(page: Page, tmp_path: Path, complaints: list[str]) -> None:
    layout = Layout.of(tmp_path)
    index(layout)
    with served(layout) as url:
        for runs in (0, 1):
            for route in ("/runs", "/jobs", "/health", "/sql", "/views"):
                page.goto(url.replace("/analytics", route))
                text = page.locator("main").inner_text()
                assert "NaN" not in text
                assert "None" not in text.replace("None yet", "")
            page.goto(url.replace("/analytics", "/runs"))
            expect(page.locator("#runs-title")).to_contain_text(f"{runs} run")
            expect(page.locator(".nothing")).to_have_count(1 - runs)
            write_run(tmp_path, "only", {"run_id": "only"})
            index(layout)
