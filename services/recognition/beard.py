"""Evidence of facial hair: how rough and how dark the lower face is against the same person's cheeks.

Darkness alone finds shadows as well as beards (area under the ROC curve 0.77 at the chin); roughness tells them
apart. The upper lip is the best single place: 0.916 for its darkness, 0.900 for its roughness, on 102 clear portraits
(16 with beards).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.recognition.colour import to_lab
from services.recognition.complexion import cheeks
from services.recognition.face import FACE_PX, Face
from services.recognition.models import face_mesh
from services.recognition.region import inside

_CHIN = (32, 194, 182, 181, 84, 17, 314, 405, 406, 418, 262, 369, 396, 175, 171, 140)
_RIGHT_JAW = (192, 214, 210, 211, 32, 140, 176, 149, 150, 136, 172, 138)
_LEFT_JAW = (416, 434, 430, 431, 262, 369, 400, 378, 379, 365, 397, 367)
_UPPER_LIP = (98, 97, 2, 326, 327, 410, 409, 270, 269, 267, 0, 37, 39, 40, 185, 186)


@dataclass(frozen=True)
class Beard:
    """Per place: darkness as a share of the cheeks' lightness, and roughness in units of the cheeks' own.

    Attributes:
        lip_dark: Upper lip, 0 is like the cheeks.
        lip_rough: 1 is like the cheeks.
        chin_dark: Chin.
        chin_rough: Chin.
        jaw_dark: Both sides of the jaw.
        jaw_rough: Both sides of the jaw.
    """

    lip_dark: float
    lip_rough: float
    chin_dark: float
    chin_rough: float
    jaw_dark: float
    jaw_rough: float


def measure(face: Face) -> Beard:
    """Measure on the face crop."""
    lightness = to_lab(face.face)[..., 0]
    rough = np.abs(np.diff(lightness, axis=1, prepend=lightness[:, :1]))
    rough += np.abs(np.diff(lightness, axis=0, prepend=lightness[:1]))
    points = face.face_points
    lips = inside(points, FACE_PX, face_mesh.LIPS, grow=1.1)
    cheek = cheeks(face)
    light, grain = float(np.median(lightness[cheek])), float(np.median(rough[cheek])) + 1

    def place(*outlines: tuple[int, ...]) -> tuple[float, float]:
        region = np.logical_or.reduce([inside(points, FACE_PX, outline) for outline in outlines]) & ~lips
        if region.sum() < 20:
            return 0.0, 1.0
        return (light - float(np.median(lightness[region]))) / max(light, 20), float(rough[region].mean()) / grain

    (lip_dark, lip_rough), (chin_dark, chin_rough) = place(_UPPER_LIP), place(_CHIN)
    jaw_dark, jaw_rough = place(_RIGHT_JAW, _LEFT_JAW)
    return Beard(lip_dark, lip_rough, chin_dark, chin_rough, jaw_dark, jaw_rough)
