"""Writes a HEIF as phones do, since no library at hand writes one: an HEVC still in the boxes of ISO/IEC 23008-12."""

from __future__ import annotations

import struct
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from PIL import Image

VPS, SPS, PPS = 32, 33, 34
PARAMETER_SETS = (VPS, SPS, PPS)


def heif(picture: Image.Image, *, turns: int = 0, claims: tuple[int, int] | None = None) -> bytes:
    """A HEIC file.

    Args:
        picture: What it shows; even width and height.
        turns: Quarters counter-clockwise by which a viewer must turn it.
        claims: Size that the header gives, if not the true one.
    """
    config, sample = _still(picture)
    width, height = claims or picture.size
    properties = [config, _full(b"ispe", 0, struct.pack(">II", width, height))]
    marks = [0x81, 0x02]  # which properties the picture has; the highest bit says that a reader must know them
    if turns:
        properties.append(_box(b"irot", bytes([turns])))
        marks.append(0x83)
    kind = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")

    def meta(offset: int) -> bytes:
        return _full(
            b"meta",
            0,
            _full(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
            _full(b"pitm", 0, struct.pack(">H", 1)),
            _full(b"iloc", 0, b"\x44\x00", struct.pack(">HHHHII", 1, 1, 0, 1, offset, len(sample))),
            _full(b"iinf", 0, struct.pack(">H", 1), _full(b"infe", 2, struct.pack(">HH", 1, 0), b"hvc1", b"\x00")),
            _box(
                b"iprp",
                _box(b"ipco", *properties),
                _full(b"ipma", 0, struct.pack(">IHB", 1, 1, len(marks)), bytes(marks)),
            ),
        )

    return kind + meta(len(kind) + len(meta(0)) + 8) + _box(b"mdat", sample)


def _still(picture: Image.Image) -> tuple[bytes, bytes]:
    """Decoder configuration box, and the coded picture with lengths before its units."""
    encoder = av.CodecContext.create("libx265", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = *picture.size, "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"x265-params": "log-level=none:crf=8:info=0:pools=none:frame-threads=1:no-wpp=1"}
    frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    units = [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1")[1:]]
    sets = {kind: [unit for unit in units if _kind(unit) == kind] for kind in PARAMETER_SETS}
    (sps,) = sets[SPS]
    profile_tier_level = sps.replace(b"\0\0\3", b"\0\0")[3:15]
    config = b"".join(
        (
            b"\x01",
            profile_tier_level,
            bytes((0xF0, 0x00, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, len(sets))),  # 4:2:0, 8 bits, lengths of 4 bytes
            *(bytes((0x80 | kind, 0, len(same))) + b"".join(map(_short, same)) for kind, same in sets.items()),
        )
    )
    sample = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if _kind(unit) < VPS)
    return _box(b"hvcC", config), sample


def _kind(unit: bytes) -> int:
    """`nal_unit_type` of ITU-T H.265, 7.3.1.2."""
    return unit[0] >> 1 & 0x3F


def _short(unit: bytes) -> bytes:
    return struct.pack(">H", len(unit)) + unit


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def _full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), *parts)
