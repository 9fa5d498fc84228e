"""Scarves: closed under the chin, wrapped long, folded to a peak, or laid loosely over the hair."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.body import torso_ring
from services.renderer.parts.head import CENTRE, on_scalp
from services.renderer.parts.headwear.cloth import groove
from services.renderer.parts.mesh import Array, Mesh, Patch, ball, interpolate, sheet, unit


def _hood(
    mesh: Mesh, opening: Array, folds: Callable[[Array, float], Array], slot: str = "headwear", proud: float = 0.0
) -> None:
    """A hood that leaves `opening` degrees round the face free; `folds(turn, share of the way back)` in metres."""
    turn = _TURN
    rows, depth = [], []
    for f in np.array([0.0, 0.015, 0.04, 0.08, 0.12, 0.17, 0.22, 0.28, 0.34, 0.41, 0.48, 0.55, 0.63, 0.72, 0.82, 1.0]):
        off = float(interpolate(f, [0, 0.02, 0.06, 0.14, 0.42, 1.0], [0.0025, 0.0085, 0.0125, 0.0140, 0.0180, 0.0240]))
        polar = np.radians(opening + (180.0 - opening) * f)
        ways = np.stack([np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn), np.cos(polar)], axis=-1)
        ear = sum(
            np.exp(-(((ways - np.array([s * 0.90, -0.40, -0.16])) ** 2).sum(axis=-1)) / 0.16) for s in (1.0, -1.0)
        )
        below = np.clip(-np.cos(turn), 0, 1) ** 2 * (f > 0)
        fold = folds(turn, float(f)) * min(1.0, f * 14) * (1 - f**4)
        rows.append(on_scalp(ways, off + proud + (0.016 * ear + 0.011 * below) * min(1.0, f * 12) * (1 - f**3) + fold))
        depth.append(fold)
    patch = sheet(np.array(rows), slot=slot, shade=groove(np.array(depth)))
    mesh.add(_on_head(patch))
    inner = np.array([rows[0], on_scalp(unit(rows[0] - CENTRE), -0.004)])
    mesh.add(_on_head(sheet(inner, slot="headwear_trim", shade=0.4, outline=0.0, flip=True)))


_TURN = np.linspace(0, 2 * np.pi, 73)
"""Round the face: 0 at the top, then towards the avatar's left."""

_FROM_TOP = np.abs((_TURN + np.pi) % (2 * np.pi) - np.pi)


def _on_head(patch: Patch) -> Patch:
    patch.weights = [{"head": 1.0}] * len(patch.positions)
    return patch


def _opening(top: float) -> Array:
    return interpolate(_FROM_TOP, [0, 0.8, 1.6, 2.35, np.pi], [top, top + 6.0, 57.5, 61.0, 70.0])


def _cowl(mesh: Mesh, *, point: float, swag: float, low: float = 1.108) -> None:
    """Cloth from under the chin over neck and shoulders; `point` metres longer in front, `swag` metres deep folds."""
    around = np.linspace(0, 2 * np.pi, 85)
    ahead = (around - np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    rows, depth = [], []
    for y in np.concatenate([np.linspace(low, 1.240, 12), np.linspace(1.252, 1.405, 9)]):
        if y < 1.246:
            grow = float(interpolate(y, [1.108, 1.165, 1.200, 1.246], [0.044, 0.040, 0.036, 0.024]))
            ring = torso_ring(y, around, grow)
            soft = float(np.clip((1.24 - y) / 0.06, 0, 1))
            ring[:, 0] *= 1.0 + 0.05 * soft * np.cos(2 * around)
        else:
            knots = [1.25, 1.285, 1.325, 1.365, 1.405]
            wide = float(interpolate(y, knots, [0.112, 0.092, 0.083, 0.084, 0.080]))
            deep = float(interpolate(y, knots, [0.096, 0.086, 0.072, 0.066, 0.056]))
            middle = float(interpolate(y, knots, [-0.012, -0.012, -0.014, -0.020, -0.024]))
            ring = np.stack([wide * np.cos(around), np.full(85, y), middle + deep * np.sin(around)], axis=-1)
        # Swags hang between the sides of the jaw and sink towards the middle; below they turn into falling pleats.
        hang = np.exp(-((ahead / 1.15) ** 2))
        swags = np.sin((y - 0.050 * (1 - np.cos(ahead))) * 165.0) * hang * np.clip((y - 1.13) / 0.05, 0, 1)
        pleats = np.sin(around * 9 + 3 * np.sin(y * 20)) * np.clip((1.26 - y) / 0.08, 0, 1) * (1 - 0.7 * hang)
        fold = swag * (swags + 0.7 * pleats)
        away = unit(ring * np.array([1, 0, 1]) - np.array([0, 0, -0.01]))
        sink = -(0.010 + point * hang) * np.clip((1.215 - y) / 0.10, 0, 1)
        rows.append(
            ring + away * (fold + 1.1 * swag + 0.005 * hang)[:, None] + sink[:, None] * np.array([0.0, 1.0, 0.0])
        )
        depth.append(fold)
    grid, shade = np.array(rows), groove(np.array(depth))
    edge = lambda r, k: "headwear_trim" if r == 0 else "headwear"
    mesh.add(sheet(grid, slot=edge, flip=True, weights=_cowl_weights, shade=shade))
    inside = grid[:6] * np.array([0.985, 1, 0.985])
    mesh.add(sheet(inside, slot="headwear", weights=_cowl_weights, shade=0.1, outline=0.0))


def _cowl_weights(_t: float, p: Array) -> dict[str, float]:
    up = float(np.clip((p[1] - 1.245) / 0.075, 0, 1))
    return {"chest": 1 - up + 1e-9, "head": up}


def _hijab() -> Mesh:
    """A smooth hood and a cowl."""
    mesh = Mesh()
    low = np.clip((_FROM_TOP - 1.0) / 0.8, 0, 1)
    _hood(mesh, _opening(43.0), lambda turn, f: 0.0034 * low * np.sin(_FROM_TOP * 9 + f * 12))
    _cowl(mesh, point=0.020, swag=0.0050)
    return mesh


def _shayla() -> Mesh:
    """A long scarf wound over an under-cap, its end laid over the left shoulder."""
    mesh = Mesh()
    under = on_scalp(_ways(_opening(43.0) - 1.5), 0.0030), on_scalp(_ways(_opening(43.0) + 8.0), 0.0105)
    band = sheet(np.array([*under]), slot="headwear_trim")
    mesh.add(_on_head(band))

    def wound(turn: Array, f: float) -> Array:
        return np.asarray(
            0.0085 * (1 - (f * 3.6 + 0.45 * np.sin(turn + 0.9)) % 1.0) ** 1.3 * np.clip((0.95 - f) * 6, 0, 1)
        )

    _hood(mesh, _opening(47.0) + 1.5 * np.cos(_TURN + 0.6), wound, proud=0.003)
    _cowl(mesh, point=0.010, swag=0.0075)
    across = np.linspace(-1, 1, 11)
    rows = []
    for f in np.linspace(1, 0, 13):  # the end of the scarf
        y = 1.262 - 0.300 * f
        x = 0.070 + 0.020 * np.sin(np.pi * f * 0.8) + (0.026 + 0.024 * f) * across
        z = float(interpolate(f, [0, 0.25, 0.55, 1], [0.066, 0.118, 0.140, 0.136])) - 0.9 * (x - 0.06) ** 2 * 4
        rows.append(np.stack([x, y + 0.012 * across * f, z + 0.0035 * np.sin(across * 9 + 2 * f)], axis=-1))
    grid = np.array(rows)
    sway = np.linspace(0.45, 0.0, 13)[:, None] ** 1.3
    fringed = lambda r, k: "headwear_trim" if r == 0 else "headwear"
    shade = groove(np.sin(across * 9)[None] * np.ones((13, 1)))
    chest = lambda _t, _p: {"chest": 1.0}
    mesh.add(sheet(grid, slot=fringed, weights=chest, sway=sway, shade=shade, flip=True))
    mesh.add(sheet(grid - np.array([0, 0, 0.002]), slot="headwear", weights=chest, sway=sway, shade=0.3, outline=0.0))
    return mesh


def _ways(opening: Array) -> Array:
    polar = np.radians(opening)
    return np.stack([np.sin(polar) * np.sin(_TURN), np.sin(polar) * np.cos(_TURN), np.cos(polar)], axis=-1)


def _square() -> Mesh:
    """A square scarf starched to a peak above the forehead, pinned at the throat, a point on the chest."""
    mesh = Mesh()
    peak = np.exp(-((_FROM_TOP / 0.42) ** 2))

    def starched(turn: Array, f: float) -> Array:
        crease = 0.0065 * np.exp(-(((np.abs(_FROM_TOP - 0.75 - 0.5 * f)) / 0.22) ** 2)) * np.clip(1 - f * 1.3, 0, 1)
        rays = 0.0030 * np.sin(7 * _FROM_TOP) * np.clip(_FROM_TOP - 1.4, 0, 1)
        return np.asarray(0.020 * peak * np.clip(1 - f * 1.7, 0, 1) + crease + rays + 0 * turn)

    _hood(mesh, _opening(44.0) - 4.5 * np.exp(-((_FROM_TOP / 0.28) ** 2)), starched)
    _cowl(mesh, point=0.060, swag=0.0034)
    mesh.add(_on_head(ball((0.0, 1.296, 0.078), (0.0055, 0.0055, 0.0035), slot="metal", sides=8, rings=5)))
    return mesh


def _dupatta() -> Mesh:
    """A light scarf laid over the back of the head and both shoulders, the hair in front free."""
    mesh = Mesh()
    across = np.linspace(-1.6, 1.6, 57)
    roll, drop, side = (
        np.radians(np.clip(across, -1, 1) * 96.0),
        np.clip((np.abs(across) - 1) / 0.6, 0, 1),
        np.sign(across),
    )
    rows, depth = [], []
    for f in np.linspace(0, 1, 14):
        polar = np.radians(72.0 + 108.0 * f)
        ways = np.stack([np.sin(polar) * np.sin(roll), np.sin(polar) * np.cos(roll), np.cos(polar) + 0 * roll], axis=-1)
        laid = on_scalp(unit(ways), 0.031 + 0.004 * np.sin(np.pi * f))
        shoulder = np.stack(
            [side * (0.152 - 0.050 * f), 1.155 + 0.010 * f + 0 * roll, 0.085 - 0.225 * f + 0 * roll], axis=-1
        )
        neck = np.stack([side * (0.118 - 0.030 * f), 1.310 + 0 * roll, 0.7 * laid[:, 2] - 0.020], axis=-1)
        down = (
            laid * ((1 - drop) ** 2)[:, None] + neck * (2 * drop * (1 - drop))[:, None] + shoulder * (drop**2)[:, None]
        )
        fold = np.sin(f * 21.0 + across * 4.0) * (0.35 + 0.65 * drop)
        rows.append(down + unit(down - CENTRE) * (0.0042 * fold)[:, None])
        depth.append(fold)
    grid, shade = np.array(rows), groove(np.array(depth))
    border = lambda r, k: "headwear_trim" if r == 0 else "headwear"
    mesh.add(sheet(grid, slot=border, weights=_chest_to_head, shade=shade))
    inside = grid - unit(grid - CENTRE) * 0.0018
    mesh.add(sheet(inside, slot="headwear", weights=_chest_to_head, outline=0.0, shade=0.35, flip=True))
    x = np.linspace(0.128, -0.128, 25)
    back = []
    for f in np.linspace(0, 1, 12):
        fold = 0.0040 * np.sin(x * 130 + 2 * f)
        z = -0.126 - 0.028 * f + 1.6 * x * x * (1 - 0.5 * f) + fold
        back.append(np.stack([x * (0.80 + 0.25 * f), 1.455 - 0.365 * f + 0 * x, z], axis=-1))
    panel = np.array(back)[::-1]
    mesh.add(
        sheet(panel, slot="headwear", weights=_chest_to_head, shade=groove(-np.sin(x * 130))[None] * np.ones((12, 1)))
    )
    return mesh


def _chest_to_head(_t: float, p: Array) -> dict[str, float]:
    up = float(np.clip((p[1] - 1.20) / 0.13, 0, 1))
    return {"chest": 1 - up + 1e-9, "head": up}


SCARVES: Mapping[str, Callable[[], Mesh]] = {
    "hijab": _hijab,
    "hijab_shayla": _shayla,
    "hijab_square": _square,
    "dupatta": _dupatta,
}
