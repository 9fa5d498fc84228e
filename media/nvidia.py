"""NVENC through NVIDIA's own PyNvVideoCodec: frames from memory to pictures in Annex B form, and those to an MP4.

The package is an extra (`nvenc`) and is imported only here, when it is asked for: without a card it cannot be loaded.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterable
from fractions import Fraction
from types import ModuleType
from typing import Any

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.error import FFmpegError
from numpy.typing import NDArray

from media.options import interval_and_quality
from media.profile import Codec, Kind, Profile

BT709 = 1
"""Code point of ITU-T H.273."""

TAGGED = {
    Codec.H264: "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
    ":video_full_range_flag=0",
    Codec.HEVC: "hevc_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
    ":video_full_range_flag=0",
    Codec.AV1: "av1_metadata=color_primaries=1:transfer_characteristics=1:matrix_coefficients=1:color_range=tv",
}
"""Filters that write BT.709 in limited range into the stream's own parameter sets; PyNvVideoCodec leaves it open."""

ELEMENTARY = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.AV1: "obu"}
"""libavformat's readers of streams without a container."""


class NoNvidia(Exception):  # noqa: N818  named for what the caller reads
    """PyNvVideoCodec is not installed, or finds no card that encodes; says which."""


def need_driver() -> None:
    """Look for the driver's libraries, of which libavcodec says no more than that it may not open them.

    Raises:
        NoNvidia: One is not there; says which, and what is missing then.
    """
    libraries = {
        "libcuda.so.1": "there is no NVIDIA driver",
        "libnvidia-encode.so.1": "no encoder in this container (NVIDIA_DRIVER_CAPABILITIES without video)",
    }
    for name, why in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError as error:
            raise NoNvidia(f"{why}: {name} cannot be loaded") from error


def load() -> ModuleType:
    """PyNvVideoCodec.

    Raises:
        NoNvidia: It is not installed, or the driver's libraries that it loads are not there.
    """
    try:
        import PyNvVideoCodec
    except ImportError as error:
        if getattr(error, "name", "") == "PyNvVideoCodec":
            raise NoNvidia("PyNvVideoCodec is not installed (extra nvenc)") from error
        raise NoNvidia(f"PyNvVideoCodec: {error}") from error
    except Exception as error:  # it looks for the driver while it is imported, and fails in ways of its own
        raise NoNvidia(f"PyNvVideoCodec: {str(error).splitlines()[0]}") from error
    module: ModuleType = PyNvVideoCodec
    return module


def settings(profile: Profile, kind: Kind) -> dict[str, Any]:
    """What `CreateEncoder` is told: as `media.options` tells libavcodec's wrapper, in PyNvVideoCodec's words."""
    interval, quality = interval_and_quality(profile, kind)
    return {
        "codec": profile.codec.value,
        "preset": (profile.preset or "p4").upper(),
        "tuning_info": "high_quality",
        "rc": "constqp",
        "constqp": str(quality),
        "fps": str(round(profile.frame_rate)),
        "gop": str(interval),
        "idrperiod": str(interval),
        "bf": "0",
        "repeatspspps": "1",
    }


class Card:
    """One encode on the card.

    Args:
        width: Pixels.
        height: Pixels, of what is encoded: twice the profile's for a pass.
        profile: What the stream obeys.
        kind: What it is for.

    Raises:
        NoNvidia: The card does not encode this.
    """

    def __init__(self, width: int, height: int, profile: Profile, kind: Kind) -> None:
        module = load()
        try:
            self._encoder = module.CreateEncoder(width, height, "NV12", True, **settings(profile, kind))
        except Exception as error:  # its errors are of many types and share no base
            raise NoNvidia(f"the card does not encode {profile.codec.value} of {width}x{height}: {error}") from error
        self._frame = np.empty((height * 3 // 2, width), np.uint8)
        self._units: list[bytes] = []

    def write(self, luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> None:
        """Encode one frame, given as for `SegmentEncoder.write`."""
        height = len(luma)
        self._frame[:height] = luma
        self._frame[height:, 0::2], self._frame[height:, 1::2] = blue, red
        self._keep(self._encoder.Encode(self._frame.ravel()))

    def end(self) -> bytes:
        """The whole stream, without a container."""
        self._keep(self._encoder.EndEncode())
        return b"".join(self._units)

    def _keep(self, made: Iterable[Any]) -> None:
        """From version 2.2 a list of packets, each with its `data`; before that the bytes alone."""
        if isinstance(made, bytes | bytearray | np.ndarray):
            self._units.append(bytes(made))
            return
        self._units += [bytes(packet["data"] if isinstance(packet, dict) else packet) for packet in made]


def segment(stream: bytes, profile: Profile) -> bytes:
    """A stream without a container as the MP4 that `SegmentEncoder` writes: same time stamps, same colour description.

    Raises:
        NoNvidia: The stream cannot be read.
    """
    file = io.BytesIO()
    codec = profile.codec
    options = {"brand": "mp42", "video_track_timescale": str(profile.timescale)}
    try:
        with (
            av.open(io.BytesIO(_tagged(stream, codec)), "r", format=ELEMENTARY[codec]) as source,
            av.open(file, "w", format="mp4", options=options, container_options={"fflags": "+bitexact"}) as target,
        ):
            track = target.add_stream_from_template(source.streams.video[0], opaque=True)
            track.time_base = Fraction(1, profile.timescale)
            for number, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
                packet.stream = track
                packet.time_base = Fraction(1, profile.timescale)
                packet.pts = packet.dts = number * profile.frame_ticks
                packet.duration = profile.frame_ticks
                target.mux_one(packet)
    except (FFmpegError, ValueError) as error:
        raise NoNvidia(f"what the card gave cannot be read: {error}") from error
    return file.getvalue()


def _tagged(stream: bytes, codec: Codec) -> bytes:
    """The stream with its colours declared in its parameter sets."""
    with av.open(io.BytesIO(stream), "r", format=ELEMENTARY[codec]) as source:
        video = source.streams.video[0]
        tag = BitStreamFilterContext(TAGGED[codec], video)
        packets = [packet for packet in source.demux(video) if packet.size]
        return b"".join(bytes(out) for packet in [*packets, None] for out in tag.filter(packet))
