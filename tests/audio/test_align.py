"""A take is put where it belongs, by the best evidence there is."""

from __future__ import annotations

import numpy as np
import pytest

from services.audio import align
from tests.audio.conftest import OFF_KEY, RATE_HZ, Studio

MAX_SHIFT_MS = 1500.0

# The leak's first reflection lies some samples after it.
BLEED_MS = 1.0
# A voice's onset is no sharper than its attack, and the fan's own timing wanders by 15 ms.
FLUX_MS = 25.0


@pytest.mark.parametrize("late_ms", [-300, 0, 137, 900])
@pytest.mark.parametrize("bleed_db", [-14, -22])
def test_a_leak_gives_the_delay_to_the_millisecond(studio: Studio, late_ms: int, bleed_db: float) -> None:
    """With the song in the microphone, the delay is read from it within one millisecond."""
    late = late_ms * RATE_HZ // 1000
    take = studio.take(OFF_KEY, seed=abs(late_ms) + 1, late_samples=late, bleed_db=bleed_db, snr_db=18)

    found = align.align(take, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=MAX_SHIFT_MS)

    assert found.evidence == "bleed"
    assert abs(found.offset_samples - late) <= BLEED_MS * RATE_HZ / 1000


@pytest.mark.parametrize("late_ms", [-300, 60, 900])
def test_headphones_leave_the_onsets(studio: Studio, late_ms: int) -> None:
    """Without a leak the voice's onsets are laid over the guide's."""
    late = late_ms * RATE_HZ // 1000
    take = studio.take(OFF_KEY, seed=abs(late_ms) + 2, late_samples=late, snr_db=20)

    found = align.align(take, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=MAX_SHIFT_MS)

    assert found.evidence == "flux"
    assert abs(found.offset_samples - late) <= FLUX_MS * RATE_HZ / 1000


def test_a_take_from_anywhere_is_found(studio: Studio) -> None:
    """A recording that was started four seconds early is found beyond the usual reach."""
    late = 4 * RATE_HZ
    take = studio.take(OFF_KEY, seed=8, late_samples=late, bleed_db=-16)

    found = align.align(take, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=MAX_SHIFT_MS)

    assert found.evidence == "bleed"
    assert abs(found.offset_samples - late) <= BLEED_MS * RATE_HZ / 1000


def test_noise_is_no_evidence(studio: Studio) -> None:
    """Noise that holds neither song nor voice is placed by warping, with hardly any confidence, within reach."""
    noise = np.random.default_rng(5).normal(0, 0.1, 9 * RATE_HZ).astype(np.float32)

    found = align.align(noise, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=MAX_SHIFT_MS)

    assert found.evidence == "dtw"
    assert found.confidence < 0.15
    assert abs(found.offset_samples) <= MAX_SHIFT_MS * RATE_HZ / 1000
