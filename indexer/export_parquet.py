"""A folder of Parquet files: one folder a table, runs and their parts by month.

`runs/month=2025-11/part-0.parquet` is the layout that DuckDB, pandas, Polars and Spark read as
one table. Runs without a known start are in `month=__HIVE_DEFAULT_PARTITION__`, which those
take for unknown. Rows are written in one order and by one thread, so that the same snapshot
under the same filters gives the same bytes; each file says in its metadata what it covers.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indexer import whole
from indexer.figures import Row

UNKNOWN_MONTH = "__HIVE_DEFAULT_PARTITION__"
FILE = "part-0.parquet"
MEMORY = "200MB"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Part:
    """One table: its query, and the order of its rows. Those of runs are asked for by month."""

    name: str
    query: str
    order: str


# `month_of` holds run and month of each run that counts.
_BY_MONTH = (
    _Part(
        "runs", "select * exclude (month) from run_list semi join chosen using (run_id)", "run_id"
    ),
    _Part("role_usage", "from role_facts semi join chosen using (run_id)", "run_id, role, model"),
    _Part("model_usage", "from model_facts semi join chosen using (run_id)", "run_id, model"),
    _Part("iterations", "from iterations semi join chosen using (run_id)", "run_id, position"),
    _Part("qa_issues", "from qa_issues semi join chosen using (run_id)", "run_id, position"),
)
_WHOLE = (
    _Part("jobs", "from job_list", "job_id"),
    _Part("job_events", "from job_history", "all"),
    _Part("summary", "from overall_summary", "all"),
    _Part("projects", "from project_summary", "all"),
    _Part("models", "from model_summary", "all"),
    _Part("roles", "from role_summary", "all"),
    _Part("daily", "from timeseries_daily", "date"),
    _Part("budgets", "from budget_states", "place"),
    _Part("quality", "from unknown_values", "value_name"),
    _Part("issues", "from ingest_issues", "all"),
)
TABLES = tuple(part.name for part in (*_BY_MONTH, *_WHOLE))


def write(
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    covers: Row,
    progress: Progress | None = None,
) -> None:
    """Write the folder. Raises UsageError where `target` is something else, OSError.

    `connection` is one that nobody else uses: it is set to one thread.
    """
    with whole.folder(target) as folder:
        frugal(connection)
        connection.execute("create temp table month_of as select run_id, month from run_list")
        found = connection.execute("select distinct month from month_of order by all").fetchall()
        months = [month for (month,) in found] or [None]
        steps = list(_steps(folder, months))
        for place, (path, query) in enumerate(steps):
            path.parent.mkdir(parents=True, exist_ok=True)
            copy(connection, query, path, covers)
            if progress:
                progress(place + 1, len(steps))
        _write_coverage(connection, folder / whole.MARK, covers)


def frugal(connection: duckdb.DuckDBPyConnection) -> None:
    """One thread, so that rows keep their order, and little memory; what is more goes to disk."""
    connection.execute(f"set threads = 1; set memory_limit = '{MEMORY}'")


def copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, covers: Row) -> None:
    """One file, with what it covers in its metadata."""
    note = _quoted(json.dumps(covers, ensure_ascii=False, sort_keys=True))
    connection.execute(
        f"copy ({query}) to {_quoted(str(path))}"
        f" (format parquet, compression zstd, kv_metadata {{coverage: {note}}})"
    )


def _steps(folder: Path, months: list[str | None]) -> Iterator[tuple[Path, str]]:
    for month in months:
        test = "month is null" if month is None else f"month = {_quoted(month)}"
        chosen = f"with chosen as (select run_id from month_of where {test})"
        for part in _BY_MONTH:
            path = folder / part.name / f"month={month or UNKNOWN_MONTH}" / FILE
            yield path, f"{chosen} {part.query} order by {part.order}"
    for part in _WHOLE:
        yield folder / part.name / FILE, f"{part.query} order by {part.order}"


def _write_coverage(connection: duckdb.DuckDBPyConnection, folder: Path, covers: Row) -> None:
    folder.mkdir()
    filters = _quoted(json.dumps(covers["filters"], ensure_ascii=False))
    copy(connection, f"select *, {filters} as filters from coverage", folder / FILE, covers)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
