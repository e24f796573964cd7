"""What the one writer is asked to do by other processes.

Only the process that holds the lock may write, so what others want is handed to it as a file
in the private folder, and its answer comes back the same way. A request that nobody has
answered is taken back; one whose asker has died is not done later. Who asks needs no more than
that folder, so the dashboard may ask.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from indexer.errors import RunmeterError
from indexer.layout import Layout

ANSWER_SECONDS = 30.0
KEPT_SECONDS = 120.0  # nobody waits any more for what is older
_POLL_SECONDS = 0.05


class Forget(msgspec.Struct, frozen=True, tag="forget"):
    """Remove runs whose files are gone."""

    run_ids: list[str]


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    """Somebody knows of an alert."""

    alert_id: str


class Snooze(msgspec.Struct, frozen=True, tag="snooze"):
    """An alert is silent until then, naive UTC; None ends its silence."""

    alert_id: str
    until: datetime | None


Request = Forget | Acknowledge | Snooze


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is set where nothing was done; `refused` has what stays, with reasons."""

    error: str | None = None
    refused: dict[str, str] = {}


def ask(layout: Layout, request: Request, seconds: float = ANSWER_SECONDS) -> Answer:
    """What the writer says. Raises RunmeterError where it does not answer, or refuses."""
    folder = _folder(layout)
    folder.mkdir(exist_ok=True)
    path = folder / f"{os.getpid()}-{time.time_ns()}.request"
    reply = path.with_suffix(".answer")
    _write(path, request)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if reply.exists():
            answer = msgspec.json.decode(reply.read_bytes(), type=Answer)
            reply.unlink()
            if answer.error is not None:
                raise RunmeterError(answer.error)
            return answer
        time.sleep(_POLL_SECONDS)
    path.unlink(missing_ok=True)
    raise RunmeterError(f"{layout.database}: the indexer at work has not answered; is it `index`?")


def answer_all(layout: Layout, do: Callable[[Request], Answer]) -> None:
    """Do what has been asked for since the last call. What `do` cannot do is the answer."""
    folder = _folder(layout)
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        path = folder / name
        if _is_old(path):
            path.unlink(missing_ok=True)
        elif name.endswith(".request"):
            try:
                answer = do(msgspec.json.decode(path.read_bytes(), type=Request))
            except FileNotFoundError:
                continue  # taken back
            except (RunmeterError, msgspec.DecodeError) as error:
                answer = Answer(error=str(error))
            path.unlink(missing_ok=True)
            _write(path.with_suffix(".answer"), answer)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > KEPT_SECONDS
    except FileNotFoundError:
        return False


def _folder(layout: Layout) -> Path:
    return layout.state_dir / "requests"


def _write(path: Path, content: msgspec.Struct) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(content))
    temporary.replace(path)
