"""What begins and ends around the work of a command: threads, signals, a progress bar.

Each is a context manager, so that whatever happens inside is ended with it.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from indexer.ingest import Progress


class Stop:
    """An event that a signal handler may set, which is not safe with `threading.Event`.

    A handler runs in the middle of whatever its thread does, also while that thread holds the
    event's own lock. Here the only lock is held until it is set, and is released then. A
    `SimpleQueue`, which is made for handlers, does not do: where its time is over when it comes to
    look how much is left, after a signal or at once, it waits for ever (seen in Python 3.11.7).
    """

    def __init__(self) -> None:
        self._unset = threading.Lock()
        self._unset.acquire()
        self._is_set = False

    def set(self) -> None:
        self._is_set = True
        with suppress(RuntimeError):  # it was set before, maybe by a handler just now
            self._unset.release()

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is set, at most `timeout` seconds; returns whether it is."""
        if not self._is_set and self._unset.acquire(timeout=-1 if timeout is None else timeout):
            self.set()  # others may be waiting
        return self._is_set


@contextmanager
def serving(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(timeout=2)


@contextmanager
def running(work: Callable[[Stop], None] | None, stop: Stop) -> Iterator[None]:
    """Run `work` in a thread that ends when `stop` is set."""
    if work is None:
        yield
        return
    thread = threading.Thread(target=work, args=(stop,), name="producer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=2)


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """An event that Ctrl-C and SIGTERM set; the work under way is finished first."""
    stop = Stop()
    with on_signals(stop.set, signal.SIGINT, signal.SIGTERM):
        yield stop


@contextmanager
def on_signals(action: Callable[[], None], *signals: signal.Signals) -> Iterator[None]:
    """Call `action`, which must be safe in a handler, when one of the signals comes."""
    before = {number: signal.signal(number, lambda *_: action()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress_bar(what: str) -> "Iterator[Progress | None]":
    """A progress bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
