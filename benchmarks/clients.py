"""Clients that ask for the summary all the time, in a process of their own.

    python -m benchmarks.clients URL CLIENTS SECONDS

prints answers a second.
"""

import sys
import threading
import time

from benchmarks.serving import SUMMARY, Client


def _ask(url: str, until: float, counts: list[int]) -> None:
    client = Client(url)
    count = 0
    while time.monotonic() < until:
        client.get(SUMMARY)
        count += 1
    client.close()
    counts.append(count)


if __name__ == "__main__":
    url, clients, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    counts: list[int] = []
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=_ask, args=(url, until, counts)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts) / seconds)
