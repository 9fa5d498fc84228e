"""Frames, samples and seconds as exact fractions, so that frame 100 000 is as exact as frame 1."""

from __future__ import annotations

from fractions import Fraction

SAMPLE_RATE_HZ = 48_000
"""Every stem, take and mix in the mesh runs at this rate."""


def frame_rate(numerator: int, denominator: int) -> Fraction:
    """Frames per second as an exact fraction.

    Raises:
        ValueError: Either part is not positive.
    """
    if numerator <= 0 or denominator <= 0:
        raise ValueError(f"frame rate {numerator}/{denominator} must be positive")
    return Fraction(numerator, denominator)


def frame_to_sample(frame: int, rate: Fraction, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """The sample at which `frame` begins, rounded down: floor(frame * sample_rate / rate)."""
    return (frame * sample_rate_hz * rate.denominator) // rate.numerator


def sample_to_frame(sample: int, rate: Fraction, *, sample_rate_hz: int = SAMPLE_RATE_HZ) -> int:
    """The frame that is shown while `sample` sounds."""
    return (sample * rate.numerator) // (sample_rate_hz * rate.denominator)


def seconds(frame: int, rate: Fraction) -> Fraction:
    """When `frame` is first shown, in seconds."""
    return frame / rate
