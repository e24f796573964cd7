"""Answers that are kept: the same bytes, for what they depend on and nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response

from indexer.config import Layout
from tests.helpers import index, write_run
from web import create_app
from web.answers import MAX_BYTES, Answers

SUMMARY = "/api/analytics/summary"


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask(__name__)
    with app.app_context():
        yield app


class Counted:
    """Makes answers and counts them."""

    def __init__(self, body: str = "found", status: int = 200) -> None:
        self.calls, self._body, self._status = 0, body, status

    def __call__(self) -> Response:
        self.calls += 1
        return Response(self._body, self._status, {"Content-Disposition": "inline"})


def test_an_answer_is_made_once_for_its_snapshot_and_key(app: Flask) -> None:
    answers, make = Answers(), Counted()
    for number, key, calls in ((1, "a", 1), (1, "a", 1), (1, "b", 2), (2, "a2", 3), (2, "a2", 3)):
        response = answers.of(number, (key,), make)
        assert (response.get_data(), make.calls) == (b"found", calls)
        assert response.headers["Content-Disposition"] == "inline"
    answers.of(1, ("a",), make)
    assert make.calls == 4, "what belonged to the snapshot before was dropped"


def test_what_did_not_go_well_is_not_kept(app: Flask) -> None:
    answers, make = Answers(), Counted(status=503)
    for _ in range(2):
        assert answers.of(1, ("a",), make).status_code == 503
    assert make.calls == 2
    with pytest.raises(ZeroDivisionError):
        answers.of(1, ("b",), lambda: Response(str(1 // 0)))
    assert answers.of(1, ("b",), Counted()).get_data() == b"found"


def test_what_is_added_for_one_client_reaches_no_other(app: Flask) -> None:
    answers, make = Answers(), Counted()
    for _ in range(2):
        response = answers.of(1, ("a",), make)
        assert "Set-Cookie" not in response.headers
        response.set_cookie("mine", "secret")


def test_the_oldest_goes_when_there_is_no_room(app: Flask) -> None:
    answers, make = Answers(), Counted("x" * (MAX_BYTES // 10))
    for place in range(11):
        answers.of(1, (str(place),), make)
    answers.of(1, ("10",), make)
    assert make.calls == 11
    answers.of(1, ("0",), make)
    assert make.calls == 12


def test_of_many_that_ask_at_once_one_computes(app: Flask) -> None:
    answers, asked, made = Answers(), threading.Barrier(5), Counted()
    going = threading.Event()

    def make() -> Response:
        going.wait(30)
        return made()

    def ask() -> None:
        asked.wait(30)
        bodies.append(answers.of(1, ("a",), make).get_data())

    bodies: list[bytes] = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    asked.wait(30)
    going.set()
    for thread in threads:
        thread.join(30)
    assert (bodies, made.calls) == ([b"found"] * 4, 1)


def test_a_new_snapshot_and_another_query_change_the_answer(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    write_run(tmp_path, "a", {"project_dir": "/x/alpha"})
    index(layout)
    app = create_app(tmp_path)
    client = app.test_client()
    assert client.get(SUMMARY).json == client.get(SUMMARY).json
    assert client.get(f"{SUMMARY}?project=beta").get_json()["total_runs"] == 0
    assert client.get(SUMMARY).get_json()["total_runs"] == 1
    write_run(tmp_path, "b", {"project_dir": "/x/beta"})
    index(layout)
    assert client.get(SUMMARY).get_json()["total_runs"] == 2
    assert client.get(f"{SUMMARY}?project=beta").get_json()["total_runs"] == 1
    assert client.get(f"{SUMMARY}?nonsense=1").status_code == 400
    app.extensions["runmeter"].close()
