"""Filled outlines: which pixels of a crop lie inside a polygon of mesh points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from services.recognition.crop import Points

Region: TypeAlias = NDArray[np.bool_]
"""True inside, shape (size, size)."""


def inside(points: Points, size: int, indices: Sequence[int] | None = None, *, grow: float = 1.0) -> Region:
    """The region enclosed by points in pixels, (n, 2).

    Args:
        points: Where the points are.
        size: Edge of the crop.
        indices: Which of them, in order around the region; None means all.
        grow: Scales the polygon about its centre.
    """
    corners = points if indices is None else points[list(indices)]
    centre = corners.mean(0)
    corners = centre + (corners - centre) * grow
    canvas = Image.new("L", (size, size))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in corners], fill=1)
    return np.asarray(canvas, bool)


def hull(points: Points) -> Points:
    """Corners of the smallest convex polygon around points (n, 2), in order around it."""
    ordered = points[np.lexsort((points[:, 1], points[:, 0]))]

    def half(sequence: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        chain: list[NDArray[np.float64]] = []
        for point in sequence:
            while len(chain) >= 2:
                (ax, ay), (bx, by) = chain[-1] - chain[-2], point - chain[-2]
                if ax * by - ay * bx > 0:
                    break
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))
