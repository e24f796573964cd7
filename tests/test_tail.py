"""Reading on in appended files: any cut gives what one reading gives; replaced files begin anew."""

import os
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import tail
from indexer.tail import Position, TailError, read_on

Lines = list[tuple[int, bytes]]


def read(path: Path, known: Position | None = None) -> tuple[Lines, list[int], Position | None]:
    lines: Lines = []
    long: list[int] = []
    for _, chunk in read_on(path, known):
        lines += chunk.lines()
        long += [] if chunk.too_long is None else [chunk.too_long]
        known = chunk.position
    return lines, long, known


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=40), max_size=8).map(b"\n".join),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_any_cut_gives_the_same_lines(tmp_path: Path, data: bytes, cuts: list[int]) -> None:
    path = tmp_path / "a.jsonl"
    with patch.object(tail, "CHUNK", 16):
        path.write_bytes(data)
        at_once, long_at_once, _ = read(path)
        path.unlink()
        lines: Lines = []
        long: list[int] = []
        known: Position | None = None
        for cut in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
            path.write_bytes(data[:cut])
            more, too_long, known = read(path, known)
            lines, long = lines + more, long + too_long
    assert (lines, long) == (at_once, long_at_once)
    whole = data[: data.rfind(b"\n") + 1]
    short = [line.removesuffix(b"\r") for line in whole.split(b"\n") if len(line) < 16]
    assert [line for _, line in lines] == [line for line in short if line.strip()]
    assert all(data[offset:].startswith(line) for offset, line in lines)
    assert known is None or known.generation == 0


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntw")
    lines, _, known = read(path)
    assert lines == [(0, b"one")]
    assert list(read_on(path, known)) == []
    path.write_bytes(b"one\ntwo\n")
    assert read(path, known)[0] == [(4, b"two")]


@pytest.mark.parametrize(
    "content",
    [b"other\nlines\n", b"", b"one\n", b"one\nTWO\nthree\n", b"x\n"],
    ids=["replaced", "emptied", "cut off", "other last line", "smaller"],
)
def test_another_content_is_read_from_its_beginning(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n")
    _, _, known = read(path)
    path.write_bytes(content)
    lines, _, after = read(path, known)
    assert [line for _, line in lines] == content.split()
    assert after is not None
    assert after.generation == (1 if content else 0)


def test_the_same_content_under_another_inode_is_read_on(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    path.write_bytes(b"one\ntwo\n")
    _, _, known = read(path)
    copy.write_bytes(b"one\ntwo\nthree\n")
    os.replace(copy, path)
    assert read(path, known)[0] == [(8, b"three")]


def test_a_line_without_end_is_passed_over_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with patch.object(tail, "CHUNK", 16):
        path.write_bytes(b"x" * 100)
        lines, long, known = read(path)
        assert (lines, long) == ([], [0])
        assert known is not None
        assert known.read_to == 96  # so that it is not read again and again
        path.write_bytes(b"x" * 200 + b"\nshort\n")
        assert read(path, known)[:2] == ([(201, b"short")], [])


def test_what_is_no_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TailError, match="not a regular file"):
        read(tmp_path / "pipe")


@given(
    st.lists(st.text("ab\r ", max_size=5).map(str.encode), min_size=1, max_size=8),
    st.text("ab", min_size=1, max_size=2).map(str.encode),
)
def test_a_mark_leaves_out_the_lines_without_it(lines: list[bytes], mark: bytes) -> None:
    data = b"".join(line + b"\n" for line in lines)
    chunk = tail.Chunk(data, 7, None, Position(0, "", ""), is_new=True)
    assert list(chunk.lines(mark)) == [found for found in chunk.lines() if mark in found[1]]
