"""While a fan sings, hints say what is wrong in time to do something about it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import decode, live
from tests.audio.conftest import OFF_KEY, RATE_HZ, Studio, wav


def told(samples: NDArray[np.float32]) -> list[live.Hint]:
    """All hints of a WAV file that comes in chunks of a tenth of a second."""
    data, hints = wav(samples), []
    with live.Listener(60) as listener:
        for at in range(0, len(data), 9600):
            listener.feed(data[at : at + 9600])
            hints += listener.hints()
        made = listener.recording()
        hints += listener.hints()
    assert made is not None
    np.testing.assert_array_equal(made.samples, decode.decode(data, max_seconds=60).samples)
    return hints


@pytest.mark.parametrize(
    ("name", "advice"),
    [("good", "go on"), ("faint", "louder"), ("distorted", "softer"), ("nobody", "are you there")],
)
def test_each_fault_has_its_advice(studio: Studio, name: str, advice: live.Advice) -> None:
    """A good take is told to go on; a faint, a distorted and an empty one are told what helps."""
    take = studio.take(OFF_KEY, snr_db=60)
    take = take / np.abs(take).max()
    gain = {"good": 0.5, "faint": 0.02, "distorted": 30.0, "nobody": 0.0}[name]

    hints = told(np.clip(take * np.float32(gain), -0.98, 0.98))

    middle = [hint.advice for hint in hints[7:14]]
    assert middle.count(advice) >= 5
    assert all(hint.peak_dbfs >= hint.level_dbfs - 0.01 for hint in hints)


def test_hints_come_before_the_end(studio: Studio) -> None:
    """With half of the take in, hints for most of that half are there."""
    data = wav(studio.take(OFF_KEY))

    with live.Listener(60) as listener:
        listener.feed(data[: len(data) // 2])
        hints: list[live.Hint] = []
        while len(hints) < 7:
            hints += listener.hints()
            time.sleep(0.05)

    assert len(hints) >= 7
    assert hints[-1].heard_samples <= len(data) // 4


def test_noise_has_no_voice() -> None:
    """A voice is told from noise as loud."""
    t = np.arange(RATE_HZ // 2) / RATE_HZ
    tone = np.sum([np.sin(2 * np.pi * 180 * k * t) / k for k in range(1, 8)], axis=0).astype(np.float32)

    assert live.pitched(tone)
    assert not live.pitched(np.random.default_rng(1).normal(0, 0.2, RATE_HZ // 2).astype(np.float32))


def test_what_is_no_sound_gives_no_hint() -> None:
    """A picture in chunks is neither heard nor a failure: it is looked at when it is complete."""
    with live.Listener(60) as listener:
        for _ in range(10):
            listener.feed(b"\x89PNG\r\n\x1a\n" + bytes(1000))
        assert listener.hints() == []
        assert listener.recording() is None
        assert len(listener.data) == 10_080
