"""Finds faces: Google's short-range detector, and its full-range one for faces that are small in the picture.

Both are single-shot detectors (BlazeFace): one row of numbers per anchor, decoded against the anchor's centre.

    network       picture          anchors                          4.4 ms and 21 ms wall with the original runtime
    short range   128 x 128 x 3    2 per 8 px cell, 6 per 16 px cell
    full range    192 x 192 x 3    1 per 4 px cell
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.recognition.crop import Points, Square
from services.recognition.engine import Engines, Network

SCORE = 0.5
"""Least probability of a face; Google's own value."""

OVERLAP = 0.3
"""Boxes that share more than this part of their union are one face."""


@dataclass(frozen=True)
class Found:
    """One face.

    Attributes:
        box: Left, top, right, bottom in picture pixels.
        keypoints: Shape (6, 2), picture pixels: eyes (the one further left first), nose tip, mouth, ears.
        score: Probability of a face.
    """

    box: tuple[float, float, float, float]
    keypoints: Points
    score: float

    @property
    def side(self) -> float:
        """Longer edge of the box in pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])

    def square(self) -> Square:
        """What the mesh wants to see: one and a half times the box, turned so that the eyes are level."""
        across = self.keypoints[1] - self.keypoints[0]
        return Square(
            x=(self.box[0] + self.box[2]) / 2,
            y=(self.box[1] + self.box[3]) / 2,
            side=self.side * 1.5,
            tilt=atan2(across[1], across[0]),
        )


class FaceDetector:
    """Both detectors. The second one runs only when the first finds nothing."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self._short = _Detector(engines.load(folder / "face_detection_short_range.tflite"), 128, _anchors_short())
        self._full = _Detector(engines.load(folder / "face_detection_full_range_sparse.tflite"), 192, _anchors_full())

    def find(self, picture: Image.Image) -> list[Found]:
        """All faces, the largest first."""
        return self._short.find(picture) or self._full.find(picture)


class _Detector:
    def __init__(self, network: Network, size: int, anchors: NDArray[np.float64]) -> None:
        self._network = network
        self._size = size
        self._anchors = anchors

    def find(self, picture: Image.Image) -> list[Found]:
        frame = Square(picture.width / 2, picture.height / 2, float(max(picture.size)))
        pixels = frame.cut(picture, self._size)
        outputs = self._network.run((pixels.astype(np.float32) / 127.5 - 1.0)[None])
        rows = next(out for out in outputs if out.shape[-1] == 16)[0].astype(np.float64)  # (anchors, 16)
        logits = next(out for out in outputs if out.shape[-1] == 1)[0, :, 0].astype(np.float64)
        scores = 1 / (1 + np.exp(-logits.clip(-100, 100)))
        likely = np.flatnonzero(scores >= SCORE)
        if likely.size == 0:
            return []
        rows, scores, anchors = rows[likely] / self._size, scores[likely], self._anchors[likely]
        centre, half = rows[:, 0:2] + anchors, rows[:, 2:4] / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)  # (likely, 4)
        keypoints = rows[:, 4:16].reshape(-1, 6, 2) + anchors[:, None]
        faces = []
        for group in _groups(boxes, scores):
            weight = scores[group] / scores[group].sum()
            corners = frame.to_picture((weight[:, None] * boxes[group]).sum(0).reshape(2, 2))
            places = frame.to_picture((weight[:, None, None] * keypoints[group]).sum(0))
            (left, top), (right, bottom) = corners
            faces.append(Found((left, top, right, bottom), places, float(scores[group].max())))
        return sorted(faces, key=lambda face: -face.side)


def _groups(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Boxes that show the same face, the most certain first. They are averaged, not dropped, which steadies the box."""
    left = np.argsort(-scores)
    groups = []
    while left.size:
        best = left[0]
        inner = np.minimum(boxes[left, 2:], boxes[best, 2:]) - np.maximum(boxes[left, :2], boxes[best, :2])
        shared = inner.clip(0).prod(axis=1)
        area = (boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1)
        same = shared / (area[left] + area[best] - shared + 1e-12) > OVERLAP
        same[0] = True
        groups.append(left[same])
        left = left[~same]
    return groups


def _anchors_short() -> NDArray[np.float64]:
    """Anchor centres, 0 to 1, shape (896, 2)."""
    return np.concatenate([np.repeat(_cells(16), 2, axis=0), np.repeat(_cells(8), 6, axis=0)])


def _anchors_full() -> NDArray[np.float64]:
    """Anchor centres, 0 to 1, shape (2304, 2)."""
    return _cells(48)


def _cells(count: int) -> NDArray[np.float64]:
    y, x = np.divmod(np.arange(count * count), count)
    return np.stack([(x + 0.5) / count, (y + 0.5) / count], axis=1)
