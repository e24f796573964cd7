"""Makes docs/screenshots/*.png: the sample tree served, a headless Chromium looking at it.

`python -m scripts.screenshots runs sql` makes those of the pages that are named.
"""

import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import duckdb
from playwright.sync_api import sync_playwright

from indexer import demo
from indexer.config import Layout
from indexer.ingest import Indexer
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from web import views_store
from web.serve import Server
from web.views_store import View

TARGET = Path(__file__).parent.parent / "docs" / "screenshots"
NOW = datetime(2025, 11, 26, 16, 30, tzinfo=UTC)
VIEWS = (
    ("light", "light", 1280, False),
    ("dark", "dark", 1280, False),
    ("phone", "light", 375, True),
)


RUN = "select run_id from qa_issues join iterations using (run_id) group by run_id"
QUERY = "select date, runs, cost, qa_pass_rate from timeseries_daily order by date"
SAVED = (
    ("Month of shop", "/analytics", "range=mtd&project=shop&panels=kpis,budget,cost,model-shares"),
    ("Failed QA, dearest first", "/runs", "qa=failed&sort=cost"),
    ("Jobs that failed", "/jobs", "state=failed&range=30d"),
)
# Name of the picture -> path of the page.
PAGES = {
    "analytics": "/analytics",
    "compare": "/analytics/compare?by=mode",
    "quality": "/analytics/quality",
    "runs": "/runs",
    "run": "/runs/{run}",
    "jobs": "/jobs",
    "budgets": "/budgets",
    "alerts": "/alerts",
    "sql": f"/sql?query={quote(QUERY)}",
    "health": "/health",
    "views": "/views?page=/analytics",
}


def main(names: list[str]) -> None:
    """Write one picture a page and view."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.of(folder)
        demo.write_tree(layout.root, days=365, seed=7, now=NOW)
        with Indexer(layout) as indexer:
            indexer.run_pass()
        with views_store.changing(layout, tuple({page for _, page, _ in SAVED})) as views:
            views.views = [View(*one) for one in SAVED]
            views.default = SAVED[0][0]
        with duckdb.connect(str(layout.database), read_only=True) as connection:
            run = connection.execute(f"{RUN} order by count(*) desc, run_id limit 1").fetchone()
        server = Server(layout, 0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            base = server.url.removesuffix("/analytics")
            chosen = {name: path for name, path in PAGES.items() if not names or name in names}
            take(base, {name: path.format(run=run and run[0]) for name, path in chosen.items()})
        finally:
            server.close()
            thread.join()


def take(base: str, pages: dict[str, str]) -> None:
    """Look at the pages in each view, as of one moment."""
    path = next(path for path in CHROMIUM if Path(path).exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS.split())
        for view, scheme, width, whole in VIEWS:
            context = browser.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 1000},
            )
            page = context.new_page()
            for name, target in pages.items():
                mark = "&" if "?" in target else "?"
                page.goto(f"{base}{target}{mark}as_of={NOW:%Y-%m-%dT%H:%M:%SZ}")
                if name == "sql":
                    page.get_by_role("button", name="Run", exact=True).click()
                    page.locator("#rows").wait_for()
                page.wait_for_load_state("networkidle")
                page.screenshot(path=TARGET / f"{name}-{view}.png", full_page=whole)
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
