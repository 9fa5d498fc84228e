"""Skeleton, torso and limbs: tubes along bones, each vertex shared between the joints it lies between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.mesh import Array, Mesh, Patch, Weights, interpolate, sheet, sweep, unit

DOWN = np.array([np.cos(np.pi / 4), -np.sin(np.pi / 4), 0.0])
SHOULDER, UPPER_M, FORE_M, HAND_M = np.array([0.120, 1.220, -0.014]), 0.234, 0.214, 0.082
ELBOW = SHOULDER + DOWN * UPPER_M
WRIST = ELBOW + DOWN * FORE_M
KNUCKLE = WRIST + DOWN * HAND_M


BACK = np.array([np.sin(np.pi / 4), np.cos(np.pi / 4), 0.0])
"""Out of the back of the left hand."""


def _finger(z: float, down_m: float, length: float) -> tuple[Array, Array, float]:
    return KNUCKLE + np.array([0.0, 0.0, z]) - DOWN * down_m, unit(DOWN + np.array([0, 0, z * 3.0])), length


FINGERS: dict[str, tuple[Array, Array, float]] = {
    "index": _finger(0.0225, 0.004, 0.066),
    "middle": _finger(0.0075, 0.001, 0.074),
    "ring": _finger(-0.0075, 0.003, 0.069),
    "little": _finger(-0.0215, 0.009, 0.054),
    "thumb": (
        WRIST + DOWN * 0.020 + np.array([0, 0, 0.016]),
        unit(DOWN * 0.75 + np.array([0, 0, 0.62]) - BACK * 0.25),
        0.066,
    ),
}
"""Of the left hand: where each finger begins, where it points and how long it is, metres."""


def at_point(point: Array) -> tuple[float, float, float]:
    """A point as a tuple, to a hundredth of a millimetre."""
    return (round(float(point[0]), 5), round(float(point[1]), 5), round(float(point[2]), 5))


def _side(sign: float, name: str) -> list[tuple[str, str, tuple[float, float, float]]]:
    flip = np.array([sign, 1.0, 1.0])
    joints = [
        ("clavicle", "chest", np.array([0.030, 1.225, -0.012])),
        ("upper_arm", "clavicle", SHOULDER),
        ("forearm", "upper_arm", ELBOW),
        ("hand", "forearm", WRIST),
        *(
            joint
            for finger, (base, _way, length) in FINGERS.items()
            for joint in (
                (finger, "hand", base),
                (f"{finger}_tips", finger, base + _way * length * 0.5),
            )
        ),
        ("thigh", "hips", np.array([0.076, 0.835, 0.0])),
        ("shin", "thigh", np.array([0.082, 0.460, 0.008])),
        ("foot", "shin", np.array([0.086, 0.085, -0.012])),
        ("toes", "foot", np.array([0.088, 0.022, 0.085])),
    ]
    return [(f"{j}_{name}", p if p in {"chest", "hips"} else f"{p}_{name}", at_point(x * flip)) for j, p, x in joints]


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


def limb_weights(joints: list[tuple[str, float]], soft: float) -> Callable[[float, Array], Weights]:
    """Weights along a limb: joint i rules from its start on, metres from the root, blended over `soft` metres."""

    def at(distance: float) -> Weights:
        shares = [float(np.clip((distance - start + soft) / (2 * soft), 0, 1)) for _, start in joints]
        shares[0] = 1.0
        return {
            name: shares[i] - (shares[i + 1] if i + 1 < len(joints) else 0.0) + (1e-9 if i == 0 else 0)
            for i, (name, _) in enumerate(joints)
        }

    return lambda _t, p: at(float((p - SHOULDER) @ DOWN))


ARM = limb_weights(
    [("clavicle_l", -1.0), ("upper_arm_l", -0.005), ("forearm_l", UPPER_M), ("hand_l", UPPER_M + FORE_M)], 0.030
)


def leg_weights(_t: float, p: Array) -> Weights:
    """Hip to knee to ankle to toes of the left leg, by height."""
    y = float(p[1])
    hip = float(np.clip((0.86 - y) / 0.09, 0, 1))
    knee = float(np.clip((0.50 - y) / 0.08, 0, 1))
    ankle = float(np.clip((0.115 - y) / 0.05, 0, 1))
    toe = float(np.clip((p[2] - 0.065) / 0.04, 0, 1)) * ankle
    return {"hips": 1 - hip + 1e-9, "thigh_l": hip - knee, "shin_l": knee - ankle, "foot_l": ankle - toe, "toes_l": toe}


def torso_weights(_t: float, p: Array) -> Weights:
    """Hips to chest by height, and clavicles towards the shoulders."""
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


def shell(
    y: ArrayLike,
    grow: ArrayLike,
    *,
    slot: str | Callable[[int, int], str],
    sides: int = 28,
    opening: float = 0.0,
    shade: ArrayLike = 1.0,
    weights: Callable[[float, Array], Weights] = torso_weights,
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


def arm_path(start_m: float, end_m: float, count: int) -> Array:
    """Points down the left arm between two distances from the shoulder, metres."""
    return SHOULDER + DOWN * np.linspace(start_m, end_m, count)[:, None]


LEG_Y = [0.060, 0.110, 0.180, 0.270, 0.340, 0.400, 0.460, 0.520, 0.620, 0.730, 0.800, 0.850]
LEG_RADIUS = [0.030, 0.031, 0.038, 0.0500, 0.0520, 0.0475, 0.0455, 0.0500, 0.0610, 0.0735, 0.0800, 0.0830]


def leg_centre(y: Array) -> Array:
    """The middle of the left leg at heights `y`, (n, 3)."""
    return np.stack(
        [
            interpolate(y, [0.0, 0.085, 0.46, 0.84], [0.088, 0.086, 0.082, 0.070]),
            y,
            interpolate(y, [0.0, 0.10, 0.28, 0.46, 0.65, 0.85], [-0.018, -0.018, -0.014, 0.006, 0.006, -0.006]),
        ],
        axis=-1,
    )


def leg_tube(
    top: float, bottom: float, count: int, slot: str | Callable[[int], str], grow: ArrayLike = 0.0, **more: object
) -> Patch:
    """The left leg or what covers it, `grow` metres thicker, from `top` down to `bottom`."""
    y = np.linspace(top, bottom, count)
    radius = interpolate(y, LEG_Y, LEG_RADIUS) + np.broadcast_to(np.asarray(grow, dtype=np.float64), y.shape)
    return sweep(leg_centre(y), radius, radius * 1.04, up=(0, 0, 1.0), sides=16, slot=slot, weights=leg_weights, **more)  # type: ignore[arg-type]


def both_sides(mesh: Mesh, left: Mesh) -> None:
    """Add what is on the left, and its mirror image."""
    mesh.extend(left)
    mesh.extend(left.mirrored())


def skirt_weights(p: Array) -> Weights:
    """Of what hangs round the hips: it goes with the thighs below them."""
    y = float(p[1])
    low = float(np.clip((0.885 - y) / 0.24, 0, 1)) * 0.62
    left = float(np.clip(p[0] / 0.12 * 0.5 + 0.5, 0, 1))
    return {"hips": 1 - low + 1e-9, "thigh_l": low * left, "thigh_r": low * (1 - left)}
