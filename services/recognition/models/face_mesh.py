"""Lays 468 points over a face: Google's face mesh (192 x 192 x 3 in; 468 x 3 and a face logit out; 2.1 ms).

"Left" and "right" in the names below are the person's own.
"""

from __future__ import annotations

from math import atan2
from pathlib import Path

import numpy as np
from PIL import Image

from services.recognition.crop import Points, Square
from services.recognition.engine import Engines

SIZE = 192

POINTS = 468

# The face's outline, clockwise from the top of the forehead.
OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
RIGHT_EYE_OUTER, RIGHT_EYE_INNER, LEFT_EYE_INNER, LEFT_EYE_OUTER = 33, 133, 362, 263
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
FOREHEAD_TOP, CHIN, NOSE_TIP, NOSE_ROOT, NOSE_BASE = 10, 152, 1, 168, 2


class FaceMesh:
    """The mesh network."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self._network = engines.load(folder / "face_landmark.tflite")

    def lay(self, picture: Image.Image, square: Square) -> tuple[Points, float]:
        """Points of the face in `square`, and the probability that there is one.

        Returns:
            Shape (468, 3) in picture pixels, z of the same scale, negative towards the viewer; 0 to 1.
        """
        pixels = square.cut(picture, SIZE)
        outputs = self._network.run((pixels.astype(np.float32) / 255.0)[None])
        flat = next(out for out in outputs if out.size == POINTS * 3).reshape(POINTS, 3).astype(np.float64)
        logit = float(next(out for out in outputs if out.size == 1).reshape(()))
        return square.to_picture(flat / SIZE), float(1 / (1 + np.exp(-logit)))


def square_around(points: Points) -> Square:
    """The square that shows a face whose points are known: steadier than the detector's."""
    across = points[LEFT_EYE_OUTER, :2] - points[RIGHT_EYE_OUTER, :2]
    tilt = atan2(across[1], across[0])
    level = Square(0, 0, 1, tilt).from_picture(points[:, :2])
    low, high = level.min(0), level.max(0)
    centre = Square(0, 0, 1, tilt).to_picture(((low + high) / 2)[None])[0]
    return Square(float(centre[0]), float(centre[1]), float((high - low).max()) * 1.5, tilt)
