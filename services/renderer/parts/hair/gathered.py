"""Tied, knotted and pinned styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.bundles import (
    add_bun,
    add_laid_edges,
    add_pulled_back,
    add_side_tail,
    add_tail,
    add_tie,
    add_wisps,
)
from services.renderer.parts.hair.fringes import add_fringe, add_fringe_run
from services.renderer.parts.hair.locks import add_lock
from services.renderer.parts.hair.plaits import add_plait
from services.renderer.parts.hair.scalp import (
    BROW_FRAMING,
    HAIRLINE,
    UNDERCUT,
    Line,
    cap,
    falling,
    over_crown,
    strand_seed,
)
from services.renderer.parts.head import CENTRE, direction, on_scalp
from services.renderer.parts.mesh import Mesh, sweep, unit


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
    mesh.add(cap(BROW_FRAMING, 0.012, edge=0.002, rows=16, columns=52, ramp=5.0))
    for side in (1.0, -1.0):
        way = direction(side * 58, 48)
        base = on_scalp(way, 0.010)
        add_tie(mesh, base + way * 0.008, way, 0.027)
        add_bun(mesh, base + way * 0.038, 0.045, way, 820 + int(side * 20))
        for k, azimuth in enumerate(np.arange(20.0, 181.0, 20.0)):
            start = direction(side * azimuth, float(BROW_FRAMING(np.array([azimuth]))[0]) + 3)
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
    """Sides shaved below, everything above wound into a knot on top."""
    mesh.add(cap(BROW_FRAMING, 0.0022, slot="scalp", outline=0.0, edge=0.0010))
    way = direction(180, 80)
    base = on_scalp(way, 0.010)
    mesh.add(cap(UNDERCUT, 0.010, edge=0.004))
    for k, azimuth in enumerate(np.arange(-174.0, 181.0, 12.0)):
        start = direction(azimuth, float(UNDERCUT(np.array([azimuth]))[0]) + 2)
        near = unit(start * 0.3 + way)
        ways = [start, unit(start + 0.25 * way), unit(start + 0.7 * way), near]
        path = np.array([on_scalp(at, off) for at, off in zip(ways, (0.0045, 0.0115, 0.0140, 0.0150), strict=True)])
        add_lock(mesh, path, 0.0180, 0.0062, 540 + k, rings=9, root=0.85, tip=0.4, outline=0.6)
    add_tie(mesh, base + way * 0.007, way, 0.019)
    add_bun(mesh, base + way * 0.032, 0.038, way, 820)


def _man_bun(mesh: Mesh) -> None:
    """Combed back into a small bun behind the crown."""
    way = direction(180, 33)
    base = on_scalp(way, 0.014)
    add_pulled_back(mesh, base)
    add_tie(mesh, base + way * 0.007, way, 0.0160)
    add_bun(mesh, base + way * 0.028, 0.031, way, 820)
    add_wisps(mesh, length=0.055)


def _ballet_bun(mesh: Mesh) -> None:
    """Combed up smoothly into a round bun high on the head, baby hair laid at the temples."""
    way = direction(180, 64)
    base = on_scalp(way, 0.012)
    add_pulled_back(mesh, base)
    add_tie(mesh, base + way * 0.006, way, 0.024)
    add_bun(mesh, base + way * 0.034, 0.046, way, 820)
    add_laid_edges(mesh)


def _ponytail_side(mesh: Mesh) -> None:
    """A tail over the left shoulder, a side fringe."""
    way = direction(98, -12)
    add_pulled_back(mesh, on_scalp(way, 0.012), line=HAIRLINE)
    add_fringe(mesh, "side")
    base = on_scalp(way, 0.016)
    add_tie(mesh, base + (0.004, -0.004, 0.0), unit(np.array([0.75, -0.65, 0.1])), 0.0175)
    points = np.array(
        [
            [0.0, 0.0, 0.0],
            [0.030, -0.040, 0.010],
            [0.044, -0.100, 0.040],
            [0.040, -0.180, 0.066],
            [0.030, -0.300, 0.078],
        ]
    )
    for k in range(9):
        turn = 2 * np.pi * k / 9
        n = 800 + k
        off = np.array([np.cos(turn), 0.0, np.sin(turn)]) * (0.55 + 0.45 * (k % 2))
        bulge = np.array([0.004, 0.020, 0.026, 0.024, 0.012])[:, None] * off
        long = np.array([1.0, 1.0, 1.0, 1.0, 0.88 + 0.24 * strand_seed(n)])[:, None]
        add_lock(
            mesh,
            base + points * long + bulge,
            0.0220,
            0.0110,
            n,
            sway=0.75,
            rings=13,
            root=0.4,
            belly=0.45,
            tip=0.03,
            up=off,
        )


def _twin_tails(mesh: Mesh) -> None:
    """Two long tails from high on both sides, parted in the middle, a blunt fringe."""
    _parted(mesh, 78.0, 34.0)
    for side in (1.0, -1.0):
        add_side_tail(
            mesh, direction(side * 92, 34), 0.52, out=0.55, locks=9, spread=0.050, number=800 + 20 * int(side > 0)
        )
        path = falling(side * 62, 30, 0.225, lift=0.018, count=10, out=0.004)
        add_lock(mesh, path, 0.0150, 0.0070, 660 + (side > 0), rings=10, sway=0.25, root=0.7, tip=0.4)
    add_fringe(mesh, "blunt")


def _pigtails_low(mesh: Mesh) -> None:
    """Two tails low behind the ears, laid in front of the shoulders."""
    _parted(mesh, 118.0, -16.0)
    for side in (1.0, -1.0):
        way = direction(side * 116, -20)
        base = on_scalp(way, 0.014)
        add_tie(mesh, base, unit(np.array([side * 0.6, -0.75, 0.15])), 0.0165)
        for k in range(7):
            n = 800 + 10 * k + (side > 0)
            turn = 2 * np.pi * k / 7
            off = np.array([np.cos(turn), 0.0, np.sin(turn)]) * (0.5 + 0.5 * (k % 2))
            down = np.array(
                [
                    [0, 0, 0],
                    [0.022, -0.045, 0.018],
                    [0.024, -0.105, 0.078],
                    [0.010, -0.180, 0.122],
                    [-0.006, -0.270, 0.132],
                ]
            )
            down = down * np.array([side, 0.92 + 0.16 * strand_seed(n), 1.0])
            bulge = np.array([0.004, 0.017, 0.021, 0.019, 0.008])[:, None] * off
            add_lock(
                mesh, base + down + bulge, 0.0200, 0.0100, n, sway=0.6, rings=12, root=0.4, belly=0.45, tip=0.03, up=off
            )
    add_fringe(mesh, "curtain")


def _bunches_zigzag(mesh: Mesh) -> None:
    """Two curled bunches behind the ears, the parting combed in a zigzag."""
    _parted(mesh, 112.0, 2.0)
    backs = np.linspace(26.0, 152.0, 15)
    zigzag = np.array([over_crown(float(back), 0.0075 * (-1) ** k, 0.0152) for k, back in enumerate(backs)])
    mesh.add(sweep(zigzag, 0.0021, 0.0012, up=unit(zigzag - CENTRE), sides=6, slot="scalp_fade", outline=0.0))
    for side in (1.0, -1.0):
        way = direction(side * 112, 2)
        base = on_scalp(way, 0.012)
        add_tie(mesh, base + way * 0.008, way, 0.0175)
        for k in range(9):
            turn = 2 * np.pi * k / 9
            off = np.array([0.3 * np.cos(turn) * side, np.sin(turn), np.cos(turn)]) * (0.55 + 0.45 * (k % 2))
            down = np.array(
                [
                    (0.0, 0.0, 0.0),
                    (0.030, 0.006, 0.0),
                    (0.054, -0.020, 0.004),
                    (0.060, -0.070, 0.008),
                    (0.052, -0.125, 0.010),
                ]
            )
            curled = np.array([0.0, 0.018, 0.026, 0.024, 0.010])[:, None] * off
            path = base + down * np.array([side, 1.0, 1.0]) + curled
            add_lock(
                mesh,
                path,
                0.0200,
                0.0120,
                800 + 20 * k + (side > 0),
                sway=0.35,
                rings=11,
                root=0.4,
                belly=0.5,
                tip=0.05,
                up=off,
            )
    add_laid_edges(mesh)


def _parted(mesh: Mesh, azimuth: float, elevation: float, *, line: Line = BROW_FRAMING) -> None:
    """Hair parted in the middle and combed to both sides' direction (azimuth, elevation)."""
    mesh.add(cap(line, 0.0105, edge=0.0016, rows=16, columns=52, ramp=5.0))
    for side in (1.0, -1.0):
        goal = direction(side * azimuth, elevation)
        starts = [(side * a, float(line(np.array([a]))[0]) + 3.0) for a in np.arange(10.0, 176.0, 17.0)]
        starts += [(side * 4.0, e) for e in (36.0, 50.0, 64.0, 78.0)] + [
            (side * 176.0, e) for e in (-30.0, -10.0, 10.0, 30.0, 50.0, 70.0)
        ]
        for k, (turned, high) in enumerate(starts):
            start = direction(turned, high)
            ways = [start, unit(start + 0.35 * goal), unit(start + goal), unit(start * 0.15 + goal)]
            path = np.array(
                [on_scalp(way, off) for way, off in zip(ways, (0.0050, 0.0125, 0.0145, 0.0140), strict=True)]
            )
            add_lock(
                mesh,
                path,
                0.0175,
                0.0056,
                540 + 2 * k + (side > 0),
                rings=7,
                root=0.85,
                belly=0.45,
                tip=0.4,
                outline=0.6,
            )


def _plait_back(mesh: Mesh) -> None:
    """One plait down the back, the crown combed smooth."""
    way = direction(180, -26)
    base = on_scalp(way, 0.016)
    add_pulled_back(mesh, base)
    path = np.array(
        [
            base + (0, 0.012, 0.004),
            (0, 1.345, -0.128),
            (0, 1.270, -0.150),
            (0, 1.180, -0.158),
            (0, 1.090, -0.146),
            (0, 1.010, -0.132),
        ]
    )
    add_plait(mesh, path, 0.0250, 2000, outwards=np.array([0.0, 0.1, -1.0]))
    add_wisps(mesh, length=0.12)


def _plait_shoulder(mesh: Mesh) -> None:
    """A loose plait over the left shoulder, a side fringe."""
    base = on_scalp(direction(128, -26), 0.014)
    add_pulled_back(mesh, base, line=HAIRLINE)
    path = np.array(
        [
            base + (-0.012, 0.014, 0.0),
            base + (0.006, -0.024, 0.004),
            (0.098, 1.290, -0.006),
            (0.108, 1.235, 0.060),
            (0.092, 1.165, 0.118),
            (0.080, 1.085, 0.130),
        ]
    )
    outwards = np.array(
        [(0.8, 0.3, -0.5), (0.9, 0.1, -0.2), (0.9, 0.2, 0.3), (0.7, 0.35, 0.7), (0.3, 0.15, 1.0), (0.2, 0.1, 1.0)]
    )
    add_plait(mesh, path, 0.0230, 2000, outwards=outwards, sway=0.45)
    add_fringe(mesh, "side")


def _plaits_two(mesh: Mesh) -> None:
    """Two plaits in front of the shoulders, parted in the middle."""
    _parted(mesh, 112.0, -14.0)
    for side in (1.0, -1.0):
        base = on_scalp(direction(side * 112, -18), 0.012)
        flip = np.array([side, 1.0, 1.0])
        path = (
            np.array(
                [
                    (0.078, base[1] + 0.014, base[2]),
                    (0.094, base[1] - 0.020, base[2] + 0.004),
                    (0.098, 1.290, 0.010),
                    (0.104, 1.232, 0.066),
                    (0.088, 1.165, 0.116),
                    (0.076, 1.085, 0.126),
                    (0.070, 1.030, 0.122),
                ]
            )
            * flip
        )
        outwards = (
            np.array(
                [
                    (0.9, 0.2, 0.1),
                    (0.95, 0.1, 0.2),
                    (0.9, 0.2, 0.4),
                    (0.7, 0.35, 0.7),
                    (0.3, 0.15, 1.0),
                    (0.2, 0.1, 1.0),
                    (0.2, 0.1, 1.0),
                ]
            )
            * flip
        )
        add_plait(mesh, path, 0.0205, 2000 + 100 * int(side > 0), outwards=outwards, sway=0.5)
    add_fringe(mesh, "curtain")


def _dutch_plaits(mesh: Mesh) -> None:
    """Two plaits that stand up from the scalp, from the forehead to the nape, and hang down the back."""
    _parted(mesh, 140.0, 20.0)
    for side in (1.0, -1.0):
        lie = [
            (22.0, 27.0),
            (27.0, 48.0),
            (48.0, 64.0),
            (112.0, 62.0),
            (140.0, 40.0),
            (150.0, 14.0),
            (155.0, -12.0),
            (158.0, -34.0),
        ]
        ways = [direction(side * a, e) for a, e in lie]
        down = np.array(
            [
                (0.050 * side, 1.290, -0.100),
                (0.056 * side, 1.225, -0.130),
                (0.058 * side, 1.140, -0.140),
                (0.056 * side, 1.060, -0.128),
            ]
        )
        path = np.vstack([[on_scalp(way, 0.011) for way in ways], down])
        outwards = np.vstack([ways, np.tile([0.15 * side, 0.1, -1.0], (4, 1))])
        add_plait(
            mesh,
            path,
            0.0222,
            2000 + 100 * int(side > 0),
            outwards=outwards,
            sway=0.6,
            free=0.58,
            taper=0.75,
            tail=0.04,
        )
    add_laid_edges(mesh)


def _crown_plait(mesh: Mesh) -> None:
    """A plait laid round the head like a crown."""
    add_pulled_back(mesh, on_scalp(direction(180, 70), 0.010))
    turn = np.linspace(-178.0, 178.0, 25)
    high = 40.0 - 22.0 * (np.abs(turn) / 180.0) ** 1.4
    ways = direction(turn, high)
    add_plait(mesh, on_scalp(ways, 0.0160), 0.0200, 2000, outwards=ways, sway=0.0, tail=0.0, taper=0.95)
    add_wisps(mesh, length=0.13)


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "man_bun": _man_bun,
    "ballet_bun": _ballet_bun,
    "ponytail_side": _ponytail_side,
    "twin_tails": _twin_tails,
    "pigtails_low": _pigtails_low,
    "bunches_zigzag": _bunches_zigzag,
    "plait_back": _plait_back,
    "plait_shoulder": _plait_shoulder,
    "plaits_two": _plaits_two,
    "dutch_plaits": _dutch_plaits,
    "crown_plait": _crown_plait,
    "ponytail_high": _ponytail_high,
    "ponytail_low": _ponytail_low,
    "low_bun": _low_bun,
    "space_buns": _space_buns,
    "top_knot": _top_knot,
}
