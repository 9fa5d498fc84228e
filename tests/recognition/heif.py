"""Writes a HEIF as phones do, since no library at hand writes one: an HEVC still in the boxes of ISO/IEC 23008-12."""

from __future__ import annotations

import io
import struct

import av
from PIL import Image


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
    """Decoder configuration box and coded picture."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        stream.codec_context.codec_tag = "hvc1"
        stream.options = {"x265-params": "log-level=none:crf=8"}
        frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
        for packet in [*stream.encode(frame), *stream.encode()]:
            file.mux(packet)
    data = buffer.getvalue()
    start = data.index(b"hvcC") - 4
    (length,) = struct.unpack(">I", data[start : start + 4])
    with av.open(io.BytesIO(data), "r") as source:
        sample = b"".join(bytes(part) for part in source.demux(video=0) if part.size)
    return data[start : start + length], sample


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def _full(kind: bytes, version: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version, 0, 0, 0]), *parts)
