"""What is said of a face: per attribute a distribution, a measure or a colour, with a decision or an abstention.

Only visible things. Where the evidence does not carry a decision the trait abstains, and says why. Values are named
as the avatar library's tags, so that a distribution can be laid against a part without translation: trait
`hair_length` is tag `length` of group `hair`. `judge` says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SURE = 0.6
"""A decision needs at least this probability; below it the trait abstains."""


@dataclass(frozen=True)
class Choice:
    """Probabilities over named values; `decision` is empty when it abstained."""

    attribute: str
    probabilities: Mapping[str, float]
    evidence: str
    decision: str


@dataclass(frozen=True)
class Measured:
    """A ratio, its standard score within +-3, and one standard deviation of the measurement in standard scores."""

    attribute: str
    ratio: float
    z: float
    sigma: float
    evidence: str = ""
    abstained: bool = False


@dataclass(frozen=True)
class Coloured:
    """A colour as photographed, sRGB."""

    attribute: str
    rgb: tuple[int, int, int]
    evidence: str = ""
    abstained: bool = False


Trait = Choice | Measured | Coloured


@dataclass(frozen=True)
class Traits:
    """All traits of one face, by attribute."""

    all: Mapping[str, Trait] = field(default_factory=dict)

    def choice(self, attribute: str) -> Choice | None:
        """The choice of that name, if it was made."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Choice) else None

    def measured(self, attribute: str) -> Measured | None:
        """The measure of that name, if it was taken and did not abstain."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Measured) and not trait.abstained else None

    def coloured(self, attribute: str) -> Coloured | None:
        """The colour of that name, if it was seen and did not abstain."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Coloured) and not trait.abstained else None


def choose(attribute: str, weights: Mapping[str, float], evidence: str, *, sure: float = SURE) -> Choice:
    """Normalise weights to probabilities; decide, or abstain when no value reaches `sure`."""
    total = sum(weights.values())
    probabilities = {value: weight / total for value, weight in weights.items()}
    best = max(probabilities, key=lambda value: probabilities[value])
    return Choice(attribute, probabilities, evidence, best if probabilities[best] >= sure else "")
