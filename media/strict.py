"""A strict look at a finished MP4, plain or fragmented, box by box: `python -m media.strict FILM.mp4`.

Players forgive much, and each forgives something else. What is checked here is what all of them rely on: boxes nest
exactly, every sample lies where the tables say and in the media data, tracks are as long as they claim, edit lists
leave out priming and nothing else, colours are declared, chapters are within the film. Knows no library, on purpose.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from media.boxes import BadBoxes, Box, every, first, numbers, walk
from media.track import NoTrack, Track, entry_of, handler_of, read_track

C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Type of the `uuid` box in which C2PA keeps its manifest (C2PA A.5)."""

BT709 = (1, 1, 1)
PRIMING = 1024
"""Samples that an AAC coder needs before the first that is heard."""


def faults(data: bytes) -> list[str]:
    """Everything that is wrong with a film; empty when nothing is."""
    try:
        kinds = [box.kind for box in walk(data)]
        if "moof" in kinds:
            return list(_fragmented(data, kinds))
        return list(_plain(data, kinds))
    except (BadBoxes, NoTrack, IndexError) as error:
        return [str(error)]


def _plain(data: bytes, kinds: list[str]) -> Iterator[str]:
    for kind in ("ftyp", "moov", "mdat"):
        if kinds.count(kind) != 1:
            yield f"it has {kinds.count(kind)} boxes {kind}, not one"
            return
    yield from _order(data, kinds)
    if kinds.index("moov") > kinds.index("mdat"):
        yield "its index comes after its media: a player has to load all of it first"
    scale, length = _lengths(data)
    tracks = {_handler(data, trak): trak for trak in every(data, "moov", "trak")}
    for handler in ("vide", "soun"):
        if handler not in tracks:
            yield f"it has no track {handler}"
            continue
        track = read_track(data, handler)
        trak = tracks[handler]
        yield from _places(data, trak)
        yield from _edit(data, trak, track, Fraction(length, scale))
    if "vide" in tracks:
        yield from _pictures(data, tracks["vide"], read_track(data, "vide"))
    yield from _chapters(data, Fraction(length, scale))


def _order(data: bytes, kinds: list[str]) -> Iterator[str]:
    if kinds[0] != "ftyp":
        yield f"it begins with {kinds[0]}, not with ftyp"
    for box in every(data, "uuid"):
        if data[box.body : box.body + 16] != C2PA:
            yield f"the box uuid at byte {box.start} is not C2PA's"
        elif kinds.index("uuid") > kinds.index("moov"):
            yield "its C2PA manifest comes after its index"


def _lengths(data: bytes) -> tuple[int, int]:
    """Ticks per second of the movie, and its length in them."""
    mvhd = first(data, "moov", "mvhd")
    if data[mvhd.body]:
        return numbers(data, mvhd.body + 20, 1)[0], numbers(data, mvhd.body + 24, 1, 8)[0]
    scale, length = numbers(data, mvhd.body + 12, 2)
    return scale, length


def _handler(data: bytes, trak: Box) -> str:
    return handler_of(data, trak.body, trak.end)


def _places(data: bytes, trak: Box) -> Iterator[str]:
    """Chunks lie in the media data, one after another."""
    media = first(data, "mdat")
    stbl = "mdia", "minf", "stbl"
    tables = [*every(data, *stbl, "stco", start=trak.body, end=trak.end)]
    wide = [*every(data, *stbl, "co64", start=trak.body, end=trak.end)]
    at = [*tables, *wide][0].body
    places = numbers(data, at + 8, numbers(data, at + 4, 1)[0], 4 if tables else 8)
    outside = [place for place in places if not media.body <= place < media.end]
    if outside:
        yield f"a chunk of track {_handler(data, trak)} begins at byte {outside[0]}, outside the media"
    if any(later <= earlier for earlier, later in pairwise(places)):
        yield f"the chunks of track {_handler(data, trak)} are not in order"


def _edit(data: bytes, trak: Box, track: Track, film_s: Fraction) -> Iterator[str]:
    """One edit, which leaves out the priming of sound and nothing of pictures, and is as long as the film."""
    edits = list(every(data, "edts", "elst", start=trak.body, end=trak.end))
    if len(edits) != 1 or numbers(data, edits[0].body + 4, 1) != [1]:
        yield f"track {track.handler} has not one edit"
        return
    scale, _ = _lengths(data)
    wide = 8 if data[edits[0].body] else 4
    shown_s = Fraction(numbers(data, edits[0].body + 8, 1, wide)[0], scale)
    media_s = Fraction(sum(track.durations) - track.skipped, track.timescale)
    if track.skipped != (PRIMING if track.handler == "soun" else 0):
        yield f"track {track.handler} leaves out {track.skipped} ticks at its start"
    tick_s = Fraction(1, track.timescale) if track.handler == "soun" else Fraction(0)
    if not film_s - tick_s < shown_s <= film_s and shown_s != film_s:  # the film may end between two samples
        yield f"track {track.handler} is shown for {float(shown_s)} s in a film of {float(film_s)} s"
    if media_s < shown_s:
        yield f"track {track.handler} has {float(media_s)} s of media for {float(shown_s)} s"
    if track.handler == "vide" and media_s != shown_s:
        yield f"its pictures last {float(media_s)} s, the film {float(film_s)} s"


def _pictures(data: bytes, trak: Box, track: Track) -> Iterator[str]:
    if len(set(track.durations)) > 1:
        yield f"its frame rate varies: frames last {sorted(set(track.durations))} ticks"
    if 0 not in track.syncs:
        yield "its first picture is no key frame"
    if any(every(data, "mdia", "minf", "stbl", "ctts", start=trak.body, end=trak.end)):
        yield "its pictures are stored out of the order of showing"
    entry = entry_of(track.description)
    colours = [box for box in walk(track.description, entry.body + 78, entry.end) if box.kind == "colr"]
    if not colours:
        yield "its colours are not declared"
        return
    body = colours[0].body
    declared = tuple(numbers(track.description, body + 4, 3, 2))
    full = bool(track.description[body + 10] & 128)
    if track.description[body : body + 4] != b"nclx" or declared != BT709 or full:
        yield f"its colours are {declared}{' in full range' if full else ''}, not BT.709 in limited range"


def _chapters(data: bytes, film_s: Fraction) -> Iterator[str]:
    """Nero's list and QuickTime's track of titles say the same number, within the film, from its beginning."""
    listed = next(every(data, "moov", "udta", "chpl"), None)
    tracks = [trak for trak in every(data, "moov", "trak") if _handler(data, trak) == "text"]
    if listed is None and not tracks:
        return
    if listed is None or len(tracks) != 1:
        yield "its chapters are not both listed and a track"
        return
    # version, flags and a reserved byte of four; then per chapter 8 bytes of time in 100 ns, 1 of length, the title
    count, at = numbers(data, listed.body + 5, 1)[0], listed.body + 9
    times = []
    for _ in range(count):
        times.append(Fraction(numbers(data, at, 1, 8)[0], 10_000_000))
        at += 9 + data[at + 8]
    stsz = first(data, "mdia", "minf", "stbl", "stsz", start=tracks[0].body, end=tracks[0].end)
    titles = numbers(data, stsz.body + 8, 1)[0]
    if titles != count:
        yield f"it lists {count} chapters and has {titles} titles"
    if any(later <= earlier for earlier, later in pairwise(times)) or times[-1] >= film_s:
        yield f"its chapters begin at {[float(time) for time in times]} s in a film of {float(film_s)} s"


def _fragmented(data: bytes, kinds: list[str]) -> Iterator[str]:
    """A header that holds no sample, then fragments of one track that follow each other without a gap."""
    yield from _order(data, kinds)
    if "mvex" not in [box.kind for box in walk(data, *_inside(first(data, "moov")))]:
        yield "its header does not say that fragments follow"
    if len(list(every(data, "moov", "trak"))) != 1:
        yield "a CMAF track is alone in its file"
    if read_track(data, _handler(data, first(data, "moov", "trak"))).samples:
        yield "its header holds samples"
    boxes = list(walk(data))
    number, clock = 0, None
    for moof, media in pairwise(boxes):
        if moof.kind != "moof":
            continue
        inside = {"start": moof.body, "end": moof.end}
        if media.kind != "mdat":
            yield f"the fragment at byte {moof.start} is followed by {media.kind}, not by its media"
            continue
        said = numbers(data, first(data, "mfhd", **inside).body + 4, 1)[0]
        if said <= number:
            yield f"the fragment at byte {moof.start} is number {said} after {number}"
        begins = numbers(data, first(data, "traf", "tfdt", **inside).body + 4, 1, 8)[0]
        if clock is not None and begins != clock:
            yield f"fragment {said} begins at {begins}, the one before ends at {clock}"
        trun = first(data, "traf", "trun", **inside)
        count, offset = numbers(data, trun.body + 4, 2)
        rows = numbers(data, trun.body + 12, 3 * count)
        if moof.start + offset != media.body or sum(rows[1::3]) != media.end - media.body:
            yield f"the samples of fragment {said} are not exactly its media"
        number, clock = said, begins + sum(rows[::3])


def _inside(box: Box) -> tuple[int, int]:
    return box.body, box.end


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m media.strict FILM.mp4")
    try:
        found = faults(Path(sys.argv[1]).read_bytes())
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error.strerror}")
    sys.stdout.write("\n".join(found or ["nothing is wrong"]) + "\n")
    sys.exit(bool(found))
