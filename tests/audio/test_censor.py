"""What must not be heard is not heard: inside of a stretch nothing of the voice is left."""

from __future__ import annotations

import numpy as np
import pytest

from services.audio.censor import Action, Stretch, censor
from tests.audio.conftest import RATE_HZ

SETTINGS = {"fade_ms": 8.0, "bleep_hz": 1000.0, "bleep_db": -6.0}
START, END = RATE_HZ, RATE_HZ + RATE_HZ // 2
FADE = 8 * RATE_HZ // 1000


def voice() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Two seconds of noise at -20 dBFS, in place of a voice: nothing in it repeats."""
    return np.random.default_rng(1).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32)


@pytest.mark.parametrize("action", ["bleep", "mute", "replace"])
@pytest.mark.parametrize("sides", [1, 2])
def test_nothing_of_the_voice_is_left_inside(action: Action, sides: int) -> None:
    """Inside, the result does not depend on the voice at all; 8 ms outside, it is the voice to the bit."""
    sung, guide = voice(), 0.5 * np.sin(2 * np.pi * 220 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)
    shaped = sung if sides == 1 else np.stack([sung, sung], axis=1)

    made = censor(shaped, guide, [Stretch(START, END, action)], **SETTINGS)

    assert made.shape == shaped.shape
    inside = made[START:END] if sides == 1 else made[START:END, 0]
    alike = float(np.mean(inside * sung[START:END])) / (0.1 * max(1e-9, float(np.std(inside))))
    assert abs(alike) < 0.02
    np.testing.assert_array_equal(made[: START - FADE], shaped[: START - FADE])
    np.testing.assert_array_equal(made[END + FADE :], shaped[END + FADE :])
    level = float(np.std(inside))
    if action == "mute":
        assert level == 0
    if action == "bleep":
        spectrum = np.abs(np.fft.rfft(inside))
        assert spectrum.argmax() / 0.5 == pytest.approx(1000, abs=4)
        assert 20 * np.log10(level / np.std(sung)) == pytest.approx(-6, abs=0.3)
    if action == "replace":
        assert np.corrcoef(inside, guide[START:END])[0, 1] > 0.999
        assert level == pytest.approx(float(np.std(sung)), rel=0.1)


def test_edges_do_not_click() -> None:
    """Around a muted stretch of a steady tone no step is larger than the tone's own."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)

    made = censor(tone, tone, [Stretch(START, END, "mute")], **SETTINGS)

    assert np.abs(np.diff(made)).max() <= 1.02 * np.abs(np.diff(tone)).max()


def test_stretches_over_the_edges_are_cut() -> None:
    """What begins before the line or ends after it is censored as far as the line goes."""
    sung = voice()

    made = censor(sung, sung, [Stretch(-500, 500, "mute"), Stretch(len(sung) - 500, len(sung) + 9, "mute")], **SETTINGS)

    assert not made[:500].any()
    assert not made[-500:].any()
    assert censor(sung, sung, [], **SETTINGS) is sung
