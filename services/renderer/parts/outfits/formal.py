"""What is worn to be elegant."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import leg_tube, shell, torso_ring, torso_weights
from services.renderer.parts.garments import star
from services.renderer.parts.head import neck_weights
from services.renderer.parts.mesh import Mesh, ball, curve, interpolate, sheet, sweep
from services.renderer.parts.tailoring import (
    WRIST_M,
    bare_arm,
    bare_torso,
    buttons,
    foot,
    from_ring,
    inside_out,
    open_front,
    pump,
    robe,
    sash,
    sleeve,
    sole,
    trousers,
)


def sharp_suit(mesh: Mesh, left: Mesh) -> None:
    """A tailored suit: jacket with notched lapels, shirt, tie, pocket square, pressed trousers, leather shoes."""
    left.extend(sleeve(WRIST_M - 0.010, [(0, 0.041), (0.2, 0.047), (0.45, 0.043), (0.75, 0.038), (1, 0.0345)]))
    left.extend(_shirt_cuff())
    y = np.concatenate([np.linspace(0.945, 1.20, 8), [1.228, 1.243, 1.252]])
    mesh.add(shell(y, 0.002, slot="white", sides=26))
    stand = np.array([[0, 1.240, -0.018], [0, 1.262, -0.015], [0, 1.276, -0.013]])
    mesh.add(sweep(stand, [0.054, 0.049, 0.050], [0.048, 0.046, 0.047], slot="white", sides=16, weights=neck_weights))
    for sign in (1.0, -1.0):  # collar points
        leaf = np.array(
            [
                [(sign * 0.004, 1.264, 0.044), (sign * 0.030, 1.272, 0.030)],
                [(sign * 0.020, 1.234, 0.062), (sign * 0.038, 1.250, 0.040)],
            ]
        )
        mesh.add(sheet(leaf, slot="white", weights=lambda _t, _p: {"chest": 0.8, "neck": 0.2}, flip=sign > 0))
    tie = curve([(0, 1.252, 0.052), (0, 1.225, 0.070), (0, 1.150, 0.1005), (0, 1.060, 0.0925), (0, 0.985, 0.0830)], 10)
    width = interpolate(
        np.linspace(0, 1, 10), [0, 0.08, 0.14, 0.85, 0.95, 1], [0.011, 0.012, 0.0085, 0.020, 0.019, 0.001]
    )
    mesh.add(
        sweep(
            tie,
            width,
            0.0032,
            up=(0, 0.2, 1.0),
            sides=6,
            slot="outfit_trim",
            weights=torso_weights,
            outline=0.6,
            caps=(True, True),
        )
    )
    heights = np.concatenate([np.linspace(0.800, 1.005, 7), np.linspace(1.040, 1.205, 6), [1.232, 1.246]])
    grow = interpolate(heights, [0.80, 0.93, 1.0, 1.1, 1.2, 1.246], [0.026, 0.022, 0.014, 0.013, 0.012, 0.009])
    opening = interpolate(
        heights, [0.80, 0.93, 0.995, 1.01, 1.10, 1.20, 1.246], [0.50, 0.14, 0.04, 0.06, 0.52, 0.78, 0.86]
    )
    mesh.add(open_front(heights, grow, opening, slot="outfit", columns=34))
    lining = open_front(heights[:-2], grow[:-2] - 0.0022, opening[:-2], slot="lining", columns=24)
    inside_out(lining)
    mesh.add(lining)
    for sign in (1.0, -1.0):
        rows = []
        for f in np.linspace(0, 1, 8):
            height = 1.236 - f * 0.215
            inner = float(interpolate(height, [0.995, 1.01, 1.10, 1.20, 1.246], [0.04, 0.06, 0.52, 0.78, 0.86])) / 2
            notch = 0.36 if 0.20 < f < 0.30 else 1.0
            outer = inner + (0.06 + 0.40 * np.sin(np.pi * min(1.0, (1 - f) * 0.92)) ** 0.8) * notch
            rows.append(
                torso_ring(
                    height,
                    np.pi / 2 - sign * np.linspace(inner, outer, 4),
                    0.0165 + 0.002 * np.sin(np.linspace(0, np.pi, 4)),
                )
            )
        mesh.add(sheet(np.array(rows), slot="lapel", weights=torso_weights, flip=sign > 0))
    buttons(mesh, (0.998, 0.962), 0.0225, slot="outfit_trim")
    square = torso_ring(1.135, np.pi / 2 - 0.70, 0.0155)
    mesh.add(ball(square, (0.014, 0.009, 0.003), slot="white", sides=6, rings=4, weights={"chest": 1.0}, outline=0.5))
    trousers(mesh, left, [(0, 0.006), (0.5, 0.011), (1, 0.019)], bottom=0.060)
    left.add(foot("boots", grow=0.004, lift=0.002))
    left.add(sole(0.014, slot="dark", grow=0.005))


def _shirt_cuff() -> Mesh:
    """White cuffs that look out of a jacket's sleeves."""
    cuff = Mesh()
    full = sleeve(WRIST_M + 0.006, [(0, 0.02), (0.9, 0.028), (1, 0.0295)], slot="white", inside="white").patches[0]
    from_ring(full, 11)
    cuff.add(full)
    return cuff


def gown(mesh: Mesh, left: Mesh) -> None:
    """A floor-length gown with a fitted bodice, shoulder straps, a flowing skirt and long gloves."""
    left.add(bare_arm())
    glove = sleeve(
        WRIST_M + 0.012,
        [(0, 0.02), (0.48, 0.0360), (0.6, 0.0330), (0.75, 0.0300), (0.95, 0.0235), (1, 0.0225)],
        slot="accent_dark",
    ).patches[0]
    from_ring(glove, 6)
    left.add(glove)
    mesh.add(bare_torso(1.15))
    y = np.concatenate([np.linspace(0.88, 1.15, 10), [1.178, 1.190, 1.192]])
    mesh.add(
        shell(
            y, [0.005] * 10 + [0.006, 0.007, 0.003], slot=lambda r, k: "outfit_trim" if r >= 10 else "outfit", sides=30
        )
    )
    for sign in (1.0, -1.0):
        strap = curve(
            [
                (sign * 0.060, 1.188, 0.078),
                (sign * 0.074, 1.232, 0.020),
                (sign * 0.072, 1.222, -0.050),
                (sign * 0.056, 1.176, -0.082),
            ],
            9,
        )
        mesh.add(
            sweep(
                strap, 0.007, 0.0024, up=(0, 1.0, 0.4), sides=5, slot="outfit_trim", weights=torso_weights, outline=0.5
            )
        )
    mesh.extend(
        robe(
            [0.020, 0.045, 0.14, 0.28, 0.44, 0.60, 0.74, 0.84, 0.90, 0.945],
            [0.235, 0.230, 0.205, 0.165, 0.122, 0.082, 0.050, 0.030, 0.016, 0.009],
            slot=lambda r, k: "outfit_trim" if r == 0 else "outfit",
            columns=56,
            waves=11,
            depth=0.024,
            loose=0.55,
        )
    )
    mesh.extend(
        robe(
            [0.30, 0.36, 0.50, 0.66, 0.80, 0.90, 0.948],
            [0.185, 0.168, 0.125, 0.082, 0.048, 0.024, 0.0125],
            slot=lambda r, k: "outfit_trim" if r == 0 or k in {0, 38} else "accent_dark",
            columns=40,
            waves=8,
            depth=0.012,
            opening=1.5,
            lining="",
            loose=0.6,
        )
    )
    sash(mesh, 0.945, 0.014, 0.016, "outfit_trim")
    at = torso_ring(0.945, np.pi / 2, 0.018)
    mesh.add(star(at, 0.018, np.array([0, 0, 1.0]), "metal", {"hips": 0.4, "spine": 0.6}, 0.003))
    left.add(leg_tube(0.30, 0.062, 6, "skin"))
    left.extend(pump(True, "outfit_trim"))
