"""Delivering in the background, and the rules of when to try again.

What is to be delivered, how often that failed and how each channel is lies in the index; it
is handed in and out as plain structs, so a process that dies here forgets nothing. A
delivery is therefore made at least once, and its message's id lets the receiver drop a
repeat. `Deliverer` never delays its caller: each delivery has a daemon thread of its own,
at most one a channel at a time, so a slow receiver holds up only its own channel and no
receiver holds up the end of the process. A channel is free again only when its outcome has
been collected, so nothing is sent again before its caller could note that it was sent.
"""

import logging
import math
import random
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from indexer import channels
from indexer.alert_settings import Channel
from indexer.channels import Message
from indexer.errors import DeliveryError
from indexer.times import naive_utc

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(hours=24)
GIVE_UP_AFTER = timedelta(days=3)
FAILURES_TO_PAUSE = 5
FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=6)
GIVEN_UP = f"given up after {GIVE_UP_AFTER.days} days"
LONGEST_FLIGHT = timedelta(minutes=2)
CLOSE_WITHIN = 1.0
_MOST_DOUBLINGS = 30  # more than any limit needs, and no overflow
_log = logging.getLogger("runmeter.alerts")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one channel, and how often it has been tried."""

    event_id: str
    channel: str
    attempts: int
    message: Message


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a try. Moments are naive UTC.

    A failure is either `permanent`, or to be tried again at `retry_at`. `tried` is false
    where the channel was not asked, which says nothing of the channel.
    """

    event_id: str
    channel: str
    delivered: bool
    error: str = ""
    retry_at: datetime | None = None
    permanent: bool = False
    tried: bool = True


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is. `failures` counts those in a row; moments are naive UTC."""

    name: str
    failures: int = 0
    paused_until: datetime | None = None
    last_error: str = ""
    last_delivered_at: datetime | None = None


def next_try(
    attempts: int, retry_after: float | None, now: datetime, jitter: float = 0.0
) -> datetime:
    """When to try again after so many failed attempts, 1 or more.

    10 s, doubling to 1 h; `jitter`, from 0 to 1, adds up to a quarter below that limit, so
    that many deliveries do not come back as one. Retry-After is waited for, up to a day.
    """
    wait = min(_doubled(FIRST_WAIT, attempts - 1) * (1 + jitter / 4), LONGEST_WAIT)
    if retry_after is not None and math.isfinite(retry_after):
        asked = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER.total_seconds())
        wait = max(wait, timedelta(seconds=asked))
    return now + wait


def pause_length(failures: int) -> timedelta | None:
    """How long a channel rests after so many failures in a row; None for not at all."""
    if failures < FAILURES_TO_PAUSE:
        return None
    return min(_doubled(FIRST_PAUSE, failures - FAILURES_TO_PAUSE), LONGEST_PAUSE)


def after(state: ChannelState, outcome: Outcome, now: datetime) -> ChannelState:
    """The channel after an outcome: a success clears it, a failure may pause it."""
    if outcome.delivered:
        return ChannelState(name=state.name, last_delivered_at=now)
    if not outcome.tried:
        return state
    pause = pause_length(state.failures + 1)
    return msgspec.structs.replace(
        state,
        failures=state.failures + 1,
        paused_until=now + pause if pause else None,
        last_error=outcome.error,
    )


def is_paused(state: ChannelState, now: datetime) -> bool:
    """Whether the channel is left alone. After its pause one delivery tries it."""
    return state.paused_until is not None and now < state.paused_until


@dataclass
class _Flight:
    """A delivery under way. The first outcome counts."""

    delivery: Delivery
    began: datetime
    thread: threading.Thread | None = None
    is_over: bool = False


class Deliverer:
    """Sends in the background. All methods are for one thread, that of the caller.

    `clock` gives now as naive UTC; `wake` is called from a thread when an outcome is there.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        send: Callable[[Channel, Message, datetime], None] = channels.send,
        jitter: Callable[[], float] = random.random,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock, self._send, self._jitter, self._wake = clock, send, jitter, wake
        self._channels: dict[str, Channel] = {}
        self._flights: dict[str, _Flight] = {}
        self._outcomes: list[Outcome] = []
        self._changed = threading.Condition()

    def configure(self, found: Iterable[Channel]) -> None:
        """The channels from now on; what is under way ends through the one it began with."""
        self._channels = {channel.label: channel for channel in found}

    def is_free(self, channel: str) -> bool:
        """Whether `submit` would take a delivery for the channel."""
        return channel not in self._flights

    def submit(self, delivery: Delivery) -> bool:
        """Begin a delivery. False, and nothing is done, while the channel is not free."""
        if not self.is_free(delivery.channel):
            return False
        flight = _Flight(delivery, self._clock())
        channel = self._channels.get(delivery.channel)
        refusal = "there is no such channel any more" if channel is None else ""
        if flight.began - naive_utc(delivery.message.at) > GIVE_UP_AFTER:
            refusal = GIVEN_UP
        if channel is None or refusal:
            self._done(flight, _failed(delivery, refusal, permanent=True, tried=False))
        else:
            flight.thread = threading.Thread(
                target=self._deliver, args=(channel, flight), name="delivery", daemon=True
            )
            flight.thread.start()
        self._flights[delivery.channel] = flight
        return True

    def finished(self) -> list[Outcome]:
        """What has ended since the last call; does not wait. Their channels are free again.

        What a receiver keeps alive byte by byte ends here as a failure. Should it succeed
        after all, its repeat has the same id.
        """
        now = self._clock()
        for flight in self._flights.values():
            if now - flight.began > LONGEST_FLIGHT:
                self._done(flight, self._retried(flight.delivery, "it took too long", None, False))
        with self._changed:
            found, self._outcomes = self._outcomes, []
        for outcome in found:
            del self._flights[outcome.channel]
        return found

    def wait(self, timeout: float) -> bool:
        """Until an outcome is there or nothing is under way. False if the time was up."""
        with self._changed:
            return self._changed.wait_for(
                lambda: bool(self._outcomes) or not self._flights, timeout
            )

    def close(self, within: float = CLOSE_WITHIN) -> None:
        """Give what is under way a moment to end. What does not end is tried again later."""
        end = time.monotonic() + within
        for flight in self._flights.values():
            if flight.thread is not None:
                flight.thread.join(max(0.0, end - time.monotonic()))

    def _deliver(self, channel: Channel, flight: "_Flight") -> None:
        """In a thread of its own."""
        delivery = flight.delivery
        try:
            self._send(channel, delivery.message, self._clock())
        except DeliveryError as error:
            outcome = self._retried(delivery, str(error), error.retry_after, error.permanent)
        except Exception as error:
            # A bug. The text stays out of log and index: nobody knows what is in it.
            text = f"failed ({type(error).__name__})"
            where = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("channel %s %s at %s:%s", delivery.channel, text, where.name, where.lineno)
            outcome = self._retried(delivery, text, None, False)
        else:
            outcome = Outcome(event_id=delivery.event_id, channel=delivery.channel, delivered=True)
        self._done(flight, outcome)

    def _retried(
        self, delivery: Delivery, error: str, retry_after: float | None, permanent: bool
    ) -> Outcome:
        if permanent:
            return _failed(delivery, error, permanent=True)
        retry_at = next_try(delivery.attempts + 1, retry_after, self._clock(), self._jitter())
        if retry_at - naive_utc(delivery.message.at) > GIVE_UP_AFTER:
            return _failed(delivery, f"{error}; {GIVEN_UP}", permanent=True)
        return _failed(delivery, error, retry_at=retry_at)

    def _done(self, flight: "_Flight", outcome: Outcome) -> None:
        with self._changed:
            if flight.is_over:
                return
            flight.is_over = True
            self._outcomes.append(outcome)
            self._changed.notify_all()
        self._wake()


def _failed(
    delivery: Delivery,
    error: str,
    *,
    retry_at: datetime | None = None,
    permanent: bool = False,
    tried: bool = True,
) -> Outcome:
    return Outcome(
        event_id=delivery.event_id,
        channel=delivery.channel,
        delivered=False,
        error=error,
        retry_at=retry_at,
        permanent=permanent,
        tried=tried,
    )


def _doubled(first: timedelta, times: int) -> timedelta:
    return first * (1 << min(max(times, 0), _MOST_DOUBLINGS))
