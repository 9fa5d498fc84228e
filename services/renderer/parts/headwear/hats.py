"""Hats and caps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.scalp import cap, hairline
from services.renderer.parts.head import CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Mesh, ball, sheet, sweep


def _press(off: float, height: float, slope: float) -> dict[str, object]:
    """How hair below is reshaped: pressed to `off` metres above the scalp wherever it is above the brim's plane."""
    return {
        "centre": [0.0, round(CHIN_Y + 0.150, 4), -0.0065],
        "radii": [round(0.0950 + off, 4), round(0.1120 + off, 4), round(0.0990 + off, 4)],
        "height": height,
        "slope": slope,
    }


def _baseball_cap() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 36), (50, 33), (90, 22), (140, 12), (180, 12))
    mesh.add(
        cap(
            line,
            lambda a, e: 0.026 + 0.006 * np.clip(e / 90, 0, 1) + 0 * a,
            slot="headwear",
            edge=0.020,
            rows=10,
            columns=48,
        )
    )
    turn = np.linspace(-180, 180, 49)
    band = on_scalp(direction(turn, line(turn)), 0.0225)
    mesh.add(sweep(band, 0.0035, 0.0055, up=direction(turn, 0 * turn), sides=6, slot="headwear_trim", outline=0.5))
    azimuth = np.linspace(-58, 58, 19)
    rows = []
    for reach in np.linspace(0, 1, 7):
        root = on_scalp(direction(azimuth, line(azimuth) + 1), 0.020)
        curve_down = 0.020 * (azimuth / 58) ** 2
        far = reach * 0.088 * np.cos(np.radians(azimuth) * 1.28) ** 0.55
        rows.append(
            root
            + np.stack(
                [np.sin(np.radians(azimuth)) * far * 0.35, -0.012 * reach - curve_down * reach * 1.1, far], axis=-1
            )
        )
    top = np.array(rows)
    mesh.add(sheet(top, slot="headwear", flip=True))
    mesh.add(sheet(top - np.array([0, 0.0035, 0]), slot="headwear", shade=0.2, outline=0.0))
    edge = top[-1] - np.array([0, 0.0017, 0])
    mesh.add(sweep(edge, 0.0028, 0.0030, up=(0, 1.0, 0), sides=5, slot="headwear_trim", outline=0.5))
    mesh.add(ball(on_scalp(direction(0.0, 89.0), 0.034), (0.0085, 0.0055, 0.0085), slot="headwear_trim", outline=0.6))
    mesh.extras["press"] = _press(0.014, 1.500, 0.24)
    mesh.extras["fringe"] = 0.158
    return mesh


def _beanie() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 34), (50, 27), (85, 8), (120, -10), (180, -20))
    top = lambda a, e: 0.024 + 0.022 * np.clip((e - 30) / 60, 0, 1) ** 1.5 + 0.0016 * np.cos(np.radians(a) * 24)
    mesh.add(cap(line, top, slot="headwear", edge=0.022, rows=11, columns=72))
    turn = np.linspace(-180, 180, 97)
    rib = 0.0012 * np.cos(np.radians(turn) * 48)
    rings = []
    for up, off in ((-1.5, 0.0220), (0.5, 0.0300), (10.0, 0.0325), (18.0, 0.0310), (20.0, 0.0240)):
        rings.append(on_scalp(direction(turn, line(turn) + up), off + rib))
    mesh.add(sheet(np.array(rings), slot="headwear"))
    mesh.extras["press"] = _press(0.014, 1.478, 0.62)
    mesh.extras["fringe"] = 0.156
    return mesh


def _bucket_hat() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 34), (90, 25), (180, 18))
    mesh.add(
        cap(
            line,
            lambda a, e: 0.027 + 0.016 * np.clip((e - 45) / 30, 0, 1) * np.clip((95 - e) / 30, 0, 1) + 0 * a,
            slot="headwear",
            edge=0.022,
            columns=48,
        )
    )
    turn = np.linspace(-180, 180, 61)
    root = on_scalp(direction(turn, line(turn) + 2), 0.0245)
    way = direction(turn, 0 * turn)
    rows = [
        root
        + way * (0.058 * f)
        - np.array([0, 0.046, 0]) * f**1.1
        + np.stack([0 * turn, 0.004 * np.cos(np.radians(turn) * 6) * f, 0 * turn], axis=-1)
        for f in np.linspace(0, 1, 6)
    ]
    brim = np.array(rows)
    mesh.add(sheet(brim, slot=lambda r, k: "headwear_trim" if r == 4 else "headwear", flip=True))
    mesh.add(sheet(brim - np.array([0, 0.003, 0]), slot="headwear", shade=0.15, outline=0.0))
    mesh.extras["press"] = _press(0.014, 1.503, 0.20)
    mesh.extras["fringe"] = 0.140
    return mesh


def _kufi() -> Mesh:
    mesh = Mesh()
    turn = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    c, s = np.cos(-turn), np.sin(-turn)
    rows = []
    for y, w, d in (
        (0.182, 0.1030, 0.1065),
        (0.190, 0.1035, 0.1070),
        (0.206, 0.1030, 0.1065),
        (0.214, 0.1025, 0.1060),
        (0.262, 0.0960, 0.1000),
        (0.274, 0.0900, 0.0940),
        (0.279, 0.0600, 0.0640),
        (0.280, 0.002, 0.002),
    ):
        rows.append(np.stack([w * c, np.full(56, CHIN_Y + y) + 0.010 * s, d * s - 0.012], axis=-1))
    diamonds = lambda r, k: "headwear_trim" if (r == 1 and k % 4 < 2) or r in {0, 2} else "headwear"
    mesh.add(sheet(np.array(rows), slot=diamonds, closed=True))
    mesh.extras["press"] = _press(0.003, 1.497, 0.10)
    return mesh


HATS: Mapping[str, Callable[[], Mesh]] = {
    "baseball_cap": _baseball_cap,
    "beanie": _beanie,
    "kufi": _kufi,
    "bucket_hat": _bucket_hat,
}
