"""What somebody's pictures, sounds and clips are, found by decoding them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from media.parameters import NoParameters, begins, parameters
from media.segment import CODECS, NotASegment, Source, whole


@contextmanager
def opened(source: Source) -> Iterator[InputContainer]:
    """The file, open for reading.

    Raises:
        NotASegment: It is no MP4.
    """
    try:
        container = av.open(str(source) if isinstance(source, Path) else io.BytesIO(source), "r", format="mp4")
    except (FFmpegError, ValueError) as error:
        raise NotASegment(f"not an MP4 file: {getattr(error, 'strerror', None) or error}") from error
    with container:
        yield container


@dataclass(frozen=True)
class Sound:
    """What a sound file is, found by decoding it."""

    codec: str
    rate_hz: int
    channels: int
    samples: int


@dataclass(frozen=True)
class Clip:
    """What a video file is, found by reading its packets."""

    codec: str
    width: int
    height: int
    frame_rate: Fraction
    frames: int
    problems: tuple[str, ...] = ()
    """Why frames cannot be shown one for one, or not be begun anywhere: a varying rate, an open group, a cut end."""


@dataclass(frozen=True)
class Picture:
    """What a still picture is, found by decoding it."""

    codec: str
    width: int
    height: int


def picture(data: bytes) -> Picture | None:
    """What a still picture is; None when it is none that can be decoded."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if len(container.streams.video) != 1:
                return None
            stream = container.streams.video[0]
            frame = next(container.decode(stream), None)
            return Picture(stream.codec.canonical_name, frame.width, frame.height) if frame else None
    except (FFmpegError, ValueError):
        return None


def sound(data: bytes) -> Sound | None:
    """What a sound file is; None when it has no sound that can be decoded to its end."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if len(container.streams.audio) != 1:
                return None
            stream = container.streams.audio[0]
            samples = sum(frame.samples for frame in container.decode(stream))
            return Sound(stream.codec_context.name, stream.rate, stream.channels, samples)
    except (FFmpegError, ValueError):
        return None


def clip(data: bytes) -> Clip | None:
    """What a video file is; None when it has no video that can be read."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if len(container.streams.video) != 1:
                return None
            stream = container.streams.video[0]
            context = stream.codec_context
            packets = [packet for packet in container.demux(stream) if packet.size]
            rate = Fraction(stream.average_rate or 0)
            problems = _clip_problems(data, stream, packets)
            codec = stream.codec.canonical_name
            return Clip(codec, context.width, context.height, rate, len(packets), tuple(problems))
    except (FFmpegError, ValueError):
        return None


def _clip_problems(data: bytes, stream: VideoStream, packets: Sequence[Packet[VideoStream]]) -> Iterator[str]:
    try:
        whole(data)
    except NotASegment:
        yield "is cut short"
    declared = stream.frames
    if declared > len(packets):
        yield f"is cut short: {len(packets)} of {declared} frames are there"
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    odd = next((number for number, gap in enumerate(gaps) if gap != gaps[0]), None)
    if odd is not None:
        yield f"has a varying frame rate: frame {odd} lasts {gaps[odd]} ticks, the first {gaps[0]}"
    codec = stream.codec.canonical_name
    record = bytes(stream.codec_context.extradata or b"")
    if codec in CODECS and record:
        try:
            length_bytes = parameters(codec, record).length_bytes
        except NoParameters:
            return
        keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
        half = [number for number in keys if not begins(codec, bytes(packets[number]), length_bytes)]
        if half:
            yield f"has open groups of pictures: the key frame stored at {half[0]} needs what lies before it"
