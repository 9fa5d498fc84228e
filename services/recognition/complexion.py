"""Colours of a face: skin, lips, irises, and how far its light can be trusted. Colour arithmetic, and honest about it.

What is measured is skin under a lamp, not skin. On 416 portraits, nearest-tone arithmetic put half of all faces on
tone 5 of Monk's scale and faces that people judged dark brown about two tones too light; so the tone is reported with
a wide spread, and the fan may edit the colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.recognition.colour import Lab, to_lab
from services.recognition.face import FACE_PX, Face
from services.recognition.models import face_mesh
from services.recognition.models.iris import Iris
from services.recognition.region import Region, inside

# Patches of plain skin; the cheeks end above where a beard begins.
_RIGHT_CHEEK = (116, 117, 118, 119, 100, 142, 203, 206, 207, 187, 123)
_LEFT_CHEEK = (345, 346, 347, 348, 329, 371, 423, 426, 427, 411, 352)
_FOREHEAD = (109, 10, 338, 337, 9, 108)
_NOSE = (168, 122, 174, 198, 49, 4, 279, 420, 399, 351)

GREY_CHROMA = 4.0
"""Skin of less chroma than this comes from a grey photo: no living face is that colourless."""


@dataclass(frozen=True)
class Skin:
    """Skin as photographed.

    Attributes:
        lab: Typical colour, shadows and highlights left out, shape (3,).
        spread: Robust standard deviation per channel, shape (3,).
        grey: The photo has no colours.
        tinted: How far, in hue degrees, the light has pushed the colour out of the range of skin; 0 is inside.
    """

    lab: Lab
    spread: Lab
    grey: bool
    tinted: float


@dataclass(frozen=True)
class Complexion:
    """All colours of one face, as L*a*b* of shape (3,)."""

    skin: Skin
    lips: Lab
    iris: Lab
    iris_pixels: int


def read(face: Face) -> Complexion:
    """Measure the colours of a face."""
    lab = to_lab(face.face)
    points = face.face_points
    lips = inside(points, FACE_PX, face_mesh.LIPS) & ~inside(points, FACE_PX, face_mesh.INNER_LIPS)
    iris, pixels = _iris(face)
    return Complexion(
        skin=_skin(lab, skin_patches(face)), lips=np.median(lab[lips], 0) if lips.any() else np.zeros(3, np.float32),
        iris=iris, iris_pixels=pixels,
    )  # fmt: skip


def cheeks(face: Face) -> Region:
    """Both cheeks in the face crop."""
    points = face.face_points
    return inside(points, FACE_PX, _RIGHT_CHEEK) | inside(points, FACE_PX, _LEFT_CHEEK)


def skin_patches(face: Face) -> Region:
    """Cheeks, nose and the middle of the forehead in the face crop."""
    points = face.face_points
    return cheeks(face) | inside(points, FACE_PX, _FOREHEAD) | inside(points, FACE_PX, _NOSE)


def _skin(lab: Lab, patches: Region) -> Skin:
    samples = lab[patches]
    low, high = np.percentile(samples[:, 0], [15, 75])
    samples = samples[(samples[:, 0] >= low) & (samples[:, 0] <= high)]
    typical = np.median(samples, 0)
    spread = np.median(np.abs(samples - typical), 0) * 1.4826
    chroma = float(np.hypot(typical[1], typical[2]))
    hue = float(np.degrees(np.arctan2(typical[2], typical[1])))
    grey = chroma < GREY_CHROMA
    # Skin of every tone lies between 30 and 80 degrees of hue; beyond that it is the light.
    tinted = 0.0 if grey else max(0.0, 30 - hue, hue - 80)
    return Skin(lab=typical, spread=spread, grey=grey, tinted=tinted)


def _iris(face: Face) -> tuple[Lab, int]:
    """Colour of both irises: the lower half of the ring between pupil and edge, glints and lashes left out."""
    samples = []
    size = 48
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    ring = (np.hypot(x, y) > 0.45 * size / 4) & (np.hypot(x, y) < 0.9 * size / 4) & (y > -0.3 * size / 4)
    pixels = 0
    for iris in (face.right_iris, face.left_iris):
        samples.append(to_lab(_around(face, iris, size))[ring])
        pixels += int(np.pi * iris.radius**2)
    both = np.concatenate(samples)
    dark, bright = np.percentile(both[:, 0], [15, 70])
    return np.median(both[(both[:, 0] >= dark) & (both[:, 0] <= bright)], 0), pixels


def _around(face: Face, iris: Iris, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    from services.recognition.crop import Square

    return Square(iris.centre[0], iris.centre[1], iris.radius * 4, face.square.tilt).cut(face.picture, size)
