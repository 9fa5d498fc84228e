"""What somebody's pictures, sounds and clips are, found by decoding them."""

from __future__ import annotations

import io
import struct
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
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media.parameters import NoParameters, begins, parameters
from media.segment import CODECS, NotASegment, Source, whole

PIXELS = ("yuv420p", "yuvj420p")
"""What browsers decode of H.264 wherever they are: 8 bits, 4:2:0."""

LARGEST_PX = 8_192 * 8_192
"""The most pixels that a page can hold of one picture."""

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers in front of a frame's size (ITU-T T.81, table B.1)."""

HDR = {16: "PQ", 18: "HLG"}
BT2020 = (9, 10)
"""Transfers and matrices of ITU-T H.273 that would be shown with BT.709's colours, and look wrong."""


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
    """Why frames cannot be shown one for one as they lie there, or be begun anywhere: a varying rate, a turned picture,
    an open group, a cut end."""


@dataclass(frozen=True)
class Picture:
    """What a still picture is, found by decoding it."""

    codec: str
    width: int
    height: int


def picture(data: bytes) -> Picture | None:
    """What a still picture is; None when it is none that can be decoded.

    What claims more than `LARGEST_PX` is believed and not decoded: 2 MB of PNG can stand for 2 GB of pixels.
    """
    try:
        codec, width, height = _claimed(data)
    except (IndexError, struct.error):
        return None
    if width * height > LARGEST_PX:
        return Picture(codec, width, height)
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if len(container.streams.video) != 1:
                return None
            stream = container.streams.video[0]
            frame = next(container.decode(stream), None)
            return Picture(stream.codec.canonical_name, frame.width, frame.height) if frame else None
    except (FFmpegError, ValueError):
        return None


def _claimed(data: bytes) -> tuple[str, int, int]:
    """Codec, width and height that a PNG, JPEG or WebP names in its header; no size for anything else.

    PNG 11.2.1; ITU-T T.81 B.2.2; RFC 9649, 2.4 to 2.7.

    Raises:
        IndexError, struct.error: It is cut short.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack_from(">II", data, 16)
        return "png", width, height
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        kind = data[12:16]
        if kind == b"VP8X":
            return "webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        if kind == b"VP8L":
            sides = struct.unpack_from("<I", data, 21)[0]
            return "webp", 1 + (sides & 0x3FFF), 1 + (sides >> 14 & 0x3FFF)
        width, height = struct.unpack_from("<HH", data, 26)
        return "webp", width & 0x3FFF, height & 0x3FFF
    if data.startswith(b"\xff\xd8"):
        at = 2
        while data[at + 1] not in FRAMES:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
        height, width = struct.unpack_from(">HH", data, at + 5)
        return "mjpeg", width, height
    return "", 0, 0


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
            context.thread_count = 1
            packets = [packet for packet in container.demux(stream) if packet.size]
            shown = next((frame for packet in [*packets, None] for frame in context.decode(packet)), None)
            if shown is None:
                return None
            codec = stream.codec.canonical_name
            problems = [*_file_problems(data, container, stream, packets), *_picture_problems(stream, shown)]
            if codec in CODECS:
                problems += _group_problems(codec, stream, packets)
            rate = Fraction(stream.average_rate or 0)
            return Clip(codec, context.width, context.height, rate, len(packets), tuple(problems))
    except (FFmpegError, ValueError):
        return None


def _file_problems(
    data: bytes, container: InputContainer, stream: VideoStream, packets: Sequence[Packet[VideoStream]]
) -> Iterator[str]:
    """What is wrong with the file around the pictures, and with their times."""
    if "mp4" not in container.format.name:
        yield f"is no MP4 file but {container.format.long_name}"
        return
    try:
        whole(data)
    except NotASegment:
        yield "is cut short"
    declared = stream.frames
    if declared > len(packets):
        yield f"is cut short: {len(packets)} of {declared} frames are there"
    if hidden := sum(packet.is_discard for packet in packets):
        yield f"hides {hidden} of its {len(packets)} frames by an edit list: trimmed without being written anew"
    times = sorted(packet.pts for packet in packets if packet.pts is not None)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    odd = next((number for number, gap in enumerate(gaps) if gap != gaps[0]), None)
    if odd is not None:
        yield f"has a varying frame rate: frame {odd} lasts {gaps[odd]} ticks, the first {gaps[0]}"


def _picture_problems(stream: VideoStream, shown: VideoFrame) -> Iterator[str]:
    """What a page would not show as it was meant."""
    if stream.codec.canonical_name == "h264" and shown.format.name not in PIXELS:
        yield f"has pixels of {shown.format.name}, not of 8-bit 4:2:0"
    if shown.rotation:
        yield f"is to be turned by {shown.rotation % 360} degrees: written upright, it is shown upright"
    if shown.interlaced_frame:
        yield "is interlaced"
    if stream.sample_aspect_ratio not in {None, 0, 1}:
        yield f"has pixels that are {stream.sample_aspect_ratio} times as wide as high"
    context = stream.codec_context
    if context.color_trc in HDR:
        yield f"is in HDR ({HDR[context.color_trc]}), not in BT.709"
    elif context.colorspace in BT2020:
        yield "has the colours of BT.2020, not of BT.709"


def _group_problems(codec: str, stream: VideoStream, packets: Sequence[Packet[VideoStream]]) -> Iterator[str]:
    """Groups of pictures in which a page cannot begin."""
    record = bytes(stream.codec_context.extradata or b"")
    try:
        length_bytes = parameters(codec, record).length_bytes
    except NoParameters:
        return
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    half = [number for number in keys if not begins(codec, bytes(packets[number]), length_bytes)]
    if half:
        yield f"has open groups of pictures: the key frame stored at {half[0]} needs what lies before it"
