"""The SQL page through HTTP: attacks, links that run nothing, downloads, where it is off."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from indexer import sandbox
from indexer.config import Layout
from indexer.sandbox import Limits
from tests.conftest import AS_OF, DATA
from tests.helpers import index, write_config
from tests.test_sandbox import ATTACKS, expand
from web import create_app, sql
from web.access import Access
from web.sql_examples import EXAMPLES

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    root = tmp_path_factory.mktemp("sql") / "documented"
    layout = Layout.of(shutil.copytree(DATA / "documented", root))
    index(layout)
    return layout


@pytest.fixture
def client(shared: Layout) -> Iterator[FlaskClient]:
    app = create_app(shared.root, shared.database)
    yield app.test_client()
    app.extensions["runmeter"].close()


def post(client: FlaskClient, query: str, url: str = "/sql", **fields: str) -> TestResponse:
    return client.post(url, data={"query": query, **fields}, headers=OURS)


def cells(answer: TestResponse) -> list[str]:
    body = answer.get_data(as_text=True).split("<tbody>")[1].split("</tbody>")[0]
    return re.findall(r"<td[^>]*>([^<]*)</td>", body)


def test_a_query_is_answered_under_the_filters(client: FlaskClient) -> None:
    query = "select total_runs, total_cost from overall_summary"
    assert cells(post(client, query)) == ["60", "62.74034"]
    narrow = f"/sql?project=alpha&range=30d&as_of={AS_OF}"
    expected = client.get(f"/api/analytics/summary{narrow[4:]}").get_json()
    assert cells(post(client, query, narrow))[0] == str(expected["total_runs"])
    assert cells(post(client, "select count(*) from runs", narrow)) == ["60"]  # tables are whole
    answer = post(client, "select 1 where false")
    assert "No row matches" in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_attack_is_refused(client: FlaskClient, shared: Layout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("confidential", "utf-8")
    snapshot = shared.snapshot(shared.snapshot_numbers()[-1])
    before = snapshot.read_bytes()

    def refused(name: str) -> tuple[str, int, bool]:
        answer = post(client, expand(ATTACKS[name], snapshot, tmp_path))
        text = answer.get_data(as_text=True)
        told = text.split('id="result"')[1]
        return name, answer.status_code, "confidential" in text or "<table" in told

    with ThreadPoolExecutor(2) as pool:  # as many as may run at once
        found = list(pool.map(refused, sorted(ATTACKS)))
    assert [row for row in found if row[1:] != (400, False)] == []
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert snapshot.read_bytes() == before


def test_endless_queries_and_endless_results_end(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "Limits", lambda rows: Limits(rows, 1.0))
    endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select sum(n) from t"
    answer = post(client, endless)
    assert answer.status_code == 400
    assert "which is the limit, and was ended" in answer.get_data(as_text=True)
    monkeypatch.undo()
    text = post(client, "select range from range(10000000)").get_data(as_text=True)
    assert "The first 1,000 rows" in text
    assert text.count("<tr>") == 1001
    monkeypatch.setattr(sandbox, "WAIT_SECONDS", 0.01)
    with sandbox._free, sandbox._free:
        answer = post(client, "select 1")
    assert answer.status_code == 503
    assert "try again shortly" in answer.get_data(as_text=True)


def test_a_link_shows_the_query_and_runs_nothing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sandbox, "run", lambda *given: asked.append(given[1]))
    query = "select '</textarea><script>alert(1)</script>' as ü,\n  1"
    text = client.get(f"/sql?query={quote(query)}&project=alpha").get_data(as_text=True)
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "has not been run" in text
    assert 'action="/sql?project=alpha"' in text
    assert asked == []


def test_another_site_cannot_run_anything(client: FlaskClient) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        for url in ("/sql", "/sql/download"):
            answer = client.post(url, data={"query": "select 1"}, headers=headers)
            assert answer.status_code == 403


def test_an_error_names_its_place(client: FlaskClient) -> None:
    text = post(client, "select run_id,\n  nope\nfrom runs").get_data(as_text=True)
    assert 'data-line="2" data-column="3"' in text
    assert "nope" in text


def test_downloads_hold_the_result_and_no_formula(client: FlaskClient) -> None:
    query = "select '=1+1' as \"=cmd\", -5 as n, null as nothing, 'a\"b' as q from range(3)"
    answer = post(client, query, f"/sql/download?as_of={AS_OF}", kind="csv")
    wanted = "attachment; filename=runmeter-query-2025-11-18.csv"
    assert answer.headers["Content-Disposition"] == wanted
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True))))
    assert rows == [["'=cmd", "n", "nothing", "q"], *[["'=1+1", "-5", "", 'a"b']] * 3]
    found = json.loads(post(client, "select 1 as a, 'x' as b", "/sql/download", kind="json").data)
    assert found == {"rows": [{"a": 1, "b": "x"}], "more": False}
    assert post(client, "drop table runs", "/sql/download").status_code == 400
    assert post(client, "select 1", "/sql/download", kind="exe").status_code == 400


def test_every_example_runs(shared: Layout) -> None:
    snapshot = shared.snapshot(shared.snapshot_numbers()[-1])
    found = {name: len(sandbox.run(snapshot, text, Limits(10)).rows) for name, text in EXAMPLES}
    assert found.pop("What could not be read") >= 0
    assert found.pop("What QA finds most") >= 0
    assert found.pop("Cost per call by role") >= 0
    assert found.pop("Estimate against cost") >= 0
    assert min(found.values()) > 0, found


def test_the_list_tells_of_every_column(client: FlaskClient) -> None:
    text = client.get("/sql").get_data(as_text=True)
    for part in ("run_page(sort, descending", "<code>qa_issues</code>", "One orchestrator run."):
        assert part in text, part


@pytest.mark.parametrize("allowed", [True, False])
def test_off_loopback_it_is_off_unless_allowed(shared: Layout, allowed: bool) -> None:
    token = "a-token-of-this-test-1234"
    access = Access(host="0.0.0.0", token=token, allow_sql=allowed)
    app = create_app(shared.root, shared.database, access)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}", "Host": "10.0.0.1"}
    code = 200 if allowed else 403
    assert client.get("/sql", headers=headers).status_code == code
    data = {"query": "select 1", "kind": "csv"}
    assert client.post("/sql", data=data, headers=headers).status_code == code
    assert client.post("/sql/download", data=data, headers=headers).status_code == code
    assert (b">SQL</a>" in client.get("/runs", headers=headers).data) is allowed
    assert client.post("/sql", data=data, headers={"Host": "10.0.0.1"}).status_code == 401
    app.extensions["runmeter"].close()


def test_disabled_analytics_answer_no_query(documented: Layout) -> None:
    write_config(documented.root, '{"analytics": {"enabled": false}}')
    index(documented)
    app = create_app(documented.root, documented.database)
    assert post(app.test_client(), "select 1").status_code == 403
    app.extensions["runmeter"].close()
