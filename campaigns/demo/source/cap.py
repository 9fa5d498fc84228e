"""Models the band's cap, `parts/sorbet_cap.glb`: the library's snapback with a sorbet in neon tubes on its front.

    python campaigns/demo/source/cap.py

A part of a campaign's own may come from any tool that writes glTF; this one goes on from a part of the library, as
`fancam library export --part headwear/snapback` gives it to other tools. The tubes are painted by the colours
`jewellery` (the cone) and `gem` (the scoops) of whoever wears it.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from services.renderer.parts.glb import write_glb
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.headwear import build_headwear
from services.renderer.parts.mesh import Array, Mesh, curve, sweep

TARGET = Path(__file__).resolve().parents[1] / "parts" / "sorbet_cap.glb"

EXTRAS = {
    "group": "headwear",
    "title": "Neon Sorbet cap",
    "tags": {"type": "snapback"},
    "colors": ["headwear", "jewellery", "gem"],
    "covers": "crown",
    "mask": {"hair": "tuck", "brim": [1.5, 0.24], "off": 0.014},
}

TUBE_M = 0.0030

CONE = [(-9.5, 47.5), (9.5, 47.5), (0.0, 33.0)]
"""Corners in degrees as seen from the head's centre: to the avatar's left, and up."""

WAFFLE = [[(-4.6, 47.0), (2.6, 37.2)], [(4.6, 47.0), (-2.6, 37.2)]]


def front(elevation: Array) -> Array:
    """How far off the scalp a tube lies that is sunk into the front panel by a third, metres; degrees in."""
    cloth = 0.0267 + 0.006 * elevation / 90 + 0.012 * np.clip((elevation - 20) / 30, 0, 1)
    return np.asarray(cloth + TUBE_M / 3)


def tube(points: list[tuple[float, float]], slot: str, *, closed: bool = False, fine: int = 1) -> Mesh:
    """A tube on the cap's front through points in degrees; `fine` times as many rings, on a smooth curve."""
    way = np.array([*points, *([points[0], points[1]] if closed else [])], np.float64)
    if fine > 1:
        way = curve(np.hstack([way, np.zeros((len(way), 1))]), fine * len(way))[:, :2]
    else:  # corners stay corners, and long sides follow the cloth
        way = np.concatenate([np.linspace(a, b, 7)[:-1] for a, b in itertools.pairwise(way)] + [way[-1:]])
    places = on_scalp(direction(way[:, 0], way[:, 1]), front(way[:, 1]))
    mesh = Mesh()
    out = direction(way[:, 0], way[:, 1])
    mesh.add(sweep(places, TUBE_M, TUBE_M, up=out, sides=5, slot=slot, caps=(True, True), outline=0.35))
    return mesh


def scoops() -> list[tuple[float, float]]:
    """The outline of the ice: three bows below, a round top."""
    across = np.linspace(-10.5, 10.5, 19)
    bows = [(float(x), float(49.6 - 2.0 * abs(np.sin((x / 21 + 0.5) * 3 * np.pi)))) for x in across]
    top = [(float(10.5 * np.cos(a)), float(50.0 + 13.0 * np.sin(a))) for a in np.radians(np.linspace(12, 168, 13))]
    return [*bows, *top, bows[0]]


def cap() -> Mesh:
    """The snapback and its sign."""
    mesh = build_headwear("snapback")
    mesh.extend(tube(CONE, "metal", closed=True))
    for line in WAFFLE:
        mesh.extend(tube(line, "metal"))
    mesh.extend(tube(scoops(), "gem", fine=2))
    mesh.extend(tube([(-5.6, 53.6), (-3.6, 57.0), (0.2, 58.4)], "gem", fine=4))
    mesh.extras |= EXTRAS
    return mesh


def main() -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(write_glb(cap(), TARGET.stem, ()))


if __name__ == "__main__":
    main()
