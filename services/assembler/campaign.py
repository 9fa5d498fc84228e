"""A campaign as it was read: its documents, its media, what the avatar library offers, and how a fault is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from media.probe import Clip, Picture, Sound
from services.assembler.press import Json


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a campaign."""

    file: str
    """Path inside the campaign."""
    where: str
    """Layer and property in a shot, field in the campaign; empty for the whole file."""
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.why}" if self.where else f"{self.file}: {self.why}"


@dataclass(frozen=True)
class Library:
    """What the avatar library offers, by name."""

    dances: frozenset[str]
    expressions: frozenset[str]
    parts: frozenset[str]


@dataclass(frozen=True)
class Documents:
    """A campaign, read: its documents as plain values, and what its media files are."""

    campaign: Json
    shots: Mapping[str, Json]
    recipes: Mapping[str, Json]
    files: Collection[str]
    sounds: Mapping[str, Sound]
    clips: Mapping[str, Clip]
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        rate = self.campaign["profile"]["frame_rate"]
        return Fraction(int(rate["numerator"]), int(rate["denominator"]))
