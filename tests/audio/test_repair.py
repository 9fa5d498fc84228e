"""What a phone breaks is found after it was coded, and mended where that can be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import decode, prediction, repair
from tests.audio.conftest import OFF_KEY, RATE_HZ, Studio
from tests.audio.test_decode import encoded

CODERS = {
    "m4a": ["-c:a", "aac", "-b:a", "64k", "-f", "ipod"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "96k", "-f", "mp3"],
    "webm": ["-c:a", "libopus", "-b:a", "32k", "-f", "webm"],
    "44.1 kHz": ["-ar", "44100", "-f", "wav"],
    "8 kHz": ["-ar", "8000", "-f", "wav"],
}


@pytest.fixture(scope="module")
def clean(studio: Studio) -> NDArray[np.float32]:
    """A take whose loudest sample is just below full scale."""
    take = studio.take(OFF_KEY)
    return take * np.float32(0.98 / np.abs(take).max())


@pytest.mark.parametrize("coder", CODERS)
def test_clipping_is_seen_through_a_coder(clean: NDArray[np.float32], coder: str, tmp_path: Path) -> None:
    """Clipped by 16 dB and coded a take is seen to be, though no samples are equal any more; unclipped it is not."""
    harsh, gentle = (
        decode.decode(encoded(sound, CODERS[coder], tmp_path), max_seconds=20).samples
        for sound in (np.clip(clean * 6, -0.98, 0.98), clean)
    )

    assert repair.flat_tops(harsh).share(len(harsh)) > 0.08
    assert repair.flat_tops(gentle).share(len(gentle)) == 0


def test_flat_tops_are_made_round(clean: NDArray[np.float32]) -> None:
    """Of a take clipped by 6 dB, what is not the voice falls by 7 dB; a clean one is given back as it is."""
    clipped = np.clip(clean * np.float32(2), -0.98, 0.98)
    tops = repair.flat_tops(clipped)

    assert 0.01 < tops.share(len(clipped)) < 0.05
    assert _off_db(repair.round_off(clipped, tops), clean) < _off_db(clipped, clean) - 7
    np.testing.assert_array_equal(repair.round_off(clean, repair.flat_tops(clean)), clean)


def test_a_gap_is_foretold_by_what_lies_around_it() -> None:
    """Half a millisecond cut out of a chord eighty times is set again to within a fiftieth of its level."""
    at = np.arange(RATE_HZ) / RATE_HZ
    chord = sum(0.2 * np.sin(2 * np.pi * hertz * at + hertz) for hertz in (220.0, 277.0, 331.0, 1245.0))
    sound = np.asarray(chord, np.float32)
    starts = np.arange(4000, 44_000, 500)
    gaps = (starts[:, None] + np.arange(24)).reshape(-1)
    cut = sound.copy()
    cut[gaps] = 0

    filled = prediction.fill(cut, starts, starts + 24)

    assert np.std(filled[gaps] - sound[gaps]) < 0.02 * np.std(sound)
    np.testing.assert_array_equal(np.delete(filled, gaps), np.delete(sound, gaps))


def _off_db(sound: NDArray[np.float32], voice: NDArray[np.float32]) -> float:
    """Energy of what is not the voice, against the voice."""
    level = np.dot(sound, voice) / np.dot(voice, voice)
    return float(10 * np.log10(np.mean(np.square(sound - level * voice)) / np.mean(np.square(level * voice))))


def test_a_hole_does_not_click() -> None:
    """Where a fifth of a second is missing from a tone, no step is left, and 5 ms away from it nothing is changed."""
    tone = (0.5 * np.sin(2 * np.pi * 300 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    first, last = 20_040, 29_640
    broken = tone.copy()
    broken[first:last] = 0
    around = slice(first - RATE_HZ // 200, last + RATE_HZ // 200)

    whole = repair.eased(broken)

    assert np.abs(np.diff(broken)).max() > 0.3
    assert np.abs(np.diff(whole)).max() < 0.03
    np.testing.assert_array_equal(np.delete(whole, np.r_[around]), np.delete(broken, np.r_[around]))
    assert repair.eased(tone) is tone


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_hardly_anything_is_no_trouble(samples: int) -> None:
    """Nothing, a sample and silence have no tops and stay what they are."""
    sound = np.zeros(samples, np.float32)

    assert repair.flat_tops(sound).share(samples) == 0
    assert len(repair.eased(repair.round_off(sound, repair.flat_tops(sound)))) == samples
