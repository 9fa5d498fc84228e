"""What is worn in many places of the world, long or covering."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import leg_tube, shell, torso_ring, torso_weights
from services.renderer.parts.garments import hips_shell
from services.renderer.parts.head import neck_weights
from services.renderer.parts.mesh import Mesh, curve, interpolate, sheet, sweep
from services.renderer.parts.tailoring import (
    WRIST_M,
    bare_arm,
    bare_torso,
    buttons,
    open_front,
    panel,
    pump,
    robe,
    robe_weights,
    sandal,
    sash,
    sleeve,
    trousers,
)


def hanbok_modern(mesh: Mesh, left: Mesh) -> None:
    """A short jeogori with curved sleeves and a ribbon, a high full chima with a border."""
    left.extend(
        sleeve(
            WRIST_M - 0.004,
            [(0, 0.046), (0.25, 0.054), (0.55, 0.056), (0.85, 0.052), (1, 0.040)],
            cuff="white",
            drop=0.030,
            inside="white",
        )
    )
    y = np.concatenate([np.linspace(1.075, 1.20, 6), [1.226, 1.242, 1.250]])
    grow = np.concatenate([np.linspace(0.020, 0.012, 6), [0.010, 0.008, 0.006]])
    mesh.add(
        open_front(
            y, grow, interpolate(y, [1.07, 1.16, 1.25], [0.02, 0.10, 0.62]), slot="outfit", columns=32, hem="outfit"
        )
    )
    mesh.add(shell(np.concatenate([np.linspace(1.06, 1.20, 5), [1.228, 1.246]]), 0.003, slot="white", sides=24))
    for sign in (1.0, -1.0):  # the white collar crosses over
        rows = [
            torso_ring(h, np.pi / 2 - sign * np.array([a, a + 0.17]), 0.0155)
            for h, a in ((1.246, 0.30), (1.215, 0.20), (1.180, 0.08), (1.150, -0.02), (1.125, -0.10))
        ]
        mesh.add(
            sheet(
                np.array(rows) + np.array([0, 0, 0.001 * (sign > 0)]),
                slot="white" if sign > 0 else "outfit_trim",
                weights=torso_weights,
                flip=sign > 0,
            )
        )
    bow = np.array([0.022, 1.128, 0.116])
    for dx, length, slot in ((0.006, 0.330, "accent"), (-0.010, 0.270, "accent_dark")):
        tail = curve([bow, bow + (dx, -length * 0.4, 0.014), bow + (dx * 2.5, -length, 0.038)], 8)
        mesh.add(
            sweep(
                tail,
                interpolate(np.linspace(0, 1, 8), [0, 0.3, 1], [0.007, 0.013, 0.016]),
                0.0022,
                up=(0, 0.2, 1.0),
                sides=5,
                slot=slot,
                weights=lambda _t, _p: {"chest": 1.0},
                caps=(True, True),
                sway=np.linspace(0, 0.7, 8),
            )
        )
    loop = curve([bow, bow + (0.030, 0.016, 0.008), bow + (0.058, 0.004, 0.002)], 6)
    mesh.add(
        sweep(
            loop,
            [0.006, 0.012, 0.015, 0.016, 0.013, 0.008],
            0.005,
            up=(0, 0, 1.0),
            sides=6,
            slot="accent",
            weights=lambda _t, _p: {"chest": 1.0},
            caps=(True, True),
        )
    )
    mesh.extend(
        robe(
            [0.140, 0.165, 0.24, 0.36, 0.50, 0.66, 0.80, 0.92, 1.02, 1.075],
            [0.205, 0.202, 0.192, 0.170, 0.140, 0.105, 0.072, 0.052, 0.026, 0.010],
            slot=lambda r, k: "outfit_trim" if r == 0 else "accent_dark",
            columns=52,
            waves=13,
            depth=0.017,
            loose=0.5,
        )
    )
    mesh.add(hips_shell("white"))
    left.add(leg_tube(0.50, 0.062, 10, "white", 0.003))
    left.extend(pump(False, "outfit"))


def draped_sari(mesh: Mesh, left: Mesh) -> None:
    """A blouse, a skirt of drapes with a pleated front, and the pallu over the left shoulder, bordered."""
    left.add(bare_arm())
    left.extend(sleeve(0.115, [(0, 0.041), (0.4, 0.0475), (1, 0.0425)], slot="accent_dark", cuff="outfit_trim"))
    _sari_blouse(mesh)
    mesh.extend(
        robe(
            [0.060, 0.085, 0.18, 0.32, 0.48, 0.64, 0.78, 0.86, 0.92, 0.955],
            [0.085, 0.084, 0.078, 0.068, 0.058, 0.046, 0.032, 0.024, 0.014, 0.007],
            slot=lambda r, k: "outfit_trim" if r == 0 else "outfit",
            columns=44,
            waves=5,
            depth=0.005,
            loose=0.35,
        )
    )
    _knife_pleats(mesh, pleats=9)
    _pallu(mesh)
    left.add(leg_tube(0.30, 0.062, 7, "skin"))
    left.extend(sandal())


def _sari_blouse(mesh: Mesh) -> None:
    """A short blouse on straps that cross the shoulders, over a bare waist."""
    mesh.add(bare_torso(0.93))
    y = np.concatenate([np.linspace(1.045, 1.185, 7), [1.205, 1.212]])
    mesh.add(
        shell(
            y, [0.004] * 7 + [0.005, 0.003], slot=lambda r, k: "outfit_trim" if r in {0, 7} else "accent_dark", sides=28
        )
    )
    for sign in (1.0, -1.0):
        strap = curve(
            [
                (sign * 0.062, 1.195, 0.066),
                (sign * 0.078, 1.226, 0.020),
                (sign * 0.076, 1.218, -0.050),
                (sign * 0.060, 1.180, -0.080),
            ],
            9,
        )
        mesh.add(
            sweep(
                strap, 0.022, 0.003, up=(0, 1.0, 0.3), sides=6, slot="accent_dark", weights=torso_weights, outline=0.5
            )
        )


def _knife_pleats(mesh: Mesh, *, pleats: int) -> None:
    """Knife pleats gathered in front of the skirt, wider towards the floor."""
    turn = np.linspace(np.pi / 2 - 0.30, np.pi / 2 + 0.30, pleats * 2 + 1)
    tooth = np.where(np.arange(pleats * 2 + 1) % 2 == 0, 0.004, 0.013)
    rows = []
    for height, out, fan in zip(
        [0.058, 0.085, 0.30, 0.55, 0.78, 0.90, 0.948],
        [0.094, 0.093, 0.078, 0.060, 0.038, 0.022, 0.012],
        [1.5, 1.5, 1.3, 1.1, 0.9, 0.75, 0.65],
        strict=True,
    ):
        ring = torso_ring(max(height, 0.82), np.pi / 2 + (turn - np.pi / 2) * fan, out + tooth)
        ring[:, 1] = height
        rows.append(ring)
    mesh.add(
        sheet(
            np.array(rows),
            slot=lambda r, k: "outfit_trim" if r == 0 else "outfit",
            flip=True,
            weights=robe_weights,
            sway=np.linspace(0.35, 0, 7)[:, None] * np.ones(pleats * 2 + 1),
            shade=np.where(np.arange(pleats * 2 + 1) % 2 == 0, 0.55, 1.0)[None] * np.ones((7, 1)),
        )
    )


def _pallu(mesh: Mesh) -> None:
    """The free end: from the right hip across the breast, over the left shoulder and down the back."""
    across = [(np.pi + 0.25, 0.940), (np.pi / 2 + 0.55, 1.045), (np.pi / 2 - 0.05, 1.130), (np.pi / 2 - 0.52, 1.205)]
    mesh.add(
        panel(
            across,
            [0.012, 0.016, 0.018, 0.019, 0.019, 0.019, 0.020, 0.022, 0.024],
            slot=lambda r, k: "outfit_trim" if k in {0, 6} else "outfit",
            rows=9,
            columns=8,
            wide=np.linspace(0.42, 0.85, 9),
            swap=True,
        )
    )
    over = curve(
        [
            (0.070, 1.205, 0.075),
            (0.094, 1.252, 0.020),
            (0.092, 1.246, -0.050),
            (0.088, 1.150, -0.124),
            (0.090, 0.960, -0.150),
            (0.098, 0.700, -0.185),
            (0.104, 0.520, -0.205),
        ],
        18,
    )
    t = np.linspace(0, 1, 18)
    width = interpolate(t, [0, 0.2, 0.45, 1], [0.040, 0.040, 0.058, 0.098])
    side = np.stack([np.ones(18), np.zeros(18), -0.15 * np.ones(18)], axis=1)
    grid = (
        over[:, None]
        + width[:, None, None] * side[:, None] * np.linspace(1, -1, 7)[None, :, None]
        + np.array([0, 0, 1.0]) * (0.006 * np.cos(np.linspace(0, 5 * np.pi, 7)))[None, :, None] * t[:, None, None]
    )
    grid[..., 1] -= 0.20 * np.clip(np.abs(grid[..., 0] - 0.090) - 0.03, 0, 1) * np.clip(1 - t * 4, 0, 1)[:, None]
    cloth = lambda r, k: "outfit_trim" if k in {0, 5} or r >= 16 else "outfit"
    sway = np.clip((t - 0.35) / 0.65, 0, 1)[:, None] ** 1.3 * 0.8 * np.ones(7)
    hold = lambda _t, p: {"chest": 1.0}
    mesh.add(sheet(grid, slot=cloth, weights=hold, sway=sway))
    mesh.add(sheet(grid, slot=cloth, weights=hold, sway=sway, flip=True, outline=0.0, shade=0.7))


def kaftan(mesh: Mesh, left: Mesh) -> None:
    """A long wide robe with an embroidered placket and hems, over narrow trousers."""
    left.extend(
        sleeve(
            WRIST_M - 0.015,
            [(0, 0.046), (0.25, 0.056), (0.6, 0.060), (1, 0.066)],
            cuff="outfit_trim",
            drop=0.060,
            inside="lining",
        )
    )
    y = [0.105, 0.130, 0.22, 0.36, 0.52, 0.68, 0.82, 0.92, 1.00, 1.08, 1.15, 1.20, 1.228, 1.243, 1.251]
    grow = [0.125, 0.124, 0.116, 0.102, 0.088, 0.074, 0.058, 0.050, 0.042, 0.030, 0.020, 0.014, 0.011, 0.009, 0.006]
    mesh.extend(
        robe(
            y,
            grow,
            slot=lambda r, k: "outfit_trim" if r in {0, 13} else "outfit",
            columns=44,
            waves=7,
            depth=0.019,
            loose=0.45,
        )
    )
    mesh.add(
        panel(
            [(np.pi / 2, 1.246), (np.pi / 2, 1.150), (np.pi / 2, 1.000)],
            [0.0105, 0.017, 0.024, 0.031, 0.040, 0.046],
            slot=lambda r, k: "outfit_trim" if k != 1 else "accent",
            rows=6,
            columns=4,
            wide=np.linspace(0.42, 0.20, 6),
        )
    )
    buttons(mesh, (1.205, 1.165, 1.125, 1.085), 0.034, slot="metal")
    left.add(leg_tube(0.40, 0.075, 8, "lining", 0.008))
    left.extend(sandal())


def modest_tunic(mesh: Mesh, left: Mesh) -> None:
    """A long-sleeved tunic to the knee with a sash, wide trousers, a high collar."""
    left.extend(
        sleeve(
            WRIST_M + 0.004, [(0, 0.044), (0.22, 0.050), (0.5, 0.047), (0.85, 0.048), (1, 0.050)], cuff="outfit_trim"
        )
    )
    y = [0.480, 0.505, 0.58, 0.68, 0.78, 0.86, 0.925, 0.97, 1.04, 1.11, 1.17, 1.205, 1.228, 1.243, 1.252]
    grow = [0.092, 0.091, 0.082, 0.068, 0.052, 0.036, 0.020, 0.014, 0.014, 0.014, 0.013, 0.012, 0.010, 0.008, 0.006]
    mesh.extend(
        robe(
            y,
            grow,
            slot=lambda r, k: "outfit_trim" if r == 0 else "outfit",
            columns=44,
            waves=8,
            depth=0.010,
            loose=0.6,
        )
    )
    stand = np.array([[0, 1.240, -0.018], [0, 1.262, -0.015], [0, 1.280, -0.013]])
    mesh.add(
        sweep(stand, [0.056, 0.049, 0.048], [0.050, 0.046, 0.045], slot="outfit_trim", sides=16, weights=neck_weights)
    )
    mesh.add(panel([(np.pi / 2, 1.240), (np.pi / 2, 0.975)], 0.0165, slot="outfit_trim", rows=7, columns=3, wide=0.16))
    buttons(mesh, (1.205, 1.160, 1.115, 1.070, 1.025), 0.0195, slot="metal")
    sash(mesh, 0.945, 0.022, 0.026, "accent")
    trousers(mesh, left, [(0, 0.010), (0.5, 0.030), (1, 0.048)], bottom=0.085, slot="lapel", hem="outfit_trim")
    left.extend(pump(False, "boots"))
