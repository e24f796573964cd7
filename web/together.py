"""Questions of one page, asked at once on several connections.

A view of views is planned on one core, which often takes longer than the answer. So a page that
asks many of them asks as many at once as there are cores. All see the snapshot of the page's own
connection, its filters, what it was told (`queries/model_sums.sql`, `queries/clock.sql`) and one
now: `asked_at`, which `queries/chosen_moment.sql` reads.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import duckdb

from indexer import figures
from web import filtering, parts

MOST = 4
# See figures.tell_models and figures.tell_clock.
TOLD = ("told_models", "told_clock", "told_bucket")

Question = Callable[[duckdb.DuckDBPyConnection], Any]


def rows(query: str, *values: Any) -> Question:
    """What one query answers."""
    return lambda connection: figures.rows(connection, query, *values)


def ask(
    connection: duckdb.DuckDBPyConnection,
    questions: Mapping[str, Question],
    optional: Mapping[str, Question] | None = None,
) -> dict[str, Any]:
    """Name -> answer, those of `optional` first, which may be a Failure.

    Questions are asked in their order: with long ones first no core waits for another at the end.
    Each question sees the request, in whatever thread. Raises what a question of the others raises.
    """
    asked = {**(optional or {}), **questions}
    waiting: SimpleQueue[str] = SimpleQueue()
    for name in asked:
        waiting.put(name)
    found: dict[str, Any] = {}

    def answer(one: duckdb.DuckDBPyConnection) -> None:
        while True:
            try:
                name = waiting.get_nowait()
            except Empty:
                return
            make = asked[name]
            required = name in questions
            found[name] = make(one) if required else parts.attempt(one, partial(make, one))

    with _connections(connection, min(MOST, os.cpu_count() or 1)) as (first, *others):
        with ThreadPoolExecutor(max(1, len(others)), "ask") as pool:
            under_way = [pool.submit(copy_context().run, answer, one) for one in others]
            answer(first)
        for future in under_way:
            future.result()
    return {name: found[name] for name in asked}


@contextmanager
def _connections(
    connection: duckdb.DuckDBPyConnection, count: int
) -> Iterator[list[duckdb.DuckDBPyConnection]]:
    """The connection and further ones that see what it sees."""
    told = ", ".join(f"getvariable('{name}')" for name in TOLD)
    query = f"select current_database(), now() at time zone 'UTC', {told}"
    database, moment, *told_values = connection.execute(query).fetchall()[0]
    connection.execute("set variable asked_at = ?", [moment])
    with ExitStack() as stack:
        found = [connection]
        for _ in range(count - 1):
            further = stack.enter_context(closing(connection.cursor()))
            further.execute(f"use {database}")
            further.execute("begin")
            further.execute("set variable asked_at = ?", [moment])
            filtering.effective().apply(further)
            for name, value in zip(TOLD, told_values, strict=True):
                further.execute(f"set variable {name} = ?", [value])
            found.append(further)
        yield found
