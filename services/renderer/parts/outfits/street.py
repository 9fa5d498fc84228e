"""What is worn in the street and at sport."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import leg_tube, shell, torso_ring, torso_weights
from services.renderer.parts.garments import belt, boot, hips_shell, star
from services.renderer.parts.mesh import Mesh, ball, curve, interpolate, sheet, sweep
from services.renderer.parts.tailoring import (
    WRIST_M,
    bare_arm,
    bare_torso,
    buttons,
    from_ring,
    hood,
    inside_out,
    open_front,
    panel,
    robe,
    sash,
    side_stripe,
    sleeve,
    sneaker,
    sock,
    trousers,
)


def street_hoodie(mesh: Mesh, left: Mesh) -> None:
    """A wide hoodie with a pocket and drawstrings, cuffed joggers, sneakers."""
    left.extend(
        sleeve(
            WRIST_M,
            [(0, 0.046), (0.22, 0.056), (0.45, 0.054), (0.75, 0.050), (0.90, 0.049), (0.96, 0.034), (1, 0.030)],
            cuff="outfit_trim",
        )
    )
    y = [0.852, 0.868, 0.885, 0.93, 0.98, 1.04, 1.10, 1.15, 1.195, 1.225, 1.243]
    grow = [0.020, 0.024, 0.036, 0.040, 0.040, 0.036, 0.030, 0.024, 0.016, 0.012, 0.010]
    mesh.add(shell(y, grow, slot=lambda r, k: "outfit_trim" if r < 1 else "outfit", sides=30))
    mesh.extend(hood())
    mesh.add(
        panel(
            [(np.pi / 2, 1.010), (np.pi / 2, 0.915)],
            0.0445,
            slot="lapel",
            rows=5,
            columns=9,
            wide=np.array([0.95, 1.05, 1.3, 1.45, 1.45]),
        )
    )
    for sign in (1.0, -1.0):
        cord = curve([(sign * 0.028, 1.232, 0.062), (sign * 0.031, 1.190, 0.108), (sign * 0.030, 1.135, 0.126)], 8)
        mesh.add(
            sweep(
                cord,
                0.0026,
                0.0026,
                sides=5,
                slot="white",
                weights=lambda _t, _p: {"chest": 1.0},
                outline=0.4,
                sway=np.linspace(0, 0.35, 8),
            )
        )
        mesh.add(
            ball(cord[-1], 0.0040, slot="outfit_trim", sides=6, rings=4, weights={"chest": 1.0}, outline=0.4, sway=0.35)
        )
    at = torso_ring(1.115, np.pi / 2, 0.034)
    mesh.add(star(at + (0, 0, 0.002), 0.026, np.array([0, 0.05, 1.0]), "outfit_trim", {"chest": 1.0}, 0.003))
    trousers(
        mesh,
        left,
        [(0, 0.012), (0.35, 0.020), (0.75, 0.022), (0.90, 0.018), (0.96, 0.006), (1, 0.005)],
        bottom=0.125,
        slot="dark",
        hem="lapel",
    )
    side_stripe(left, 0.021, 0.80, 0.22)
    left.extend(sneaker())


def sporty_crop(mesh: Mesh, left: Mesh) -> None:
    """A cropped top with a wide neck, track trousers with a stripe, wristbands, sneakers."""
    left.add(bare_arm())
    left.extend(sleeve(0.070, [(0, 0.042), (0.5, 0.048), (1, 0.0465)], cuff="outfit_trim"))
    band = sleeve(WRIST_M, [(0, 0.02), (0.85, 0.0235), (0.9, 0.0262), (1, 0.0262)], slot="outfit_trim").patches[0]
    from_ring(band, 11)
    left.add(band)
    mesh.add(bare_torso(0.90))
    y = np.concatenate([[1.032, 1.045], np.linspace(1.07, 1.19, 6), [1.214, 1.222]])
    mesh.add(
        shell(
            y,
            [0.006, 0.008] + [0.007] * 6 + [0.006, 0.004],
            slot=lambda r, k: "outfit_trim" if r in {0, 8} else "outfit",
            sides=28,
        )
    )
    for sign in (1.0, -1.0):
        strap = curve(
            [
                (sign * 0.066, 1.205, 0.060),
                (sign * 0.080, 1.232, 0.015),
                (sign * 0.078, 1.222, -0.050),
                (sign * 0.064, 1.190, -0.078),
            ],
            9,
        )
        mesh.add(
            sweep(strap, 0.022, 0.003, up=(0, 1.0, 0.3), sides=6, slot="outfit", weights=torso_weights, outline=0.5)
        )
    at = torso_ring(1.125, np.pi / 2, 0.009)
    mesh.add(star(at, 0.022, np.array([0, 0.0, 1.0]), "outfit_trim", {"chest": 1.0}, 0.003))
    trousers(
        mesh,
        left,
        [(0, 0.009), (0.4, 0.016), (0.88, 0.018), (0.95, 0.007), (1, 0.006)],
        bottom=0.120,
        slot="dark",
        hem="outfit_trim",
    )
    side_stripe(left, 0.0165, 0.82, 0.17)
    sash(mesh, 0.945, 0.015, 0.011, "outfit_trim")
    left.extend(sneaker())


def denim(mesh: Mesh, left: Mesh) -> None:
    """A cropped denim jacket with seams and breast pockets over a tee, turned-up jeans, sneakers."""
    left.extend(
        sleeve(
            WRIST_M, [(0, 0.044), (0.22, 0.052), (0.45, 0.048), (0.75, 0.043), (0.92, 0.041), (1, 0.036)], cuff="lapel"
        )
    )
    y = np.concatenate([np.linspace(0.945, 1.20, 8), [1.222, 1.234]])
    mesh.add(shell(y, 0.003, slot="white", sides=26))
    mesh.add(bare_torso(1.215))
    heights = np.concatenate([[0.955, 0.985], np.linspace(1.0, 1.20, 8), [1.228, 1.242]])
    grow = interpolate(heights, [0.955, 0.985, 1.05, 1.15, 1.242], [0.016, 0.022, 0.024, 0.018, 0.010])
    mesh.add(open_front(heights, grow, 0.72, slot="outfit", edge="lapel", hem="lapel", columns=34))
    inner = open_front(heights[:-2:2], grow[:-2:2] - 0.002, 0.72, slot="lining", columns=22)
    inside_out(inner)
    mesh.add(inner)
    for sign in (1.0, -1.0):
        turn = np.pi / 2 - sign * 0.72
        mesh.add(
            panel(
                [(turn, 1.150), (turn, 1.095)],
                0.0255,
                slot=lambda r, k: "lapel" if r == 0 else "outfit",
                rows=4,
                columns=4,
                wide=0.40,
            )
        )
        buttons(mesh, (1.143,), 0.028, turn=turn, slot="metal")
        for a, top, low in ((0.44, 1.21, 0.99), (1.02, 1.085, 0.99)):
            seam = np.array(
                [
                    torso_ring(
                        h,
                        np.pi / 2 - sign * a,
                        float(interpolate(h, [0.955, 0.985, 1.05, 1.15, 1.242], [0.016, 0.022, 0.024, 0.018, 0.010]))
                        + 0.0006,
                    )
                    for h in np.linspace(top, low, 6)
                ]
            )
            mesh.add(
                sweep(
                    seam,
                    0.0014,
                    0.0012,
                    up=seam - np.array([0, 1.1, 0]) * np.array([1, 1, 1]),
                    sides=4,
                    slot="outfit_trim",
                    weights=torso_weights,
                    outline=0.0,
                )
            )
        rows = [
            torso_ring(h, np.pi / 2 - sign * np.linspace(0.36, 0.36 + w, 3), 0.0205)
            for h, w in ((1.244, 0.42), (1.225, 0.46), (1.196, 0.30), (1.180, 0.06))
        ]
        mesh.add(sheet(np.array(rows), slot="lapel", weights=torso_weights, flip=sign > 0))
    trousers(
        mesh,
        left,
        [(0, 0.005), (0.5, 0.007), (0.92, 0.010), (0.95, 0.015), (1, 0.016)],
        bottom=0.120,
        slot="lapel",
        hem="outfit_trim",
    )
    belt(mesh, 0.950, 0.008)
    left.add(sock(0.16))
    left.extend(sneaker())


def punk_jacket(mesh: Mesh, left: Mesh) -> None:
    """A biker jacket with a slanted zip and studs, a checked kilt over torn tights, chains, tall boots."""
    left.extend(
        sleeve(
            WRIST_M,
            [(0, 0.043), (0.22, 0.050), (0.45, 0.045), (0.8, 0.040), (1, 0.037)],
            slot="dark",
            cuff="outfit_trim",
        )
    )
    y = np.concatenate([np.linspace(0.945, 1.20, 8), [1.225, 1.240]])
    mesh.add(shell(y, 0.003, slot="outfit", sides=26))
    mesh.add(bare_torso(1.22))
    heights = np.concatenate([[0.985, 1.0], np.linspace(1.02, 1.20, 7), [1.228, 1.243]])
    grow = interpolate(heights, [0.985, 1.05, 1.15, 1.243], [0.018, 0.020, 0.017, 0.010])
    mesh.add(
        open_front(
            heights,
            grow,
            interpolate(heights, [0.98, 1.10, 1.25], [0.35, 0.55, 0.95]),
            slot="dark",
            edge="metal",
            columns=34,
        )
    )
    inner = open_front(heights[:-2:2], grow[:-2:2] - 0.002, 0.55, slot="lining", columns=22)
    inside_out(inner)
    mesh.add(inner)
    for sign in (1.0, -1.0):
        rows = [
            torso_ring(h, np.pi / 2 - sign * np.linspace(0.36, 0.36 + w, 4), 0.0205)
            for h, w in ((1.246, 0.36), (1.220, 0.52), (1.180, 0.56), (1.140, 0.30), (1.110, 0.02))
        ]
        mesh.add(
            sheet(np.array(rows), slot=lambda r, k: "metal" if k == 2 else "dark", weights=torso_weights, flip=sign > 0)
        )
        for k in range(4):
            at = torso_ring(1.232 - 0.013 * k, np.pi / 2 - sign * (0.95 + 0.14 * k), 0.017)
            mesh.add(ball(at, 0.0042, slot="metal", sides=5, rings=3, weights=torso_weights(0, at), outline=0.3))
    mesh.add(hips_shell("dark"))
    plaid = lambda r, k: "outfit_trim" if r in {1, 3} or k % 12 == 0 else "outfit"
    mesh.extend(
        robe(
            [0.690, 0.72, 0.755, 0.79, 0.83, 0.875, 0.925],
            [0.082, 0.076, 0.068, 0.058, 0.044, 0.026, 0.009],
            slot=plaid,
            columns=48,
            waves=12,
            depth=0.009,
        )
    )
    belt(mesh, 0.930, 0.012)
    turn = np.linspace(-0.9, 0.9, 17)
    for drop in (0.030, 0.052):
        chain = torso_ring(0.905 - drop * np.cos(turn / 0.9 * np.pi / 2), turn, 0.030 + 0.2 * drop)
        mesh.add(
            sweep(
                chain,
                0.0024,
                0.0024,
                sides=4,
                slot="metal",
                weights=torso_weights,
                outline=0.3,
                sway=0.25 * np.cos(turn / 0.9 * np.pi / 2),
            )
        )
    left.add(leg_tube(0.86, 0.30, 16, lambda ring: "skin" if ring in {5, 9} else "dark", 0.0015))
    left.extend(boot(0.385, 0.004))
