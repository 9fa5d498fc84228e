"""Parameter sets of an encoded stream, bit by bit, and where its pictures can be begun: H.264, HEVC, AV1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from media.boxes import Buffer


class NoParameters(Exception):  # noqa: N818  named for what the caller reads
    """The configuration record is missing or cut short."""


@dataclass(frozen=True)
class Parameters:
    """The parameter sets of a stream, whole, as they stand in the file."""

    sequence: tuple[bytes, ...]
    """H.264 and HEVC: sequence parameter sets. AV1: the sequence header."""
    picture: tuple[bytes, ...] = ()
    video: tuple[bytes, ...] = ()
    """HEVC only."""
    length_bytes: int = 0
    """Bytes of the length field before each NAL unit; AV1's units carry their own."""

    def named(self) -> tuple[tuple[str, tuple[bytes, ...]], ...]:
        """Each kind of set with its name."""
        return ("video", self.video), ("sequence", self.sequence), ("picture", self.picture)


# Types of units. ITU-T H.264 table 7-1, H.265 table 7-1 (IDR with and without leading pictures that can be decoded),
# AV1 5.3.1 and 5.9.2.
H264_IDR = 5
HEVC_IDR = (19, 20)
HEVC_SETS = {32: "video", 33: "sequence", 34: "picture"}
OBU_SEQUENCE, OBU_FRAME_HEADER, OBU_FRAME = 1, 3, 6


def parameters(codec: str, record: bytes) -> Parameters:
    """The parameter sets out of a configuration record.

    Args:
        codec: `h264`, `hevc` or `av1`.
        record: ISO/IEC 14496-15, 5.3.3.1 (H.264) or 8.3.3.1 (HEVC); AV1-ISOBMFF 2.3.3.

    Raises:
        NoParameters: It is none.
    """
    return {"h264": _h264, "hevc": _hevc, "av1": _av1}[codec](record)


def _h264(record: bytes) -> Parameters:
    if len(record) < 7 or record[0] != 1:
        raise NoParameters("it has no H.264 configuration record")
    groups: list[tuple[bytes, ...]] = []
    offset = 5
    for mask in (0x1F, 0xFF):
        if offset >= len(record):
            raise NoParameters("its H.264 configuration record is cut short")
        units, offset = _units(record, offset + 1, record[offset] & mask, "H.264")
        groups.append(units)
    return Parameters(groups[0], groups[1], length_bytes=(record[4] & 3) + 1)


def _hevc(record: bytes) -> Parameters:
    if len(record) < 23 or record[0] != 1:
        raise NoParameters("it has no HEVC configuration record")
    found: dict[str, tuple[bytes, ...]] = {}
    offset = 23
    for _ in range(record[22]):
        if offset + 3 > len(record):
            raise NoParameters("its HEVC configuration record is cut short")
        kind = record[offset] & 0x3F
        units, offset = _units(record, offset + 3, int.from_bytes(record[offset + 1 : offset + 3], "big"), "HEVC")
        if kind in HEVC_SETS:
            name = HEVC_SETS[kind]
            found[name] = found.get(name, ()) + units
    if found.keys() != set(HEVC_SETS.values()):
        raise NoParameters("its HEVC configuration record lacks parameter sets")
    return Parameters(found["sequence"], found["picture"], found["video"], length_bytes=(record[21] & 3) + 1)


def _units(record: bytes, offset: int, count: int, codec: str) -> tuple[tuple[bytes, ...], int]:
    """`count` units with lengths of two bytes, and where they end."""
    units = []
    for _ in range(count):
        size = int.from_bytes(record[offset : offset + 2], "big")
        unit = record[offset + 2 : offset + 2 + size]
        if not size or len(unit) != size:
            raise NoParameters(f"its {codec} configuration record is cut short")
        units.append(unit)
        offset += 2 + size
    return tuple(units), offset


def _av1(record: bytes) -> Parameters:
    if len(record) < 5 or record[0] != 0x81:
        raise NoParameters("it has no AV1 configuration record")
    headers = tuple(bytes(body) for kind, body in _obus(record[4:]) if kind == OBU_SEQUENCE)
    if not headers:
        raise NoParameters("its AV1 configuration record has no sequence header")
    return Parameters(headers)


def _obus(data: Buffer) -> Iterator[tuple[int, Buffer]]:
    """Type and payload of each open bitstream unit (AV1 5.3), as long as they are whole."""
    offset = 0
    while offset < len(data):
        header = data[offset]
        offset += 2 if header & 4 else 1
        size = len(data) - offset
        if header & 2:
            size, offset = _leb128(data, offset)
        if offset + size > len(data):
            return
        yield header >> 3 & 15, data[offset : offset + size]
        offset += size


def _leb128(data: Buffer, offset: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    value = 0
    for group in range(8):
        byte = data[offset] if offset < len(data) else 0
        offset += 1
        value |= (byte & 127) << 7 * group
        if not byte & 128:
            break
    return value, offset


def begins(codec: str, picture: Buffer, length_bytes: int) -> bool:
    """Whether decoding can begin at a coded picture with nothing before it: an IDR picture, or a shown key frame."""
    if codec == "av1":
        for kind, body in _obus(picture):
            if kind in {OBU_FRAME_HEADER, OBU_FRAME} and body:
                # show_existing_frame 0, frame_type 0 (key), show_frame 1
                return body[0] >> 4 == 1
        return False
    types = nal_headers(picture, length_bytes)
    if codec == "hevc":
        return any(header >> 1 & 63 in HEVC_IDR for header in types)
    return any(header & 31 == H264_IDR for header in types)


def nal_headers(picture: Buffer, length_bytes: int) -> list[int]:
    """First byte of each NAL unit of one coded picture."""
    found = []
    offset = 0
    while offset + length_bytes < len(picture):
        found.append(picture[offset + length_bytes])
        offset += length_bytes + int.from_bytes(picture[offset : offset + length_bytes], "big")
    return found
