"""Frames, samples and seconds stay exact however long the film."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fancam.timebase import SAMPLE_RATE_HZ, frame_to_sample

RATES = st.sampled_from([Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(24_000, 1001)])
FRAMES = st.integers(0, 10_000_000)


@given(FRAMES, RATES)
def test_a_frame_begins_less_than_a_sample_away(frame: int, rate: Fraction) -> None:
    """The sample of a frame is its exact time rounded down, at frame 1 as at frame ten million."""
    exact = frame / rate * SAMPLE_RATE_HZ

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
    assert frame_to_sample(576, Fraction(24)) == 1_152_000
