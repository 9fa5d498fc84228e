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


def frame_to_sample(frame: int, rate: Fraction) -> int:
    """The sample at which `frame` begins, at `SAMPLE_RATE_HZ`, rounded down: floor(frame * 48000 / rate)."""
    return (frame * SAMPLE_RATE_HZ * rate.denominator) // rate.numerator


def seconds(frame: int, rate: Fraction) -> Fraction:
    """When `frame` is first shown, in seconds."""
    return frame / rate
