"""Saved views: what can be saved, what is refused, and that the file survives everything."""

import json
import shutil
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from indexer.config import Layout
from indexer.errors import UsageError
from tests.conftest import DATA
from tests.helpers import index
from web import create_app, layout, views_store
from web.views_store import View

OURS = {"Sec-Fetch-Site": "same-origin"}
PAGES = ("/analytics", "/runs")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    root = tmp_path_factory.mktemp("views") / "documented"
    found = Layout.of(shutil.copytree(DATA / "documented", root))
    index(found)
    return found


@pytest.fixture
def app(where: Layout) -> Iterator[Flask]:
    where.views_file.unlink(missing_ok=True)
    app = create_app(where.root, where.database)
    yield app
    app.extensions["runmeter"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, url: str, **fields: Any) -> TestResponse:
    return client.post(url, data=fields, headers=OURS)


def text(client: FlaskClient, url: str = "/views") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_view_is_an_address_with_a_name(client: FlaskClient) -> None:
    page = text(client, "/runs?project=alpha&sort=cost&after_id=x&after=1")
    assert "/views?page=%2Fruns&amp;query=project%3Dalpha%26sort%3Dcost" in page
    name = "Größte <b>Läufe</b> =1+1"
    query = "sort=cost&project=alpha&range=30d&after_id=x&token=secret"
    answer = post(client, "/views", name=name, page="/runs", query=query)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/views?done=saved")
    page = text(client)
    assert 'href="/runs?range=30d&amp;project=alpha&amp;sort=cost"' in page
    assert "Größte &lt;b&gt;Läufe&lt;/b&gt; =1+1" in page
    assert "secret" not in page
    post(client, "/views", name=name.upper(), page="/runs", query="")  # the same name
    assert text(client).count('scope="row"') == 1
    post(client, "/views/remove", name=name)
    assert "None yet" in text(client)


def test_the_dashboard_begins_with_the_default(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/analytics"
    post(client, "/views", name="Mine", page="/analytics", query="range=mtd", default="1")
    assert client.get("/").headers["Location"] == "/analytics?range=mtd"
    post(client, "/views", name="Other", page="/runs", query="q=a%26b")
    post(client, "/views/default", name="other")
    assert client.get("/").headers["Location"] == "/runs?q=a%26b"
    assert post(client, "/views/default", name="nobody").status_code == 400
    post(client, "/views/remove", name="Other")
    assert client.get("/").headers["Location"] == "/analytics"
    post(client, "/views/default", name="Mine")
    post(client, "/views/default", name="")
    assert client.get("/").headers["Location"] == "/analytics"


def test_parts_are_chosen_and_ordered(client: FlaskClient) -> None:
    post(
        client,
        "/views",
        **{"name": "Parts", "page": "/analytics", "query": "panels=runs&project=alpha"},
        **{"part": ["kpis", "cost", "projects"], "parts": list(layout.PARTS)},
        **{"place-projects": "1", "place-kpis": "3", "place-cost": "2"},
    )
    page = text(client)
    link = "/analytics?project=alpha&amp;panels=projects%2Ccost%2Ckpis"
    assert f'href="{link}"' in page
    shown = text(client, link.replace("&amp;", "&"))
    places = [shown.index(part) for part in ('id="projects"', 'id="figures"', 'class="kpis"')]
    assert places == sorted(places)
    assert "Monthly budget" not in shown
    assert 'value="projects,cost,kpis"' in shown  # stays when filters change
    assert 'id="figures"' not in text(client, "/analytics?panels=qa")
    assert client.get("/analytics?panels=cost,nothing").status_code == 400
    whole = ",".join(layout.PARTS)
    assert views_store.checked(View("a", "/runs", f"panels={whole}"), PAGES).query == ""


REFUSED = {
    "no name": {"name": "  "},
    "a long name": {"name": "x" * 81},
    "a control character": {"name": "a\x00b"},
    "text that runs backwards": {"name": "a\u202eb"},
    "another host": {"page": "//evil.example"},
    "a script": {"page": "javascript:alert(1)"},
    "an unknown page": {"page": "/login"},
    "a parameter that is none": {"query": "a%00=b"},
    "a wrong filter": {"query": "range=soon"},
    "an unknown part": {"query": "panels=kpis,nothing"},
    "a long query": {"query": "q=" + "x" * 40_000},
    "no UTF-8": {"query": "q=%ff"},
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_is_refused_with_the_reason(client: FlaskClient, name: str) -> None:
    fields = {"name": "fine", "page": "/runs", "query": ""} | REFUSED[name]
    answer = post(client, "/views", **fields)
    assert answer.status_code == 400
    assert ": found" in answer.get_data(as_text=True) or "cannot be read" in answer.get_data(True)
    data = json.dumps({"version": 1, "views": [fields]}).encode()
    answer = post(client, "/views/import", file=(BytesIO(data), "views.json"))
    assert answer.status_code == 400
    assert "view 1: " in answer.get_data(as_text=True)
    assert "None yet" in text(client)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"views": {"name": 1}}',
        b'{"views": [{"name": "a", "page": "/runs", "more": 1}]}',
        b'{"version": 2}',
        b'{"default": "nobody"}',
        b'{"views": [{"name": "a", "page": "/runs"}, {"name": "A", "page": "/runs"}]}',
        b'{"views": ' + b"[" * 50_000,
        b'{"views": []' + b" " * 260_000 + b"}",
    ],
)
def test_a_file_with_a_fault_is_refused_as_a_whole(client: FlaskClient, data: bytes) -> None:
    answer = post(client, "/views/import", file=(BytesIO(data), "views.json"))
    assert answer.status_code == 400
    assert post(client, "/views/import").status_code == 400
    assert "None yet" in text(client)


def test_what_is_exported_can_be_imported(client: FlaskClient, where: Layout) -> None:
    post(client, "/views", name="one", page="/runs", query="q=%3Dcmd", default="1")
    post(client, "/views", name="two", page="/jobs", query="state=failed")
    answer = client.get("/views/export")
    assert answer.headers["Content-Disposition"] == "attachment; filename=runmeter-views.json"
    assert answer.data == where.views_file.read_bytes()
    post(client, "/views/remove", name="two")
    post(client, "/views", name="ONE", page="/jobs", query="")
    done = post(client, "/views/import", file=(BytesIO(answer.data), "views.json"))
    assert done.headers["Location"] == "/views?done=imported"
    assert client.get("/views/export").data == answer.data
    assert client.get("/").headers["Location"] == "/runs?q=%3Dcmd"


def test_another_site_cannot_change_anything(client: FlaskClient) -> None:
    fields = {"name": "a", "page": "/runs", "query": ""}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        for url in ("/views", "/views/remove", "/views/default", "/views/import"):
            assert client.post(url, data=fields, headers=headers).status_code == 403
            assert client.get(url).status_code == (200 if url == "/views" else 405)
    assert "None yet" in text(client)


def test_a_broken_file_is_told_and_kept(client: FlaskClient, where: Layout) -> None:
    where.views_file.write_bytes(b'{"views": 3}')
    for answer in (client.get("/views"), post(client, "/views", name="a", page="/runs", query="")):
        assert answer.status_code == 500
        assert "views.json: file: not a file of views: Expected" in answer.get_data(as_text=True)
    assert where.views_file.read_bytes() == b'{"views": 3}'
    assert client.get("/analytics").status_code == 200


def test_many_savers_lose_nothing(where: Layout) -> None:
    where.views_file.unlink(missing_ok=True)
    failures: list[Exception] = []

    def save(number: int) -> None:
        try:
            with views_store.changing(where, PAGES) as views:
                views_store.put(views, View(f"view {number}", "/runs"))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(views_store.load(where, PAGES).views) == 20


def test_there_is_an_end_to_what_is_kept(where: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    where.views_file.unlink(missing_ok=True)
    monkeypatch.setattr(views_store, "MAX_VIEWS", 2)
    for number in range(2):
        with views_store.changing(where, PAGES) as views:
            views_store.put(views, View(f"view {number}", "/runs"))
    before = where.views_file.read_bytes()
    with (
        pytest.raises(UsageError, match="allowed: 2"),
        views_store.changing(where, PAGES) as views,
    ):
        views_store.put(views, View("one more", "/runs"))
    assert where.views_file.read_bytes() == before


def test_before_the_first_pass_nothing_can_be_saved(tmp_path: Any) -> None:
    app = create_app(tmp_path)
    answer = post(app.test_client(), "/views", name="a", page="/runs", query="")
    assert answer.status_code == 503
    assert list(tmp_path.iterdir()) == []
    app.extensions["runmeter"].close()
