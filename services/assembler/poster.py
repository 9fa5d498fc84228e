"""One picture of a film as a still."""

from __future__ import annotations

import io

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from media.segment import NotASegment, Segment

DECODERS = {"h264": "h264", "hevc": "hevc", "av1": "libdav1d"}
"""libavcodec's names."""


def poster(segment: Segment, frame: int) -> bytes:
    """One picture of a segment as JPEG; no more is decoded than what it is built on.

    Raises:
        NotASegment: The segment has no such frame, or cannot be decoded.
    """
    track = segment.track
    if frame >= segment.frames:
        raise NotASegment(f"it has no frame {frame}")
    decoder = av.CodecContext.create(DECODERS[segment.codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = segment.record
    decoder.thread_count = 1
    key = max(sync for sync in {0} | track.syncs if sync <= frame)
    try:
        shown = [
            picture
            for sample in [*track.samples[key : frame + 1], None]
            for picture in decoder.decode(Packet(bytes(sample)) if sample is not None else None)
        ]
    except FFmpegError as error:
        raise NotASegment(f"it cannot be decoded: {error.strerror}") from error
    if len(shown) != frame - key + 1:
        raise NotASegment(f"its frame {frame} cannot be decoded")
    return _jpeg(shown[-1])


def _jpeg(picture: VideoFrame) -> bytes:
    """JFIF's colours are BT.601 in full range; the film's are BT.709 in limited range."""
    converted = picture.reformat(
        format="yuvj420p",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1, options={"qmin": "2", "qmax": "3"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuvj420p"
        stream.codec_context.color_range = ColorRange.JPEG
        converted.pts = 0
        container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return file.getvalue()
