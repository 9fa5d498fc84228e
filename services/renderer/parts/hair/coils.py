"""Curls and coils: corkscrews, clouds, curly shells."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.hair.locks import lock
from services.renderer.parts.hair.scalp import Line, cap, noise, spread_over, strand_seed
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, sheet, unit


def _ball_grid(centre: Array, radii: Array, rows: int, columns: int) -> tuple[Array, Array]:
    polar = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None, :]
    ways = np.stack(
        [np.cos(polar) * np.cos(-turn), np.broadcast_to(np.sin(polar), (rows, columns)), np.cos(polar) * np.sin(-turn)],
        axis=-1,
    )
    return centre + ways * radii, ways


def add_puff(
    mesh: Mesh, centre: Array, radii: Array, number: int, bump: float = 0.010, slot: str = "hair_matte"
) -> None:
    """A cloud of coils: a ball whose surface is uneven at two scales."""
    grid, ways = _ball_grid(centre, radii, 17, 24)
    rough = bump * (noise(grid, 0.021, number) + 0.6 * noise(grid, 0.011, number + 1))
    grid = grid + ways * rough[..., None]
    mesh.add(
        sheet(
            grid,
            slot=slot,
            closed=True,
            sway=np.clip((ways[..., 1] + 1) * 0.12, 0, 0.3),
            random=strand_seed(number),
            sphere=centre,
        )
    )


def add_coils(
    mesh: Mesh,
    centres: Array,
    ways: Array,
    size: float,
    number: int,
    slot: str = "hair_matte",
    turns: float = 1.6,
    length: float = 0.030,
) -> None:
    """Corkscrew curls standing off a surface, (n, 3) roots and directions."""
    for k, (root, way) in enumerate(zip(centres, ways, strict=True)):
        n = number + k
        seed = strand_seed(n)
        side = unit(np.cross(way, np.array([0.2, 1.0, 0.1])))
        other = np.cross(side, way)
        t = np.linspace(0, 1, 8)
        turn = 2 * np.pi * (turns * t + seed)
        radius = size * np.sin(np.pi * (0.18 + 0.80 * t))
        drop = np.array([0.0, -1.0, 0.0]) * (0.25 * length * t**2)[:, None]
        path = (
            root
            + way * (length * (0.8 + 0.4 * seed) * t)[:, None]
            + radius[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other)
            + drop
        )
        mesh.add(
            lock(
                path,
                size * 0.62,
                size * 0.55,
                rings=8,
                sides=4,
                number=seed,
                sway=0.18,
                root=0.8,
                tip=0.25,
                belly=0.4,
                up=way,
                slot=slot,
            )
        )


def add_curls(
    mesh: Mesh,
    radius: float,
    line: Line,
    count: int,
    size: float,
    slot: str = "hair",
    low: float = -60,
    height: float = 0.0,
    length: float = 0.030,
) -> None:
    """A bumpy shell `radius` metres over the scalp, and `count` corkscrews of `size` standing off it."""
    mesh.add(
        cap(
            line,
            lambda a, e: radius * (0.80 + 0.20 * np.clip(e / 60, 0, 1)) + height * np.clip(e / 90, 0, 1),
            slot=slot,
            edge=0.006,
            rows=14,
            bumps=lambda p: 0.006 * noise(p, 0.018, 3),
        )
    )
    azimuth, elevation = spread_over(count, lambda a: line(a) + 5, low)
    ways = direction(azimuth, elevation)
    roots = on_scalp(ways, radius * 0.72 + height * np.clip(elevation / 90, 0, 1))
    add_coils(mesh, roots, unit(ways + np.array([0, -0.15, 0])), size, 900, slot, length=length)
