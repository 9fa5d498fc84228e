"""Frames in, one closed-GOP MP4 out, whose parameter sets depend on the profile alone; and who can encode here.

Encoding happens where the frames are: renderer and compositor use this in their own process.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol

import av
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from media import nvidia
from media.options import libavcodec
from media.profile import Codec, Family, Kind, Profile

Plane = NDArray[np.uint8]
"""One plane of an I420 frame: luma (height, width), or chroma (height / 2, width / 2). BT.709, limited range."""

BT709 = 1
LIMITED = 1
"""Code points of ITU-T H.273, as libavcodec numbers them."""

ENGINE = f"media 5, PyAV {av.__version__}, libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}"
"""What encodes: part of every cache key whose value holds encoded frames."""


class CannotEncode(Exception):  # noqa: N818  named for what the caller reads
    """The family asked for does not encode on this machine, or a frame does not fit the profile."""


def reason(error: Exception) -> str:
    """What went wrong, without the call and the options that PyAV adds."""
    return error.strerror or str(error) if isinstance(error, FFmpegError) else str(error)


class _Engine(Protocol):
    """One encode under way, of frames that fit."""

    def write(self, luma: Plane, blue: Plane, red: Plane) -> None: ...

    def end(self) -> None:
        """Write what is left and end the file."""

    def abort(self) -> None:
        """Stop, whatever state it is in."""


def _give_way() -> None:
    """Take back the real-time priority that SVT-AV1, opened by root, gives its threads and the thread that opened it.

    Children inherit it, and a process of that kind which waits in a loop stops the machine.
    """
    for thread in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(ProcessLookupError):  # it has ended
            if os.sched_getscheduler(int(thread.name)) == os.SCHED_FIFO:
                os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))


class _Libav:
    """libavcodec's encoders: x264, x265, SVT-AV1, NVENC."""

    def __init__(self, target: Path | io.BytesIO, height: int, profile: Profile, kind: Kind) -> None:
        self._profile = profile
        self._size = profile.width, height
        self._frames = 0
        muxed = {"brand": "mp42", "video_track_timescale": str(profile.timescale)}
        where = str(target) if isinstance(target, Path) else target
        # Bit-exact: the muxer writes neither its version nor the time of day, so that equal frames are equal bytes.
        self._container = av.open(where, "w", format="mp4", options=muxed, container_options={"fflags": "+bitexact"})
        try:
            self._stream = self._open(kind)
        except BaseException:
            self.abort()
            raise

    def _open(self, kind: Kind) -> VideoStream:
        profile = self._profile
        name, options = libavcodec(profile, kind)
        if profile.family is Family.NVENC:
            nvidia.need_driver()
        if profile.codec is Codec.AV1:
            os.putenv("SVT_LOG", "1")  # errors only: SVT-AV1 else writes a page to stderr, and knows no other switch
        stream = self._container.add_stream(name, rate=profile.frame_rate, options=options)
        context = stream.codec_context
        assert isinstance(stream, VideoStream)
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = self._size
        context.pix_fmt = "yuv420p"
        context.time_base = 1 / profile.frame_rate
        context.framerate = profile.frame_rate
        context.sample_aspect_ratio = Fraction(1)
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        context.flags |= CodecFlags.global_header
        context.thread_count = 1
        if profile.codec is Codec.HEVC:
            context.codec_tag = "hvc1"  # parameter sets only in the header, as Apple's players want them
        stream.time_base = Fraction(1, profile.timescale)
        context.open()
        if profile.codec is Codec.AV1:
            _give_way()
        return stream

    def write(self, luma: Plane, blue: Plane, red: Plane) -> None:
        frame = av.VideoFrame(*self._size, "yuv420p")
        for plane, values in zip(frame.planes, (luma, blue, red), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            rows[:, : plane.width] = values
        frame.pts = self._frames
        frame.time_base = 1 / self._profile.frame_rate
        frame.color_primaries = frame.color_trc = frame.colorspace = BT709
        frame.color_range = LIMITED
        self._container.mux(self._stream.encode(frame))
        self._frames += 1

    def end(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abort(self) -> None:
        with contextlib.suppress(FFmpegError):  # an unfinished file cannot be ended properly, and nobody will read it
            self._container.close()


class _Card:
    """PyNvVideoCodec. The stream stays in memory until it ends: segments are short."""

    def __init__(self, target: Path | io.BytesIO, height: int, profile: Profile, kind: Kind) -> None:
        self._target = target
        self._profile = profile
        self._card = nvidia.Card(profile.width, height, profile, kind)
        self.write = self._card.write

    def end(self) -> None:
        data = nvidia.segment(self._card.end(), self._profile)
        if isinstance(self._target, Path):
            self._target.write_bytes(data)
        else:
            self._target.write(data)

    def abort(self) -> None:
        """Nothing has been written."""


class SegmentEncoder:
    """Encodes one run of frames. Use as a context manager: leaving by an error leaves no file.

    Args:
        target: File to write, or a seekable binary stream.
        profile: What the stream obeys.
        kind: What it is for; a pass is encoded twice as high as the profile says, and all but segments are H.264.

    Raises:
        CannotEncode: The profile's family does not encode here.
    """

    def __init__(self, target: Path | io.BytesIO, profile: Profile, kind: Kind = Kind.SEGMENT) -> None:
        self.width = profile.width
        self.height = profile.height * (2 if kind is Kind.PASS else 1)
        self.frames = 0
        self._path = target if isinstance(target, Path) else None
        obeyed = profile if kind is Kind.SEGMENT else replace(profile, codec=Codec.H264)
        open_ = _Card if profile.family is Family.PYNVVIDEOCODEC else _Libav
        try:
            self._engine: _Engine = open_(target, self.height, obeyed, kind)
        except (FFmpegError, ValueError, nvidia.NoNvidia) as error:
            self._remove()
            raise CannotEncode(
                f"{profile.family.value} cannot encode {obeyed.codec.value} of {self.width}x{self.height} here: "
                f"{reason(error)}"
            ) from error

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
        whole, half = (self.height, self.width), (self.height // 2, self.width // 2)
        for values, wanted in ((luma, whole), (blue, half), (red, half)):
            if values.shape != wanted or values.dtype != np.uint8:
                raise CannotEncode(
                    f"frame {self.frames} has a plane of {values.dtype} {values.shape}, not uint8 {wanted}"
                )
        self._engine.write(luma, blue, red)
        self.frames += 1

    def close(self) -> None:
        """Write what is left and end the file.

        Raises:
            CannotEncode: No frame was written, or the card's stream cannot be read.
        """
        if self.frames == 0:
            self.abort()
            raise CannotEncode("a segment needs at least one frame")
        try:
            self._engine.end()
        except nvidia.NoNvidia as error:
            self.abort()
            raise CannotEncode(str(error)) from error

    def abort(self) -> None:
        """Stop; the unfinished file is deleted."""
        self._engine.abort()
        self._remove()

    def _remove(self) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Probed:
    """Whether one family encodes one codec here, found by encoding."""

    family: Family
    codec: Codec
    works: bool
    why: str


def probe(family: Family, codec: Codec = Codec.H264) -> Probed:
    """Encode four frames and decode them again: lists of encoders lie about cards that have none (A100, H100, H200)."""
    profile = Profile(256, 256, Fraction(24), family, codec=codec)
    file = io.BytesIO()
    grey = np.full((256, 256), 126, np.uint8), np.full((128, 128), 128, np.uint8), np.full((128, 128), 128, np.uint8)
    try:
        with SegmentEncoder(file, profile) as encoder:
            for _ in range(4):
                encoder.write(*grey)
        with av.open(io.BytesIO(file.getvalue()), "r") as container:
            count = len(list(container.decode(video=0)))
    except (CannotEncode, FFmpegError) as error:
        return Probed(family, codec, works=False, why=reason(error))
    return Probed(family, codec, works=count == 4, why=f"{count} of 4 frames came back")


LADDER = (Family.PYNVVIDEOCODEC, Family.NVENC, Family.X264)
"""Who is asked first: NVIDIA's own way to its hardware, libavcodec's way to it, software."""


def choose(wanted: Family | None = None, codec: Codec = Codec.H264) -> Family:
    """The family that this machine encodes with: the one wanted, or the first of the ladder that works.

    Raises:
        CannotEncode: The family wanted does not work here; says why.
    """
    tried = []
    for family in [wanted] if wanted else LADDER:
        found = probe(family, codec)
        if found.works:
            return family
        tried.append(f"{family.value}: {found.why}")
    raise CannotEncode("; ".join(tried))
