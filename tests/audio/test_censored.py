"""What moderation names is not heard in the finished song, nor guessed from what is left of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import performance, psola, tracker
from services.audio.censor import Action, Range
from tests.audio.conftest import RATE_HZ, START, Studio, wav
from tests.audio.singer import Fan
from tests.audio.test_performance import FAST, music_of, perform

# The fan's own time: what is placed lies where it was sung.
STILL = FAST.replace("strength: 0.7, max_shift_ms: 80", "strength: 0, max_shift_ms: 80")
FAN = Fan(detune_cents=70, vibrato_cents=25, scoop_cents=80)
BLEEP_HZ, BLEEP_DB = 1000, -6.0

SAID, LAST = (2.0, 2.5), (7.5, 8.2)
"""Notes of the line that are censored, in seconds from its first sample; nothing is sung after the last one."""

LATE = RATE_HZ // 2
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """The finished song from the line's first sample on, and the fan's voice alone; both of shape (samples,)."""

    song: Sound
    voice: Sound


@pytest.fixture(scope="module")
def engines(swift: tracker.Swift) -> performance.Engines:
    """The fast engine alone."""
    return performance.Engines({swift.name: swift}, {"tdpsola": psola.Psola()})


@pytest.fixture(scope="module")
def music(studio: Studio) -> performance.Music:
    """The test song, in which a fan's own time is kept."""
    return music_of(studio, STILL)


def hear(
    take: Sound,
    music: performance.Music,
    engines: performance.Engines,
    span: tuple[float, float] | None = None,
    action: Action = "mute",
) -> Heard:
    """A take that came late, sung into the song, with a stretch of it censored."""
    ranges = [Range(span[0] + LATE / RATE_HZ, span[1] + LATE / RATE_HZ, action)] if span else []
    made = perform(wav(take), music, engines, *ranges)
    return Heard(made.mixed.samples[START - made.mixed.start :].mean(axis=1), made.voice)


@pytest.fixture(scope="module")
def take(studio: Studio) -> Sound:
    """A fan's recording, with the band in it."""
    return studio.take(FAN, seed=4, late_samples=LATE, bleed_db=-20)


@pytest.fixture(scope="module", params=["bleep", "mute", "replace"])
def made(
    request: pytest.FixtureRequest, take: Sound, music: performance.Music, engines: performance.Engines
) -> tuple[Action, Heard]:
    """The take with a stretch censored, in each way."""
    return request.param, hear(take, music, engines, SAID, request.param)


@pytest.fixture(scope="module")
def plain(take: Sound, music: performance.Music, engines: performance.Engines) -> Heard:
    """The take with nothing censored."""
    return hear(take, music, engines)


def samples(span: tuple[float, float]) -> slice:
    """A stretch of the line in samples."""
    return slice(round(span[0] * RATE_HZ), round(span[1] * RATE_HZ))


def amplitudes(song: Sound, plain: Heard, studio: Studio, span: tuple[float, float]) -> dict[str, float]:
    """How much of the band, the fan, the guide and a tone are in a stretch of a song, told apart by least squares."""
    inside = samples(span)
    phase = 2 * np.pi * BLEEP_HZ * np.arange(inside.start, inside.stop) / RATE_HZ
    parts = {
        "band": studio.backing.mean(axis=1)[inside],
        "fan": plain.voice[inside],
        "guide": studio.line_guide[inside],
        "sine": np.sin(phase),
        "cosine": np.cos(phase),
    }
    found, *_ = np.linalg.lstsq(np.stack(list(parts.values()), axis=1), song[inside], rcond=None)
    return dict(zip(parts, map(float, found), strict=True))


def test_the_fans_voice_is_gone_from_the_finished_song(
    studio: Studio, plain: Heard, made: tuple[Action, Heard]
) -> None:
    """Where a word was sung the song has the band, and with it a tone at its level, nothing, or the guide."""
    action, heard = made
    sung = amplitudes(plain.song, plain, studio, SAID)
    left = amplitudes(heard.song, plain, studio, SAID)
    voice_db = _db(sung["fan"] * _rms(plain.voice[samples((0.0, 7.8))]))
    tone_db = _db(np.hypot(left["sine"], left["cosine"]) / np.sqrt(2))
    guide_db = _db(left["guide"] * _rms(studio.line_guide[samples(SAID)]))

    assert abs(left["fan"]) < 0.02 * sung["fan"]
    assert left["band"] > 0.9 * sung["band"]
    assert (abs(tone_db - voice_db - BLEEP_DB) < 1.5) if action == "bleep" else (tone_db < voice_db - 30)
    assert (abs(guide_db - voice_db) < 4) if action == "replace" else (guide_db < voice_db - 30)


def test_the_rest_of_the_line_is_left_alone(plain: Heard, made: tuple[Action, Heard]) -> None:
    """Half a second away from what is censored the voice is the fan's own."""
    for span in ((0.0, SAID[0] - 0.1), (SAID[1] + 0.5, 7.8)):
        off = made[1].voice[samples(span)] - plain.voice[samples(span)]
        assert _rms(off) < 0.01 * _rms(plain.voice[samples(span)])


def test_no_echo_tells_what_was_sung(
    take: Sound, plain: Heard, music: performance.Music, engines: performance.Engines
) -> None:
    """After a last word that is muted the room rings as if it had never been sung."""
    unsung = take.copy()
    unsung[samples((LAST[0] + LATE / RATE_HZ, 99.0))] = 0

    muted, silent = (hear(each, music, engines, LAST).song for each in (take, unsung))

    after = samples((LAST[1] + 0.05, LAST[1] + 0.8))
    assert _beside(muted[after], silent[after]) < 0.03 * _beside(plain.song[after], silent[after])


def _beside(song: Sound, other: Sound) -> float:
    """What is in a song beside another one, whatever their levels."""
    return _rms(song - float(song @ other / (other @ other)) * other)


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def _db(amplitude: float) -> float:
    return float(20 * np.log10(max(1e-6, abs(amplitude))))
