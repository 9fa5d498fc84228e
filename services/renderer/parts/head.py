"""The head that every part is fitted to: a loft along its height, the scalp, and one morph per measured ratio."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.mesh import Array, Mesh, Patch, ball, curve, interpolate, smooth_normals, sweep, unit

CHIN_Y = 1.315
"""Height of the chin above the floor, metres; heights below are above the chin."""
HEIGHT = 0.262
CENTRE: Array = np.array([0.0, CHIN_Y + 0.150, -0.006])
"""Where rays to the scalp start."""
EYE_Y, EYE_X = 0.0985, 0.0405
MOUTH_Y, NOSE_Y, BROW_Y = 0.0345, 0.0585, 0.1335

#                 chin                                   cheek         eyes           brow                        crown
_Y = [0.0, 0.004, 0.012, 0.024, 0.040, 0.058, 0.080, 0.105, 0.135, 0.165, 0.195, 0.222, 0.243, 0.256, 0.262]
_WIDTH = [
    0.012,
    0.0240,
    0.0360,
    0.0485,
    0.0612,
    0.0722,
    0.0822,
    0.0892,
    0.0940,
    0.0955,
    0.0925,
    0.0815,
    0.0610,
    0.0330,
    0.0,
]
_FRONT = [
    0.0700,
    0.0780,
    0.0830,
    0.0850,
    0.0862,
    0.0872,
    0.0885,
    0.0890,
    0.0910,
    0.0915,
    0.0860,
    0.0715,
    0.0480,
    0.0200,
    -0.008,
]
_BACK = [
    0.0480,
    0.0380,
    0.0230,
    0.0050,
    -0.0140,
    -0.0330,
    -0.0560,
    -0.0780,
    -0.0960,
    -0.1050,
    -0.1050,
    -0.0930,
    -0.0690,
    -0.0400,
    -0.008,
]
_EXPONENT = 2.25

MORPHS = (
    "face_height",
    "jaw_width",
    "nose_width",
    "nose_length",
    "lip_width",
    "lip_fullness",
    "eye_spacing",
    "eye_opening",
    "eye_tilt",
    "brow_height",
    "forehead_height",
)
"""Named as recognition names the ratios. Those of lips, eyes and brows move the painting, `stage/avatar/face.ts`."""

MODELLED = ("face_height", "jaw_width", "nose_width", "nose_length")
"""Those of them that move the mesh."""

SHAPES = (
    "nose_bridge",
    "nose_hump",
    "nose_turned",
    "nose_broad",
    "nose_round",
    "nose_short",
    "nose_low",
)
"""Targets that no recipe names: parts of group `nose` carry their weights, see `paint.NOSES`."""


def _sections(y: Array, morphs: Mapping[str, float]) -> tuple[Array, Array, Array]:
    """Half width, front and back z at heights `y` above the chin."""
    width, front, back = (interpolate(y, _Y, values) for values in (_WIDTH, _FRONT, _BACK))
    jaw = morphs.get("jaw_width", 0.0)
    width = width * (1 + 0.13 * jaw * np.exp(-(((y - 0.030) / 0.034) ** 2)))
    return width, front, back


def surface(angle: ArrayLike, y: ArrayLike, morphs: Mapping[str, float] | None = None) -> Array:
    """Points of the skin without nose; `angle` 0 is +x, pi/2 the front; `y` metres above the chin; shape (..., 3)."""
    morphs = morphs or {}
    a, h = np.broadcast_arrays(np.asarray(angle, dtype=np.float64), np.asarray(y, dtype=np.float64))
    width, front, back = _sections(h, morphs)
    c, s = np.cos(a), np.sin(a)
    power = 2 / _EXPONENT
    x = width * np.sign(c) * np.abs(c) ** power
    z = (front + back) / 2 + (front - back) / 2 * np.sign(s) * np.abs(s) ** power
    return np.stack([x, CHIN_Y + _stretch(h, morphs), z], axis=-1)


def _stretch(y: Array, morphs: Mapping[str, float]) -> Array:
    """Heights after `face_height`, which moves the chin and leaves everything above the cheeks alone."""
    low = np.clip((0.085 - y) / 0.085, 0, 1)
    return np.asarray(y - 0.0095 * morphs.get("face_height", 0.0) * low * low * (3 - 2 * low))


def face_z(x: ArrayLike, y: ArrayLike) -> Array:
    """Z of the front of the face at x metres and y metres above the chin, without nose."""
    px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    width, front, back = _sections(py, {})
    inside = np.clip(1 - np.abs(px / np.maximum(width, 1e-6)) ** _EXPONENT, 0, 1) ** (1 / _EXPONENT)
    return np.asarray((front + back) / 2 + (front - back) / 2 * inside)


def on_scalp(direction: ArrayLike, offset: ArrayLike = 0.0) -> Array:
    """Where rays from `CENTRE` along `direction` (..., 3) leave the head, moved outwards by `offset` metres.

    Read from a table of half degrees, true to 0.04 mm (0.01 above the chin) and ten times as fast as looking for
    the surface along every ray.
    """
    d = unit(direction)
    table = _radii()
    up = (np.degrees(np.arcsin(np.clip(d[..., 1], -1, 1))) + 90) * 2
    along = (np.degrees(np.arctan2(d[..., 0], d[..., 2])) + 180) * 2
    row, column = np.minimum(up.astype(np.int64), 359), np.minimum(along.astype(np.int64), 719)
    fr, fc = up - row, along - column
    low = table[row, column] * (1 - fc) + table[row, column + 1] * fc
    high = table[row + 1, column] * (1 - fc) + table[row + 1, column + 1] * fc
    return np.asarray(CENTRE + d * (low * (1 - fr) + high * fr + np.asarray(offset, dtype=np.float64))[..., None])


@cache
def _radii() -> Array:
    """How far the skin is from `CENTRE`, (361, 721): every half degree from straight down up, and once round."""
    d = direction(*np.meshgrid(np.linspace(-180, 180, 721), np.linspace(-90, 90, 361)))
    low, high = np.full(d.shape[:-1], 0.05), np.full(d.shape[:-1], 0.2)
    for _ in range(16):  # to 2 micrometres
        middle = (low + high) / 2
        p = CENTRE + d * middle[..., None]
        y = p[..., 1] - CHIN_Y
        at = np.clip(y * ((len(_FINE_Y) - 1) / HEIGHT), 0, len(_FINE_Y) - 1.001)
        step = at.astype(np.int64)
        width, front, back = _FINE[:, step] + (_FINE[:, step + 1] - _FINE[:, step]) * (at - step)
        depth = np.maximum((front - back) / 2, 1e-6)
        level = (
            np.abs(p[..., 0] / np.maximum(width, 1e-6)) ** _EXPONENT
            + np.abs((p[..., 2] - (front + back) / 2) / depth) ** _EXPONENT
        )
        inside = (level < 1) & (y > 0) & (y < HEIGHT)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.asarray(low)


_FINE_Y = np.linspace(0.0, HEIGHT, 1051)
_FINE: Array = np.stack(_sections(_FINE_Y, {}))  # (3, 1051)


def direction(azimuth_deg: ArrayLike, elevation_deg: ArrayLike) -> Array:
    """Unit vectors: azimuth 0 is the front, +90 the avatar's left; elevation 90 is the crown."""
    a, e = (
        np.radians(np.asarray(azimuth_deg, dtype=np.float64)),
        np.radians(np.asarray(elevation_deg, dtype=np.float64)),
    )
    a, e = np.broadcast_arrays(a, e)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)


def nose_height(x: Array, y: Array, morphs: Mapping[str, float] | None = None) -> Array:
    """How far the nose stands out of the face, metres."""
    weights = morphs or {}

    def m(name: str) -> float:
        return weights.get(f"nose_{name}", 0.0)

    wide = 0.0082 * (1 + 0.40 * m("width") + 0.30 * m("broad"))
    tip = NOSE_Y - 0.0050 * m("length") - 0.0030 * m("low") + 0.0022 * m("turned") + 0.0010 * m("short")
    below, above = 0.0058 * (1 + 0.25 * m("turned") + 0.2 * m("round")), 0.0190 * (1 + 0.35 * m("bridge"))
    along = np.where(y < tip, np.exp(-(((y - tip) / below) ** 2)), np.exp(-(((y - tip) / above) ** 2)))
    reach = 0.0125 * (1 - 0.18 * m("short") + 0.10 * m("turned") + 0.06 * m("hump"))
    across = wide * (0.62 + 0.38 * along) * (1 + 0.18 * m("round") * along)
    bridge = (0.0022 + 0.0024 * m("bridge")) * np.exp(-(((y - 0.090) / 0.022) ** 2)) * np.exp(-((x / 0.0085) ** 2))
    hump = 0.0034 * m("hump") * np.exp(-(((y - 0.078) / 0.0085) ** 2)) * np.exp(-((x / 0.0070) ** 2))
    wings = (
        0.0030
        * (1 + 0.5 * m("broad"))
        * np.exp(-(((y - tip + 0.003) / 0.0050) ** 2))
        * np.exp(-(((np.abs(x) - wide * 0.95) / (wide * 0.55)) ** 2))
    )
    return np.asarray(reach * along * np.exp(-((x / across) ** 2)) + bridge + hump + wings)


def _grid(morphs: Mapping[str, float]) -> tuple[Array, Array]:
    """Vertices (rows, columns, 3) and face coordinates (rows, columns, 2): x, and y above the chin; metres."""
    t = np.linspace(0, 1, 41)
    y = HEIGHT * (0.5 - 0.5 * np.cos(np.pi * t)) ** 0.93
    columns = 52
    turn = np.linspace(0, 1, columns, endpoint=False)
    # Columns crowd towards the front, where the nose is.
    angle = np.pi / 2 + 2 * np.pi * (turn - 0.5) - 0.62 * np.sin(2 * np.pi * (turn - 0.5)) * 1.0
    angle_grid, y_grid = np.meshgrid(angle, y)
    points = surface(angle_grid, y_grid, morphs)
    front = np.clip((points[..., 2] - 0.03) / 0.02, 0, 1)
    points[..., 2] += nose_height(points[..., 0], y_grid, morphs) * front
    # Cheeks: full below the eye, drawn in beside the mouth.
    cheek = np.exp(-(((np.abs(points[..., 0]) - 0.046) / 0.020) ** 2) - ((y_grid - 0.058) / 0.022) ** 2)
    points[..., 2] += 0.0030 * cheek * front
    # Eye sockets and the lips' small relief.
    socket = np.exp(-(((np.abs(points[..., 0]) - EYE_X) / 0.022) ** 2) - ((y_grid - EYE_Y) / 0.017) ** 2)
    points[..., 2] -= 0.0030 * socket * front
    lips = np.exp(-((points[..., 0] / 0.020) ** 2) - ((y_grid - MOUTH_Y) / 0.010) ** 2)
    points[..., 2] += 0.0022 * lips * front
    face = np.stack([points[..., 0], y_grid], axis=-1)
    face[..., 0] = np.where(points[..., 2] > 0.0, face[..., 0], 0.2 * np.sign(face[..., 0] + 1e-9))
    return points, face


def face_points(morphs: Mapping[str, float]) -> Array:
    """Vertices of the head's skin under morphs and shapes, (n, 3)."""
    return _grid(morphs)[0].reshape(-1, 3)


def scalp_radii() -> dict[str, object]:
    """How far the skin is from `CENTRE` in millimetres, every 15 degrees round and 10 up: masks press onto it."""
    azimuth, elevation = np.meshgrid(np.arange(0.0, 360.0, 15.0), np.arange(-60.0, 91.0, 10.0))
    radii = np.linalg.norm(on_scalp(direction(azimuth, elevation)) - CENTRE, axis=-1)
    return {"centre": [round(float(x), 4) for x in CENTRE], "radii_mm": np.round(radii * 1000, 1).tolist()}


def build_head() -> Mesh:
    """The head with its neck; slot `face` carries face coordinates in its texture coordinates."""
    base, face = _grid({})
    rows, columns = base.shape[:2]
    triangles: list[tuple[int, int, int]] = []
    slots: list[str] = []
    for r in range(rows - 1):
        for k in range(columns):
            a, b = r * columns + k, r * columns + (k + 1) % columns
            triangles += [(a, b + columns, b), (a, a + columns, b + columns)]
            slots += ["face", "face"]
    order = np.array(triangles, dtype=np.int64)
    positions = base.reshape(-1, 3)
    normals = smooth_normals(positions, order)
    # The face is lit as a rounder, calmer shape than it is, so that shadows fall as one clean edge.
    ellipsoid = unit((positions - (CENTRE + np.array([0.0, -0.01, -0.02]))) / np.array([0.095, 0.150, 0.110]) ** 2)
    calm = np.exp(-((positions[:, 0] / 0.075) ** 2)) * (positions[:, 2] > 0.0)
    normals = unit(normals * (1 - 0.72 * calm[:, None]) + ellipsoid * 0.72 * calm[:, None])
    y = positions[:, 1] - CHIN_Y
    under = np.clip((0.075 - positions[:, 2]) / 0.03, 0, 1) * np.clip((0.03 - y) / 0.02, 0, 1)
    count = len(positions)
    skull = Patch(
        positions=positions,
        uv=face.reshape(-1, 2),
        triangles=order,
        slots=slots,
        shade=1 - 0.9 * under,
        random=np.full(count, 0.5),
        sway=np.zeros(count),
        outline=np.full(count, 0.85) * np.where((positions[:, 2] > 0.07) & (y > 0.015), 0.0, 1.0),
        weights=[{"head": 1.0}] * count,
        normals=normals,
    )
    mesh = Mesh(extras={"scalp": scalp_radii()})
    mesh.add(skull)
    rings = 13
    neck_path = curve([(0, 1.215, -0.022), (0, 1.262, -0.016), (0, 1.310, -0.008), (0, CHIN_Y + 0.045, -0.002)], rings)
    neck = sweep(
        neck_path,
        interpolate(np.linspace(0, 1, rings), [0, 0.35, 1], [0.052, 0.0390, 0.0400]),
        interpolate(np.linspace(0, 1, rings), [0, 0.35, 1], [0.046, 0.0385, 0.0420]),
        up=(0.0, 0.0, 1.0),
        sides=16,
        slot="skin",
        weights=neck_weights,
    )
    neck.shade = _below_chin(neck.positions)
    mesh.add(neck)
    still = [patch.positions for patch in mesh.patches[1:]]
    for name in (*MODELLED, *SHAPES):
        mesh.morphs[name] = [_grid({name: 1.0})[0].reshape(-1, 3), *still]
    return mesh


def _below_chin(points: Array) -> Array:
    """Shade (n,) of the neck at points (n, 3): the chin's shadow is deepest in front and climbs to both sides."""
    edge = 1.279 + 0.030 * np.clip(np.abs(points[:, 0]) / 0.040, 0, 1) ** 2
    return np.asarray(1 - 0.67 * np.clip((points[:, 1] - edge) / 0.030 + 0.93, 0, 1))


def neck_weights(_t: float, p: Array) -> dict[str, float]:
    """Chest to neck to head, by height."""
    up = float(np.clip((p[1] - 1.225) / 0.045, 0, 1))
    top = float(np.clip((p[1] - 1.295) / 0.04, 0, 1))
    return {"chest": (1 - up), "neck": up * (1 - top), "head": up * top + 1e-9}


__all__ = [
    "BROW_Y",
    "CENTRE",
    "CHIN_Y",
    "EYE_X",
    "EYE_Y",
    "HEIGHT",
    "MORPHS",
    "ball",
    "build_head",
    "direction",
    "face_z",
    "on_scalp",
]
