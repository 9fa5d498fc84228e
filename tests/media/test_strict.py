"""The strict look passes what we make and names what others would stumble over."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pytest

from media import cmaf, strict
from media.boxes import first, pack
from media.movie import Chapter
from media.track import read_track
from tests.assembler.conftest import mix_for, pieces, segment
from tests.assembler.test_splice import film
from tests.video import measure

LENGTHS = [24, 1, 40]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film of three cuts with two chapters."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    chapters = (Chapter(0, "Intro"), Chapter(24, "Du – 你"))
    return film(path, pieces(LENGTHS), mix_for(sum(LENGTHS)), chapters=chapters).read_bytes()


def streamed() -> bytes:
    """Pictures of the same film as a stream."""
    starts = [0, *accumulate(LENGTHS)]
    tracks = [read_track(segment(start, length), "vide") for start, length in zip(starts, LENGTHS, strict=False)]
    parts = [cmaf.fragment(track, number + 1, starts[number] * 500) for number, track in enumerate(tracks)]
    return cmaf.header(tracks[0]) + b"".join(parts)


def test_what_we_make_has_no_fault(good: bytes) -> None:
    """A film with chapters, and a stream."""
    assert strict.faults(good) == []
    assert strict.faults(streamed()) == []


def changed(data: bytes, path: tuple[str, ...], offset: int, value: bytes) -> bytes:
    """The bytes with some of one box's body replaced."""
    box = first(data, *path)
    out = bytearray(data)
    out[box.body + offset : box.body + offset + len(value)] = value
    return bytes(out)


def four(number: int) -> bytes:
    """As 32 bits."""
    return number.to_bytes(4, "big")


TRAK = ("moov", "trak")
TABLE = (*TRAK, "mdia", "minf", "stbl")
Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda data: data[:-5], "has .* bytes"),
        (lambda data: data[32:] + data[:32], "begins with moov"),
        (lambda data: data + pack("uuid", bytes(16)), "is not C2PA's"),
        (lambda data: data + pack("uuid", strict.C2PA), "manifest comes after its index"),
        (lambda data: data + pack("mdat"), "2 boxes mdat"),
        (lambda data: changed(data, (*TABLE, "stco"), 8, four(9)), "chunk of track vide begins at byte 9, outside"),
        (lambda data: changed(data, (*TABLE, "stsz"), 12, four(1 << 30)), "do not fit"),
        (lambda data: changed(data, (*TABLE, "stss"), 8, four(2)), "first picture is no key frame"),
        (lambda data: changed(data, (*TRAK, "edts", "elst"), 12, four(250)), "vide leaves out 250 ticks"),
        (lambda data: changed(data, (*TRAK, "edts", "elst"), 8, four(48_000)), "shown for 1.0 s in a film of 2.7"),
        (lambda data: changed(data, (*TABLE, "stts"), 12, four(499)), "its pictures last 2.70"),
        (lambda data: data.replace(b"nclx\0\1\0\1\0\1", b"nclx\0\x09\0\x10\0\x09"), r"colours are \(9, 16, 9\)"),
        (lambda data: data.replace(b"colrnclx", b"skipnclx"), "colours are not declared"),
        (lambda data: changed(data, ("moov", "udta", "chpl"), 8, b"\3"), "lists 3 chapters and has 2 titles"),
        (lambda data: data.replace(b"chpl", b"skip"), "not both listed and a track"),
    ],
    ids=[
        "cut off", "order", "foreign uuid", "late manifest", "two mdat", "place", "size", "key frame", "edit start",
        "edit length", "durations", "colours", "no colours", "chapters", "one list of chapters",
    ],
)  # fmt: skip
def test_each_fault_of_a_film_is_named(damage: Damage, named: str, good: bytes) -> None:
    """One thing is wrong, and it is said."""
    broken = damage(good)
    assert broken != good
    found = "; ".join(strict.faults(broken))

    assert re.search(named, found), found


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda data: changed(data, ("moof", "mfhd"), 4, four(7)), "is number 2 after 7"),
        (
            lambda data: changed(data, ("moof", "traf", "tfdt"), 4, bytes(6) + b"\1\0"),
            "begins at 12000, the one before",
        ),
        (lambda data: changed(data, ("moof", "traf", "trun"), 8, four(3)), "samples of fragment 1 are not exactly"),
        (lambda data: data.replace(b"mvex", b"skip"), "does not say that fragments follow"),
    ],
    ids=["number", "time", "offset", "header"],
)
def test_each_fault_of_a_stream_is_named(damage: Damage, named: str) -> None:
    """Numbers, times and places of fragments."""
    assert named in "; ".join(strict.faults(damage(streamed())))


def test_a_film_of_somebody_elses_is_looked_at_as_strictly(tmp_path: Path) -> None:
    """Ffmpeg's defaults: the index last, B-frames, no colours declared."""
    path = tmp_path / "clip.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=24:duration=1", "-f", "lavfi", "-i", "sine=duration=1"]
    measure.ffmpeg("-v", "error", *source, "-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p", path)
    found = "; ".join(strict.faults(path.read_bytes()))

    for named in ("index comes after its media", "out of the order of showing", "colours are not declared"):
        assert named in found
