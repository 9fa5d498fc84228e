"""Braided, twisted and locked styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.locks import add_scalp_shadow
from services.renderer.parts.hair.ropes import add_hanging_ropes, add_rope
from services.renderer.parts.hair.scalp import HAIRLINE, cap, strand_seed
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Mesh, interpolate, sweep, unit


def _box_braids(mesh: Mesh, length: float, cuffs: int) -> None:
    mesh.add(cap(HAIRLINE, 0.0058, slot="hair_matte", edge=0.0015, rows=14))
    add_hanging_ropes(
        mesh,
        length,
        radius=0.0070,
        rings_deg=(14, 34, 52, 68),
        strands=3,
        pitch=0.0215,
        depth=0.26,
        number=2000,
        each=21.5,
        cuffs=cuffs,
        jag=0.06,
    )


def _cornrows(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0030)
    for k in range(-5, 6):
        points = []
        for t in np.linspace(0, 1, 12):
            # Rows run from the forehead over the crown to the nape, closer together at both ends.
            angle = np.radians(28 + 192 * t)
            off = k * (0.0165 + 0.0030 * np.sin(np.pi * t)) * (0.95 + 0.05 * np.cos(angle))
            way = unit(
                np.array(
                    [
                        off / 0.100 * (1.0 if t < 0.75 else 1.0 - (t - 0.75) * 1.1),
                        np.sin(angle) * (1 - 0.10 * abs(k) / 5),
                        np.cos(angle),
                    ]
                )
            )
            points.append(on_scalp(way, 0.0050))
        add_rope(
            mesh, np.array(points), 0.0073, 2000 + k, strands=2, pitch=0.0120, depth=0.30, sway=0.0, rings=46, tip=0.85
        )
        tail = points[-1]
        drop = np.array(
            [
                tail + (0, 0.004, 0.002),
                tail + (0, -0.018, -0.004),
                tail + (0, -0.045, -0.002),
                tail + (0, -0.075, 0.004),
            ]
        )
        add_rope(mesh, drop, 0.0062, 2100 + k, strands=3, pitch=0.0125, depth=0.28, sway=0.25, tip=0.7, cuff=k % 3 == 0)


def _twists_chin(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0090, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.225,
        radius=0.0098,
        rings_deg=(16, 36, 54, 70),
        strands=2,
        pitch=0.0205,
        depth=0.34,
        number=2300,
        each=21.5,
        sway=0.4,
        jag=0.12,
        front=28,
    )


def _locs_shoulder(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0080, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.325,
        radius=0.0095,
        rings_deg=(14, 34, 54, 70),
        strands=0,
        pitch=0.030,
        depth=0.16,
        number=2500,
        each=17.5,
        sway=0.5,
        jag=0.20,
        cuffs=9,
        front=36,
    )


def _bantu_knots(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0050, slot="hair_matte", edge=0.0015, rows=14))
    places = [
        (0, 47),
        (42, 37),
        (-42, 37),
        (82, 28),
        (-82, 28),
        (122, 18),
        (-122, 18),
        (162, 14),
        (-162, 14),
        (34, 68),
        (-34, 68),
        (108, 58),
        (-108, 58),
        (180, 54),
        (145, -12),
        (-145, -12),
    ]
    for k, (azimuth, elevation) in enumerate(places):
        way = direction(azimuth, elevation)
        base = on_scalp(way, 0.003)
        side = unit(np.cross(way, np.array([0.1, 0.3, 1.0])))
        other = np.cross(side, way)
        turn = np.linspace(0, 2 * np.pi * 3.1, 34)
        t = np.linspace(0, 1, 34)
        radius = 0.0185 * (1 - 0.78 * t)
        path = (
            base
            + way * (0.004 + 0.030 * t)[:, None]
            + radius[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other)
        )
        mesh.add(
            sweep(
                path,
                interpolate(t, [0, 0.7, 1], [0.0078, 0.0074, 0.0040]),
                interpolate(t, [0, 0.7, 1], [0.0078, 0.0074, 0.0040]),
                up=way,
                sides=6,
                slot="hair_matte",
                random=strand_seed(k),
                caps=(False, True),
                outline=0.8,
                sphere=base + way * 0.01,
            )
        )


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "box_braids_long": lambda mesh: _box_braids(mesh, 0.50, 7),
    "box_braids_bob": lambda mesh: _box_braids(mesh, 0.245, 0),
    "cornrows": _cornrows,
    "twists_chin": _twists_chin,
    "locs_shoulder": _locs_shoulder,
    "bantu_knots": _bantu_knots,
}
