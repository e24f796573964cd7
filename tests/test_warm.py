"""What was asked for lately is answered before it is asked for again, and nothing else."""

from collections.abc import Iterator
from contextlib import ExitStack

import duckdb
import pytest
from flask import Flask

from indexer import figures
from indexer.config import Layout
from tests.helpers import index, write_run
from web import create_app
from web.warm import MAX_WANTED, MOST_QUIET, OVERVIEW_EVERY, QUIET_SECONDS, WANTED_SECONDS, Warmer

SUMMARY = "/api/analytics/summary"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(documented: Layout, clock: Clock) -> Iterator[Flask]:
    index(documented)
    app = create_app(documented.root, documented.database)
    app.extensions["runmeter-warmer"] = Warmer(app.extensions["runmeter"], clock)
    yield app
    app.extensions["runmeter"].close()


def warmer(app: Flask) -> Warmer:
    found: Warmer = app.extensions["runmeter-warmer"]
    return found


def publish(layout: Layout, name: str) -> None:
    write_run(layout.root, name, {"run_id": name})
    index(layout)


def test_the_next_answer_is_there_before_it_is_asked_for(
    app: Flask, documented: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    assert warmer(app).step(app) == 0, "nothing was asked for"
    asked = (SUMMARY, f"{SUMMARY}?project=alpha", "/analytics?range=7d")
    for path in asked:
        assert client.get(path).status_code == 200
    before = client.get(SUMMARY).get_json()["total_runs"]
    assert warmer(app).step(app) == 0, "there is no other snapshot"
    publish(documented, "one-more")
    assert warmer(app).step(app) == len(asked)

    def refuse(*_: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(figures, "rows", refuse)
    for path in asked:
        assert client.get(path).status_code == 200
    assert client.get(SUMMARY).get_json()["total_runs"] == before + 1


def test_what_nobody_asks_for_any_more_is_not_made(
    app: Flask, documented: Layout, clock: Clock
) -> None:
    client = app.test_client()
    client.get(SUMMARY)
    clock.now = WANTED_SECONDS + 1
    client.get("/api/analytics/qa")
    warmer(app).step(app)
    publish(documented, "first")
    assert warmer(app).step(app) == 1
    clock.now = 2 * WANTED_SECONDS + 2
    publish(documented, "second")
    assert warmer(app).step(app) == 0, "what we made ourselves was not asked for"


def test_the_overview_is_there_for_whoever_comes_first(
    app: Flask, documented: Layout, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmer(app).step(app)
    publish(documented, "one-more")
    assert warmer(app).step(app) == 0, "more may come"
    clock.now = QUIET_SECONDS
    assert warmer(app).step(app) == 1
    assert warmer(app).step(app) == 0
    with monkeypatch.context() as asking:
        asking.setattr(figures, "rows", None)
        assert app.test_client().get("/analytics").status_code == 200
        clock.now += OVERVIEW_EVERY
        assert warmer(app).step(app) == 1, "it is still there"


def test_only_so_much_is_made_and_errors_are_left_to_who_asks(
    app: Flask, documented: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = app.test_client()
    for days in range(1, MAX_WANTED + 4):
        client.get(f"{SUMMARY}?range={days}d")
    warmer(app).step(app)
    publish(documented, "first")
    assert warmer(app).step(app) == MAX_WANTED

    def fail(*_: object) -> None:
        raise duckdb.IOException("the snapshot is gone")

    monkeypatch.setattr(figures, "rows", fail)
    publish(documented, "second")
    assert warmer(app).step(app) == 0


@pytest.mark.parametrize("looks", [1, 3, MOST_QUIET + 5])
def test_whoever_asks_meanwhile_comes_first(app: Flask, documented: Layout, looks: int) -> None:
    """An answer is not begun before that of a request is made, or a second is over."""
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == looks:
            at_work.close()

    app.test_client().get(SUMMARY)
    warmer(app).step(app)
    publish(documented, "one-more")
    with app.test_request_context(SUMMARY), ExitStack() as at_work:
        at_work.enter_context(warmer(app).asking())
        assert warmer(app).step(app, wait) == 1
    assert len(waits) == min(looks, MOST_QUIET)
