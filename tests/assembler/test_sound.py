"""A fan's line is coded into the bed's track: nothing else is coded again, and no join is heard."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from media import cmaf
from media.segment import Source
from media.track import Track, read_track
from services.assembler import sound
from services.assembler.sound import AAC_FRAME, Bed, MixMismatch, Part
from tests.assembler.conftest import ROOT
from tests.video.masking import decibels, noise_to_mask

RATE_HZ = 48_000
Stereo = NDArray[np.float32]
"""Shape (samples, 2)."""


def flac(wave: Stereo) -> bytes:
    """A sound with 24 bits a sample, as the audio service makes them."""
    file = io.BytesIO()
    soundfile.write(file, wave, RATE_HZ, format="FLAC", subtype="PCM_24")
    return file.getvalue()


def whole(wave: Stereo) -> Stereo:
    """The same in steps of 24 bits."""
    return (np.round(np.clip(wave, -1, 1 - 2**-23) * 2**23) / 2**23).astype(np.float32)


def bed_of(wave: Stereo) -> Bed:
    """A song's bed, coded."""
    pcm = flac(wave)
    return Bed(pcm, read_track(sound.encode(pcm, len(wave)), "soun"), len(wave))


def cut(wave: Stereo, start: int, end: int) -> bytes:
    """A stretch of a film's sound."""
    return flac(wave[start:end])


def decoded(track: Track) -> NDArray[np.float32]:
    """A track's left side from time 0 on, by libavcodec in this process."""
    with av.open(io.BytesIO(cmaf.header(track) + cmaf.fragment(track, 1, 0)), "r") as container:
        planes = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(planes)


@dataclass(frozen=True)
class Song:
    """A film's sound without a fan, and with one."""

    bed: Bed
    plain: Stereo
    sung: Stereo
    first: int
    last: int
    """The samples between which they differ."""

    def mix(self, margin: int = 48 * AAC_FRAME) -> tuple[bytes, int]:
        """What the audio service hands over: the line with some bed around it."""
        start = max(0, (self.first - margin) // AAC_FRAME * AAC_FRAME)
        return cut(self.sung, start, self.last + 1 + margin), start


@pytest.fixture(scope="module")
def song() -> Song:
    """Sixteen seconds of the demo song: a line of the guide in the middle, and a band that steps back for it."""
    folder = ROOT / "campaigns" / "demo" / "song"
    guide = soundfile.read(folder / "guide.flac", dtype="float32")[0]
    begins = max(0, int(np.flatnonzero(np.abs(guide) > 1e-3)[0]) - 5 * RATE_HZ)
    part = slice(begins, begins + 16 * RATE_HZ)
    stems = [
        soundfile.read(folder / f"{name}.flac", 16 * RATE_HZ, begins, dtype="float32", always_2d=True)[0]
        for name in ("drums", "music", "backing_vocals")
    ]
    band = sum(stems, np.zeros((1, 2), np.float32))
    voice = guide[part].copy()
    voice[11 * RATE_HZ :] = 0
    voice *= np.interp(np.arange(len(voice)), [10 * RATE_HZ, 11 * RATE_HZ], [1, 0])
    near = np.convolve(np.abs(voice), np.ones(2_400) / 2_400, "same")
    duck = 1 - 0.3 * np.clip(near / 0.03, 0, 1)
    level = 0.8 / np.abs(band + voice[:, None]).max()
    plain = whole(level * band)
    sung = whole(np.where(near[:, None] > 1e-4, level * (band * duck[:, None] + voice[:, None]), plain))
    differ = np.flatnonzero(np.any(plain != sung, axis=1))
    return Song(bed_of(plain), plain, sung, int(differ[0]), int(differ[-1]))


@pytest.fixture(scope="module")
def made(song: Song) -> Part:
    """What the fan changes of the song."""
    return sound.part(song.bed, *song.mix())


def test_only_what_the_fan_changes_is_coded_anew(song: Song, made: Part) -> None:
    """Before the line and after it every frame is the bed's own, byte by byte; within it hardly one is."""
    track = sound.laid(song.bed.track, made)
    end = made.first + len(made.frames)
    old = song.bed.track.samples

    assert track.samples[: made.first] == old[: made.first]
    assert track.samples[end:] == old[end:]
    assert len(track.samples) == len(old)
    assert song.first // AAC_FRAME - 8 <= made.first <= song.first // AAC_FRAME
    assert song.last // AAC_FRAME + 2 <= end <= song.last // AAC_FRAME + 10
    assert sum(one == other for one, other in zip(made.frames, old[made.first : end], strict=True)) < 8


def test_the_fan_is_coded_as_in_a_song_coded_whole(song: Song, made: Part) -> None:
    """Where coding begins is forgotten after a few frames: those of the line are what one coding of all would give."""
    once = bed_of(song.sung).track.samples[made.first : made.first + len(made.frames)]
    same = [one == other for one, other in zip(made.frames, once, strict=True)]

    assert all(same[:10])
    assert same.count(False) < len(same) / 40


def test_what_coding_adds_is_masked(song: Song, made: Part) -> None:
    """By the ear of ITU-R BS.1387, with 18 dB to spare in the line and 12 in its worst 43 ms."""
    track = sound.laid(song.bed.track, made)
    line = slice(song.first, song.last)
    ratios = noise_to_mask(song.sung[line, 0], decoded(track)[line])

    assert decibels(ratios) < -18
    assert max(decibels(frame) for frame in ratios) < -12


def test_what_is_stored_comes_back(song: Song, made: Part) -> None:
    """A fan's part is kept as a fragment that says where it begins; the film and the stream are made of that."""
    assert sound.unpacked(sound.packed(song.bed.track, made)) == made
    assert sound.unpacked(sound.packed(song.bed.track, Part(0, ()))) == Part(0, ())


def test_a_whole_mix_is_a_window_that_begins_at_once(song: Song, made: Part) -> None:
    """Whoever hands over the whole song gets the same track, at the price of the line."""
    assert sound.part(song.bed, flac(song.sung), 0) == made


def test_a_mix_that_is_the_bed_changes_nothing(song: Song) -> None:
    """A line in which nobody sang."""
    assert sound.part(song.bed, cut(song.plain, 4_096, 200_000), 4_096) == Part(0, ())


@pytest.fixture(scope="module")
def tone() -> tuple[Bed, Stereo]:
    """Three seconds and a bit of a steady tone with a breath of noise: coded, and as samples."""
    at = np.arange(3 * RATE_HZ + 777)
    wave = 0.3 * np.sin(2 * np.pi * 441 / RATE_HZ * at) + 1e-4 * np.random.default_rng(7).standard_normal(len(at))
    plain = whole(np.stack([wave, wave], 1))
    return bed_of(plain), plain


def _louder(plain: Stereo, first: int, last: int) -> Stereo:
    louder = plain.copy()
    louder[first:last] = whole(1.5 * plain[first:last])
    return louder


def test_no_join_is_heard(tone: tuple[Bed, Stereo]) -> None:
    """Where codings meet is no more error than in a song coded whole; frames that overlap wrongly have ten times it."""
    bed, plain = tone
    first, last = 60_500, 90_500
    sung = _louder(plain, first, last)
    made = sound.part(bed, cut(sung, first - 20_000, last + 20_000), first - 20_000)
    low = made.first * AAC_FRAME
    cold = read_track(sound.encode(cut(sung, low, len(sung)), len(sung) - low), "soun").samples[: len(made.frames)]
    meets = [(frame - 1) * AAC_FRAME for frame in (made.first, made.first + len(made.frames))]

    def worst(track: Track) -> float:
        error = np.abs(decoded(track)[: len(plain)] - sung[:, 0])
        return max(float(error[at : at + AAC_FRAME].max()) for at in meets)

    ours, once = worst(sound.laid(bed.track, made)), worst(bed_of(sung).track)
    assert ours <= 1.01 * once
    assert worst(sound.laid(bed.track, Part(made.first, tuple(map(bytes, cold))))) > 10 * ours


def test_any_stretch_is_laid_in(tone: tuple[Bed, Stereo]) -> None:
    """Wherever a louder stretch begins and ends, also with the film, all around it sounds as the bed does alone."""
    bed, plain = tone
    alone, random = decoded(bed.track), np.random.default_rng(11)
    begins = [0, 1, len(plain) - 1, *(int(first) for first in random.integers(0, len(plain), 12))]
    for first in begins:
        last = min(first + int(random.integers(1, 60_000)), len(plain))
        start = max(0, first - sound.MARGIN - int(random.integers(0, 30_000)))
        end = min(len(plain), last + sound.MARGIN)
        made = sound.part(bed, cut(_louder(plain, first, last), start, end), start)
        track = sound.laid(bed.track, made)
        heard = decoded(track)

        assert track.durations == bed.track.durations
        assert len(track.samples) == len(track.durations)
        around = np.ones(len(alone), bool)
        around[max(0, made.first - 1) * AAC_FRAME : (made.first + len(made.frames)) * AAC_FRAME] = False
        assert np.array_equal(heard[around], alone[around])
        assert np.abs(heard - alone).max() > 0.1 or last - first < 100


STROKES = 0.3 * np.exp(-(np.arange(3 * RATE_HZ) % 9_600) / 900)
HISS = np.random.default_rng(13).uniform(-1, 1, (3 * RATE_HZ, 2))
LARGEST_BYTES = 2 * 6_144 // 8
"""What a decoder must hold of a frame of two channels (ISO/IEC 14496-3, 4.5.3.1)."""


@pytest.mark.parametrize(
    "bed",
    [0 * HISS, HISS * [0.1, 0], HISS, STROKES[:, None] * HISS],
    ids=["silence", "one side", "noise at full scale", "strokes"],
)
def test_a_line_is_laid_into_any_bed(bed: NDArray[np.float64]) -> None:
    """However hard the bed is to code: joins are near the line, all around it is untouched, no frame is too large."""
    plain, line = whole(bed.astype(np.float32)), slice(60_500, 90_500)
    sung = plain.copy()
    hum = 0.2 * np.sin(np.arange(30_000) / 25)[:, None]
    sung[line] = whole((0.5 * plain[line] + hum).astype(np.float32))
    coded = bed_of(plain)
    made = sound.part(coded, cut(sung, 50_000, 100_000), 50_000)
    track = sound.laid(coded.track, made)
    around = np.ones(len(plain), bool)
    around[(made.first - 1) * AAC_FRAME : (made.first + len(made.frames)) * AAC_FRAME] = False

    assert len(made.frames) < 30_000 // AAC_FRAME + 12
    assert np.array_equal(decoded(track)[: len(plain)][around], decoded(coded.track)[: len(plain)][around])
    assert max(map(len, track.samples)) <= LARGEST_BYTES


def test_the_same_mix_gives_the_same_frames(song: Song, made: Part) -> None:
    """A repeated step has the same address in the store."""
    assert sound.part(song.bed, *song.mix()) == made


def test_a_join_is_looked_for_further_away(song: Song, made: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bed near the line is windowed otherwise, more of it is coded again."""
    fade = sound._fade
    odd = {id(frame) for frame in song.bed.track.samples[made.first - 60 : made.first + 4]}
    monkeypatch.setattr(sound, "_fade", lambda frame: None if id(frame) in odd else fade(frame))
    longer = sound.part(song.bed, *song.mix())

    assert longer.first < made.first - 59
    assert longer.first + len(longer.frames) == made.first + len(made.frames)


def _moved(song: Song) -> tuple[bytes, int]:
    mix, start = song.mix()
    return mix, start + AAC_FRAME


def _early(song: Song) -> tuple[bytes, int]:
    start = song.first - sound.MARGIN + 1
    return cut(song.sung, start, song.last + sound.MARGIN + 1), start


def _late(song: Song) -> tuple[bytes, int]:
    start = song.first - sound.MARGIN
    return cut(song.sung, start, song.last + sound.MARGIN), start


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (_moved, r"at sample \d+ of the film, \d+ after its first, it differs from the bed; it must begin"),
        (_early, "8191 after its first"),
        (_late, "8191 before its last.*must end"),
        (lambda song: (flac(song.sung), 1), "ends at sample 768001, the film at 768000"),
        (lambda song: (flac(song.sung[:, :1]), 0), "1 channels"),
        (lambda song: (flac(song.sung)[:90_000], 0), "cannot be decoded"),
        (lambda song: (b"RIFF" + bytes(99), 0), "cannot be decoded"),
    ],
    ids=["moved", "early", "late", "long", "mono", "truncated", "foreign"],
)
def test_a_mix_of_another_film_is_refused(made: object, named: str, song: Song) -> None:
    """What is wrong is named, with the sample where there is one."""
    with pytest.raises(MixMismatch, match=named):
        sound.part(song.bed, *made(song))  # type: ignore[operator]  # one of the functions above


def test_the_fans_sound_costs_what_the_line_costs(song: Song, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a film five times as long the same frames are coded, and as much of the bed is read."""
    plain = np.concatenate([song.plain] * 5)
    pcm, old = flac(plain), song.bed.track
    # Only the bed's first frames are looked at: those behind the line need not be this song's.
    long = Bed(pcm, replace(old, samples=old.samples[:-1] * 5, durations=old.durations[:-1] * 5), len(plain))
    read, asked = sound._read, list[int]()

    def counted(pcm: Source, low: int, high: int) -> Iterator[sound.Pcm]:
        asked.append(max(0, high - low))
        return read(pcm, low, high)

    monkeypatch.setattr(sound, "_read", counted)
    costs = []
    for bed in (song.bed, long):
        asked.clear()
        made = sound.part(bed, *song.mix())
        costs.append((len(made.frames), sum(asked)))

    assert costs[0] == costs[1]
