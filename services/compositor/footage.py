"""Footage and passes for the page: H.264 packets out of their MP4, with the frame that each of them shows.

The page decodes with the browser's WebCodecs, since raw planes from here would have to travel. It is given packets
rather than a file, because containers are read better here than in a page.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from typing import Any

import av
from av.error import FFmpegError

BT601 = (5, 6)
"""Matrix code points of ITU-T H.273 that mean BT.601; everything else is taken as BT.709, as our encoders write."""

FULL_RANGE = ("yuvj420p",)

FORMATS = ("yuv420p", "yuvj420p")


class BadFootage(Exception):  # noqa: N818  named for what the caller reads
    """A file that the page cannot show; says what it is instead."""


@dataclass(frozen=True)
class Packets:
    """A file taken apart.

    Args:
        data: What the page reads: length of the index (32 bits, little endian), the index as JSON (`PacketIndex` in
            `page/video.ts`), the packets one after another.
        frames: How many frames it shows.
        width: Pixels.
        height: Pixels.
    """

    data: bytes
    frames: int
    width: int
    height: int


def unpack(name: str, content: bytes, *, first_frame: int = 0) -> Packets:
    """Take an MP4 apart.

    Args:
        name: What to call it in errors.
        content: The file.
        first_frame: What the file's first frame is called; a part of a pass begins later than the pass.

    Raises:
        BadFootage: It is no MP4 with 8-bit 4:2:0 H.264 video, is damaged, or is empty.
    """
    try:
        with av.open(io.BytesIO(content), "r", format="mp4") as container:
            if not container.streams.video:
                raise BadFootage(f"{name} has no video")
            stream = container.streams.video[0]
            codec = stream.codec_context
            if codec.name != "h264" or codec.pix_fmt not in FORMATS:
                raise BadFootage(f"{name} is {codec.name} in {codec.pix_fmt}; H.264 in 8-bit 4:2:0 is wanted")
            description = bytes(codec.extradata or b"")
            if len(description) < 7 or description[0] != 1:
                raise BadFootage(f"{name} has no parameter sets")
            index: dict[str, Any] = {
                "codec": "avc1." + description[1:4].hex(),
                "width": codec.width,
                "height": codec.height,
                "description": list(description),
                "fullRange": codec.pix_fmt in FULL_RANGE or int(codec.color_range) == 2,
                "bt601": int(codec.colorspace) in BT601,
            }
            packets = [
                (bytes(packet), packet.pts, packet.is_keyframe) for packet in container.demux(stream) if packet.size
            ]
    except FFmpegError as error:
        raise BadFootage(f"{name} is not an MP4 that can be read: {error.strerror or error}") from error
    if not packets:
        raise BadFootage(f"{name} has no frames")
    if any(time is None for _, time, _ in packets):
        raise BadFootage(f"{name} has frames without a time")
    if not packets[0][2]:
        raise BadFootage(f"{name} does not begin with a key frame")
    order = {time: frame for frame, time in enumerate(sorted(time or 0 for _, time, _ in packets), first_frame)}
    index["packets"] = [[len(data), order[time or 0], key] for data, time, key in packets]
    head = json.dumps(index, separators=(",", ":")).encode()
    data = struct.pack("<I", len(head)) + head + b"".join(data for data, _, _ in packets)
    return Packets(data, len(packets), index["width"], index["height"])
