"""Sources: which there are, and that a bad one is told of and left out."""

from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources import NOTHING, Document, Records, Source
from indexer.sources.registry import GROUP, load, switched_on

OURS = "indexer.sources."


def nothing(document: Document) -> Records:
    return NOTHING


GOOD = Source("good", "Good", "agent", "*.jsonl", "lines", nothing)
OFF = Source("off", "Off", "~/x", "**/*.jsonl", "lines", nothing, on=False)
UPWARDS = Source("upwards", "Upwards", "agent", "../*.jsonl", "lines", nothing)
RENAMED = Source("other", "Other", "agent", "*.jsonl", "lines", nothing)


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_our_own_are_found_like_anybodys() -> None:
    found = load()
    assert {"run_summary", "jobs_state"} <= found.sources.keys()
    assert not found.broken
    assert all(source.title and source.name == name for name, source in found.sources.items())


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("gone", "no_such_module_at_all:SOURCE", "ModuleNotFoundError"),
        ("gone", "tests.test_sources:NOTHING_SUCH", "AttributeError"),
        ("gone", "tests.test_sources:nothing", "allowed: a Source"),
        ("upwards", "tests.test_sources:UPWARDS", "a glob below the folder"),
        ("gone", "tests.test_sources:RENAMED", "allowed: that of the entry point"),
    ],
)
def test_a_bad_one_is_left_out_and_told_of(name: str, value: str, reason: str) -> None:
    found = load([entry(name, value), entry("good", "tests.test_sources:GOOD")])
    assert list(found.sources) == ["good"]
    assert reason in found.broken[name].reason


def test_nobody_takes_the_place_of_another() -> None:
    ours = entry("run_summary", f"{OURS}run_summary:SOURCE")
    theirs = entry("run_summary", "a_package:SOURCE")
    found = load([theirs, ours])
    assert found.sources["run_summary"].parse.__module__ == f"{OURS}run_summary"
    assert list(found.broken) == ["run_summary"]


def test_the_setting_decides_else_the_source() -> None:
    found = load([entry(name, f"tests.test_sources:{name.upper()}") for name in ("good", "off")])
    assert [one.name for one in switched_on(found, {})] == ["good"]
    assert [one.name for one in switched_on(found, {"off": True, "good": False})] == ["off"]


@given(st.binary(max_size=200), st.text(max_size=20))
def test_our_own_take_any_bytes(data: bytes, name: str) -> None:
    for source in load().sources.values():
        records = source.parse(Document(f"{source.folder}/{name}", name, data))
        assert isinstance(records, Records)
        if not (records.runs or records.jobs is not None):
            assert records is NOTHING or records.issues or records.log or data.strip()
