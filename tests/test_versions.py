"""An index that an earlier release made is taken over, with all that no file tells of any more."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from indexer.config import Layout
from indexer.ingest import Indexer
from tests.helpers import ask, broken_rules, index

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
