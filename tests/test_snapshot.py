"""Readers while the indexer publishes."""

import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from indexer.config import Layout
from indexer.errors import NoIndexError
from indexer.filters import Filters
from indexer.publish import KEEP_SNAPSHOTS
from indexer.snapshot import SnapshotReader
from tests.helpers import index, write_run


def test_nothing_published_is_said(tmp_path: Path) -> None:
    reader = SnapshotReader(Layout.of(tmp_path))
    assert reader.number is None
    with pytest.raises(NoIndexError, match="nothing has been indexed"), reader.connect():
        pass


def test_threads_read_whole_snapshots_while_others_are_published(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "0", {"cost_summary": {"total_usd": 2}})
    index(layout)
    reader, done, failures = SnapshotReader(layout), threading.Event(), list[str]()
    counts: list[list[int]] = [[], []]

    def read(counted: list[int]) -> None:
        try:
            while not done.is_set():
                with reader.connect() as connection:
                    row = connection.execute(
                        "select total_runs, total_cost::integer from overall_summary"
                    ).fetchone()
                    again = connection.execute("select count(*) from runs").fetchone()
                if row is None or again != row[:1] or row[1] != 2 * row[0]:
                    failures.append(f"{row} {again}")
                elif not counted or counted[-1] != row[0]:
                    counted.append(row[0])
        except Exception as error:  # a thread's error must reach the test
            failures.append(repr(error))

    threads = [threading.Thread(target=read, args=(counted,)) for counted in counts]
    for thread in threads:
        thread.start()
    for number in range(1, 9):
        write_run(tmp_path, str(number), {"cost_summary": {"total_usd": 2}})
        index(layout)
    done.set()
    for thread in threads:
        thread.join()
    with reader.connect() as connection:
        assert connection.execute("select count(*) from runs").fetchone() == (9,)
    reader.close()
    assert failures == []
    assert all(counted == sorted(counted) and counted for counted in counts)


def test_what_is_read_stays_while_newer_snapshots_are_read_beside_it(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    reader, count = SnapshotReader(layout), "select count(*) from runs"
    names = "select table_name from information_schema.tables where table_catalog"
    with ExitStack() as held:
        opened = []
        for number in range(1, KEEP_SNAPSHOTS + 3):
            write_run(tmp_path, str(number), {})
            index(layout)
            opened.append(held.enter_context(reader.connect()))
        assert [one.execute(count).fetchall() for one in opened] == [
            [(number,)] for number in range(1, KEEP_SNAPSHOTS + 3)
        ]
        here = opened[0].execute(f"{names} = current_database()").fetchall()
        assert len(here) == len(set(here)) > 0
    with reader.connect() as connection:
        left = "select count(*) from duckdb_databases() where database_name like 'snapshot%'"
        assert connection.execute(left).fetchall() == [(1,)]
    reader.close()


def test_a_reader_that_is_closed_while_it_is_read_lets_it_be_read_to_the_end(
    tmp_path: Path,
) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "a", {})
    index(layout)
    reader = SnapshotReader(layout)
    with reader.connect() as connection:
        reader.close()
        with reader.connect() as again:
            assert again.execute("select count(*) from runs").fetchall() == [(1,)]
        assert connection.execute("select count(*) from runs").fetchall() == [(1,)]
    reader.close()


def test_as_of_belongs_to_one_connection_only(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "a", {"started_at": "2025-01-02T00:00:00Z"})
    index(layout)
    reader = SnapshotReader(layout)
    query = "select total_runs from overall_summary"
    past_filters = Filters(as_of=datetime(2025, 1, 1))  # noqa: DTZ001
    with reader.connect(past_filters) as past, reader.connect() as now:
        assert past.execute(query).fetchone() == (0,)
        assert now.execute(query).fetchone() == (1,)
    reader.close()
