"""The fader brings notes nearer to one loudness and leaves pauses alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import fader
from tests.audio.conftest import RATE_HZ

SETTINGS = {"strength": 0.6, "window_ms": 400.0, "most_db": 6.0}


@pytest.fixture(scope="module")
def notes() -> NDArray[np.float32]:
    """Five notes of a second, the second shouted by 6 dB and the fourth swallowed by 6, and a second of faint noise."""
    t = np.arange(RATE_HZ) / RATE_HZ
    levels = [0.1, 0.2, 0.1, 0.05, 0.1]
    sung = [level * np.sin(2 * np.pi * 300 * t) for level in levels]
    return np.concatenate([*sung, np.random.default_rng(1).normal(0, 1e-4, RATE_HZ)]).astype(np.float32)


def moved_db(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float64]:
    """What was added to the middle of each second."""
    middle = slice(RATE_HZ // 3, 2 * RATE_HZ // 3)
    powers = [np.mean(np.square(sound.reshape(-1, RATE_HZ)[:, middle]), axis=1) for sound in (before, after)]
    moved: NDArray[np.float64] = 10 * np.log10(powers[1] / powers[0])
    return moved


def test_notes_come_nearer_and_pauses_stay(notes: NDArray[np.float32]) -> None:
    """A shouted note falls and a swallowed one rises by the share that was asked, and the noise of a pause does not."""
    moved = moved_db(notes, fader.ride(notes, **SETTINGS))

    np.testing.assert_allclose(moved, [0, -3.6, 0, 3.6, 0, 0], atol=0.35)


@pytest.mark.parametrize(("changed", "most"), [({"strength": 0.0}, 0.0), ({"most_db": 1.0, "strength": 1.0}, 1.0)])
def test_no_note_moves_further_than_asked(notes: NDArray[np.float32], changed: dict[str, float], most: float) -> None:
    """Without strength nothing moves, and never by more than the most that was asked."""
    moved = moved_db(notes, fader.ride(notes, **SETTINGS | changed))

    assert np.abs(moved).max() == pytest.approx(most, abs=0.05)


@pytest.mark.parametrize("samples", [0, 100, RATE_HZ])
def test_silence_is_no_trouble(samples: int) -> None:
    """Nothing, hardly anything and silence come back as they are."""
    np.testing.assert_array_equal(fader.ride(np.zeros(samples, np.float32), **SETTINGS), np.zeros(samples))
