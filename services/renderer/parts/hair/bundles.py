"""Hair gathered: combed to a tie, tails, buns."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.hair.locks import add_lock
from services.renderer.parts.hair.scalp import HAIRLINE, cap, strand_seed
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, sweep, unit


def add_tail(
    mesh: Mesh,
    base: Array,
    way: Array,
    length: float,
    *,
    locks: int = 9,
    spread: float = 0.055,
    width: float = 0.027,
    number: int = 800,
) -> None:
    """A tied tail: a bundle that leaves `base` along `way` and falls."""
    side = unit(np.cross(way, np.array([0.0, 1.0, 0.0])))
    for k in range(locks):
        turn = 2 * np.pi * k / locks
        n = number + k
        seed = strand_seed(n)
        off = side * np.cos(turn) + np.cross(side, way) * np.sin(turn)
        ring = 0.35 + 0.65 * (k % 3 > 0)
        points = [base - way * 0.012 + off * 0.008 * ring, base + way * 0.028 + off * 0.018 * ring]
        for t in (0.28, 0.5, 0.75, 1.0):
            fall = length * t * (0.9 + 0.2 * seed)
            bulge = spread * ring * (0.55 + 0.6 * np.sin(np.pi * min(1.0, t * 1.15)) - 0.35 * t)
            points.append(
                base + way * (0.052 + 0.030 * np.sin(np.pi * 0.5 * t)) + np.array([0, -fall, 0]) + off * bulge
            )
        add_lock(
            mesh, np.array(points), width, 0.0125, n, sway=1.0, rings=12, root=0.35, belly=0.5, up=unit(off + way * 0.4)
        )


def add_tie(mesh: Mesh, base: Array, way: Array, radius: float) -> None:
    """A band round the root of what is tied."""
    turn = np.linspace(0, 2 * np.pi, 15)
    side = unit(np.cross(way, np.array([0.0, 1.0, 0.001])))
    ring = base + radius * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, way))
    mesh.add(sweep(ring, 0.0065, 0.0055, up=way, sides=6, slot="outfit_trim", outline=0.6))


def add_bun(mesh: Mesh, centre: Array, radius: float, way: Array, number: int, slot: str = "hair") -> None:
    """A coiled bun: a ball wound with locks."""
    side = unit(np.cross(way, np.array([0.31, 0.9, 0.12])))
    other = np.cross(side, way)
    for k in range(7):
        start = 2 * np.pi * k / 7
        turn = start + np.linspace(0, 2.5, 8)
        climb = np.linspace(-0.75, 0.85, 8)
        ring = np.sqrt(np.maximum(0.05, 1 - climb**2))
        path = centre + radius * (
            ring[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other) + climb[:, None] * way
        )
        add_lock(
            mesh,
            path,
            radius * 0.50,
            radius * 0.24,
            number + k,
            rings=8,
            sway=0.08,
            root=0.7,
            belly=0.5,
            tip=0.3,
            up=unit(path - centre),
            slot=slot,
        )


def add_pulled_back(mesh: Mesh, target: Array, number: int = 540) -> None:
    """Hair combed from the hairline to a tie at `target`."""
    mesh.add(cap(HAIRLINE, 0.010, edge=0.002, rows=14))
    goal = unit(target - CENTRE)
    for k, azimuth in enumerate(np.arange(-168.0, 181.0, 17.0)):
        start = direction(azimuth, float(HAIRLINE(np.array([azimuth]))[0]) + 4)
        middle = unit(start * 0.55 + goal * 0.75)
        near = unit(start * 0.15 + goal)
        path = np.array(
            [
                on_scalp(start, 0.005),
                on_scalp(unit(start + middle), 0.0115),
                on_scalp(middle, 0.014),
                on_scalp(near, 0.014),
            ]
        )
        add_lock(mesh, path, 0.021, 0.0060, number + k, rings=8, root=0.75, belly=0.45, tip=0.35, outline=0.7)
