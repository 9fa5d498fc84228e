"""Pictures by brute force: every pixel is the mean of many places within it. Nothing here is fast."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float64]
"""Premultiplied colour and alpha, (height, width, 4), 0 to 1."""

Points = Sequence[tuple[float, float]]

FINE = 6
"""Places per pixel and axis."""


def places(size: tuple[int, int], fine: int = FINE) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """X and y of places that fill every pixel evenly, each (height * fine, width * fine)."""
    width, height = size
    x = (np.arange(width * fine) + 0.5) / fine
    y = (np.arange(height * fine) + 0.5) / fine
    across, down = np.meshgrid(x, y)
    return across, down


def averaged(fine_picture: NDArray[np.float64], fine: int = FINE) -> NDArray[np.float64]:
    """The mean over each pixel's places."""
    height, width = fine_picture.shape[0] // fine, fine_picture.shape[1] // fine
    split = fine_picture.reshape(height, fine, width, fine, *fine_picture.shape[2:])
    mean: NDArray[np.float64] = split.mean(axis=(1, 3))
    return mean


def sampled(picture: Picture, x: NDArray[np.float64], y: NDArray[np.float64]) -> Picture:
    """A picture between its pixels, bilinear, held at its edges; x and y in its own pixels."""
    height, width = picture.shape[:2]
    column, row = np.clip(x - 0.5, 0, width - 1), np.clip(y - 0.5, 0, height - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (column - left)[..., None], (row - top)[..., None]
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    lower = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    mixed: Picture = upper * (1 - down) + lower * down
    return mixed


def placed(picture: Picture, matrix: NDArray[np.float64], size: tuple[int, int], mean: bool = False) -> Picture:
    """A picture where a matrix takes its pixels, also in perspective; transparent beyond its edges.

    With `mean`, colours too are means over each pixel, as they must be where a picture is made small; otherwise
    they are those in the pixels' middles, by the share of the pixel that the picture covers.
    """
    back = np.linalg.inv(matrix)
    height, width = picture.shape[:2]

    def seen(fine: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        x, y = places(size, fine)
        u, v, w = (back[row, 0] * x + back[row, 1] * y + back[row, 2] for row in range(3))
        u, v = u / w, v / w
        return u, v, (u >= 0) & (u <= width) & (v >= 0) & (v <= height) & (w > 0)

    u, v, inside = seen(FINE)
    if mean:
        return averaged(sampled(picture, u, v) * inside[..., None])
    across, down, _ = seen(1)
    covered: Picture = sampled(picture, across, down) * averaged(inside.astype(float))[..., None]
    return covered


def area(size: tuple[int, int], inside: Callable[..., NDArray[np.bool_]]) -> NDArray[np.float64]:
    """The share of every pixel that lies inside, (height, width)."""
    return averaged(inside(*places(size)).astype(float))


def flat(coverage: NDArray[np.float64], rgb: tuple[float, float, float]) -> Picture:
    """One colour, 0 to 255, by coverage."""
    colour = np.array([*rgb, 255]) / 255
    return coverage[..., None] * colour


def over(bottom: Picture, top: Picture) -> Picture:
    """One picture over another."""
    covered: Picture = top + bottom * (1 - top[..., 3:])
    return covered


def polygon(points: NDArray[np.float64], rule: str = "nonzero") -> Callable[..., NDArray[np.bool_]]:
    """Whether places lie in a closed polygon, by its winding number."""

    def inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        winding = np.zeros(x.shape, int)
        for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            crosses = (y0 <= y) != (y1 <= y)
            at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
            winding += np.where(crosses & (at > x), 1 if y1 > y0 else -1, 0)
        inner: NDArray[np.bool_] = winding % 2 != 0 if rule == "evenodd" else winding != 0
        return inner

    return inside


def near(points: NDArray[np.float64], radius: float, closed: bool = False) -> Callable[..., NDArray[np.bool_]]:
    """Whether places lie within a distance of a line through points: a stroke with round caps and joins."""
    ends = np.roll(points, -1, axis=0) if closed else points[1:]
    starts = points if closed else points[:-1]

    def inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        found = np.zeros(x.shape, bool)
        for (x0, y0), (x1, y1) in zip(starts, ends, strict=True):
            way = np.array([x1 - x0, y1 - y0])
            size = float(way @ way)
            share = np.clip(((x - x0) * way[0] + (y - y0) * way[1]) / size, 0, 1) if size else np.zeros(x.shape)
            found |= np.hypot(x - x0 - share * way[0], y - y0 - share * way[1]) <= radius
        return found

    return inside


def bezier(
    vertices: Points, arriving: Points, leaving: Points, closed: bool = True, steps: int = 24
) -> NDArray[np.float64]:
    """A path of cubics as many points, (n, 2)."""
    count = len(vertices)
    pieces = []
    for index in range(count if closed else count - 1):
        following = (index + 1) % count
        a, d = np.array(vertices[index], float), np.array(vertices[following], float)
        b, c = a + leaving[index], d + arriving[following]
        t = np.linspace(0, 1, steps, endpoint=False)[:, None]
        pieces.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    if not closed:
        pieces.append(np.array([vertices[-1]], float))
    return np.vstack(pieces)


def ease(x1: float, y1: float, x2: float, y2: float, at: float) -> float:
    """A bezier ease by looking it up in a fine table."""
    t = np.linspace(0, 1, 100_001)
    x = 3 * (1 - t) ** 2 * t * x1 + 3 * (1 - t) * t**2 * x2 + t**3
    y = 3 * (1 - t) ** 2 * t * y1 + 3 * (1 - t) * t**2 * y2 + t**3
    return float(np.interp(at, x, y))
