"""Files that take a while: made beside the server, watched, saved, and told when they fail."""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from indexer import export_pdf, export_xlsx, making, reports
from indexer.asking import asked
from indexer.config import Layout
from indexer.filters import Filters
from indexer.making import File, FullError, Maker
from tests.helpers import index
from tests.reporting import AS_OF, make_index
from web import create_app, downloads

OWN = {"Sec-Fetch-Site": "same-origin"}
QUERY = f"as_of={AS_OF}&model=big"
FILTERS = Filters.parse({"as_of": [AS_OF], "model": ["big"]})


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_index(tmp_path_factory.mktemp("downloads"))


@pytest.fixture
def app(layout: Layout) -> Iterator[Flask]:
    app = create_app(layout.root, layout.database)
    yield app
    app.extensions["runmeter-maker"].close()
    app.extensions["runmeter"].close()


@pytest.fixture
def maker(layout: Layout) -> Iterator[Maker]:
    maker = Maker(layout)
    yield maker
    maker.close()


def wait(maker: Maker) -> None:
    """Until nothing is being made. The pytest time limit bounds this."""
    for thread in list(maker._threads):
        thread.join()


def expected(layout: Layout, kind: str, target: Path) -> bytes:
    """What the command writes for the same question."""
    writer = {"xlsx": export_xlsx, "pdf": export_pdf}[kind]
    with asked(layout, FILTERS) as connection:
        writer.write(connection, target, reports.coverage(connection, FILTERS))
    return target.read_bytes()


def test_each_kind_is_made_and_saved(app: Flask, layout: Layout, tmp_path: Path) -> None:
    client = app.test_client()
    page = client.get(f"/analytics?{QUERY}").get_data(as_text=True)
    for kind in downloads.kinds():
        assert f'name="kind" value="{kind}"' in page
    places = {}
    for kind in downloads.kinds():
        begun = client.post(f"/downloads?{QUERY}", data={"kind": kind}, headers=OWN)
        assert begun.status_code == 303
        places[kind] = begun.headers["Location"].split("?")[0]
        shown = client.get(places[kind])
        assert shown.status_code == 200
        assert 'http-equiv="refresh"' in shown.get_data(as_text=True)
    wait(app.extensions["runmeter-maker"])
    for kind, place in places.items():
        assert "Save the file" in client.get(place).get_data(as_text=True)
        saved = client.get(f"{place}/file")
        data = saved.get_data()
        saved.close()
        name = f"runmeter-{'parquet-' if kind == 'parquet' else ''}2025-11-18."
        assert name in saved.headers["Content-Disposition"]
        if kind == "parquet":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                assert archive.testzip() is None
                assert "coverage/part-0.parquet" in archive.namelist()
        else:
            assert data == expected(layout, kind, tmp_path / "file")
    folder = app.extensions["runmeter-maker"]._folder
    app.extensions["runmeter-maker"].close()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("query", "kind", "status", "words"),
    [
        ("", "exe", 400, "kind: found &#39;exe&#39;, allowed: xlsx, pdf, parquet"),
        ("?tz=Mars", "pdf", 400, "tz: found &#39;Mars&#39;"),
    ],
)
def test_what_cannot_be_made_is_told(
    app: Flask, query: str, kind: str, status: int, words: str
) -> None:
    answer = app.test_client().post(f"/downloads{query}", data={"kind": kind}, headers=OWN)
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)


def test_what_an_extra_would_add_is_said(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    assert "pip install" not in client.get(f"/analytics?{QUERY}").get_data(as_text=True)
    monkeypatch.setattr(downloads, "kinds", lambda: {"parquet": "Parquet"})
    page = client.get(f"/analytics?{QUERY}&tz=Etc/UTC").get_data(as_text=True)
    assert "Excel and PDF: <code>pip install 'runmeter[xlsx,pdf]'</code>" in page
    assert 'value="pdf"' not in page


def test_nobody_saves_what_is_not_there(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    assert client.get("/downloads/nothing").status_code == 404
    assert client.get("/downloads/nothing/file").status_code == 404
    monkeypatch.setattr(making, "WAITING", -making.PARALLEL)
    full = client.post("/downloads", data={"kind": "pdf"}, headers=OWN)
    assert full.status_code == 503
    assert "which is all that may" in full.get_data(as_text=True)
    other = client.post(
        "/downloads", data={"kind": "pdf"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert other.status_code == 403


def test_a_failure_is_told(tmp_path: Path) -> None:
    (tmp_path / "run_logs").mkdir()
    app = create_app(tmp_path)
    maker: Maker = app.extensions["runmeter-maker"]
    file = maker.start("pdf", Filters(), "a.pdf")
    wait(maker)
    assert file.state == "failed"
    assert "nothing has been indexed yet" in file.error
    index(Layout.of(tmp_path))
    page = app.test_client().get(f"/downloads/{file.token}")
    assert page.status_code == 500
    assert "nothing has been indexed yet" in page.get_data(as_text=True)
    assert app.test_client().get(f"/downloads/{file.token}/file").status_code == 404
    maker.close()
    app.extensions["runmeter"].close()


def test_only_so_many_are_made_at_once_and_a_killed_one_frees_its_place(maker: Maker) -> None:
    files = [maker.start("pdf", FILTERS, f"{n}.pdf") for n in range(making.PARALLEL + 1)]
    while (process := files[0].process) is None and files[0].ended is None:
        time.sleep(0.01)
    assert sum(file.state == "making" for file in files) <= making.PARALLEL
    if process is not None:
        process.kill()
    wait(maker)
    assert {file.state for file in files[1:]} == {"ready"}
    assert files[0].state == "ready" or "ended before it was done" in files[0].error


def test_files_are_kept_for_a_while(layout: Layout) -> None:
    now = [0.0]
    maker = Maker(layout, lambda: now[0])
    now[0] = 10.0
    file: File = maker.start("pdf", FILTERS, "a.pdf")
    wait(maker)
    now[0] += making.KEPT_SECONDS
    assert maker.get(file.token) is file
    assert file.path.exists()
    now[0] += 1
    assert maker.get(file.token) is None
    assert not file.path.exists()
    maker.close()
    with pytest.raises(FullError):
        maker.start("pdf", FILTERS, "b.pdf")
