"""What an encoded file really holds: its streams, its parameter sets bit by bit, and a hash of every packet."""

from __future__ import annotations

import hashlib
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

from media.parameters import NoParameters, Parameters, begins, parameters

Source = Path | bytes
"""A file, or its bytes."""

CODECS = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1"}
"""What can be spliced, by libavcodec's name and as people write it."""


class NotASegment(Exception):  # noqa: N818  named for what the caller reads
    """The bytes are not an MP4 with exactly one stream that can be spliced; the message says why."""


@dataclass(frozen=True)
class PacketFacts:
    """One coded picture."""

    pts: int
    dts: int
    duration: int
    idr: bool
    """Whether decoding can begin here with nothing before it."""
    sha256: str
    """Of the packet's bytes."""


@dataclass(frozen=True)
class Segment:
    """What a spliceable file holds."""

    codec: str
    """`h264`, `hevc` or `av1`."""
    width: int
    height: int
    frame_rate: Fraction
    time_base: Fraction
    color: tuple[int, int, int, int]
    """Primaries, transfer, matrix and range, as numbered by ITU-T H.273."""
    parameters: Parameters
    packets: tuple[PacketFacts, ...]

    @property
    def frames(self) -> int:
        """Pictures in the segment."""
        return len(self.packets)


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


def read(source: Source) -> Segment:
    """Everything about a segment, without decoding it.

    Raises:
        NotASegment: It is no MP4, has other streams than one of H.264, HEVC or AV1, or its pictures are damaged, out of
            order, of varying duration, or do not begin with an IDR picture.
    """
    _check_boxes(source)
    with opened(source) as container:
        if len(container.streams) != 1 or not container.streams.video:
            kinds = ", ".join(stream.type for stream in container.streams) or "none"
            raise NotASegment(f"a segment has one video stream; this has {kinds}")
        stream = container.streams.video[0]
        context = stream.codec_context
        codec = stream.codec.canonical_name
        if codec not in CODECS:
            raise NotASegment(f"a segment is {', '.join(CODECS.values())}; this is {codec}")
        try:
            sets = parameters(codec, bytes(context.extradata or b""))
            packets = tuple(
                PacketFacts(
                    pts=_known(packet.pts),
                    dts=_known(packet.dts),
                    duration=packet.duration or 0,
                    idr=begins(codec, bytes(packet), sets.length_bytes),
                    sha256=hashlib.sha256(packet).hexdigest(),
                )
                for packet in pictures(container)
            )
        except FFmpegError as error:
            raise NotASegment(f"damaged: {error.strerror}") from error
        except NoParameters as error:
            raise NotASegment(str(error)) from error
        facts = Segment(
            codec=codec,
            width=context.width,
            height=context.height,
            frame_rate=Fraction(stream.average_rate or 0),
            time_base=Fraction(stream.time_base or 0),
            color=(context.color_primaries, context.color_trc, context.colorspace, context.color_range),
            parameters=sets,
            packets=packets,
        )
    _check(facts)
    return facts


def _check_boxes(source: Source) -> None:
    """Refuse a file whose top-level boxes do not end with it (ISO/IEC 14496-12, 4.2): it is cut short, or no MP4.

    libavformat would give what is left of a truncated file without an error.
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        end = file.seek(0, io.SEEK_END)
        start = 0
        while start < end:
            file.seek(start)
            header = file.read(16)
            size = int.from_bytes(header[:4], "big")
            if size == 1:
                size = int.from_bytes(header[8:], "big")
            if size < 8 or start + size > end:
                raise NotASegment(f"not an MP4 file, or cut short: the box at byte {start} of {end} has {size} bytes")
            start += size


def pictures(container: InputContainer) -> Iterator[Packet[VideoStream]]:
    """The video packets of a file in the order they are stored."""
    for packet in container.demux(video=0):
        if packet.size:  # the last packet is PyAV's empty flush
            yield packet


def _known(number: int | None) -> int:
    if number is None:
        raise NotASegment("a packet has no time stamp")
    return number


def _check(facts: Segment) -> None:
    if not facts.packets:
        raise NotASegment("it holds no picture")
    if not facts.packets[0].idr:
        raise NotASegment("it does not begin with an IDR picture, so it cannot be joined (open GOP)")
    duration = facts.packets[0].duration
    for number, packet in enumerate(facts.packets):
        if packet.pts != packet.dts:
            raise NotASegment(f"picture {number} is stored out of the order of showing (B-frames)")
        if packet.pts != number * duration or packet.duration != duration:
            raise NotASegment(
                f"picture {number} is shown at {packet.pts} for {packet.duration} ticks, not at {number * duration} "
                f"for {duration}: the frame rate varies"
            )


def differences(segment: Segment, reference: Segment) -> list[str]:
    """In what a segment differs from one that it is to be spliced to; empty when the two can be joined.

    Lengths may differ. Parameter sets are compared bit by bit; the first bit that differs is named.
    """
    if segment.codec != reference.codec:
        return [f"{CODECS[segment.codec]}, not {CODECS[reference.codec]}"]
    found = []
    if (segment.width, segment.height) != (reference.width, reference.height):
        found.append(f"size {segment.width}x{segment.height}, not {reference.width}x{reference.height}")
    if segment.frame_rate != reference.frame_rate:
        found.append(f"{segment.frame_rate} frames per second, not {reference.frame_rate}")
    if segment.time_base != reference.time_base:
        found.append(f"time base {segment.time_base}, not {reference.time_base}")
    if segment.color != reference.color:
        found.append(f"colour description {segment.color}, not {reference.color}")
    mine, other = segment.parameters, reference.parameters
    if mine.length_bytes != other.length_bytes:
        found.append(f"NAL lengths of {mine.length_bytes} bytes, not {other.length_bytes}")
    for (name, ours), (_, theirs) in zip(mine.named(), other.named(), strict=True):
        if len(ours) != len(theirs):
            found.append(f"{len(ours)} {name} parameter sets, not {len(theirs)}")
        for number, (left, right) in enumerate(zip(ours, theirs, strict=False)):
            if left != right:
                found.append(f"{name} parameter set {number} differs from bit {_first_bit(left, right)}")
    return found


def _first_bit(left: bytes, right: bytes) -> int:
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number * 8 + 8 - (one ^ other).bit_length()
    return min(len(left), len(right)) * 8


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
        _check_boxes(data)
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
