"""Braids, twists and locs: tubes whose cross-section turns as their strands cross."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.renderer.parts.hair.scalp import BROW_FRAMING, HAIRLINE, Line, angles, falling, strand_seed
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, ball, curve, interpolate, sweep, unit


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
    n = rings or max(8, min(23, int(length / pitch * 2.6)))
    line = curve(path, n)
    t = np.linspace(0, 1, n)
    phase = 2 * np.pi * t * length / pitch
    # Each crossing bulges to one side, then to the other.
    bulge = 1 + depth * np.abs(np.sin(phase / 2))
    taper = interpolate(t, [0, 0.06, 0.92, 1], [0.5, 1.0, tip, tip * 0.35])
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
                    random=strand_seed(number),
                    outline=0.5,
                )
            )


CROWN_DEG = 89.0
"""Elevation at which the uppermost ring's ropes have their roots: they meet on the crown and leave no patch on it."""


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
    sides: int = 5,
) -> None:
    """Ropes from rings of the scalp at the given elevations, parted in the middle, falling round the face."""
    count = 0
    for row, elevation in enumerate(rings_deg):
        step = each / max(0.35, np.cos(np.radians(min(80.0, elevation))))
        azimuths = np.arange(max(front, step * (0.5 if row % 2 else 0.28)), 180.0, step)
        if 180.0 - azimuths[-1] > 0.6 * step:  # no bare stripe behind
            azimuths = np.append(azimuths, 180.0)
        for azimuth in azimuths:
            for side in (1.0, -1.0) if azimuth < 179.0 else (1.0,):
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
                    CROWN_DEG if row == len(rings_deg) - 1 else elevation,
                    long,
                    lift=lift,
                    swing=swing,
                    early=4.5,
                    count=12,
                    clear=0.008 + radius + 0.003 * (count % 3),
                    hug=0.5,
                    rise=4 if row else 1,
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
                    sides=sides,
                    cuff=cuffs > 0 and count % cuffs == 0,
                )
    _add_front_ropes(
        mesh,
        length,
        radius=radius,
        strands=strands,
        pitch=pitch,
        depth=depth,
        number=number + 500,
        sway=sway,
        jag=jag,
        slot=slot,
        sides=sides,
    )


def _add_front_ropes(
    mesh: Mesh,
    length: float,
    *,
    radius: float,
    strands: int,
    pitch: float,
    depth: float,
    number: int,
    sway: float,
    jag: float,
    slot: str,
    sides: int,
) -> None:
    """From the hairline in front ropes lie back, then fall behind the ear: no bare patch, none in the eyes."""
    for k, azimuth in enumerate((5.0, 16.0, 27.0, 38.0)):
        for side in (1.0, -1.0):
            n = number + 2 * k + (side > 0)
            seed = strand_seed(n)
            lift = radius + 0.0085
            back = (
                (0.0, float(BROW_FRAMING(np.array([azimuth]))[0]) + 2.0),
                (11.0 + 3 * k, 47.0),
                (26.0 + 8 * k, 55.0 - k),
                (50.0 + 9 * k, 49.0 - 4 * k),
            )
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
                sides=sides,
            )


def add_beads(mesh: Mesh, path: Array, radius: float, number: int, *, count: int = 3, sway: float = 0.5) -> None:
    """Wooden beads of three colours on the last centimetres of a braid along `path` (k, 3)."""
    line = curve(path, 60)
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    for k in range(count):
        from_end = 0.006 + 2.1 * radius * k
        at = int(np.clip(np.searchsorted(steps, steps[-1] - from_end), 1, 58))
        loose = sway * (at / 59.0) ** 1.6
        slot = ("outfit_trim", "metal", "white")[(number + k) % 3]
        bead = ball(
            line[at], (radius * 1.25, radius, radius * 1.25), slot=slot, sides=6, rings=4, outline=0.5, sway=loose
        )
        bead.random[:] = strand_seed(number)
        mesh.add(bead)


def lying_row(
    roll_deg: float, *, line: Line = HAIRLINE, lift: float = 0.0050, stop_deg: float = 150.0, nape: bool = True
) -> Array:
    """A row over the head from the hairline to the nape, (k, 3): 0 runs over the crown, 90 along the left side.

    Rows are great circles through a point below the forehead and its opposite, so that they close up towards both.
    """
    front, top, side = direction(0.0, -12.0), direction(0.0, 78.0), np.array([1.0, 0.0, 0.0])
    roll = np.radians(roll_deg)
    up = top * np.cos(roll) + side * np.sin(roll)
    angle = np.radians(np.arange(6.0, stop_deg + 1, 1.5))
    ways = front * np.cos(angle)[:, None] + up * np.sin(angle)[:, None]
    azimuth, elevation = angles(CENTRE + ways)
    ways = ways[int(np.argmax(elevation > line(azimuth) + 1.5)) :][::6]
    if nape:
        end = np.sign(roll_deg) * (180.0 - 0.34 * abs(roll_deg)) if roll_deg else 180.0
        last = float(line(np.array([end]))[0])
        goal = direction(end, last + 3.0)
        share = np.linspace(0, 1, 8)[1:, None]
        ways = np.vstack([ways, unit(ways[-1] * (1 - share) + goal * share)])
    return on_scalp(ways, lift)
