"""What is to be sent through channels, kept until each of them has it or it is given up.

`put` stores a message in the transaction that decides on it; from then on it is sent at least
once, also after kill -9: the next process reads what is pending and goes on. Pending messages
are kept in memory, so that a step that has nothing to do asks nothing of the database. An
outcome is stored before its channel is used again. Attachments lie in files beside the
database, because they are large, and are removed once nobody waits for them.

Everything happens in the thread of the one writer, but for the sending, which `Deliverer` does.
"""

import heapq
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from indexer import channels
from indexer.alert_settings import Channel
from indexer.channels import Attachment, Message
from indexer.delivery import ChannelState, Deliverer, Delivery, Outcome, after, is_paused
from indexer.ingest import Indexer
from indexer.times import iso, naive_utc

Kind = Literal["alert", "report"]
_ATTACHMENTS_GONE = "its attachments are gone"


class _Pending(msgspec.Struct):
    message: Message
    try_at: datetime
    attempts: int
    has_attachments: bool


class Outbox:
    """The messages of one index. `load` comes first, and again after any error."""

    def __init__(
        self,
        indexer: Indexer,
        send: Callable[[Channel, Message, datetime], None] = channels.send,
    ) -> None:
        self._indexer = indexer
        self._deliverer = Deliverer(lambda: indexer.now, send=send)
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._due: dict[str, list[tuple[datetime, str]]] = {}
        self._states: dict[str, ChannelState] = {}
        self._outcomes: list[Outcome] = []
        self._channels: tuple[Channel, ...] | None = None

    def load(self) -> None:
        """Take up what is pending in the index, and drop attachments that nobody waits for."""
        connection = self._indexer.store.connection
        self._pending, self._due = {}, {}
        rows = connection.execute(
            "select messages.*, channel, attempts, try_at from messages"
            " inner join deliveries using (message_id) where try_at is not null"
            " order by made_at, message_id"
        ).fetchall()
        for *columns, channel, attempts, try_at in rows:
            message, has_attachments = _message(columns)
            self._wait(channel, _Pending(message, try_at, attempts, has_attachments))
        self._states = {
            row[0]: ChannelState(**dict(zip(ChannelState.__struct_fields__, row, strict=True)))
            for row in connection.execute("from channel_states").fetchall()
        }
        self._channels = None
        self._drop_attachments()

    def put(self, kind: Kind, message: Message, names: Iterable[str]) -> None:
        """Store a message for these channels, within a transaction of the caller.

        The caller loads anew where the transaction fails.
        """
        store, now, names = self._indexer.store, self._indexer.now, list(dict.fromkeys(names))
        if not names:
            return
        if message.attachments:
            self._folder.mkdir(exist_ok=True)
            file = self._folder / message.id
            file.write_bytes(msgspec.msgpack.encode(message.attachments))
        store.insert("messages", [_row(kind, message)])
        store.insert("deliveries", [(message.id, name, 0, now, None, None, None) for name in names])
        bare = msgspec.structs.replace(message, attachments=())
        for name in names:
            self._wait(name, _Pending(bare, now, 0, bool(message.attachments)))

    def step(self) -> None:
        """Store what has ended and begin what is due."""
        self._configure()
        self._outcomes += self._deliverer.finished()
        if self._outcomes:
            self._store_outcomes()
        now = self._indexer.now
        for channel in self._due:
            if self._is_due(channel, now) and self._deliverer.is_free(channel):
                self._begin(channel, heapq.heappop(self._due[channel])[1])

    def wait(self, timeout: float) -> bool:
        """Until something under way has ended, at most `timeout` seconds."""
        return self._deliverer.wait(timeout)

    @property
    def waiting(self) -> int:
        """Deliveries that are neither done nor given up."""
        return len(self._pending)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way or due now."""
        now = self._indexer.now
        return not self._outcomes and all(
            self._deliverer.is_free(channel) and not self._is_due(channel, now)
            for channel in self._due
        )

    def close(self) -> None:
        """Give what is under way a moment, and store what has ended by then."""
        self._deliverer.close()
        self._outcomes += self._deliverer.finished()
        if self._outcomes:
            self._store_outcomes()

    def _configure(self) -> None:
        """Take the channels up where they are others than before."""
        found = self._indexer.config.alerts.channels
        if found == self._channels:
            return
        self._deliverer.configure(found)
        names = [channel.label for channel in found]
        if set(names) != self._states.keys():
            states = {name: self._states.get(name, ChannelState(name=name)) for name in names}
            with self._indexer.store.changing():
                self._store_states(states)
            self._states = states
        self._channels = found

    def _wait(self, channel: str, pending: _Pending) -> None:
        self._pending[pending.message.id, channel] = pending
        heapq.heappush(self._due.setdefault(channel, []), (pending.try_at, pending.message.id))

    def _is_due(self, channel: str, now: datetime) -> bool:
        """Whether there is something to send and the channel does not rest."""
        due = self._due[channel]
        while due and not self._holds(channel, *due[0]):
            heapq.heappop(due)
        state = self._states.get(channel)
        return bool(due) and due[0][0] <= now and not (state and is_paused(state, now))

    def _holds(self, channel: str, try_at: datetime, message_id: str) -> bool:
        """Whether a place in the queue still counts; loading anew may leave older ones."""
        pending = self._pending.get((message_id, channel))
        return pending is not None and pending.try_at == try_at

    def _begin(self, channel: str, message_id: str) -> None:
        pending = self._pending[message_id, channel]
        message = pending.message
        if pending.has_attachments:
            try:
                message = msgspec.structs.replace(message, attachments=self._read(message_id))
            except FileNotFoundError:
                self._outcomes.append(_lost(message_id, channel))
                return
        delivery = Delivery(
            event_id=message_id, channel=channel, attempts=pending.attempts, message=message
        )
        self._deliverer.submit(delivery)

    def _store_outcomes(self) -> None:
        now, store, states = self._indexer.now, self._indexer.store, dict(self._states)
        with store.changing():
            for outcome in self._outcomes:
                is_over = outcome.delivered or outcome.permanent
                store.connection.execute(
                    "update deliveries set attempts = attempts + ?, try_at = ?,"
                    " delivered_at = ?, given_up_at = ?, error = ?"
                    " where message_id = ? and channel = ? and try_at is not null",
                    [
                        int(outcome.tried and not outcome.delivered),
                        None if is_over else outcome.retry_at,
                        now if outcome.delivered else None,
                        now if outcome.permanent else None,
                        outcome.error or None,
                        outcome.event_id,
                        outcome.channel,
                    ],
                )
                if outcome.channel in states:
                    states[outcome.channel] = after(states[outcome.channel], outcome, now)
            self._store_states(states)
        outcomes, self._outcomes, self._states = self._outcomes, [], states
        for outcome in outcomes:
            pending = self._pending.pop((outcome.event_id, outcome.channel), None)
            if pending is not None and outcome.retry_at is not None:
                pending.attempts += outcome.tried
                pending.try_at = outcome.retry_at
                self._wait(outcome.channel, pending)
        self._drop_attachments()

    def _store_states(self, states: dict[str, ChannelState]) -> None:
        store = self._indexer.store
        store.connection.execute("delete from channel_states")
        store.insert("channel_states", map(msgspec.structs.astuple, states.values()))

    @property
    def _folder(self) -> Path:
        return self._indexer.layout.state_dir / "outbox"

    def _read(self, message_id: str) -> tuple[Attachment, ...]:
        data = (self._folder / message_id).read_bytes()
        return msgspec.msgpack.decode(data, type=tuple[Attachment, ...])

    def _drop_attachments(self) -> None:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return
        for name in set(names) - {message_id for message_id, _ in self._pending}:
            (self._folder / name).unlink(missing_ok=True)


def _row(kind: Kind, message: Message) -> Sequence[object]:
    return (
        message.id,
        kind,
        message.title,
        message.body,
        message.state,
        message.rule,
        message.subject,
        message.link,
        naive_utc(message.at),
        [attachment.name for attachment in message.attachments],
    )


def _message(row: Sequence[object]) -> tuple[Message, bool]:
    """A row of `messages` without its attachments, and whether it has any."""
    names = ("id", "kind", "title", "body", "state", "rule", "subject", "link", "at", "files")
    found = dict(zip(names, row, strict=True))
    found["at"] = iso(found["at"])  # type: ignore[arg-type]
    has_attachments = bool(found.pop("files"))
    del found["kind"]
    return Message(**found), has_attachments  # type: ignore[arg-type]


def _lost(message_id: str, channel: str) -> Outcome:
    return Outcome(
        event_id=message_id,
        channel=channel,
        delivered=False,
        error=_ATTACHMENTS_GONE,
        permanent=True,
        tried=False,
    )
