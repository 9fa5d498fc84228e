"""Curls and coils: corkscrews, clouds, curly shells."""

from __future__ import annotations

from collections.abc import Callable

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
) -> None:
    """A bumpy shell `radius` metres over the scalp, and `count` curls of `size` lying on it."""
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
    add_tufts(mesh, roots, unit(ways + np.array([0, -0.35, 0])), size, 900, slot=slot)


def add_tufts(
    mesh: Mesh, roots: Array, ways: Array, size: float, number: int, *, slot: str = "hair_matte", sway: float = 0.06
) -> None:
    """Short fat commas of hair that make a coily surface: (n, 3) roots and directions, `size` metres across."""
    for k, (root, way) in enumerate(zip(roots, ways, strict=True)):
        seed = strand_seed(number + k)
        side = unit(np.cross(way, np.array([0.2, 1.0, 0.1])))
        turn = 2 * np.pi * strand_seed(3 * (number + k) + 1)
        bend = np.cos(turn) * side + np.sin(turn) * np.cross(side, way)
        path = root + size * np.array([-0.5 * way, 0.35 * way, 0.70 * way + 0.55 * bend, 0.35 * way + 1.15 * bend])
        big = 0.85 + 0.3 * seed
        mesh.add(
            lock(
                path,
                size * 0.78 * big,
                size * 0.64 * big,
                rings=5,
                sides=5,
                number=seed,
                sway=sway,
                root=0.9,
                tip=0.24,
                belly=0.42,
                up=way,
                slot=slot,
                outline=0.55,
            )
        )


def add_coily_cloud(
    mesh: Mesh,
    line: Line,
    thick: Callable[[Array, Array], Array],
    *,
    tufts: int,
    size: float,
    edge: float = 0.006,
    bump: float = 0.006,
    parting: Callable[[Array], Array] | None = None,
    number: int = 900,
) -> None:
    """Coily hair grown out round: a rough shell with tufts all over it and along the hairline.

    Args:
        mesh: Where it goes.
        line: The hairline.
        thick: Thickness in metres at (azimuth, elevation).
        tufts: About how many.
        size: Of a tuft, metres.
        edge: Thickness at the hairline, metres.
        bump: How rough, metres.
        parting: How deep it is pressed in at points (..., 3), metres.
        number: Counter of the tufts.
    """

    def rough(points: Array) -> Array:
        uneven = bump * noise(points, 0.020, 5) + 0.7 * bump * noise(points, 0.0105, 6)
        return uneven if parting is None else uneven - parting(points)

    mesh.add(cap(line, thick, slot="hair_matte", edge=edge, ramp=3.0, rows=20, columns=56, bumps=rough))
    shy = 0.93 if parting is None else 0.30
    inside = cap(
        line, lambda a, e: thick(a, e) * shy - 0.003, slot="hair_matte", edge=edge * 0.7, outline=0.0, ramp=3.0
    )
    inside.triangles = inside.triangles[:, ::-1].copy()  # seen from below at the temples: in its own shadow
    inside.shade[:] = 0.1
    mesh.add(inside)
    azimuth, elevation = spread_over(tufts, lambda a: line(a) + 9)
    ways = direction(azimuth, elevation)
    near = np.clip((elevation - line(azimuth)) / (90.0 - line(azimuth)) * 3.0, 0, 1)
    off = edge + (thick(azimuth, elevation) - edge) * np.sin(near * np.pi / 2)
    roots = on_scalp(ways, off)
    roots = roots + ways * rough(roots)[:, None] * near[:, None] - ways * size * 0.25
    keep = np.ones(len(roots), dtype=bool) if parting is None else parting(roots) < 0.3 * size
    add_tufts(mesh, roots[keep], unit(ways + np.array([0, -0.1, 0]))[keep], size, number)
    at = np.arange(-176.0, 180.0, max(7.0, 900.0 * size))
    out = direction(at, line(at) + 2.5)
    add_tufts(mesh, on_scalp(out, edge * 0.5), unit(out + np.array([0, 0.2, 0])), size * 0.8, number + 400)
