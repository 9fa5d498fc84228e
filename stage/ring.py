"""Frames as they come out of a page: through a file of its origin-private file system that is mapped here."""

from __future__ import annotations

import contextlib
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stage.errors import NoChrome

Layout = Literal["opaque", "stacked", "pixels"]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """One picture. Its arrays look into the ring and are valid until the next frame is asked for; copy what you keep.

    Layout `opaque`: `luma` (height, width), `blue` and `red` (height / 2, width / 2), BT.709, limited range.
    Layout `stacked`: the same, twice as high: colour premultiplied by alpha, above alpha as luma.
    Layout `pixels`: `rgba` (height, width, 4), premultiplied.
    """

    number: int
    luma: Bytes
    blue: Bytes
    red: Bytes
    rgba: Bytes


@dataclass(frozen=True)
class Geometry:
    """How a run's frames lie in the ring: `stride` bytes a row, `size` bytes a frame, `slots` frames at once."""

    layout: Layout
    width: int
    height: int
    stride: int
    size: int
    slots: int

    def cut(self, number: int, data: Bytes) -> Frame:
        """The frame whose bytes are `data`, (size,)."""
        none = data[:0].reshape(0, 0)
        if self.layout == "pixels":
            return Frame(number, none, none, none, data.reshape(self.height, self.width, 4))
        height = self.height * (2 if self.layout == "stacked" else 1)
        rows = data.reshape(height * 3 // 2, self.stride)
        return Frame(
            number,
            rows[:height, : self.width],
            rows[height:, : self.width : 2],
            rows[height:, 1 : self.width : 2],
            none.reshape(0, 0, 1),
        )


class Ring:
    """The host's end of `stage/ring.ts`: the words have the same places there."""

    HEADER_BYTES = 4096
    MAGIC = 0x434E4146
    WRITTEN, CONSUMED, ID, NUMBERS = 1, 2, 16, 32

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map()

    def _map(self) -> None:
        with self._path.open("r+b") as file:
            self._bytes = np.frombuffer(mmap.mmap(file.fileno(), 0), np.uint8)
        self._words = self._bytes[: self.HEADER_BYTES].view(np.int32)

    @classmethod
    def find(cls, profile: Path, ring: str) -> Ring:
        """Find the file that the page marked with `ring`, 32 hexadecimal digits.

        Raises:
            NoChrome: The browser keeps its files elsewhere.
        """
        mark = cls.MAGIC.to_bytes(4, "little")
        for path in profile.glob("**/File System/**/*"):
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size >= cls.HEADER_BYTES:
                    head = path.read_bytes()[: 4 * cls.NUMBERS]
                    if head.startswith(mark) and head[4 * cls.ID :].startswith(bytes.fromhex(ring)):
                        return cls(path)
        raise NoChrome(f"the page's ring is not in {profile}: does this Chromium keep its files in its profile?")

    def begin(self, geometry: Geometry) -> None:
        """Look at the file anew: the page may have made it longer."""
        self._geometry = geometry
        self._slot_bytes = -(-geometry.size // self.HEADER_BYTES) * self.HEADER_BYTES
        if self._bytes.size < self.HEADER_BYTES + geometry.slots * self._slot_bytes:
            self._map()

    @property
    def written(self) -> int:
        """Frames of the run that the page has written so far."""
        return int(self._words[self.WRITTEN])

    def frame(self, index: int) -> Frame:
        """The run's frame `index`, which must be written and not yet consumed."""
        slot = index % self._geometry.slots
        start = self.HEADER_BYTES + slot * self._slot_bytes
        return self._geometry.cut(
            int(self._words[self.NUMBERS + slot]), self._bytes[start : start + self._geometry.size]
        )

    def consume(self, index: int) -> None:
        """Give the slot of frame `index` back to the page."""
        self._words[self.CONSUMED] = index + 1


def straight(premultiplied: Bytes) -> Bytes:
    """Divide colour by alpha: (height, width, 4), 8 bits, rounded; fully transparent pixels are black."""
    divided = premultiplied.copy()
    alpha = premultiplied[..., 3]
    divided[alpha == 0] = 0
    soft = (alpha > 0) & (alpha < 255)  # few: a figure's edge
    share = premultiplied[soft][:, 3:].astype(np.uint32)
    colour = premultiplied[soft][:, :3].astype(np.uint32)
    divided[soft, :3] = np.minimum(255, (colour * 255 + share // 2) // share)
    return divided
