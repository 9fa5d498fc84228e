"""What a spliceable file holds, read from its boxes: its parameter sets bit by bit, its colours, every picture's place.

Nothing is decoded or copied. A file is mapped into memory, and its pictures stay where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from media.boxes import BadBoxes, Buffer, every, numbers, walk
from media.mapping import mapped
from media.parameters import NoParameters, Parameters, begins, parameters
from media.track import NoTrack, Track, entry_of, handler_of, read_track

Source = Path | bytes
"""A file, or its bytes."""

CODECS = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1"}
"""What can be spliced, by libavcodec's name and as people write it."""

ENTRIES = {"avc1": ("h264", "avcC"), "hvc1": ("hevc", "hvcC"), "hev1": ("hevc", "hvcC"), "av01": ("av1", "av1C")}
"""Codec and box of the configuration record by the name of the sample entry (ISO/IEC 14496-15, AV1-ISOBMFF)."""

KINDS = {"vide": "video", "soun": "audio"}

UNSPECIFIED = (2, 2, 2, 0)
"""Colours that nobody declared (ITU-T H.273)."""


class NotASegment(Exception):  # noqa: N818  named for what the caller reads
    """The bytes are not an MP4 with exactly one stream that can be spliced; the message says why."""


@dataclass(frozen=True)
class Segment:
    """What a spliceable file holds."""

    codec: str
    """`h264`, `hevc` or `av1`."""
    width: int
    height: int
    color: tuple[int, int, int, int]
    """Primaries, transfer, matrix, and 1 for full range, as numbered by ITU-T H.273."""
    record: bytes
    """The configuration record, as decoders take it."""
    parameters: Parameters
    """What is in it."""
    track: Track

    @property
    def frames(self) -> int:
        """Pictures in the segment."""
        return len(self.track.samples)

    @property
    def frame_rate(self) -> Fraction:
        """Pictures per second, exact."""
        return Fraction(self.track.timescale, self.track.durations[0])


def read(source: Source) -> Segment:
    """Everything about a segment.

    Raises:
        NotASegment: It is no MP4, has other streams than one of H.264, HEVC or AV1, or its pictures are damaged, out of
            order, of varying duration, or do not begin with an IDR picture.
    """
    data = mapped(source) if isinstance(source, Path) else memoryview(source)
    try:
        whole(data)
        traks = list(every(data, "moov", "trak"))
        handlers = [handler_of(data, trak.body, trak.end) for trak in traks]
        if handlers != ["vide"]:
            kinds = ", ".join(KINDS.get(handler, handler) for handler in handlers) or "no picture"
            raise NotASegment(f"a segment has one video stream; this has {kinds}")
        facts = _described(read_track(data, "vide"))
        _check(facts, data)
    except (BadBoxes, NoTrack) as error:
        raise NotASegment(f"damaged: {error}") from error
    except NoParameters as error:
        raise NotASegment(str(error)) from error
    return facts


def whole(data: Buffer) -> None:
    """Refuse a file whose outer boxes do not end with it (ISO/IEC 14496-12, 4.2): it is cut short, or no MP4.

    Raises:
        NotASegment: It is.
    """
    try:
        for _ in walk(data):
            pass
    except BadBoxes as error:
        raise NotASegment(f"not an MP4 file, or cut short: {error}") from error


def _described(track: Track) -> Segment:
    """What the sample description says of a track."""
    stsd = track.description
    entry = entry_of(stsd)
    if entry.kind not in ENTRIES:
        raise NotASegment(f"a segment is {', '.join(CODECS.values())}; this is {entry.kind}")
    codec, kind = ENTRIES[entry.kind]
    inner = {box.kind: box for box in walk(stsd, entry.body + 78, entry.end)}  # 78 bytes of fields, 12.1.3
    record = stsd[inner[kind].body : inner[kind].end] if kind in inner else b""
    color = UNSPECIFIED
    if "colr" in inner and stsd[inner["colr"].body : inner["colr"].body + 4] == b"nclx":
        primaries, transfer, matrix = numbers(stsd, inner["colr"].body + 4, 3, 2)
        color = primaries, transfer, matrix, stsd[inner["colr"].body + 10] >> 7
    width, height = numbers(stsd, entry.body + 24, 2, 2)
    return Segment(codec, width, height, color, record, parameters(codec, record), track)


def _check(facts: Segment, data: Buffer) -> None:
    """Refuse what cannot be joined to others without decoding."""
    track = facts.track
    if not track.samples:
        raise NotASegment("it holds no picture")
    _check_order(data)
    if not track.durations[0]:
        raise NotASegment("its pictures last no time")
    for number, ticks in enumerate(track.durations):
        if ticks != track.durations[0]:
            raise NotASegment(
                f"picture {number} lasts {ticks} ticks, the first {track.durations[0]}: the frame rate varies"
            )
    if track.skipped:
        raise NotASegment(f"it leaves out {track.skipped} ticks at its start")
    for number in sorted({0} | track.syncs):
        if not begins(facts.codec, track.samples[number], facts.parameters.length_bytes):
            raise NotASegment(f"picture {number} is no IDR picture, so it cannot be joined (open GOP)")


def _check_order(data: Buffer) -> None:
    """Pictures are stored as they are shown: none is shown later than it is decoded (8.6.1.3)."""
    late = next(every(data, "moov", "trak", "mdia", "minf", "stbl", "ctts"), None)
    if late is None:
        return
    runs = numbers(data, late.body + 8, 2 * numbers(data, late.body + 4, 1)[0])
    number = 0
    for times, ticks in zip(runs[::2], runs[1::2], strict=True):
        if ticks:
            raise NotASegment(f"picture {number} is stored out of the order of showing (B-frames)")
        number += times


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
    if segment.track.timescale != reference.track.timescale:
        found.append(f"{segment.track.timescale} ticks per second, not {reference.track.timescale}")
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
    if not found and segment.track.description != reference.track.description:
        bit = _first_bit(segment.track.description, reference.track.description)
        found.append(f"sample description differs from bit {bit}")
    return found


def _first_bit(left: bytes, right: bytes) -> int:
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number * 8 + 8 - (one ^ other).bit_length()
    return min(len(left), len(right)) * 8
