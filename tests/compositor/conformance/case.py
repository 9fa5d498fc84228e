"""A conformance case: a shot of one feature, and its picture by an independent reckoning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compositor.conformance.raster import Picture, over, placed
from tests.compositor.material import Json, Pixels, png

SIZE = (128, 96)
"""Width and height of the cases' compositions."""

Reference = Callable[[], Picture]

CASES: list[Case] = []
"""Every case, in the order of the features' table."""


@dataclass(frozen=True)
class Case:
    """One feature.

    Args:
        group: Heading in the features' table.
        feature: What After Effects or Lottie call it.
        name: Unique.
        layers: The shot's layers, topmost first.
        reference: Gives (height, width, 4) premultiplied colour, 0 to 1; or layers that must look the same.
        frame: Which frame is compared.
        length: Frames of the shot.
        more: Other fields of the shot.
        files: Named files beside `chart`.
        differs: How it differs from After Effects; empty when it does not as far as its documents say.
    """

    group: str
    feature: str
    name: str
    layers: list[Json]
    reference: Reference | list[Json]
    frame: int = 0
    length: int = 24
    more: Mapping[str, Any] = field(default_factory=dict)
    files: Callable[[], Mapping[str, bytes]] | None = None
    differs: str = ""


def case(
    group: str, feature: str, name: str, layers: list[Json], reference: Reference | list[Json], **more: Any
) -> None:
    """Add a case."""
    CASES.append(Case(group, feature, name, layers, reference, **more))


def value(*numbers: float) -> Json:
    """A property that stays."""
    return {"value": list(numbers)}


def keys(*keyframes: tuple[float, list[float]], **more: Any) -> Json:
    """A property with keyframes; `more` goes to the first."""
    made: list[Json] = [{"frame": frame, "value": numbers} for frame, numbers in keyframes]
    made[0] |= more
    return {"keyframes": made}


def color(*rgb: float) -> Json:
    """Red, green and blue of 0 to 255."""
    return dict(zip(("red", "green", "blue"), (int(part) for part in rgb), strict=True))


def layer(name: str, **more: Any) -> Json:
    """A layer that shows the chart."""
    return {"name": name, "image": {"path": "chart"}, **more}


def solid(name: str, rgb: tuple[int, int, int], width: int = 128, height: int = 96, **more: Any) -> Json:
    """A layer of one colour."""
    return {"name": name, "solid": {"width": width, "height": height, "color": color(*rgb)}, **more}


@cache
def chart() -> Pixels:
    """A picture of 64 by 48 in which directions, edges and colours can be told: gradients, a checkerboard, a hole."""
    rows, columns = np.mgrid[:48, :64]
    picture = np.zeros((48, 64, 4))
    picture[..., 0] = columns / 63
    picture[..., 1] = rows / 47
    picture[..., 2] = 0.5 + 0.5 * np.sin(columns / 5) * np.cos(rows / 4)
    board = ((rows // 6) + (columns // 8)) % 2 == 0
    picture[..., :3] *= np.where(board, 1.0, 0.55)[..., None]
    picture[..., 3] = 1
    hole = (columns - 44) ** 2 + (rows - 16) ** 2 < 64
    picture[hole, 3] = 0.4
    picture[4:14, 4:18, :3] = (1, 1, 1)
    return np.round(picture * 255).astype(np.uint8)


@cache
def chart_file() -> bytes:
    """The chart as a PNG."""
    return png(chart())


@cache
def premultiplied() -> Picture:
    """The chart as premultiplied colour of 0 to 1."""
    picture = chart().astype(float) / 255
    picture[..., :3] *= picture[..., 3:]
    return picture


Matrix = NDArray[np.float64]


def move(x: float, y: float) -> Matrix:
    """A shift in the plane, 3 by 3."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def turn(degrees: float) -> Matrix:
    """A turn, clockwise as y points down."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def grow(x: float, y: float | None = None) -> Matrix:
    """A scale, in shares."""
    return np.diag([x, x if y is None else y, 1.0])


def centred(width: float = 64, height: float = 48) -> Matrix:
    """A layer of this size in the middle of the composition."""
    return move(SIZE[0] / 2 - width / 2, SIZE[1] / 2 - height / 2)


def about(matrix: Matrix, x: float = 64, y: float = 48, width: float = 64, height: float = 48) -> Matrix:
    """A layer whose middle stands at a point, changed about it."""
    return move(x, y) @ matrix @ move(-width / 2, -height / 2)


def black() -> Picture:
    """What is behind everything."""
    picture = np.zeros((SIZE[1], SIZE[0], 4))
    picture[..., 3] = 1
    return picture


def shown(matrix: Matrix, picture: Picture | None = None, opacity: float = 1) -> Picture:
    """The chart, or another picture, where a matrix takes it, over black."""
    return over(black(), placed(premultiplied() if picture is None else picture, matrix, SIZE) * opacity)
