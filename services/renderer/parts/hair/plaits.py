"""Plaits of three strands: lobes that cross from both sides, one over the other."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.hair.bundles import add_tie
from services.renderer.parts.hair.locks import add_lock, lock
from services.renderer.parts.hair.scalp import strand_seed
from services.renderer.parts.mesh import Array, Mesh, curve, frames, interpolate, sweep, unit


def add_plait(
    mesh: Mesh,
    path: Array,
    radius: float,
    number: int,
    *,
    outwards: Array,
    sway: float = 0.8,
    tail: float = 0.055,
    taper: float = 0.62,
    free: float = 0.0,
    slot: str = "hair",
) -> None:
    """A plait along the curve through `path` (k, 3), tied at its end with a brush of `tail` metres.

    Args:
        mesh: Where it goes.
        path: From root to tie.
        radius: Half width, metres.
        number: Counter of its lobes.
        outwards: The side that is seen, (3,) or one per point of `path`.
        sway: Looseness at the tie; 0 for a plait that lies on the head.
        free: Share of its length at which it leaves the head.
        tail: Length of the brush, metres; 0 for none.
        taper: Width at the tie as a share of the width at the root.
        slot: Colour slot.
    """
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    count = max(6, round(length / (radius * 0.82)))
    line = curve(path, 2 * count + 5)
    seen = np.broadcast_to(outwards, line.shape) if np.ndim(outwards) == 1 else unit(curve(outwards, len(line)))
    _, side, normal = frames(line, seen)

    def loose(along: Array) -> Array:
        return np.asarray(sway * np.clip((along - free) / (1 - free), 0, 1) ** 1.6)

    share = np.linspace(0, 1, len(line))
    thin = radius * interpolate(share, [0, 0.12, 1], [0.6, 0.7, 0.7 * taper])
    core = sweep(line, thin, 0.7 * thin, up=seen, sides=6, slot=slot, sway=loose(share), outline=0.6, shade=0.4)
    mesh.add(core)  # no gap lets light through
    for k in range(count):
        left = 1.0 if k % 2 else -1.0
        at = 2 * k
        r = radius * float(interpolate(at / (2 * count), [0, 0.12, 1], [0.86, 1.0, taper]))
        points = np.array(
            [
                line[at] + left * 0.42 * r * side[at] - 0.35 * r * normal[at],
                line[at + 1] + left * 0.95 * r * side[at + 1] + 0.10 * r * normal[at + 1],
                line[at + 2] + left * 0.72 * r * side[at + 2] + 0.55 * r * normal[at + 2],
                line[at + 3] + left * 0.10 * r * side[at + 3] + 0.62 * r * normal[at + 3],
                line[at + 4] - left * 0.40 * r * side[at + 4] + 0.15 * r * normal[at + 4],
            ]
        )
        patch = lock(
            points,
            0.70 * r,
            0.56 * r,
            rings=6,
            sides=5,
            number=strand_seed(number + k),
            root=0.55,
            belly=0.5,
            tip=0.35,
            up=normal[at + 2],
            slot=slot,
            outline=0.8,
        )
        patch.sway = loose((k + 1.6 * patch.uv[:, 1]) / (count + 0.6))
        mesh.add(patch)
    if tail <= 0:
        return
    end, way = line[-1], unit(line[-1] - line[-4])
    add_tie(mesh, end, way, radius * taper * 0.72, sway=sway)
    for k in range(5):
        turn = 2 * np.pi * k / 5
        off = np.cos(turn) * side[-1] + np.sin(turn) * normal[-1]
        down = unit(way + np.array([0.0, -0.5, 0.0]))
        brush = end + np.array(
            [
                0 * way,
                0.30 * tail * way + 0.55 * radius * off,
                0.7 * tail * down + 0.5 * radius * off,
                tail * down + 0.1 * radius * off,
            ]
        )
        add_lock(
            mesh,
            brush,
            radius * 0.52,
            radius * 0.42,
            number + 60 + k,
            rings=7,
            sides=5,
            root=0.6,
            tip=0.05,
            up=off,
            slot=slot,
        )
        mesh.patches[-1].sway[:] = sway
