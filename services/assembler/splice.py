"""Segments and an encoded sound to a film by stream copy: nothing is decoded or encoded, so a film costs its bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from media.movie import Chapter, Movie, movie
from media.profile import Profile
from media.segment import CODECS, NotASegment, Segment, Source, differences, read
from media.track import Track, joined

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


def splice(
    profile: Profile,
    pieces: Sequence[Piece],
    heard: Track,
    *,
    title: str,
    report: Report,
    chapters: Sequence[Chapter] = (),
    reference: Segment | None = None,
) -> Movie:
    """The film: an MP4, its index first; no picture and no sound is copied yet.

    Args:
        profile: What every segment must obey.
        pieces: The film in order.
        heard: The sound, for as many samples as the pictures last; its priming is skipped.
        title: Shown by players.
        report: Told after every piece.
        chapters: In order; each lasts until the next, the last one to the end.
        reference: What the segments are compared to; absent: the first piece.

    Raises:
        SegmentMismatch: A piece's size, rate, parameter sets or length is not the film's.
    """
    tracks = []
    for number, piece in enumerate(pieces):
        segment = check(piece, profile, reference)
        reference = reference or segment
        tracks.append(segment.track)
        report((number + 1) / len(pieces), f"checked {piece.cut}")
    return movie(joined(tracks), heard, title=title, chapters=chapters)


def check(piece: Piece, profile: Profile, reference: Segment | None) -> Segment:
    """Read one piece, checked against the profile and the film's other segments.

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
    if segment.frame_rate != profile.frame_rate:
        raise SegmentMismatch(piece.cut, f"{segment.frame_rate} frames per second, not {profile.frame_rate}")
    different = differences(segment, reference) if reference else []
    if different:
        raise SegmentMismatch(piece.cut, "; ".join(different))
    return segment
