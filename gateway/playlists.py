"""Playlists of HTTP Live Streaming (RFC 8216) for a film that is played while it is made. Text in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
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


def film(
    *, pictures: str, sound: str, codecs: Sequence[str], size: tuple[int, int], rate: Fraction, bits_per_s: int
) -> str:
    """The film's playlist: which tracks there are, and what they need.

    Args:
        pictures: Address of the pictures' playlist.
        sound: Of the sound's.
        codecs: Of both, as RFC 6381 names them.
        size: Width and height in pixels.
        rate: Frames per second.
        bits_per_s: The most that playing takes.
    """
    width, height = size
    return _text(
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,URI="{sound}"',
        f'#EXT-X-STREAM-INF:BANDWIDTH={bits_per_s},CODECS="{",".join(codecs)}",RESOLUTION={width}x{height},'
        f'FRAME-RATE={float(rate):.3f},AUDIO="sound"',
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


def bits_per_s(fragments: Sequence[Fragment]) -> int:
    """The most bits a second that a track needs over any of its fragments."""
    return max((ceil(each.size_bytes * 8 / each.seconds) for each in fragments), default=0)


def _text(*lines: str) -> str:
    return "\n".join((*HEAD, *lines)) + "\n"
