"""Short styles of straight and wavy hair."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.fringes import add_fringe, add_fringe_lock, add_fringe_run
from services.renderer.parts.hair.locks import (
    add_combed_sides,
    add_crown,
    add_lock,
    add_scalp_shadow,
    add_short_base,
    add_short_sides,
    add_tapered,
)
from services.renderer.parts.hair.scalp import FADE_LOW, HAIRLINE, UNDERCUT, cap, falling, over_crown, strand_seed
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Mesh


def _bald(mesh: Mesh) -> None:
    del mesh


def _buzz(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0042, slot="hair_matte", edge=0.0012, rows=14, columns=52))


def _crop_fringe(mesh: Mesh) -> None:
    add_scalp_shadow(mesh)
    mesh.add(cap(FADE_LOW, 0.011, edge=0.003))
    add_crown(mesh, rows=3, length=0.070, lift=0.015, spike=0.006)
    ends = [(float(azimuth), 0.163 + 0.005 * (k % 3)) for k, azimuth in enumerate(np.linspace(-46, 46, 11))]
    lifts = [0.016 + 0.003 * k for k in range(2)]
    add_fringe_run(mesh, ends, width=0.0155, root=72, lifts=lifts, sweeps_deg=[8, -6, 3])
    add_short_sides(mesh, 0.075, length=0.036, width=0.0145)


def _side_part_short(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=3, length=0.105)
    add_fringe(mesh, "side", lower=-0.008)
    add_short_sides(mesh, 0.050)


def _two_block(mesh: Mesh) -> None:
    add_scalp_shadow(mesh, thickness=0.0030)
    mesh.add(cap(UNDERCUT, 0.018, edge=0.010))
    add_crown(mesh, rows=3, length=0.115, lift=0.023)
    for k, azimuth in enumerate(np.arange(70.0, 181.0, 14.0)):
        for side in (1.0, -1.0):
            n = 740 + 2 * k + (side > 0)
            add_lock(
                mesh,
                falling(side * azimuth, 46, 0.095 + 0.012 * strand_seed(n), lift=0.020, count=7),
                0.022,
                0.008,
                n,
                rings=8,
                sway=0.10,
            )
    add_fringe(mesh, "curtain", lower=-0.026)


def _pixie(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=3, length=0.095, lift=0.018)
    add_fringe(mesh, "side", lower=0.004)
    add_short_sides(mesh, 0.040, length=0.070, width=0.0155)
    for side in (1.0, -1.0):  # points before the ears
        path = falling(side * 66, 18, 0.105, lift=0.011, count=7, hug=0.2)
        add_lock(mesh, path, 0.013, 0.006, 780 + (side > 0), sway=0.1)


def _wavy_short(mesh: Mesh) -> None:
    add_short_base(mesh)
    for k in range(26):
        azimuth = -170 + 340 * strand_seed(k * 3 + 1)
        if abs(azimuth) < 55:
            continue
        elevation = 30 + 50 * strand_seed(k * 7 + 2)
        add_lock(
            mesh,
            falling(azimuth, elevation, 0.105, lift=0.020, wave=0.010, waves=1.5, phase=strand_seed(k), count=8),
            0.023,
            0.0095,
            520 + k,
            rings=10,
            sway=0.12,
        )
    lifts = [0.021 + 0.003 * k for k in range(2)]
    across = ((-50, 0.10), (-37, 0.122), (-24, 0.137), (-11, 0.145), (2, 0.150), (14, 0.153))
    add_fringe_run(mesh, across, lower=-0.004, width=0.021, origin=22.0, sweeps_deg=[-9, 5], lifts=lifts)
    behind = ((34, 0.136), (48, 0.108), (60, 0.085))
    add_fringe_run(mesh, behind, 306, lower=-0.004, width=0.021, origin=26.0, sweeps_deg=[-9, 5], lifts=lifts)
    add_short_sides(mesh, 0.05, length=0.060, width=0.018)


def _swept_back(mesh: Mesh) -> None:
    """Lifted off the forehead and combed back."""
    add_tapered(mesh)
    for row, (start, reach, lift) in enumerate(((23.0, 86.0, 0.027), (58.0, 80.0, 0.024), (96.0, 72.0, 0.019))):
        for k in range(9):
            across = -0.062 + 0.0155 * k + 0.006 * (row % 2)
            n = 500 + 20 * row + k
            seed = strand_seed(n)
            away = abs(across) / 0.07
            begin = start + (13.0 * away * away if row == 0 else 0.0)
            high = lift * (1.0 - 0.42 * away * away) * (0.9 + 0.2 * seed)
            far = reach * (0.9 + 0.2 * seed)
            lean = 0.008 + 0.006 * seed
            path = np.array(
                [
                    over_crown(begin, across, 0.0035 if row == 0 else 0.010),
                    over_crown(begin + 0.14 * far, across * 1.02 + lean * 0.3, high * 0.85),
                    over_crown(begin + 0.42 * far, across * 1.08 + lean * 0.7, high),
                    over_crown(begin + 0.75 * far, across * 1.08 + lean, high * 0.85),
                    over_crown(begin + far, across * 0.96 + lean, high * 0.55),
                ]
            )
            add_lock(mesh, path, 0.0150, 0.0078, n, rings=10, sway=0.06, root=0.62, belly=0.4, tip=0.10)
    add_combed_sides(mesh)


def _side_part_clean(mesh: Mesh) -> None:
    """Parted on the left, combed across, forehead free."""
    add_tapered(mesh)
    parting = 27.0
    for k, elevation in enumerate((27.0, 37.0, 48.0, 59.0, 70.0)):
        for layer in range(2):
            n = 500 + 2 * k + layer
            seed = strand_seed(n)
            lift = (0.0225 - 0.0018 * k) * (0.92 + 0.16 * seed) + 0.003 * layer
            turn = 1.0 + 0.34 * k  # from the crown, hair falls further round
            begin = parting + 12.0 * k + 5.0 * layer
            path = np.array(
                [
                    on_scalp(direction(begin, elevation + 3 * layer), 0.009),
                    on_scalp(direction(begin - 20 * turn, elevation + 11 - 1.6 * k), lift),
                    on_scalp(direction(begin - 50 * turn, elevation + 8 - 2.0 * k), lift),
                    on_scalp(direction(begin - 76 * turn, elevation - 5 - 1.0 * k), lift * 0.86),
                    on_scalp(direction(begin - 96 * turn, elevation - 20 - 2.0 * k), lift * 0.55),
                ]
            )
            add_lock(mesh, path, 0.0200, 0.0078, n, rings=11, sway=0.06, root=0.6, belly=0.42, tip=0.10)
    for k, azimuth in enumerate((34.0, 52.0, 72.0, 94.0, 118.0, 144.0, 170.0)):  # the shorter side of the parting
        n = 540 + k
        top = 32.0 + 0.20 * (azimuth - 34.0)
        path = np.array(
            [
                on_scalp(direction(azimuth - 4, top), 0.009),
                on_scalp(direction(azimuth + 8, top - 9), 0.0150),
                on_scalp(direction(azimuth + 17, top - 22), 0.0130),
                on_scalp(direction(azimuth + 23, top - 34), 0.0075),
            ]
        )
        add_lock(mesh, path, 0.0200, 0.0065, n, rings=8, sway=0.04, root=0.7, belly=0.45, tip=0.12)
    for k, azimuth in enumerate(np.arange(-178.0, -84.0, 17.0)):  # the back of the crown
        path = falling(float(azimuth), 52, 0.080, lift=0.016, count=7)
        add_lock(mesh, path, 0.0210, 0.0070, 560 + k, rings=8, sway=0.04, root=0.6)
    add_combed_sides(mesh, top=22.0)


def _crew_cut(mesh: Mesh) -> None:
    """Short all over, a little longer on top, brushed up at the front."""
    add_tapered(mesh, 0.0120, "hair_matte")
    for row, back in enumerate((24.0, 37.0, 51.0, 66.0, 82.0, 99.0, 117.0)):
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


def _layered_short(mesh: Mesh) -> None:
    """Full and layered to the ears and nape, the fringe swept to one side."""
    add_short_base(mesh)
    for row in range(3):
        for k in range(11):
            azimuth = -165 + 33 * k + 16 * (row % 2)
            if abs(azimuth) < 52:
                continue
            n = 500 + 20 * row + k
            seed = strand_seed(n)
            path = falling(
                azimuth,
                72 - 19 * row,
                0.120 + 0.020 * seed,
                lift=0.0270 - 0.001 * row,
                wave=0.004,
                waves=1.2,
                phase=seed,
                out=0.010,
                curl_in=0.010,
                count=9,
            )
            add_lock(mesh, path, 0.0270, 0.0100, n, rings=9, sway=0.12, root=0.5, belly=0.42, tip=0.10)
    for k, turned in enumerate(np.arange(66.0, 181.0, 12.5)):
        for side in (1.0, -1.0):
            if turned > 175 and side < 0:
                continue
            n = 700 + 2 * k + (side > 0)
            seed = strand_seed(n)
            path = falling(
                side * turned,
                30,
                0.120 + 0.018 * seed + 0.022 * (turned > 120),
                lift=0.0210,
                out=0.006,
                wave=0.004,
                waves=1.2,
                phase=seed,
                curl_in=0.016,
                count=9,
            )
            add_lock(mesh, path, 0.0215, 0.0090, n, rings=9, sway=0.12, root=0.6, belly=0.45, tip=0.10)
    for k, (azimuth, low) in enumerate(
        ((-60, 0.092), (-50, 0.112), (-40, 0.126), (-29, 0.135), (-18, 0.141), (-7, 0.146), (4, 0.151), (14, 0.156))
    ):
        add_fringe_lock(
            mesh,
            azimuth,
            low,
            300 + k,
            width=0.0240,
            origin=30.0,
            sweep_deg=-8,
            root=60,
            lift=0.0235 + 0.0018 * (k % 3),
            tip=0.08,
        )
    for k, (azimuth, low) in enumerate(((40, 0.135), (50, 0.112), (60, 0.090))):
        add_fringe_lock(
            mesh, azimuth, low, 312 + k, width=0.0220, origin=32.0, sweep_deg=6, root=60, lift=0.0230, tip=0.08
        )


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "bald": _bald,
    "buzz": _buzz,
    "crop_fringe": _crop_fringe,
    "side_part_short": _side_part_short,
    "two_block": _two_block,
    "pixie": _pixie,
    "wavy_short": _wavy_short,
    "crew_cut": _crew_cut,
    "side_part_clean": _side_part_clean,
    "swept_back": _swept_back,
    "layered_short": _layered_short,
}
