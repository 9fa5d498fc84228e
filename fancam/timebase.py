"""Frames and samples as exact fractions, so that frame 100 000 is as exact as frame 1."""

from __future__ import annotations

from fractions import Fraction

SAMPLE_RATE_HZ = 48_000
"""Every stem, take and mix in the mesh runs at this rate."""


def frame_to_sample(frame: int, rate: Fraction) -> int:
    """The sample at which `frame` begins, rounded down: floor(frame * `SAMPLE_RATE_HZ` / rate).

    Args:
        frame: Number of the frame, from 0.
        rate: Frames per second.
    """
    return (frame * SAMPLE_RATE_HZ * rate.denominator) // rate.numerator
