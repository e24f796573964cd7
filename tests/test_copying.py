"""A file that is written over becomes the source, byte for byte, whatever it was."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import copying, holding
from indexer.copying import COMPARED_BYTES

SIZES = st.integers(0, 3) | st.integers(0, 3 * COMPARED_BYTES)
CHANGES = st.lists(st.tuples(st.integers(0, 3 * COMPARED_BYTES), st.binary(max_size=20)))


@given(SIZES, SIZES, CHANGES)
def test_written_over_it_is_the_source(
    tmp_path_factory: pytest.TempPathFactory,
    before: int,
    after: int,
    changes: list[tuple[int, bytes]],
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    wanted = bytearray(after)
    for place, data in changes:
        wanted[place : place + len(data)] = data
    source, spare = folder / "source", folder / "spare"
    source.write_bytes(wanted)
    spare.write_bytes(bytes(before))
    number = spare.stat().st_ino
    copying.copy(source, spare, folder / "copy", wait=False, spare=holding.take(spare))
    assert (folder / "copy").read_bytes() == wanted
    assert (folder / "copy").stat().st_ino == number
    assert sorted(os.listdir(folder)) == ["copy", "source"]


def test_only_what_differs_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two blocks that have the same words in another order, DuckDB's checksums are equal."""
    source, spare = tmp_path / "source", tmp_path / "spare"
    words = [number.to_bytes(8, "little") for number in range(COMPARED_BYTES // 2)]
    spare.write_bytes(b"".join(words))
    words[-1], words[-2] = words[-2], words[-1]
    source.write_bytes(b"".join(words))
    written: list[tuple[int, int]] = []
    write = os.pwrite

    def noted(descriptor: int, data: bytes, offset: int) -> int:
        written.append((offset, len(data)))
        return write(descriptor, data[:1000], offset)  # as a disk that is nearly full does

    monkeypatch.setattr(os, "pwrite", noted)
    copying.copy(source, spare, tmp_path / "copy", wait=False, spare=holding.take(spare))
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert written[0] == (3 * COMPARED_BYTES, COMPARED_BYTES)
    assert min(offset for offset, _ in written) == 3 * COMPARED_BYTES


def test_what_is_left_of_a_copy_is_never_written_over(tmp_path: Path) -> None:
    source, left = tmp_path / "source", tmp_path / "left"
    source.write_bytes(b"new")
    left.write_bytes(b"old")
    with left.open("rb") as reader:
        copying.copy(source, left, tmp_path / "copy", wait=True)
        assert reader.read() == b"old"
    assert (tmp_path / "copy").read_bytes() == b"new"
    assert not left.exists()


def test_a_disk_that_is_full_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, spare = tmp_path / "source", tmp_path / "spare"
    source.write_bytes(b"new")
    spare.write_bytes(b"old")

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        copying.copy(source, spare, tmp_path / "copy", wait=False, spare=holding.take(spare))
    assert os.listdir(tmp_path) == ["source"]
