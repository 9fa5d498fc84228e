"""Frames in, one closed-GOP H.264 MP4 out, whose parameter sets depend on the profile alone; and who can encode here.

Encoding happens where the frames are: renderer and compositor use this in their own process.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from media.profile import Family, Kind, Profile

Plane = NDArray[np.uint8]
"""One plane of an I420 frame: luma (height, width), or chroma (height / 2, width / 2). BT.709, limited range."""

BT709 = 1
LIMITED = 1
"""Code points of ITU-T H.273, as libavcodec numbers them."""

ENGINE = f"media 1, PyAV {av.__version__}, libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}"
"""What encodes: part of every cache key whose value holds encoded frames."""


class CannotEncode(Exception):  # noqa: N818  named for what the caller reads
    """The family asked for does not encode on this machine, or a frame does not fit the profile."""


def reason(error: Exception) -> str:
    """What went wrong, without the call and the options that PyAV adds."""
    return error.strerror or str(error) if isinstance(error, FFmpegError) else str(error)


def x264_options(profile: Profile, kind: Kind) -> dict[str, str]:
    """Options that make x264's output spliceable and the same on every machine.

    `stitchable` keeps the parameter sets independent of what is seen; without B-frames decoding order is showing order,
    so a join needs no reordering; one thread, because x264's bits depend on the number of threads.
    """
    interval, quality = _interval_and_quality(profile, kind)
    return {
        "preset": profile.preset or "veryfast",
        "profile": "high",
        "crf": str(quality),
        "x264-params": f"stitchable=1:open-gop=0:bframes=0:keyint={interval}:min-keyint=1:threads=1:sliced-threads=0",
    }


def nvenc_options(profile: Profile, kind: Kind) -> dict[str, str]:
    """Options of the same meaning for NVENC through libavcodec."""
    interval, quality = _interval_and_quality(profile, kind)
    return {
        "preset": profile.preset or "p4",
        "tune": "hq",
        "profile": "high",
        "rc": "vbr",
        "cq": str(quality),
        "b": "0",
        "bf": "0",
        "g": str(interval),
        "forced-idr": "1",
        "strict_gop": "1",
    }


def _interval_and_quality(profile: Profile, kind: Kind) -> tuple[int, int]:
    """Frames between key frames, and the rate factor."""
    if kind is Kind.PLATE:
        return 12, 12
    if kind is Kind.PASS:
        return 24, 14
    return max(1, round(2 * profile.frame_rate)), profile.quality or 20


class SegmentEncoder:
    """Encodes one run of frames. Use as a context manager: leaving by an error leaves no file.

    Args:
        target: File to write, or a seekable binary stream.
        profile: What the stream obeys.
        kind: What it is for; a pass is encoded twice as high as the profile says.

    Raises:
        CannotEncode: The profile's family does not encode here.
    """

    def __init__(self, target: Path | io.BytesIO, profile: Profile, kind: Kind = Kind.SEGMENT) -> None:
        self.width = profile.width
        self.height = profile.height * (2 if kind is Kind.PASS else 1)
        self.frames = 0
        self._profile = profile
        self._path = target if isinstance(target, Path) else None
        options = {"brand": "mp42", "video_track_timescale": str(profile.timescale)}
        where = str(target) if isinstance(target, Path) else target
        # Bit-exact: the muxer writes neither its version nor the time of day, so that equal frames are equal bytes.
        self._container = av.open(where, "w", format="mp4", options=options, container_options={"fflags": "+bitexact"})
        try:
            self._stream = self._open(kind)
        except BaseException:
            self.abort()
            raise

    def _open(self, kind: Kind) -> VideoStream:
        profile = self._profile
        name, make = {Family.X264: ("libx264", x264_options), Family.NVENC: ("h264_nvenc", nvenc_options)}[
            profile.family
        ]
        try:
            stream = self._container.add_stream(name, rate=profile.frame_rate, options=make(profile, kind))
            context = stream.codec_context
            assert isinstance(stream, VideoStream)
            assert isinstance(context, VideoCodecContext)
            context.width, context.height = self.width, self.height
            context.pix_fmt = "yuv420p"
            context.time_base = 1 / profile.frame_rate
            context.framerate = profile.frame_rate
            context.sample_aspect_ratio = Fraction(1)
            context.color_primaries = context.color_trc = context.colorspace = BT709
            context.color_range = LIMITED
            context.flags |= CodecFlags.global_header
            context.thread_count = 1
            stream.time_base = Fraction(1, profile.timescale)
            context.open()
        except (FFmpegError, ValueError) as error:
            raise CannotEncode(
                f"{profile.family.value} cannot encode {self.width}x{self.height} here: {reason(error)}"
            ) from error
        return stream

    def __enter__(self) -> SegmentEncoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write(self, luma: Plane, blue: Plane, red: Plane) -> None:
        """Encode the next frame.

        Args:
            luma: Y', shape (height, width), 16 to 235.
            blue: Cb, shape (height / 2, width / 2).
            red: Cr, like `blue`.

        Raises:
            CannotEncode: A plane has another shape or type.
        """
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for plane, values in zip(frame.planes, (luma, blue, red), strict=True):
            if values.shape != (plane.height, plane.width) or values.dtype != np.uint8:
                wanted = (plane.height, plane.width)
                raise CannotEncode(
                    f"frame {self.frames} has a plane of {values.dtype} {values.shape}, not uint8 {wanted}"
                )
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            rows[:, : plane.width] = values
        frame.pts = self.frames
        frame.time_base = 1 / self._profile.frame_rate
        frame.color_primaries = frame.color_trc = frame.colorspace = BT709
        frame.color_range = LIMITED
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Write what is left and end the file.

        Raises:
            CannotEncode: No frame was written.
        """
        if self.frames == 0:
            self.abort()
            raise CannotEncode("a segment needs at least one frame")
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abort(self) -> None:
        """Stop; the unfinished file is deleted."""
        with contextlib.suppress(FFmpegError):  # an unfinished file cannot be ended properly, and nobody will read it
            self._container.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Probed:
    """Whether one family encodes here, found by encoding."""

    family: Family
    works: bool
    why: str


def probe(family: Family) -> Probed:
    """Encode four frames and decode them again: lists of encoders lie about cards that have none (A100, H100, H200)."""
    profile = Profile(256, 256, Fraction(24), family)
    file = io.BytesIO()
    grey = np.full((256, 256), 126, np.uint8), np.full((128, 128), 128, np.uint8), np.full((128, 128), 128, np.uint8)
    try:
        with SegmentEncoder(file, profile) as encoder:
            for _ in range(4):
                encoder.write(*grey)
        with av.open(io.BytesIO(file.getvalue()), "r") as container:
            count = len(list(container.decode(video=0)))
    except (CannotEncode, FFmpegError) as error:
        return Probed(family, works=False, why=reason(error))
    return Probed(family, works=count == 4, why=f"{count} of 4 frames came back")


def choose(wanted: Family | None = None) -> Family:
    """The family that this machine encodes with: the one wanted, or the first that works, hardware first.

    Raises:
        CannotEncode: The family wanted does not work here; says why.
    """
    tried = []
    for family in [wanted] if wanted else [Family.NVENC, Family.X264]:
        found = probe(family)
        if found.works:
            return family
        tried.append(f"{family.value}: {found.why}")
    raise CannotEncode("; ".join(tried))
