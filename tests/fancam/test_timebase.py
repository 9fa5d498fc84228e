"""Frames, samples and seconds stay exact however long the film."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fancam.timebase import SAMPLE_RATE_HZ, frame_rate, frame_to_sample, seconds

RATES = st.sampled_from([frame_rate(24, 1), frame_rate(25, 1), frame_rate(30_000, 1001), frame_rate(24_000, 1001)])
FRAMES = st.integers(0, 10_000_000)


@given(FRAMES, RATES)
def test_a_frame_begins_less_than_a_sample_away(frame: int, rate: Fraction) -> None:
    """The sample of a frame is its exact time rounded down, at frame 1 as at frame ten million."""
    exact = seconds(frame, rate) * SAMPLE_RATE_HZ

    assert 0 <= exact - frame_to_sample(frame, rate) < 1


@given(FRAMES, st.integers(1, 100_000), RATES)
def test_cuts_add_up_to_the_film(start: int, frames: int, rate: Fraction) -> None:
    """Sample lengths of consecutive frames add up to the whole, so sound never drifts from pictures."""
    whole = frame_to_sample(start + frames, rate) - frame_to_sample(start, rate)
    half = start + frames // 2
    parts = [
        frame_to_sample(half, rate) - frame_to_sample(start, rate),
        frame_to_sample(start + frames, rate) - frame_to_sample(half, rate),
    ]

    assert sum(parts) == whole


def test_the_demo_film_is_as_long_as_its_song() -> None:
    """576 frames at 24 a second are 24 s are 1,152,000 samples."""
    assert frame_to_sample(576, frame_rate(24, 1)) == 1_152_000
    assert seconds(576, frame_rate(24, 1)) == 24


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (24, 0), (-24, 1), (24, -1)])
def test_a_rate_that_is_not_positive_is_refused(numerator: int, denominator: int) -> None:
    """The message names the rate."""
    with pytest.raises(ValueError, match=f"{numerator}/{denominator} must be positive"):
        frame_rate(numerator, denominator)
