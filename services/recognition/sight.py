"""Everything that is measured on one face, in one place; no judgement yet."""

from __future__ import annotations

from dataclasses import dataclass

from services.recognition import beard, brows, complexion, eyewear, geometry, hair
from services.recognition.beard import Beard
from services.recognition.brows import Brows
from services.recognition.complexion import Complexion
from services.recognition.crop import Points
from services.recognition.eyewear import Eyewear
from services.recognition.face import Face
from services.recognition.geometry import Pose
from services.recognition.hair import Hair


@dataclass(frozen=True)
class Sight:
    """All measurements of one face.

    Attributes:
        ratios: Per name of `geometry.NAMES`.
        conditions: What the ratios depend on besides the person: `smile`, `gap` of the lips, `yaw` (absolute) and
            `pitch`.
    """

    pose: Pose
    ratios: dict[str, float]
    conditions: dict[str, float]
    complexion: Complexion
    hair: Hair
    beard: Beard
    eyewear: Eyewear
    brows: Brows

    def evidence(self) -> dict[str, float]:
        """Every number that a `reference.Score` may use."""
        numbers: dict[str, float] = {}
        for part in (self.hair, self.beard, self.eyewear):
            numbers |= {name: value for name, value in vars(part).items() if isinstance(value, float)}
        return numbers


def measure(face: Face, steady: Points) -> Sight:
    """Take all measurements.

    Args:
        face: A face that passed the gate.
        steady: The reference's mean places of `geometry.STEADY`.
    """
    front, pose = geometry.straighten(face.points, steady)
    colours, arcs = complexion.read(face), brows.measure(face)
    return Sight(
        pose=pose,
        ratios=geometry.ratios(front),
        conditions={
            "smile": geometry.smile(front),
            "gap": geometry.mouth_gap(front),
            "yaw": abs(pose.yaw),
            "pitch": pose.pitch,
        },
        complexion=colours,
        hair=hair.measure(face, colours.skin, arcs),
        beard=beard.measure(face),
        eyewear=eyewear.measure(face, colours.skin),
        brows=arcs,
    )
