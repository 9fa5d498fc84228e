"""Short styles of straight and wavy hair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from services.renderer.parts.hair.fringes import add_fringe, add_fringe_lock, add_fringe_run
from services.renderer.parts.hair.locks import (
    add_combed_back,
    add_combed_sides,
    add_crown,
    add_fade,
    add_lock,
    add_scalp_shadow,
    add_short_base,
    add_short_sides,
    add_tapered,
)
from services.renderer.parts.hair.scalp import (
    BROW_FRAMING,
    FADE_HIGH,
    FADE_LOW,
    FADE_MID,
    HAIRLINE,
    UNDERCUT,
    cap,
    falling,
    over_crown,
    spread_over,
    strand_seed,
)
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Mesh, sweep, unit


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
    ends = ((10, 0.152), (21, 0.140), (32, 0.124), (43, 0.108), (53, 0.092))
    for side in (1, -1):
        for k, (azimuth, low) in enumerate(ends):
            add_fringe_lock(
                mesh,
                side * azimuth,
                low,
                300 + 2 * k + (side > 0),
                width=0.0190,
                origin=5.0 + side * 3.0,
                sweep_deg=side * 6,
                root=60,
                lift=0.0240 - 0.001 * k,
            )


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
    add_combed_back(mesh, ((23.0, 86.0, 0.027), (58.0, 80.0, 0.024), (96.0, 72.0, 0.019)))
    add_combed_sides(mesh)


def _quiff(mesh: Mesh) -> None:
    """Brushed up from the forehead and falling back, sides faded."""
    add_fade(mesh, FADE_MID, 0.0090, slot="hair")
    for k, across in enumerate(np.linspace(-0.054, 0.054, 11)):
        n = 500 + k
        seed = strand_seed(n)
        away = abs(float(across)) / 0.06
        tall = (0.052 - 0.020 * away * away) * (0.9 + 0.2 * seed)
        begin = 26.0 + 14.0 * away * away
        path = np.array(
            [
                over_crown(begin, across, 0.003),
                over_crown(begin + 3.0, across * 1.05, tall * 0.62),
                over_crown(begin + 16.0, across * 1.12 + 0.004, tall * 1.02),
                over_crown(begin + 40.0, across * 1.12 + 0.008, tall * 0.86),
                over_crown(begin + 62.0, across + 0.008, tall * 0.42),
            ]
        )
        add_lock(mesh, path, 0.0165, 0.0100, n, rings=12, sway=0.08, root=0.75, belly=0.45, tip=0.10)
    add_combed_back(
        mesh, ((58.0, 70.0, 0.028), (84.0, 60.0, 0.023), (108.0, 52.0, 0.017)), half=0.054, columns=9, number=540
    )


def _pompadour(mesh: Mesh) -> None:
    """A high roll over the forehead, sides slicked tight."""
    add_tapered(mesh, 0.0090)
    for row, (start, tall, reach) in enumerate(((25.0, 0.060, 92.0), (50.0, 0.052, 84.0), (80.0, 0.036, 66.0))):
        for k, across in enumerate(np.linspace(-0.050, 0.050, 9)):
            n = 500 + 20 * row + k
            seed = strand_seed(n)
            away = abs(float(across)) / 0.058
            high = tall * (1 - 0.45 * away * away) * (0.94 + 0.12 * seed)
            begin = start + (14.0 * away * away if row == 0 else 0.0)
            path = np.array(
                [
                    over_crown(begin, across, 0.004),
                    over_crown(begin - 5.0 * (row == 0), across * 1.08, high * 0.62),
                    over_crown(begin + 9.0, across * 1.15, high),
                    over_crown(begin + 0.5 * reach, across * 1.12, high * 0.80),
                    over_crown(begin + reach, across * 0.9, 0.010),
                ]
            )
            add_lock(mesh, path, 0.0150, 0.0095, n, rings=12, sway=0.05, root=0.8, belly=0.45, tip=0.2)
    add_combed_sides(mesh, top=30.0, lift=0.0105)


def _slick_undercut(mesh: Mesh) -> None:
    """Long on top and slicked back, sides shaved."""
    add_fade(mesh, FADE_HIGH, 0.0085, slot="hair")
    rows = ((23.0, 104.0, 0.0180), (50.0, 104.0, 0.0175), (84.0, 92.0, 0.0160))
    add_combed_back(mesh, rows, half=0.056, columns=11, width=0.0130, thickness=0.0062, lean=0.0, rise=0.8, tip=0.15)


def _spiky(mesh: Mesh) -> None:
    """Spikes all over, the front ones swept up."""
    add_tapered(mesh, 0.0140)
    for row, (high, each) in enumerate(((80.0, 45.0), (62.0, 30.0), (42.0, 22.0), (22.0, 20.0))):
        for k, azimuth in enumerate(np.arange(-180.0 + 10.0 * row, 179.0, each)):
            if abs(azimuth) < (0.0, 0.0, 30.0, 66.0)[row]:
                continue
            n = 500 + 40 * row + k
            seed = strand_seed(n)
            turn = 16.0 * (seed - 0.5)
            reach = np.array([0.0, 13.0, 25.0, 33.0 + 8.0 * seed]) * (0.85, 0.70, 0.85, 1.0)[row]
            lift = np.array([0.006, 0.022, 0.038, 0.056 + 0.012 * seed]) * (0.62, 0.95, 0.85, 0.70)[row]
            path = on_scalp(direction(azimuth + turn * reach / 33.0, high - reach), lift)
            path[:, 1] += np.array([0.0, 0.10, 0.45, 1.0]) * (0.022, 0.040, 0.026, 0.012)[row]
            add_lock(mesh, path, 0.0240, 0.0125, n, rings=9, root=0.7, belly=0.3, tip=0.02, sway=0.10)
    ends = [(float(a), 0.150 + 0.010 * (k % 2)) for k, a in enumerate(np.linspace(-44, 44, 8))]
    add_fringe_run(mesh, ends, width=0.0150, root=64, lifts=[0.019, 0.023], sweeps_deg=[9, -8], tip=0.03)
    add_short_sides(mesh, 0.060, length=0.046, width=0.0150)


def _comb_over(mesh: Mesh) -> None:
    """A hard side parting, combed over to the right, the sides faded low."""
    add_fade(mesh, FADE_LOW, 0.0080, slot="hair")
    _add_combed_across(mesh, 0.0205)
    along = np.linspace(24.0, 84.0, 13)
    parting = np.array([over_crown(float(back), 0.047, 0.0105) for back in along])
    mesh.add(sweep(parting, 0.0018, 0.0014, up=unit(parting - CENTRE), sides=6, slot="scalp_fade", outline=0.0))


def _mohawk(mesh: Mesh) -> None:
    """A crest from the forehead to the nape, sides shaved."""
    add_shaved_sides(mesh)
    for row, back in enumerate(np.linspace(24.0, 196.0, 21)):
        for k, across in enumerate((-0.013, 0.0, 0.013)):
            n = 500 + 4 * row + k
            seed = strand_seed(n)
            tall = 0.088 * np.sin(np.pi * np.clip((back + 26.0) / 250.0, 0, 1)) ** 0.8 * (0.85 + 0.3 * seed)
            root = over_crown(float(back), float(across), 0.002)
            up = unit(root - CENTRE + np.array([0.0, 0.02, -0.03]))
            path = root + np.array(
                [0 * up, 0.45 * tall * up, tall * 0.85 * up + (0.3 * across, 0, -0.004), tall * up + (0, 0, -0.016)]
            )
            add_lock(
                mesh,
                path,
                0.0130,
                0.0100,
                n,
                rings=8,
                sides=5,
                root=0.95,
                belly=0.3,
                tip=0.04,
                sway=0.12,
                up=(1.0, 0, 0),
            )


def add_shaved_sides(mesh: Mesh) -> None:
    """Stubble all over, for crests."""
    mesh.add(cap(BROW_FRAMING, 0.0014, slot="scalp_fade", outline=0.0, edge=0.0006))
    mesh.add(cap(lambda a: BROW_FRAMING(a) + 5.0, 0.0022, slot="scalp", outline=0.0, edge=0.0014))


def _bowl(mesh: Mesh) -> None:
    """One straight line all round."""
    add_tapered(mesh, 0.0080)
    add_crown(mesh, rows=2, length=0.12, lift=0.021)
    for k, azimuth in enumerate(np.arange(-176.0, 180.0, 11.0)):
        if abs(azimuth) < 56:
            continue
        drop = 0.128 - 0.012 * np.clip((abs(azimuth) - 100) / 80, 0, 1)
        path = falling(float(azimuth), 52, drop, lift=0.022, count=10, curl_in=0.006)
        add_lock(mesh, path, 0.0205, 0.0090, 600 + k, rings=9, root=0.6, belly=0.6, tip=0.50, sway=0.12)
    ends = [(float(a), 0.124) for a in np.arange(-55.0, 56.0, 11.0)]
    add_fringe_run(mesh, ends, width=0.0190, lifts=[0.0205, 0.0220], tip=0.45)


def _perm(mesh: Mesh) -> None:
    """Soft S-waves to the ears, a full waved fringe."""
    add_short_base(mesh)
    azimuth, elevation = spread_over(46, lambda a: HAIRLINE(a) + 16.0)
    for k, (turned, high) in enumerate(zip(azimuth, elevation, strict=True)):
        if abs(turned) < 50 and high < 60:
            continue
        seed = strand_seed(k)
        wavy: dict[str, Any] = {"wave": 0.009, "waves": 2.0, "phase": seed}
        path = falling(
            float(turned), float(high), 0.085 + 0.02 * seed, lift=0.024, count=12, out=0.008, curl_in=0.010, **wavy
        )
        add_lock(mesh, path, 0.0215, 0.0120, 500 + k, rings=10, sway=0.14, root=0.7, belly=0.5, tip=0.22)
    left = ((-54, 0.108), (-42, 0.122), (-30, 0.131), (-18, 0.136))
    right = ((-6, 0.140), (6, 0.137), (18, 0.133), (30, 0.130), (42, 0.120), (54, 0.105))
    for k, (turned, low) in enumerate(left + right):
        add_fringe_lock(
            mesh, turned, low, 300 + k, width=0.0180, lift=0.024 + 0.003 * (k % 2), sweep_deg=(12, -10)[k % 2], tip=0.20
        )
    add_short_sides(mesh, 0.050, length=0.066, width=0.0190)


def _ear_curtains(mesh: Mesh) -> None:
    """Parted in the middle, falling to the ears on both sides."""
    add_short_base(mesh)
    add_crown(mesh, rows=3, length=0.115, lift=0.019)
    add_fringe(mesh, "curtain")
    for side in (1.0, -1.0):
        for k, azimuth in enumerate((70.0, 82.0, 95.0)):
            path = falling(side * azimuth, 44, 0.120 + 0.008 * k, lift=0.021, count=9, out=0.006, curl_in=0.010)
            add_lock(mesh, path, 0.0210, 0.0090, 640 + 2 * k + (side > 0), rings=9, sway=0.15, root=0.6, tip=0.10)
    add_short_sides(mesh, 0.040, length=0.078, width=0.0175)


def _side_shave(mesh: Mesh) -> None:
    """Shaved on the left, swept long over to the right."""
    mesh.add(cap(BROW_FRAMING, 0.0022, slot="scalp", outline=0.0, edge=0.0010))
    _add_combed_across(mesh, 0.0225, reach=1.12)
    for k, azimuth in enumerate(np.arange(-178.0, -50.0, 11.0)):
        seed = strand_seed(620 + k)
        path = falling(
            float(azimuth),
            46,
            0.205 + 0.03 * seed,
            lift=0.022,
            count=12,
            out=0.008,
            hug=0.4,
            wave=0.004,
            waves=1.2,
            phase=seed,
        )
        add_lock(mesh, path, 0.0225, 0.0090, 620 + k, rings=11, sway=0.3, root=0.6, belly=0.45, tip=0.08)
    ends = ((-62, 0.072), (-52, 0.090), (-42, 0.104), (-31, 0.117), (-19, 0.127), (-7, 0.137))
    add_fringe_run(mesh, ends, width=0.0220, origin=30.0, sweeps_deg=[-6], root=58, lifts=[0.0210, 0.0225])


def _add_combed_across(mesh: Mesh, lift: float, *, reach: float = 1.0, number: int = 500) -> None:
    """Hair combed from a parting on the left over to the right."""
    for k, elevation in enumerate((24.0, 35.0, 47.0, 59.0, 70.0)):
        for layer in range(2):
            n = number + 2 * k + layer
            seed = strand_seed(n)
            high = (lift - 0.0014 * k) * (0.92 + 0.16 * seed) + 0.003 * layer
            turn = (1.0 + 0.34 * k) * reach  # from the crown, hair falls further round
            begin = 27.0 + 12.0 * k + 5.0 * layer
            path = np.array(
                [
                    on_scalp(direction(begin, elevation + 3 * layer), 0.007),
                    on_scalp(direction(begin - 20 * turn, elevation + 11 - 1.6 * k), high),
                    on_scalp(direction(begin - 50 * turn, elevation + 8 - 2.0 * k), high),
                    on_scalp(direction(begin - 76 * turn, elevation - 5 - 1.0 * k), high * 0.86),
                    on_scalp(direction(begin - 96 * turn, elevation - 20 - 2.0 * k), high * 0.55),
                ]
            )
            add_lock(mesh, path, 0.0200, 0.0078, n, rings=11, sway=0.06, root=0.6, belly=0.42, tip=0.10)


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
                (88, 62, 37)[row],
                0.130 + 0.020 * seed,
                lift=0.0270 - 0.001 * row,
                wave=0.004,
                waves=1.2,
                phase=seed,
                out=0.010,
                curl_in=0.010,
                count=9,
                rise=3,
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


def _side_part_right(mesh: Mesh) -> None:
    """The clean side parting on the other side."""
    left = Mesh()
    _side_part_clean(left)
    mesh.extend(left.mirrored())


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "side_part_right": _side_part_right,
    "quiff": _quiff,
    "pompadour": _pompadour,
    "slick_undercut": _slick_undercut,
    "spiky": _spiky,
    "comb_over": _comb_over,
    "mohawk": _mohawk,
    "bowl": _bowl,
    "perm_short": _perm,
    "ear_curtains": _ear_curtains,
    "side_shave": _side_shave,
    "crop_fringe": _crop_fringe,
    "side_part_short": _side_part_short,
    "two_block": _two_block,
    "pixie": _pixie,
    "wavy_short": _wavy_short,
    "side_part_clean": _side_part_clean,
    "swept_back": _swept_back,
    "layered_short": _layered_short,
}
