"""Hands with five fingers, and what a hand may hold."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import (
    BACK,
    DOWN,
    FINGERS,
    FORE_M,
    HAND_M,
    UPPER_M,
    WRIST,
    arm_path,
    limb_weights,
)
from services.renderer.parts.mesh import Array, Mesh, Patch, Weights, interpolate, sweep, unit


def hand() -> Mesh:
    """The left hand: palm with the ball of the thumb, four fingers, thumb."""
    mesh = Mesh()
    wrist = limb_weights([("forearm_l", -1.0), ("hand_l", UPPER_M + FORE_M)], 0.018)
    t = np.linspace(0, 1, 7)
    mesh.add(
        sweep(
            arm_path(UPPER_M + FORE_M - 0.02, UPPER_M + FORE_M + HAND_M + 0.004, 7),
            interpolate(t, [0, 0.22, 0.5, 0.8, 0.9, 1], [0.0200, 0.0205, 0.0285, 0.0315, 0.0300, 0.0250]),
            interpolate(t, [0, 0.22, 0.5, 0.8, 0.9, 1], [0.0165, 0.0150, 0.0150, 0.0125, 0.0105, 0.0055]),
            up=BACK,
            sides=12,
            exponent=2.5,
            slot="skin",
            weights=wrist,
            caps=(False, True),
        )
    )
    for finger, (base, way, length) in FINGERS.items():
        mesh.add(_one_finger(finger, base, way, length))
    return mesh


def _one_finger(finger: str, base: Array, way: Array, length: float) -> Patch:
    """A finger of the left hand with two joints; it begins inside the palm."""
    thumb = finger == "thumb"
    rings = 7
    t = np.linspace(0, 1, rings)
    begin = -0.004 if thumb else -0.010
    bow = 0.0 if thumb else 0.006
    path = base + way * (begin + (length - begin) * t)[:, None] - BACK * (t**2 * bow)[:, None]
    size = 1.22 if thumb else {"index": 1.0, "middle": 1.05, "ring": 1.0, "little": 0.88}[finger]
    thick = size * interpolate(t, [0, 0.3, 0.52, 0.62, 0.88, 1], [0.0086, 0.0082, 0.0080, 0.0076, 0.0062, 0.0022])

    def bend(_t: float, p: Array) -> Weights:
        out = float((p - base) @ way)
        first = float(np.clip((out + 0.006) / 0.012, 0, 1))
        second = float(np.clip((out - length * 0.5 + 0.007) / 0.014, 0, 1))
        return {"hand_l": 1 - first + 1e-9, f"{finger}_l": first - second, f"{finger}_tips_l": second}

    return sweep(path, thick, thick, up=BACK, sides=7, slot="skin", weights=bend, caps=(False, True), outline=0.8)


def microphone(mesh: Mesh) -> None:
    """A hand microphone in the right fist; the stage hides it unless the staging asks for one."""
    palm = (WRIST + DOWN * 0.062) * np.array([-1, 1, 1])
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
