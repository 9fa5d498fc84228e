"""A face found in a picture: its points, irises, the person's outline, and the two crops that measures look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import cos, pi, sin
from pathlib import Path

import numpy as np
from PIL import Image

from services.recognition.crop import Pixels, Points, Square
from services.recognition.engine import Engines
from services.recognition.models import face_mesh
from services.recognition.models.face_detector import FaceDetector, Found
from services.recognition.models.face_mesh import FaceMesh, square_around
from services.recognition.models.iris import Iris, IrisFinder
from services.recognition.models.selfie_mask import Mask, SelfieMask

HEAD_PX = 256
"""Edge of the head crop; the distance between the outer corners of the eyes is `HEAD_PX / HEAD_EYES`."""

HEAD_EYES = 5.0
"""Edge of the head crop in distances between the outer corners of the eyes: from above an afro to the shoulders."""

NARROW_EYES = 3.4
"""Edge of the narrower crop in the same unit."""

NARROW_UP = 0.25
"""How far its centre lies above the head crop's."""

FACE_PX = 256

FACE_EYES = 2.2
"""Edge of the face crop in the same unit: from the top of the forehead to the chin."""


# How to turn a picture back whose face was turned clockwise by one, two or three quarters.
_BACK = {1: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180}


@dataclass(frozen=True)
class Face:
    """One face and what the networks say about it.

    Attributes:
        picture: Upright RGB picture.
        points: The mesh, shape (468, 3), picture pixels.
        presence: Probability that the mesh lies on a face.
        square: The square that the mesh was measured in.
        right_iris: The person's right iris.
        left_iris: The person's left iris.
        person: Probability of the person in the head crop, shape (256, 256).
    """

    picture: Image.Image
    points: Points
    presence: float
    square: Square
    right_iris: Iris
    left_iris: Iris
    person: Mask

    @property
    def eye_distance(self) -> float:
        """Between the outer corners of the eyes, in picture pixels, measured in depth too."""
        return eye_distance(self.points)

    @cached_property
    def head_square(self) -> Square:
        """Where the head crop lies."""
        return head_square(self.points, self.square.tilt)

    @cached_property
    def head(self) -> Pixels:
        """Head crop, (256, 256, 3)."""
        return self.head_square.cut(self.picture, HEAD_PX)

    @cached_property
    def head_points(self) -> Points:
        """The mesh in pixels of the head crop, shape (468, 2)."""
        return self.head_square.from_picture(self.points[:, :2]) * HEAD_PX

    @cached_property
    def head_known(self) -> Mask:
        """1 where the head crop shows the picture, 0 where it lies beyond its edge."""
        white = Image.new("RGB", self.picture.size, (255, 255, 255))
        return (self.head_square.cut(white, HEAD_PX)[..., 0] > 127).astype(np.float32)

    @cached_property
    def face_square(self) -> Square:
        """Where the face crop lies."""
        middle = self.points[[face_mesh.RIGHT_EYE_OUTER, face_mesh.LEFT_EYE_OUTER], :2].mean(0)
        down, tilt = 0.35 * self.eye_distance, self.square.tilt
        return Square(middle[0] - sin(tilt) * down, middle[1] + cos(tilt) * down, FACE_EYES * self.eye_distance, tilt)

    @cached_property
    def face(self) -> Pixels:
        """Face crop, (256, 256, 3)."""
        return self.face_square.cut(self.picture, FACE_PX)

    @cached_property
    def face_points(self) -> Points:
        """The mesh in pixels of the face crop, shape (468, 2)."""
        return self.face_square.from_picture(self.points[:, :2]) * FACE_PX


def eye_distance(points: Points) -> float:
    """Between the outer corners of the eyes, in pixels."""
    return float(np.linalg.norm(points[face_mesh.LEFT_EYE_OUTER] - points[face_mesh.RIGHT_EYE_OUTER]))


def head_square(points: Points, tilt: float) -> Square:
    """The square around head, hair and shoulders; its tilt is the head's."""
    middle = points[[face_mesh.RIGHT_EYE_OUTER, face_mesh.LEFT_EYE_OUTER], :2].mean(0)
    distance = eye_distance(points)
    down = 0.55 * distance
    return Square(middle[0] - sin(tilt) * down, middle[1] + cos(tilt) * down, HEAD_EYES * distance, tilt)


class FaceReader:
    """The networks, in the order they are needed. Safe to use from several threads."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self._detector = FaceDetector(engines, folder)
        self._mesh = FaceMesh(engines, folder)
        self._iris = IrisFinder(engines, folder)
        self._mask = SelfieMask(engines, folder)

    def find(self, picture: Image.Image) -> tuple[Image.Image, list[Found]]:
        """Faces in the picture, largest first, and the picture turned so that the largest is upright.

        A phone that lost its orientation tag sends a face lying on its side. The detector often finds it all the
        same, and its eyes tell which way is up; where it finds none, the other three ways are tried.
        """
        found = self._detector.find(picture)
        if found:
            quarters = round(found[0].square().tilt / (pi / 2)) % 4
            if quarters == 0:
                return picture, found
            turned = picture.transpose(_BACK[quarters])
            return (turned, again) if (again := self._detector.find(turned)) else (picture, found)
        for turn in _BACK.values():
            turned = picture.transpose(turn)
            found = self._detector.find(turned)
            if found and found[0].score > 0.7:
                return turned, found
        return picture, []

    def read(self, picture: Image.Image, found: Found) -> Face:
        """Everything about one face. The mesh is laid twice: the second time around the points of the first."""
        first, _ = self._mesh.lay(picture, found.square())
        square = square_around(first)
        points, presence = self._mesh.lay(picture, square)
        square = square_around(points)
        return Face(
            picture=picture,
            points=points,
            presence=presence,
            square=square,
            right_iris=self._iris.find(picture, points[33, :2], points[133, :2], left=False, tilt=square.tilt),
            left_iris=self._iris.find(picture, points[263, :2], points[362, :2], left=True, tilt=square.tilt),
            person=self._person(picture, head_square(points, square.tilt)),
        )

    def _person(self, picture: Image.Image, head: Square) -> Mask:
        """The person in the head crop, looked for twice: in the whole crop and in a narrower one around the head.

        Wide, the network takes the disc of a round portrait for a person; narrow, it loses the shoulders. What both
        agree on stands, which removes the background beside the face from round portraits.
        """
        wide = self._mask.cover(picture, head)
        up = NARROW_UP / HEAD_EYES * head.side
        side = NARROW_EYES / HEAD_EYES * head.side
        narrow = self._mask.cover(
            picture, Square(head.x + sin(head.tilt) * up, head.y - cos(head.tilt) * up, side, head.tilt)
        )
        size = round(NARROW_EYES / HEAD_EYES * HEAD_PX)
        left = (HEAD_PX - size) // 2
        top = left - round(NARROW_UP / HEAD_EYES * HEAD_PX)
        part = np.asarray(Image.fromarray(narrow).resize((size, size), Image.Resampling.BILINEAR), np.float32)
        both = wide.copy()
        window = (slice(top, top + size), slice(left, left + size))
        both[window] = np.minimum(both[window], part)
        return both
