"""Braids, twists and locs: tubes whose cross-section turns as their strands cross."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.renderer.parts.hair.scalp import HAIRLINE, falling, strand_seed
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, curve, interpolate, sweep, unit


def add_rope(
    mesh: Mesh,
    path: Array,
    radius: float,
    number: int,
    *,
    strands: int = 3,
    pitch: float = 0.016,
    sway: float = 0.7,
    slot: str = "hair_matte",
    tip: float = 0.75,
    depth: float = 0.24,
    rings: int | None = None,
    sides: int = 5,
    cuff: bool = False,
) -> None:
    """A braid, twist or loc: a tube whose cross-section turns as the strands cross."""
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    n = rings or max(8, min(29, int(length / pitch * 2.6)))
    line = curve(path, n)
    t = np.linspace(0, 1, n)
    phase = 2 * np.pi * t * length / pitch
    # Each crossing bulges to one side, then to the other.
    bulge = 1 + depth * np.abs(np.sin(phase / 2))
    taper = interpolate(t, [0, 0.06, 0.92, 1], [0.85, 1.0, tip, tip * 0.35])
    away = unit(line - np.stack([np.zeros(n), np.minimum(line[:, 1], CENTRE[1]), np.full(n, CENTRE[2])], axis=1))
    lobes = (lambda a, f: 1 + depth * 0.55 * np.cos(strands / 2 * a - np.interp(f, t, phase))) if strands else None
    mesh.add(
        sweep(
            line,
            radius * bulge * taper,
            radius * bulge * taper * 0.92,
            up=away,
            sides=sides,
            slot=slot,
            random=strand_seed(number),
            sway=sway * t**1.6,
            outline=0.75,
            shape=lobes,
            sphere=None,
        )
    )
    if cuff:
        at = int(n * (0.72 + 0.12 * strand_seed(number + 5)))
        piece = line[at : at + 3]
        if len(piece) == 3:
            mesh.add(
                sweep(
                    piece,
                    radius * 1.45,
                    radius * 1.4,
                    up=away[at : at + 3],
                    sides=7,
                    slot="metal",
                    sway=sway * t[at : at + 3] ** 1.6,
                    outline=0.5,
                )
            )


def add_hanging_ropes(
    mesh: Mesh,
    length: float,
    *,
    radius: float,
    rings_deg: Sequence[float],
    strands: int,
    pitch: float,
    depth: float,
    number: int,
    each: float = 15.0,
    front: float = 40.0,
    sway: float = 0.7,
    jag: float = 0.1,
    cuffs: int = 0,
    slot: str = "hair_matte",
    parting: float = 6.0,
) -> None:
    """Ropes from rings of the scalp at the given elevations, parted in the middle, falling round the face."""
    count = 0
    for row, elevation in enumerate(rings_deg):
        step = each / max(0.35, np.cos(np.radians(min(80.0, elevation))))
        for azimuth in np.arange(max(front, step * (0.5 if row % 2 else 0.28)), 180.0, step):
            for side in (1.0, -1.0):
                if float(HAIRLINE(np.array([azimuth]))[0]) > elevation - 12 * (azimuth < 45):
                    continue
                count += 1
                n = number + count
                seed = strand_seed(n)
                # From the front, ropes swing back and to the side of the face.
                swing = max(0.0, front + 22 + 26 * seed - azimuth) * side
                long = length * (1 - jag * seed) * (1.0 - 0.04 * row)
                lift = 0.008 + 0.0050 * row + radius
                path = falling(
                    side * (azimuth + parting * 0.2),
                    elevation,
                    long,
                    lift=lift,
                    swing=swing,
                    early=4.5,
                    count=12,
                    clear=0.008 + radius + 0.003 * (count % 3),
                    hug=0.5,
                )
                add_rope(
                    mesh,
                    path,
                    radius * (0.92 + 0.16 * seed),
                    n,
                    strands=strands,
                    pitch=pitch,
                    depth=depth,
                    sway=sway,
                    slot=slot,
                    cuff=cuffs > 0 and count % cuffs == 0,
                )
    # From the front hairline ropes lie back over the top, then fall behind the ear: no bare patch, none in the eyes.
    for k, azimuth in enumerate((5.0, 16.0, 27.0, 38.0)):
        for side in (1.0, -1.0):
            n = number + 500 + 2 * k + (side > 0)
            seed = strand_seed(n)
            lift = radius + 0.0085
            back = ((0.0, 32.5), (11.0 + 3 * k, 47.0), (26.0 + 8 * k, 55.0 - k), (50.0 + 9 * k, 49.0 - 4 * k))
            over = [
                on_scalp(direction(side * (azimuth + turn), high), lift * (0.55 if m == 0 else 1.0))
                for m, (turn, high) in enumerate(back)
            ]
            fall = falling(
                side * (azimuth + back[-1][0] + 14.0),
                back[-1][1] - 9.0,
                length * (0.84 - jag * seed),
                lift=lift + 0.004,
                count=10,
                clear=0.010 + radius,
                hug=0.5,
            )
            add_rope(
                mesh,
                np.vstack([over, fall[1:]]),
                radius * (0.92 + 0.16 * seed),
                n,
                strands=strands,
                pitch=pitch,
                depth=depth,
                sway=sway,
                slot=slot,
            )
