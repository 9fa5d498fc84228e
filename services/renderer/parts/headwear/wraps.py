"""Turbans, headwraps, durags, bonnets, bandanas."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.scalp import cap, hairline
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.headwear.cloth import folded
from services.renderer.parts.mesh import Array, Mesh, ball, curve, interpolate, sheet, sweep, unit


def _turban_round() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 18), (28, 17), (46, 10), (62, 0), (80, -9), (110, -22), (180, -39))

    def thick(a: Array, e: Array) -> Array:
        return 0.034 + 0.016 * np.clip((e + 10) / 60, 0, 1) * np.clip((95 - e) / 40, 0, 1) + 0 * a

    def folds(a: Array, e: Array) -> Array:
        wrapped = e + 0.30 * np.abs((a + 180) % 360 - 180) * np.where(np.abs(a) < 90, 1, 0.6)
        saw = (wrapped / 11.5) % 1.0
        return np.asarray(0.0095 * (1 - saw) ** 1.2)

    mesh.add(folded(line, thick, folds, rows=34, columns=64))
    return mesh


def _headwrap() -> Mesh:
    mesh = Mesh()
    line = hairline((0, 18), (28, 17), (46, 10), (62, 0), (80, -9), (110, -22), (180, -39))

    def folds(a: Array, e: Array) -> Array:
        return np.asarray(0.0038 * (1 + np.cos(np.radians(e * 19.0 - 2.4 * np.abs(a)))))

    mesh.add(folded(line, lambda a, e: 0.026 + 0.020 * np.clip(e / 80, 0, 1) + 0 * a, folds, rows=26, columns=60))
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


def _turban_peaked() -> Mesh:
    """Layers that cross over the forehead and meet in a peak, a band of the under-turban showing."""
    mesh = Mesh()
    line = hairline((0, 24), (14, 20), (34, 14), (52, 6), (66, -2), (82, -9), (110, -22), (180, -39))

    def thick(azimuth: Array, elevation: Array) -> Array:
        high = 0.034 + 0.026 * np.clip((elevation + 5) / 55, 0, 1) * np.clip((94 - elevation) / 40, 0, 1)
        return np.asarray(
            high
            + 0.016
            * np.exp(-((azimuth / 30.0) ** 2))
            * np.clip((elevation - 30) / 30, 0, 1)
            * np.clip((88 - elevation) / 25, 0, 1)
        )

    def folds(azimuth: Array, elevation: Array) -> Array:
        a = np.abs((azimuth + 180) % 360 - 180)
        across = elevation + 0.55 * a * np.clip(1 - a / 150, 0, 1) + 0.12 * a
        return np.asarray(0.0085 * (1 - (across / 9.5) % 1.0) ** 1.3)

    mesh.add(folded(line, thick, folds, rows=40, columns=72))
    under = [
        on_scalp(direction(_FRONT, line(_FRONT) + up), off)
        for up, off in ((-4.0, 0.004), (-2.0, 0.012), (3.0, 0.013), (6.0, 0.010))
    ]
    mesh.add(sheet(np.array(under), slot="headwear_trim"))
    return mesh


_FRONT = np.linspace(-62, 62, 31)


def _patka() -> Mesh:
    """A close cloth tied over a topknot."""
    mesh = Mesh()
    line = hairline((0, 18), (28, 17), (46, 10), (62, 0), (80, -9), (110, -22), (180, -39))
    pleats = lambda a, e: 0.0012 * np.cos(np.radians(a) * 22) * np.clip((e - 20) / 50, 0, 1)
    mesh.add(folded(line, lambda a, e: 0.0125 + 0.006 * np.clip(e / 80, 0, 1) + 0 * a, pleats, rows=20, columns=90))
    way = direction(0.0, 78.0)
    base = on_scalp(way, 0.020)
    turn = np.linspace(0, 2 * np.pi, 25)
    side = np.array([1.0, 0.0, 0.0])
    other = np.cross(side, way)
    rows = []
    for up, wide in (
        (0.0, 0.022),
        (0.006, 0.018),
        (0.012, 0.030),
        (0.028, 0.036),
        (0.044, 0.030),
        (0.054, 0.016),
        (0.057, 0.001),
    ):
        pleat = 1 + 0.04 * np.cos(turn * 9)
        rows.append(
            base + way * up + wide * pleat[:, None] * (np.cos(-turn)[:, None] * side + np.sin(-turn)[:, None] * -other)
        )
    mesh.add(
        sheet(
            np.array(rows),
            slot=lambda r, k: "headwear_trim" if r == 1 else "headwear",
            sphere=base + way * 0.03,
            flip=True,
        )
    )
    return mesh


def _gele() -> Mesh:
    """Stiff cloth wrapped close and fanned out high and wide above the forehead, leaning to one side."""
    mesh = Mesh()
    line = hairline((0, 18), (28, 17), (46, 10), (62, 0), (80, -9), (110, -22), (180, -39))
    folds = lambda a, e: 0.0032 * (1 + np.cos(np.radians(e * 21.0 + 2.2 * np.abs(a))))
    mesh.add(folded(line, lambda a, e: 0.022 + 0.010 * np.clip(e / 80, 0, 1) + 0 * a, folds, rows=28, columns=64))
    fans = ((0.118, 1.0, 34.0), (0.100, 0.92, 42.0), (0.082, 0.82, 50.0), (0.062, 0.70, 58.0))
    for layer, (tall, wide, start) in enumerate(fans):
        slot = ("headwear", "headwear_trim")[layer % 2]
        across = np.linspace(-112, 112, 53) * wide
        bend = np.radians(across)
        root = on_scalp(direction(across, start + 0.05 * np.abs(across)), 0.024 + 0.004 * (3 - layer))
        up = unit(np.stack([0.85 * np.sin(bend), 1.0 + 0 * bend, 0.10 * np.cos(bend) - 0.20 + 0.12 * layer], axis=-1))
        lean = 1.0 + 0.20 * np.sin(bend + 0.5) + 0.05 * np.sin(3 * bend + layer)
        pleats = np.sin(bend * 13 + layer)
        rows = []
        for f in np.linspace(0, 1, 9):
            ahead = 0.0075 * pleats * f + 0.026 * f**2.5 * np.cos(bend)
            rows.append(root + up * (tall * lean * f)[:, None] + ahead[:, None] * np.array([0.0, 0.0, 1.0]))
        grid = np.array(rows)
        shade = np.where(pleats > -0.35, 1.0, 0.35)[None] * np.ones((9, 1))
        mesh.add(sheet(grid, slot=slot, shade=shade))
        mesh.add(sheet(grid - np.array([0.0, 0.0, 0.0016]), slot=slot, outline=0.0, shade=0.5 * shade, flip=True))
    return mesh


def _durag() -> Mesh:
    """Smooth satin, a seam over the middle, two tails and a flap behind."""
    mesh = Mesh()
    line = hairline((0, 23), (24, 22), (44, 14), (60, 4), (74, -6), (90, -14), (115, -27), (140, -36), (180, -40))
    smooth = lambda a, e: (
        0.0105 + 0.0030 * np.exp(-((np.sin(np.radians(a)) * np.cos(np.radians(e)) / 0.05) ** 2)) + 0 * e
    )
    mesh.add(cap(line, smooth, slot="headwear", edge=0.0035, rows=18, columns=64, ramp=5.0))
    rings = [
        on_scalp(direction(_ALL, line(_ALL) + up), off)
        for up, off in ((-0.5, 0.006), (0.5, 0.0125), (8.0, 0.0145), (10.0, 0.0110))
    ]
    mesh.add(sheet(np.array(rings), slot="headwear_trim"))
    knot = on_scalp(direction(180.0, -30.0), 0.020)
    mesh.add(ball(knot, (0.012, 0.010, 0.009), slot="headwear_trim", sides=8, rings=6))
    for side in (1.0, -1.0):
        _add_tail(mesh, knot, side, long=0.17, wide=0.012, slot="headwear_trim")
    flap = np.array(
        [
            [
                (
                    x * (1 - 0.25 * f),
                    1.392 - 0.105 * f,
                    -0.104 - 0.022 * np.sin(np.pi * f * 0.6) + 0.010 * (x / 0.05) ** 2,
                )
                for x in np.linspace(0.055, -0.055, 9)
            ]
            for f in np.linspace(1, 0, 7)
        ]
    )
    sway = np.linspace(0.35, 0.0, 7)[:, None]
    mesh.add(sheet(flap, slot="headwear", sway=sway))
    mesh.add(sheet(flap + np.array([0, 0, 0.0015]), slot="headwear", sway=sway, flip=True, outline=0.0, shade=0.3))
    return mesh


_ALL = np.linspace(-180, 180, 73)


def _add_tail(mesh: Mesh, knot: Array, side: float, *, long: float, wide: float, slot: str) -> None:
    """A loose end of cloth that hangs from a knot."""
    t = np.linspace(0, 1, 9)
    path = knot + np.stack([side * (0.008 + 0.030 * t), -long * t, -0.010 - 0.020 * np.sin(np.pi * t)], axis=-1)
    mesh.add(
        sweep(
            path,
            wide * (0.45 + 0.55 * t),
            0.0016,
            up=(0.0, 0.1, -1.0),
            sides=6,
            slot=slot,
            sway=0.4 * t**1.4,
            caps=(False, True),
        )
    )


def _bonnet() -> Mesh:
    """Puffed satin gathered in an elastic, ruffled edge."""
    mesh = Mesh()
    line = hairline((0, 19), (28, 18), (46, 11), (62, 1), (80, -8), (110, -21), (180, -34))

    def puff(azimuth: Array, elevation: Array) -> Array:
        return np.sin(np.clip((elevation - line(azimuth)) / (100.0 - line(azimuth)), 0, 1) * np.pi) ** 0.7

    def thick(azimuth: Array, elevation: Array) -> Array:
        back = 0.5 - 0.5 * np.cos(np.radians(azimuth))
        return np.asarray(0.016 + (0.034 + 0.016 * back) * puff(azimuth, elevation))

    def gathers(azimuth: Array, elevation: Array) -> Array:
        near = np.clip(1 - (elevation - line(azimuth) - 6.0) / 34.0, 0, 1)
        return np.asarray(0.0030 * np.cos(np.radians(azimuth) * 22) * near * puff(azimuth, elevation) ** 0.5)

    mesh.add(folded(line, thick, gathers, rows=24, columns=132))
    flutes = np.sin(np.radians(_FINE) * 40)
    rings = [
        on_scalp(direction(_FINE, line(_FINE) + up), off + amp * flutes)
        for up, off, amp in (
            (-6.0, 0.010, 0.0035),
            (-2.5, 0.014, 0.0025),
            (0.5, 0.0165, 0.0),
            (3.0, 0.0175, 0.0),
            (5.0, 0.013, 0.0),
        )
    ]
    mesh.add(sheet(np.array(rings), slot="headwear_trim"))
    return mesh


_FINE = np.linspace(-180, 180, 161)


def _bandana() -> Mesh:
    """A cloth folded over the crown, tied at the nape, dotted along its edge."""
    mesh = Mesh()
    line = hairline((0, 25), (30, 23), (50, 14), (70, 4), (90, -3), (120, -12), (150, -20), (180, -24))

    def thick(azimuth: Array, elevation: Array) -> Array:
        folds = np.sin(np.radians(azimuth) * 7 + elevation * 0.15) * np.clip((np.abs(azimuth) - 80) / 60, 0, 1)
        return np.asarray(0.0165 + 0.004 * np.clip(elevation / 80, 0, 1) + 0.0020 * folds)

    mesh.add(
        cap(
            line,
            thick,
            slot="headwear",
            edge=0.010,
            rows=16,
            columns=64,
        )
    )
    dots = lambda r, k: "headwear" if (r == 1 and k % 4 < 2) else "headwear_trim"
    rings = [
        on_scalp(direction(_ALL, line(_ALL) + up), off)
        for up, off in ((-0.5, 0.010), (0.5, 0.0180), (5.0, 0.0195), (8.0, 0.0170))
    ]
    mesh.add(sheet(np.array(rings), slot=dots))
    knot = on_scalp(direction(180.0, -24.0), 0.026)
    mesh.add(ball(knot, (0.013, 0.011, 0.010), slot="headwear", sides=8, rings=6))
    for side in (1.0, -1.0):
        _add_tail(mesh, knot, side, long=0.085, wide=0.014, slot="headwear")
    mesh.extras["fringe"] = 0.170
    return mesh


def _headwrap_band() -> Mesh:
    """A wide folded band knotted above the forehead, the hair free on top."""
    mesh = Mesh()
    low = hairline((0, 25), (30, 23), (50, 14), (70, 4), (90, -4), (120, -16), (150, -25), (180, -28))
    rings = []
    for k, f in enumerate(np.linspace(0, 1, 11)):
        twist = 0.0045 * (1 - (f * 3.0 + np.abs(_ALL) / 240.0) % 1.0)
        edge = 0.008 if k in {0, 10} else 0.020
        rings.append(on_scalp(direction(_ALL, low(_ALL) + 30.0 * f), edge + 0.005 * np.sin(np.pi * f) + twist))
    mesh.add(sheet(np.array(rings), slot=lambda r, k: "headwear_trim" if r in {3, 7} else "headwear"))
    knot = on_scalp(direction(0.0, 44.0), 0.034)
    for side in (1.0, -1.0):
        loop = curve(
            [
                knot,
                knot + (side * 0.022, 0.030, 0.006),
                knot + (side * 0.046, 0.040, 0.0),
                knot + (side * 0.056, 0.022, -0.006),
            ],
            10,
        )
        wide = interpolate(np.linspace(0, 1, 10), [0, 0.4, 0.8, 1], [0.008, 0.018, 0.020, 0.008])
        mesh.add(sweep(loop, wide, 0.0075, up=(0, 0.2, 1.0), sides=9, slot="headwear", caps=(True, True)))
    mesh.add(ball(knot + (0, 0.002, 0.006), (0.016, 0.017, 0.012), slot="headwear_trim", sides=10, rings=7))
    return mesh


WRAPS: Mapping[str, Callable[[], Mesh]] = {
    "turban_round": _turban_round,
    "turban_peaked": _turban_peaked,
    "patka": _patka,
    "headwrap": _headwrap,
    "headwrap_band": _headwrap_band,
    "gele": _gele,
    "durag": _durag,
    "bonnet": _bonnet,
    "bandana": _bandana,
}
