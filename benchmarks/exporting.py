"""How soon a dashboard answers while a file is being made: each route, idle and meanwhile.

    python -m benchmarks.exporting ROOT [--kind xlsx] [--seconds 60]

ROOT is indexed; nobody watches it. Each route is asked once before, as it would have been by
whoever has the page open, then all in turn from one connection. Where a file takes longer
than `--seconds`, it is not waited for.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.processes import background
from benchmarks.serving import ROUTES, Client
from benchmarks.table import Table, machine, percentile

PAUSE = 0.01  # between two requests, as several people make them


def main() -> None:
    options = _options()
    found = Table()
    with background("-m", "indexer", "--root", options.root, "serve", "--port", "0") as server:
        url = server.first_line().split()[-1]
        client = Client(url)
        for route in ROUTES:
            client.get(route)
        end = time.monotonic() + options.seconds / 4
        _add(found, "idle", _asked(client, lambda: time.monotonic() > end))
        file = _begin(url, options.kind)
        until = time.monotonic() + options.seconds

        def over() -> bool:
            return time.monotonic() > until or _is_done(url, file)

        _add(found, options.kind, _asked(client, over))
        client.close()
    print(f"{machine()}\n\n{found.markdown()}")


def _asked(client: Client, over: Callable[[], bool]) -> dict[str, list[float]]:
    """Milliseconds of every answer by route, until it is over."""
    found: dict[str, list[float]] = defaultdict(list)
    while not over():
        for route in ROUTES:
            found[route].append(client.timed(route))
            time.sleep(PAUSE)
    return found


def _add(table: Table, name: str, found: dict[str, list[float]]) -> None:
    for route, values in found.items():
        table.add(f"{name}: {route}", "ms", values)
        table.add(f"{name}: {route}, p99", "ms", percentile(values, 0.99))
    everything = [value for values in found.values() for value in values]
    table.add(f"{name}: all routes, p99", "ms", percentile(everything, 0.99))


def _begin(url: str, kind: str) -> str:
    """Have a file made; the address of its page."""
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/downloads", f"kind={kind}", headers)
    response = connection.getresponse()
    place = response.headers["Location"]
    connection.close()
    if response.status != 303 or place is None:
        raise ValueError(f"/downloads: {response.status}")
    return place


def _is_done(url: str, place: str) -> bool:
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", place)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status != 200:
        raise ValueError(f"{place}: {response.status}")
    return b"Save the file" in text


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exporting", description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--kind", default="xlsx", choices=("xlsx", "pdf", "parquet"))
    parser.add_argument("--seconds", type=float, default=60.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
