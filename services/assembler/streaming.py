"""A film in parts that a page plays before the last is there: pictures cut by cut, and the sound cut where they are.

The parts hold the film's own packets. Pictures and sound are tracks of their own, as CMAF has it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from fancam.timebase import frame_to_sample
from media import cmaf
from media.profile import Profile
from media.track import Track, codecs
from services.assembler.splice import Piece, check


@dataclass(frozen=True)
class Parts:
    """One track, or what there is of it."""

    header: bytes
    """What a player reads first; the same whichever part is asked for."""
    fragments: tuple[bytes, ...]
    codecs: str
    """As a page asks for it, such as `avc1.64001f`."""


def pictures(piece: Piece, profile: Profile, number: int, start_frame: int) -> Parts:
    """One cut.

    Args:
        piece: The cut.
        profile: What it must obey.
        number: Of the cut in the film, from 1.
        start_frame: Where it begins in the film.

    Raises:
        SegmentMismatch: It is no segment of this film.
    """
    track = check(piece, profile, None).track
    made = cmaf.fragment(track, number, start_frame * profile.frame_ticks)
    return Parts(cmaf.header(track), (made,), codecs(track))


def sound(heard: Track, profile: Profile, starts: Sequence[int]) -> Parts:
    """The whole sound, in as many fragments as the film has cuts.

    A coded frame of sound belongs to the cut in which it begins to be heard, so that fragments of both tracks up to a
    cut play to its end. A cut that is shorter than such a frame may have none: its fragment is empty.

    Args:
        heard: The film's sound.
        profile: The film's.
        starts: First frame of each cut, rising from 0.
    """
    begins = [0]
    for ticks in heard.durations:
        begins.append(begins[-1] + ticks)
    edges = [frame_to_sample(start, profile.frame_rate) + heard.skipped for start in starts[1:]]
    places = [0, *(bisect_left(begins, edge, hi=len(heard.samples)) for edge in edges), len(heard.samples)]
    made = tuple(
        cmaf.fragment(heard, number, begins[begin], begin, end) if begin < end else b""
        for number, (begin, end) in enumerate(pairwise(places), start=1)
    )
    return Parts(cmaf.header(heard), made, codecs(heard))
