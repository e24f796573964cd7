"""Makes docs/screenshots/*.png: the sample tree served, a headless Chromium looking at it."""

import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from indexer import demo
from indexer.config import Layout
from indexer.ingest import Indexer
from tests.conftest import CHROMIUM, CHROMIUM_FLAGS
from web.serve import Server

TARGET = Path(__file__).parent.parent / "docs" / "screenshots"
NOW = datetime(2025, 11, 26, 16, 30, tzinfo=UTC)
VIEWS = (
    ("light", "light", 1280, False),
    ("dark", "dark", 1280, False),
    ("phone", "light", 375, True),
)


def main() -> None:
    """Write one picture a view."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.of(folder)
        demo.write_tree(layout.root, days=365, seed=7, now=NOW)
        with Indexer(layout) as indexer:
            indexer.run_pass()
        server = Server(layout, 0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            take(f"{server.url}?as_of={NOW:%Y-%m-%dT%H:%M:%SZ}")
        finally:
            server.close()
            thread.join()


def take(address: str) -> None:
    """Look at the page in each view."""
    path = next(path for path in CHROMIUM if Path(path).exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS.split())
        for name, scheme, width, whole in VIEWS:
            context = browser.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 1000},
            )
            page = context.new_page()
            page.goto(address, wait_until="networkidle")
            page.screenshot(path=TARGET / f"analytics-{name}.png", full_page=whole)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
