"""What is to be sent stays until each channel has it: restarts, failures, pauses, attachments."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer.alert_settings import Channel
from indexer.channels import Attachment, Message
from indexer.config import Layout
from indexer.errors import DeliveryError
from indexer.ingest import Indexer
from indexer.lock import make_state_dir
from indexer.outbox import Outbox
from tests.helpers import write_config
from tests.messages import message

LONG = 30.0


class Post:
    """Stands for the network: notes what it is given, or refuses it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.files: list[tuple[Attachment, ...]] = []
        self.errors: dict[str, DeliveryError] = {}
        self.tries = 0

    def __call__(self, channel: Channel, message: Message, now: Any) -> None:
        self.tries += 1
        if channel.label in self.errors:
            raise self.errors[channel.label]
        self.taken.append((channel.label, message.id))
        self.files.append(message.attachments)


class Office:
    """An index with an outbox, and a clock that only moves when it is told to."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout.of(root)
        self.post = Post()
        self.now_ns = 1_763_000_000_000_000_000
        make_state_dir(self.layout)
        self.open()

    def open(self) -> None:
        """Also what a process does that follows one which was killed."""
        self.indexer = Indexer(self.layout, lambda: self.now_ns)
        self.indexer.read_config()
        self.outbox = Outbox(self.indexer, self.post)
        self.outbox.load()

    def close(self) -> None:
        """As if the process had died: nothing more is stored."""
        self.outbox.wait(LONG)
        self.indexer.close()

    def put(self, identity: str, *names: str, **more: Any) -> None:
        at = f"{self.indexer.now.isoformat()}Z"
        with self.indexer.store.changing():
            self.outbox.put("alert", message(id=identity, at=at, **more), names)

    def run(self, **later: float) -> None:
        """Until nothing is due any more, so much later."""
        self.now_ns += round(timedelta(**later).total_seconds() * 1e9)
        self.outbox.step()
        while not self.outbox.is_idle:
            assert self.outbox.wait(LONG)
            self.outbox.step()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return self.indexer.store.connection.execute(query).fetchall()


def configure(root: Path, *names: str) -> None:
    channels = [{"type": "log", "name": name} for name in names]
    write_config(root, json.dumps({"analytics": {"alerts": {"channels": channels}}}))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    configure(tmp_path, "a", "b")
    found = Office(tmp_path)
    yield found
    found.close()


def test_each_channel_gets_each_message_once(office: Office) -> None:
    office.put("e1", "a", "b", "a")
    office.put("e2", "a")
    office.put("e3")  # nobody wants to hear of it
    office.run()
    assert sorted(office.post.taken) == [("a", "e1"), ("a", "e2"), ("b", "e1")]
    office.run(days=1)
    assert office.post.tries == 3
    assert office.ask("select count(*) from messages") == [(2,)]
    assert office.ask(
        "select count(*), count(delivered_at), count(try_at), sum(attempts) from deliveries"
    ) == [(3, 3, 0, 0)]
    assert {name for name, *_ in office.ask("from channel_states")} == {"a", "b"}


def test_what_was_stored_is_sent_by_the_next_process(office: Office) -> None:
    office.put("e1", "a")
    office.close()
    assert office.post.taken == []
    office.open()
    office.outbox.step()
    office.close()  # it is sent, and its outcome is not stored
    assert office.post.taken == [("a", "e1")]
    office.open()
    office.run()
    assert office.post.taken == [("a", "e1"), ("a", "e1")]
    office.close()
    office.open()
    office.run()
    assert office.post.tries == 2


def test_what_is_put_in_vain_is_not_sent(office: Office) -> None:
    def fail() -> None:
        with office.indexer.store.changing():
            office.outbox.put("alert", message(id="e1"), ["a"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    office.outbox.load()
    office.run()
    assert office.post.tries == 0


def test_a_failing_channel_is_tried_less_and_less_and_rests(office: Office) -> None:
    office.post.errors["a"] = DeliveryError("down")
    office.put("e1", "a", "b")
    office.put("e2", "a")
    office.run()
    assert office.post.taken == [("b", "e1")]
    assert office.post.tries == 3
    office.run(seconds=5)
    assert office.post.tries == 3
    office.run(seconds=20)
    assert office.post.tries == 5
    ((failures, paused, error),) = office.ask(
        "select failures, paused_until, last_error from channel_states where channel = 'a'"
    )
    assert (failures, paused, error) == (4, None, "down")
    office.close()
    office.open()  # which forgets nothing of it
    office.run(minutes=2)
    assert office.post.tries == 6
    ((failures, paused),) = office.ask(
        "select failures, paused_until from channel_states where channel = 'a'"
    )
    assert (failures, paused) == (5, office.indexer.now + timedelta(minutes=15))
    office.run(minutes=14)
    assert office.post.tries == 6
    office.post.errors.clear()
    office.run(minutes=2)
    assert sorted(office.post.taken) == [("a", "e1"), ("a", "e2"), ("b", "e1")]
    assert office.ask("select sum(failures), max(last_error) from channel_states") == [(0, "")]


def test_what_cannot_be_delivered_is_given_up_and_said(office: Office, tmp_path: Path) -> None:
    office.post.errors["a"] = DeliveryError("gone", permanent=True)
    office.put("e1", "a", "b")
    configure(tmp_path, "a")
    office.indexer.read_config()
    office.run()
    assert office.ask("select channel, attempts, error from deliveries order by channel") == [
        ("a", 1, "gone"),
        ("b", 0, "there is no such channel any more"),
    ]
    assert office.ask("select count(given_up_at), count(try_at) from deliveries") == [(2, 0)]
    assert office.ask("select channel from channel_states") == [("a",)]


def test_attachments_wait_beside_the_index(office: Office) -> None:
    file = Attachment(name="r.pdf", media_type="application/pdf", content=b"%PDF \x00\xff")
    office.put("e1", "a", attachments=(file,))
    folder = office.layout.state_dir / "outbox"
    (folder / "left-behind").write_bytes(b"")
    office.close()
    office.open()
    assert [path.name for path in folder.iterdir()] == ["e1"]
    office.run()
    assert office.post.files == [(file,)]
    assert list(folder.iterdir()) == []
    assert office.ask("select attachments from messages") == [(["r.pdf"],)]
    office.put("e2", "a", attachments=(file,))
    (folder / "e2").unlink()
    office.run()
    assert office.ask("select error from deliveries where message_id = 'e2'") == [
        ("its attachments are gone",)
    ]


def test_hostile_text_is_sent_as_text(office: Office) -> None:
    from tests.messages import HOSTILE

    office.put("e1", "a", subject=HOSTILE, body=HOSTILE * 2000, title=HOSTILE)
    office.close()
    office.open()
    office.run()
    assert office.post.taken == [("a", "e1")]
