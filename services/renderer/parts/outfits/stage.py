"""What an idol wears on stage."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import leg_tube, shell, torso_ring, torso_weights
from services.renderer.parts.garments import (
    belt,
    boot,
    coat_tails,
    hips_shell,
    pleated_skirt,
    shirt,
    stage_jacket,
    stage_sleeve,
)
from services.renderer.parts.mesh import Mesh, curve, sweep
from services.renderer.parts.tailoring import (
    WRIST_M,
    bare_arm,
    bare_torso,
    from_ring,
    panel,
    pump,
    ribbon,
    robe,
    sash,
    side_stripe,
    sleeve,
    trousers,
)


def stage_skirt(mesh: Mesh, left: Mesh) -> None:
    """A cropped jacket with lapels and epaulettes, a shirt with a bow, two pleated skirts, long socks, boots."""
    left.extend(stage_sleeve(WRIST_M, 0.004))
    shirt(mesh, 0.945)
    stage_jacket(mesh, 1.035, 0.019)
    mesh.add(hips_shell("dark"))
    pleated_skirt(mesh, 0.925, 0.655, 0.098, 18, ("accent_dark", "accent_dark", "outfit_trim"), lift=-0.004)
    pleated_skirt(mesh, 0.930, 0.700, 0.092, 18, ("outfit", "outfit", "outfit_trim"), lift=0.006, lined=False)
    belt(mesh, 0.930, 0.009)
    left.add(leg_tube(0.86, 0.46, 12, "skin"))
    left.add(leg_tube(0.585, 0.26, 9, lambda ring: "outfit_trim" if ring == 0 else "dark", 0.0030))
    left.extend(boot(0.350, 0.006))


def stage_trousers(mesh: Mesh, left: Mesh) -> None:
    """The same jacket, tapered trousers with a stripe, a second slung belt, boots."""
    left.extend(stage_sleeve(WRIST_M, 0.004))
    shirt(mesh, 0.945)
    trousers(mesh, left, [(0, 0.008), (1, 0.0125)], bottom=0.185)
    side_stripe(left, 0.0115, 0.83, 0.20)
    left.extend(boot(0.235, 0.006))
    stage_jacket(mesh, 1.000, 0.019)
    belt(mesh, 0.940, 0.010)
    # A second, slung belt.
    turn = np.linspace(0, 2 * np.pi, 25)
    ring = torso_ring(0.885 - 0.022 * np.cos(turn), turn, 0.016)
    mesh.add(
        sweep(
            ring, 0.0085, 0.0030, up=ring - np.array([0, 0.885, -0.004]), sides=6, exponent=4.0, slot="outfit_trim",
            weights=torso_weights, outline=0.5,
        )
    )  # fmt: skip


def stage_coat(mesh: Mesh, left: Mesh) -> None:
    """A long coat, slim trousers, boots."""
    left.extend(stage_sleeve(WRIST_M, 0.0))
    shirt(mesh, 0.945)
    trousers(mesh, left, [(0, 0.005), (1, 0.005)], bottom=0.185, slot="dark")
    left.extend(boot(0.235, 0.006))
    stage_jacket(mesh, 0.995, 0.014)
    belt(mesh, 0.975, 0.018)
    coat_tails(mesh)


def idol_dress(mesh: Mesh, left: Mesh) -> None:
    """A dress with puff sleeves, a ruffled three-tier skirt, bows in front and behind, over-knee socks."""
    left.add(bare_arm())
    left.extend(
        sleeve(
            0.125,
            [(0, 0.040), (0.45, 0.066), (0.75, 0.064), (0.93, 0.044), (1, 0.046)],
            slot="white",
            cuff="outfit_trim",
        )
    )
    cuff = sleeve(WRIST_M, [(0, 0.02), (0.86, 0.0215), (0.93, 0.0265), (1, 0.030)], slot="white", cuff="outfit_trim")
    from_ring(cuff.patches[0], 11)
    left.extend(cuff)
    mesh.add(bare_torso(1.185))
    y = np.concatenate([np.linspace(0.905, 1.175, 10), [1.188, 1.190]])
    grow = np.concatenate([np.full(10, 0.0045), [0.006, 0.003]])
    mesh.add(shell(y, grow, slot=lambda r, k: "outfit_trim" if r >= 9 else "outfit", sides=28))
    for turn in (np.pi / 2 - 0.48, np.pi / 2 + 0.48):
        mesh.add(
            panel(
                [(turn, 0.925), (turn * 0.96 + 0.04 * np.pi / 2, 1.180)],
                0.0062,
                slot="outfit_trim",
                rows=6,
                columns=2,
                wide=0.05,
            )
        )
    for sign in (1.0, -1.0):  # straps
        strap = curve(
            [
                (sign * 0.055, 1.185, 0.082),
                (sign * 0.066, 1.232, 0.030),
                (sign * 0.066, 1.222, -0.045),
                (sign * 0.052, 1.170, -0.082),
            ],
            10,
        )
        mesh.add(
            sweep(strap, 0.011, 0.0024, up=(0, 1.0, 0.4), sides=5, slot="outfit", weights=torso_weights, outline=0.5)
        )
    ribbon(mesh, np.array([0.0, 1.165, 0.092]), 1.25, tail=0.10)
    mesh.add(hips_shell("white"))
    pleated_skirt(mesh, 0.925, 0.640, 0.125, 16, ("white", "white", "outfit_trim"), lift=-0.003)
    mesh.extend(
        robe(
            [0.715, 0.75, 0.80, 0.86, 0.905, 0.925],
            [0.122, 0.112, 0.094, 0.062, 0.030, 0.012],
            slot=lambda r, k: "outfit_trim" if r == 0 else "outfit",
            columns=48,
            waves=12,
            depth=0.008,
            lining="",
        )
    )
    sash(mesh, 0.930, 0.018, 0.012, "accent")
    back = Mesh()
    ribbon(back, np.array([0.0, 0.935, 0.098]), 1.7, tail=0.20)
    for patch in back.patches:
        patch.positions = patch.positions * np.array([-1.0, 1.0, -1.0])
        patch.weights = [{"hips": 1.0}] * len(patch.positions)
    mesh.extend(back)
    left.add(leg_tube(0.86, 0.50, 9, "skin"))
    left.add(leg_tube(0.560, 0.062, 14, lambda ring: "outfit_trim" if ring == 0 else "white", 0.0028))
    left.extend(pump(True, "outfit"))
