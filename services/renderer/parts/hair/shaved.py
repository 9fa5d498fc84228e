"""Bald, shaved and closely cropped heads: stubble, fades in steps towards the skin, shaved lines, bare crowns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.coils import add_coily_cloud, add_tufts
from services.renderer.parts.hair.locks import (
    add_combed_back,
    add_combed_sides,
    add_fade,
    add_lock,
    add_scalp_shadow,
    add_tapered,
)
from services.renderer.parts.hair.scalp import (
    BROW_FRAMING,
    FADE_HIGH,
    FADE_LOW,
    RECEDING,
    WIDOWS_PEAK,
    WREATH,
    cap,
    noise,
    over_crown,
    spread_over,
    strand_seed,
)
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, sweep, unit


def _bald(mesh: Mesh) -> None:
    del mesh


def _buzz(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    mesh.add(cap(lambda a: BROW_FRAMING(a) + 2.0, 0.0042, slot="hair_matte", edge=0.0012, rows=14, columns=52))


def _buzz_lines(mesh: Mesh) -> None:
    """A buzz cut with a fade and two lines shaved into its left side."""
    add_fade(mesh, FADE_LOW, 0.0044)
    turn = np.linspace(50, 132, 17)
    for low in (12.0, 20.0):
        high = low + 8.0 * np.sin((turn - 50) / 82 * np.pi)
        path = on_scalp(direction(turn, high), 0.0046)
        mesh.add(sweep(path, 0.0021, 0.0010, up=direction(turn, high), sides=6, slot="scalp_fade", outline=0.0))


def _crew_cut(mesh: Mesh) -> None:
    """Short all over, a little longer on top, brushed up at the front."""
    add_tapered(mesh, 0.0120, "hair_matte")
    for row, back in enumerate((20.0, 37.0, 51.0, 66.0, 82.0, 99.0, 117.0)):
        for k in range(9):
            across = -0.060 + 0.015 * k + 0.0075 * (row % 2)
            n = 500 + 20 * row + k
            seed = strand_seed(n)
            away = abs(across) / 0.07
            begin = back + (13.0 * away * away if row == 0 else 4.0 * away)
            high = (0.0225 - 0.0015 * row) * (1.0 - 0.35 * away * away) * (0.85 + 0.3 * seed)
            path = np.array(
                [
                    over_crown(begin, across, 0.004 if row == 0 else 0.009),
                    over_crown(begin + 4.0, across, high * 0.72),
                    over_crown(begin + 13.0, across + 0.004 * (seed - 0.5), high),
                    over_crown(begin + 24.0, across + 0.010 * (seed - 0.5), high * 0.92),
                ]
            )
            add_lock(mesh, path, 0.0105, 0.0058, n, rings=6, sides=5, root=0.8, belly=0.35, tip=0.08, outline=0.7)


def _flat_top(mesh: Mesh) -> None:
    """Clipped level on top, sides faded high."""
    add_fade(mesh, FADE_HIGH, 0.0080, slot="hair")
    level = 1.6080
    for row, back in enumerate(np.linspace(33.0, 122.0, 9)):
        for k in range(11):
            across = -0.060 + 0.012 * k + 0.006 * (row % 2)
            n = 500 + 20 * row + k
            root = over_crown(back, across, 0.003)
            height = level - root[1] + 0.004 * (strand_seed(n) - 0.5)
            lean = (root - CENTRE) * np.array([0.10, 0.0, 0.13])
            if height < 0.008:
                continue
            path = np.array([root, root + 0.5 * lean + (0, 0.55 * height, 0), root + lean + (0, height, 0)])
            add_lock(
                mesh,
                path,
                0.0105,
                0.0095,
                n,
                rings=5,
                sides=5,
                root=0.9,
                belly=0.5,
                tip=0.45,
                outline=0.6,
                up=(0, 0, 1.0),
            )


def _coily_cropped(mesh: Mesh) -> None:
    add_fade(mesh, FADE_LOW, 0.0040)
    mesh.add(
        cap(
            lambda a: np.maximum(FADE_LOW(a), BROW_FRAMING(a)) + 2.0,
            0.0115,
            slot="hair_matte",
            edge=0.003,
            rows=20,
            columns=56,
            bumps=lambda p: 0.0034 * noise(p, 0.0098, 7) + 0.0016 * noise(p, 0.0055, 8),
        )
    )
    azimuth, elevation = spread_over(90, lambda a: FADE_LOW(a) + 7)
    ways = direction(azimuth, elevation)
    add_tufts(mesh, on_scalp(ways, 0.0085), ways, 0.0058, 900, sway=0.0)


def _waves(mesh: Mesh) -> None:
    """Brushed waves that ring the crown, faded low; the ripples are relief."""
    add_fade(mesh, FADE_LOW, 0.0044)
    whorl = direction(180, 62)

    def ripples(points: Array) -> Array:
        away = np.degrees(np.arccos(np.clip(unit(points - CENTRE) @ whorl, -1, 1)))
        return np.asarray(0.0020 * np.cos(2 * np.pi * (away / 10.5 + 0.16 * noise(points, 0.03, 4))))

    line = lambda a: np.maximum(FADE_LOW(a), BROW_FRAMING(a)) + 3.0
    mesh.add(cap(line, 0.0068, slot="hair_matte", edge=0.0022, rows=44, columns=64, bumps=ripples))


def _curls_high_fade(mesh: Mesh) -> None:
    """Curls on top, sides faded high."""
    add_fade(mesh, FADE_HIGH, 0.0120)
    thick = lambda a, e: 0.0180 + 0.0200 * np.clip(e / 90, 0, 1) + 0 * a
    add_coily_cloud(mesh, lambda a: FADE_HIGH(a) + 3.0, thick, tufts=72, size=0.0150, edge=0.0060, bump=0.0070)
    at = np.arange(-40.0, 41.0, 10.0)
    out = direction(at, FADE_HIGH(at) + 6.0)
    add_tufts(mesh, on_scalp(out, 0.012), unit(out + np.array([0, -0.25, 0.35])), 0.0155, 1500)


def _receding(mesh: Mesh) -> None:
    """Short hair combed back from receded temples."""
    add_scalp_shadow(mesh, lambda a: RECEDING(a) - 3.0, 0.0014)
    mesh.add(cap(RECEDING, 0.0080, edge=0.0014, rows=16, columns=72, ramp=4.0))
    rows = ((42.0, 52.0, 0.0145), (62.0, 50.0, 0.0140), (84.0, 48.0, 0.0130), (106.0, 44.0, 0.0125))
    add_combed_back(
        mesh, rows, line=RECEDING, half=0.056, columns=9, width=0.0125, thickness=0.0055, lean=0.004, rise=0.6
    )
    add_combed_sides(mesh)


def _widows_peak(mesh: Mesh) -> None:
    """Combed straight back from a widow's peak."""
    mesh.add(cap(WIDOWS_PEAK, 0.0085, edge=0.0012, rows=18, columns=72, ramp=4.0))
    rows = ((22.0, 84.0, 0.0185), (54.0, 80.0, 0.0175), (92.0, 74.0, 0.0150))
    add_combed_back(mesh, rows, line=WIDOWS_PEAK, columns=11, width=0.0125, thickness=0.0064, lean=0.0, rise=0.7)
    add_combed_sides(mesh, lift=0.0095)


def _wreath(mesh: Mesh) -> None:
    """Hair over the ears and at the nape, the crown bare."""

    def top(azimuth: Array) -> Array:
        return 20.0 + 0.08 * np.abs(azimuth)

    mesh.add(cap(WREATH, 0.0016, slot="scalp_fade", edge=0.0006, outline=0.0, columns=72, top=lambda a: top(a) + 7.0))
    mesh.add(cap(WREATH, 0.0100, edge=0.0022, rows=14, columns=72, ramp=3.0, top=top))
    add_combed_sides(mesh, top=16.0, lift=0.0125)


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "bald": _bald,
    "buzz": _buzz,
    "buzz_lines": _buzz_lines,
    "crew_cut": _crew_cut,
    "flat_top": _flat_top,
    "coily_cropped": _coily_cropped,
    "waves_fade": _waves,
    "curls_high_fade": _curls_high_fade,
    "receding_short": _receding,
    "widows_peak": _widows_peak,
    "wreath": _wreath,
}
