"""A plain film's boxes: where everything lies, what is said of it twice, and what a film beyond 32 bits needs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from media import strict
from media.boxes import Box, every, first, numbers, walk
from media.movie import LONGEST_TITLE_BYTES, Chapter, Movie, movie
from media.profile import Profile
from media.track import Track, joined, read_track
from services.assembler import sound
from tests.assembler.conftest import mix_for, segment
from tests.video import measure

FRAMES = 80
PROFILE = Profile(160, 96, Fraction(24))
TABLES = "mdia", "minf", "stbl"


@cache
def tracks() -> tuple[Track, Track]:
    """Pictures and sound of a film of 80 frames in two segments."""
    pictures = [read_track(segment(0, 50, PROFILE), "vide"), read_track(segment(50, 30, PROFILE), "vide")]
    return joined(pictures), read_track(sound.encode(mix_for(FRAMES, PROFILE), FRAMES * 2_000), "soun")


def written(film: Movie) -> bytes:
    """A film's file."""
    return b"".join(film.parts)


def made(*chapters: Chapter) -> bytes:
    """The film's file."""
    return written(movie(*tracks(), title="Für Dich", chapters=chapters))


def traks(data: bytes) -> list[Box]:
    """Pictures, sound, and the titles of chapters where there are any."""
    return list(every(data, "moov", "trak"))


def chunks(data: bytes, trak: Box) -> list[tuple[int, int]]:
    """Where each chunk of a track begins, and how many samples it holds."""
    within = {"start": trak.body, "end": trak.end}
    table = next(box for kind in ("stco", "co64") for box in every(data, *TABLES, kind, **within))
    places = numbers(data, table.body + 8, numbers(data, table.body + 4, 1)[0], 8 if table.kind == "co64" else 4)
    held = first(data, *TABLES, "stsc", **within)
    rows = numbers(data, held.body + 8, 3 * numbers(data, held.body + 4, 1)[0])
    ends = [*rows[3::3], len(places) + 1]
    counts = [count for begin, count, end in zip(rows[::3], rows[1::3], ends, strict=True) for _ in range(end - begin)]
    return list(zip(places, counts, strict=True))


def test_sound_lies_just_ahead_of_the_pictures_it_is_heard_with() -> None:
    """In turns of half a second, so that a player that reads on from anywhere has both; nothing lies between."""
    data = made()
    pictures, heard = (chunks(data, trak) for trak in traks(data))
    frames = 0
    for (place, count), (before, _), (after, _) in zip(pictures, heard, [*heard[1:], (len(data), 0)], strict=True):
        assert before < place < after
        assert count <= 12
        frames += count

    assert [count for _, count in pictures] == [12] * 6 + [8]
    assert (frames, sum(count for _, count in heard)) == (FRAMES, len(tracks()[1].samples))
    assert all(23 <= count <= 25 for _, count in heard[:-1])
    assert heard[0][0] == first(data, "mdat").body


def test_nothing_of_a_film_is_copied_before_it_is_written() -> None:
    """Its pictures and its sound are still those that were read; as long as its parts is what it says of itself."""
    pictures, heard = tracks()
    film = movie(pictures, heard, title="Für Dich")

    assert {id(sample) for sample in film.samples} == {id(sample) for sample in (*pictures.samples, *heard.samples)}
    assert film.size_bytes == sum(map(len, film.parts))


def test_what_is_taken_out_again_is_what_was_put_in() -> None:
    """Samples, lengths, key frames and priming of both tracks."""
    data = made(Chapter(0, "Intro"))

    for track in tracks():
        assert read_track(data, track.handler) == track


def test_how_much_a_player_must_take_in_is_said() -> None:
    """Of a track: the bits of its fullest second, and of all in the middle."""
    data = made()
    for trak, track in zip(traks(data), tracks(), strict=True):
        stsd = first(data, *TABLES, "stsd", start=trak.body, end=trak.end)
        entry = next(walk(data, stsd.body + 8, stsd.end))
        fields = 28 if track.handler == "soun" else 78
        rate = next(box for box in walk(data, entry.body + fields, entry.end) if box.kind == "btrt")
        _, most, average = numbers(data, rate.body, 3)
        each = -(-track.timescale // track.durations[0])
        length_s = Fraction(sum(track.durations), track.timescale)

        assert average == int(8 * sum(map(len, track.samples)) / length_s)
        assert most == 8 * max(
            sum(map(len, track.samples[at : at + each])) for at in range(len(track.samples) - each + 1)
        )


@pytest.mark.parametrize("late", [0, 10])
def test_chapters_are_listed_and_a_track(late: int, tmp_path: Path) -> None:
    """Both say the same; before the first chapter nothing is said; a title that is too long ends with a character."""
    long = "你" * 200
    path = tmp_path / "film.mp4"
    path.write_bytes(made(Chapter(late, "Intro"), Chapter(50, long)))
    kept = "你" * (LONGEST_TITLE_BYTES // 3)

    found = measure.chapters(path)

    assert [title for title, _, _ in found] == ["Intro", kept]
    assert [start for _, start, _ in found] == pytest.approx([late / 24, 50 / 24], abs=1e-6)
    assert strict.faults(path.read_bytes()) == []
    titles = traks(path.read_bytes())[2]
    edits = first(path.read_bytes(), "edts", "elst", start=titles.body, end=titles.end)
    rows = numbers(path.read_bytes(), edits.body + 8, 3 * numbers(path.read_bytes(), edits.body + 4, 1)[0])
    empty = [late * 2_000, 0xFFFF_FFFF, 0x1_0000] if late else []
    assert rows == [*empty, (FRAMES - late) * 2_000, 0, 0x1_0000]


def vast() -> Movie:
    """A film of over 4 GiB, whose pictures all lie in the same memory."""
    pictures, heard = tracks()
    picture = memoryview(bytes(1 << 20))
    count = 4_200
    pictures = replace(pictures, samples=(picture,) * count, durations=(500,) * count)
    return movie(pictures, replace(heard, durations=(1_024 * 100,) * len(heard.samples)), title="vast")


def test_a_film_beyond_32_bits_says_its_places_in_64() -> None:
    """The size of the media and the places of chunks; each chunk begins where the one before it ends."""
    film = vast()
    index = film.index
    moov = first(index[:-16], "moov")
    media = moov.end
    places = sorted(place for trak in traks(index[:-16]) for place in chunks(index[:-16], trak))

    assert numbers(index, media, 1) == [1]
    assert index[media + 4 : media + 8] == b"mdat"
    assert numbers(index, media + 8, 1, 8) == [film.size_bytes - media]
    assert film.size_bytes == len(index) + sum(map(len, film.samples)) > 1 << 32
    assert places[0][0] == len(index)
    assert places[-1][0] > 1 << 32
    at = iter(film.samples)
    assert all(
        later - earlier == sum(len(next(at)) for _ in range(count)) for (earlier, count), (later, _) in pairwise(places)
    )


def test_a_film_of_many_hours_says_its_length_in_64() -> None:
    """Its clock, its tracks and its edits, which at 48 kHz is beyond a day."""
    pictures, heard = tracks()
    day_s = 25 * 3_600
    long = written(
        movie(
            replace(pictures, durations=(day_s * pictures.timescale // FRAMES,) * FRAMES),
            replace(heard, durations=(day_s * 480,) * len(heard.samples)),
            title="long",
        )
    )
    moov = first(long, "moov", "mvhd")
    edit = first(long, "moov", "trak", "edts", "elst")

    assert long[moov.body] == long[edit.body] == 1
    assert numbers(long, moov.body + 20, 1) == [48_000]
    assert numbers(long, moov.body + 24, 1, 8) == numbers(long, edit.body + 8, 1, 8) == [day_s * 48_000]
    assert read_track(long, "vide").durations[0] == day_s * pictures.timescale // FRAMES


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)], ids=str)
def test_the_film_ends_with_its_pictures(rate: Fraction, tmp_path: Path) -> None:
    """Sound ends with the last whole sample before the last picture does; another reader finds both lengths."""
    profile = Profile(64, 64, rate)
    samples = 11 * 48_000 * rate.denominator // rate.numerator
    heard = read_track(sound.encode(mix_for(11, profile), samples), "soun")
    path = tmp_path / "film.mp4"
    path.write_bytes(written(movie(read_track(segment(0, 11, profile), "vide"), heard, title="")))
    lengths = {handler: edits[0].duration for handler, edits in measure.boxes(path).edits.items()}

    assert lengths["vide"] == 11 / rate
    assert lengths["soun"] == Fraction(samples, 48_000)
    assert strict.faults(path.read_bytes()) == []
