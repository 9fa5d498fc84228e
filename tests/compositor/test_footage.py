"""MP4 files taken apart."""

from __future__ import annotations

import io
import json
import struct

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from services.compositor.footage import BadFootage, unpack
from tests.compositor.material import clip

GREY = [np.full((48, 64, 3), 90, np.uint8)] * 30


def test_packets_carry_the_frames_they_show() -> None:
    """Every frame has its packet, every twelfth a key frame, and the bytes are those of the file."""
    packets = unpack("plate", clip(GREY))
    (length,) = struct.unpack_from("<I", packets.data)
    index = json.loads(packets.data[4 : 4 + length])
    assert (packets.frames, packets.width, packets.height) == (30, 64, 48)
    assert [frame for _, frame, _ in index["packets"]] == list(range(30))
    assert [frame for _, frame, key in index["packets"] if key] == [0, 12, 24]
    assert sum(size for size, _, _ in index["packets"]) == len(packets.data) - 4 - length
    assert index["codec"].startswith("avc1.64")
    assert not index["fullRange"]
    assert not index["bt601"]


def test_reordered_frames_are_numbered_as_they_are_shown() -> None:
    """With B-frames, packets come in decoding order and carry the frame they show."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24, options={"bf": "3", "x264-params": "b-adapt=0"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(12):
            picture = np.full((48, 64, 3), number * 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    packets = unpack("film", target.getvalue())
    (length,) = struct.unpack_from("<I", packets.data)
    order = [frame for _, frame, _ in json.loads(packets.data[4 : 4 + length])["packets"]]
    assert sorted(order) == list(range(12))
    assert order != sorted(order)


def other(codec: str, pixels: str) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        container.mux(stream.encode(av.VideoFrame.from_ndarray(GREY[0], format="rgb24")))
        container.mux(stream.encode(None))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not an MP4"),
        (b"not a film" * 100, "not an MP4"),
        (clip(GREY)[:900], "not an MP4"),
        (other("mpeg4", "yuv420p"), "mpeg4"),
        (other("libx264", "yuv444p"), "yuv444p"),
    ],
)
def test_what_cannot_be_shown_is_said(content: bytes, said: str) -> None:
    """Nothing, nonsense, half a file, another codec and another format are each named."""
    with pytest.raises(BadFootage, match=said) as refused:
        unpack("plate.mp4", content)
    assert "plate.mp4" in str(refused.value)
