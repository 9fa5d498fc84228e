"""A file looked at as memory is neither copied nor held open, and is let go when nothing looks at it."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path

import pytest

from media.mapping import mapped


def held(path: Path) -> bool:
    """Whether this process has a file in its memory."""
    return str(path) in Path("/proc/self/maps").read_text()


def opened(folder: Path) -> list[str]:
    """Files of `folder` that this process has open."""
    found = []
    for door in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # another thread's, closed meanwhile
            found.append(str(door.readlink()))
    return [path for path in found if path.startswith(str(folder))]


def test_many_files_are_looked_at_and_none_is_open(tmp_path: Path) -> None:
    """A film of 2,000 cuts needs no more open files than one of two."""
    for number in range(50):
        (tmp_path / str(number)).write_bytes(bytes([number]) * 5_000)
    with (tmp_path / "0").open("rb"):
        assert len(opened(tmp_path)) == 1, "or this test would prove nothing"
    views = [mapped(tmp_path / str(number)) for number in range(50)]

    assert opened(tmp_path) == []
    assert [view[4_999] for view in views] == list(range(50))
    assert all(view.readonly and len(view) == 5_000 for view in views)


def test_what_is_looked_at_stays_and_is_then_let_go(tmp_path: Path) -> None:
    """A part of it is enough to keep it, though the file is deleted; without one, the memory is given back."""
    path = tmp_path / "segment"
    path.write_bytes(b"picture" * 1_000)
    part = mapped(path)[7:14]
    path.unlink()
    gc.collect()

    assert held(path)
    assert bytes(part) == b"picture"
    del part
    gc.collect()
    assert not held(path)


def test_a_file_that_is_empty_or_missing(tmp_path: Path) -> None:
    """Nothing, and an error that names it."""
    (tmp_path / "empty").touch()

    assert bytes(mapped(tmp_path / "empty")) == b""
    with pytest.raises(FileNotFoundError, match="missing"):
        mapped(tmp_path / "missing")
    with pytest.raises(OSError, match=str(tmp_path)):
        mapped(tmp_path)
