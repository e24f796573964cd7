"""Copies are equal to the source, byte for byte, however they are made."""

import fcntl
import os
import shutil
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import copying, holding
from indexer.copying import COMPARED_BYTES

SIZES = st.integers(0, 3) | st.integers(0, 3 * COMPARED_BYTES)
CHANGES = st.lists(st.tuples(st.integers(0, 3 * COMPARED_BYTES), st.binary(max_size=20)))


def write_over(folder: Path) -> None:
    """Make `copy` of `source` out of `spare`, as where blocks cannot be shared."""

    def take() -> FileIO | None:
        (folder / "spare").replace(folder / "temporary")
        return holding.take(folder / "temporary")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "_clone", lambda *_: False)
        paths = [folder / name for name in ("source", "temporary", "copy")]
        copying.copy(*paths, wait=False, take_spare=take)


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
    (folder / "source").write_bytes(wanted)
    (folder / "spare").write_bytes(bytes(before))
    number = (folder / "spare").stat().st_ino
    write_over(folder)
    assert (folder / "copy").read_bytes() == wanted
    assert (folder / "copy").stat().st_ino == number
    assert sorted(os.listdir(folder)) == ["copy", "source"]


def test_only_what_differs_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two blocks that have the same words in another order, DuckDB's checksums are equal."""
    words = [number.to_bytes(8, "little") for number in range(COMPARED_BYTES // 2)]
    (tmp_path / "spare").write_bytes(b"".join(words))
    words[-1], words[-2] = words[-2], words[-1]
    (tmp_path / "source").write_bytes(b"".join(words))
    written: list[tuple[int, int]] = []
    write = os.pwrite

    def noted(descriptor: int, data: bytes, offset: int) -> int:
        written.append((offset, len(data)))
        return write(descriptor, data[:1000], offset)  # as a disk that is nearly full does

    monkeypatch.setattr(os, "pwrite", noted)
    write_over(tmp_path)
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "source").read_bytes()
    assert written[0] == (3 * COMPARED_BYTES, COMPARED_BYTES)
    assert min(offset for offset, _ in written) == 3 * COMPARED_BYTES


def test_blocks_that_can_be_shared_are_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Btrfs and XFS; here the system's part is played."""
    (tmp_path / "source").write_bytes(b"new")

    def shares(clone: FileIO, request: int, source: int) -> None:
        assert request == 0x40049409
        clone.write(os.pread(source, 10, 0))

    def never() -> None:
        raise AssertionError("no other file is needed")

    monkeypatch.setattr(fcntl, "ioctl", shares)
    monkeypatch.setattr(shutil, "copyfile", never)
    paths = [tmp_path / name for name in ("source", "temporary", "copy")]
    copying.copy(*paths, wait=True, take_spare=never)
    assert (tmp_path / "copy").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path)) == ["copy", "source"]


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
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "spare").write_bytes(b"old")

    def full(_descriptor: int, _data: bytes, _offset: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        write_over(tmp_path)
    assert os.listdir(tmp_path) == ["source"]
