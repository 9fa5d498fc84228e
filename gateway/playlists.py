"""Playlists of HTTP Live Streaming (RFC 8216) for a film that is played while it is made. Text in, text out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil

MEDIA_TYPE = "application/vnd.apple.mpegurl"

HEAD = ("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS")
"""Version 7: fragments of MP4 behind a header. Every fragment begins with a key frame."""


@dataclass(frozen=True)
class Fragment:
    """One cut of one track."""

    url: str
    seconds: Fraction
    size_bytes: int


@dataclass(frozen=True)
class Rate:
    """How many bits a second a track needs."""

    most: int
    """Over any run of fragments that lasts about as long as the longest of them (RFC 8216, 4.3.4.2)."""
    mean: int


def film(
    *, pictures: str, sound: str, codecs: Sequence[str], size: tuple[int, int], rate: Fraction, needs: Sequence[Rate]
) -> str:
    """The film's playlist: which tracks there are, and what they need.

    Args:
        pictures: Address of the pictures' playlist.
        sound: Of the sound's.
        codecs: Of both, as RFC 6381 names them.
        size: Width and height in pixels.
        rate: Frames per second.
        needs: Of both tracks, as far as they are there.
    """
    width, height = size
    most, mean = sum(each.most for each in needs), sum(each.mean for each in needs)
    return _text(
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="{sound}"',
        f'#EXT-X-STREAM-INF:BANDWIDTH={most},AVERAGE-BANDWIDTH={mean},CODECS="{",".join(codecs)}",'
        f'RESOLUTION={width}x{height},FRAME-RATE={float(rate):.3f},AUDIO="sound"',
        pictures,
    )


def track(header: str, fragments: Sequence[Fragment], longest: Fraction, *, complete: bool) -> str:
    """One track's playlist, which only ever grows at its end.

    Args:
        header: Address of what is read first.
        fragments: What is there, from the film's beginning without a gap.
        longest: Seconds of the longest fragment that will ever be in it.
        complete: Whether nothing more comes.
    """
    lines = [f"#EXT-X-TARGETDURATION:{ceil(longest)}", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:EVENT"]
    lines.append(f'#EXT-X-MAP:URI="{header}"')
    for fragment in fragments:
        lines += [f"#EXTINF:{float(fragment.seconds):.6f},", fragment.url]
    return _text(*lines, *(["#EXT-X-ENDLIST"] if complete else []))


def needs(fragments: Sequence[Fragment], longest: Fraction) -> Rate:
    """What a track takes.

    Args:
        fragments: Of the track, without a gap; at least one.
        longest: As for `track`.
    """
    target_s = ceil(longest)
    sizes = [0, *accumulate(each.size_bytes for each in fragments)]
    times = [0.0, *accumulate(float(each.seconds) for each in fragments)]
    runs = [(0, len(fragments))]
    for begin in range(len(fragments)):
        nearest = bisect_left(times, times[begin] + 0.5 * target_s)
        furthest = bisect_right(times, times[begin] + 1.5 * target_s)
        runs += [(begin, end) for end in range(nearest, furthest)]
    rates = [ceil(8 * (sizes[end] - sizes[begin]) / (times[end] - times[begin])) for begin, end in runs]
    return Rate(max(rates), rates[0])


def _text(*lines: str) -> str:
    return "\n".join((*HEAD, *lines)) + "\n"
