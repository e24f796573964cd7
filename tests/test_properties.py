"""Whatever stands in a run file: a pass ends, a row or an error comes of it, sums are sane."""

import json
import math
import re
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import figures, parse
from indexer.config import Layout
from indexer.errors import ConfigError
from indexer.lenient import INPUT_TOKENS, OUTPUT_TOKENS, TOTAL_COST
from indexer.records import ParsedRun
from indexer.settings import SETTINGS
from tests.helpers import index, snapshot, write_config, write_jobs, write_run

QUICK = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "***REDACTED***",
            "2025-11-01T10:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "passed",
            "\x00",
            "\ud800",
            -1,
            999_999,
            10**12,
            10**400,
            1e308,
            float("nan"),
            float("-inf"),
        ]
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
USAGE_KEYS = (
    "total_tokens",
    "prompt_tokens",
    "completion_tokens",
    "total_usd",
    "total_cost_usd",
    "num_calls",
    "model",
)
usage = values | st.fixed_dictionaries({}, optional=dict.fromkeys(USAGE_KEYS, scalars))
names = st.sampled_from(["manager", "employee", "gpt-4o", "", "a" * 600, "b\x00"]) | st.text(
    max_size=3
)
costs = values | st.fixed_dictionaries(
    {},
    optional={
        "total_cost_usd": scalars,
        "total_usd": scalars,
        "num_calls": scalars,
        "total_input_tokens": scalars,
        "total_output_tokens": scalars,
        "by_role": values | st.dictionaries(names, usage, max_size=3),
        "by_model": values | st.dictionaries(names, usage, max_size=3),
    },
)
documents = values | st.fixed_dictionaries(
    {},
    optional={
        "run_id": scalars,
        "started_at": scalars,
        "finished_at": scalars,
        "mode": scalars,
        "project_dir": scalars | st.sampled_from(["/", "a/b/", "C:\\x\\"]),
        "qa_status": scalars,
        "models_used": values | st.dictionaries(names, scalars, max_size=2),
        "cost_summary": costs,
        "iterations": values | st.lists(values, max_size=2),
        "qa_report": values | st.fixed_dictionaries({"issues": values}),
        "config": values,
    },
)


def sane(value: Any) -> bool:
    if isinstance(value, dict):
        return all(sane(item) for key, item in value.items() if key != "cost_unattributed")
    if isinstance(value, list):
        return all(map(sane, value))
    return not isinstance(value, int | float) or (math.isfinite(value) and value >= 0)


def check(files: list[bytes], jobs: Any = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder))
        for place, data in enumerate(files):
            write_run(layout.root, f"run{place}", data)
        if jobs is not None:
            write_jobs(layout.root, jobs)
        index(layout, audited=True)
        with snapshot(layout) as connection:
            told = connection.execute(
                "select count(*) from sources where kind = 'run' and ("
                " state = 'indexed' and run_id in (select run_id from runs)"
                " or state != 'indexed' and path in (select path from ingest_issues))"
            ).fetchone()
            assert told == (len(files),)
            found = figures.all_figures(connection)
            json.dumps(found, allow_nan=False)
            found["summary"].pop("budget_remaining")
            assert sane(found)


@QUICK
@given(st.lists(documents, min_size=1, max_size=25))
def test_any_json_document(found: list[Any]) -> None:
    check([json.dumps(document).encode() for document in found])


@QUICK
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=25))
def test_any_bytes(found: list[bytes]) -> None:
    check(found)


@QUICK
@given(st.lists(values, max_size=4))
def test_any_jobs(found: list[Any]) -> None:
    check([], found)


@given(documents)
@settings(max_examples=300, derandomize=True, database=None)
def test_parsing_never_raises_and_unknown_is_never_a_number(document: Any) -> None:
    run, issues = parse.parse_run(json.dumps(document).encode(), "folder")
    if run is None:
        assert [issue.severity for issue in issues] == ["error"]
        return
    costs = run.document.cost_summary
    for part in ([costs] if costs else []) + [*run.roles, *run.models]:
        for name in ("total_cost_usd", "total_usd", "num_calls", "prompt_tokens"):
            value = getattr(part, name)
            assert value is None or (math.isfinite(value) and value >= 0)


def plain(run: ParsedRun) -> Any:
    """A record with one name for each figure, as `queries/load/` chooses among them."""
    whole = msgspec.to_builtins(run)
    for part in (
        whole["document"].get("cost_summary", {}),
        *whole.get("roles", []),
        *whole.get("models", []),
    ):
        for names in (TOTAL_COST, INPUT_TOKENS, OUTPUT_TOKENS, ("num_calls", "calls")):
            found = [part.pop(name) for name in names if name in part]
            part[names[0]] = found[0] if found else None
    return without_nothing(whole)


def without_nothing(value: Any) -> Any:
    """Unknown and empty are left out; times in one spelling."""
    if isinstance(value, dict):
        cleaned = {key: without_nothing(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item not in (None, "", {}, [])}
    if isinstance(value, list):
        return [without_nothing(item) for item in value]
    return value.removesuffix("Z") if isinstance(value, str) else value


counts = st.integers(0, 10**12) | st.none()
tokens = counts | st.just("***REDACTED***")
money = st.floats(0, 999_999) | st.integers(0, 999) | st.none()
words = st.sampled_from(["", "a", " Passed ", "m1", "é", "***REDACTED***"]) | st.none()
moments = st.sampled_from(
    [
        None,
        "2025-11-01T10:00:00Z",
        "2025-11-01T10:00:00.123456789Z",
        "2025-11-01T10:00:00",
        "2025-11-01 10:00:00+05:45",
        "0001-01-01T00:00:00+14:00",
    ]
)
sound_usage = st.fixed_dictionaries(
    {},
    optional={
        "model": words,
        "role": st.integers(),
        **dict.fromkeys(("num_calls", "calls"), counts),
        **dict.fromkeys((*INPUT_TOKENS, *OUTPUT_TOKENS, "total_tokens"), tokens),
        **dict.fromkeys(TOTAL_COST, money),
    },
)
sound = st.fixed_dictionaries(
    {},
    optional={
        "run_id": words,
        "started_at": moments,
        "finished_at": moments,
        "mode": words,
        "project_dir": words | st.just("C:\\sites\\shop\\"),
        "task": words,
        "max_rounds": counts,
        "qa_status": words,
        "models_used": st.dictionaries(st.sampled_from("ab"), words) | st.none(),
        "cost_summary": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "num_calls": counts,
                **dict.fromkeys((*INPUT_TOKENS, *OUTPUT_TOKENS), tokens),
                **dict.fromkeys(TOTAL_COST, money),
                "by_role": st.none() | st.dictionaries(st.sampled_from("abc"), sound_usage),
                "by_model": st.none() | st.dictionaries(st.sampled_from(["m1", ""]), sound_usage),
            },
        ),
        "iterations": st.none()
        | st.lists(st.fixed_dictionaries({}, optional={"index": counts, "timestamp": moments})),
        "qa_report": st.none() | st.just({"issues": [None, {"message": "x"}]}),
        "config": st.none() | st.just({"max_cost_usd": 1}),
    },
)


@given(sound)
@settings(max_examples=500, derandomize=True, database=None)
def test_both_ways_of_reading_come_to_the_same(document: Any) -> None:
    text = json.dumps(document).encode()
    quick, issues = parse.parse_run(text, "folder")
    careful, _ = parse.read_run(document, "folder")
    assert quick is not None
    if not issues:
        assert plain(quick) == plain(careful)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    run, issues = parse.parse_run(b"[" * 200_000, "folder")
    assert run is None
    assert issues[0].severity == "error"


def test_files_that_other_writers_leave_are_read() -> None:
    text = '{"run_id": "ü", "cost_summary": {"total_usd": NaN, "num_calls": 3}}'
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        run, issues = parse.parse_run(text.encode(encoding), "folder")
        assert run is not None, encoding
        assert run.document.cost_summary is not None
        costs = run.document.cost_summary
        assert (run.run_id, costs.total_cost_usd, costs.num_calls) == ("ü", None, 3)
        assert [issue.place for issue in issues] == ["cost_summary.total_usd"]


@QUICK
@given(
    values
    | st.fixed_dictionaries({}, optional={setting.name: scalars for setting in SETTINGS})
    | st.dictionaries(st.sampled_from(["a", "\ud800", "\0"]), values)
)
def test_any_configuration_is_taken_or_refused_in_words(section: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder))
        write_config(layout.root, json.dumps({"analytics": section}))
        problem = None
        try:
            index(layout)
        except ConfigError as error:
            problem = str(error)
        else:
            assert not index(layout).published
        assert problem is None or re.search("analytics.*: found .*allowed: ", problem)


@QUICK
@given(st.lists(st.none() | documents | st.binary(max_size=9), min_size=2, max_size=5))
def test_any_history_of_one_file_ends_as_a_clean_index_of_its_last_version(
    versions: list[Any],
) -> None:
    """Written, broken, removed, mended: rows of the last good version, as if it were the first."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        layout, clean = Layout.of(Path(folder)), Layout.of(Path(other))
        for version in (*versions, {"run_id": "last", "cost_summary": {"total_usd": 1}}):
            if version is None:
                (layout.run_logs / "a" / "run_summary.json").unlink(missing_ok=True)
            else:
                data = version if isinstance(version, bytes) else json.dumps(version).encode()
                write_run(layout.root, "a", data)
            index(layout)
        index(layout, audited=True)
        write_run(clean.root, "a", data)
        index(clean, audited=True)
        query = (
            "select * exclude (indexed_at, run_key) from runs where source_missing_since is null"
        )
        with snapshot(layout) as one, snapshot(clean) as two:
            assert one.execute(query).fetchall() == two.execute(query).fetchall()
