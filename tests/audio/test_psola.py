"""The fast engine moves pitch as well as the slow one, and leaves the rest of the voice where it is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import pitch, psola, tracker
from services.audio.psola import overlap_add
from tests.audio import singer
from tests.audio.conftest import OFF_KEY, RATE_HZ, Studio
from tests.audio.test_pitch import HARD, STRICT, _formant_hz, share, stable, voice


@pytest.mark.parametrize(
    ("fan", "seed", "least"), [(OFF_KEY, 1, 0.99), (HARD, 2, 0.97)], ids=["off key", "up to 180 cents off"]
)
def test_a_tuned_take_lands_on_the_melody(
    studio: Studio, swift: tracker.Swift, fan: singer.Fan, seed: int, least: float
) -> None:
    """By an independent ear 99 % of the stable frames lie within 25 cents of the melody, 97 % for a fan far off."""
    ear = tracker.Correlation()
    sung = voice(studio, fan, seed).voice
    heard = swift.track(sung, studio.notes)

    tuned = psola.Psola().shift(sung, pitch.correct(heard, studio.notes, STRICT).shift, heard)

    assert len(tuned) == len(sung)
    after, before = ear.track(tuned, []), ear.track(sung, [])
    melody, mask = pitch.written(studio.notes, len(after)), stable(studio.notes, len(after))
    assert share(before, melody, mask, 25) < 0.5
    assert share(after, melody, mask, 25) >= least


def test_a_take_from_a_noisy_room_lands_as_well(studio: Studio, swift: tracker.Swift) -> None:
    """With echo, noise and a leak, 97 % of the stable frames lie within 50 cents."""
    take = studio.take(OFF_KEY, bleed_db=-20, snr_db=22)[: 8 * RATE_HZ]
    heard = swift.track(take, studio.notes)

    tuned = psola.Psola().shift(take, pitch.correct(heard, studio.notes, STRICT).shift, heard)

    after = tracker.Correlation().track(tuned, [])
    mask = stable(studio.notes, len(after))
    assert share(after, pitch.written(studio.notes, len(after)), mask, 50) >= 0.97


def test_no_shift_changes_next_to_nothing(studio: Studio, swift: tracker.Swift) -> None:
    """Periods set again where they were give the take back, 40 dB over what is lost."""
    sung = voice(studio, OFF_KEY).voice
    heard = swift.track(sung, studio.notes)

    same = overlap_add(sung, np.zeros(len(heard)), heard)

    assert np.std(same - sung) < 0.01 * np.std(sung)


def test_what_has_no_pitch_is_left_alone() -> None:
    """Noise between two notes keeps its samples however far the notes move."""
    noise = np.random.default_rng(2).normal(0, 0.1, RATE_HZ).astype(np.float32)
    heard = np.full(101, np.nan)
    heard[:20] = heard[80:] = 6000.0

    moved = overlap_add(noise, np.full(101, 300.0), heard)

    np.testing.assert_array_equal(moved[20 * 480 : 79 * 480], noise[20 * 480 : 79 * 480])
    assert not np.array_equal(moved[: 15 * 480], noise[: 15 * 480])


@pytest.mark.parametrize("cents", [-300.0, 300.0])
def test_formants_stay_where_they_are(cents: float) -> None:
    """Three semitones either way, a vowel's first formant moves by less than 30 cents."""
    sung = singer.sing([singer.Sung(0, 2 * RATE_HZ, 45, "a")], 2 * RATE_HZ, singer.Fan(vibrato_cents=200), 3)
    heard = pitch.midi_cents(np.append(sung.f0_hz, sung.f0_hz[-1])[:: pitch.HOP])

    moved = overlap_add(sung.voice, np.full(len(heard), cents), heard)

    assert abs(1200 * np.log2(_formant_hz(moved) / _formant_hz(sung.voice))) < 30


def test_harmonics_stay_clear() -> None:
    """Between the harmonics of a moved steady tone lies at most a ten-thousandth of its energy."""
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = np.sum([np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 20)], axis=0).astype(np.float32) * 0.2
    heard = pitch.midi_cents(np.full(201, 220.0))

    moved = overlap_add(tone, np.full(201, 130.0), heard)

    assert _between_harmonics(moved, 220 * 2 ** (130 / 1200)) < 1e-4


def _between_harmonics(tone: NDArray[np.float32], hertz: float) -> float:
    """Share of the middle second's energy further than a tenth of `hertz` from any harmonic."""
    middle = tone[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ] * np.blackman(RATE_HZ)
    power = np.square(np.abs(np.fft.rfft(middle)))
    order = np.arange(len(power)) / hertz
    return float(power[np.abs(order - np.rint(order)) > 0.1].sum() / power.sum())


@pytest.mark.parametrize("samples", [0, 100, 2000])
def test_a_short_take_is_no_trouble(samples: int) -> None:
    """Less than a period, or nothing at all, comes back as long as it was."""
    take = np.full(samples, 0.1, np.float32)
    frames = samples // pitch.HOP + 1

    assert len(overlap_add(take, np.full(frames, 100.0), np.full(frames, 6000.0))) == samples


def test_tuning_twice_gives_the_same_bytes(studio: Studio, swift: tracker.Swift) -> None:
    """Nothing is random and nothing is held over."""
    take = voice(studio, OFF_KEY).voice[:RATE_HZ]
    heard = swift.track(take, studio.notes)
    shift = np.linspace(-100, 100, len(heard))

    assert overlap_add(take, shift, heard).tobytes() == overlap_add(take, shift, heard).tobytes()
