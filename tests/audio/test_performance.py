"""A take's way through the chain: the same bytes every time, and a clear outcome for whatever is sent."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import lfilter

from services.audio import chain, decode, intake, performance, psola, rubberband, tracker
from services.audio.censor import Range
from tests.audio import singer, song
from tests.audio.conftest import CHAIN, END, OFF_KEY, RATE_HZ, START, Studio, wav

FAST = CHAIN.replace("engine: rubberband-r3", "engine: tdpsola")

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def engines(shifter: rubberband.Rubberband, swift: tracker.Swift) -> performance.Engines:
    """Everybody that a chain can name."""
    trackers: list[tracker.Tracker] = [swift, tracker.Correlation()]
    return performance.Engines(
        {one.name: one for one in trackers}, {"rubberband-r3": shifter, "tdpsola": psola.Psola()}
    )


def music_of(studio: Studio, document: str = FAST) -> performance.Music:
    """The test song with a chain."""
    band: Sound = np.sum(np.stack(studio.stems), axis=0, dtype=np.float32)
    music, _ = song.mastered(band, studio.guide, START, END, studio.notes, chain.compile_chain(document))
    return music


@pytest.fixture(scope="module")
def music(studio: Studio) -> performance.Music:
    """The test song with the fast engine."""
    return music_of(studio)


def perform(
    data: bytes, music: performance.Music, engines: performance.Engines, *ranges: Range
) -> performance.Performance:
    """All stages, one after the other."""
    take = performance.read(data, music)
    made = performance.Performance(music, engines, take, performance.find(take, music), ranges)
    for stage in made.stages():
        stage.work()
    return made


def sha256(made: performance.Performance) -> str:
    """Of the mix and the voice."""
    return hashlib.sha256(made.mixed.samples.tobytes() + made.voice.tobytes()).hexdigest()


# --- the same bytes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [CHAIN, FAST], ids=["quality", "fast"])
def test_repeats_and_workers_give_the_same_bytes(studio: Studio, engines: performance.Engines, document: str) -> None:
    """Twice in a row, and in two workers at once on fresh copies of the song, the result is one."""
    data = wav(studio.take(OFF_KEY, seed=4, bleed_db=-20))

    songs = [music_of(studio, document) for _ in range(3)]
    alone = sha256(perform(data, songs[0], engines))
    with ThreadPoolExecutor(2) as workers:
        together = list(workers.map(lambda song: sha256(perform(data, song, engines)), songs[1:]))

    assert {alone, *together} == {alone}


def test_the_size_of_blocks_changes_nothing(
    studio: Studio, engines: performance.Engines, music: performance.Music, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With plugins fed 100 or 8192 samples at a time, the mix is the same to the bit."""
    data = wav(studio.take(OFF_KEY, seed=5))
    usual = sha256(perform(data, music, engines))

    for block in (100, 8192):
        monkeypatch.setattr(chain.run_plugins, "__kwdefaults__", {"block": block})
        assert sha256(perform(data, music, engines)) == usual


# --- what is measured -------------------------------------------------------------------------------------------------


def test_what_is_reported_was_measured(studio: Studio, engines: performance.Engines, music: performance.Music) -> None:
    """Before and after differ as they must, and every measure has a value a person would believe."""
    fan = singer.Fan(detune_cents=70, vibrato_cents=25, scoop_cents=80, timing_ms=40)
    moving = music_of(studio, FAST.replace("strength: 0.7, max_shift_ms: 80", "strength: 0.8, max_shift_ms: 120"))

    made = perform(wav(studio.take(fan, late_samples=2400, bleed_db=-15)), moving, engines).measures

    assert made.recognised > 0.9
    assert -25 < made.leak_db < -8
    assert (made.notes, made.left_alone, made.octave) == (16, 0, 0)
    assert made.in_tune_before < 0.7
    assert made.in_tune_after > 0.95
    assert made.cents_after < 0.4 * made.cents_before
    assert made.late_ms_after < 0.5 * made.late_ms_before
    assert abs(made.integrated_lufs + 14) < 0.1
    assert made.true_peak_dbtp <= -1


# --- whatever is sent -------------------------------------------------------------------------------------------------


def _phone(take: Sound, arguments: list[str], folder: Path) -> bytes:
    path = folder / "phone"
    command = ["ffmpeg", "-v", "error", "-y", "-i", "pipe:0", *arguments, str(path)]
    subprocess.run(command, input=wav(take), check=True)
    return path.read_bytes()


GOOD = {
    "8 kHz telephone": ["-ar", "8000", "-c:a", "pcm_mulaw", "-f", "wav"],
    "variable-rate m4a": ["-c:a", "aac", "-q:a", "1", "-f", "ipod"],
    "webm with opus": ["-c:a", "libopus", "-b:a", "32k", "-f", "webm"],
    "3gp": ["-c:a", "aac", "-ar", "16000", "-f", "3gp"],
    "variable-rate mp3": ["-c:a", "libmp3lame", "-q:a", "6", "-f", "mp3"],
}


@pytest.mark.parametrize("name", GOOD)
def test_what_phones_send_becomes_a_mix(
    studio: Studio, engines: performance.Engines, music: performance.Music, tmp_path: Path, name: str
) -> None:
    """Through each of these codecs an off-key take comes out in tune."""
    data = _phone(studio.take(OFF_KEY, late_samples=4800, bleed_db=-22), GOOD[name], tmp_path)

    made = perform(data, music, engines).measures

    assert made.in_tune_after > 0.93
    assert made.recognised > 0.9


def test_mended_takes_become_a_mix(studio: Studio, engines: performance.Engines, music: performance.Music) -> None:
    """One dead side, a sample that is no number, and clipping below the limit are borne."""
    take = studio.take(OFF_KEY, late_samples=4800, bleed_db=-22)
    broken = take.copy()
    broken[[70_000, 70_001, 200_000]] = np.nan, np.inf, -np.inf
    file = BytesIO()
    soundfile.write(file, broken, RATE_HZ, format="WAV", subtype="FLOAT")
    loud = np.clip(take * np.float32(0.98 / np.quantile(np.abs(take), 0.998)), -0.98, 0.98)
    dead = wav(np.stack([np.zeros_like(take), take], axis=1))

    for data in (file.getvalue(), wav(loud), dead):
        assert perform(data, music, engines).measures.in_tune_after > 0.93


def test_more_than_a_few_broken_samples_are_no_recording() -> None:
    """A file that is mostly no numbers is refused as no sound."""
    file = BytesIO()
    soundfile.write(file, np.full(9 * RATE_HZ, np.nan, np.float32), RATE_HZ, format="WAV", subtype="FLOAT")

    with pytest.raises(decode.NotAudio, match="no numbers"):
        decode.decode(file.getvalue(), max_seconds=30)


def _other_song(count: int) -> Sound:
    random = np.random.default_rng(12)
    score, at = [], 3000
    while at < count - 60_000:
        length = int(random.choice([9000, 12_000, 18_000, 30_000, 40_000]))
        score.append(
            singer.Sung(at, at + length, int(random.choice([57, 60, 62, 64, 67, 71])), str(random.choice([*"aeiou"])))
        )
        at += length
    return singer.sing(score, count, OFF_KEY, 2).voice


def _speech(count: int) -> Sound:
    """Syllables of a fifth of a second whose pitch glides all the time, with pauses, as talk does."""
    random = np.random.default_rng(3)
    voice = np.zeros(count, np.float32)
    at = 2000
    while at < count - 20_000:
        length = int(random.uniform(5000, 11_000))
        hertz = random.uniform(95, 150) * np.linspace(1, random.uniform(0.6, 1.5), length)
        phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
        source = sum(np.sin(k * phase) / k for k in range(1, 25))
        voice[at : at + length] = 0.05 * source * np.hanning(length) * random.uniform(0.4, 1)
        at += length + int(random.uniform(500, 9000))
    return voice


def _fan(count: int) -> Sound:
    """A fan at the level of 1: noise that falls by 6 dB an octave."""
    noise = lfilter([1], [1, -0.95], np.random.default_rng(1).normal(0, 1, count))
    fan: Sound = (noise / noise.std()).astype(np.float32)
    return fan


BAD: dict[str, tuple[Callable[[Studio, Sound], Sound], str]] = {
    "silence": (lambda _, good: np.zeros_like(good), "TAKE_SILENT"),
    "noise": (lambda _, good: np.random.default_rng(1).normal(0, 0.05, len(good)).astype(np.float32), "TAKE_SILENT"),
    "the band alone": (
        lambda studio, good: singer.phone(
            np.concatenate([studio.backing.mean(axis=1), np.zeros(RATE_HZ, np.float32)]),
            None,
            late_samples=2400,
            bleed_db=None,
        ),
        "TAKE_SILENT",
    ),
    "another song": (lambda _, good: _other_song(len(good)), "TAKE_OTHER_SONG"),
    "speech": (lambda _, good: _speech(len(good)), "TAKE_SPOKEN"),
    "behind a fan": (lambda _, good: good + 2 * np.std(good) * _fan(len(good)), "TAKE_NOISY"),
    "clipped": (lambda _, good: np.clip(good * 40, -0.98, 0.98), "TAKE_CLIPPED"),
    "a quarter of it": (lambda _, good: good[: len(good) // 4], "TAKE_TOO_SHORT"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_sung_is_said_with_a_reason(
    studio: Studio, engines: performance.Engines, music: performance.Music, name: str
) -> None:
    """Each is refused for its own reason, with a sentence that tells the fan what to do."""
    make, reason = BAD[name]
    data = wav(make(studio, studio.take(OFF_KEY)))

    with pytest.raises(intake.UnfitTake) as caught:
        perform(data, music, engines)

    assert caught.value.reason == reason
    assert len(str(caught.value)) > 40


def test_a_fan_in_another_key_or_octave_is_no_other_song(
    studio: Studio, engines: performance.Engines, music: performance.Music
) -> None:
    """Three semitones up or an octave down, and up to 180 cents off, the song is still recognised."""
    hard = singer.Fan(detune_cents=110, detune_limit_cents=180, vibrato_cents=35, scoop_cents=100, timing_ms=40)
    for transpose, fan in ((3, OFF_KEY), (-12, hard), (0, hard)):
        line = [
            singer.Sung(note.start, note.end, note.midi + transpose, one.vowel)
            for note, one in zip(studio.notes, studio.score, strict=True)
        ]
        voice = singer.phone(singer.sing(line, END - START, fan, 7).voice, None, late_samples=0, bleed_db=None)
        assert perform(wav(voice), music, engines).measures.recognised > 0.8


def test_a_chain_may_run_without_weights(studio: Studio, engines: performance.Engines) -> None:
    """With the correlation tracker and the overlap-add engine, no network and no GPL code moves the pitch."""
    own = music_of(studio, FAST.replace("engine: tdpsola", "engine: tdpsola\n      tracker: autocorrelation"))

    made = perform(wav(studio.take(OFF_KEY)), own, engines).measures

    assert made.in_tune_after > 0.93
