"""The scalp: hairlines, the shell of hair over it, and how a strand falls over head, neck and shoulders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Patch, interpolate, sheet, unit

BALL: Array = CENTRE + np.array([0.0, 0.005, -0.008])
"""Centre of the ball that hair is lit like, so that it shades as one mass."""


STRANDS_ROUND = 6
"""Texture coordinates of the shell run round the head so often: its painted strands are as wide as those of locks."""

Line = Callable[[Array], Array]
"""Elevation in degrees of a hairline at azimuths in degrees."""


def hairline(*knots: tuple[float, float]) -> Line:
    """A symmetric hairline from (azimuth 0 front to 180 back, elevation) pairs."""
    at, value = [k[0] for k in knots], [k[1] for k in knots]
    return lambda azimuth: interpolate(np.abs((np.asarray(azimuth) + 180) % 360 - 180), at, value)


HAIRLINE = hairline((0, 31), (30, 29), (52, 16), (66, 2), (80, -4), (100, -16), (115, -30), (140, -41), (180, -44))
"""A full natural hairline: forehead, temple, in front of and behind the ear, nape."""


BROW_FRAMING = hairline(
    (0, 22),
    (22, 22.5),
    (38, 20),
    (48, 12),
    (57, 3),
    (66, -8),
    (76, -13),
    (100, -17),
    (115, -30),
    (140, -41),
    (180, -44),
)
"""The hairline of styles without a fringe: drawn faces carry a lower forehead than skulls, and hair before the ear."""


FADE_LOW = hairline(
    (0, 22), (22, 22.5), (38, 20), (50, 12), (60, 7), (72, 4), (84, 3), (100, 0), (115, -6), (140, -14), (180, -16)
)
FADE_MID = hairline((0, 22), (22, 23), (38, 21), (48, 17), (58, 16), (72, 16), (90, 14), (120, 8), (150, 0), (180, -2))
FADE_HIGH = hairline(
    (0, 22), (22, 23.5), (36, 24), (46, 27), (58, 30), (72, 31), (90, 30), (120, 28), (150, 25), (180, 24)
)
CURLS_FRONT = hairline(
    (0, 25), (30, 24), (50, 14), (62, 2), (72, -6), (80, -8), (100, -16), (115, -30), (140, -41), (180, -44)
)


RECEDING = hairline(
    (0, 41),
    (12, 42),
    (25, 53),
    (36, 53),
    (48, 36),
    (58, 14),
    (66, -2),
    (76, -9),
    (100, -16),
    (115, -30),
    (140, -41),
    (180, -44),
)
"""Temples bare far up, a tongue of hair left in the middle."""

WIDOWS_PEAK = hairline(
    (0, 17),
    (7, 23),
    (18, 31),
    (32, 32),
    (44, 23),
    (57, 6),
    (66, -6),
    (76, -12),
    (100, -16),
    (115, -30),
    (140, -41),
    (180, -44),
)
"""A point in the middle of the forehead."""

WREATH = hairline((0, 60), (46, 58), (56, 30), (64, 10), (74, -7), (100, -16), (115, -30), (140, -41), (180, -44))
"""Ears and nape only; the crown is bare."""

UNDERCUT = hairline((0, 22), (22, 22.5), (38, 21), (50, 22), (66, 22), (90, 20), (120, 14), (150, 6), (180, 2))


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
    line: Line,
    thickness: ArrayLike | Callable[[Array, Array], Array],
    *,
    rows: int = 12,
    columns: int = 44,
    slot: str = "hair",
    outline: float = 1.0,
    edge: float = 0.0015,
    bumps: Callable[[Array], Array] | None = None,
    ramp: float = 7.0,
    top: Line | None = None,
) -> Patch:
    """A shell over the scalp from `line` to the crown, `thickness` metres off it and `edge` at the hairline.

    `ramp` says how steeply it rises there: 1 over the whole way to the crown, 7 over a seventh. With `top` it ends
    there, as thin as at the hairline.
    """
    azimuth = np.linspace(-180, 180, columns + 1)  # the seam at the back is cut, so that strands run true there
    low = line(azimuth)
    rise = np.linspace(0, 1, rows) ** 0.85
    high = np.full(low.shape, 89.0) if top is None else np.maximum(top(azimuth), low + 0.5)
    elevation = low[None] + (high - low)[None] * rise[:, None]
    ways = direction(np.broadcast_to(azimuth, elevation.shape), elevation)
    thick = (
        thickness(np.broadcast_to(azimuth, elevation.shape), elevation)
        if callable(thickness)
        else np.full(elevation.shape, thickness)
    )
    near = np.clip(rise * ramp, 0, 1)[:, None]
    if top is not None:
        near = near * np.clip((1 - rise) * ramp, 0, 1)[:, None]
    off = edge + (thick - edge) * np.sin(near * np.pi / 2)
    grid = on_scalp(ways, off)
    if bumps is not None:
        grid = grid + ways * bumps(grid)[..., None] * near[..., None]
    uv = np.stack(
        [
            np.broadcast_to((azimuth / 360 + 0.5) * STRANDS_ROUND, elevation.shape),
            np.broadcast_to((1 - rise)[:, None] * 0.5, elevation.shape),
        ],
        axis=-1,
    )
    patch = sheet(grid, slot=slot, uv=uv, outline=outline, sphere=BALL)
    wide = high - low > 1.0
    cells = np.tile(np.repeat(wide[:-1] | wide[1:], 2), rows - 1)  # where `top` lies below `line` there is nothing
    patch.triangles = patch.triangles[cells]
    patch.slots = [slot] * len(patch.triangles)
    return patch


def strand_seed(number: int) -> float:
    """A lock's number in 0 to 1 from a counter: equal on every machine, spread evenly."""
    return (number * 0.6180339887 + 0.137) % 1.0


def over_crown(back: float, across_m: float, lift: float) -> Array:
    """A point over the scalp on a line from the forehead (`back` 0 degrees) over the crown (90) down to the nape (180).

    The line runs `across_m` metres beside the middle, towards the avatar's left when positive.
    """
    angle = np.radians(back)
    return on_scalp(unit(np.array([across_m / 0.100, np.sin(angle), np.cos(angle)])), lift)


def angles(points: ArrayLike) -> tuple[Array, Array]:
    """Azimuth and elevation in degrees of points (..., 3) as seen from the head's centre."""
    way = unit(np.asarray(points, dtype=np.float64) - CENTRE)
    return np.degrees(np.arctan2(way[..., 0], way[..., 2])), np.degrees(np.arcsin(way[..., 1]))


def spread_over(count: int, line: Line, low: float = -60.0) -> tuple[Array, Array]:
    """(azimuth, elevation) of `count` points spread evenly over the scalp above `line`."""
    k = np.arange(int(count * 2.4))
    sine = 1 - 2 * (k + 0.5) / len(k)
    elevation = np.degrees(np.arcsin(sine))
    azimuth = k * 137.50776 % 360 - 180
    keep = (elevation > line(np.asarray(azimuth, dtype=np.float64))) & (elevation > low)
    return np.asarray(azimuth[keep]), np.asarray(elevation[keep], dtype=np.float64)


def body_radius(azimuth: float, y: float) -> float:
    """How far from the head's axis, in direction `azimuth`, neck, collar and shoulders reach at height y, metres."""
    a = np.radians(azimuth)
    side = abs(np.sin(a))
    back = np.cos(a) < 0
    neck = 0.056
    if y > 1.285:
        return neck
    collar = 0.078 + 0.006 * (1.285 - y) / 0.05
    if y > 1.235:
        return float(collar)
    wide = float(interpolate(y, [1.05, 1.17, 1.205, 1.235], [0.150, 0.155, 0.145, 0.085]))
    deep = (
        float(interpolate(y, [0.90, 1.05, 1.14, 1.235], [0.085, 0.100, 0.102, 0.080]))
        if back
        else float(interpolate(y, [1.00, 1.10, 1.16, 1.235], [0.112, 0.116, 0.105, 0.078]))
    )
    return float(np.hypot(wide * side, deep * np.cos(a)))


LONGEST_STEP_M = 0.030
"""Between points of a falling strand: with longer steps its chords would cut through the head."""


def clear_of_head(points: Array, least: float) -> Array:
    """The points (n, 3), those above the chin moved outwards until they are `least` metres over the skin."""
    way = unit(points - CENTRE)
    skin = np.linalg.norm(on_scalp(way) - CENTRE, axis=-1)
    short = np.where(points[:, 1] > CHIN_Y + 0.004, skin + least - np.linalg.norm(points - CENTRE, axis=-1), 0.0)
    return np.asarray(points + way * np.clip(short, 0, None)[:, None])


def falling(
    azimuth: float,
    elevation: float,
    length_m: float,
    *,
    lift: float = 0.014,
    out: float = 0.0,
    swing: float = 0.0,
    wave: float = 0.0,
    waves: float = 3.0,
    phase: float = 0.0,
    count: int = 9,
    hug: float = 0.0,
    curl_in: float = 0.0,
    clear: float = 0.010,
    early: float = 1.0,
    rise: int = 1,
) -> Array:
    """Centre line of a lock that leaves the scalp at (azimuth, elevation) and falls for `length_m` metres.

    It follows the head down to where gravity takes over, then hangs. `out` metres away from the head at the tip,
    `swing` degrees round it, `wave` metres of waviness, `hug` the share by which it keeps to the neck, `curl_in` metres
    by which the tip turns inwards; `early` above 1 swings sooner. It reaches `lift` metres over the scalp after `rise`
    steps, so that from several on it does not stand up at its root.
    """
    count = max(count, int(np.ceil(length_m / LONGEST_STEP_M)) + 1)
    points = [on_scalp(direction(azimuth, elevation), lift * 0.35)]
    step = length_m / (count - 1)
    e, a = elevation, azimuth
    hanging = False
    for k in range(1, count):
        t = k / (count - 1)
        previous = points[-1]
        a_now = a + swing * min(1.0, t * early)
        if not hanging:
            e -= np.degrees(step / 0.105)
            candidate = on_scalp(direction(a_now, e), lift * min(1.0, 0.35 + 0.65 * k / rise))
            line = float(HAIRLINE(np.array([a_now]))[0])
            if e < max(-8.0, line - 26.0) or (candidate[1] > previous[1] + 1e-4 and e < 10):
                hanging = True
            else:
                points.append(candidate)
                continue
        way = direction(a_now, 0.0)
        radius = np.hypot(previous[0] - CENTRE[0], previous[2] - CENTRE[2])
        down = previous + np.array([0.0, -step, 0.0])
        # Below the jaw, hair draws in towards the neck and then lies on shoulders and back.
        depth = CHIN_Y + 0.03 - down[1]
        wanted: float = radius - hug * 0.020 * step / 0.03 + out * step / max(0.05, length_m)
        shoulder = body_radius(float(a_now), float(down[1])) + clear
        wanted = max(wanted, shoulder) if depth > 0 else wanted
        points.append(np.array([CENTRE[0] + way[0] * wanted, down[1], CENTRE[2] + way[2] * wanted]))
    path = np.array(points)
    for _ in range(2):  # rounds the corner between lying and hanging
        path[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
    path = clear_of_head(path, 0.5 * lift)
    share = np.linspace(0, 1, len(path))
    ways = direction(azimuth + swing * np.minimum(1.0, share * early), 0.0)
    across = np.stack([ways[:, 2], np.zeros(len(share)), -ways[:, 0]], axis=1)
    grown = wave * np.clip(share * 2.5 - 0.25, 0, 1)
    turn = 2 * np.pi * (waves * share + phase)
    path = path + across * (np.sin(turn) * grown)[:, None] + ways * (0.5 * np.cos(turn) * grown)[:, None]
    path = path - ways * (curl_in * np.clip((share - 0.6) / 0.4, 0, 1) ** 2)[:, None]
    return np.asarray(path)
