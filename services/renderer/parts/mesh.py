"""Surfaces swept along curves, and the arrays they become. Knows shapes, not people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]
Weights: TypeAlias = dict[str, float]
"""Share of each joint in a vertex; shares add up to 1."""


@dataclass
class Patch:
    """One welded surface: shared vertices, so that its normals are smooth."""

    positions: Array  # (n, 3) metres
    uv: Array  # (n, 2)
    triangles: NDArray[np.int64]  # (t, 3)
    slots: list[str]  # per triangle: the colour slot
    shade: Array  # (n,) 1 lit, 0 always in shadow
    random: Array  # (n,) 0 to 1, constant per lock
    sway: Array  # (n,) 0 rigid, 1 the loosest tip
    outline: Array  # (n,) share of the full outline width
    weights: list[Weights]  # per vertex; empty means rigid on the mesh's attachment
    normals: Array | None = None  # (n, 3) given, or None to compute
    sphere: Array | None = None  # centre (3,): normals are drawn halfway to those of a ball around it


@dataclass
class Mesh:
    """A part: patches, and optionally morph targets over all vertices in order."""

    patches: list[Patch] = field(default_factory=list)
    morphs: dict[str, list[Array]] = field(default_factory=dict)  # per name, positions per patch
    extras: dict[str, Any] = field(default_factory=dict)

    def add(self, patch: Patch) -> Patch:
        """Append a patch and give it back."""
        self.patches.append(patch)
        return patch

    def extend(self, other: Mesh) -> None:
        """Append all patches of another mesh."""
        self.patches.extend(other.patches)

    def mirrored(self) -> Mesh:
        """The same mesh on the other side of x = 0, joints ending in `_l` becoming `_r`."""
        out = Mesh(extras=dict(self.extras))
        flip = np.array([-1.0, 1.0, 1.0])
        for patch in self.patches:
            swap = [{_other_side(joint): share for joint, share in w.items()} for w in patch.weights]
            out.add(
                Patch(
                    positions=patch.positions * flip,
                    uv=patch.uv,
                    triangles=patch.triangles[:, ::-1],
                    slots=patch.slots,
                    shade=patch.shade,
                    random=patch.random,
                    sway=patch.sway,
                    outline=patch.outline,
                    weights=swap,
                    normals=None if patch.normals is None else patch.normals * flip,
                    sphere=None if patch.sphere is None else patch.sphere * flip,
                )
            )
        return out


def _other_side(joint: str) -> str:
    return joint[:-2] + {"_l": "_r", "_r": "_l"}.get(joint[-2:], joint[-2:])


def smooth_normals(positions: Array, triangles: NDArray[np.int64]) -> Array:
    """Area-weighted vertex normals, shape (n, 3); vertices at one place share theirs."""
    corners = positions[triangles]  # (t, 3, 3)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    _, shared = np.unique(np.round(positions, 6), axis=0, return_inverse=True)
    shared = shared.reshape(-1)
    total = np.zeros((shared.max() + 1, 3))
    for corner in range(3):
        np.add.at(total, shared[triangles[:, corner]], faces)
    normals = total[shared]
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    fallback = np.array([0.0, 0.0, 1.0])
    return np.asarray(np.where(length > 1e-14, normals / np.maximum(length, 1e-14), fallback))


def unit(vectors: ArrayLike) -> Array:
    """Vectors scaled to length 1 along the last axis; zero stays zero."""
    v = np.asarray(vectors, dtype=np.float64)
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def curve(points: ArrayLike, count: int) -> Array:
    """A Catmull-Rom curve through `points` (k, 3), sampled `count` times at equal parameter, shape (count, 3)."""
    p = np.asarray(points, dtype=np.float64)
    if len(p) == 2:
        return np.asarray(p[0] + (p[1] - p[0]) * np.linspace(0, 1, count)[:, None])
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    at = np.linspace(0, len(p) - 1, count)
    i = np.minimum(at.astype(int), len(p) - 2)
    f = (at - i)[:, None]
    a, b, c, d = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    return np.asarray(0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3))


def interpolate(at: ArrayLike, knots: Sequence[float], values: Sequence[float]) -> Array:
    """A smooth curve through (knots, values): cubic Hermite with monotone slopes, so that it never overshoots."""
    x, y = np.asarray(knots, dtype=np.float64), np.asarray(values, dtype=np.float64)
    t = np.clip(np.asarray(at, dtype=np.float64), x[0], x[-1])
    step = np.diff(x)
    slope = np.diff(y) / step
    tangent = np.concatenate(
        [
            slope[:1],
            np.where(
                slope[1:] * slope[:-1] > 0,
                2
                * slope[1:]
                * slope[:-1]
                / np.where(np.abs(slope[1:] + slope[:-1]) < 1e-12, 1e-12, slope[1:] + slope[:-1]),
                0.0,
            ),
            slope[-1:],
        ]
    )
    i = np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(x) - 2)
    h, f = step[i], (t - x[i]) / step[i]
    return np.asarray(
        y[i] * (1 + 2 * f) * (1 - f) ** 2
        + h * tangent[i] * f * (1 - f) ** 2
        + y[i + 1] * f**2 * (3 - 2 * f)
        - h * tangent[i + 1] * f**2 * (1 - f)
    )


def frames(path: Array, up: ArrayLike) -> tuple[Array, Array, Array]:
    """Tangents, sides and normals (n, 3) along a path, the normals as near to `up` ((3,) or (n, 3)) as they can be."""
    tangent = unit(np.gradient(path, axis=0))
    wanted = np.broadcast_to(np.asarray(up, dtype=np.float64), path.shape)
    normal = wanted - (wanted * tangent).sum(axis=1, keepdims=True) * tangent
    for i in range(len(normal)):  # where up runs along the path, keep the neighbour's
        if np.linalg.norm(normal[i]) < 1e-3:
            normal[i] = normal[i - 1] if i else np.array([tangent[i][1], tangent[i][2], tangent[i][0]])
    normal = unit(normal)
    return tangent, np.cross(tangent, normal), normal


def sweep(
    path: Array,
    width: ArrayLike,
    depth: ArrayLike,
    *,
    up: ArrayLike = (0.0, 0.0, 1.0),
    sides: int = 8,
    exponent: float = 2.0,
    slot: str | Callable[[int], str] = "skin",
    weights: Callable[[float, Array], Weights] | None = None,
    twist: ArrayLike = 0.0,
    shape: Callable[[Array, Array], Array] | None = None,
    caps: tuple[bool, bool] = (False, False),
    shade: ArrayLike = 1.0,
    random: float = 0.5,
    sway: ArrayLike = 0.0,
    outline: ArrayLike = 1.0,
    sphere: Array | None = None,
) -> Patch:
    """A tube of superelliptic cross-section along a path.

    Args:
        path: (n, 3) centres of the rings.
        width: Half width along the side vector, scalar or (n,).
        depth: Half depth along the normal, scalar or (n,).
        up: The direction that normals take, (3,) or (n, 3).
        sides: Vertices per ring (the seam is welded).
        exponent: 2 an ellipse, above 2 boxier.
        slot: Colour slot, or slot per ring interval.
        weights: Joint shares from (fraction along the path, position).
        twist: Turn of each ring in radians, scalar or (n,).
        shape: Radius factor from (angle (sides,), fraction (n, 1)), broadcast to (n, sides).
        caps: Whether the ends are closed with a fan.
        shade: 1 lit, 0 in permanent shadow; scalar or (n,).
        random: The lock's number.
        sway: Looseness, scalar or (n,).
        outline: Share of the outline's width, scalar or (n,).
        sphere: See `Patch`.
    """
    n = len(path)
    t = np.linspace(0, 1, n)
    _, side, normal = frames(path, up)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    turned = angle[None, :] + np.broadcast_to(np.asarray(twist, dtype=np.float64), (n,))[:, None]
    power = 2.0 / exponent
    c = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    s = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    radius, bearing = np.hypot(c, s), np.arctan2(s, c)
    factor = np.ones((n, sides)) if shape is None else np.broadcast_to(shape(angle, t[:, None]), (n, sides))
    bearing = bearing[None, :] + (turned - angle[None, :])
    w = np.broadcast_to(np.asarray(width, dtype=np.float64), (n,))[:, None]
    d = np.broadcast_to(np.asarray(depth, dtype=np.float64), (n,))[:, None]
    local_x = np.cos(bearing) * radius * factor * w
    local_y = np.sin(bearing) * radius * factor * d
    points = path[:, None] + local_x[..., None] * side[:, None] + local_y[..., None] * normal[:, None]  # (n, sides, 3)
    u = np.broadcast_to(angle / (2 * np.pi), (n, sides))
    v = np.broadcast_to(t[:, None], (n, sides))
    positions = points.reshape(-1, 3)
    uv = np.stack([u, v], axis=-1).reshape(-1, 2)

    here = np.arange(sides)
    a, b = here, (here + 1) % sides
    ring_pair = np.stack([np.stack([a, b + sides, b], axis=1), np.stack([a, a + sides, b + sides], axis=1)], axis=1)
    steps = np.arange(n - 1)[:, None, None] * sides
    triangles = [(ring_pair.reshape(1, -1, 3) + steps).reshape(-1, 3)]
    slots = [name for ring in range(n - 1) for name in [slot if isinstance(slot, str) else slot(ring)] * (2 * sides)]

    def per_ring(value: ArrayLike) -> Array:
        return np.asarray(np.repeat(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)), sides))

    shades, sways, outlines = per_ring(shade), per_ring(sway), per_ring(outline)
    for end, ring in ((0, 0), (1, n - 1)):
        if caps[end]:
            middle = len(positions)
            positions = np.vstack([positions, path[ring]])
            uv = np.vstack([uv, [0.5, float(end)]])
            shades, sways, outlines = (np.append(x, x[ring * sides]) for x in (shades, sways, outlines))
            name = slot if isinstance(slot, str) else slot(0 if end == 0 else n - 2)
            rim = ring * sides + here, ring * sides + (here + 1) % sides
            first, second = rim if end == 0 else rim[::-1]
            triangles.append(np.stack([first, second, np.full(sides, middle)], axis=1))
            slots += [name] * sides
    shares = [] if weights is None else [weights(float(uv[i, 1]), positions[i]) for i in range(len(positions))]
    order = np.concatenate(triangles).astype(np.int64)
    return Patch(
        positions=positions,
        uv=uv,
        triangles=order,
        slots=slots,
        shade=shades,
        random=np.full(len(positions), random),
        sway=sways,
        outline=outlines,
        weights=shares,
        sphere=sphere,
    )


def sheet(
    grid: Array,
    *,
    slot: str | Callable[[int, int], str] = "skin",
    closed: bool = False,
    shade: ArrayLike = 1.0,
    sway: ArrayLike = 0.0,
    outline: ArrayLike = 1.0,
    random: float = 0.5,
    weights: Callable[[float, Array], Weights] | None = None,
    uv: Array | None = None,
    sphere: Array | None = None,
    flip: bool = False,
) -> Patch:
    """A surface through a grid of points (rows, columns, 3).

    Seen from its front, columns run to the right as rows go up; `flip` turns it over. `closed` welds the last column
    to the first. Per-vertex values broadcast against (rows, columns); `slot` may depend on (row, column) of the cell.
    """
    rows, columns = grid.shape[:2]
    row, column = np.divmod(
        np.arange((rows - 1) * (columns if closed else columns - 1)), columns if closed else columns - 1
    )
    a, b = row * columns + column, row * columns + (column + 1) % columns
    cells = np.stack([np.stack([a, b, b + columns], axis=1), np.stack([a, b + columns, a + columns], axis=1)], axis=1)
    triangles = cells.reshape(-1, 3)[:, [0, 2, 1]] if flip else cells.reshape(-1, 3)
    if isinstance(slot, str):
        slots = [slot] * len(triangles)
    else:
        slots = [name for r, k in zip(row.tolist(), column.tolist(), strict=True) for name in [slot(r, k)] * 2]
    if uv is None:
        uv = np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows)), axis=-1)
    positions = grid.reshape(-1, 3)

    def flat(value: ArrayLike) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (rows, columns)).reshape(-1).copy()

    coordinates = uv.reshape(-1, 2)
    shares = [] if weights is None else [weights(float(coordinates[i, 1]), positions[i]) for i in range(len(positions))]
    return Patch(
        positions=positions,
        uv=coordinates,
        triangles=triangles.astype(np.int64),
        slots=slots,
        shade=flat(shade),
        random=np.full(len(positions), random),
        sway=flat(sway),
        outline=flat(outline),
        weights=shares,
        sphere=sphere,
    )


def ball(
    centre: ArrayLike,
    radii: ArrayLike,
    *,
    slot: str,
    sides: int = 8,
    rings: int = 6,
    weights: Weights | None = None,
    **more: Any,
) -> Patch:
    """An ellipsoid; poles along y."""
    c, r = np.asarray(centre, dtype=np.float64), np.broadcast_to(np.asarray(radii, dtype=np.float64), (3,))
    polar = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)
    path = c + np.stack([np.zeros(rings + 1), np.sin(polar) * r[1], np.zeros(rings + 1)], axis=1)
    share = None if weights is None else (lambda _t, _p: weights)
    small = np.maximum(np.cos(polar), 1e-3)
    return sweep(path, small * r[0], small * r[2], sides=sides, slot=slot, weights=share, **more)
