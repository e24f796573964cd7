"""Delivery in the background: who waits for whom, when it is tried again, when it rests."""

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.alert_settings import Channel, Log, Webhook
from indexer.channels import Message
from indexer.delivery import (
    GIVE_UP_AFTER,
    ChannelState,
    Deliverer,
    Delivery,
    Outcome,
    after,
    is_paused,
    next_try,
)
from indexer.errors import DeliveryError
from indexer.times import naive_utc
from tests.receivers import Receiver, http_receiver

NOW = naive_utc("2025-11-18T10:30:00Z")
LONG = 30.0  # only a fault waits for it


def delivery(channel: str = "a", event: str = "e1", attempts: int = 0, **age: float) -> Delivery:
    at = (NOW - timedelta(**age)).isoformat() + "Z"
    said = Message(
        id=event, title="t", body="b", state="ALERT", rule="budget", subject="s", at=at
    )  # fmt: skip
    return Delivery(event_id=event, channel=channel, attempts=attempts, message=said)


class Sender:
    """Stands for `channels.send`: takes, refuses, or waits until it is let go."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.errors: dict[str, Exception] = {}
        self.stuck: set[str] = set()
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, channel: Channel, message: Message, now: datetime) -> None:
        self.sent.append((channel.label, message.id))
        if channel.label in self.stuck:
            self.begun.set()
            self.let_go.wait(LONG)
        if channel.label in self.errors:
            raise self.errors[channel.label]


@pytest.fixture
def sender() -> Iterator[Sender]:
    sender = Sender()
    yield sender
    sender.let_go.set()


@pytest.fixture
def deliverer(sender: Sender) -> Deliverer:
    made = Deliverer(lambda: NOW, send=sender, jitter=lambda: 0.0)
    made.configure([Log(name="a"), Log(name="b")])
    return made


def outcomes(deliverer: Deliverer, count: int = 1) -> list[Outcome]:
    found: list[Outcome] = []
    while len(found) < count:
        assert deliverer.wait(LONG)
        found += deliverer.finished()
    return found


def test_a_delivery_ends_with_an_outcome(deliverer: Deliverer, sender: Sender) -> None:
    assert deliverer.finished() == []
    assert deliverer.submit(delivery())
    assert outcomes(deliverer) == [Outcome(event_id="e1", channel="a", delivered=True)]
    assert deliverer.finished() == []
    assert sender.sent == [("a", "e1")]


def test_a_slow_channel_holds_up_only_itself(deliverer: Deliverer, sender: Sender) -> None:
    sender.stuck = {"a"}
    assert deliverer.submit(delivery("a"))
    assert sender.begun.wait(LONG)
    assert not deliverer.submit(delivery("a", "e2"))
    for event in ("e3", "e4"):
        assert deliverer.submit(delivery("b", event))
        (found,) = outcomes(deliverer)
        assert (found.channel, found.event_id, found.delivered) == ("b", event, True)
    assert not deliverer.is_free("a")
    sender.let_go.set()
    assert [found.event_id for found in outcomes(deliverer)] == ["e1"]
    assert sender.sent == [("a", "e1"), ("b", "e3"), ("b", "e4")]


def test_a_channel_is_free_when_its_outcome_was_collected(deliverer: Deliverer) -> None:
    deliverer.submit(delivery())
    assert deliverer.wait(LONG)
    assert not deliverer.submit(delivery())  # else it could be sent again before it is noted
    assert deliverer.finished()
    assert deliverer.submit(delivery())
    assert outcomes(deliverer)


def test_a_failure_is_tried_again_or_is_final(deliverer: Deliverer, sender: Sender) -> None:
    sender.errors = {
        "a": DeliveryError("no", retry_after=90),
        "b": DeliveryError("never", permanent=True),
    }
    deliverer.submit(delivery("a", attempts=2))
    deliverer.submit(delivery("b"))
    first, second = sorted(outcomes(deliverer, 2), key=lambda found: found.channel)
    assert first == Outcome(
        event_id="e1", channel="a", delivered=False, error="no",
        retry_at=NOW + timedelta(seconds=90),
    )  # fmt: skip
    assert second == Outcome(
        event_id="e1", channel="b", delivered=False, error="never", permanent=True
    )


def test_a_bug_is_an_outcome_without_its_words(
    deliverer: Deliverer, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    sender.errors = {"a": RuntimeError("very-secret")}
    with caplog.at_level(logging.DEBUG):
        deliverer.submit(delivery(attempts=1))
        (found,) = outcomes(deliverer)
    assert found.error == "failed (RuntimeError)"
    assert found.retry_at == NOW + timedelta(seconds=20)
    assert "channel a failed (RuntimeError) at __call__" in caplog.text
    assert "very-secret" not in caplog.text


def test_what_is_too_old_is_given_up_and_said(deliverer: Deliverer, sender: Sender) -> None:
    deliverer.submit(delivery(days=3, seconds=1))
    (found,) = outcomes(deliverer)
    assert (found.error, found.permanent, found.tried) == ("given up after 3 days", True, False)
    assert sender.sent == []
    sender.errors = {"a": DeliveryError("down", retry_after=3_600)}
    deliverer.submit(delivery(days=2, hours=23, minutes=30))
    (found,) = outcomes(deliverer)
    assert (found.error, found.permanent) == ("down; given up after 3 days", True)
    assert found.tried
    assert timedelta(days=3) == GIVE_UP_AFTER


def test_a_channel_that_was_removed(deliverer: Deliverer, sender: Sender) -> None:
    deliverer.configure([Log(name="b")])
    deliverer.submit(delivery("a"))
    (found,) = outcomes(deliverer)
    assert found.error == "there is no such channel any more"
    assert (found.permanent, found.tried, sender.sent) == (True, False, [])


def test_what_never_ends_is_a_failure_once(sender: Sender) -> None:
    now = [NOW]
    deliverer = Deliverer(lambda: now[0], send=sender, jitter=lambda: 0.0)
    deliverer.configure([Log(name="a")])
    sender.stuck = {"a"}
    deliverer.submit(delivery("a"))
    assert sender.begun.wait(LONG)
    now[0] = NOW + timedelta(minutes=2)
    assert deliverer.finished() == []
    now[0] += timedelta(seconds=1)
    (found,) = deliverer.finished()
    assert (found.error, found.retry_at) == ("it took too long", now[0] + timedelta(seconds=10))
    sender.stuck = set()
    assert deliverer.submit(delivery("a", "e2"))
    assert [found.event_id for found in outcomes(deliverer)] == ["e2"]
    sender.let_go.set()
    for thread in [one for one in threading.enumerate() if one.name == "delivery"]:
        thread.join(LONG)
    assert deliverer.finished() == []  # its late success is nobody's any more


def test_the_caller_is_woken(sender: Sender) -> None:
    woken = threading.Event()
    deliverer = Deliverer(lambda: NOW, send=sender, wake=woken.set)
    deliverer.configure([Log(name="a")])
    deliverer.submit(delivery())
    assert woken.wait(LONG)
    assert deliverer.finished()


def test_closing_does_not_wait_for_ever(deliverer: Deliverer, sender: Sender) -> None:
    sender.stuck = {"a"}
    deliverer.submit(delivery("a"))
    assert sender.begun.wait(LONG)
    deliverer.close(within=0.01)
    assert deliverer.finished() == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as found:
        yield found


def test_over_a_real_connection(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    deliverer = Deliverer(lambda: NOW, jitter=lambda: 0.0)
    deliverer.configure([Webhook(name="a", url=f"http://{receiver.host}/")])
    receiver.status, receiver.headers = 429, {"Retry-After": "Tue, 18 Nov 2025 11:00:00 GMT"}
    deliverer.submit(delivery())
    (found,) = outcomes(deliverer)
    assert (found.error, found.retry_at) == (
        "127.0.0.1 answered 429", NOW + timedelta(minutes=30),
    )  # fmt: skip
    receiver.status = 200
    deliverer.submit(delivery(attempts=1))
    assert outcomes(deliverer)[0].delivered
    first, second = receiver.requests
    assert first.headers["Webhook-Id"] == second.headers["Webhook-Id"] == "e1"


ENDS = """
import sys
from datetime import UTC, datetime
from indexer.alert_settings import Webhook
from indexer.channels import Message, webhook
from indexer.delivery import Deliverer, Delivery
webhook.send.__defaults__ = (3600.0,)
clock = lambda: datetime.now(UTC).replace(tzinfo=None)
deliverer = Deliverer(clock)
deliverer.configure([Webhook(name="a", url=sys.argv[1])])
message = Message(id="a", title="", body="", state="OK", rule="", subject="",
                  at=clock().isoformat())
assert deliverer.submit(Delivery(event_id="a", channel="a", attempts=0, message=message))
deliverer.close()
print("closed")
"""


def test_a_process_ends_though_a_receiver_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        done = subprocess.run(  # if it waited, it would for an hour
            [sys.executable, "-c", ENDS, url], capture_output=True, text=True, timeout=60,
            env=os.environ | {"no_proxy": "*"}, check=False,
        )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("closed\n", "", 0)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "jitter", "wait"),
    [
        (1, None, 0.0, 10),
        (1, None, 1.0, 12.5),
        (2, None, 0.0, 20),
        (9, None, 0.0, 2_560),
        (10, None, 0.0, 3_600),
        (10, None, 1.0, 3_600),
        (10**9, None, 0.5, 3_600),
        (1, 0, 0.0, 10),
        (1, 11, 0.0, 11),
        (5, 90_000, 0.0, 86_400),
        (1, float("inf"), 0.0, 10),
        (1, float("nan"), 0.0, 10),
        (1, -5, 0.0, 10),
    ],
)
def test_when_it_is_tried_again(
    attempts: int, retry_after: float | None, jitter: float, wait: float
) -> None:
    assert next_try(attempts, retry_after, NOW, jitter) == NOW + timedelta(seconds=wait)


@given(st.integers(1, 500), st.floats(0, 1), st.none() | st.floats())
def test_it_is_never_tried_again_at_once_nor_in_days(
    attempts: int, jitter: float, retry_after: float | None
) -> None:
    wait = next_try(attempts, retry_after, NOW, jitter) - NOW
    assert timedelta(seconds=10) <= wait <= timedelta(hours=24)
    if attempts > 1 and retry_after is None:
        assert wait >= next_try(attempts - 1, None, NOW, 0.0) - NOW


def test_a_channel_that_keeps_failing_rests() -> None:
    state = ChannelState(name="a", last_delivered_at=NOW)
    failure = Outcome(event_id="e", channel="a", delivered=False, error="down", retry_at=NOW)
    pauses = []
    for _ in range(12):
        state = after(state, failure, NOW)
        pauses.append(state.paused_until and state.paused_until - NOW)
    minutes = [pause and pause.total_seconds() / 60 for pause in pauses]
    assert minutes == [None] * 4 + [15, 30, 60, 120, 240, 360, 360, 360]
    assert (state.failures, state.last_error, state.last_delivered_at) == (12, "down", NOW)
    assert is_paused(state, NOW)
    assert not is_paused(state, NOW + timedelta(hours=6))
    untried = Outcome(event_id="e", channel="a", delivered=False, error="old", tried=False)
    assert after(state, untried, NOW) == state
    later = NOW + timedelta(hours=6)
    delivered = Outcome(event_id="e", channel="a", delivered=True)
    state = after(state, delivered, later)
    assert state == ChannelState(name="a", last_delivered_at=later)
    assert not is_paused(state, NOW)
