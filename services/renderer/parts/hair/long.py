"""Loose styles from the chin to the chest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from services.renderer.parts.hair.bundles import add_bun, add_tail, add_tie, add_wisps
from services.renderer.parts.hair.fringes import add_fringe, add_fringe_run
from services.renderer.parts.hair.locks import (
    add_crown,
    add_curtain,
    add_lock,
    add_off_face,
    add_short_base,
    add_short_sides,
)
from services.renderer.parts.hair.scalp import BROW_FRAMING, HAIRLINE, cap, clear_of_head, falling, strand_seed
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Mesh, unit


def _chin_waves(mesh: Mesh) -> None:
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.12, lift=0.018)
    wavy: dict[str, Any] = {"wave": 0.010, "waves": 1.9, "out": 0.018}
    add_curtain(mesh, 0.205, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.12, curl_in=0.010, **wavy)
    add_off_face(mesh, 0.150, curl_in=0.008, **wavy)


def _chin_layered(mesh: Mesh) -> None:
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.12, lift=0.017)
    add_curtain(
        mesh, 0.215, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.08, curl_in=0.016, out=0.010
    )
    add_off_face(mesh, 0.160, curl_in=0.014, out=0.006)


def _bob(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=2, length=0.12)
    add_curtain(
        mesh, 0.235, elevation=30, start=58, each=13, width=0.024, sway=0.35, jag=0.03, curl_in=0.016, out=0.014
    )
    add_fringe(mesh, "blunt")


def _wolf_cut(mesh: Mesh) -> None:
    add_short_base(mesh)
    for k in range(16):
        azimuth = -165 + 22 * k
        if abs(azimuth) < 58:
            continue
        add_lock(
            mesh,
            falling(azimuth, 58, 0.165, lift=0.025, out=0.022, wave=0.006, phase=strand_seed(k), count=9),
            0.025,
            0.009,
            560 + k,
            sway=0.25,
            rings=9,
        )
    add_curtain(
        mesh,
        0.335,
        elevation=16,
        start=100,
        each=12,
        width=0.020,
        sway=0.6,
        jag=0.22,
        wave=0.009,
        waves=2.0,
        out=0.006,
        hug=0.7,
    )
    for side in (1.0, -1.0):
        for k, azimuth in enumerate((64, 76, 88)):
            add_lock(
                mesh,
                falling(side * azimuth, 32, 0.190 + 0.02 * k, lift=0.019, out=0.018, wave=0.006, count=9),
                0.020,
                0.008,
                640 + 2 * k + (side > 0),
                sway=0.3,
            )
    add_fringe(mesh, "curtain", lower=0.0)


def _long(
    mesh: Mesh,
    length: float,
    fringe: str,
    wave: float = 0.0,
    waves: float = 3.0,
    start: float = 60.0,
    out: float = 0.0,
    front: float = 0.0,
) -> None:
    add_short_base(mesh, BROW_FRAMING if fringe == "open" else HAIRLINE)
    add_crown(mesh, rows=2, length=0.15)
    add_curtain(
        mesh,
        length,
        elevation=26,
        start=max(start, 84.0),
        each=12.5,
        width=0.0265,
        wave=wave,
        waves=waves,
        jag=0.10,
        out=out,
    )
    for side in (1.0, -1.0):
        for k, azimuth in enumerate((start, start + 11, start + 22)):
            n = 660 + 2 * k + (side > 0)
            long = (front or length * 0.86) * (1 - 0.05 * k + 0.06 * strand_seed(n))
            path = falling(
                side * azimuth,
                34,
                long,
                lift=0.018,
                wave=wave,
                waves=waves,
                phase=strand_seed(n),
                count=12,
                clear=0.012,
                out=0.004,
            )
            add_lock(mesh, path, 0.0215, 0.009, n, rings=13, sway=0.6, root=0.7, belly=0.4)
    if fringe == "open":
        add_off_face(mesh, (front or length * 0.86) * 0.86, wave=wave, waves=waves, out=out)
    else:
        add_fringe(mesh, fringe)


def _hime(mesh: Mesh) -> None:
    add_short_base(mesh)
    add_crown(mesh, rows=2, length=0.15)
    add_curtain(mesh, 0.56, elevation=26, start=86, each=12, width=0.0265, jag=0.04)
    for side in (1.0, -1.0):  # sidelocks cut straight at the cheek
        for k, azimuth in enumerate((58, 67, 76)):
            path = falling(side * azimuth, 32, 0.235, lift=0.019 + 0.002 * k, count=10)
            add_lock(mesh, path, 0.0185, 0.0085, 660 + 2 * k + (side > 0), rings=10, sway=0.25, root=0.7, tip=0.62)
    add_fringe(mesh, "blunt")


def _bob_angled(mesh: Mesh) -> None:
    """Short at the nape, longer towards the chin, parted in the middle."""
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.12)
    for layer in range(2):
        for k, azimuth in enumerate(np.arange(64.0 + 6 * layer, 181.0, 12.0)):
            for side in (1.0, -1.0):
                if azimuth > 178 and side < 0:
                    continue
                n = 100 + 40 * layer + 2 * k + (side > 0)
                long = 0.262 - 0.125 * ((azimuth - 64.0) / 116.0) ** 0.8 - 0.016 * layer
                path = falling(
                    side * azimuth, 30 + 13 * layer, long, lift=0.013 + 0.009 * layer, curl_in=0.018, out=0.010, hug=0.3
                )
                add_lock(mesh, path, 0.0225, 0.0095, n, rings=11, sway=0.25, root=0.75, belly=0.5, tip=0.25)
    add_off_face(mesh, 0.205, parting=0.0, curl_in=0.012, out=0.008)


def _bob_asymmetric(mesh: Mesh) -> None:
    """Jaw-long on the right, tucked short on the left, a deep side sweep."""
    add_short_base(mesh)
    add_crown(mesh, rows=2, length=0.12)
    for layer in range(2):
        for k, azimuth in enumerate(np.arange(-172.0, -54.0, 12.0)):
            long = 0.165 + 0.085 * (180 + azimuth) / 120.0 - 0.015 * layer
            path = falling(float(azimuth), 30 + 13 * layer, long, lift=0.013 + 0.009 * layer, curl_in=0.014, out=0.010)
            add_lock(
                mesh, path, 0.0225, 0.0095, 100 + 40 * layer + k, rings=11, sway=0.25, root=0.75, belly=0.5, tip=0.15
            )
        for k, azimuth in enumerate(np.arange(70.0, 182.0, 12.0)):
            path = falling(
                float(azimuth),
                30 + 13 * layer,
                0.150 - 0.010 * layer,
                lift=0.013 + 0.007 * layer,
                curl_in=0.012,
                hug=0.6,
            )
            add_lock(
                mesh, path, 0.0205, 0.0085, 200 + 40 * layer + k, rings=9, sway=0.15, root=0.75, belly=0.5, tip=0.12
            )
    ends = ((-66, 0.045), (-57, 0.066), (-47, 0.086), (-36, 0.104), (-24, 0.120), (-11, 0.133), (2, 0.144))
    add_fringe_run(mesh, ends, width=0.0225, origin=32.0, sweeps_deg=[-6], root=59, lifts=[0.0175, 0.0190])
    add_fringe_run(
        mesh, ((44, 0.126), (56, 0.100)), 312, width=0.0190, origin=34.0, sweeps_deg=[6], root=60, lifts=[0.0165]
    )


def _shag(mesh: Mesh) -> None:
    """Chin length, choppy layers that flick out, a wispy fringe."""
    add_short_base(mesh)
    for row in range(3):
        for k, azimuth in enumerate(np.arange(-170.0 + 9 * row, 180.0, 21.0)):
            if abs(azimuth) < 50:
                continue
            n = 500 + 20 * row + k
            seed = strand_seed(n)
            path = falling(
                float(azimuth),
                74 - 20 * row,
                0.120 + 0.045 * row + 0.020 * seed,
                lift=0.023 - 0.002 * row,
                count=12,
                wave=0.007,
                waves=1.6,
                phase=seed,
                out=0.026,
                curl_in=-0.016,
            )
            add_lock(mesh, path, 0.0205, 0.0090, n, rings=11, sway=0.20, root=0.6, belly=0.4, tip=0.04)
    add_curtain(
        mesh,
        0.225,
        elevation=22,
        start=72,
        each=12,
        width=0.018,
        sway=0.35,
        jag=0.25,
        wave=0.008,
        waves=1.8,
        out=0.020,
        curl_in=-0.010,
        layers=1,
    )
    add_fringe(mesh, "wispy")


def _mullet(mesh: Mesh) -> None:
    """Short over the top and the ears, long at the nape."""
    add_short_base(mesh)
    add_crown(mesh, rows=3, length=0.100, lift=0.019, spike=0.006)
    add_short_sides(mesh, 0.055, length=0.058, width=0.0165)
    for layer in range(2):
        for k, azimuth in enumerate(np.arange(112.0 + 5 * layer, 181.0, 10.0)):
            for side in (1.0, -1.0):
                n = 100 + 40 * layer + 2 * k + (side > 0)
                seed = strand_seed(n)
                path = falling(
                    side * azimuth,
                    10 + 18 * layer,
                    0.250 - 0.02 * layer + 0.04 * seed,
                    lift=0.014 + 0.007 * layer,
                    count=13,
                    wave=0.007,
                    waves=1.8,
                    phase=seed,
                    hug=0.8,
                    curl_in=-0.010,
                )
                add_lock(mesh, path, 0.0175, 0.0085, n, rings=12, sway=0.45, root=0.7, belly=0.4, tip=0.03)
    ends = [(float(a), 0.146 + 0.012 * (k % 3)) for k, a in enumerate(np.linspace(-46, 46, 10))]
    add_fringe_run(mesh, ends, width=0.0150, root=68, lifts=[0.017, 0.020], sweeps_deg=[7, -6, 3])


def _silk_press(mesh: Mesh) -> None:
    """Pressed smooth, a deep side parting, a swoop over the forehead, ends turned under."""
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.15, lift=0.019)
    add_curtain(
        mesh, 0.330, elevation=28, start=78, each=11, width=0.0245, sway=0.45, jag=0.03, out=0.014, curl_in=0.030
    )
    add_off_face(mesh, 0.285, parting=30.0, curl_in=0.026, out=0.014)
    for k in range(4):  # the swoop
        lift = 0.0245 + 0.0025 * k
        over = [
            on_scalp(direction(a, e), o)
            for a, e, o in (
                (34.0, 40.0 + 9 * k, 0.010),
                (10.0, 40.0 + 8 * k, lift),
                (-18.0, 31.0 + 7 * k, lift),
                (-42.0, 18.0 + 7 * k, lift),
                (-62.0, 6.0 + 6 * k, lift * 0.9),
            )
        ]
        hang = falling(-74.0 - 6 * k, 0.0 + 4 * k, 0.200, lift=0.020, count=8, curl_in=0.026, out=0.010)
        add_lock(
            mesh,
            clear_of_head(np.vstack([over, hang[1:]]), 0.008),
            0.0220,
            0.0085,
            340 + k,
            rings=15,
            sway=0.35,
            root=0.5,
            belly=0.4,
            tip=0.25,
        )


def _finger_waves(mesh: Mesh) -> None:
    """Sculpted waves that lie on the head, ridge under ridge, ending in curls at the nape."""
    mesh.add(cap(BROW_FRAMING, 0.0085, edge=0.0014, rows=18, columns=60, ramp=5.0))
    for row, elevation in enumerate((66.0, 54.0, 42.0, 31.0, 20.0, 9.0, -2.0, -13.0)):
        for part, (start, stop) in enumerate(((30.0, 182.0), (30.0, -182.0))):
            n = 500 + 2 * row + part
            turn = np.linspace(start, stop, 34)
            swing = 5.2 * np.sin(np.radians(np.abs(turn - start)) * 6.2 + (1.2 if part else 0.0))
            high = elevation + swing - 0.05 * np.abs(turn - start) * (row > 2)
            line = BROW_FRAMING(turn)
            keep = high > line + 3.0
            if keep.sum() < 6:
                continue
            path = on_scalp(direction(turn[keep], high[keep]), 0.0105)
            add_lock(mesh, path, 0.0120, 0.0054, n, rings=26, root=0.5, belly=0.5, tip=0.35, outline=0.85)
    for k, azimuth in enumerate((-150.0, -122.0, -98.0, 98.0, 122.0, 150.0, 178.0)):
        way = direction(azimuth, float(HAIRLINE(np.array([azimuth]))[0]) + 5.0)
        base = on_scalp(way, 0.010)
        side = unit(np.cross(way, np.array([0.0, 1.0, 0.0])))
        turn = np.linspace(0, 2 * np.pi * 1.4, 14)
        shrink = 0.017 * (1 - 0.65 * np.linspace(0, 1, 14))
        path = (
            base
            + (np.cos(turn) * shrink)[:, None] * side
            + (np.sin(turn) * shrink)[:, None] * np.array([0.0, 1.0, 0.0])
        )
        add_lock(mesh, path + way * 0.004, 0.0085, 0.0070, 580 + k, rings=16, root=0.7, belly=0.4, tip=0.3, up=way)


def _half_up(mesh: Mesh) -> None:
    """The upper half tied behind the crown, the lower half loose."""
    _half_up_base(mesh, 0.50)
    way = direction(180, 34)
    base = on_scalp(way, 0.016)
    add_tie(mesh, base + way * 0.008, unit(way + np.array([0, -0.3, 0])), 0.0155)
    add_tail(
        mesh,
        base + way * 0.010,
        unit(way + np.array([0, -0.5, -0.2])),
        0.30,
        locks=7,
        spread=0.026,
        out=0.014,
        width=0.020,
    )


def _half_up_bun(mesh: Mesh) -> None:
    """The upper half wound into a small bun, the lower half loose and wavy."""
    _half_up_base(mesh, 0.36, wave=0.010, waves=2.4)
    way = direction(180, 60)
    base = on_scalp(way, 0.012)
    add_tie(mesh, base + way * 0.006, way, 0.0165)
    add_bun(mesh, base + way * 0.028, 0.033, way, 820)


def _half_up_base(mesh: Mesh, length: float, **fall: Any) -> None:
    mesh.add(cap(BROW_FRAMING, 0.0115, edge=0.0016, rows=16, columns=52, ramp=5.0))
    add_curtain(mesh, length, elevation=8, start=76, each=12, width=0.0255, jag=0.08, **fall)
    goal = unit(direction(180, 44))
    for k, azimuth in enumerate(np.arange(-110.0, 111.0, 13.0)):
        start = direction(azimuth, float(BROW_FRAMING(np.array([azimuth]))[0]) + 3.0 + 12.0 * (abs(azimuth) > 70))
        middle = unit(start * 0.6 + goal * 0.75)
        ways = [start, unit(start + 0.55 * middle), middle, unit(start * 0.15 + goal)]
        path = np.array([on_scalp(way, off) for way, off in zip(ways, (0.004, 0.014, 0.019, 0.019), strict=True)])
        add_lock(mesh, path, 0.0190, 0.0062, 540 + k, rings=9, root=0.8, belly=0.45, tip=0.35, outline=0.6)
    add_wisps(mesh, length=0.14)


def _behind_ears(mesh: Mesh) -> None:
    """Long, parted in the middle, tucked behind the ears."""
    mesh.add(cap(BROW_FRAMING, 0.0110, edge=0.0016, rows=16, columns=52, ramp=5.0))
    add_curtain(mesh, 0.47, elevation=10, start=96, each=11, width=0.0245, jag=0.06, hug=0.3)
    for side in (1.0, -1.0):
        for k in range(6):
            n = 540 + 2 * k + (side > 0)
            high = 25.0 + 11.0 * k
            way = (
                (2.0, high, 0.006),
                (24.0, high - 1.0, 0.0145),
                (54.0, 20.0 + 4.0 * k, 0.0150),
                (84.0, 6.0 + 4.0 * k, 0.0165),
                (106.0, -6.0 + 4 * k, 0.0170),
            )
            over = [on_scalp(direction(side * a, e), o) for a, e, o in way]
            hang = falling(
                side * (114.0 + 4 * k), -12.0 + 3 * k, 0.34 - 0.02 * k, lift=0.018, count=11, hug=0.4, clear=0.014
            )
            add_lock(
                mesh, np.vstack([over, hang[1:]]), 0.0190, 0.0080, n, rings=17, sway=0.6, root=0.6, belly=0.35, tip=0.08
            )


def _long_layers(mesh: Mesh) -> None:
    """Long, layered to cheek, collar and chest, the ends flicked."""
    _long(mesh, 0.54, "side", wave=0.004, waves=1.3, out=0.010, front=0.40)
    for layer, (long, high) in enumerate(((0.250, 40.0), (0.345, 30.0))):
        for k, azimuth in enumerate(np.arange(62.0 + 5 * layer, 176.0, 19.0)):
            for side in (1.0, -1.0):
                n = 900 + 40 * layer + 2 * k + (side > 0)
                seed = strand_seed(n)
                path = falling(
                    side * azimuth,
                    high,
                    long * (0.92 + 0.12 * seed),
                    lift=0.027,
                    count=13,
                    out=0.018,
                    curl_in=-0.022,
                    clear=0.020,
                )
                add_lock(mesh, path, 0.0200, 0.0085, n, rings=12, sway=0.4, root=0.6, belly=0.45, tip=0.03)


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "bob_angled": _bob_angled,
    "bob_asymmetric": _bob_asymmetric,
    "shag": _shag,
    "mullet": _mullet,
    "silk_press": _silk_press,
    "finger_waves": _finger_waves,
    "half_up": _half_up,
    "half_up_bun": _half_up_bun,
    "behind_ears": _behind_ears,
    "long_layers": _long_layers,
    "long_blunt": lambda mesh: _long(mesh, 0.52, "blunt"),
    "long_waves_open": lambda mesh: _long(mesh, 0.50, "open", wave=0.014, waves=2.6, out=0.012),
    "bob": _bob,
    "chin_layered": _chin_layered,
    "chin_waves": _chin_waves,
    "wolf_cut": _wolf_cut,
    "shoulder_straight": lambda mesh: _long(mesh, 0.33, "side", front=0.28),
    "shoulder_layered": lambda mesh: _long(mesh, 0.31, "open", wave=0.003, waves=1.4, out=0.012, front=0.235),
    "wavy_shoulder": lambda mesh: _long(mesh, 0.35, "curtain", wave=0.012, waves=2.6, out=0.012, front=0.30),
    "hime_long": _hime,
    "long_straight": lambda mesh: _long(mesh, 0.56, "curtain"),
    "long_wavy": lambda mesh: _long(mesh, 0.56, "side", wave=0.016, waves=3.4, out=0.010),
}
