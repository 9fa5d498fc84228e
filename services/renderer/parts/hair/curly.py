"""Loose curly and coily styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.bundles import add_tie
from services.renderer.parts.hair.coils import add_coils, add_curls, add_puff
from services.renderer.parts.hair.fringes import add_fringe_run
from services.renderer.parts.hair.locks import add_lock, add_scalp_shadow
from services.renderer.parts.hair.scalp import (
    CURLS,
    CURLS_FRONT,
    FADE_HIGH,
    FADE_LOW,
    HAIRLINE,
    cap,
    falling,
    noise,
    spread_over,
    strand_seed,
)
from services.renderer.parts.head import CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, sheet, unit


def _curly_short(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0030)
    mesh.add(
        cap(
            CURLS,
            lambda _azimuth, elevation: 0.0176 + 0.0174 * np.clip(elevation / 90, 0, 1),
            slot="hair_matte",
            edge=0.0014,
            ramp=2.6,
            rows=16,
            columns=56,
            bumps=lambda p: 0.0055 * noise(p, 0.016, 3),
        )
    )
    azimuth, elevation = spread_over(95, lambda a: CURLS(a) + 16)
    ways = direction(azimuth, elevation)
    add_coils(
        mesh,
        on_scalp(ways, 0.015 + 0.010 * np.clip(elevation / 90, 0, 1)),
        unit(ways + np.array([0, -0.15, 0])),
        0.0098,
        900,
        length=0.026,
    )
    # Curls grow out of the hairline itself, smaller at its edge, so that no smooth band shows above the forehead.
    for row, (above, off, size, length) in enumerate(((3.0, 0.0015, 0.0066, 0.015), (9.0, 0.0060, 0.0082, 0.021))):
        at = np.arange(-172.0 + 4.5 * row, 180.0, 9.0)
        rise = CURLS(at) + above
        out = direction(at, rise)
        add_coils(
            mesh,
            on_scalp(out, off),
            unit(out + np.array([0, 0.25 - 0.35 * row, 0])),
            size,
            1100 + 60 * row,
            length=length,
        )


def _curly_round(mesh: Mesh, length: float = 0.205, *, fringe: bool = True) -> None:
    add_curls(mesh, 0.032, HAIRLINE if fringe else CURLS_FRONT, 80, 0.0125, height=0.006, length=0.036)
    for k, azimuth in enumerate(np.arange(58.0, 181.0, 11.0)):
        for side in (1.0, -1.0):
            for layer in range(2):
                n = 600 + 4 * k + 2 * layer + (side > 0)
                path = falling(
                    side * azimuth,
                    20 + 16 * layer,
                    length - 0.03 * layer + 0.03 * strand_seed(n),
                    lift=0.026 + 0.010 * layer,
                    wave=0.012,
                    waves=4.5,
                    phase=strand_seed(n),
                    count=16,
                    out=0.030,
                )
                add_lock(mesh, path, 0.0175, 0.0145, n, rings=13, sides=5, sway=0.5, root=0.9, tip=0.3, belly=0.5)
    if not fringe:
        at = np.arange(-66.0, 67.0, 8.0)
        out = direction(at, CURLS_FRONT(at) + 3.0)
        add_coils(mesh, on_scalp(out, 0.003), unit(out + np.array([0, 0.3, 0])), 0.0085, 1100, "hair", length=0.020)
        return
    left = ((-52, 0.115), (-36, 0.138), (-20, 0.150), (-5, 0.142))
    right = ((10, 0.152), (26, 0.146), (40, 0.132), (54, 0.110))
    add_fringe_run(mesh, left + right, width=0.0165, lifts=[0.026], sweeps_deg=[10, -8, 5])


def _afro(mesh: Mesh) -> None:
    line = HAIRLINE

    def thick(azimuth: Array, elevation: Array) -> Array:
        return (
            0.052
            + 0.012 * np.clip(elevation / 70, -0.4, 1)
            - 0.014 * np.exp(-((azimuth / 50) ** 2)) * np.clip(1 - elevation / 70, 0, 1)
        )

    mesh.add(
        cap(
            line,
            thick,
            slot="hair_matte",
            edge=0.012,
            ramp=3.2,
            rows=22,
            columns=60,
            bumps=lambda p: 0.0072 * noise(p, 0.020, 5) + 0.0050 * noise(p, 0.0105, 6),
        )
    )
    # Seen from below at the temples: the cloud's inside, in its own shadow.
    inside = cap(line, lambda a, e: thick(a, e) * 0.95 - 0.004, slot="hair_matte", edge=0.010, outline=0.0, ramp=3.2)
    inside.triangles = inside.triangles[:, ::-1].copy()
    inside.shade[:] = 0.1
    mesh.add(inside)
    azimuth, elevation = spread_over(105, lambda a: line(a) + 8)
    ways = direction(azimuth, elevation)
    roots = on_scalp(ways, thick(azimuth, elevation) * 0.90)
    add_coils(mesh, roots, ways, 0.0066, 900, length=0.017, turns=1.2)


def _afro_puffs(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0085, slot="hair_matte", edge=0.002, rows=14, bumps=lambda p: 0.0012 * noise(p, 0.012, 4)))
    for side in (1.0, -1.0):
        way = direction(side * 74, 42)
        base = on_scalp(way, 0.008)
        add_tie(mesh, base + way * 0.006, way, 0.021)
        add_puff(mesh, base + way * 0.050, np.array([0.056, 0.054, 0.056]), 40 + int(side), bump=0.0085)
        azimuth, elevation = spread_over(30, lambda a: np.full(np.shape(a), -80.0))
        spread = direction(azimuth, elevation)
        add_coils(
            mesh, base + way * 0.050 + spread * 0.050, spread, 0.0062, 1000 + int(side * 60), length=0.014, turns=1.1
        )
    for side in (1.0, -1.0):  # laid edges
        for k in range(3):
            path = np.array(
                [
                    on_scalp(direction(side * (30 + 11 * k), 35 - 6 * k), 0.001),
                    on_scalp(direction(side * (25 + 11 * k), 30 - 7 * k), 0.002),
                    on_scalp(direction(side * (32 + 11 * k), 26 - 7 * k), 0.0015),
                ]
            )
            add_lock(mesh, path, 0.0040, 0.0018, 1200 + k, rings=6, outline=0.3, slot="hair_matte")


def _high_top_fade(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0028)
    columns, rows = 40, 9
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    base_y, top_y = CHIN_Y + 0.196, CHIN_Y + 0.318
    grid = np.zeros((rows + 4, columns, 3))
    for r, f in enumerate(np.linspace(0, 1, rows)):
        wide, deep = 0.083 + 0.010 * f, 0.094 + 0.008 * f
        c, s = np.cos(-turn), np.sin(-turn)
        x = wide * np.sign(c) * np.abs(c) ** 0.72
        z = -0.010 + deep * np.sign(s) * np.abs(s) ** 0.72
        y = base_y + (top_y - base_y) * f + 0.006 * s * (1 - f)
        grid[r] = np.stack([x, y, z], axis=-1)
    for k, f in enumerate((0.86, 0.62, 0.34, 0.02)):
        grid[rows + k] = np.stack(
            [
                grid[rows - 1, :, 0] * f,
                np.full(columns, top_y + 0.009 * (1 - f * f)),
                -0.010 + (grid[rows - 1, :, 2] + 0.010) * f,
            ],
            axis=-1,
        )
    middle = np.array([0.0, (base_y + top_y) / 2, -0.010])
    away = unit(grid - middle)
    grid = grid + away * (0.0050 * noise(grid, 0.017, 8) + 0.0040 * noise(grid, 0.0095, 9))[..., None]
    mesh.add(sheet(grid, slot="hair_matte", closed=True, random=0.5, sphere=middle))
    mesh.add(cap(FADE_HIGH, 0.010, slot="hair_matte", edge=0.002))
    chosen = grid[1 : rows + 2 : 2, ::2].reshape(-1, 3)
    jitter = np.stack([noise(chosen, 0.004, seed) for seed in (21, 22, 23)], axis=-1) * 0.006
    add_coils(
        mesh,
        chosen + jitter - unit(chosen - middle) * 0.004,
        unit(chosen - middle),
        0.0062,
        960,
        length=0.013,
        turns=1.1,
    )


def _coily_cropped(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0026)
    mesh.add(
        cap(
            FADE_LOW,
            0.0125,
            slot="hair_matte",
            edge=0.003,
            rows=22,
            columns=60,
            bumps=lambda p: 0.0034 * noise(p, 0.0098, 7) + 0.0016 * noise(p, 0.0055, 8),
        )
    )


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "curly_short": _curly_short,
    "curly_round": _curly_round,
    "curly_chin": lambda mesh: _curly_round(mesh, 0.140, fringe=False),
    "afro": _afro,
    "afro_puffs": _afro_puffs,
    "high_top_fade": _high_top_fade,
    "coily_cropped": _coily_cropped,
}
