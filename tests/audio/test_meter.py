"""Loudness and true peak agree with meters that share nothing with ours."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from services.audio import meter
from services.audio.decode import RATE_HZ
from tests.audio.conftest import Studio


def test_a_measure_of_silence_is_a_number() -> None:
    """Silence and what is too short to measure read -70."""
    assert meter.loudness_lufs(np.zeros(RATE_HZ, np.float32)) == meter.QUIETEST_LUFS
    assert meter.loudness_lufs(np.ones(100, np.float32)) == meter.QUIETEST_LUFS


def test_our_meter_agrees_with_another(studio: Studio) -> None:
    """Integrated loudness is that of pyloudnorm to half a tenth, for the band and for a single voice."""
    other = pyloudnorm.Meter(RATE_HZ)

    for sound in (studio.stems[0], studio.guide):
        assert meter.loudness_lufs(sound) == pytest.approx(
            other.integrated_loudness(sound.astype(np.float64)), abs=0.05
        )


def test_what_is_measured_in_pieces_is_measured_as_a_whole(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in pieces of 0.7 s, a sound has the energies and crests that it has when read at once."""
    whole = meter.measure(studio.stems[0][:-1234])

    monkeypatch.setattr(meter, "PIECE", 7)
    pieces = meter.measure(studio.stems[0][:-1234])

    np.testing.assert_allclose(pieces.energy, whole.energy, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(pieces.crests, whole.crests, atol=1e-6)
    assert len(whole.crests) == len(whole.energy) + 1


@pytest.mark.parametrize("samples", [0, 1, 47, 48, 49, 5000])
def test_crests_between_samples_are_those_of_scipy(samples: int) -> None:
    """Points between the samples, made by a product of matrices, are those of a fourfold `resample_poly`."""
    sound = np.random.default_rng(samples).normal(0, 0.3, (samples, 2)).astype(np.float32)
    fine = np.abs(resample_poly(sound.astype(np.float64), 4, 1, axis=0)) if samples else np.zeros((0, 2))
    fine[::4] = np.abs(sound)
    after = fine.max(axis=1).reshape(-1, 4).max(axis=1) if samples else np.zeros(0)

    np.testing.assert_allclose(
        meter.peaks(sound), np.maximum(after, np.concatenate([after[:1], after[:-1]])[:samples]), atol=1e-6
    )
