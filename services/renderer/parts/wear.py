"""Eyewear, headwear, beards and jewellery, fitted to the head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.body import torso_ring
from services.renderer.parts.hair import cap, noise
from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp, surface
from services.renderer.parts.mesh import Array, Mesh, Patch, ball, curve, interpolate, sheet, sweep, unit

Line = Callable[[Array], Array]


def line_of(*knots: tuple[float, float]) -> Line:
    """A symmetric line on the head from (azimuth 0 front to 180 back, elevation) pairs."""
    at, value = [k[0] for k in knots], [k[1] for k in knots]
    return lambda azimuth: interpolate(np.abs((np.asarray(azimuth) + 180) % 360 - 180), at, value)


# --- eyewear ----------------------------------------------------------------------------------------------------------

_LENS_X, _LENS_Y, _LENS_Z = 0.0400, CHIN_Y + 0.0955, 0.1060


def _outline(shape: str, count: int = 28) -> Array:
    """Rim of the left lens round its middle, (count, 2) metres, x outwards."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)

    def boxy(width: float, height: float, exponent: float) -> Array:
        power = 2 / exponent
        return np.stack([width * np.sign(c) * np.abs(c) ** power, height * np.sign(s) * np.abs(s) ** power], axis=1)

    if shape == "round":
        return boxy(0.0265, 0.0255, 2.0)
    if shape == "rectangle":
        return boxy(0.0285, 0.0185, 3.6)
    if shape == "square":
        return boxy(0.0285, 0.0235, 3.6)
    if shape == "browline":
        return boxy(0.0280, 0.0215, 2.9) * (1 - 0.05 * (s < 0))[:, None]
    rim = boxy(0.0285, 0.0240, 2.5)
    if shape == "cat_eye":
        rim[:, 1] += 0.0065 * np.clip(c, 0, 1) ** 2 * (s > -0.2)
        rim[:, 0] += 0.0030 * np.clip(c, 0, 1) * np.clip(s + 0.4, 0, 1)
        return rim
    # Aviator: a drop, fuller below and outwards.
    rim[:, 0] *= 1.03 + 0.05 * s
    rim[:, 1] = np.where(s < 0, rim[:, 1] * 1.12, rim[:, 1] * 0.86)
    rim[:, 0] -= 0.0035 * np.clip(-s, 0, 1) * np.clip(-c, 0, 1)
    return rim


def _wrap(x: Array, y: Array) -> Array:
    """Points of the lens surface, which follows the face a little and leans forward at the top."""
    return np.stack([x, y, _LENS_Z - 1.5 * x**2 + 0.06 * (y - _LENS_Y)], axis=-1)


def _eyewear(shape: str, rim: str, lens: str, thick: float) -> Mesh:
    mesh = Mesh()
    left = Mesh()
    edge = _outline(shape)
    rim_points = _wrap(_LENS_X + edge[:, 0], _LENS_Y + edge[:, 1])
    ring = np.vstack([rim_points, rim_points[:1]])
    out = unit(ring - _wrap(np.array([_LENS_X]), np.array([_LENS_Y])))
    if rim == "full":
        left.add(sweep(ring, thick, thick, up=out, sides=6, slot="eyewear", outline=0.35))
    elif rim == "half":
        top = ring[: len(edge) // 2 + 1]
        weight = interpolate(np.linspace(0, 1, len(top)), [0, 0.5, 1], [thick, thick * 1.5, thick])
        left.add(
            sweep(
                top,
                weight * 0.8,
                weight * 1.5,
                up=out[: len(top)],
                sides=7,
                slot="eyewear",
                outline=0.35,
                caps=(True, True),
            )
        )
        left.add(
            sweep(ring[len(edge) // 2 :], 0.0009, 0.0009, up=out[len(edge) // 2 :], sides=4, slot="metal", outline=0.1)
        )
    else:
        left.add(sweep(ring, 0.0007, 0.0007, up=out, sides=4, slot="eyewear", outline=0.15))
    shares = np.array([1.0, 0.55, 0.02])
    grid = np.stack([_wrap(_LENS_X + edge[:, 0] * f, _LENS_Y + edge[:, 1] * f) for f in shares])
    uv = np.stack([np.stack([0.5 + edge[:, 0] * f / 0.06, 0.5 + edge[:, 1] * f / 0.05], axis=-1) for f in shares])
    left.add(sheet(grid, slot="lens", closed=True, uv=uv, outline=0.0))
    hinge = _wrap(np.array([_LENS_X + edge[:, 0].max() * 0.97]), np.array([_LENS_Y + 0.0085]))[0]
    arm = curve(
        [
            hinge,
            hinge + (0.0075, 0.001, -0.008),
            (0.0895, CHIN_Y + 0.108, 0.045),
            (0.0955, CHIN_Y + 0.112, -0.008),
            (0.0930, CHIN_Y + 0.086, -0.034),
        ],
        14,
    )
    left.add(
        sweep(
            arm,
            min(thick, 0.0021),
            min(thick, 0.0021) * 1.25,
            up=(1.0, 0, 0.2),
            sides=6,
            slot="eyewear",
            outline=0.3,
            caps=(True, True),
        )
    )
    mesh.extend(left)
    mesh.extend(left.mirrored())
    inner = _LENS_X + edge[:, 0].min()
    up = 0.0070 if shape != "aviator" else 0.0115
    span = np.linspace(-inner, inner, 9)
    bridge = _wrap(span, np.full(9, _LENS_Y + up)) + np.stack(
        [np.zeros(9), 0.0034 * np.cos(span / inner * np.pi / 2), 0.0020 + 0 * span], axis=1
    )
    mesh.add(
        sweep(bridge, min(thick, 0.0024), min(thick, 0.0024), up=(0, 1.0, 0), sides=6, slot="eyewear", outline=0.35)
    )
    if shape == "aviator":
        bar = bridge + np.array([0, 0.0085, 0])
        mesh.add(sweep(bar, 0.0012, 0.0012, up=(0, 1.0, 0), sides=5, slot="eyewear", outline=0.3))
    tint = {"clear": ([0.86, 0.93, 1.0], 0.06), "tinted": ([0.5, 0.35, 0.3], 0.4), "sun": ([0.07, 0.06, 0.10], 0.86)}[
        lens
    ]
    mesh.extras["lens"] = {"tint": tint[0], "opacity": tint[1]}
    return mesh


# --- headwear ---------------------------------------------------------------------------------------------------------


def _press(off: float, height: float, slope: float) -> dict[str, object]:
    """How hair below is reshaped: pressed to `off` metres above the scalp wherever it is above the brim's plane."""
    return {
        "centre": [0.0, round(CHIN_Y + 0.150, 4), -0.0065],
        "radii": [round(0.0950 + off, 4), round(0.1120 + off, 4), round(0.0990 + off, 4)],
        "height": height,
        "slope": slope,
    }


def _on_head(patch: Patch) -> Patch:
    patch.weights = [{"head": 1.0}] * len(patch.positions)
    return patch


def _baseball_cap() -> Mesh:
    mesh = Mesh()
    line = line_of((0, 36), (50, 33), (90, 22), (140, 12), (180, 12))
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
    line = line_of((0, 34), (50, 27), (85, 8), (120, -10), (180, -20))
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
    line = line_of((0, 34), (90, 25), (180, 18))
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
    line = line_of((0, 37), (40, 29), (62, 8), (82, -6), (110, -20), (180, -38))

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
    line = line_of((0, 35), (40, 27), (62, 6), (82, -8), (110, -22), (180, -40))

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


HEADWEAR: dict[str, Callable[[], Mesh]] = {
    "hijab": _hijab,
    "turban_round": _turban_round,
    "headwrap": _headwrap,
    "baseball_cap": _baseball_cap,
    "beanie": _beanie,
    "kufi": _kufi,
    "bucket_hat": _bucket_hat,
}

# --- beards -----------------------------------------------------------------------------------------------------------


def _smooth(low: float, high: float, x: ArrayLike) -> Array:
    t = np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _beard(cheeks: bool, chin: bool, lip: bool, thick: float, long: float) -> Mesh:
    """A shell of the lower face, thick where hair grows and below the skin elsewhere."""
    mesh = Mesh()
    y = np.concatenate([np.linspace(0.0015, 0.056, 28), np.linspace(0.061, 0.088, 6)])
    angle = np.linspace(-0.06, np.pi + 0.06, 49)
    a, h = np.meshgrid(angle, y)
    points = surface(a, h)
    x = np.abs(points[..., 0])
    grows = np.zeros(x.shape)
    if cheeks:
        edge = interpolate(
            x, [0.0, 0.022, 0.034, 0.048, 0.060, 0.072, 0.085], [0.0195, 0.0215, 0.0300, 0.0430, 0.0580, 0.0760, 0.0900]
        )
        grows = np.maximum(grows, _smooth(0.0010, -0.0040, h - edge))
        if thick < 0.005:
            grows *= _smooth(0.0, 0.004, x - 0.0)
    if chin:
        grows = np.maximum(grows, _smooth(0.0, 0.004, 0.0255 - x) * _smooth(0.0215, 0.0160, h))
    if lip:
        arc = 0.0425 - 3.2 * x**2
        grows = np.maximum(grows, _smooth(0.0056, 0.0028, np.abs(h - arc - 0.0018)) * _smooth(0.0300, 0.0250, x))
        if cheeks or chin:  # joins moustache and beard beside the mouth
            grows = np.maximum(
                grows, _smooth(0.0060, 0.0030, np.abs(x - 0.0275)) * _smooth(0.043, 0.036, h) * _smooth(0.010, 0.018, h)
            )
    axis = np.array([0.0, CHIN_Y + 0.05, 0.0])
    away = unit((points - axis) * np.array([1.0, 0.6, 1.0]))
    strands = 0.0009 * np.sin(points[..., 0] * 900 + 3 * noise(points, 0.01, 2)) + 0.0008 * noise(points, 0.004, 3)
    off = np.where(grows > 0.02, thick * grows + strands * grows - 0.0006, -0.003)
    grid = points + away * off[..., None]
    grid[..., 1] -= long * grows * _smooth(0.030, 0.0, h) * _smooth(0.050, 0.0, x)
    grid[..., 2] += 0.35 * long * grows * _smooth(0.030, 0.0, h) * _smooth(0.040, 0.0, x)
    keep = grows > 0.01
    patch = sheet(grid, slot="beard", flip=True, outline=0.35, sphere=CENTRE - np.array([0, 0.06, 0.02]))
    cells = np.asarray(keep.reshape(-1)[patch.triangles].any(axis=1))
    patch.triangles = patch.triangles[cells]
    patch.slots = [slot for slot, kept in zip(patch.slots, cells.tolist(), strict=True) if kept]
    mesh.add(patch)
    return mesh


def _facial_hair(part: str) -> Mesh:
    if part == "stubble":
        return Mesh(extras={"stubble": 0.85})
    build: dict[str, Callable[[], Mesh]] = {
        "moustache": lambda: _beard(cheeks=False, chin=False, lip=True, thick=0.0042, long=0.0),
        "goatee": lambda: _beard(cheeks=False, chin=True, lip=True, thick=0.0052, long=0.008),
        "short_boxed": lambda: _beard(cheeks=True, chin=True, lip=True, thick=0.0044, long=0.002),
        "full_beard": lambda: _beard(cheeks=True, chin=True, lip=True, thick=0.0105, long=0.022),
    }
    mesh = build[part]()
    if part in {"short_boxed", "full_beard"}:
        mesh.extras["stubble"] = 0.5
    return mesh


# --- jewellery --------------------------------------------------------------------------------------------------------


def _jewellery(part: str) -> Mesh:
    left = Mesh()
    lobe = np.array([0.0925, CHIN_Y + 0.0705, -0.0075])
    left.add(ball(lobe, 0.0042 if part == "studs" else 0.0030, slot="metal", sides=8, rings=6, outline=0.4))
    if part == "hoops":
        turn = np.linspace(0, 2 * np.pi, 25)
        ring = lobe + np.stack(
            [0.004 * (1 - np.cos(turn)), -0.0165 + 0.0165 * np.cos(turn), 0.0165 * np.sin(turn)], axis=1
        )
        left.add(sweep(ring, 0.0016, 0.0016, up=(1.0, 0, 0), sides=6, slot="metal", outline=0.4, sway=0.08))
    if part == "drops":
        chain = lobe + np.linspace(0, 1, 4)[:, None] * np.array([0.003, -0.020, 0.0])
        left.add(sweep(chain, 0.0009, 0.0009, sides=4, slot="metal", outline=0.2, sway=np.linspace(0, 0.1, 4)))
        t = np.linspace(0, 1, 8)
        drop = chain[-1] + t[:, None] * np.array([0.001, -0.019, 0.0])
        radius = interpolate(t, [0, 0.35, 0.68, 1], [0.0006, 0.0034, 0.0052, 0.0006])
        left.add(sweep(drop, radius, radius, sides=8, slot="metal", outline=0.5, sway=0.15))
    mesh = Mesh()
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh


_FRAMES: dict[str, tuple[str, str, str, float]] = {
    # outline, rim, lens, half thickness of the rim in metres
    "round_thin": ("round", "full", "clear", 0.0013),
    "rectangle": ("rectangle", "full", "clear", 0.0020),
    "square_bold": ("square", "full", "clear", 0.0034),
    "cat_eye": ("cat_eye", "full", "clear", 0.0028),
    "browline": ("browline", "half", "clear", 0.0026),
    "rimless": ("rectangle", "none", "clear", 0.0010),
    "aviator_sun": ("aviator", "full", "sun", 0.0014),
    "round_sun": ("round", "full", "sun", 0.0016),
    "square_sun": ("square", "full", "sun", 0.0034),
}


def build_wear(group: str, part: str) -> Mesh:
    """The geometry of one part of group eyewear, headwear, facial_hair or jewellery."""
    if group == "eyewear":
        return _eyewear(*_FRAMES[part])
    if group == "headwear":
        return HEADWEAR[part]()
    if group == "facial_hair":
        return _facial_hair(part)
    return _jewellery(part)
