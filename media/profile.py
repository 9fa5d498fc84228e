"""What has to be equal for two encoded segments to be spliced, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import lcm


class Family(Enum):
    """Who encodes. Parameter sets of two families never match, so a film holds one family."""

    X264 = "x264"
    NVENC = "nvenc"


class Kind(Enum):
    """What an encoded run of frames is for."""

    SEGMENT = "segment"
    """Spliced into films: the profile's own quality and preset."""
    PLATE = "plate"
    """Composited again: near lossless, a key frame every 12 frames so that any frame is near one."""
    PASS = "pass"  # noqa: S105  a render pass, no password
    """An avatar with alpha: twice the profile's height, colour premultiplied by alpha above alpha as luma."""


@dataclass(frozen=True)
class Profile:
    """One declared stream: every segment of a film obeys it to the bit of its parameter sets.

    Args:
        width: Pixels, even, 16 to 4096.
        height: Pixels, even, 16 to 4096; of the picture, also for passes, which are encoded twice as high.
        frame_rate: Frames per second, exact.
        family: Who encodes.
        quality: Constant rate factor (x264) or constant quality (NVENC), 1 to 51; lower is better. 0 means 20.
        preset: x264 preset name or NVENC `p1` to `p7`; empty means `veryfast` or `p4`.

    Raises:
        BadProfile: A value is out of its range.
    """

    width: int
    height: int
    frame_rate: Fraction
    family: Family = Family.X264
    quality: int = 0
    preset: str = ""

    def __post_init__(self) -> None:
        for name, pixels in (("width", self.width), ("height", self.height)):
            if not 16 <= pixels <= 4096 or pixels % 2:
                raise BadProfile(f"{name} {pixels} must be even and between 16 and 4096 pixels")
        if not 1 <= self.frame_rate <= 240:
            raise BadProfile(f"frame rate {self.frame_rate} must be between 1 and 240 frames per second")
        if not 0 <= self.quality <= 51:
            raise BadProfile(f"quality {self.quality} must be between 0 and 51")

    @property
    def timescale(self) -> int:
        """Ticks per second of the video track: a whole number of ticks per frame.

        12 000 for 24, 25, 30, 50 and 60 frames a second; 60 000 for 30 000/1001.
        """
        numerator = self.frame_rate.numerator
        both = lcm(numerator, 12_000)
        return both if both <= 120_000 else numerator * -(-12_000 // numerator)

    @property
    def frame_ticks(self) -> int:
        """Ticks that one frame lasts."""
        return self.timescale // self.frame_rate.numerator * self.frame_rate.denominator


class BadProfile(ValueError):  # noqa: N818  named for what the caller reads
    """A stream profile that no encoder can obey."""
