"""Skeleton, limbs and outfits: tubes along bones, each vertex shared between the joints it lies between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.head import neck_weights
from services.renderer.parts.mesh import Array, Mesh, Patch, Weights, ball, curve, interpolate, sheet, sweep, unit

_DOWN = np.array([np.cos(np.pi / 4), -np.sin(np.pi / 4), 0.0])
SHOULDER, UPPER_M, FORE_M, HAND_M = np.array([0.120, 1.220, -0.014]), 0.234, 0.214, 0.082
_ELBOW = SHOULDER + _DOWN * UPPER_M
_WRIST = _ELBOW + _DOWN * FORE_M
_KNUCKLE = _WRIST + _DOWN * HAND_M


def _at(point: Array) -> tuple[float, float, float]:
    return (round(float(point[0]), 5), round(float(point[1]), 5), round(float(point[2]), 5))


def _side(sign: float, name: str) -> list[tuple[str, str, tuple[float, float, float]]]:
    flip = np.array([sign, 1.0, 1.0])
    joints = [
        ("clavicle", "chest", np.array([0.030, 1.225, -0.012])),
        ("upper_arm", "clavicle", SHOULDER),
        ("forearm", "upper_arm", _ELBOW),
        ("hand", "forearm", _WRIST),
        ("pair", "hand", _KNUCKLE),
        ("pair_tips", "pair", _KNUCKLE + _DOWN * 0.036),
        ("ring", "hand", _KNUCKLE),
        ("ring_tips", "ring", _KNUCKLE + _DOWN * 0.034),
        ("thumb", "hand", _WRIST + _DOWN * 0.030 + np.array([0, 0, 0.022])),
        ("thigh", "hips", np.array([0.076, 0.835, 0.0])),
        ("shin", "thigh", np.array([0.082, 0.460, 0.008])),
        ("foot", "shin", np.array([0.086, 0.085, -0.012])),
        ("toes", "foot", np.array([0.088, 0.022, 0.085])),
    ]
    return [(f"{j}_{name}", p if p in {"chest", "hips"} else f"{p}_{name}", _at(x * flip)) for j, p, x in joints]


JOINTS: list[tuple[str, str, tuple[float, float, float]]] = [
    ("root", "", (0.0, 0.0, 0.0)),
    ("hips", "root", (0.0, 0.865, 0.0)),
    ("spine", "hips", (0.0, 0.965, 0.0)),
    ("chest", "spine", (0.0, 1.085, -0.004)),
    ("neck", "chest", (0.0, 1.262, -0.016)),
    ("head", "neck", (0.0, 1.325, -0.006)),
    *_side(1.0, "l"),
    *_side(-1.0, "r"),
]
"""(name, parent, bind position in metres), parents first; bind rotations are identity, arms hang at 45 degrees."""


def _chain(joints: list[tuple[str, float]], soft: float) -> Callable[[float, Array], Weights]:
    """Weights along a limb: joint i rules from its start on, metres from the root, blended over `soft` metres."""

    def at(distance: float) -> Weights:
        shares = [float(np.clip((distance - start + soft) / (2 * soft), 0, 1)) for _, start in joints]
        shares[0] = 1.0
        return {
            name: shares[i] - (shares[i + 1] if i + 1 < len(joints) else 0.0) + (1e-9 if i == 0 else 0)
            for i, (name, _) in enumerate(joints)
        }

    return lambda _t, p: at(float((p - SHOULDER) @ _DOWN))


_ARM = _chain(
    [("clavicle_l", -1.0), ("upper_arm_l", -0.005), ("forearm_l", UPPER_M), ("hand_l", UPPER_M + FORE_M)], 0.030
)


def _leg(_t: float, p: Array) -> Weights:
    y = float(p[1])
    hip = float(np.clip((0.86 - y) / 0.09, 0, 1))
    knee = float(np.clip((0.50 - y) / 0.08, 0, 1))
    ankle = float(np.clip((0.115 - y) / 0.05, 0, 1))
    toe = float(np.clip((p[2] - 0.065) / 0.04, 0, 1)) * ankle
    return {"hips": 1 - hip + 1e-9, "thigh_l": hip - knee, "shin_l": knee - ankle, "foot_l": ankle - toe, "toes_l": toe}


def _torso(_t: float, p: Array) -> Weights:
    y = float(p[1])
    spine = float(np.clip((y - 0.90) / 0.09, 0, 1))
    chest = float(np.clip((y - 1.02) / 0.10, 0, 1))
    arm = float(np.clip((abs(p[0]) - 0.075) / 0.075, 0, 1)) * float(np.clip((y - 1.11) / 0.08, 0, 1)) * 0.55
    side = "clavicle_l" if p[0] > 0 else "clavicle_r"
    return {"hips": 1 - spine + 1e-9, "spine": spine - chest, "chest": chest * (1 - arm), side: chest * arm}


#              hip    seat   waist          rib           bust           chest         shoulder      collar
_TY = [0.770, 0.820, 0.870, 0.930, 0.985, 1.040, 1.090, 1.130, 1.170, 1.205, 1.228, 1.243, 1.252]
_TW = [0.128, 0.142, 0.138, 0.115, 0.101, 0.104, 0.111, 0.116, 0.118, 0.112, 0.094, 0.070, 0.050]
_TF = [0.085, 0.090, 0.088, 0.078, 0.072, 0.080, 0.094, 0.096, 0.086, 0.068, 0.050, 0.036, 0.028]
_TB = [-0.095, -0.102, -0.095, -0.078, -0.070, -0.074, -0.082, -0.088, -0.090, -0.084, -0.074, -0.062, -0.052]


def torso_ring(y: ArrayLike, angle: ArrayLike, grow: ArrayLike = 0.0) -> Array:
    """Points round the body at height y; `angle` 0 is +x, pi/2 the front; `grow` metres outwards. Shape (..., 3)."""
    h, a, g = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (y, angle, grow)))
    w, f, b = (interpolate(h, _TY, values) for values in (_TW, _TF, _TB))
    c, s = np.cos(a), np.sin(a)
    x = (w + g) * np.sign(c) * np.abs(c) ** 0.88
    z = (f + b) / 2 + ((f - b) / 2 + g) * np.sign(s) * np.abs(s) ** 0.9
    return np.stack([x, h, z], axis=-1)


def _shell(
    y: ArrayLike,
    grow: ArrayLike,
    *,
    slot: str | Callable[[int, int], str],
    sides: int = 28,
    opening: float = 0.0,
    shade: ArrayLike = 1.0,
    weights: Callable[[float, Array], Weights] = _torso,
    outline: float = 1.0,
    sway: ArrayLike = 0.0,
) -> Patch:
    """A garment round the torso; `opening` radians are left open at the front."""
    heights = np.asarray(y, dtype=np.float64)
    start = np.pi / 2 + opening / 2
    turn = np.linspace(start, start + 2 * np.pi - opening, sides + (1 if opening else 0), endpoint=bool(opening))
    grid = torso_ring(
        heights[:, None], turn[None, :], np.broadcast_to(np.asarray(grow, dtype=np.float64), heights.shape)[:, None]
    )
    # Angles run from the front to +x's other side, so columns run clockwise seen from outside: flip.
    return sheet(
        grid,
        slot=slot,
        closed=not opening,
        weights=weights,
        flip=True,
        outline=outline,
        shade=np.broadcast_to(np.asarray(shade, dtype=np.float64), heights.shape)[:, None],
        sway=np.broadcast_to(np.asarray(sway, dtype=np.float64), heights.shape)[:, None],
    )


def _arm_path(start_m: float, end_m: float, count: int) -> Array:
    return SHOULDER + _DOWN * np.linspace(start_m, end_m, count)[:, None]


def _hand() -> Mesh:
    """The left hand: palm, four fingers, thumb."""
    mesh = Mesh()
    fingers = _chain([("forearm_l", -1.0), ("hand_l", UPPER_M + FORE_M)], 0.018)
    t = np.linspace(0, 1, 6)
    # Palm faces the body's back-inside; the back of the hand looks outwards and up.
    back = unit(np.array([np.sin(np.pi / 4), np.cos(np.pi / 4), 0.0]))
    mesh.add(
        sweep(
            _arm_path(UPPER_M + FORE_M - 0.02, UPPER_M + FORE_M + HAND_M + 0.004, 6),
            interpolate(t, [0, 0.3, 0.7, 1], [0.0205, 0.0235, 0.0310, 0.0290]),
            interpolate(t, [0, 0.3, 0.7, 1], [0.0165, 0.0150, 0.0130, 0.0105]),
            up=back,
            sides=12,
            exponent=2.5,
            slot="skin",
            weights=fingers,
            caps=(False, True),
        )
    )
    for k, (z, length) in enumerate([(0.0225, 0.066), (0.0075, 0.074), (-0.0075, 0.069), (-0.0215, 0.054)]):
        spread = np.array([0.0, 0.0, z])
        fan = unit(_DOWN + np.array([0, 0, z * 3.0]))
        start = _KNUCKLE + spread - _DOWN * (0.010 + 0.004 * (k == 3))
        path = (
            start
            + fan * np.linspace(0, length + 0.006, 6)[:, None]
            - back * (np.linspace(0, 1, 6) ** 2 * 0.006)[:, None]
        )

        near, far = ("pair_l", "pair_tips_l") if k < 2 else ("ring_l", "ring_tips_l")

        def bend(_t: float, p: Array, near: str = near, far: str = far) -> Weights:
            out = float((p - _KNUCKLE) @ _DOWN)
            first = float(np.clip((out + 0.010) / 0.016, 0, 1))
            second = float(np.clip((out - 0.026) / 0.016, 0, 1))
            return {"hand_l": 1 - first + 1e-9, near: first - second, far: second}

        thick = interpolate(np.linspace(0, 1, 6), [0, 0.6, 0.88, 1], [0.0082, 0.0074, 0.0060, 0.0024])
        mesh.add(
            sweep(path, thick, thick, up=back, sides=6, slot="skin", weights=bend, caps=(False, True), outline=0.8)
        )
    root = _WRIST + _DOWN * 0.020 + np.array([0, 0, 0.016])
    along = unit(_DOWN * 0.75 + np.array([0, 0, 0.62]) - back * 0.25)
    path = root + along * np.linspace(0, 0.066, 6)[:, None]
    thick = interpolate(np.linspace(0, 1, 6), [0, 0.3, 0.85, 1], [0.0100, 0.0105, 0.0072, 0.0028])
    share = lambda t, _p: {
        "hand_l": float(1 - np.clip(t * 3 - 0.6, 0, 1)) + 1e-9,
        "thumb_l": float(np.clip(t * 3 - 0.6, 0, 1)),
    }
    mesh.add(sweep(path, thick, thick, up=back, sides=6, slot="skin", weights=share, caps=(False, True), outline=0.8))
    return mesh


_LY = [0.060, 0.110, 0.180, 0.270, 0.340, 0.400, 0.460, 0.520, 0.620, 0.730, 0.800, 0.850]
_LR = [0.030, 0.031, 0.038, 0.0500, 0.0520, 0.0475, 0.0455, 0.0500, 0.0610, 0.0735, 0.0800, 0.0830]


def _leg_centre(y: Array) -> Array:
    return np.stack(
        [
            interpolate(y, [0.0, 0.085, 0.46, 0.84], [0.088, 0.086, 0.082, 0.070]),
            y,
            interpolate(y, [0.0, 0.10, 0.28, 0.46, 0.65, 0.85], [-0.018, -0.018, -0.014, 0.006, 0.006, -0.006]),
        ],
        axis=-1,
    )


def _leg_tube(
    top: float, bottom: float, count: int, slot: str | Callable[[int], str], grow: ArrayLike = 0.0, **more: object
) -> Patch:
    y = np.linspace(top, bottom, count)
    radius = interpolate(y, _LY, _LR) + np.broadcast_to(np.asarray(grow, dtype=np.float64), y.shape)
    return sweep(_leg_centre(y), radius, radius * 1.04, up=(0, 0, 1.0), sides=16, slot=slot, weights=_leg, **more)  # type: ignore[arg-type]


def _boot(top: float, flare: float) -> Mesh:
    """The left boot up to height `top`: shaft, cuff, foot, sole and two straps."""
    mesh = Mesh()
    y = np.linspace(top, 0.075, 10)
    lift = np.linspace(0, 1, 10)
    grow = 0.0075 + flare * np.clip(1 - lift * 4, 0, 1)
    mesh.add(_leg_tube(top, 0.075, 10, lambda ring: "outfit_trim" if ring == 0 else "boots", grow))
    for strap in (0.135, 0.165):
        radius = float(interpolate(strap, _LY, _LR)) + 0.011
        band = _leg_centre(np.array([strap - 0.007, strap, strap + 0.007]))
        mesh.add(
            sweep(band, radius, radius * 1.04, up=(0, 0, 1.0), sides=14, slot="outfit_trim", weights=_leg, outline=0.5)
        )
    # The foot: rings from heel to toe.
    z = np.array([-0.062, -0.056, -0.030, 0.005, 0.040, 0.075, 0.105, 0.122, 0.128])
    path = np.stack(
        [
            np.full(9, 0.087) + np.linspace(0, 0.006, 9),
            [0.050, 0.052, 0.060, 0.062, 0.052, 0.043, 0.038, 0.034, 0.033],
            z,
        ],
        axis=1,
    )
    width = np.array([0.008, 0.029, 0.037, 0.037, 0.040, 0.043, 0.039, 0.024, 0.004])
    depth = np.array([0.020, 0.034, 0.045, 0.047, 0.036, 0.028, 0.023, 0.016, 0.004])
    mesh.add(sweep(path, width, depth, up=(0, 1.0, 0), sides=14, exponent=2.6, slot="boots", weights=_leg))
    sole = path.copy()
    sole[:, 1] = 0.0125
    mesh.add(sweep(sole, width * 1.10, 0.0125, up=(0, 1.0, 0), sides=14, exponent=5.0, slot="soles", weights=_leg))
    heel = np.array([[0.087, 0.026, -0.056], [0.087, 0.026, -0.010]])
    mesh.add(
        sweep(heel, 0.034, 0.026, up=(0, 1.0, 0), sides=10, exponent=5.0, slot="soles", weights=_leg, caps=(True, True))
    )
    del y
    return mesh


def _both(mesh: Mesh, left: Mesh) -> None:
    mesh.extend(left)
    mesh.extend(left.mirrored())


def _sleeve(end_m: float, puff: float) -> Mesh:
    """The jacket's left sleeve with a trimmed cuff, a shoulder ornament and two bands."""
    mesh = Mesh()
    t = np.linspace(0, 1, 17)
    # The sleeve starts inside the shoulder and turns down over its round.
    path = np.vstack(
        [
            curve(
                [(0.050, 1.182, -0.014), (0.083, 1.207, -0.014), (0.112, 1.214, -0.014), _at(SHOULDER + _DOWN * 0.030)],
                6,
            )[:-1],
            _arm_path(0.030, end_m, 12),
        ]
    )
    radius = interpolate(
        t,
        [0, 0.18, 0.30, 0.45, 0.62, 0.82, 0.95, 1.0],
        [0.040, 0.0465, 0.0500 + puff, 0.0455 + puff, 0.0430, 0.0412, 0.0395, 0.0420],
    )
    folds = lambda a, f: 1 + 0.035 * np.sin(3 * a + 9 * f) * np.exp(-(((f - 0.60) / 0.11) ** 2))
    mesh.add(
        sweep(
            path,
            radius,
            radius * 1.05,
            up=(0, 0, 1.0),
            sides=14,
            slot=lambda ring: "outfit_trim" if ring == 14 else "outfit",
            weights=_ARM,
            shape=folds,
            caps=(True, False),  # it comes out of the shoulder when the arm is raised
        )
    )
    cuff = _arm_path(end_m - 0.030, end_m + 0.006, 4)
    mesh.add(
        sweep(
            cuff,
            [0.0425, 0.0440, 0.0445, 0.0440],
            [0.0440, 0.0455, 0.0460, 0.0455],
            up=(0, 0, 1.0),
            sides=14,
            slot=lambda ring: "white" if ring == 2 else "outfit",
            weights=_ARM,
            outline=0.9,
        )
    )
    inner = _arm_path(end_m - 0.010, end_m + 0.002, 2)
    mesh.add(
        sweep(inner[::-1], 0.0425, 0.0440, up=(0, 0, 1.0), sides=14, slot="dark", weights=_ARM, shade=0.0, outline=0)
    )
    # Epaulette: a rounded plate over the shoulder, edged with trim.
    plate = curve([(0.070, 1.242, -0.014), (0.106, 1.264, -0.014), (0.147, 1.266, -0.014), (0.179, 1.236, -0.014)], 8)
    mesh.add(
        sweep(
            plate,
            interpolate(np.linspace(0, 1, 8), [0, 0.4, 0.85, 1], [0.024, 0.034, 0.040, 0.034]),
            0.0085,
            up=(0.5, 1.0, 0),
            sides=10,
            exponent=3.0,
            slot=lambda ring: "outfit_trim" if ring >= 5 else "outfit",
            weights=_ARM,
            caps=(True, True),
        )
    )
    return mesh


def _star(
    centre: Array, radius: float, facing: Array, slot: str, weights: Weights, thick: float = 0.004, points: int = 5
) -> Patch:
    """A raised star, its front towards `facing`."""
    n = unit(facing)
    right = unit(np.cross(np.array([0.0, 1.0, 0.0]), n))
    up = np.cross(n, right)
    angle = np.linspace(0, 2 * np.pi, 2 * points, endpoint=False) + np.pi / 2
    reach = np.where(np.arange(2 * points) % 2 == 0, radius, radius * 0.45)
    rim = centre + reach[:, None] * (np.cos(angle)[:, None] * right + np.sin(angle)[:, None] * up)
    grid = np.stack([rim - n * thick, rim, np.broadcast_to(centre + n * thick, rim.shape)])
    return sheet(grid, slot=slot, closed=True, weights=lambda _t, _p: weights, outline=0.6)


def _jacket(mesh: Mesh, hem_y: float, flare: float) -> None:
    """An open jacket with lapels, trimmed hem and edge, stand-up collar."""
    y = np.concatenate([np.linspace(hem_y, 1.20, 9), [1.222, 1.238, 1.247]])
    grow = np.concatenate([np.linspace(flare, 0.011, 9), [0.010, 0.009, 0.008]])
    open_by = 0.62
    mesh.add(
        _shell(
            y, grow, opening=open_by, sides=36, slot=lambda r, k: "outfit_trim" if r == 0 or k in {0, 35} else "outfit"
        )
    )
    inside = _shell(y[:-1:2], grow[:-1:2] - 0.002, opening=open_by, sides=24, slot="lining", outline=0, shade=0.35)
    inside.triangles = inside.triangles[:, ::-1].copy()
    mesh.add(inside)
    # Stand-up collar, open at the front.
    turn = np.linspace(np.pi / 2 + 0.55, np.pi / 2 + 2 * np.pi - 0.55, 22)
    rings = []
    for height, radius, lift in ((1.240, 0.066, 0.0), (1.262, 0.064, 0.012), (1.284, 0.069, 0.020)):
        rise = lift * (0.4 - 0.6 * np.sin(turn))
        rings.append(np.stack([radius * np.cos(turn), height + rise, -0.016 + 0.92 * radius * np.sin(turn)], axis=-1))
    collar = np.array(rings)
    middle = np.array([0.0, 0.0, -0.016])
    within = middle + (collar - middle) * np.array([0.955, 1, 0.955])
    both = lambda _t, p: {"chest": 0.75, "neck": 0.25}
    band = np.concatenate([collar, within[:, ::-1]], axis=1)  # outside and inside in one, so that its ends are closed
    columns = collar.shape[1]
    shade = np.where(np.arange(2 * columns) < columns, 1.0, 0.4)[None, :] * np.ones((len(band), 1))
    mesh.add(
        sheet(
            band,
            slot=lambda r, k: "lining" if columns <= k < 2 * columns - 1 else "outfit",
            weights=both,
            flip=True,
            closed=True,
            shade=shade,
        )
    )
    edge = curve(collar[2] + np.array([0, 0.001, 0]), 22)
    mesh.add(sweep(edge, 0.0034, 0.0034, up=(0, 1.0, 0), sides=5, slot="outfit_trim", weights=both, outline=0.4))
    # Lapels: folded leaves lying on the chest.
    for sign in (1.0, -1.0):
        rows = []
        for f in np.linspace(0, 1, 7):
            at_y = 1.232 - f * 0.135
            inner = np.pi / 2 - sign * 0.325
            outer = np.pi / 2 - sign * (0.325 + 0.42 * np.sin(np.pi * min(1.0, f * 0.85 + 0.12)) ** 0.8)
            turnover = np.linspace(inner, outer, 4)
            rows.append(torso_ring(at_y, turnover, 0.0195 + 0.0015 * np.sin(np.linspace(0, np.pi, 4))))
        mesh.add(
            sheet(np.array(rows), slot=lambda r, k: "outfit_trim" if k == 2 else "lapel", weights=_torso, flip=sign > 0)
        )
    # Breast ornament and chain on the avatar's left.
    where = torso_ring(1.128, np.pi / 2 - 0.86, 0.016)
    mesh.add(_star(where, 0.017, np.array([0.6, 0.1, 1.0]), "outfit_trim", {"chest": 1.0}))
    chain = curve([where + (0.004, -0.014, 0.002), where + (-0.014, -0.040, 0.010), where + (-0.040, -0.012, 0.014)], 9)
    mesh.add(
        sweep(chain, 0.0018, 0.0018, sides=4, slot="outfit_trim", weights=lambda _t, _p: {"chest": 1.0}, outline=0.3)
    )


def _top(mesh: Mesh, bottom_y: float) -> None:
    """A fitted shirt with a placket, buttons, and a bow at the throat."""
    y = np.concatenate([np.linspace(bottom_y, 1.20, 9), [1.228, 1.243, 1.252]])
    mesh.add(_shell(y, 0.002, slot=lambda r, k: "white", sides=28))
    for height in (1.150, 1.110, 1.070, 1.030):
        mesh.add(
            ball(
                torso_ring(height, np.pi / 2, 0.003),
                (0.0052, 0.0052, 0.0030),
                slot="outfit_trim",
                sides=7,
                rings=4,
                weights=_torso(0, torso_ring(height, np.pi / 2)),
                outline=0.5,
            )
        )
    stand = np.array([[0, 1.245, -0.018], [0, 1.262, -0.015], [0, 1.272, -0.013]])
    mesh.add(sweep(stand, [0.052, 0.047, 0.046], [0.046, 0.044, 0.043], slot="white", sides=18, weights=neck_weights))
    middle = np.array([0.0, 1.226, 0.052])
    share: Weights = {"chest": 1.0}
    for sign in (1.0, -1.0):
        loop = curve(
            [
                middle + (sign * 0.004, 0, 0.006),
                middle + (sign * 0.026, 0.013, 0.010),
                middle + (sign * 0.050, 0.004, 0.000),
            ],
            7,
        )
        mesh.add(
            sweep(
                loop,
                interpolate(np.linspace(0, 1, 7), [0, 0.35, 0.8, 1], [0.006, 0.014, 0.016, 0.010]),
                0.0055,
                up=(0, 0, 1.0),
                sides=8,
                slot="accent",
                weights=lambda _t, _p: share,
                caps=(True, True),
            )
        )
        tail = curve(
            [
                middle + (sign * 0.003, -0.004, 0.006),
                middle + (sign * 0.014, -0.042, 0.030),
                middle + (sign * 0.024, -0.085, 0.044),
            ],
            7,
        )
        mesh.add(
            sweep(
                tail,
                interpolate(np.linspace(0, 1, 7), [0, 0.7, 1], [0.006, 0.013, 0.015]),
                0.0022,
                up=(0, 0.35, 1.0),
                sides=6,
                slot="accent",
                weights=lambda _t, _p: share,
                caps=(False, True),
                sway=np.linspace(0, 0.5, 7),
            )
        )
    mesh.add(
        ball(
            middle + (0, 0, 0.010),
            (0.0085, 0.0095, 0.0070),
            slot="outfit_trim",
            sides=8,
            rings=5,
            weights=share,
            outline=0.6,
        )
    )


def _belt(mesh: Mesh, y: float, grow: float) -> None:
    mesh.add(
        _shell(
            [y - 0.014, y - 0.012, y + 0.012, y + 0.014],
            [grow, grow + 0.005, grow + 0.005, grow],
            slot="dark",
            sides=26,
            weights=_torso,
        )
    )
    at = torso_ring(y, np.pi / 2, grow + 0.008)
    share = _torso(0, at)
    mesh.add(
        sweep(
            np.array([at + (0, -0.017, 0), at + (0, 0.017, 0)]),
            0.021,
            0.0042,
            sides=8,
            exponent=6.0,
            slot="outfit_trim",
            weights=lambda _t, _p: share,
            caps=(True, True),
            outline=0.7,
        )
    )
    mesh.add(_star(at + (0, 0, 0.0045), 0.013, np.array([0, 0, 1.0]), "dark", share, 0.002))


def _skirt_weights(p: Array) -> Weights:
    y = float(p[1])
    low = float(np.clip((0.885 - y) / 0.24, 0, 1)) * 0.62
    left = float(np.clip(p[0] / 0.12 * 0.5 + 0.5, 0, 1))
    return {"hips": 1 - low + 1e-9, "thigh_l": low * left, "thigh_r": low * (1 - left)}


def _skirt(
    mesh: Mesh,
    top: float,
    bottom: float,
    flare: float,
    pleats: int,
    slots: tuple[str, str, str],
    lift: float = 0.0,
    lined: bool = True,
) -> None:
    """A skirt of knife pleats with a trimmed hem; `slots` are body, stripe and hem."""
    columns, rows = pleats * 4, 5
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    phase = np.arange(columns) % 4
    tooth = np.array([0.0, 0.9, 1.0, 0.15])[phase]
    grid = np.zeros((rows, columns, 3))
    y = np.linspace(bottom, top, rows)
    for r, height in enumerate(y):
        down = (top - height) / (top - bottom)
        out = 0.006 + lift + flare * down**0.85 + 0.013 * (0.25 + 0.75 * down) * tooth
        grid[r] = torso_ring(max(height, 0.82), turn, out)
        grid[r, :, 1] = height
    hem = lambda r, k: slots[2] if r == 0 else slots[1] if r == 1 else slots[0]
    down = (top - y) / (top - bottom)
    dark = 1.0 - 0.55 * (phase == 0)
    outside = sheet(
        grid,
        slot=hem,
        closed=True,
        flip=True,
        sway=(down[:, None] ** 1.5) * np.ones(columns),
        shade=dark[None, :] * np.ones((rows, 1)),
        weights=lambda _t, p: _skirt_weights(p),
        outline=0.8,
    )
    mesh.add(outside)
    if not lined:
        return
    inside = sheet(
        grid * np.array([0.985, 1, 0.985]),
        slot="lining",
        closed=True,
        sway=(down[:, None] ** 1.5) * np.ones(columns),
        shade=0.15,
        weights=lambda _t, p: _skirt_weights(p),
        outline=0,
    )
    mesh.add(inside)


def _hips(slot: str) -> Patch:
    return _shell(np.linspace(0.775, 1.0, 9), 0.003, slot=slot, sides=24)


def build_outfit(legs: str) -> Mesh:
    """One outfit with the body parts that show: `skirt`, `trousers` or `coat`."""
    mesh = Mesh()
    _both(mesh, _hand())
    _sleeve_end = UPPER_M + FORE_M - 0.012
    _both(mesh, _sleeve(_sleeve_end, 0.004 if legs != "coat" else 0.0))
    _top(mesh, 0.93)
    if legs == "skirt":
        _jacket(mesh, 1.035, 0.019)
        mesh.add(_hips("dark"))
        _skirt(mesh, 0.925, 0.655, 0.098, 18, ("accent_dark", "accent_dark", "outfit_trim"), lift=-0.004)
        _skirt(mesh, 0.930, 0.700, 0.092, 18, ("outfit", "outfit", "outfit_trim"), lift=0.006, lined=False)
        _belt(mesh, 0.930, 0.009)
        left = Mesh()
        left.add(_leg_tube(0.86, 0.46, 12, "skin"))
        left.add(_leg_tube(0.585, 0.26, 9, lambda ring: "outfit_trim" if ring == 0 else "dark", 0.0030))
        left.extend(_boot(0.350, 0.006))
        _both(mesh, left)
    else:
        left = Mesh()
        loose = 0.008 if legs == "trousers" else 0.005
        y_count = 17
        grow = loose + 0.0045 * np.linspace(0, 1, y_count) * (legs == "trousers")
        left.add(_leg_tube(0.86, 0.185, y_count, "dark" if legs == "coat" else "outfit", grow))
        # A side stripe down the trouser leg.
        y = np.linspace(0.83, 0.20, 12)
        centre = _leg_centre(y)
        radius = interpolate(y, _LY, _LR) + loose + 0.0045 * np.linspace(0, 1, 12) * (legs == "trousers")
        stripe = centre + np.stack([radius + 0.0005, np.zeros(12), np.zeros(12)], axis=1)
        left.add(
            sweep(
                stripe,
                0.008,
                0.0028,
                up=(1.0, 0, 0),
                sides=6,
                exponent=4.0,
                slot="outfit_trim",
                weights=_leg,
                outline=0.0,
            )
        )
        left.extend(_boot(0.235, 0.006))
        _both(mesh, left)
        mesh.add(
            _shell(
                np.linspace(0.755, 1.0, 11),
                interpolate(np.linspace(0, 1, 11), [0, 0.2, 1], [0.0, 0.006, 0.005]),
                slot="dark" if legs == "coat" else "outfit",
                sides=24,
            )
        )
        if legs == "trousers":
            _jacket(mesh, 1.000, 0.019)
            _belt(mesh, 0.940, 0.010)
            # A second, slung belt.
            turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
            sling = torso_ring(0.885 - 0.022 * np.cos(turn), turn, 0.016)
            ring = np.vstack([sling, sling[:1]])
            mesh.add(
                sweep(
                    ring,
                    0.0085,
                    0.0030,
                    up=ring - np.array([0, 0.885, -0.004]),
                    sides=6,
                    exponent=4.0,
                    slot="outfit_trim",
                    weights=_torso,
                    outline=0.5,
                )
            )
        else:
            _jacket(mesh, 0.995, 0.014)
            _belt(mesh, 0.975, 0.018)
            _coat_tails(mesh)
    _microphone(mesh)
    return mesh


def _coat_tails(mesh: Mesh) -> None:
    """The coat below the belt: open at the front, flared, lined, with a trimmed edge."""
    columns, rows = 33, 10
    turn = np.linspace(np.pi / 2 + 0.42, np.pi / 2 + 2 * np.pi - 0.42, columns)
    y = np.linspace(0.500, 0.985, rows)
    down = (0.985 - y) / 0.485
    wave = 0.010 * np.sin(turn * 6)
    grid = np.zeros((rows, columns, 3))
    for r, height in enumerate(y):
        grid[r] = torso_ring(max(height, 0.83), turn, 0.017 + 0.088 * down[r] ** 1.1 + wave * down[r])
        grid[r, :, 1] = height
    sway = down[:, None] ** 1.6 * np.ones(columns)
    share = lambda _t, p: _skirt_weights(p)
    mesh.add(
        sheet(
            grid,
            slot=lambda r, k: "outfit_trim" if r == 0 or k in {0, columns - 2} else "outfit",
            flip=True,
            sway=sway,
            weights=share,
        )
    )
    mesh.add(sheet(grid * np.array([0.985, 1, 0.985]), slot="accent", sway=sway, weights=share, outline=0, shade=0.5))


def _microphone(mesh: Mesh) -> None:
    """A hand microphone in the right fist; the stage hides it unless the staging asks for one."""
    palm = (_WRIST + _DOWN * 0.062) * np.array([-1, 1, 1])
    inwards = unit(np.array([1.0, -1.0, 0.0])) * 0.026
    centre = palm + inwards
    axis = np.array([0.0, 0.0, 1.0])
    share = lambda _t, _p: {"hand_r": 1.0}
    body = centre + axis * np.linspace(-0.075, 0.070, 6)[:, None]
    up = unit(np.array([1.0, -1.0, 0.0]))
    mesh.add(
        sweep(
            body,
            [0.0105, 0.0120, 0.0125, 0.0130, 0.0150, 0.0190],
            [0.0105, 0.0120, 0.0125, 0.0130, 0.0150, 0.0190],
            up=up,
            sides=12,
            slot=lambda r: "prop_trim" if r in {4} else "prop",
            weights=share,
            caps=(True, False),
        )
    )
    polar = np.linspace(-0.9, np.pi / 2, 7)
    head = centre + axis * (0.086 + np.sin(polar) * 0.0235)[:, None]
    mesh.add(
        sweep(
            head,
            np.maximum(np.cos(polar), 0.02) * 0.0235,
            np.maximum(np.cos(polar), 0.02) * 0.0235,
            up=up,
            sides=12,
            slot="prop_grille",
            weights=share,
        )
    )
