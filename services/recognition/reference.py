"""What an average face measures, and how certain a score is: numbers measured once and kept in `reference.json`.

`python -m services.recognition.training.reference --faces DIR` makes the file out of a folder of labelled portraits.
It holds means, spreads and slopes over all of them; no person can be found in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path

import numpy as np

from services.recognition.crop import Points

FILE = Path(__file__).parent / "reference.json"

DECIDES = {"eyewear": 0.5, "long_hair": 0.5, "bald": 0.3, "facial_hair": 0.5}
"""Probability from which each score speaks for its attribute. One portrait in ten is bald, so that a calibrated 0.3 is
already three times the usual."""


@dataclass(frozen=True)
class Ratio:
    """One measure in the reference population.

    Attributes:
        mean: At rest, seen from the front.
        slopes: Change per unit of smile, mouth gap, absolute yaw and pitch (degrees).
        sd: Standard deviation between people, after taking those out.
        sigma: Standard deviation between copies of one photo, in units of `sd`.
    """

    mean: float
    slopes: Mapping[str, float]
    sd: float
    sigma: float

    def z(self, ratio: float, conditions: Mapping[str, float]) -> float:
        """How unusual `ratio` is under the conditions of the photo, in standard deviations, within +-3."""
        expected = self.mean + sum(slope * conditions[name] for name, slope in self.slopes.items())
        return float(np.clip((ratio - expected) / self.sd, -3, 3))


@dataclass(frozen=True)
class Score:
    """Turns a few measurements into one probability.

    The measurements are standardised and added with weights set by hand; only the slope and the offset of the
    logistic curve are fitted, so that two numbers per attribute depend on labels.

    Attributes:
        features: Mean, standard deviation and weight per measurement.
        slope: Of the logistic curve.
        offset: Of the logistic curve.
    """

    features: Mapping[str, tuple[float, float, float]]
    slope: float
    offset: float

    def raw(self, measured: Mapping[str, float]) -> float:
        """The weighted sum."""
        return sum(weight * (measured[name] - mean) / sd for name, (mean, sd, weight) in self.features.items())

    def probability(self, measured: Mapping[str, float]) -> float:
        """0 to 1."""
        return 1 / (1 + exp(-float(np.clip(self.slope * self.raw(measured) + self.offset, -30, 30))))


@dataclass(frozen=True)
class Reference:
    """Everything in the file.

    Attributes:
        steady: Mean places of `geometry.STEADY`, looking straight ahead, eye distance 1.
        ratios: Per measure of `geometry.NAMES`.
        scores: Per binary attribute: `eyewear`, `long_hair`, `bald`, `facial_hair`.
        brow: Mean and standard deviation of the brow's thickness.
        source: Where the numbers come from.
    """

    steady: Points
    ratios: Mapping[str, Ratio]
    scores: Mapping[str, Score]
    brow: tuple[float, float]
    source: str

    @classmethod
    def load(cls, path: Path = FILE) -> Reference:
        """Read the file."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            steady=np.array(data["steady"], np.float64),
            ratios={name: Ratio(**entry) for name, entry in data["ratios"].items()},
            scores={
                name: Score(
                    features={key: (value[0], value[1], value[2]) for key, value in entry["features"].items()},
                    slope=entry["slope"],
                    offset=entry["offset"],
                )
                for name, entry in data["scores"].items()
            },
            brow=(data["brow"][0], data["brow"][1]),
            source=data["source"],
        )
