"""Clothes as pieces: jackets, shirts, skirts, trousers, robes, shoes. Outfits are put together in `outfits.py`."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.body import (
    ARM,
    DOWN,
    LEG_RADIUS,
    LEG_Y,
    SHOULDER,
    arm_path,
    at_point,
    leg_centre,
    leg_tube,
    leg_weights,
    shell,
    skirt_weights,
    torso_ring,
    torso_weights,
)
from services.renderer.parts.head import neck_weights
from services.renderer.parts.mesh import Array, Mesh, Patch, Weights, ball, curve, interpolate, sheet, sweep, unit


def boot(top: float, flare: float) -> Mesh:
    """The left boot up to height `top`: shaft, cuff, foot, sole and two straps."""
    mesh = Mesh()
    y = np.linspace(top, 0.075, 10)
    lift = np.linspace(0, 1, 10)
    grow = 0.0075 + flare * np.clip(1 - lift * 4, 0, 1)
    mesh.add(leg_tube(top, 0.075, 10, lambda ring: "outfit_trim" if ring == 0 else "boots", grow))
    for strap in (0.135, 0.165):
        radius = float(interpolate(strap, LEG_Y, LEG_RADIUS)) + 0.011
        band = leg_centre(np.array([strap - 0.007, strap, strap + 0.007]))
        mesh.add(
            sweep(
                band,
                radius,
                radius * 1.04,
                up=(0, 0, 1.0),
                sides=14,
                slot="outfit_trim",
                weights=leg_weights,
                outline=0.5,
            )
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
    mesh.add(
        sweep(
            path,
            width,
            depth,
            up=(0, 1.0, 0),
            sides=14,
            exponent=2.6,
            slot="boots",
            weights=leg_weights,
            caps=(True, True),
        )
    )
    sole = path.copy()
    sole[:, 1] = 0.0125
    mesh.add(
        sweep(
            sole,
            width * 1.10,
            0.0125,
            up=(0, 1.0, 0),
            sides=14,
            exponent=5.0,
            slot="soles",
            weights=leg_weights,
            caps=(True, True),
        )
    )
    heel = np.array([[0.087, 0.026, -0.056], [0.087, 0.026, -0.010]])
    mesh.add(
        sweep(
            heel,
            0.034,
            0.026,
            up=(0, 1.0, 0),
            sides=10,
            exponent=5.0,
            slot="soles",
            weights=leg_weights,
            caps=(True, True),
        )
    )
    del y
    return mesh


def stage_sleeve(end_m: float, puff: float) -> Mesh:
    """The jacket's left sleeve with a trimmed cuff, a shoulder ornament and two bands."""
    mesh = Mesh()
    t = np.linspace(0, 1, 17)
    # The sleeve starts inside the shoulder and turns down over its round.
    path = np.vstack(
        [
            curve(
                [
                    (0.050, 1.182, -0.014),
                    (0.083, 1.207, -0.014),
                    (0.112, 1.214, -0.014),
                    at_point(SHOULDER + DOWN * 0.030),
                ],
                6,
            )[:-1],
            arm_path(0.030, end_m, 12),
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
            weights=ARM,
            shape=folds,
            caps=(True, False),  # it comes out of the shoulder when the arm is raised
        )
    )
    cuff = arm_path(end_m - 0.030, end_m + 0.006, 4)
    mesh.add(
        sweep(
            cuff,
            [0.0425, 0.0440, 0.0445, 0.0440],
            [0.0440, 0.0455, 0.0460, 0.0455],
            up=(0, 0, 1.0),
            sides=14,
            slot=lambda ring: "white" if ring == 2 else "outfit",
            weights=ARM,
            outline=0.9,
        )
    )
    inner = arm_path(end_m - 0.010, end_m + 0.002, 2)
    mesh.add(
        sweep(inner[::-1], 0.0425, 0.0440, up=(0, 0, 1.0), sides=14, slot="dark", weights=ARM, shade=0.0, outline=0)
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
            weights=ARM,
            caps=(True, True),
        )
    )
    return mesh


def star(
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


def stage_jacket(mesh: Mesh, hem_y: float, flare: float) -> None:
    """An open jacket with lapels, trimmed hem and edge, stand-up collar."""
    y = np.concatenate([np.linspace(hem_y, 1.20, 9), [1.222, 1.238, 1.247]])
    grow = np.concatenate([np.linspace(flare, 0.011, 9), [0.010, 0.009, 0.008]])
    open_by = 0.62
    mesh.add(
        shell(
            y, grow, opening=open_by, sides=36, slot=lambda r, k: "outfit_trim" if r == 0 or k in {0, 35} else "outfit"
        )
    )
    inside = shell(y[:-1:2], grow[:-1:2] - 0.002, opening=open_by, sides=24, slot="lining", outline=0, shade=0.35)
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
            sheet(
                np.array(rows),
                slot=lambda r, k: "outfit_trim" if k == 2 else "lapel",
                weights=torso_weights,
                flip=sign > 0,
            )
        )
    # Breast ornament and chain on the avatar's left.
    where = torso_ring(1.128, np.pi / 2 - 0.86, 0.016)
    mesh.add(star(where, 0.017, np.array([0.6, 0.1, 1.0]), "outfit_trim", {"chest": 1.0}))
    chain = curve([where + (0.004, -0.014, 0.002), where + (-0.014, -0.040, 0.010), where + (-0.040, -0.012, 0.014)], 9)
    mesh.add(
        sweep(chain, 0.0018, 0.0018, sides=4, slot="outfit_trim", weights=lambda _t, _p: {"chest": 1.0}, outline=0.3)
    )


def shirt(mesh: Mesh, bottom_y: float) -> None:
    """A fitted shirt with a placket, buttons, and a bow at the throat."""
    y = np.concatenate([np.linspace(bottom_y, 1.20, 9), [1.228, 1.243, 1.252]])
    mesh.add(shell(y, 0.002, slot=lambda r, k: "white", sides=28))
    for height in (1.150, 1.110, 1.070, 1.030):
        mesh.add(
            ball(
                torso_ring(height, np.pi / 2, 0.003),
                (0.0052, 0.0052, 0.0030),
                slot="outfit_trim",
                sides=7,
                rings=4,
                weights=torso_weights(0, torso_ring(height, np.pi / 2)),
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


def belt(mesh: Mesh, y: float, grow: float) -> None:
    """A belt with a buckle and a star."""
    mesh.add(
        shell(
            [y - 0.014, y - 0.012, y + 0.012, y + 0.014],
            [grow, grow + 0.005, grow + 0.005, grow],
            slot="dark",
            sides=26,
            weights=torso_weights,
        )
    )
    at = torso_ring(y, np.pi / 2, grow + 0.008)
    share = torso_weights(0, at)
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
    mesh.add(star(at + (0, 0, 0.0045), 0.013, np.array([0, 0, 1.0]), "dark", share, 0.002))


def pleated_skirt(
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
        weights=lambda _t, p: skirt_weights(p),
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
        weights=lambda _t, p: skirt_weights(p),
        outline=0,
    )
    mesh.add(inside)


def hips_shell(slot: str) -> Patch:
    """What is worn below a skirt."""
    return shell(np.linspace(0.775, 0.985, 9), 0.0065, slot=slot, sides=24)


def coat_tails(mesh: Mesh) -> None:
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
    share = lambda _t, p: skirt_weights(p)
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
