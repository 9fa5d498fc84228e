"""A film in parts: they hold the film's own packets, may be made in any order, and sound and pictures stay together."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import pytest

from fancam.timebase import frame_to_sample
from media.boxes import first
from media.profile import Profile
from media.track import read_track
from services.assembler import sound, streaming
from services.assembler.splice import Piece, SegmentMismatch
from tests.assembler.conftest import PROFILE, mix_for, pieces, segment
from tests.assembler.test_splice import film
from tests.video import measure

LENGTHS = [30, 1, 50, 7]
STARTS = [0, *accumulate(LENGTHS)][:-1]
SYNC_S = Fraction(5, 1000)


def parts_of(cuts: list[Piece], profile: Profile) -> tuple[list[streaming.Parts], streaming.Parts]:
    """Pictures of every cut, made last to first, and the sound."""
    starts = [0, *accumulate(cut.frames for cut in cuts)]
    drawn = {
        number: streaming.pictures(cuts[number], profile, number + 1, starts[number])
        for number in reversed(range(len(cuts)))
    }
    heard = read_track(
        sound.encode(mix_for(starts[-1], profile), frame_to_sample(starts[-1], profile.frame_rate)), "soun"
    )
    return [drawn[number] for number in sorted(drawn)], streaming.sound(heard, profile, starts[:-1])


def test_the_stream_holds_the_films_own_packets(tmp_path: Path) -> None:
    """Hash for hash, pictures and sound are what the spliced film has."""
    cuts = pieces(LENGTHS)
    whole = film(tmp_path / "film.mp4", cuts, mix_for(sum(LENGTHS)))
    drawn, heard = parts_of(cuts, PROFILE)
    shown, sung = tmp_path / "pictures.mp4", tmp_path / "sound.mp4"
    shown.write_bytes(drawn[0].header + b"".join(part.fragments[0] for part in drawn))
    sung.write_bytes(heard.header + b"".join(heard.fragments))

    held = [first(data, "mdat") for data in heard.fragments]
    assert measure.packet_hashes(shown) == measure.packet_hashes(whole)
    assert b"".join(data[box.body : box.end] for data, box in zip(heard.fragments, held, strict=True)) == b"".join(
        read_track(whole.read_bytes(), "soun").samples
    )
    assert measure.decode_warnings(shown) == measure.decode_warnings(sung) == ""


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)], ids=str)
def test_beep_and_flash_stay_together_in_the_stream(rate: Fraction, tmp_path: Path) -> None:
    """Each second's flash and beep, out of two tracks, are within 5 ms of each other."""
    profile = Profile(64, 64, rate)
    drawn, heard = parts_of(pieces(LENGTHS, profile, flash=True), profile)
    shown, sung = tmp_path / "pictures.mp4", tmp_path / "sound.mp4"
    shown.write_bytes(drawn[0].header + b"".join(part.fragments[0] for part in drawn))
    sung.write_bytes(heard.header + b"".join(heard.fragments))

    flashes, beeps = measure.flashes(shown), measure.beeps(sung)

    assert len(flashes) == len(beeps) == int(sum(LENGTHS) / rate) + 1
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) <= SYNC_S


def test_what_is_there_plays_before_the_rest_is(tmp_path: Path) -> None:
    """The first two cuts alone are a film of their length, with its sound."""
    drawn, heard = parts_of(pieces(LENGTHS), PROFILE)
    shown, sung = tmp_path / "pictures.mp4", tmp_path / "sound.mp4"
    shown.write_bytes(drawn[0].header + b"".join(part.fragments[0] for part in drawn[:2]))
    sung.write_bytes(heard.header + b"".join(heard.fragments[:2]))

    assert [measure.number_of(luma) for luma in measure.pictures(shown)] == list(range(31))
    assert len(measure.sound(sung)) / 48_000 >= 31 / 24
    assert len(heard.fragments) == len(LENGTHS)


def test_every_coded_frame_of_sound_is_in_one_fragment() -> None:
    """Also where a cut is shorter than one of them, and has none."""
    lengths = [10, *[1] * 5, 3]
    profile = Profile(64, 64, Fraction(60))
    starts = [0, *accumulate(lengths)][:-1]
    heard = read_track(
        sound.encode(mix_for(sum(lengths), profile), frame_to_sample(sum(lengths), profile.frame_rate)), "soun"
    )
    made = streaming.sound(heard, profile, starts)
    held = [first(data, "mdat") for data in made.fragments if data]

    assert len(held) < len(lengths)
    assert sum(box.end - box.body for box in held) == sum(map(len, heard.samples))
    assert len(made.fragments) == len(lengths)


def test_a_segment_of_another_film_is_not_streamed() -> None:
    """It is refused as it is when the film is spliced, before a page sees it."""
    with pytest.raises(SegmentMismatch, match="6 frames, not 5"):
        streaming.pictures(Piece("close", 5, segment(0, 6)), PROFILE, 1, 0)
