"""Hats and caps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.scalp import Line, cap, hairline
from services.renderer.parts.head import CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, ball, sheet, sweep, unit


def _peaked_cap(*, turn_deg: float = 0.0, flat: bool = False) -> Mesh:
    """A cap of six panels whose peak points to azimuth `turn_deg`; `flat` for a straight peak and a higher crown."""
    mesh = Mesh()
    level = hairline((0, 32), (50, 30), (90, 21), (140, 12), (180, 12))

    def line(azimuth: Array) -> Array:
        return level(azimuth) if turn_deg == 0 else 20.0 + 4.0 * np.cos(np.radians(azimuth)) + 0 * azimuth

    def thick(azimuth: Array, elevation: Array) -> Array:
        seam = 0.0012 * np.abs(np.sin(np.radians(azimuth - turn_deg) * 3)) ** 0.25
        crown = 0.006 * np.clip(elevation / 90, 0, 1)
        front = np.cos(np.radians(azimuth - turn_deg))
        tall = 0.012 * np.clip(front + 0.3, 0, 1) * np.clip((elevation - 20) / 30, 0, 1) if flat else 0.0
        return np.asarray(0.0255 + crown + tall + seam)

    mesh.add(cap(line, thick, slot="headwear", edge=0.020, rows=11, columns=60))
    turn = np.linspace(-180, 180, 49)
    band = on_scalp(direction(turn, line(turn)), 0.0225)
    mesh.add(sweep(band, 0.0035, 0.0055, up=direction(turn, 0 * turn), sides=6, slot="headwear_trim", outline=0.5))
    azimuth = np.linspace(-58, 58, 19)
    pointing = np.radians(turn_deg)
    ahead, aside = (
        np.array([np.sin(pointing), 0.0, np.cos(pointing)]),
        np.array([np.cos(pointing), 0.0, -np.sin(pointing)]),
    )
    rows = []
    for reach in np.linspace(0, 1, 7):
        root = on_scalp(direction(azimuth + turn_deg, line(azimuth + turn_deg) + 1), 0.020)
        curve_down = (0.004 if flat else 0.020) * (azimuth / 58) ** 2
        square = 0.30 if flat else 0.55
        far = reach * 0.086 * np.cos(np.radians(azimuth) * 1.28) ** square
        drop = -(0.004 if flat else 0.012) * reach - curve_down * reach * 1.1
        out = np.sin(np.radians(azimuth)) * far * 0.35
        rows.append(root + out[:, None] * aside + far[:, None] * ahead + drop[:, None] * np.array([0.0, 1.0, 0.0]))
    top = np.array(rows)
    mesh.add(sheet(top, slot="headwear", flip=True))
    mesh.add(sheet(top - np.array([0, 0.0035, 0]), slot="headwear", shade=0.2, outline=0.0))
    edge = top[-1] - np.array([0, 0.0017, 0])
    mesh.add(sweep(edge, 0.0028, 0.0030, up=(0, 1.0, 0), sides=5, slot="headwear_trim", outline=0.5))
    mesh.add(ball(on_scalp(direction(0.0, 89.0), 0.034), (0.0085, 0.0055, 0.0085), slot="headwear_trim", outline=0.6))
    mesh.extras["fringe"] = 0.158
    return mesh


def _visor() -> Mesh:
    """A peak on a band, the crown free."""
    mesh = _peaked_cap()
    mesh.patches = mesh.patches[2:5]
    rings = [
        on_scalp(direction(_ROUND, _VISOR(_ROUND) + up), 0.0155 + 0.003 * (0 < up < 13))
        for up in (-1.0, 1.0, 6.0, 12.0, 14.0)
    ]
    mesh.add(sheet(np.array(rings), slot="headwear"))
    mesh.extras["fringe"] = 0.158
    return mesh


_ROUND = np.linspace(-180, 180, 61)
_VISOR = hairline((0, 31), (50, 29), (90, 20), (140, 9), (180, 6))


def _beret() -> Mesh:
    """Soft and flat, pulled down over the avatar's right."""
    mesh = Mesh()
    line = hairline((0, 31), (50, 29), (90, 22), (140, 15), (180, 14))

    def thick(azimuth: Array, elevation: Array) -> Array:
        lean = 0.5 + 0.5 * np.cos(np.radians(azimuth + 105))
        bulge = np.clip((elevation - 22) / 20, 0, 1) * np.clip((84 - elevation) / 46, 0, 1)
        return np.asarray(0.020 + (0.018 + 0.044 * lean) * bulge + 0.006 * lean)

    mesh.add(cap(line, thick, slot="headwear", edge=0.018, rows=16, columns=56, ramp=3.5))
    rings = [
        on_scalp(direction(_ROUND, line(_ROUND) + up), off)
        for up, off in ((-2.0, 0.014), (-1.0, 0.021), (4.0, 0.022), (6.0, 0.018))
    ]
    mesh.add(sheet(np.array(rings), slot="headwear_trim"))
    top = on_scalp(direction(-90.0, 84.0), 0.024)
    mesh.add(
        sweep(
            top + np.linspace(0, 1, 4)[:, None] * np.array([0.004, 0.013, 0.0]),
            0.0028,
            0.0028,
            slot="headwear",
            caps=(False, True),
            sides=6,
        )
    )
    mesh.extras["fringe"] = 0.160
    return mesh


def _flat_cap() -> Mesh:
    """A low round cap whose top runs out over a short stiff peak."""
    mesh = Mesh()
    line = hairline((0, 32), (50, 29), (90, 20), (140, 10), (180, 8))

    def thick(azimuth: Array, elevation: Array) -> Array:
        front = np.clip(np.cos(np.radians(azimuth)), 0, 1)
        wide = np.clip((elevation - 15) / 20, 0, 1) * np.clip((80 - elevation) / 40, 0, 1)
        return np.asarray(0.023 + 0.014 * wide + 0.020 * front * wide)

    mesh.add(cap(line, thick, slot="headwear", edge=0.020, rows=14, columns=56))
    azimuth = np.linspace(-60, 60, 19)
    root = on_scalp(direction(azimuth, line(azimuth) + 1.5), 0.021)
    rows = []
    for reach in np.linspace(0, 1, 6):
        far = reach * 0.054 * np.cos(np.radians(azimuth) * 1.3) ** 0.6
        fall = -0.010 * reach - 0.012 * reach * (azimuth / 60) ** 2
        rows.append(root + np.stack([np.sin(np.radians(azimuth)) * far * 0.4, fall, far], axis=-1))
    top = np.array(rows)
    mesh.add(sheet(top, slot="headwear", flip=True))
    mesh.add(sheet(top - np.array([0, 0.004, 0]), slot="headwear", shade=0.2, outline=0.0))
    mesh.add(
        sweep(
            top[-1] - np.array([0, 0.002, 0]),
            0.0030,
            0.0032,
            up=(0, 1.0, 0),
            sides=5,
            slot="headwear_trim",
            outline=0.5,
        )
    )
    mesh.extras["fringe"] = 0.158
    return mesh


def _brimmed(
    line: Line, thick: Callable[[Array, Array], Array], brim: Callable[[Array, float], Array], band: float
) -> Mesh:
    """A crown of `thick` above `line`, a brim that says how far off its root it is at (azimuth, reach), a ribbon."""
    mesh = Mesh()
    mesh.add(cap(line, thick, slot="headwear", edge=0.022, rows=14, columns=60))
    root = on_scalp(direction(_ROUND, line(_ROUND) + 1.5), 0.0235)
    rows = np.array([root + brim(_ROUND, float(reach)) for reach in np.linspace(0, 1, 8)])
    mesh.add(sheet(rows, slot="headwear", flip=True))
    mesh.add(sheet(rows - np.array([0, 0.0032, 0]), slot="headwear", shade=0.15, outline=0.0))
    mesh.add(
        sweep(
            rows[-1] - np.array([0, 0.0016, 0]), 0.0022, 0.0026, up=(0, 1.0, 0), sides=5, slot="headwear", outline=0.6
        )
    )
    rings = [
        on_scalp(direction(_ROUND, line(_ROUND) + up), 0.0272 + 0.0030 * (0 < up < band))
        for up in (0.5, 2.0, band - 1.0, band)
    ]
    mesh.add(sheet(np.array(rings), slot="headwear_trim"))
    mesh.extras["fringe"] = 0.140
    return mesh


def _wide_brim() -> Mesh:
    """A floppy hat with a wide waved brim."""
    line = hairline((0, 32), (90, 24), (180, 16))
    thick = lambda a, e: 0.026 + 0.020 * np.clip((e - 40) / 30, 0, 1) * np.clip((98 - e) / 34, 0, 1) + 0 * a

    def brim(azimuth: Array, reach: float) -> Array:
        wave = 0.012 * np.sin(np.radians(azimuth) * 3 + 0.8) * reach**1.5
        fall = -0.030 * reach**1.4 + wave
        return np.asarray(direction(azimuth, 0 * azimuth) * 0.118 * reach + fall[:, None] * np.array([0.0, 1.0, 0.0]))

    return _brimmed(line, thick, brim, 15.0)


def _cowboy() -> Mesh:
    """A creased crown, the brim rolled up at the sides and dipped at the front."""
    line = hairline((0, 31), (90, 25), (180, 17))

    def thick(azimuth: Array, elevation: Array) -> Array:
        tall = 0.046 * np.clip((elevation - 26) / 34, 0, 1)
        x = np.cos(np.radians(elevation)) * np.sin(np.radians(azimuth))
        crease = 0.022 * np.exp(-((x / 0.16) ** 2)) * np.clip((elevation - 48) / 24, 0, 1)
        pinch = 0.012 * np.exp(-(((np.abs(azimuth) - 34) / 20) ** 2)) * np.clip((elevation - 34) / 20, 0, 1)
        return np.asarray(0.025 + tall - crease - pinch)

    def brim(azimuth: Array, reach: float) -> Array:
        side = np.sin(np.radians(azimuth)) ** 2
        rise = (0.062 * side - 0.022 * (1 - side)) * reach**1.7
        out = direction(azimuth, 0 * azimuth) * ((0.088 - 0.016 * side) * reach)[:, None]
        return np.asarray(out + rise[:, None] * np.array([0.0, 1.0, 0.0]))

    return _brimmed(line, thick, brim, 9.0)


def _kippah() -> Mesh:
    """A small round cap behind the crown."""
    mesh = Mesh()
    way, rings = direction(180.0, 64.0), 9
    side = unit(np.cross(way, np.array([0.0, 0.2, 1.0])))
    other = np.cross(side, way)
    turn = np.linspace(0, 2 * np.pi, 41)
    round_ = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
    rows = []
    for f in np.linspace(1, 0.02, rings):
        angle = np.radians(36.0 * f)
        rows.append(on_scalp(way * np.cos(angle) + round_ * np.sin(angle), 0.0105 + 0.0050 * np.cos(f * np.pi / 2)))
    skirt = on_scalp(way * np.cos(np.radians(36.0)) + round_ * np.sin(np.radians(36.0)), 0.004)
    grid = np.array([skirt, *rows])
    mesh.add(sheet(grid, slot=lambda r, k: "headwear_trim" if r in {1, 2} else "headwear", flip=True))
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
    return mesh


HATS: Mapping[str, Callable[[], Mesh]] = {
    "baseball_cap": _peaked_cap,
    "cap_backward": lambda: _peaked_cap(turn_deg=180.0),
    "snapback": lambda: _peaked_cap(flat=True),
    "visor": _visor,
    "beanie": _beanie,
    "bucket_hat": _bucket_hat,
    "wide_brim": _wide_brim,
    "cowboy": _cowboy,
    "beret": _beret,
    "flat_cap": _flat_cap,
    "kufi": _kufi,
    "kippah": _kippah,
}
