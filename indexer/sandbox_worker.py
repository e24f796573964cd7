"""The process that runs one query of a stranger; see `indexer.sandbox`.

The snapshot is attached read-only to a database in memory, then everything that
reaches out of it is turned off and the configuration is locked. `read_only` alone
would still read and write files. The query is parsed first and must be one SELECT;
as a temporary view it can neither end early nor go on after its end, and DuckDB
itself tells the types of its columns, so that those which Python or JSON lack are
turned into text by DuckDB.
"""

import os
import re
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import duckdb
import msgspec

from indexer.filters import Filters
from indexer.sandbox import GRACE_SECONDS, Answer, Job, too_slow

_VIEW = "create temp view _result as\n"
_TABLE = "select * from (\n"  # the one way in which older versions take DESCRIBE in a view
_DESCRIBES = re.compile(r"\s*(describe|desc|summarize|show)\b", re.IGNORECASE)
_PLAIN = re.compile(r"(BOOLEAN|U?TINYINT|U?SMALLINT|U?INTEGER|U?BIGINT|FLOAT|DOUBLE|DECIMAL\(.*\))")
_ADDRESS_SPACE_MB = 1024  # what DuckDB and Python take beside the memory limit
_BATCH = 200


def answer(job: Job) -> Answer:
    """Run the query; an error becomes part of the answer."""
    connection = _locked_down(job)
    timer = threading.Timer(job.seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    started = time.perf_counter()
    try:
        found = _result(connection, job)
    except duckdb.InterruptException:
        return Answer(error=too_slow(job.seconds))
    except (duckdb.Error, MemoryError) as error:
        return _failed(error, job.query)
    finally:
        timer.cancel()
    found.seconds = time.perf_counter() - started
    return found


def _locked_down(job: Job) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:", config={"memory_limit": f"{job.memory_mb}MB", "threads": job.threads}
    )
    path = job.snapshot.replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    connection.execute("use published")
    query: dict[str, list[str]] = {}
    for name, value in job.filters:
        query.setdefault(name, []).append(value)
    Filters.parse(query).apply(connection)
    for setting in (
        "errors_as_json = true",
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection


def _result(connection: duckdb.DuckDBPyConnection, job: Job) -> Answer:
    statements = connection.extract_statements(job.query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = ", ".join(one.type.name for one in statements) or "nothing"
        return Answer(error=f"found {kinds}, allowed: exactly one SELECT")
    if _DESCRIBES.match(job.query):
        body = job.query.rstrip().rstrip(";")
        connection.execute(f"{_VIEW}{_TABLE}{body}\n)")
    else:
        connection.execute(_VIEW + job.query)
    described = connection.execute("describe _result").fetchall()
    names, types = [row[0] for row in described], [row[1].strip('"') for row in described]
    aliases = [f"c{place}" for place in range(len(names))]
    chosen = [
        alias if _PLAIN.fullmatch(kind) else f"{alias}::varchar"
        for alias, kind in zip(aliases, types, strict=True)
    ]
    connection.execute(
        f"select {', '.join(chosen)} from _result as r({', '.join(aliases)}) limit {job.rows + 1}"
    )
    rows, more = _fetch(connection, job)
    return Answer(names, types, rows, more)


def _fetch(connection: duckdb.DuckDBPyConnection, job: Job) -> tuple[list[list[Any]], bool]:
    """Rows until one of the limits, and whether there are more."""
    rows: list[list[Any]] = []
    size = 0
    while batch := connection.fetchmany(_BATCH):
        for row in batch:
            size += sum(len(value) if isinstance(value, str) else 8 for value in row)
            if len(rows) == job.rows or size > job.result_bytes:
                return rows, True
            rows.append([_plain(value) for value in row])
    return rows, False


def _plain(value: Any) -> Any:
    """Numbers as JSON has them; infinity and NaN become text."""
    if isinstance(value, bool | int | str | None):
        return value
    number = float(value)
    return number if number - number == 0 else str(number)


def _failed(error: Exception, query: str) -> Answer:
    """DuckDB's message, and its place as line and column of the query."""
    text = str(error)
    with suppress(msgspec.DecodeError, ValueError):
        told = msgspec.json.decode(text[text.index("{") :])
        message = f"{told['exception_type']} error: {told['exception_message']}"
        place = told.get("position")
        if place is None:
            return Answer(error=message)
        parsed = told["exception_type"] == "Parser"
        prefix = 0 if parsed else len(_VIEW) + len(_TABLE) * bool(_DESCRIBES.match(query))
        before = query.encode()[: int(place) - prefix].decode(errors="ignore")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Answer(error=message, line=line, column=column)
    return Answer(error=text or "the query took more memory than is allowed")


def _bound(job: Job) -> None:
    """Limits that the operating system keeps, where it has them; and an end of its own."""
    with suppress(ImportError):
        import resource

        space = (job.memory_mb + _ADDRESS_SPACE_MB) << 20
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        seconds = int((job.seconds + GRACE_SECONDS) * (job.threads + 1))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    overdue = threading.Timer(job.seconds + GRACE_SECONDS, os._exit, args=(1,))
    overdue.daemon = True
    overdue.start()


def main() -> None:
    """A Job on stdin, an Answer on stdout."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    _bound(job)
    sys.stdout.buffer.write(msgspec.json.encode(answer(job)))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to tidy up, and DuckDB need not try


if __name__ == "__main__":
    main()
