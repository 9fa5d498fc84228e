"""A film is its segments' packets, untouched, in order, in time with one continuous sound; nobody can find a seam."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fancam.timebase import frame_to_sample
from media import strict
from media.movie import Chapter
from media.profile import Codec, Profile
from media.track import codecs, read_track
from services.assembler import sound
from services.assembler.sound import MixMismatch
from services.assembler.splice import Piece, SegmentMismatch, splice
from tests.assembler.conftest import PROFILE, flac, mix_for, pieces, segment
from tests.video import measure

SYNC_S = Fraction(10, 1000)
"""A flash and a beep further apart than this would be noticed (ITU-R BT.1359 begins to see it at 22 ms)."""

AAC_FRAMES_SAMPLES = 2 * 1024
"""Priming, which a player drops, and what the last frame holds beyond the end."""

LENGTHS = [24, 1, 50, 7, 61, 2, 23]


def film(
    path: Path, cuts: list[Piece], mix: bytes, profile: Profile = PROFILE, chapters: tuple[Chapter, ...] = ()
) -> Path:
    """Splice to `path`."""
    samples = frame_to_sample(sum(cut.frames for cut in cuts), profile.frame_rate)
    heard = read_track(sound.encode(mix, samples), "soun")
    made = splice(profile, cuts, heard, title="Für Dich – 你", report=lambda *_: None, chapters=chapters)
    path.write_bytes(b"".join(made.parts))
    return path


@pytest.fixture(scope="module")
def spliced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Piece]]:
    """One film of seven cuts, and its cuts."""
    cuts = pieces(LENGTHS)
    return film(tmp_path_factory.mktemp("film") / "film.mp4", cuts, mix_for(sum(LENGTHS))), cuts


def test_every_packet_in_the_film_is_the_encoded_one(spliced: tuple[Path, list[Piece]], tmp_path: Path) -> None:
    """Hashes that ffmpeg finds in the film are those that it finds in the segments, one after the other."""
    path, cuts = spliced
    expected = []
    for cut in cuts:
        one = tmp_path / "one.mp4"
        one.write_bytes(cut.source if isinstance(cut.source, bytes) else cut.source.read_bytes())
        expected += measure.packet_hashes(one)

    assert measure.packet_hashes(path) == expected
    assert len(expected) == sum(LENGTHS)


def test_every_frame_is_there_once_and_in_order(spliced: tuple[Path, list[Piece]]) -> None:
    """The numbers that the frames carry come back as they went in, over every join."""
    assert [measure.number_of(luma) for luma in measure.pictures(spliced[0])] == list(range(sum(LENGTHS)))


def test_decoding_the_film_warns_of_nothing(spliced: tuple[Path, list[Piece]]) -> None:
    """A strict decoder is silent from the first frame to the last."""
    assert measure.decode_warnings(spliced[0]) == ""


def test_the_file_is_made_to_be_streamed_and_shown(spliced: tuple[Path, list[Piece]]) -> None:
    """The index comes before the media, the title is whole, colours are declared, both tracks are exactly as long."""
    path, _ = spliced
    boxes = measure.boxes(path)
    video, audio, container = measure.streams(path)
    length = Fraction(sum(LENGTHS), 24)

    assert boxes.order.index("moov") < boxes.order.index("mdat")
    assert container["tags"]["title"] == "Für Dich – 你"  # type: ignore[index]
    assert [video[key] for key in ("color_range", "color_space", "color_primaries")] == ["tv", "bt709", "bt709"]
    assert (audio["sample_rate"], audio["channels"]) == ("48000", 2)
    assert boxes.edits == {"vide": [measure.Edit(length, 0)], "soun": [measure.Edit(length, 1024)]}


RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60)]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_beep_and_flash_stay_together_over_the_whole_film(rate: Fraction, tmp_path: Path) -> None:
    """A flash and a beep each second are decoded within 10 ms of each other, also after many joins."""
    profile = Profile(64, 64, rate)
    lengths = [round(rate), 1, 3, round(rate * 2), 7, round(rate), 2, round(rate * 3 / 2)]
    path = film(tmp_path / "film.mp4", pieces(lengths, profile, flash=True), mix_for(sum(lengths), profile), profile)

    flashes, beeps = measure.flashes(path), measure.beeps(path)

    assert len(flashes) == len(beeps) == int(sum(lengths) / rate) + 1
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) <= SYNC_S
    assert measure.presented(path) == [number / rate for number in range(sum(lengths))]


def test_no_join_of_pictures_is_heard(tmp_path: Path) -> None:
    """Around joins a steady tone comes out as it does elsewhere: no step, no gap, no more error than between them."""
    samples = frame_to_sample(sum(LENGTHS), PROFILE.frame_rate)
    tone = 0.4 * np.sin(2 * np.pi * 441 / 48_000 * np.arange(samples)).astype(np.float32)
    path = film(tmp_path / "film.mp4", pieces(LENGTHS), flac(samples, wave=np.stack([tone, tone], 1)))
    heard = measure.sound(path)[:samples]
    joins = [frame_to_sample(frame, PROFILE.frame_rate) for frame in np.cumsum(LENGTHS)[:-1].tolist()]

    step = np.abs(np.diff(heard, 2))
    error = np.abs(heard - tone[: len(heard)])
    near = np.zeros(len(heard), bool)
    for join in joins:
        near[join - 480 : join + 480] = True
    away = ~near
    away[:4_800], away[-4_800:] = False, False  # the encoder's own beginning and end

    assert step[near[:-2]].max() <= 1.05 * step[away[:-2]].max()
    assert np.sqrt((error[near] ** 2).mean()) <= 1.5 * np.sqrt((error[away] ** 2).mean())


@settings(max_examples=60)
@given(lengths=st.lists(st.integers(1, 20), min_size=1, max_size=8), rate=st.sampled_from(RATES))
def test_any_timeline_comes_out_whole(lengths: list[int], rate: Fraction, tmp_path: Path) -> None:
    """Cuts of any lengths from one frame upward, at any rate: every number once, in order, at its exact time."""
    profile = Profile(64, 64, rate)
    path = film(tmp_path / "film.mp4", pieces(lengths, profile), mix_for(sum(lengths), profile), profile)

    found = measure.played(path)

    assert found.numbers == list(range(sum(lengths)))
    assert found.times == [number / rate for number in range(sum(lengths))]
    assert 0 <= found.sound_samples - frame_to_sample(sum(lengths), rate) < AAC_FRAMES_SAMPLES
    assert found.complaints == ""


@pytest.mark.parametrize("codec", [Codec.HEVC, Codec.AV1])
def test_other_codecs_are_spliced_as_h264_is(codec: Codec, tmp_path: Path) -> None:
    """Every packet is the encoded one, every frame is there in order at its time, and decoding is silent."""
    profile = Profile(160, 96, Fraction(24), codec=codec)
    cuts = pieces([24, 1, 50], profile)
    path = film(tmp_path / "film.mp4", cuts, mix_for(75, profile), profile)
    expected = []
    for cut in cuts:
        one = tmp_path / "one.mp4"
        one.write_bytes(cut.source if isinstance(cut.source, bytes) else cut.source.read_bytes())
        expected += measure.packet_hashes(one)

    assert measure.packet_hashes(path) == expected
    assert [measure.number_of(luma) for luma in measure.pictures(path)] == list(range(75))
    assert measure.presented(path) == [Fraction(number, 24) for number in range(75)]
    assert measure.decode_warnings(path) == ""
    assert strict.faults(path.read_bytes()) == []
    # Apple's players take HEVC whose parameter sets are in the header alone, and that says so.
    assert codecs(read_track(path.read_bytes(), "vide"))[:4] == {Codec.HEVC: "hvc1", Codec.AV1: "av01"}[codec]


def test_the_same_inputs_give_the_same_film(tmp_path: Path) -> None:
    """A repeated step has the same address in the store."""
    cuts, mix = pieces([5, 6]), mix_for(11)

    assert film(tmp_path / "a.mp4", cuts, mix).read_bytes() == film(tmp_path / "b.mp4", cuts, mix).read_bytes()


Other = Callable[[], bytes]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (lambda: segment(5, 5), "5 frames, not 6"),
        (lambda: segment(5, 6, Profile(176, 284, Fraction(24))), "size 176x284, not 160x284"),
        (lambda: segment(5, 6, Profile(160, 284, Fraction(25))), "25 frames per second, not 24"),
        (lambda: segment(5, 6, Profile(160, 284, Fraction(24), preset="ultrafast")), "parameter set 0 differs"),
        (lambda: segment(5, 6, Profile(160, 284, Fraction(24), codec=Codec.HEVC)), "HEVC, not H.264"),
        (lambda: segment(5, 6, Profile(160, 284, Fraction(24), codec=Codec.AV1)), "AV1, not H.264"),
        (lambda: segment(5, 6)[:-3], "cut short"),
        (lambda: b"", "no picture|not an MP4"),
        (lambda: b"<html>" * 99, "not an MP4"),
    ],
    ids=["length", "size", "rate", "parameters", "HEVC", "AV1", "truncated", "empty", "foreign"],
)
def test_a_segment_that_does_not_fit_is_named(other: Other, named: str, tmp_path: Path) -> None:
    """Whatever is wrong with a segment, the cut is named with the reason."""
    cuts = [*pieces([5]), Piece("close", 6, other())]
    with pytest.raises(SegmentMismatch, match=named) as caught:
        film(tmp_path / "film.mp4", cuts, mix_for(11))
    assert caught.value.cut == "close"


@pytest.mark.parametrize(
    ("mix", "named"),
    [
        (flac(frame_to_sample(11, Fraction(24)) - 1), "has 21999 samples, the film 22000"),
        (flac(frame_to_sample(11, Fraction(24)) + 480), "has 22480 samples, the film 22000"),
        (flac(22_000, channels=1), "1 channels"),
        (flac(22_000, rate_hz=44_100), "44100 Hz"),
        (flac(22_000)[: len(flac(22_000)) // 2], "samples, the film 22000|cannot be decoded"),
        (b"", "cannot be decoded"),
        (b"RIFF" + bytes(100), "cannot be decoded|sound streams"),
    ],
    ids=["short", "long", "mono", "44100", "truncated", "empty", "foreign"],
)
def test_a_mix_that_does_not_fit_is_refused(mix: bytes, named: str, tmp_path: Path) -> None:
    """A mix of another length or form would drift or end early."""
    with pytest.raises(MixMismatch, match=named):
        film(tmp_path / "film.mp4", pieces([5, 6]), mix)
