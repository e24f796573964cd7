"""Serving the app with waitress.

The port is taken when the server is made, so that a taken one is known at once.
Closing ends open connections as well: a browser that keeps one open must not keep
the process alive.
"""

import errno
import logging
import threading
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from indexer.config import Layout
from indexer.errors import UsageError
from indexer.making import Maker
from indexer.served import Served
from indexer.times import default_as_of
from web import create_app
from web.access import Access
from web.warm import Warmer

THREADS = 16
# That a request waits for a thread is no news: answers take a millisecond.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class Server:
    """The dashboard of one index at `url`. Raises UsageError for a bad host or port."""

    def __init__(self, layout: Layout, port: int, access: Access | None = None) -> None:
        access = access or Access.of()
        host = access.host
        address = "127.0.0.1" if host == "localhost" else host.strip("[]")
        self._map: dict[int, Any] = {}
        self._closing = threading.Event()
        self._done = threading.Event()
        self._layout = layout
        self._waking = threading.Lock()  # around the pipe that wakes the loop
        self._app = create_app(layout.root, layout.database, access)
        try:
            self._server = create_server(
                self._app,
                map=self._map,
                host=address,
                port=port,
                threads=THREADS,
                clear_untrusted_proxy_headers=not access.behind_proxy,
            )
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise _bad_host(host) from error
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise UsageError(
                    f"port {port} on {host} is taken or not allowed;"
                    " choose another with --port (make run PORT=...)"
                ) from error
            raise
        except ValueError as error:  # a name that nothing resolves
            raise _bad_host(host) from error
        shown = f"[{address}]" if ":" in address else address
        place = f"{shown}:{self._server.effective_port}"
        self.url = f"http://{place}/analytics"
        # Commands do not know the token, and mean now.
        is_open = access.token is None and default_as_of() is None
        instance = self._app.config["RUNMETER_INSTANCE"]
        self._served = Served(place, instance) if is_open else None

    def serve_forever(self) -> None:
        """Answer requests until `close` is called from another thread."""
        maker: Maker = self._app.extensions["runmeter-maker"]
        warmer: Warmer = self._app.extensions["runmeter-warmer"]
        ahead = threading.Thread(
            target=warmer.run, args=(self._app, self._closing), name="warm", daemon=True
        )
        ahead.start()
        if self._served is not None:
            self._served.leave_note(self._layout)
        try:
            while not self._closing.is_set():
                wasyncore.loop(timeout=0.5, map=self._map, count=1)
        finally:
            self._closing.set()
            if self._served is not None:
                self._served.take_note_back(self._layout)
            ahead.join()
            maker.close()
            self._server.task_dispatcher.shutdown()
            self._app.extensions["runmeter"].close()
            with self._waking:
                wasyncore.close_all(self._map, ignore_all=True)
                self._done.set()

    def close(self, timeout: float = 2.0) -> None:
        """Stop answering and end what is open."""
        self._closing.set()
        with self._waking:  # the pipe may have been closed, and its number be another's
            if not self._done.is_set():
                self._server.pull_trigger()
        self._done.wait(timeout)


def _bad_host(host: str) -> UsageError:
    return UsageError(f"--host: found {host[:100]}, allowed: an address of this machine")
