"""Boxes of an MP4 file, read and written by hand (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Buffer = bytes | memoryview
"""A file, or a part of one that stays where it lies."""

WIDTHS = {2: "H", 4: "I", 8: "Q"}
"""How `struct` writes an unsigned number of so many bytes."""

LARGEST = 0xFFFF_FFFF
"""What 32 bits hold; times, places and sizes beyond it need 64."""


class BadBoxes(Exception):  # noqa: N818  named for what the caller reads
    """The bytes are no whole sequence of boxes; says where."""


@dataclass(frozen=True)
class Box:
    """Where one box lies, in bytes from the start of what was read."""

    kind: str
    start: int
    body: int
    end: int


def walk(data: Buffer, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two places, side by side.

    Raises:
        BadBoxes: A box does not end where the others do.
    """
    end = len(data) if end is None else end
    while start < end:
        if start + 8 > end:
            raise BadBoxes(f"the box at byte {start} has no room for its header")
        size, body = int.from_bytes(data[start : start + 4], "big"), start + 8
        kind = bytes(data[start + 4 : start + 8]).decode("latin-1")
        if size == 1:
            size, body = int.from_bytes(data[start + 8 : start + 16], "big"), start + 16
        if size < body - start or start + size > end:
            raise BadBoxes(f"the box {kind!r} at byte {start} has {size} bytes, {end - start} are there")
        yield Box(kind, start, body, start + size)
        start += size


def every(data: Buffer, *path: str, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Every box at a path such as `moov`, `trak`, `mdia`."""
    for box in walk(data, start, end):
        if box.kind != path[0]:
            continue
        if len(path) == 1:
            yield box
        else:
            yield from every(data, *path[1:], start=box.body, end=box.end)


def first(data: Buffer, *path: str, start: int = 0, end: int | None = None) -> Box:
    """The first box at a path.

    Raises:
        BadBoxes: There is none.
    """
    found = next(every(data, *path, start=start, end=end), None)
    if found is None:
        raise BadBoxes(f"there is no box {'/'.join(path)}")
    return found


def pack(kind: str, *parts: Buffer) -> bytes:
    """A box of these parts."""
    size = 8 + sum(map(len, parts))
    return b"".join([size.to_bytes(4, "big"), kind.encode("latin-1"), *parts])


def pack_full(kind: str, version: int, flags: int, *parts: Buffer) -> bytes:
    """A box that begins with a version and flags (4.2.2)."""
    return pack(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


def numbers(data: Buffer, start: int, count: int, size_bytes: int = 4) -> list[int]:
    """`count` unsigned numbers that lie one after another.

    Raises:
        BadBoxes: The data ends before.
    """
    try:
        return list(struct.unpack_from(f">{count}{WIDTHS[size_bytes]}", data, start))
    except struct.error as error:
        raise BadBoxes(f"at byte {start} there is no room for {count} numbers of {size_bytes} bytes") from error


def pack_numbers(values: Iterable[int], size_bytes: int = 4) -> bytes:
    """Unsigned numbers one after another."""
    listed = tuple(values)
    return struct.pack(f">{len(listed)}{WIDTHS[size_bytes]}", *listed)
