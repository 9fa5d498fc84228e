"""Hair on the scalp: caps, locks, curls, braids, locs, knots. Rigid on the head; tips sway."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, Patch, curve, interpolate, sheet, smooth_normals, sweep, unit

BALL: Array = CENTRE + np.array([0.0, 0.005, -0.008])
"""Centre of the ball that hair is lit like, so that it shades as one mass."""

Line = Callable[[Array], Array]
"""Elevation in degrees of a hairline at azimuths in degrees."""


def _line(*knots: tuple[float, float]) -> Line:
    """A symmetric hairline from (azimuth 0 front to 180 back, elevation) pairs."""
    at, value = [k[0] for k in knots], [k[1] for k in knots]
    return lambda azimuth: interpolate(np.abs((np.asarray(azimuth) + 180) % 360 - 180), at, value)


HAIRLINE = _line((0, 34), (30, 32), (52, 18), (66, 2), (80, -4), (100, -16), (115, -30), (140, -41), (180, -44))
"""A full natural hairline: forehead, temple, in front of and behind the ear, nape."""


def noise(points: Array, scale: float, seed: int) -> Array:
    """Smooth value noise in -1 to 1 at (..., 3) points; `scale` metres per cell; equal on every machine."""
    q = points / scale + seed * 17.31
    i = np.floor(q).astype(np.int64)
    f = q - i
    f = f * f * (3 - 2 * f)
    total = np.zeros(points.shape[:-1])
    for corner in range(8):
        o = np.array([corner & 1, corner >> 1 & 1, corner >> 2 & 1])
        j = i + o
        h = (j[..., 0] * 73856093 ^ j[..., 1] * 19349663 ^ j[..., 2] * 83492791 ^ seed * 2654435761) & 0xFFFFFF
        h = (h * 48271 ^ h >> 7) & 0xFFFFFF
        w = np.prod(np.where(o == 1, f, 1 - f), axis=-1)
        total += w * (h / 0xFFFFFF * 2 - 1)
    return total


def cap(
    line: Line, thickness: ArrayLike | Callable[[Array, Array], Array], *, rows: int = 12, columns: int = 44, slot: str = "hair",
    outline: float = 1.0, edge: float = 0.0015, bumps: Callable[[Array], Array] | None = None,
) -> Patch:  # fmt: skip
    """A shell over the scalp from `line` up to the crown, `thickness` metres off it (thinning to `edge` at the hairline)."""
    azimuth = np.linspace(-180, 180, columns, endpoint=False)
    low = line(azimuth)
    rise = np.linspace(0, 1, rows) ** 0.85
    elevation = low[None] + (89.0 - low[None]) * rise[:, None]
    ways = direction(np.broadcast_to(azimuth, elevation.shape), elevation)
    thick = (
        thickness(np.broadcast_to(azimuth, elevation.shape), elevation)
        if callable(thickness)
        else np.full(elevation.shape, thickness)
    )
    near = np.clip(rise * 7, 0, 1)[:, None]
    off = edge + (thick - edge) * np.sin(near * np.pi / 2)
    grid = on_scalp(ways, off)
    if bumps is not None:
        grid = grid + ways * bumps(grid)[..., None] * near[..., None]
    uv = np.stack(
        [
            np.broadcast_to(azimuth / 360 + 0.5, elevation.shape),
            np.broadcast_to((1 - rise)[:, None] * 0.5, elevation.shape),
        ],
        axis=-1,
    )
    return sheet(grid, slot=slot, closed=True, uv=uv, outline=outline, sphere=BALL)


def lock(
    points: ArrayLike, width: float, thickness: float, *, rings: int = 9, sides: int = 6, number: float = 0.5,
    sway: float = 0.0, root: float = 0.55, belly: float = 0.35, tip: float = 0.04, up: ArrayLike | None = None, outline: float = 1.0,
    slot: str = "hair", twist: float = 0.0,
) -> Patch:  # fmt: skip
    """A leaf-shaped lock along the curve through `points`.

    Args:
        points: (k, 3) control points from root to tip.
        width: Half width at its fullest, metres.
        thickness: Half thickness there.
        rings, sides: Resolution.
        number: The lock's random number, for colour and the highlight's edge.
        sway: How loose the tip is.
        root, tip: Width at the ends as shares of the fullest; `belly` is where along the lock that is.
        up: Outward direction; absent: away from the head's axis.
        outline: Share of the outline.
        slot: Colour slot.
        twist: Turn of the tip about the lock, radians.
    """
    path = curve(points, rings)
    t = np.linspace(0, 1, rings)
    shape = interpolate(t, [0, belly, 0.72, 1], [root, 1.0, 0.72, tip])
    outwards: ArrayLike
    if up is None:
        axis = np.stack(
            [CENTRE[0] + np.zeros(rings), np.minimum(path[:, 1], CENTRE[1]), CENTRE[2] + np.zeros(rings)], axis=1
        )
        outwards = unit(path - axis)
    else:
        outwards = up
    loose = sway * t**1.6
    return sweep(path, width * shape, thickness * shape, up=outwards, sides=sides, slot=slot, random=number, sway=loose,
                 sphere=BALL, outline=outline * interpolate(t, [0, 0.2, 0.8, 1], [0.6, 1, 1, 0.5]), caps=(False, False),
                 twist=twist * t)  # fmt: skip


def build_hair(part: str) -> Mesh:
    """The geometry of one hair part."""
    del part
    mesh = Mesh()
    mesh.add(cap(HAIRLINE, 0.012))
    return mesh


_ = (Sequence, CHIN_Y, smooth_normals)
