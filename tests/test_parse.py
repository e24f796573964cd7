"""Single values of a run document: what is taken, what is unknown, what is reported."""

from datetime import datetime
from typing import Any

import pytest

from indexer import parse
from indexer.records import CostSummary, ParsedRun


def read(**document: Any) -> tuple[ParsedRun, list[str]]:
    run, issues = parse.read_run(document, "folder")
    return run, [issue.place for issue in issues]


def costs(run: ParsedRun) -> CostSummary:
    assert run.document.cost_summary is not None
    return run.document.cost_summary


@pytest.mark.parametrize(
    ("value", "money", "warned"),
    [
        (1.5, 1.5, False),
        (0, 0.0, False),
        (None, None, False),
        ("***REDACTED***", None, False),
        ("1.5", None, True),
        (True, None, True),
        (-0.01, None, True),
        (float("nan"), None, True),
        (float("inf"), None, True),
        (10**400, None, True),
        ([1], None, True),
    ],
)
def test_money(value: Any, money: float | None, warned: bool) -> None:
    run, places = read(cost_summary={"total_usd": value})
    assert costs(run).total_cost_usd == money
    assert places == (["cost_summary.total_usd"] if warned else [])


@pytest.mark.parametrize(
    ("value", "count", "warned"),
    [
        (7, 7, False),
        (7.0, 7, False),
        (7.5, None, True),
        (True, None, True),
        (-1, None, True),
        (10**12, 10**12, False),
        (10**12 + 1, None, True),
        (1e300, None, True),
        ("[redacted]", None, False),
    ],
)
def test_counts(value: Any, count: int | None, warned: bool) -> None:
    run, places = read(cost_summary={"num_calls": value})
    assert costs(run).num_calls == count
    assert places == (["cost_summary.num_calls"] if warned else [])
    assert run.tokens_redacted is (value == "[redacted]")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-11-18T10:30:00Z", datetime(2025, 11, 18, 10, 30)),  # noqa: DTZ001
        ("2025-11-18T10:30:00", datetime(2025, 11, 18, 10, 30)),  # noqa: DTZ001
        ("2025-11-18T16:15:00+05:45", datetime(2025, 11, 18, 10, 30)),  # noqa: DTZ001
        ("2025-11-18", datetime(2025, 11, 18)),  # noqa: DTZ001
        ("yesterday", None),
        (1763461800, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times(value: Any, moment: datetime | None) -> None:
    run, places = read(started_at=value)
    assert run.document.started_at == moment
    assert places == ([] if moment else ["started_at"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("C:\\sites\\shop\\", "shop"),
        ("/a/b///", "b"),
        ("a\\b/c", "c"),
        ("/", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        ("=1+1", "=1+1"),
    ],
)
def test_project_names(path: str | None, name: str) -> None:
    assert parse.project_name(path) == name


def test_the_model_of_a_role_is_its_own_then_that_of_the_run_then_unknown() -> None:
    run, places = read(
        models_used={"a": "of the run", "b": "of the run"},
        cost_summary={"by_role": {"a": {"model": "own"}, "b": {}, "c": {}, "d": 5}},
    )
    assert [(role.role, role.model) for role in run.roles] == [
        ("a", "own"),
        ("b", "of the run"),
        ("c", "c_unknown"),
    ]
    assert places == ["cost_summary.by_role.d"]


def test_names_that_become_equal_stay_apart() -> None:
    roles: dict[str, dict[str, str]] = {
        "x" * 600 + "1": {},
        "x" * 600 + "2": {},
        "a\0": {},
        "a\ufffd": {},
    }
    run, _ = read(cost_summary={"by_role": roles})
    assert len({role.role for role in run.roles}) == 4


def test_an_end_before_the_start_is_reported() -> None:
    _, places = read(started_at="2025-01-02", finished_at="2025-01-01")
    assert places == ["finished_at"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"[]", "allowed: a JSON object"),
        (b"\xff\x00\xfe", "not JSON"),
        (b"\0" * 40, "not JSON"),
        (b'{"max_rounds": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_run_document(data: bytes, reason: str) -> None:
    run, issues = parse.parse_run(data, "folder")
    assert run is None
    assert len(issues) == 1
    assert reason in issues[0].reason


def test_line_and_column_are_those_of_the_fault() -> None:
    _, issues = parse.parse_run(b'{\n  "a": 1,\n  oops}', "folder")
    assert (issues[0].line, issues[0].column_number) == (3, 3)
    assert issues[0].found == "oops}"


def test_text_in_no_encoding_is_an_error_and_nothing_worse() -> None:
    run, issues = parse.parse_run(b'{"run_id": "\x80", "mode": "2loop"}', "folder")
    assert run is None
    assert [issue.severity for issue in issues] == ["error"]
