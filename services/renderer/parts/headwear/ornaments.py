"""What is worn on hair rather than over it: bands, ears, tiaras, flowers, headphones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, ball, interpolate, sheet, sweep, unit


def _arch(tilt_deg: float, off: float, count: int = 41, reach: float = 96.0) -> Array:
    """A line over the head from ear to ear in a plane that leans `tilt_deg` to the front, (count, 3)."""
    roll, tilt = np.radians(np.linspace(-reach, reach, count)), np.radians(tilt_deg)
    ways = np.stack([np.sin(roll), np.cos(roll) * np.cos(tilt), np.cos(roll) * np.sin(tilt)], axis=-1)
    return on_scalp(ways, off)


def _alice(
    mesh: Mesh, *, tilt_deg: float = 12.0, wide: float = 0.0075, slot: str = "headwear", off: float = 0.0175
) -> Array:
    path = _arch(tilt_deg, off)
    taper = interpolate(np.linspace(0, 1, len(path)), [0, 0.12, 0.88, 1], [0.4, 1.0, 1.0, 0.4])
    mesh.add(
        sweep(path, wide * taper, 0.0028, up=unit(path - CENTRE), sides=8, slot=slot, outline=0.6, caps=(True, True))
    )
    return path


def _headband() -> Mesh:
    """A padded band over the head."""
    mesh = Mesh()
    _alice(mesh, wide=0.0135, off=0.0185)
    return mesh


def _sweatband() -> Mesh:
    """A stretch band round the forehead."""
    mesh = Mesh()
    turn = np.linspace(-180, 180, 73)
    low = 21.0 - 11.0 * (1 - np.cos(np.radians(turn)))
    rings = [
        on_scalp(direction(turn, low + up), off)
        for up, off in ((0.0, 0.010), (1.0, 0.0165), (7.0, 0.0185), (13.0, 0.0165), (14.0, 0.010))
    ]
    mesh.add(
        sheet(
            np.array(rings),
            slot=lambda r, k: "headwear_trim" if r in {1, 2} and k % 72 in range(33, 39) else "headwear",
        )
    )
    return mesh


def _cat_ears() -> Mesh:
    """A thin band with two ears."""
    mesh = Mesh()
    _alice(mesh, wide=0.0050)
    for side in (1.0, -1.0):
        way = unit(np.array([side * 0.62, 0.76, 0.16]))
        base = on_scalp(way, 0.016)
        up = unit(np.array([side * 0.30, 1.0, 0.02]))
        across = unit(np.cross(up, np.array([0.0, 0.0, 1.0])))
        for slot, small, front in (("headwear", 1.0, 0.0), ("headwear_trim", 0.66, 0.0062)):
            rows = []
            for f in np.linspace(0, 1, 8):
                wide = 0.031 * small * (1 - f) ** 0.85 + 0.0006
                deep = (0.011 * small * (1 - f) ** 0.7 + 0.0004) * (1.0 if front == 0 else 0.35)
                turn = np.linspace(0, 2 * np.pi, 15)
                centre = (
                    base
                    + up * (0.062 * small * f + 0.004 * (1 - small))
                    + np.array([side * 0.004 * np.sin(np.pi * f), 0.0, front])
                )
                rows.append(
                    centre
                    + wide * np.cos(turn)[:, None] * across
                    + deep * np.sin(turn)[:, None] * np.array([0.0, 0.0, -1.0])
                )
            mesh.add(sheet(np.array(rows), slot=slot, outline=0.8 if front == 0 else 0.0))
    return mesh


def _tiara() -> Mesh:
    """A fine arch of metal that rises to the middle, set with stones."""
    mesh = Mesh()
    path = _arch(30.0, 0.0165, 49, 74.0)
    mesh.add(sweep(path, 0.0026, 0.0022, up=unit(path - CENTRE), sides=6, slot="metal", outline=0.5, caps=(True, True)))
    lean = unit(np.array([0.0, 1.0, 0.30]))
    for k, at in enumerate(range(6, 43, 3)):
        middle = 1 - abs(at - 24) / 24.0
        tall = 0.012 + 0.032 * middle**1.5 * (1.0 if k % 2 == 0 else 0.62)
        root = path[at]
        top = root + lean * tall
        for step in (-3, 3):
            foot = path[int(np.clip(at + step, 0, 48))]
            bow = np.array([foot, foot + lean * tall * 0.55 + 0.15 * (root - foot), top])
            mesh.add(sweep(bow, 0.0014, 0.0014, up=(0, 0, 1.0), sides=5, slot="metal", outline=0.3))
        mesh.add(ball(top, 0.0042 if k % 2 == 0 else 0.0030, slot="headwear", sides=7, rings=5, outline=0.4))
    return mesh


def _flower_crown() -> Mesh:
    """A ring of blossoms and leaves."""
    mesh = Mesh()
    turn = np.linspace(-180, 180, 61)
    high = 39.0 - 6.0 * (1 - np.cos(np.radians(turn)))
    ring = on_scalp(direction(turn, high), 0.020)
    mesh.add(sweep(ring, 0.0034, 0.0034, up=direction(turn, high), sides=5, slot="lining", outline=0.4))
    for k, azimuth in enumerate(np.arange(-168.0, 180.0, 24.0)):
        elevation = 39.0 - 6.0 * (1 - float(np.cos(np.radians(azimuth)))) + (3.0 if k % 2 else -2.0)
        way = direction(azimuth, elevation)
        big = 0.0175 if abs(azimuth) < 60 and k % 2 == 0 else 0.0125
        centre = on_scalp(way, 0.026)
        side = unit(np.cross(way, np.array([0.0, 1.0, 0.05])))
        other = np.cross(side, way)
        slot = ("headwear", "headwear_trim", "white")[k % 3]
        for petal in range(5):
            angle = 2 * np.pi * petal / 5 + k
            out = np.cos(angle) * side + np.sin(angle) * other
            path = centre + np.array(
                [0 * out, 0.45 * big * out + 0.20 * big * way, 0.95 * big * out + 0.42 * big * way]
            )
            mesh.add(
                sweep(
                    path,
                    [0.22 * big, 0.46 * big, 0.16 * big],
                    [0.10 * big, 0.14 * big, 0.06 * big],
                    up=way,
                    sides=4,
                    slot=slot,
                    outline=0.45,
                    caps=(False, True),
                )
            )
        mesh.add(ball(centre + way * big * 0.20, big * 0.24, slot="metal", sides=4, rings=4, outline=0.3))
        leaf = on_scalp(direction(azimuth + 10.0, elevation), 0.022)
        along = unit(direction(azimuth + 16.0, elevation + 9.0) - way)
        mesh.add(
            sweep(
                leaf + np.array([0 * along, 0.010 * along + 0.002 * way, 0.021 * along]),
                [0.0015, 0.0062, 0.0006],
                [0.0010, 0.0016, 0.0006],
                up=way,
                sides=4,
                slot="lining",
                outline=0.4,
            )
        )
    return mesh


def _headphones() -> Mesh:
    """Over the ears, a padded band over the crown."""
    mesh = Mesh()
    path = _arch(-4.0, 0.030, 37, 82.0)
    mesh.add(sweep(path, 0.0085, 0.0046, up=unit(path - CENTRE), sides=8, slot="headwear", outline=0.7))
    pad = _arch(-4.0, 0.0235, 21, 42.0)
    mesh.add(
        sweep(pad, 0.0100, 0.0060, up=unit(pad - CENTRE), sides=8, slot="headwear_trim", outline=0.4, caps=(True, True))
    )
    left = Mesh()
    ear = np.array([0.1060, 1.4150, -0.0180])
    turn = np.linspace(0, 2 * np.pi, 25)
    rows = []
    for out, wide in (
        (-0.012, 0.028),
        (-0.010, 0.036),
        (0.004, 0.037),
        (0.006, 0.034),
        (0.016, 0.034),
        (0.021, 0.027),
        (0.0215, 0.001),
    ):
        rows.append(ear + np.stack([np.full(25, out), 1.12 * wide * np.cos(turn), wide * np.sin(turn)], axis=-1))
    left.add(
        sheet(
            np.array(rows),
            slot=lambda r, k: ("headwear_trim", "headwear_trim", "headwear", "headwear", "headwear", "metal")[r],
            flip=True,
        )
    )
    arm = np.array([path[-1], path[-1] + (0.004, -0.020, 0.0), ear + (0.019, 0.020, 0.0), ear + (0.020, 0.0, 0.0)])
    left.add(sweep(arm, 0.0055, 0.0030, up=(1.0, 0.0, 0.0), sides=6, slot="metal", outline=0.4, caps=(False, True)))
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh


ORNAMENTS: Mapping[str, Callable[[], Mesh]] = {
    "headband": _headband,
    "sweatband": _sweatband,
    "cat_ears": _cat_ears,
    "tiara": _tiara,
    "flower_crown": _flower_crown,
    "headphones": _headphones,
}
