"""How thick and how arched the brows are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.recognition.colour import Lab, to_lab
from services.recognition.face import FACE_PX, Face

# Lower and upper edge of each brow, from the nose outwards.
_EDGES = (((55, 65, 52, 53, 46), (107, 66, 105, 63, 70)), ((285, 295, 282, 283, 276), (336, 296, 334, 293, 300)))


@dataclass(frozen=True)
class Brows:
    """What was measured.

    Attributes:
        thickness: Height of the dark band, mean of five places on each brow, in eye distances.
        arch: Height of the middle over the straight line between the ends, in lengths of the brow.
        colour: Of the darkest part, L*a*b*.
        contrast: How much darker than the skin around, in L*.
    """

    thickness: float
    arch: float
    colour: Lab
    contrast: float


def measure(face: Face) -> Brows:
    """Measure on the face crop."""
    lab = to_lab(face.face)
    lightness = lab[..., 0]
    points = face.face_points
    distance = float(np.hypot(*(points[263] - points[33])))
    heights, darkest, contrasts, arches = [], [], [], []
    for lower, upper in _EDGES:
        low, high = points[list(lower)], points[list(upper)]
        for below, above in zip(low, high, strict=True):
            middle, reach = (below + above) / 2, max(0.07 * distance, float(np.hypot(*(below - above))))
            column = np.arange(int(middle[1] - 1.3 * reach), int(middle[1] + 1.3 * reach) + 1).clip(0, FACE_PX - 1)
            across = int(np.clip(round(float(middle[0])), 1, FACE_PX - 2))
            profile = lightness[column, across - 1 : across + 2].mean(1)
            skin = float(np.percentile(profile, 90))
            dip = skin - float(profile.min())
            contrasts.append(dip)
            heights.append(float((profile < skin - 0.5 * dip).sum()) / distance if dip > 4 else 0.0)
            darkest.append(lab[column[int(profile.argmin())], across])
        spine = (low + high) / 2
        along = spine[-1] - spine[0]
        off = (spine[2] - spine[0])[0] * along[1] - (spine[2] - spine[0])[1] * along[0]
        arches.append(abs(float(off)) / float(along @ along))
    return Brows(
        thickness=float(np.mean(heights)),
        arch=float(np.mean(arches)),
        colour=np.median(np.array(darkest), 0),
        contrast=float(np.mean(contrasts)),
    )
