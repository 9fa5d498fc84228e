"""Scarves, turbans and wraps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.body import torso_ring
from services.renderer.parts.hair.scalp import Line, cap, hairline
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, Patch, ball, curve, interpolate, sheet, sweep, unit


def _on_head(patch: Patch) -> Patch:
    patch.weights = [{"head": 1.0}] * len(patch.positions)
    return patch


def _folded(
    line: Line,
    thick: Callable[[Array, Array], Array],
    folds: Callable[[Array, Array], Array],
    slot: str,
    rows: int,
    columns: int,
) -> Patch:
    return cap(line, lambda a, e: thick(a, e) + folds(a, e), slot=slot, edge=0.010, rows=rows, columns=columns)


def _turban_round() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 37), (40, 29), (62, 8), (82, -6), (110, -20), (180, -38))

    def thick(a: Array, e: Array) -> Array:
        return 0.034 + 0.016 * np.clip((e + 10) / 60, 0, 1) * np.clip((95 - e) / 40, 0, 1) + 0 * a

    def folds(a: Array, e: Array) -> Array:
        wrapped = e + 0.30 * np.abs((a + 180) % 360 - 180) * np.where(np.abs(a) < 90, 1, 0.6)
        saw = (wrapped / 11.5) % 1.0
        return 0.0075 * (1 - saw) ** 1.4

    mesh.add(_folded(line, thick, folds, "headwear", 34, 64))
    tuck = [on_scalp(direction(a, e), 0.056) for a, e in ((-6, 40), (0, 52), (8, 66), (22, 78))]
    mesh.add(
        sweep(
            curve(tuck, 10),
            interpolate(np.linspace(0, 1, 10), [0, 0.5, 1], [0.006, 0.013, 0.005]),
            0.006,
            up=(0, 0.5, 1.0),
            slot="headwear_trim",
            outline=0.6,
        )
    )
    return mesh


def _headwrap() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 35), (40, 27), (62, 6), (82, -8), (110, -22), (180, -40))

    def folds(a: Array, e: Array) -> Array:
        saw = ((e - 0.22 * np.abs(a)) / 14.0) % 1.0
        return 0.0050 * (1 - saw) ** 1.3

    mesh.add(_folded(line, lambda a, e: 0.026 + 0.020 * np.clip(e / 80, 0, 1) + 0 * a, folds, "headwear", 26, 60))
    knot = on_scalp(direction(10.0, 56.0), 0.048)
    for side in (1.0, -1.0):
        loop = curve(
            [
                knot + (side * 0.006, 0.004, 0.004),
                knot + (side * 0.040, 0.034, 0.004),
                knot + (side * 0.066, 0.030, -0.008),
                knot + (side * 0.074, 0.006, -0.012),
            ],
            10,
        )
        mesh.add(
            sweep(
                loop,
                interpolate(np.linspace(0, 1, 10), [0, 0.35, 0.8, 1], [0.009, 0.026, 0.028, 0.012]),
                0.0085,
                up=(0, 0.2, 1.0),
                sides=9,
                slot="headwear_trim" if side > 0 else "headwear",
                caps=(True, True),
            )
        )
    mesh.add(ball(knot + (0, 0.004, 0.008), (0.017, 0.019, 0.013), slot="headwear", sides=10, rings=7))
    return mesh


def _hijab() -> Mesh:
    """A hood that leaves the face's oval free and a cowl over neck and shoulders."""
    mesh = Mesh()
    turn = np.linspace(0, 2 * np.pi, 56, endpoint=False)  # round the face, 0 at the top, towards the avatar's left
    opening = interpolate(
        np.abs((turn + np.pi) % (2 * np.pi) - np.pi), [0, 0.8, 1.6, 2.35, np.pi], [43.0, 49.0, 57.5, 61.0, 70.0]
    )
    rows = []
    for f, off in (
        (0.0, 0.0025),
        (0.02, 0.0085),
        (0.06, 0.0125),
        (0.14, 0.0140),
        (0.26, 0.0150),
        (0.42, 0.0170),
        (0.6, 0.0200),
        (0.8, 0.0230),
        (1.0, 0.0240),
    ):
        polar = np.radians(opening + (179.0 - opening) * f)
        ways = np.stack([np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn), np.cos(polar)], axis=-1)
        ear = np.exp(-(((ways - np.array([0.90, -0.40, -0.16])) ** 2).sum(axis=-1)) / 0.16)
        ear = ear + np.exp(-(((ways - np.array([-0.90, -0.40, -0.16])) ** 2).sum(axis=-1)) / 0.16)
        below = np.clip(-np.cos(turn), 0, 1) ** 2 * (f > 0)
        points = on_scalp(ways, off + (0.016 * ear + 0.011 * below) * min(1.0, f * 12))
        fold = 0.0022 * np.sin(turn * 5 + f * 7) * np.clip(f * 5, 0, 1) * np.clip(1.3 - f, 0, 1)
        rows.append(points + ways * fold[:, None])
    mesh.add(_on_head(sheet(np.array(rows), slot="headwear", closed=True)))
    inner = np.array([rows[0], on_scalp(unit(rows[0] - CENTRE), -0.004)])
    mesh.add(_on_head(sheet(inner, slot="headwear_trim", closed=True, shade=0.4, outline=0.0, flip=True)))

    around = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    rings = []
    for y, grow, soft in (
        (1.110, 0.044, 1.0),
        (1.135, 0.042, 1.0),
        (1.165, 0.040, 0.9),
        (1.200, 0.036, 0.6),
        (1.228, 0.030, 0.25),
        (1.252, 0.0, 0.0),
        (1.285, 0.0, 0.0),
        (1.325, 0.0, 0.0),
        (1.365, 0.0, 0.0),
        (1.405, 0.0, 0.0),
    ):
        if y < 1.24:
            ring = torso_ring(y, around, grow)
            wide = np.clip(1.0 + 0.05 * soft * np.cos(2 * around), 0.9, 1.2)
            ring[:, 0] *= wide
        else:
            w = float(interpolate(y, [1.25, 1.285, 1.325, 1.365, 1.405], [0.112, 0.092, 0.083, 0.084, 0.080]))
            d = float(interpolate(y, [1.25, 1.285, 1.325, 1.365, 1.405], [0.096, 0.086, 0.072, 0.066, 0.056]))
            middle = float(interpolate(y, [1.25, 1.285, 1.325, 1.365, 1.405], [-0.012, -0.012, -0.014, -0.020, -0.024]))
            ring = np.stack([w * np.cos(around), np.full(60, y), middle + d * np.sin(around)], axis=-1)
        drape = 0.0045 * np.sin(around * 7 + y * 60) + 0.0035 * np.sin(around * 3 - y * 34)
        away = unit(ring * np.array([1, 0, 1]) - np.array([0, 0, -0.01]))
        lower = np.stack(
            [0 * around, -0.030 * np.clip(1.2 - y, 0, 1) / 0.09 * np.clip(np.sin(around), 0, 1), 0 * around], axis=-1
        )
        rings.append(ring + away * drape[:, None] + lower)

    def share(_t: float, p: Array) -> dict[str, float]:
        up = float(np.clip((p[1] - 1.245) / 0.075, 0, 1))
        return {"chest": 1 - up + 1e-9, "head": up}

    mesh.add(
        sheet(
            np.array(rings),
            slot=lambda r, k: "headwear_trim" if r == 0 else "headwear",
            closed=True,
            flip=True,
            weights=share,
        )
    )
    mesh.add(
        sheet(
            np.array(rings)[:5] * np.array([0.985, 1, 0.985]),
            slot="headwear",
            closed=True,
            weights=share,
            shade=0.1,
            outline=0.0,
        )
    )
    return mesh


WRAPS: Mapping[str, Callable[[], Mesh]] = {"hijab": _hijab, "turban_round": _turban_round, "headwrap": _headwrap}
