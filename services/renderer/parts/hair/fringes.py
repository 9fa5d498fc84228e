"""Fringes by tag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.renderer.parts.hair.locks import add_lock
from services.renderer.parts.hair.scalp import clear_of_head
from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Mesh


def add_fringe_lock(
    mesh: Mesh,
    azimuth: float,
    low_y: float,
    number: int,
    *,
    root: float = 68.0,
    width: float = 0.020,
    sweep_deg: float = 0.0,
    lift: float = 0.017,
    origin: float | None = None,
    sway: float = 0.12,
    tip: float = 0.03,
) -> None:
    """One lock of a fringe: from the crown over the forehead down to `low_y` metres above the chin."""
    start = azimuth * 0.55 if origin is None else origin
    high = on_scalp(direction(start, root), lift * 0.6)
    points = [high]
    for t in np.linspace(0, 1, 6)[1:]:
        a = start + (azimuth + sweep_deg - start) * t**0.8
        y = high[1] + (CHIN_Y + low_y - high[1]) * t**1.25
        # At that height, stand off the skin.
        e = np.degrees(np.arctan2(y - CENTRE[1], 0.092))
        at = on_scalp(direction(a, e), lift * (1 - 0.25 * t**3))
        points.append(np.array([at[0], y if t > 0.5 else at[1] * 0.5 + y * 0.5, at[2]]) if t > 0.3 else at)
    add_lock(
        mesh,
        clear_of_head(np.array(points), 0.0070),
        width,
        0.0075,
        number,
        rings=9,
        sway=sway,
        root=0.62,
        belly=0.42,
        tip=tip,
    )


def add_fringe_run(
    mesh: Mesh,
    ends: Sequence[tuple[float, float]],
    number: int = 300,
    *,
    lower: float = 0.0,
    lifts: Sequence[float] = (0.017,),
    sweeps_deg: Sequence[float] = (0.0,),
    **shape: Any,
) -> None:
    """Fringe locks side by side, one per (azimuth, metres above the chin); lifts and sweeps take turns."""
    for k, (azimuth, low_y) in enumerate(ends):
        lift, sweep_deg = lifts[k % len(lifts)], sweeps_deg[k % len(sweeps_deg)]
        add_fringe_lock(mesh, azimuth, low_y - lower, number + k, lift=lift, sweep_deg=sweep_deg, **shape)


def add_fringe(mesh: Mesh, kind: str, *, lower: float = 0.0) -> None:
    """Fringes by tag: blunt, curtain, side, wispy."""
    if kind == "blunt":
        ends = [(a, 0.126 + 0.003 * (k % 2)) for k, a in enumerate((-50, -37, -24.5, -12.5, 0, 12.5, 24.5, 37, 50))]
        for k, (azimuth, low) in enumerate(ends):
            low_y = low - lower - 0.006 * (abs(azimuth) > 45)
            add_fringe_lock(mesh, azimuth, low_y, 300 + k, width=0.0195, tip=0.42)
        inner = [(azimuth, 0.133) for azimuth in (-43, -30.5, -18, -6, 6, 18, 30.5, 43)]
        add_fringe_run(mesh, inner, 320, lower=lower, width=0.0165, lifts=[0.0205], tip=0.30)
    elif kind == "curtain":
        for side in (1, -1):
            for k, (azimuth, low) in enumerate(((16, 0.150), (27, 0.131), (39, 0.110), (52, 0.084), (63, 0.060))):
                add_fringe_lock(
                    mesh,
                    side * azimuth,
                    low - lower,
                    300 + 2 * k + (side > 0),
                    width=0.0200,
                    origin=side * 4.0,
                    sweep_deg=side * 7,
                    root=63,
                    lift=0.020 - 0.001 * k,
                )
    elif kind == "side":
        over = ((-46, 0.098), (-33, 0.119), (-20, 0.131), (-7, 0.140), (6, 0.146), (18, 0.150))
        lifts = [0.0165 + 0.0012 * k for k in range(3)]
        add_fringe_run(mesh, over, lower=lower, width=0.0225, origin=24.0, sweeps_deg=[-6], root=62, lifts=lifts)
        back = ((38, 0.128), (51, 0.096), (61, 0.076))
        add_fringe_run(mesh, back, 312, lower=lower, width=0.0190, origin=26.0, sweeps_deg=[6], root=62, lifts=[0.0165])
    elif kind == "wispy":
        left = ((-47, 0.098), (-33, 0.121), (-21, 0.137), (-9, 0.127))
        right = ((3, 0.140), (15, 0.128), (28, 0.136), (41, 0.113), (52, 0.092))
        lifts = [0.0165 + 0.002 * k for k in range(2)]
        add_fringe_run(mesh, left + right, lower=lower, width=0.0150, lifts=lifts, sweeps_deg=[-6, 5, 8])
