"""Tied, knotted and pinned styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.bundles import add_bun, add_pulled_back, add_tail, add_tie
from services.renderer.parts.hair.fringes import add_fringe, add_fringe_run
from services.renderer.parts.hair.locks import add_lock, add_scalp_shadow
from services.renderer.parts.hair.scalp import HAIRLINE, UNDERCUT, cap, falling
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Mesh, unit


def _ponytail_high(mesh: Mesh) -> None:
    way = direction(180, 52)
    base = on_scalp(way, 0.012)
    add_pulled_back(mesh, base)
    add_tie(mesh, base + way * 0.014, unit(way + np.array([0, 0.2, 0])), 0.020)
    add_tail(mesh, base + way * 0.018, unit(way + np.array([0, -0.10, -0.35])), 0.47, locks=11)
    add_fringe(mesh, "wispy")
    for side in (1.0, -1.0):
        add_lock(
            mesh,
            falling(side * 64, 24, 0.185, lift=0.014, count=9, out=0.008),
            0.0115,
            0.005,
            770 + (side > 0),
            sway=0.35,
        )


def _ponytail_low(mesh: Mesh) -> None:
    way = direction(180, -30)
    base = on_scalp(way, 0.016)
    add_pulled_back(mesh, base)
    add_tie(mesh, base + np.array([0, -0.006, -0.012]), unit(np.array([0, -0.7, -0.7])), 0.018)
    add_tail(
        mesh,
        base + np.array([0, -0.008, -0.014]),
        unit(np.array([0, -0.35, -1.0])),
        0.40,
        locks=9,
        spread=0.036,
        width=0.023,
    )


def _low_bun(mesh: Mesh) -> None:
    way = direction(180, -24)
    base = on_scalp(way, 0.012)
    add_pulled_back(mesh, base)
    add_bun(mesh, base + way * 0.034, 0.043, way, 820)
    ends = ((-44, 0.105), (-31, 0.126), (-17, 0.142), (-3, 0.150))
    add_fringe_run(mesh, ends, width=0.021, origin=22.0, sweeps_deg=[-6], root=60, lifts=[0.016])
    for side in (1.0, -1.0):
        add_lock(
            mesh,
            falling(side * 66, 22, 0.165, lift=0.013, count=8, wave=0.006),
            0.0095,
            0.0045,
            770 + (side > 0),
            sway=0.3,
        )


def _space_buns(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.012, edge=0.002))
    for side in (1.0, -1.0):
        way = direction(side * 58, 48)
        base = on_scalp(way, 0.010)
        add_tie(mesh, base + way * 0.008, way, 0.027)
        add_bun(mesh, base + way * 0.038, 0.045, way, 820 + int(side * 20))
        for k, azimuth in enumerate(np.arange(20.0, 181.0, 20.0)):
            start = direction(side * azimuth, float(HAIRLINE(np.array([azimuth]))[0]) + 4)
            near = unit(start * 0.35 + way)
            path = np.array(
                [on_scalp(start, 0.005), on_scalp(unit(start * 1.2 + way * 0.6), 0.0135), on_scalp(near, 0.014)]
            )
            add_lock(mesh, path, 0.023, 0.0065, 560 + 2 * k + (side > 0), rings=8, root=0.75, tip=0.4, outline=0.7)
        add_lock(
            mesh,
            falling(side * 63, 26, 0.215, lift=0.015, count=9, out=0.006),
            0.0135,
            0.006,
            770 + (side > 0),
            sway=0.4,
        )
    add_fringe(mesh, "wispy")


def _top_knot(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0030)
    way = direction(180, 80)
    base = on_scalp(way, 0.010)
    mesh.add(cap(UNDERCUT, 0.010, edge=0.004))
    for k, azimuth in enumerate(np.arange(-170.0, 181.0, 16.0)):
        start = direction(azimuth, float(UNDERCUT(np.array([azimuth]))[0]) + 2)
        near = unit(start * 0.3 + way)
        path = np.array([on_scalp(start, 0.006), on_scalp(unit(start + way * 0.6), 0.0135), on_scalp(near, 0.0150)])
        add_lock(mesh, path, 0.022, 0.0062, 540 + k, rings=8, root=0.8, tip=0.4, outline=0.7)
    add_tie(mesh, base + way * 0.007, way, 0.019)
    add_bun(mesh, base + way * 0.032, 0.038, way, 820)


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "ponytail_high": _ponytail_high,
    "ponytail_low": _ponytail_low,
    "low_bun": _low_bun,
    "space_buns": _space_buns,
    "top_knot": _top_knot,
}
