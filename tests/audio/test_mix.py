"""A voice stands in its band as asked, and the band makes room for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import meter, mix
from tests.audio.conftest import OFF_KEY, RATE_HZ, SAMPLES, START, Studio

DUCK = mix.Duck(by_db=6, threshold_db=-40, attack_ms=15, release_ms=250)


@pytest.mark.parametrize("gain_db", [-25, 0])
def test_the_voice_stands_as_far_above_the_band_as_asked(studio: Studio, gain_db: float) -> None:
    """The level of the recording does not matter: over the line, voice and band are as far apart as asked."""
    voice = mix.place(studio.take(OFF_KEY) * np.float32(10 ** (gain_db / 20)), START, SAMPLES)
    band: NDArray[np.float32] = np.sum(np.stack(studio.stems), axis=0, dtype=np.float32)

    mixed = mix.blend(mix.band(band), voice, voice_over_backing_lu=2, duck=mix.Duck(0, -40, 15, 250))

    alone = mixed.samples - band
    sounding = np.flatnonzero(np.abs(alone[:, 0]) > 1e-3 * np.abs(alone).max())
    part = slice(sounding[0], sounding[-1])
    assert meter.loudness_lufs(alone[part]) - meter.loudness_lufs(band[part]) == pytest.approx(2, abs=0.2)


def test_the_band_steps_back_while_the_voice_sounds() -> None:
    """The band falls by the asked decibels within a few attacks, and returns after the voice has ended."""
    voice = np.zeros(6 * RATE_HZ, np.float32)
    voice[2 * RATE_HZ : 4 * RATE_HZ] = 0.2

    gain_db = 20 * np.log10(mix.duck_curve(voice, DUCK))

    assert gain_db[RATE_HZ] == pytest.approx(0, abs=0.01)
    assert gain_db[3 * RATE_HZ] == pytest.approx(-6, abs=0.05)
    assert gain_db[2 * RATE_HZ + RATE_HZ // 10] < -5.5
    assert -6 < gain_db[4 * RATE_HZ + RATE_HZ // 4] < -1
    assert gain_db[-1] > -0.1
    assert max(abs(a - b) for a, b in pairwise(gain_db[::48].tolist())) < 0.5


def test_placing_cuts_what_sticks_out() -> None:
    """A voice that begins before or ends after the song is cut at its edges."""
    voice = np.arange(1, 11, dtype=np.float32)

    np.testing.assert_array_equal(mix.place(voice, -3, 5), [4, 5, 6, 7, 8])
    np.testing.assert_array_equal(mix.place(voice, 3, 5), [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(mix.place(voice, 9, 5), [0, 0, 0, 0, 0])


def test_only_what_is_heard_is_changed(studio: Studio) -> None:
    """Before the voice, and after the band has come back, the blend is the band to the bit."""
    band = mix.band(studio.stems[0])
    voice = np.zeros(2 * RATE_HZ, np.float32)
    voice[RATE_HZ // 2 : RATE_HZ] = studio.take(OFF_KEY)[RATE_HZ : RATE_HZ + RATE_HZ // 2]

    sung = mix.blend(band, voice, START, voice_over_backing_lu=1, duck=DUCK)

    differs = np.flatnonzero(np.any(sung.samples != band.samples, axis=1))
    assert sung.changed[0] <= differs[0]
    assert differs[-1] < sung.changed[1]
    assert START < sung.changed[0] < START + RATE_HZ
    assert START + RATE_HZ < sung.changed[1] < START + RATE_HZ + DUCK.tail
    np.testing.assert_array_equal(sung.samples[: sung.changed[0]], band.samples[: sung.changed[0]])
    np.testing.assert_array_equal(sung.samples[sung.changed[1] :], band.samples[sung.changed[1] :])


def test_silence_changes_nothing(studio: Studio) -> None:
    """A voice that is not heard leaves the band, with an empty range."""
    band = mix.band(studio.stems[0])

    sung = mix.blend(band, np.zeros(RATE_HZ, np.float32), START, voice_over_backing_lu=1, duck=DUCK)

    assert sung.changed[0] == sung.changed[1]
    np.testing.assert_array_equal(sung.samples, band.samples)
