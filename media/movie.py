"""The plain MP4 of a film: its index first, then sound and pictures in turn (ISO/IEC 14496-12).

Samples stay where they lie until somebody writes the film. It costs its bytes and a few numbers per sample, so its
length hardly matters. Half a second of sound lies just ahead of the pictures it is heard with: a player reads both in
one go.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain, groupby, pairwise
from math import ceil, lcm

from media.boxes import LARGEST, Buffer, pack, pack_full, pack_numbers
from media.track import Track, edit_list, entry_of, movie_header, track_box

CHUNK_S = Fraction(1, 2)
"""How much of one track lies together."""

INDEX_BYTES = 1 << 26
"""More than an index takes: with that much before it, media that 32 bits can place ends within them."""

LONGEST_TITLE_BYTES = 255
"""What the list of chapters has room for."""


@dataclass(frozen=True)
class Chapter:
    """Where a part of the film begins, as players show it."""

    start_frame: int
    title: str


@dataclass(frozen=True)
class Movie:
    """A film whose samples still lie where they came from."""

    index: bytes
    """Everything before the first sample."""
    samples: tuple[Buffer, ...]
    """In the order in which they lie in the file."""
    size_bytes: int

    @property
    def parts(self) -> tuple[Buffer, ...]:
        """The whole file, to be written one after the other."""
        return self.index, *self.samples


@dataclass(frozen=True)
class _Chunk:
    """Samples of one track that lie together: `begin` to `end`, exclusive."""

    track: Track
    begin: int
    end: int


def movie(pictures: Track, sound: Track, *, title: str, chapters: Sequence[Chapter] = ()) -> Movie:
    """Put a film together.

    Args:
        pictures: In the order of showing, each lasting as long as the others.
        sound: As long as the pictures or longer, its priming not counted; it may end less than one tick before them.
        title: Shown by players.
        chapters: In order; each lasts until the next, the last one to the end.

    Returns:
        The film. One tick of its clock is a whole part of both tracks' ticks, so that its edits are exact.
    """
    timescale = lcm(pictures.timescale, sound.timescale)
    length = sum(pictures.durations) * timescale // pictures.timescale
    heard = (sum(sound.durations) - sound.skipped) * timescale // sound.timescale
    shown = [(pictures, [(length, pictures.skipped)]), (sound, [(min(length, heard), sound.skipped)])]
    chunks = _interleaved(pictures, sound)
    about, named = [_title(title)], b""
    if chapters:
        starts = [chapter.start_frame * pictures.durations[0] * timescale // pictures.timescale for chapter in chapters]
        titles = _titles(chapters, [*starts, length], timescale)
        until = [(starts[0], -1)] if starts[0] else []  # nothing is shown until the first chapter begins
        shown.append((titles, [*until, (length - starts[0], 0)]))
        chunks.insert(0, _Chunk(titles, 0, len(chapters)))
        about.append(_listed(chapters, starts, timescale))
        named = pack("tref", pack("chap", pack_numbers([len(shown)])))
    places = [0, *accumulate(sum(map(len, chunk.track.samples[chunk.begin : chunk.end])) for chunk in chunks)]

    def index(first: int, *, wide: bool) -> bytes:
        """The box `moov` of a file whose samples begin at byte `first`."""
        boxes = []
        for number, (track, edits) in enumerate(shown, 1):
            own = [place for place in zip(chunks, places, strict=False) if place[0].track is track]
            tables = _tables(track, own, first, wide=wide)
            between = edit_list(*edits) + (b"" if track.handler == "text" else named)
            boxes.append(
                track_box(track, tables, number=number, shown=sum(ticks for ticks, _ in edits), between=between)
            )
        return pack("moov", movie_header(timescale, length, len(shown)), *boxes, pack("udta", *about))

    brands = b"mp42iso2" + {"avc1": b"avc1", "av01": b"av01"}.get(entry_of(pictures.description).kind, b"") + b"mp41"
    kind = pack("ftyp", b"mp42", bytes(4), brands)
    wide = places[-1] > LARGEST - INDEX_BYTES
    head = 16 if wide else 8
    first = len(kind) + len(index(0, wide=wide)) + head
    size = head + places[-1]
    opening = struct.pack(">I4sQ", 1, b"mdat", size) if wide else struct.pack(">I4s", size, b"mdat")
    samples = chain.from_iterable(chunk.track.samples[chunk.begin : chunk.end] for chunk in chunks)
    return Movie(kind + index(first, wide=wide) + opening, tuple(samples), first + places[-1])


def _interleaved(pictures: Track, sound: Track) -> list[_Chunk]:
    """Half a second of pictures after the sound that begins to be heard before they end."""
    each = max(1, round(CHUNK_S * pictures.timescale / pictures.durations[0]))
    heard = [begin - sound.skipped for begin in accumulate(sound.durations, initial=0)][:-1]
    chunks, ahead = [], 0
    for begin in range(0, len(pictures.samples), each):
        end = min(begin + each, len(pictures.samples))
        until = len(heard)
        if end < len(pictures.samples):
            until = bisect_left(heard, -(-end * pictures.durations[0] * sound.timescale // pictures.timescale))
        if until > ahead:
            chunks.append(_Chunk(sound, ahead, until))
        chunks.append(_Chunk(pictures, begin, end))
        ahead = until
    return chunks


def _tables(track: Track, chunks: Sequence[tuple[_Chunk, int]], first: int, *, wide: bool) -> Iterator[bytes]:
    """The boxes in `stbl` (8.5 to 8.7).

    Args:
        track: What they are of.
        chunks: Of the track, each with where it lies after the film's first sample.
        first: Where in the file that lies.
        wide: Whether places ask for 64 bits.
    """
    count = len(track.samples)
    yield _rated(track)
    yield _table("stts", ((len(list(run)), ticks) for ticks, run in groupby(track.durations)))
    if len(track.syncs) < count:
        yield _table("stss", ([sync + 1] for sync in sorted(track.syncs)))
    held = [chunk.end - chunk.begin for chunk, _ in chunks]
    changes = [number for number in range(len(held)) if not number or held[number] != held[number - 1]]
    yield _table("stsc", ((number + 1, held[number], 1) for number in changes))
    yield pack_full("stsz", 0, 0, pack_numbers([0, count]), pack_numbers(map(len, track.samples)))
    kind, bits = ("co64", 8) if wide else ("stco", 4)
    yield pack_full(kind, 0, 0, pack_numbers([len(held)]), pack_numbers((first + place for _, place in chunks), bits))
    if track.handler == "soun":
        # Each AAC frame is heard only with the one before it (10.1, "roll" recovery).
        yield pack_full("sgpd", 1, 0, b"roll", struct.pack(">IIh", 2, 1, -1))
        yield pack_full("sbgp", 0, 0, b"roll", pack_numbers([1, count, 1]))


def _table(kind: str, rows: Iterable[Sequence[int]]) -> bytes:
    """A table of so many rows of 32-bit numbers."""
    listed = list(rows)
    return pack_full(kind, 0, 0, pack_numbers([len(listed)]), pack_numbers(number for row in listed for number in row))


def _rated(track: Track) -> bytes:
    """The sample description with how many bits a second the film has, at most and in the middle (8.5.2)."""
    sums = [0, *accumulate(map(len, track.samples))]
    total = sum(track.durations)
    window = min(len(track.samples), ceil(track.timescale / max(1, track.durations[0])))
    most = max(8 * (late - early) for early, late in zip(sums, sums[window:], strict=False))
    rate = pack("btrt", pack_numbers([0, most, 8 * sums[-1] * track.timescale // total]))
    entry = entry_of(track.description)
    return pack("stsd", track.description[8:16], pack(entry.kind, track.description[entry.body : entry.end], rate))


def _title(title: str) -> bytes:
    """The title as players look for it: a list of items after iTunes, under `meta`."""
    text = pack("data", pack_numbers([1, 0]), title.encode())  # 1 for UTF-8
    handler = pack_full("hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    return pack_full("meta", 0, 0, handler, pack("ilst", pack("©nam", text)))


def _listed(chapters: Sequence[Chapter], starts: Sequence[int], timescale: int) -> bytes:
    """Nero's list of chapters: beginnings in units of 100 ns."""
    rows = []
    for chapter, start in zip(chapters, starts, strict=True):
        title = _short(chapter.title)
        rows.append(pack_numbers([start * 10_000_000 // timescale], 8) + bytes([len(title)]) + title)
    return pack_full("chpl", 1, 0, bytes(1), pack_numbers([len(chapters)]), *rows)


def _titles(chapters: Sequence[Chapter], starts: Sequence[int], timescale: int) -> Track:
    """QuickTime's track of titles, each said to be UTF-8."""
    unicode = pack("encd", pack_numbers([0x100]))
    titles = [_short(chapter.title) for chapter in chapters]
    # Text as 3GPP TS 26.245 describes it (5.16), of no size and one nameless font.
    text = struct.pack(">IbbI4H3HBBI", 0, 0, 0, 0, *[0] * 4, 0, 0, 1, 0, 0, 0) + pack(
        "ftab", struct.pack(">HHB", 1, 1, 0)
    )
    entry = pack("text", bytes(6), pack_numbers([1], 2), text)
    return Track(
        handler="text",
        timescale=timescale,
        description=pack_full("stsd", 0, 0, pack_numbers([1]), entry),
        samples=tuple(pack_numbers([len(title)], 2) + title + unicode for title in titles),
        durations=tuple(end - start for start, end in pairwise(starts)),
        syncs=frozenset(range(len(chapters))),
        skipped=0,
    )


def _short(title: str) -> bytes:
    """As UTF-8, cut between two characters where it is too long."""
    return title.encode()[:LONGEST_TITLE_BYTES].decode(errors="ignore").encode()
