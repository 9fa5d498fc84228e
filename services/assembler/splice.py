"""Segments and an encoded sound to a film by stream copy: nothing is decoded or encoded, so a film costs its bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from fancam.timebase import SAMPLE_RATE_HZ
from media import cmaf
from media.cmaf import Track
from media.probe import CODECS, NotASegment, Segment, Source, differences, opened, pictures, read
from media.profile import Profile
from services.assembler import sound

Report = Callable[[float, str], None]
"""Told how far the work is, 0 to 1, and what is being done."""


class SegmentMismatch(Exception):  # noqa: N818  named for what the caller reads
    """A segment that cannot be spliced into this film; says which cut and why."""

    def __init__(self, cut: str, why: str) -> None:
        super().__init__(f"segment of cut {cut}: {why}")
        self.cut = cut
        self.why = why


@dataclass(frozen=True)
class Piece:
    """One cut of the film and its encoded frames."""

    cut: str
    frames: int
    source: Source


@dataclass(frozen=True)
class Chapter:
    """Where a part of the film begins, as players show it."""

    start_frame: int
    title: str


def splice(
    target: Path,
    profile: Profile,
    pieces: Sequence[Piece],
    heard: Track,
    *,
    title: str,
    report: Report,
    chapters: Sequence[Chapter] = (),
    reference: Segment | None = None,
) -> int:
    """Write the film to `target`.

    Args:
        target: MP4 to write: moov first, `title` in its metadata.
        profile: What every segment must obey.
        pieces: The film in order; each source is read twice.
        heard: The sound, for as many samples as the pictures last; its priming is skipped.
        title: Shown by players.
        report: Told after every piece.
        chapters: In order; each lasts until the next, the last one to the end.
        reference: What the segments are compared to; absent: the first piece.

    Returns:
        The number of frames in the film.

    Raises:
        SegmentMismatch: A piece's size, rate, parameter sets or length is not the film's.
    """
    for piece in pieces:
        reference = check(piece, profile, reference)
        report(0.0, f"checking {piece.cut}")
    frames = sum(piece.frames for piece in pieces)
    # One tick of the movie is a whole part of a frame and of a sample, so that edit lists are exact.
    options = {
        "brand": "mp42",
        "movflags": "faststart",
        "use_editlist": "1",
        "movie_timescale": str(lcm(profile.timescale, SAMPLE_RATE_HZ)),
        "video_track_timescale": str(profile.timescale),
    }
    with (
        av.open(str(target), "w", format="mp4", options=options, container_options={"fflags": "+bitexact"}) as film,
        av.open(io.BytesIO(cmaf.header(heard) + cmaf.fragment(heard, 1, 0)), "r") as track,
    ):
        film.metadata["title"] = title
        _mark(film, chapters, frames, profile)
        with opened(pieces[0].source) as first:
            picture = film.add_stream_from_template(first.streams.video[0], opaque=True)
        picture.time_base = Fraction(1, profile.timescale)
        aac = film.add_stream_from_template(track.streams.audio[0])
        coded = sound.packets(track)
        ahead = next(coded, None)
        shown = 0
        for number, piece in enumerate(pieces):
            with opened(piece.source) as segment:
                for packet in pictures(segment):
                    packet.stream = picture
                    packet.time_base = Fraction(1, profile.timescale)
                    packet.pts = packet.dts = shown * profile.frame_ticks
                    packet.duration = profile.frame_ticks
                    film.mux_one(packet)
                    shown += 1
                    # Sound lies just ahead of the pictures it is heard with, so that a player reads both in one go.
                    while ahead is not None and (ahead[0] < shown / profile.frame_rate or shown == frames):
                        ahead[1].stream = aac
                        film.mux_one(ahead[1])
                        ahead = next(coded, None)
            report((number + 1) / len(pieces), f"spliced {piece.cut}")
    return frames


def _mark(film: OutputContainer, chapters: Sequence[Chapter], frames: int, profile: Profile) -> None:
    """Write chapters, on the pictures' clock."""
    ends = [*(chapter.start_frame for chapter in chapters), frames][1:]
    film.set_chapters(
        [
            {
                "id": number,
                "start": chapter.start_frame * profile.frame_ticks,
                "end": end * profile.frame_ticks,
                "time_base": Fraction(1, profile.timescale),
                "metadata": {"title": chapter.title},
            }
            for number, (chapter, end) in enumerate(zip(chapters, ends, strict=True))
        ]
    )


def check(piece: Piece, profile: Profile, reference: Segment | None) -> Segment:
    """Check one piece against the profile and the film's other segments; gives what the next is compared to.

    Raises:
        SegmentMismatch: It cannot be spliced.
    """
    try:
        segment = read(piece.source)
    except NotASegment as error:
        raise SegmentMismatch(piece.cut, str(error)) from error
    if segment.codec != profile.codec.value:
        raise SegmentMismatch(piece.cut, f"{CODECS[segment.codec]}, not {CODECS[profile.codec.value]}")
    if segment.frames != piece.frames:
        raise SegmentMismatch(piece.cut, f"{segment.frames} frames, not {piece.frames}")
    if (segment.width, segment.height) != (profile.width, profile.height):
        raise SegmentMismatch(piece.cut, f"size {segment.width}x{segment.height}, not {profile.width}x{profile.height}")
    if segment.packets[0].duration * segment.time_base != 1 / profile.frame_rate:
        rate = 1 / (segment.packets[0].duration * segment.time_base)
        raise SegmentMismatch(piece.cut, f"{rate} frames per second, not {profile.frame_rate}")
    different = differences(segment, reference) if reference else []
    if different:
        raise SegmentMismatch(piece.cut, "; ".join(different))
    return reference or segment


def poster(source: Source, frame: int) -> bytes:
    """One picture of a segment as JPEG.

    Raises:
        NotASegment: The segment has no such frame.
    """
    with opened(source) as container:
        for number, picture in enumerate(container.decode(video=0)):
            if number == frame:
                return _jpeg(picture)
    raise NotASegment(f"it has no frame {frame}")


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
