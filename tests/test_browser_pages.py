"""Runs, jobs, data quality and SQL in a real Chromium, over names of every kind.

One server and one tree for all tests: 2,000 projects, names in many scripts, HTML, formulas,
a long task.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.config import Layout
from tests.helpers import index, write_jobs, write_run
from tests.test_alert_page import fill
from tests.test_browser import complaints, serving, violations
from tests.test_event_logs import LINES

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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server over the tree of names."""
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
    "/alerts?as_of=2025-11-18",
    "/health",
    "/sql?query=select%201",
    "/views?page=/analytics",
)


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server over what other records tell: events, a session, a log, calls, alerts
    that are over, messages and a channel that rests."""
    root = tmp_path_factory.mktemp("records")
    name = NAMES[0]
    tries = [{"run_id": "judged", "evaluation": name}, {"status": name}]
    session = {"session_id": name, "runs": tries}
    span = {
        "traceId": "r2",
        "spanId": "s",
        "attributes": [
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}},
            {"key": "gen_ai.response.model", "value": {"stringValue": name}},
        ],
    }
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    files = {
        "agent/run_logs_main/r1.jsonl": b"".join(LINES),
        "run_logs/s/session_summary.json": json.dumps(session).encode(),
        "run_logs/job/job.log": f"Error: {name * 9}\nWARN {NAMES[-2]}\n".encode(),
        "agent/otel/a.jsonl": json.dumps(request).encode() + b"\n",
        "agent/project_config.json": b'{"analytics": {"sources": {"otel_genai": true}}}',
    }
    for place, content in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_bytes(content)
    write_jobs(root, [{"id": "job", "status": "running"}])
    layout = Layout.of(root)
    index(layout)
    fill(layout)
    with served(layout) as url:
        with urlopen(url) as answer:
            assert answer.status == 200
        yield url.removesuffix("/analytics")


# Of the pages over other records: route and what must be there.
RECORDS = {
    "/runs/r1?as_of=2025-11-14T04:55:00Z": "The run goes on",
    "/runs/r2": "tokens not told",
    "/runs/judged": "2 tries, none succeeded",
    "/jobs": "1 error",
    "/alerts": "given up",
    "/health": "otel_genai",
}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_every_page_is_accessible_and_fits(
    browser: Browser, site: str, records: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    found: list[str] = []
    page.on("console", lambda told: found.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((site, records)) else found.append(asked.url),
    )
    for route in (*(site + route for route in ROUTES), *(records + route for route in RECORDS)):
        page.goto(route, wait_until="networkidle")
        expect(page.locator("main")).to_contain_text(RECORDS.get(route.removeprefix(records), ""))
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
