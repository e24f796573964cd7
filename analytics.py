"""The figures in Python, under the names that the specification gives them.

`get_analytics` and `load_*` read the root (RUNMETER_ROOT or `root=`, else the
current folder) and bring its index up to date first unless an indexer is at work.
The `compute_*` functions take plain documents instead: they load them into a DuckDB
in memory and ask the same views, so no figure is defined twice. Costs are USD,
times are ISO text in UTC. `as_of` (ISO text or datetime) puts a moment in the place
of now: what began later is left out.

Errors are those of `indexer.errors`; a file that cannot be read is left out, as in
the index, and `runmeter status` counts it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexer.config import Layout, check_config, load_config
from indexer.times import default_as_of, parse_time

if TYPE_CHECKING:
    import duckdb

    from indexer.records import ParsedRun, StagedSource

Document = dict[str, Any]
Moment = datetime | str | None


@dataclass
class TimeSeriesPoint:
    """One day, in the configured zone."""

    date: str
    runs: int = 0
    tokens: int = 0
    cost: float = 0.0
    qa_passed: int = 0
    qa_warning: int = 0
    qa_failed: int = 0


@dataclass
class ProjectSummary:
    """One project."""

    project_name: str
    runs_count: int = 0
    last_run_time: str | None = None
    total_tokens: int = 0
    total_cost: float = 0.0
    avg_duration_seconds: float = 0.0
    qa_passed: int = 0
    qa_warning: int = 0
    qa_failed: int = 0
    qa_not_run: int = 0


@dataclass
class ModelSummary:
    """One model; `usage_count` is the number of runs that used it."""

    model_name: str
    total_tokens: int = 0
    total_cost: float = 0.0
    usage_count: int = 0


@dataclass
class QASummary:
    """QA over all runs; `pass_rate` = passed / (passed + warning + failed)."""

    total_qa_runs: int = 0
    qa_passed: int = 0
    qa_warning: int = 0
    qa_failed: int = 0
    qa_error: int = 0
    qa_not_run: int = 0
    pass_rate: float = 0.0


def _now_text() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@dataclass
class AnalyticsSummary:
    """The overview."""

    total_runs: int = 0
    total_jobs: int = 0
    total_tokens: int = 0
    total_cost: float = 0.0
    avg_cost_per_run: float = 0.0
    avg_duration_seconds: float = 0.0
    jobs_completed: int = 0
    jobs_failed: int = 0
    jobs_cancelled: int = 0
    jobs_running: int = 0
    jobs_queued: int = 0
    runs_2loop: int = 0
    runs_3loop: int = 0
    qa_summary: QASummary = field(default_factory=QASummary)
    monthly_budget: float | None = None
    current_month_cost: float = 0.0
    budget_remaining: float | None = None
    generated_at: str = field(default_factory=_now_text)


def get_analytics(
    *, root: Path | str | None = None, database: Path | str | None = None, as_of: Moment = None
) -> Document:
    """Everything: `summary`, `projects`, `models`, `timeseries` and `qa`, as plain values."""
    from indexer import figures

    with _published(Layout.of(root, database), as_of) as connection:
        return figures.all_figures(connection)


def load_all_runs(
    *, root: Path | str | None = None, database: Path | str | None = None
) -> list[Document]:
    """The run documents that the index counts, as they are in their files, by path."""
    from indexer import discover, figures, parse

    layout = Layout.of(root, database)
    query = (
        "select path from sources where kind = 'run' and state = 'indexed'"
        " and missing_since is null order by path"
    )
    with _published(layout, None) as connection:
        paths = [row["path"] for row in figures.rows(connection, query)]
    found = []
    for path in paths:
        reading = discover.read(layout.root / path, path)
        if reading is None or reading.data is None:
            continue  # gone or being written since the index was made; the next call has it
        document, _ = parse.decode(reading.data)
        if isinstance(document, dict):
            found.append(document)
    return found


def load_all_jobs(*, root: Path | str | None = None) -> list[Document]:
    """The jobs of `jobs_state.json`, as they are there; none where there is no such file."""
    from indexer import discover, parse
    from indexer.errors import RunmeterError

    path = Layout.of(root).jobs_file
    reading = discover.read(path, path.name)
    if reading is None:
        return []
    if reading.data is None:
        raise RunmeterError(f"{path}: {reading.problem}")
    document, issue = parse.decode(reading.data)
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(jobs, list):
        reason = f"line {issue.line}: {issue.reason}" if issue else "allowed: a list under jobs"
        raise RunmeterError(f"{path}: {reason}")
    return [job for job in jobs if isinstance(job, dict)]


def load_analytics_config(*, root: Path | str | None = None) -> Document:
    """The `analytics` section with defaults filled in. Raises ConfigError."""
    config = load_config(Layout.of(root))
    budget = config.monthly_budget
    return {
        "enabled": config.enabled,
        "monthly_budget": None if budget is None else float(budget),
        "timeseries_days": config.timeseries_days,
        "timezone": config.timezone,
    }


def compute_overall_summary(
    runs: Sequence[Document],
    jobs: Sequence[Document],
    config: Document | None = None,
    *,
    as_of: Moment = None,
) -> AnalyticsSummary:
    """The overview of the given documents; `config` None reads that of the root."""
    from indexer import figures

    chosen = load_analytics_config() if config is None else config
    with _memory(runs, jobs, chosen, as_of) as connection:
        found = figures.summary(connection)
    return _build(AnalyticsSummary, {**found, "qa_summary": _build(QASummary, found["qa_summary"])})


def compute_project_summaries(
    runs: Sequence[Document], *, as_of: Moment = None
) -> list[ProjectSummary]:
    """By project, most runs first, then by name."""
    from indexer import figures

    with _memory(runs, as_of=as_of) as connection:
        return [_build(ProjectSummary, row) for row in figures.projects(connection)]


def compute_model_summaries(
    runs: Sequence[Document], *, as_of: Moment = None
) -> list[ModelSummary]:
    """By model, dearest first, then by name."""
    from indexer import figures

    with _memory(runs, as_of=as_of) as connection:
        return [_build(ModelSummary, row) for row in figures.models(connection)]


def compute_timeseries(
    runs: Sequence[Document], days: int = 30, *, timezone: str = "UTC", as_of: Moment = None
) -> list[TimeSeriesPoint]:
    """The last `days` days, today included, oldest first."""
    from indexer import figures

    config = {"timeseries_days": days, "timezone": timezone}
    with _memory(runs, config=config, as_of=as_of) as connection:
        return [_build(TimeSeriesPoint, row) for row in figures.timeseries(connection)]


def compute_qa_summary(runs: Sequence[Document], *, as_of: Moment = None) -> QASummary:
    """QA over all given runs."""
    from indexer import figures

    with _memory(runs, as_of=as_of) as connection:
        return _build(QASummary, figures.qa(connection))


def compute_current_month_cost(
    runs: Sequence[Document], *, timezone: str = "UTC", as_of: Moment = None
) -> float:
    """Cost in USD of the runs that began in the present calendar month."""
    from indexer import figures

    with _memory(runs, config={"timezone": timezone}, as_of=as_of) as connection:
        return float(figures.budget(connection)["spent"])


def export_analytics_json(
    summary: AnalyticsSummary,
    projects: Sequence[ProjectSummary],
    models: Sequence[ModelSummary],
    timeseries: Sequence[TimeSeriesPoint],
) -> str:
    """The JSON export of the given figures."""
    from indexer import export

    return export.to_json(
        {
            "summary": asdict(summary),
            "projects": [asdict(row) for row in projects],
            "models": [asdict(row) for row in models],
            "timeseries": [asdict(row) for row in timeseries],
        }
    )


def export_analytics_csv(
    summary: AnalyticsSummary,
    projects: Sequence[ProjectSummary],
    models: Sequence[ModelSummary],
) -> str:
    """The CSV export of the given figures, safe to open in a spreadsheet."""
    from indexer import export

    return export.to_csv(
        {
            "summary": asdict(summary),
            "projects": [asdict(row) for row in projects],
            "models": [asdict(row) for row in models],
        }
    )


_Figures = TypeVar("_Figures")


def _build(kind: type[_Figures], values: Document) -> _Figures:
    """A dataclass from the columns that it names."""
    return kind(**{item.name: values[item.name] for item in fields(kind)})  # type: ignore[arg-type]


def _moment(as_of: Moment) -> datetime | None:
    """Naive UTC; None where nothing, not even RUNMETER_AS_OF, replaces now."""
    if as_of is None:
        return default_as_of()
    return parse_time(as_of.isoformat() if isinstance(as_of, datetime) else as_of)


@contextmanager
def _published(layout: Layout, as_of: Moment) -> Iterator["duckdb.DuckDBPyConnection"]:
    from indexer.filters import Filters
    from indexer.freshness import bring_up_to_date
    from indexer.snapshot import SnapshotReader

    bring_up_to_date(layout)
    reader = SnapshotReader(layout)
    try:
        with reader.connect(Filters(as_of=_moment(as_of))) as connection:
            yield connection
    finally:
        reader.close()


@contextmanager
def _memory(
    runs: Sequence[Document],
    jobs: Sequence[Document] = (),
    config: Document | None = None,
    as_of: Moment = None,
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """A database in memory with the given documents. Each counts, whatever its run_id."""
    from indexer import parse
    from indexer.store import Store

    moment = _moment(as_of)
    now = datetime.now(UTC).replace(tzinfo=None)
    store = Store()
    try:
        found = (parse.read_run(run, f"#{place}", keep_name=True) for place, run in enumerate(runs))
        batch = store.staging()
        for run, _ in found:
            batch.add(_source(run))
        store.apply(batch, now)
        store.apply_config(None, check_config(config or {}, "config"), now)
        records, _ = parse.read_jobs(list(jobs))
        store.apply_jobs(_source(None), records, now)
        if moment is not None:
            store.connection.execute("set variable as_of = ?", [moment])
        yield store.connection
    finally:
        store.close()


def _source(run: "ParsedRun | None") -> "StagedSource":
    from indexer.records import StagedSource

    return StagedSource(
        path=run.run_id if run else "jobs",
        kind="run" if run else "jobs",
        state="indexed",
        run_id=run.run_id if run else None,
        size=0,
        mtime_ns=0,
        ctime_ns=0,
        inode=0,
        content_hash=None,
        read_again=False,
        run=run,
    )
