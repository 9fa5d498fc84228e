"""The curves by which a measurement becomes a probability."""

from __future__ import annotations

from math import exp

import numpy as np


def rise(value: float, middle: float, steepness: float) -> float:
    """0 well below `middle`, 0.5 at it, 1 well above."""
    return 1 / (1 + exp(-float(np.clip((value - middle) * steepness, -30, 30))))


def evened(probability: float, decides: float) -> float:
    """The same evidence with `decides` moved to 0.5: as if both answers had been equally likely before looking."""
    for_it, against = probability * (1 - decides), (1 - probability) * decides
    return for_it / (for_it + against)


def thirds(z: float, names: tuple[str, str, str]) -> dict[str, float]:
    """Thirds of a standard score: below -0.7, around 0, above 0.7."""
    low, high = rise(-z, 0.7, 4.0), rise(z, 0.7, 4.0)
    return {names[0]: low, names[1]: max(0.0, 1 - low - high), names[2]: high}
