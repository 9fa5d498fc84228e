"""Other shapes and sizes of a film, segment by segment: decoded, cut out, scaled and encoded to a profile of their own.

Nothing is drawn again. Fixed segments are done when the campaign is pressed, so that a fan's square film costs the
decoding and encoding of the personal seconds only. What it costs beside the full film: one generation of encoding.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from media.encoder import SegmentEncoder
from media.probe import opened
from media.profile import Profile
from media.segment import NotASegment, Source


@dataclass(frozen=True)
class Window:
    """The part of a picture that another shape keeps, in pixels; all even, since 4:2:0 halves them."""

    left: int
    top: int
    width: int
    height: int


def window(source: tuple[int, int], target: tuple[int, int], focus: tuple[float, float]) -> Window:
    """The largest part of the source that has the target's shape, as near to a point as the edges allow.

    Args:
        source: Width and height of the film, in pixels.
        target: Of the other output.
        focus: What stays in view, as shares of width and height, 0 to 1.
    """
    shape = Fraction(*target)
    width = min(source[0], round(source[1] * shape))
    height = min(source[1], round(source[0] / shape))
    width, height = width - width % 2, height - height % 2

    def place(length: int, kept: int, at: float) -> int:
        start = round(length * at - kept / 2)
        start = max(0, min(length - kept, start))
        return start - start % 2

    return Window(place(source[0], width, focus[0]), place(source[1], height, focus[1]), width, height)


def derive(segment: Source, profile: Profile, focus: tuple[float, float]) -> bytes:
    """A segment in another output's profile.

    Args:
        segment: Of the film.
        profile: The output's.
        focus: As for `window`.

    Raises:
        NotASegment: It cannot be decoded.
        CannotEncode: The profile's family does not encode here.
    """
    file = io.BytesIO()
    with opened(segment) as container, SegmentEncoder(file, profile) as encoder:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        kept = window((stream.width, stream.height), (profile.width, profile.height), focus)
        graph = Graph()
        # Lanczos with exact rounding: the same picture on every machine.
        scaling = f"w={profile.width}:h={profile.height}:flags=lanczos+accurate_rnd+full_chroma_int+bitexact"
        steps = [
            graph.add_buffer(template=stream),
            graph.add("crop", f"{kept.width}:{kept.height}:{kept.left}:{kept.top}"),
            graph.add("scale", scaling),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*steps).configure()
        try:
            for frame in container.decode(stream):
                graph.push(frame)
                scaled = graph.pull()
                assert isinstance(scaled, VideoFrame)
                luma, blue, red = (_plane(plane) for plane in scaled.planes)
                encoder.write(luma, blue, red)
        except FFmpegError as error:
            raise NotASegment(f"it cannot be decoded: {error.strerror}") from error
    return file.getvalue()


def _plane(plane: VideoPlane) -> NDArray[np.uint8]:
    """A plane's pixels, shape (height, width), without the padding of its rows."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.ascontiguousarray(rows[:, : plane.width])
