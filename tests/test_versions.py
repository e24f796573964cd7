"""An index that an earlier release made is taken over, with all that no file tells of any more.

Until then its figures are said to be of another release.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer.config import Layout
from indexer.ingest import Indexer
from indexer.watch import Watcher
from tests.helpers import ask, broken_rules, index
from web import create_app

# Tables of version 2 -> those of version 1, where parts of runs stood under the runs' names.
VERSION_1 = """
    create table roles as from role_usage;
    create table models as from model_usage;
    drop view role_usage;
    drop view model_usage;
    drop table role_usage_rows;
    drop table model_usage_rows;
    alter table roles rename to role_usage;
    alter table models rename to model_usage;
    create table old_runs as select * exclude (run_key) from runs;
    drop table runs;
    alter table old_runs rename to runs;
    drop sequence run_keys;
    update index_info set schema_version = 1, views_fingerprint = '';
"""
QUERIES = (
    "select * exclude (run_key, indexed_at) from runs order by run_id",
    "from role_usage order by all",
    "from model_usage order by all",
    "select role, runs, cost from role_summary",
)


def test_an_index_of_version_1_is_taken_over(corpus: Callable[[str], Path]) -> None:
    layout = Layout.of(corpus("orchestrator"))
    index(layout)
    (gone,) = ask(layout, "select max(run_id) from runs")[0]
    (layout.root / "run_logs" / gone / "run_summary.json").unlink()
    index(layout)
    index(layout)
    before = [ask(layout, query) for query in QUERIES]
    with duckdb.connect(str(layout.working)) as connection:
        connection.execute(VERSION_1)
    with Indexer(layout) as indexer:
        result = indexer.run_pass()
        assert (result.new, result.changed, result.published) == (0, 0, True)
        assert broken_rules(indexer.store.connection) == []
    assert [ask(layout, query) for query in QUERIES] == before
    for name in ("run_summary.json", "another.json"):
        path = layout.root / "run_logs" / gone / name
        path.write_text('{"run_id": "new", "cost_summary": {"total_usd": 1}}')
    index(layout)
    assert ask(layout, "select count(*) from runs where run_id = 'new'") == [(1,)]


def test_checkpoints_write_what_older_versions_of_duckdb_can_follow(tmp_path: Path) -> None:
    with Indexer(Layout.of(tmp_path)) as indexer:
        setting = "select current_setting('experimental_metadata_reuse')"
        assert indexer.store.connection.execute(setting).fetchall() == [(False,)]


def change(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


@contextmanager
def client_of(layout: Layout) -> Iterator[FlaskClient]:
    app = create_app(layout.root, layout.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def test_the_dashboard_says_that_figures_are_of_another_release_until_a_daemon_has_begun(
    documented: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(documented)
    summary = "/api/analytics/summary"
    for path in (documented.snapshot(1), documented.working):
        change(path, "drop view overall_summary")
    with client_of(documented) as client:
        assert client.get(summary).status_code == 500  # of this release, so it is a bug
    for path in (documented.snapshot(1), documented.working):
        change(path, "update index_info set views_fingerprint = 'another'")
    with client_of(documented) as client:
        answer = client.get(summary)
        assert answer.status_code == 503
        assert "published by another release" in answer.get_json()["message"]
        page = client.get("/analytics")
        assert page.status_code == 503
        assert b"published by another release" in page.data
        found: list[int] = []
        with (
            Indexer(documented) as indexer,
            Watcher(indexer, lambda: False, use_events=False) as watcher,
        ):
            scan = indexer.scan

            def looked_through(*arguments: Any, **more: Any) -> Any:
                found.append(client.get(summary).status_code)
                return scan(*arguments, **more)

            monkeypatch.setattr(indexer, "scan", looked_through)
            watcher.begin()
    assert found == [200]
