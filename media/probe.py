"""What an encoded file really holds: its streams, its parameter sets bit by bit, and a hash of every packet."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

Source = Path | bytes
"""A file, or its bytes."""

# H.264 NAL unit types (ITU-T H.264, table 7-1).
SLICE, IDR, SPS, PPS = 1, 5, 7, 8


class NotASegment(Exception):  # noqa: N818  named for what the caller reads
    """The bytes are not an MP4 with exactly one H.264 stream that can be spliced; the message says why."""


@dataclass(frozen=True)
class Parameters:
    """The parameter sets of an H.264 stream, whole, as they stand in the file."""

    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    length_bytes: int
    """Bytes of the length field before each NAL unit."""


@dataclass(frozen=True)
class PacketFacts:
    """One coded picture."""

    pts: int
    dts: int
    duration: int
    idr: bool
    sha256: str
    """Of the packet's bytes."""


@dataclass(frozen=True)
class Segment:
    """What a spliceable file holds."""

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
        NotASegment: It is no MP4, has other streams than one of H.264, or its pictures are damaged, out of order, of
            varying duration, or do not begin with an IDR picture.
    """
    _check_boxes(source)
    with opened(source) as container:
        if len(container.streams) != 1 or not container.streams.video:
            kinds = ", ".join(stream.type for stream in container.streams) or "none"
            raise NotASegment(f"a segment has one video stream; this has {kinds}")
        stream = container.streams.video[0]
        context = stream.codec_context
        if context.name != "h264":
            raise NotASegment(f"a segment is H.264; this is {context.name}")
        parameters = parameter_sets(bytes(context.extradata or b""))
        try:
            packets = tuple(
                PacketFacts(
                    pts=_known(packet.pts),
                    dts=_known(packet.dts),
                    duration=packet.duration or 0,
                    idr=IDR in nal_types(bytes(packet), parameters.length_bytes),
                    sha256=hashlib.sha256(packet).hexdigest(),
                )
                for packet in pictures(container)
            )
        except FFmpegError as error:
            raise NotASegment(f"damaged: {error.strerror}") from error
        facts = Segment(
            width=context.width,
            height=context.height,
            frame_rate=Fraction(stream.average_rate or 0),
            time_base=Fraction(stream.time_base or 0),
            color=(context.color_primaries, context.color_trc, context.colorspace, context.color_range),
            parameters=parameters,
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


def parameter_sets(record: bytes) -> Parameters:
    """The parameter sets out of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).

    Raises:
        NotASegment: It is none.
    """
    if len(record) < 7 or record[0] != 1:
        raise NotASegment("it has no H.264 configuration record")
    groups: list[tuple[bytes, ...]] = []
    offset = 5
    for mask in (0x1F, 0xFF):
        count = record[offset] & mask
        offset += 1
        group = []
        for _ in range(count):
            size = int.from_bytes(record[offset : offset + 2], "big")
            unit = record[offset + 2 : offset + 2 + size]
            if not size or len(unit) != size:
                raise NotASegment("its H.264 configuration record is cut short")
            group.append(unit)
            offset += 2 + size
        groups.append(tuple(group))
        if offset >= len(record) and mask == 0x1F:
            raise NotASegment("its H.264 configuration record is cut short")
    return Parameters(groups[0], groups[1], (record[4] & 3) + 1)


def nal_types(data: bytes, length_bytes: int) -> list[int]:
    """Types of the NAL units of one packet."""
    types = []
    offset = 0
    while offset + length_bytes < len(data):
        types.append(data[offset + length_bytes] & 0x1F)
        offset += length_bytes + int.from_bytes(data[offset : offset + length_bytes], "big")
    return types


def differences(segment: Segment, reference: Segment) -> list[str]:
    """In what a segment differs from one that it is to be spliced to; empty when the two can be joined.

    Lengths may differ. Parameter sets are compared bit by bit; the first bit that differs is named.
    """
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
    for name, ours, theirs in (("sequence", mine.sequence, other.sequence), ("picture", mine.picture, other.picture)):
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
    """What a video file is; None when it has no video that can be read to its end."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if len(container.streams.video) != 1:
                return None
            stream = container.streams.video[0]
            context = stream.codec_context
            frames = sum(1 for packet in container.demux(stream) if packet.size)
            return Clip(context.name, context.width, context.height, Fraction(stream.average_rate or 0), frames)
    except (FFmpegError, ValueError):
        return None
