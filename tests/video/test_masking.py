"""The ear that judges codings hears what people hear, and is deaf to what they are deaf to."""

from __future__ import annotations

import numpy as np
import pytest

from tests.video.masking import CENTRES_HZ, RATE_HZ, Wave, decibels, noise_to_mask

SECOND = np.arange(RATE_HZ)


def tone(hz: float, level_db: float) -> Wave:
    """A second of a sine, by its amplitude."""
    wave: Wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz / RATE_HZ * SECOND)
    return wave


def hiss(hz: float, level_db: float) -> Wave:
    """A second of noise around a frequency, a sixth of an octave wide, by its level."""
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(RATE_HZ))
    spectrum[np.abs(np.log2(np.maximum(np.fft.rfftfreq(RATE_HZ, 1 / RATE_HZ), 1) / hz)) > 1 / 12] = 0
    wave = np.fft.irfft(spectrum)
    levelled: Wave = wave * 10 ** (level_db / 20) / np.sqrt((wave**2).mean())
    return levelled


def worst_db(meant: Wave, noise: Wave) -> float:
    """The band in which most is heard of a noise."""
    return max(decibels(band) for band in noise_to_mask(meant, meant + noise).T)


def test_ten_decibels_are_ten_decibels() -> None:
    """Noise is measured against what masks it."""
    music = hiss(1_000, -20)
    levels = [worst_db(music, tone(1_050, level)) for level in (-60, -50, -40)]

    assert np.diff(levels) == pytest.approx([10, 10], abs=0.5)


def test_noise_beside_a_tone_is_masked_and_noise_far_from_it_is_heard() -> None:
    """20 dB below a tone: within its band hardly heard, two octaves away loud."""
    loud = tone(1_000, -10)

    assert worst_db(loud, hiss(1_000, -40)) < 0
    assert worst_db(loud, hiss(4_000, -40)) > 20


def test_a_tone_masks_upwards_more_than_downwards() -> None:
    """As in every ear since Wegel and Lane."""
    loud = tone(1_000, -10)

    assert worst_db(loud, hiss(2_000, -60)) < worst_db(loud, hiss(500, -60)) - 10


def test_a_louder_tone_reaches_further_up() -> None:
    """The slope upwards is shallower by a fifth of a decibel per decibel and Bark."""
    near, far = (worst_db(tone(1_000, level), hiss(2_000, level - 40)) for level in (-10, -30))

    assert near < far - 5


def test_a_beginning_is_not_masked_by_what_comes() -> None:
    """Noise that lies before a sound, as of a coder that smears it, is heard; the same within it is not."""
    late = hiss(1_000, -20) * (SECOND > RATE_HZ // 2)
    before, within = np.zeros(RATE_HZ), np.zeros(RATE_HZ)
    before[RATE_HZ // 2 - 6_000 : RATE_HZ // 2 - 3_000] = hiss(1_000, -50)[:3_000]
    within[RATE_HZ // 2 + 9_000 : RATE_HZ // 2 + 12_000] = hiss(1_000, -50)[:3_000]

    assert worst_db(late, before) > worst_db(late, within) + 20


def test_bands_are_those_of_the_standard() -> None:
    """109 of a quarter of a Bark, from 80 Hz to 18 kHz."""
    assert len(CENTRES_HZ) == 109
    assert CENTRES_HZ[[0, 1, -1]] == pytest.approx([91.708, 115.216, 17_690.045], abs=0.01)
