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

# Tables of version 3 -> those of version 2, where every path was stored, rounds and findings stood
# under the runs' names, and what a model used was stored beside what its role did.
VERSION_2 = """
    create table new_runs as select * exclude (other_path, run_key), run_key from runs;
    create table new_sources as select path, * exclude (path, other_path) from sources;
    create table models as from model_usage_rows order by all;
    create table rounds as from iterations;
    create table findings as from qa_issues;
    drop view iterations;
    drop view qa_issues;
    drop view model_usage_rows;
    drop table runs;
    drop table sources;
    drop table iteration_rows;
    drop table qa_issue_rows;
    drop table other_model_rows;
    alter table role_usage_rows drop column is_model_usage;
    alter table new_runs rename to runs;
    alter table new_sources rename to sources;
    alter table models rename to model_usage_rows;
    alter table rounds rename to iterations;
    alter table findings rename to qa_issues;
    update index_info set schema_version = 2, views_fingerprint = '';
"""
# Those of version 2 -> those of version 1, where all parts of runs stood under the runs' names.
VERSION_1 = f"""
    {VERSION_2}
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
    update index_info set schema_version = 1;
"""
QUERIES = (
    "select * exclude (run_key, indexed_at) from runs order by run_id",
    "select path, kind, state, run_id, content_hash, missing_since from sources order by path",
    "from role_usage order by all",
    "from model_usage order by all",
    "from iterations order by all",
    "from qa_issues order by all",
    "from jobs order by all",
    "select role, runs, cost from role_summary",
)
VERSIONS = pytest.mark.parametrize("version", [VERSION_1, VERSION_2], ids=["1", "2"])


@pytest.fixture
def earlier(corpus: Callable[[str], Path]) -> Layout:
    """An index with a run that is gone, and one whose file does not lie where it is expected."""
    layout = Layout.of(corpus("orchestrator"))
    gone, moved, *_ = sorted(layout.root.glob("run_logs/*/run_summary.json"))
    moved.parent.rename(moved.parent.with_name("elsewhere"))
    index(layout)
    gone.unlink()
    index(layout)
    index(layout)
    return layout


@VERSIONS
def test_an_index_of_an_earlier_version_is_taken_over(earlier: Layout, version: str) -> None:
    before = [ask(earlier, query) for query in QUERIES]
    assert all(before)
    (gone,) = ask(earlier, "select run_id from runs where source_missing_since is not null")[0]
    change(earlier.working, version)
    with Indexer(earlier) as indexer:
        result = indexer.run_pass()
        assert (result.new, result.changed, result.published) == (0, 0, True)
        assert broken_rules(indexer.store.connection) == []
    assert [ask(earlier, query) for query in QUERIES] == before
    for name in ("run_summary.json", "another.json"):
        path = earlier.root / "run_logs" / gone / name
        path.write_text('{"run_id": "new", "cost_summary": {"total_usd": 1}}')
    index(earlier, audited=True)
    assert ask(earlier, "select count(*) from runs where run_id = 'new'") == [(1,)]


@VERSIONS
def test_taking_over_begins_again_where_it_was_ended(
    earlier: Layout, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [ask(earlier, query) for query in QUERIES]
    change(earlier.working, version)

    def killed(made: Path, _: Path) -> None:
        raise KeyboardInterrupt(made)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt, match=r"working\.duckdb\.new"):
            index(earlier)
    for left in ("new", "new.wal"):
        earlier.working.with_name(f"{earlier.working.name}.{left}").write_bytes(b"half of it")
    index(earlier, audited=True)
    assert [ask(earlier, query) for query in QUERIES] == before
    assert [path.name for path in earlier.state_dir.glob("*.new*")] == []


def test_what_others_keep_in_an_index_comes_along(earlier: Layout) -> None:
    """As a mirror of a lake does."""
    change(earlier.working, VERSION_2)
    change(earlier.working, "create table remembered as select 7 as seven")
    for table in ("runs", "sources", "iterations", "qa_issues"):
        change(earlier.working, f"alter table {table} add column machine varchar default 'm'")
    with Indexer(earlier) as indexer:
        execute = indexer.store.connection.execute
        assert execute("from remembered").fetchall() == [(7,)]
        assert execute("select distinct machine from runs").fetchall() == [("m",)]


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
