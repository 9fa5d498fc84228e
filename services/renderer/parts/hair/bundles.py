"""Hair gathered: combed to a tie, tails, buns."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.hair.locks import add_lock
from services.renderer.parts.hair.scalp import BROW_FRAMING, Line, cap, falling, strand_seed
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
    out: float = 0.052,
) -> None:
    """A tied tail: a bundle that leaves `base` along `way` and falls `out` metres off it."""
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
            points.append(base + way * (out + 0.030 * np.sin(np.pi * 0.5 * t)) + np.array([0, -fall, 0]) + off * bulge)
        add_lock(
            mesh, np.array(points), width, 0.0125, n, sway=1.0, rings=12, root=0.35, belly=0.5, up=unit(off + way * 0.4)
        )


def add_tie(mesh: Mesh, base: Array, way: Array, radius: float, *, sway: float = 0.0) -> None:
    """A band round the root of what is tied."""
    turn = np.linspace(0, 2 * np.pi, 15)
    side = unit(np.cross(way, np.array([0.0, 1.0, 0.001])))
    ring = base + radius * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, way))
    mesh.add(sweep(ring, 0.0065, 0.0055, up=way, sides=6, slot="outfit_trim", outline=0.6, sway=sway))


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
            tip=0.05,
            up=unit(path - centre),
            slot=slot,
        )


def add_pulled_back(
    mesh: Mesh,
    target: Array,
    number: int = 540,
    *,
    line: Line = BROW_FRAMING,
    slot: str = "hair",
    thickness: float = 0.0105,
    front: float = 0.0,
) -> None:
    """Hair combed from the hairline to a tie at `target`; `front` leaves out that many degrees on both sides."""
    mesh.add(cap(line, thickness, edge=0.0016, rows=16, columns=52, ramp=5.0, slot=slot))
    goal = unit(target - CENTRE)
    for k, azimuth in enumerate(np.arange(-171.0, 181.0, 13.5)):
        if abs(azimuth) < front:
            continue
        start = direction(azimuth, float(line(np.array([azimuth]))[0]) + 2.0)
        # What would run across the face goes over the crown.
        over = np.array([0.0, 1.0, 0.0]) * max(0.0, -float(start @ goal))
        middle = unit(start * 0.60 + goal * 0.75 + 1.1 * over)
        near = unit(start * 0.15 + goal)
        path = np.array(
            [
                on_scalp(start, 0.0032),
                on_scalp(unit(start + 0.55 * middle + 0.4 * over), thickness + 0.0005),
                on_scalp(middle, thickness + 0.0035),
                on_scalp(near, thickness + 0.0035),
            ]
        )
        add_lock(
            mesh, path, 0.0180, 0.0056, number + k, rings=9, root=0.85, belly=0.45, tip=0.35, outline=0.55, slot=slot
        )


def add_wisps(mesh: Mesh, number: int = 1300, *, length: float = 0.085, azimuth: float = 60.0) -> None:
    """Fine loose strands before the ears, left out of what is combed back."""
    for side in (1.0, -1.0):
        for k in range(2):
            path = falling(
                side * (azimuth + 5 * k),
                14 - 5 * k,
                length * (1 - 0.25 * k),
                lift=0.008,
                count=8,
                wave=0.003,
                out=0.004,
            )
            add_lock(mesh, path, 0.0042, 0.0026, number + 2 * k + (side > 0), rings=8, sides=4, sway=0.15, outline=0.4)


def add_side_tail(
    mesh: Mesh,
    way: Array,
    length: float,
    *,
    out: float = 0.5,
    locks: int = 9,
    spread: float = 0.042,
    number: int = 800,
    lift: float = 0.012,
) -> None:
    """A tie where the scalp looks along `way`, and a tail that leaves it outwards and falls clear of the shoulder."""
    base = on_scalp(way, lift)
    add_tie(mesh, base + way * 0.008, way, 0.0175)
    flat = unit(way * np.array([1.0, 0.0, 1.0]))
    add_tail(
        mesh,
        base + way * 0.012,
        unit(out * way + flat + np.array([0, -0.25, 0])),
        length,
        locks=locks,
        spread=spread,
        number=number,
    )


def add_laid_edges(mesh: Mesh, number: int = 1200, slot: str = "hair_matte") -> None:
    """Baby hair laid in small waves along the temples."""
    for side in (1.0, -1.0):
        for k in range(4):
            azimuth = 26.0 + 9.5 * k
            low = float(BROW_FRAMING(np.array([azimuth]))[0])
            path = np.array(
                [
                    on_scalp(direction(side * azimuth, low + 5.0), 0.0026),
                    on_scalp(direction(side * (azimuth - 5.0), low - 0.5), 0.0026),
                    on_scalp(direction(side * (azimuth + 1.5), low - 4.5), 0.0022),
                    on_scalp(direction(side * (azimuth + 7.0), low - 3.0), 0.0018),
                ]
            )
            add_lock(mesh, path, 0.0036, 0.0014, number + 2 * k + (side > 0), rings=9, sides=4, outline=0.25, slot=slot)
