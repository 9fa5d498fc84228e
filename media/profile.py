"""What has to be equal for two encoded segments to be spliced, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import lcm


class Family(Enum):
    """Who encodes. Parameter sets of two families never match, so a film holds one family."""

    X264 = "x264"
    """In software: x264, and x265 or SVT-AV1 where the profile asks for another codec than H.264."""
    NVENC = "nvenc"
    """NVIDIA's encoder, through libavcodec."""
    PYNVVIDEOCODEC = "pynvvideocodec"
    """NVIDIA's encoder, through NVIDIA's own PyNvVideoCodec."""


class Codec(Enum):
    """What the stream is."""

    H264 = "h264"
    """Plays everywhere."""
    HEVC = "hevc"
    AV1 = "av1"


SMALLEST_HEVC = 64
"""Pixels of a side; below, x265 came out different each time (16 x 16) or ended its process (48 x 64)."""


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
        quality: Rate factor (software) or constant quality (NVENC), 1 to 51; lower is better. 0 means the codec's own:
            20 for H.264, 24 for HEVC, 32 for AV1.
        preset: Preset name of x264 or x265, number of SVT-AV1's, or `p1` to `p7` of NVENC; empty means `veryfast`, `8`
            or `p4`.
        codec: Of segments; plates and passes are H.264 whatever the film is, since pages read them.

    Raises:
        BadProfile: A value is out of its range.
    """

    width: int
    height: int
    frame_rate: Fraction
    family: Family = Family.X264
    quality: int = 0
    preset: str = ""
    codec: Codec = Codec.H264

    def __post_init__(self) -> None:
        for name, pixels in (("width", self.width), ("height", self.height)):
            if not 16 <= pixels <= 4096 or pixels % 2:
                raise BadProfile(f"{name} {pixels} must be even and between 16 and 4096 pixels")
        if self.codec is Codec.HEVC and min(self.width, self.height) < SMALLEST_HEVC:
            raise BadProfile(
                f"{self.width}x{self.height} is too small for HEVC, which begins at {SMALLEST_HEVC} pixels"
            )
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
