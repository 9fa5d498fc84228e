"""Braided, twisted and locked styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from services.renderer.parts.hair.bundles import add_bun, add_laid_edges, add_tie
from services.renderer.parts.hair.locks import add_fade, add_lock, add_scalp_shadow
from services.renderer.parts.hair.ropes import add_beads, add_hanging_ropes, add_rope, lying_row
from services.renderer.parts.hair.scalp import (
    BROW_FRAMING,
    FADE_HIGH,
    FADE_MID,
    Line,
    angles,
    cap,
    clear_of_head,
    falling,
    over_crown,
    spread_over,
    strand_seed,
)
from services.renderer.parts.head import direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, interpolate, sweep, unit


def _box_braids(mesh: Mesh, length: float, cuffs: int) -> None:
    mesh.add(cap(BROW_FRAMING, 0.0058, slot="hair_matte", edge=0.0015, rows=14))
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


def add_cornrow(mesh: Mesh, path: Array, number: int, *, radius: float = 0.0078, strands: int = 2) -> None:
    """A braid that lies on the scalp along `path` (k, 3), growing in thickness from its first centimetre."""
    rings = max(14, round(float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / 0.0052))
    add_rope(mesh, path, radius, number, strands=strands, pitch=0.0125, depth=0.32, sway=0.0, rings=rings, tip=0.9)


def _cornrows(mesh: Mesh) -> None:
    """Straight back from the hairline to the nape, with the scalp seen in every parting, short ends tied."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    for k, roll in enumerate(np.linspace(-84.0, 84.0, 13)):
        path = lying_row(float(roll), line=BROW_FRAMING)
        add_cornrow(mesh, path, 2000 + k)
        if abs(roll) < 70:
            end = path[-1]
            drop = end + np.array([(0, 0.006, 0.004), (0, -0.014, -0.006), (0, -0.038, -0.006), (0, -0.062, 0.0)])
            add_rope(
                mesh, drop, 0.0060, 2100 + k, strands=3, pitch=0.0125, depth=0.28, sway=0.25, tip=0.7, cuff=k % 3 == 0
            )
    _add_rows_behind_ears(mesh)
    add_laid_edges(mesh)


def _add_rows_behind_ears(mesh: Mesh) -> None:
    for side in (1.0, -1.0):
        for k, (begin, high) in enumerate(((98.0, 10.0), (104.0, -2.0), (112.0, -14.0))):
            share = np.linspace(0, 1, 6)[:, None]
            ways = unit(
                direction(side * begin, high) * (1 - share) + direction(side * (157.0 - 9.0 * k), -37.0) * share
            )
            add_cornrow(mesh, on_scalp(ways, 0.0050), 2080 + 2 * k + (side > 0))


def _cornrows_beads(mesh: Mesh) -> None:
    """Rows over the whole head that hang on as braids with beads, behind the ears and at the nape."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    for k, roll in enumerate(np.linspace(-86.0, 86.0, 13)):
        aside = abs(roll) > 78
        lying = lying_row(float(roll), line=BROW_FRAMING, stop_deg=112.0 if aside else 150.0, nape=not aside)
        azimuth, elevation = angles(lying[-1])
        swing = np.sign(roll) * 14.0 if aside else -np.sign(roll) * 4.0
        long = 0.235 - 0.02 * (k % 3) if aside else 0.165 - 0.018 * (k % 3)
        hang = falling(
            float(azimuth),
            float(elevation) - 4.0,
            long,
            lift=0.0130,
            count=12,
            swing=float(swing),
            clear=0.016 + 0.004 * (k % 2),
            hug=0.4,
        )
        path = np.vstack([lying, hang[2:]])
        _add_braid_from_row(mesh, path, len(lying) / len(path), 2000 + k, 0.0076)
        add_beads(mesh, path, 0.0082, 2000 + k, sway=0.4)
    _add_rows_behind_ears(mesh)
    add_laid_edges(mesh)


def _add_braid_from_row(
    mesh: Mesh, path: Array, share: float, number: int, radius: float, *, step: float = 0.0098
) -> None:
    """A braid whose first `share` lies on the scalp and whose rest hangs."""
    rings = min(52, max(20, round(float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / step)))
    add_rope(mesh, path, radius, number, strands=3, pitch=0.0215, depth=0.34, sway=0.5, rings=rings, tip=0.8)
    braid = mesh.patches[-1]
    braid.sway = 0.5 * np.clip((braid.uv[:, 1] - share) / (1 - share), 0, 1) ** 1.6


def _cornrows_bun(mesh: Mesh) -> None:
    """Rows drawn up from all round the hairline into a braided bun on top."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    way = direction(180, 66)
    base = on_scalp(way, 0.008)
    for k, azimuth in enumerate(np.arange(-171.0, 181.0, 18.0)):
        start = direction(azimuth, float(BROW_FRAMING(np.array([azimuth]))[0]) + 2.0)
        share = np.linspace(0, 1, 9)[:, None]
        ways = unit(start * (1 - share) + way * share * 0.94)
        add_cornrow(mesh, on_scalp(ways, 0.0050 + 0.004 * share[:, 0]), 2000 + k, radius=0.0084)
    add_tie(mesh, base + way * 0.006, way, 0.021)
    turn = np.linspace(0, 2 * np.pi * 2.6, 46)
    shrink = interpolate(np.linspace(0, 1, 46), [0, 0.5, 1], [0.030, 0.024, 0.006])
    side = unit(np.cross(way, np.array([0.31, 0.9, 0.12])))
    wound = (
        base
        + way * (0.010 + 0.036 * np.linspace(0, 1, 46))[:, None]
        + shrink[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, way))
    )
    add_rope(mesh, wound, 0.0110, 2400, strands=3, pitch=0.020, depth=0.3, sway=0.0, rings=60, sides=6, tip=0.6)
    add_laid_edges(mesh)


def _fulani_braids(mesh: Mesh) -> None:
    """A row over the middle, rows swept to the back, braids with beads before the ears and down to the chest."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    middle = np.array([over_crown(float(back), 0.0, 0.0060) for back in np.arange(24.0, 120.0, 8.0)])
    add_cornrow(mesh, middle, 2000, radius=0.0095)
    for side in (1.0, -1.0):
        for k in range(7):
            azimuth = 9.0 + 10.5 * k
            start = direction(side * azimuth, float(BROW_FRAMING(np.array([azimuth]))[0]) + 2.0)
            goal = direction(side * (132.0 + 8.0 * k), 38.0 - 12.0 * k)
            via = direction(side * (50.0 + 9.0 * k), 66.0 - 12.5 * k)
            share = np.linspace(0, 1, 10)[:, None]
            ways = unit(start * (1 - share) ** 2 + 1.7 * via * share * (1 - share) + goal * share**2)
            lying = clear_of_head(on_scalp(ways, 0.0052), 0.004)
            hang = falling(
                side * (132.0 + 8.0 * k),
                32.0 - 12.0 * k,
                0.40 + 0.03 * (k % 2),
                lift=0.0140,
                count=15,
                clear=0.018,
                hug=0.4,
            )
            path = np.vstack([lying, hang[1:]])
            _add_braid_from_row(mesh, path, len(lying) / len(path), 2010 + 10 * k + (side > 0), 0.0078, step=0.0165)
            add_beads(mesh, path, 0.0082, 2010 + 10 * k + (side > 0), count=2, sway=0.5)
        for k, azimuth in enumerate((56.0, 66.0)):  # the braids before the ears
            path = falling(
                side * azimuth, 12.0 - 8.0 * k, 0.225 + 0.02 * k, lift=0.0120, count=12, clear=0.016, out=0.004
            )
            add_rope(mesh, path, 0.0068, 2200 + 2 * k + (side > 0), strands=3, pitch=0.0160, depth=0.28, sway=0.4)
            add_beads(mesh, path, 0.0080, 2200 + 2 * k + (side > 0), count=4, sway=0.4)
    for high in (66.0, 44.0):
        for k, azimuth in enumerate(np.arange(112.0, 249.0, 24.0 if high < 60 else 40.0)):
            n = 2300 + int(high) + k
            path = falling(float(azimuth), high, 0.44, lift=0.0150, count=15, clear=0.018, hug=0.4)
            add_rope(mesh, path, 0.0078, n, strands=3, pitch=0.0185, depth=0.28, sway=0.6)


def _flat_twists(mesh: Mesh) -> None:
    """Thick twists that lie on the head, swept to one side, pinned at the nape."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    for k, roll in enumerate(np.linspace(-80.0, 80.0, 9)):
        path = lying_row(float(roll), line=BROW_FRAMING, lift=0.0075)
        rings = max(14, round(float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) / 0.0070))
        add_rope(
            mesh, path, 0.0125, 2300 + k, strands=2, pitch=0.026, depth=0.36, sway=0.0, rings=rings, sides=6, tip=0.9
        )
    way = direction(180, -30)
    add_bun(mesh, on_scalp(way, 0.020), 0.027, way, 820, "hair_matte")
    add_laid_edges(mesh)


def _twists_short(mesh: Mesh) -> None:
    """Short two-strand twists that stand and fall all round, sides faded."""
    add_fade(mesh, FADE_MID, 0.0070)
    _add_short_ropes(mesh, FADE_MID, 0.060, strands=2, radius=0.0078, pitch=0.0165, depth=0.34)


def _locs_short(mesh: Mesh) -> None:
    """Short locs, sides faded high."""
    add_fade(mesh, FADE_HIGH, 0.0080)
    _add_short_ropes(mesh, FADE_HIGH, 0.085, strands=0, radius=0.0082, pitch=0.024, depth=0.18)


def _add_short_ropes(mesh: Mesh, line: Line, length: float, *, radius: float, **rope: Any) -> None:
    azimuth, elevation = spread_over(84, lambda a: line(a) + 2.0)
    for k, (turned, high) in enumerate(zip(azimuth, elevation, strict=True)):
        n = 2300 + k
        seed = strand_seed(n)
        way = direction(turned, high)
        flat = unit(way * np.array([1.0, 0.0, 1.0]) + np.array([0.2 * (seed - 0.5), 0.0, 0.25 * (abs(turned) < 60)]))
        long = length * (0.75 + 0.4 * seed)
        root = on_scalp(way, 0.004)
        down = np.array([0.0, -1.0, 0.0])
        out = 0.16 + 0.16 * np.clip(high / 80.0, 0, 1)
        steps = [
            0 * way,
            0.22 * long * way,
            long * (1.4 * out * way + 0.28 * flat + 0.10 * down),
            long * (1.3 * out * way + 0.46 * flat + 0.52 * down),
        ]
        add_rope(mesh, root + np.array(steps), radius, n, sway=0.12, tip=0.8, **rope)


def _twists_long(mesh: Mesh) -> None:
    """Long rope twists to the chest."""
    mesh.add(cap(BROW_FRAMING, 0.0070, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.47,
        radius=0.0082,
        rings_deg=(14, 34, 52, 68),
        strands=2,
        pitch=0.028,
        depth=0.36,
        number=2300,
        each=21.0,
        sway=0.7,
        jag=0.08,
        front=30,
    )


def _locs_long(mesh: Mesh) -> None:
    """Long locs of uneven thickness, some wrapped with cuffs."""
    mesh.add(cap(BROW_FRAMING, 0.0070, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.52,
        radius=0.0098,
        rings_deg=(14, 36, 58, 72),
        strands=0,
        pitch=0.034,
        depth=0.20,
        number=2500,
        each=20.0,
        sway=0.7,
        jag=0.16,
        cuffs=7,
        front=34,
    )


def _goddess_locs(mesh: Mesh) -> None:
    """Locs to the chest with loose wavy ends and strands between them."""
    mesh.add(cap(BROW_FRAMING, 0.0070, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.43,
        radius=0.0084,
        rings_deg=(14, 36, 58),
        strands=0,
        pitch=0.030,
        depth=0.18,
        number=2500,
        each=25.0,
        sway=0.6,
        jag=0.2,
        cuffs=9,
        front=34,
    )
    for k, azimuth in enumerate(np.arange(64.0, 181.0, 16.0)):
        for side in (1.0, -1.0):
            n = 2900 + 2 * k + (side > 0)
            seed = strand_seed(n)
            path = falling(
                side * azimuth,
                24,
                0.44 + 0.06 * seed,
                lift=0.022,
                wave=0.013,
                waves=5.0,
                phase=seed,
                count=22,
                out=0.012,
                clear=0.024,
            )
            add_lock(
                mesh,
                path,
                0.0085,
                0.0065,
                n,
                rings=20,
                sides=4,
                sway=0.75,
                root=0.6,
                belly=0.6,
                tip=0.08,
                slot="hair_matte",
            )


def _box_braids_jumbo(mesh: Mesh) -> None:
    """Few thick braids in large square sections, cuffs on some."""
    mesh.add(cap(BROW_FRAMING, 0.0050, slot="scalp", edge=0.0015, rows=14, outline=0.0))
    add_hanging_ropes(
        mesh,
        0.46,
        radius=0.0128,
        rings_deg=(12, 34, 56, 75),
        strands=3,
        pitch=0.034,
        depth=0.28,
        number=2000,
        each=29.0,
        cuffs=4,
        jag=0.05,
        sides=6,
    )


def _micro_braids(mesh: Mesh) -> None:
    """Very many thin braids to the shoulder."""
    mesh.add(cap(BROW_FRAMING, 0.0080, slot="hair_matte", edge=0.0015, rows=14))
    add_hanging_ropes(
        mesh,
        0.33,
        radius=0.0046,
        rings_deg=(12, 30, 48, 64),
        strands=3,
        pitch=0.023,
        depth=0.26,
        number=2000,
        each=15.5,
        jag=0.06,
        sides=4,
        sway=0.55,
    )


def _braids_top_knot(mesh: Mesh) -> None:
    """Box braids gathered into a high knot, some left to hang behind."""
    _gathered_ropes(mesh, strands=3, pitch=0.0205, depth=0.28, radius=0.0072, way=direction(180, 70), loose=0.42)


def _locs_bun(mesh: Mesh) -> None:
    """Locs drawn back and wound into a bun behind."""
    _gathered_ropes(mesh, strands=0, pitch=0.030, depth=0.18, radius=0.0092, way=direction(180, 26), loose=0.0)


def _gathered_ropes(mesh: Mesh, *, way: Array, radius: float, loose: float, **rope: Any) -> None:
    """Ropes from all over the scalp drawn to `way` and wound into a knot; `loose` metres of some hang behind."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0018)
    base = on_scalp(way, 0.012)
    for row, above in enumerate((2.0, 22.0)):
        for k, azimuth in enumerate(np.arange(-174.0 + 6.0 * row, 181.0, 12.5 if row == 0 else 21.0)):
            start = direction(azimuth, float(BROW_FRAMING(np.array([azimuth]))[0]) + above)
            over = np.array([0.0, 1.0, 0.0]) * max(0.0, -float(start @ way))
            share = np.linspace(0, 1, 8)[:, None]
            ways = unit(start * (1 - share) + (way * 0.95) * share + over * share * (1 - share) * 3.0)
            lift = radius * 0.8 + 0.006 * share[:, 0] + 0.007 * row
            add_rope(mesh, on_scalp(ways, lift), radius, 2000 + 40 * row + k, sway=0.0, rings=16, tip=0.95, **rope)
    add_tie(mesh, base + way * 0.008, way, 0.023)
    side = unit(np.cross(way, np.array([0.31, 0.9, 0.12])))
    for k in range(5):
        t = np.linspace(0, 1, 26)
        turn = 2 * np.pi * (k / 5 + 1.25 * t)
        wide = interpolate(t, [0, 0.35, 1], [0.020, 0.036 - 0.003 * k, 0.008])
        path = (
            base
            + way * (0.012 + 0.050 * t)[:, None]
            + wide[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, way))
        )
        add_rope(mesh, path, radius * 1.1, 2200 + k, sway=0.0, rings=26, tip=0.7, **rope)
    if loose:
        for k, azimuth in enumerate(np.arange(116.0, 245.0, 16.0)):
            path = falling(
                float(azimuth), 6.0, loose * (0.85 + 0.2 * strand_seed(k)), lift=0.016, count=14, clear=0.016, hug=0.4
            )
            add_rope(mesh, path, radius, 2300 + k, sway=0.65, **rope)
    add_laid_edges(mesh)


def _twists_chin(mesh: Mesh) -> None:
    mesh.add(cap(BROW_FRAMING, 0.0090, slot="hair_matte", edge=0.002, rows=14))
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
    mesh.add(cap(BROW_FRAMING, 0.0080, slot="hair_matte", edge=0.002, rows=14))
    add_hanging_ropes(
        mesh,
        0.325,
        radius=0.0095,
        rings_deg=(14, 34, 54, 70),
        strands=0,
        pitch=0.030,
        depth=0.16,
        number=2500,
        each=20.5,
        sway=0.5,
        jag=0.20,
        cuffs=9,
        front=36,
    )


def _bantu_knots(mesh: Mesh) -> None:
    mesh.add(cap(BROW_FRAMING, 0.0050, slot="hair_matte", edge=0.0015, rows=14))
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
    "cornrows_beads": _cornrows_beads,
    "cornrows_bun": _cornrows_bun,
    "fulani_braids": _fulani_braids,
    "flat_twists": _flat_twists,
    "twists_short": _twists_short,
    "locs_short": _locs_short,
    "twists_long": _twists_long,
    "locs_long": _locs_long,
    "goddess_locs": _goddess_locs,
    "box_braids_jumbo": _box_braids_jumbo,
    "micro_braids": _micro_braids,
    "braids_top_knot": _braids_top_knot,
    "locs_bun": _locs_bun,
    "box_braids_long": lambda mesh: _box_braids(mesh, 0.50, 7),
    "box_braids_bob": lambda mesh: _box_braids(mesh, 0.245, 0),
    "cornrows": _cornrows,
    "twists_chin": _twists_chin,
    "locs_shoulder": _locs_shoulder,
    "bantu_knots": _bantu_knots,
}
