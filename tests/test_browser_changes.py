"""What changes while somebody looks: the page follows, parts fail, views are saved."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page, Route, expect

from indexer.config import Layout
from tests.faults.process import daemon
from tests.helpers import index, write_jobs, write_run
from tests.test_alerting import configure, spend
from tests.test_browser import complaints, violations
from tests.test_browser_pages import PAINTED, document, served
from web import datasets

__all__ = ["complaints"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


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


def show(page: Page, *, hidden: bool) -> None:
    """Tell the page that its tab went to the back or came to the front."""
    page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {get: () => hidden,"
        " configurable: true}); document.dispatchEvent(new Event('visibilitychange')) }",
        hidden,
    )


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Let the page go on until something holds."""
    for _ in range(400):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came")


def test_the_page_follows_pauses_and_says_when_it_cannot(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    layout = Layout.of(tmp_path)
    for place in range(60):
        write_run(tmp_path, f"r{place}", document("alpha", place))
    write_jobs(tmp_path, [{"id": "job", "status": "running"}])
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

        held: list[Route] = []  # what is shown stays while the next is on its way
        page.route("**/runs", lambda route: held.append(route))
        placed = "part => [part.offsetTop, part.offsetHeight]"
        place = page.locator("#runs-panel").evaluate(placed)
        page.get_by_role("button", name="Refresh").click()
        wait_until(page, lambda: bool(held))
        page.clock.run_for(400)
        content = page.locator("#content")
        expect(content).to_have_attribute("aria-busy", "true")
        expect(content).to_have_css("opacity", "0.6")
        expect(content).to_have_css("white-space", "normal")  # lines stay broken as they were
        expect(page.locator("#runs-title")).to_contain_text("61 runs")
        assert page.locator("#runs-panel").evaluate(placed) == place
        held.pop().continue_()
        expect(content).not_to_have_attribute("aria-busy", "true")
        page.unroute("**/runs")

        page.get_by_role("button", name="Pause").click()
        asked.clear()
        page.clock.run_for(30_000)
        assert asked == []
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.wait_for_load_state("networkidle")

        show(page, hidden=True)
        asked.clear()
        write_run(tmp_path, "late", document("alpha", 98) | {"run_id": "late"})
        index(layout)
        page.clock.run_for(30_000)
        assert asked == []  # a tab that nobody sees asks for nothing
        show(page, hidden=False)
        expect(page.locator("#runs-title")).to_contain_text("62 runs", timeout=20_000)

        page.route("**/api/analytics/version", lambda route: route.abort())
        page.clock.run_for(3_000)
        told = page.locator("#lost")
        expect(told).to_have_text("Not up to date: connection lost", timeout=20_000)
        expect(page.locator("#runs-title")).to_contain_text("62 runs")
        page.unroute("**/api/analytics/version")
        page.get_by_role("button", name="Retry").click()
        expect(page.locator("#lost")).to_be_empty()
        expect(page.get_by_role("button", name="Refresh")).to_be_visible()
        complaints[:] = [text for text in complaints if "ERR_FAILED" not in text]


# After how long the page looks again, each time that it plans to.
PAUSES = """
    window.pauses = [];
    const plan = window.setTimeout;
    window.setTimeout = (work, pause, ...rest) => {
        if (work.name === "update") window.pauses.push(pause);
        return plan(work, pause, ...rest);
    };
"""


def test_running_jobs_update_by_themselves(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    layout = Layout.of(tmp_path)
    job = {"id": "job", "status": "running", "started_at": "2025-11-18T10:00:00Z"}
    write_jobs(tmp_path, [job])
    index(layout)
    page.clock.install()
    page.add_init_script(PAUSES)
    with served(layout) as url:
        page.goto(url.replace("/analytics", "/jobs"))  # changes with time alone while a job runs
        page.locator("#jobs details summary").first.click()
        with page.expect_response(lambda answer: answer.url.endswith("/jobs")):
            page.clock.run_for(3_000)
        expect(page.locator("#content")).not_to_have_attribute("aria-busy", "true")
        assert page.locator("#jobs details").first.get_attribute("open") is not None
        # The page plans its next look when one is over: in two seconds while a job runs.
        wait_until(page, lambda: page.evaluate("pauses").count(2000) >= 2)
        assert set(page.evaluate("pauses")) == {0, 2000}
        write_jobs(tmp_path, [job | {"status": "completed"}])
        index(layout)
        page.clock.run_for(2_050)
        row = page.locator("#jobs tbody tr").first
        expect(row).to_contain_text("completed", timeout=20_000)
        wait_until(page, lambda: bool(page.evaluate("pauses.at(-1) === 5000")))


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


def test_alerts_are_acknowledged_and_snoozed_by_pressing(
    page: Page, tmp_path: Path, complaints: list[str]
) -> None:
    root = tmp_path / "root"
    configure(root)
    spend(root, "dear", 12)
    main, bell = page.locator("main"), page.locator("#bell")
    with daemon(root) as found, served(found.layout) as url:

        def press(name: str, told: str) -> None:
            main.get_by_role("button", name=name).click()
            expect(main).to_contain_text(told, timeout=20_000)

        found.wait_for_runs(1, "(select open_alerts from alert_bell) = 1")
        page.goto(url.replace("/analytics", "/alerts"))
        assert violations(page) == []
        expect(bell).to_have_attribute("title", "1 open alert")
        press("Snooze for a day", "snoozed until")
        press("End the snooze", "Snooze for a day")
        press("Acknowledge", "silent until it gets worse")
        expect(bell).to_have_attribute("title", "0 open alerts")
        expect(main.get_by_role("button", name="Acknowledge")).to_have_count(0)
