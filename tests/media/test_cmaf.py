"""Fragments are made one by one, in any order, and play as one film; what their boxes say is what is in them."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from media import cmaf
from media.boxes import BadBoxes, every, first, numbers, pack, walk
from media.profile import Codec, Profile
from media.track import NoTrack, codecs, read_track
from tests.assembler.conftest import segment
from tests.video import measure

LENGTHS = [24, 1, 60, 7]
STARTS = [0, 24, 25, 85]


@pytest.mark.parametrize("codec", Codec)
def test_fragments_made_in_any_order_play_as_one_film(codec: Codec, tmp_path: Path) -> None:
    """Header and fragments in the film's order show every frame once, at its time, and decode in silence."""
    profile = Profile(160, 96, Fraction(24), codec=codec)
    tracks = [
        read_track(segment(start, length, profile), "vide") for start, length in zip(STARTS, LENGTHS, strict=True)
    ]
    order = list(enumerate(tracks))
    random.Random(3).shuffle(order)
    made = {number: cmaf.fragment(track, number + 1, STARTS[number] * profile.frame_ticks) for number, track in order}
    film = tmp_path / "film.mp4"
    film.write_bytes(cmaf.header(tracks[2]) + b"".join(made[number] for number in sorted(made)))

    assert len({cmaf.header(track) for track in tracks}) == 1
    assert [measure.number_of(luma) for luma in measure.pictures(film)] == list(range(sum(LENGTHS)))
    assert measure.presented(film) == [number / profile.frame_rate for number in range(sum(LENGTHS))]
    assert measure.decode_warnings(film) == ""


def test_a_fragment_says_when_it_begins_and_what_it_holds() -> None:
    """Decode time, data offset, sizes and key frames, read from its boxes without a library."""
    track = read_track(segment(0, 30), "vide")
    data = cmaf.fragment(track, 9, 123_456, 4, 30)
    moof, mdat = first(data, "moof"), first(data, "mdat")
    traf = {"start": moof.body, "end": moof.end}
    tfdt, trun = first(data, "traf", "tfdt", **traf), first(data, "traf", "trun", **traf)
    count, offset = numbers(data, trun.body + 4, 2)
    rows = numbers(data, trun.body + 12, 3 * count)

    assert [box.kind for box in walk(data)] == ["styp", "moof", "mdat"]
    assert numbers(data, first(data, "mfhd", **traf).body + 4, 1) == [9]
    assert numbers(data, tfdt.body + 4, 1, 8) == [123_456]
    assert moof.start + offset == mdat.body
    assert rows[1::3] == [len(sample) for sample in track.samples[4:30]]
    assert data[mdat.body : mdat.end] == b"".join(track.samples[4:30])
    assert [4 + number for number, flags in enumerate(rows[2::3]) if flags == cmaf.SYNC] == sorted(
        number for number in track.syncs if number >= 4
    )


@pytest.mark.parametrize(
    ("codec", "named"), [(Codec.H264, "avc1.6400"), (Codec.HEVC, "hvc1.1.6.L"), (Codec.AV1, "av01.0.0")]
)
def test_the_codec_is_named_as_pages_ask_for_it(codec: Codec, named: str) -> None:
    """By profile and level, out of the stream's own record."""
    track = read_track(segment(0, 1, Profile(160, 96, Fraction(24), codec=codec)), "vide")

    assert codecs(track).startswith(named)


def test_a_track_that_is_not_there_or_damaged_is_refused() -> None:
    """No sound in a segment; tables that point past the end."""
    whole = segment(0, 5)
    with pytest.raises(NoTrack, match="kind soun"):
        read_track(whole, "soun")
    table = first(whole, "moov", "trak", "mdia", "minf", "stbl", "stsz")
    broken = bytearray(whole)
    broken[table.body + 12] = 0x7F
    with pytest.raises(NoTrack, match="do not fit"):
        read_track(bytes(broken), "vide")
    with pytest.raises(NoTrack, match="bytes"):
        read_track(whole[:-9], "vide")


@pytest.mark.parametrize("data", [b"\0\0\0", b"\0\0\0\7free", b"\0\0\0\x20free", b"\0\0\0\1mdat\0\0\0\0\0\0\0\1"])
def test_boxes_that_do_not_fit_are_named(data: bytes) -> None:
    """Too short for a header, shorter than its header, longer than the file."""
    with pytest.raises(BadBoxes, match="byte 0"):
        list(walk(data))


def test_boxes_nest() -> None:
    """What is packed inside is found by its path."""
    data = pack("moov", pack("trak", pack("tkhd", b"one")), pack("trak", pack("tkhd", b"two")))

    assert [data[box.body : box.end] for box in every(data, "moov", "trak", "tkhd")] == [b"one", b"two"]
    with pytest.raises(BadBoxes, match="moov/mvhd"):
        first(data, "moov", "mvhd")
