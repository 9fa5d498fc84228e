"""A tilted square cut out of a picture, and the way back: what every network and every measure looks at."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels: TypeAlias = NDArray[np.uint8]
"""An RGB picture, shape (height, width, 3), sRGB."""

Points: TypeAlias = NDArray[np.float64]
"""Places in pixels, shape (points, 2) or (points, 3): x right, y down, z away from the viewer."""


@dataclass(frozen=True)
class Square:
    """Where the cut lies in the picture.

    Attributes:
        x: Centre, in pixels from the left edge.
        y: Centre, in pixels from the top edge.
        side: Length of an edge in pixels.
        tilt: Angle by which the square is turned clockwise as seen, in radians.
    """

    x: float
    y: float
    side: float
    tilt: float = 0.0

    def cut(self, picture: Image.Image, size: int, *, mirrored: bool = False) -> Pixels:
        """The square's content as (size, size, 3). What lies outside the picture is black.

        Shrinking by two or more first averages whole blocks, so that fine patterns do not fold into coarse ones.
        """
        shrink = max(1, int(self.side / size))
        source = picture.reduce(shrink) if shrink > 1 else picture
        step = self.side / size / shrink
        across = (cos(self.tilt) * step, sin(self.tilt) * step)
        down = (-sin(self.tilt) * step, cos(self.tilt) * step)
        half = size / 2
        centre_x, centre_y = self.x / shrink, self.y / shrink
        flip = -1.0 if mirrored else 1.0
        matrix = (
            flip * across[0],
            down[0],
            centre_x - half * (flip * across[0] + down[0]),
            flip * across[1],
            down[1],
            centre_y - half * (flip * across[1] + down[1]),
        )
        cut = source.transform((size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        return np.asarray(cut, np.uint8)

    def to_picture(self, points: Points) -> Points:
        """Places in units of the square's edge (0 to 1) to picture pixels; a third coordinate is scaled only."""
        out = points * self.side
        x, y = out[:, 0] - self.side / 2, out[:, 1] - self.side / 2
        out[:, 0] = self.x + x * cos(self.tilt) - y * sin(self.tilt)
        out[:, 1] = self.y + x * sin(self.tilt) + y * cos(self.tilt)
        return out

    def from_picture(self, points: Points) -> Points:
        """Picture pixels to units of the square's edge."""
        out = np.array(points, np.float64)
        x, y = out[:, 0] - self.x, out[:, 1] - self.y
        out[:, 0] = x * cos(self.tilt) + y * sin(self.tilt) + self.side / 2
        out[:, 1] = -x * sin(self.tilt) + y * cos(self.tilt) + self.side / 2
        return out / self.side
