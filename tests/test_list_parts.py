"""Parts of the lists: one that fails takes no other with it."""

from typing import Any

import duckdb
import pytest
from flask.testing import FlaskClient

from indexer import figures
from tests.conftest import AS_OF
from tests.test_lists import client, page, shared

__all__ = ["client", "shared"]


PARTS = (
    ("/runs", "run_page", "Download CSV", "60 runs"),
    ("/runs", "run_totals", "60 runs", "Download CSV"),
    ("/jobs", "job_page", "Download CSV", "Latest changes"),
    ("/jobs", "job_summary", "of 20 jobs", "Download CSV"),
    ("/jobs", "job_times", "Median wait", "of 20 jobs"),
    ("/jobs", "order by seen", '<strong class="name">', "Median wait"),
)


@pytest.mark.parametrize(("route", "query", "gone", "left"), PARTS)
def test_a_part_of_a_list_fails_alone(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    route: str,
    query: str,
    gone: str,
    left: str,
) -> None:
    real = figures.rows

    def failing(connection: duckdb.DuckDBPyConnection, asked: str, *values: Any) -> Any:
        if query in asked:
            raise duckdb.OutOfMemoryException("no room for <b>it")
        return real(connection, asked, *values)

    whole = page(client, f"{route}?as_of={AS_OF}")
    monkeypatch.setattr(figures, "rows", failing)
    answer = client.get(f"{route}?as_of={AS_OF}&tz=UTC")
    found = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (gone in whole, gone in found) == (True, False)
    assert (left in whole, left in found) == (True, True)
    assert found.count("no room for &lt;b&gt;it") == 1
    assert found.count("data-retry") == 1
    monkeypatch.undo()
    assert gone in page(client, f"{route}?as_of={AS_OF}&tz=UTC")
    caplog.clear()  # what was logged holds the connection that failed
