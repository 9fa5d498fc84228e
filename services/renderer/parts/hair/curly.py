"""Loose curly and coily styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from services.renderer.parts.hair.bundles import add_laid_edges, add_pulled_back, add_tie
from services.renderer.parts.hair.coils import add_coils, add_coily_cloud, add_curls, add_puff, add_tufts
from services.renderer.parts.hair.fringes import add_fringe_run
from services.renderer.parts.hair.locks import (
    add_crown,
    add_fade,
    add_lock,
    add_off_face,
    add_scalp_shadow,
    add_short_base,
)
from services.renderer.parts.hair.scalp import (
    BROW_FRAMING,
    CURLS_FRONT,
    FADE_HIGH,
    FADE_MID,
    HAIRLINE,
    angles,
    cap,
    falling,
    noise,
    over_crown,
    strand_seed,
)
from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, sheet, unit


def _curly_short(mesh: Mesh) -> None:
    """Curls on top that fall a little over the forehead, sides faded."""
    add_fade(mesh, FADE_MID, 0.0120)
    thick = lambda a, e: 0.0150 + 0.0170 * np.clip(e / 90, 0, 1) + 0 * a
    add_coily_cloud(mesh, lambda a: FADE_MID(a) + 4.0, thick, tufts=95, size=0.0125, edge=0.0050, bump=0.0060)
    at = np.arange(-46.0, 47.0, 8.0)
    out = direction(at, FADE_MID(at) + 7.0)
    add_tufts(mesh, on_scalp(out, 0.010), unit(out + np.array([0, -0.45, 0.25])), 0.0135, 1500)


def _curly_round(mesh: Mesh, length: float = 0.205, *, fringe: bool = True) -> None:
    add_curls(mesh, 0.032, HAIRLINE if fringe else CURLS_FRONT, 72, 0.0185, height=0.006)
    for k, azimuth in enumerate(np.arange(58.0, 181.0, 11.0)):
        for side in (1.0, -1.0):
            for layer in range(2):
                n = 600 + 4 * k + 2 * layer + (side > 0)
                path = falling(
                    side * azimuth,
                    20 + 16 * layer,
                    length - 0.03 * layer + 0.03 * strand_seed(n),
                    lift=0.026 + 0.010 * layer,
                    wave=0.015,
                    waves=2.4,
                    phase=strand_seed(n),
                    count=16,
                    out=0.030,
                )
                add_lock(mesh, path, 0.0175, 0.0145, n, rings=13, sides=5, sway=0.5, root=0.9, tip=0.1, belly=0.5)
    if not fringe:
        at = np.arange(-66.0, 67.0, 8.0)
        out = direction(at, CURLS_FRONT(at) + 3.0)
        add_coils(mesh, on_scalp(out, 0.003), unit(out + np.array([0, 0.3, 0])), 0.0085, 1100, "hair", length=0.020)
        return
    left = ((-52, 0.115), (-36, 0.138), (-20, 0.150), (-5, 0.142))
    right = ((10, 0.152), (26, 0.146), (40, 0.132), (54, 0.110))
    add_fringe_run(mesh, left + right, width=0.0165, lifts=[0.026], sweeps_deg=[10, -8, 5])


def _round(thickness: float, front: float = 0.75) -> Callable[[Array, Array], Array]:
    """How thick a round shape is at (azimuth, elevation): fuller above and behind, `front` of it over the forehead."""

    def thick(azimuth: Array, elevation: Array) -> Array:
        above = 1.0 + 0.22 * np.clip(elevation / 80.0, -0.5, 1)
        forehead = np.exp(-((azimuth / 48.0) ** 2)) * np.clip(1 - elevation / 75.0, 0, 1)
        return np.asarray(thickness * above * (1 - (1 - front) * forehead))

    return thick


def _afro(mesh: Mesh) -> None:
    """Rounded, a hand's breadth high, as it is worn: no ball."""
    add_coily_cloud(mesh, CURLS_FRONT, _round(0.050), tufts=120, size=0.0125, edge=0.008, bump=0.0065)


def _afro_parted(mesh: Mesh) -> None:
    """A shorter afro with a side parting combed in."""

    def parting(points: Array) -> Array:
        azimuth, elevation = angles(points)
        along = np.clip((elevation - 12.0) / 8.0, 0, 1) * np.clip((86.0 - elevation) / 10.0, 0, 1)
        across = (azimuth - 34.0) * np.cos(np.radians(elevation)) / 7.5
        return np.asarray(0.024 * np.exp(-(across**2)) * along * (np.abs(azimuth) < 100))

    add_coily_cloud(mesh, CURLS_FRONT, _round(0.033), tufts=125, size=0.0105, edge=0.006, bump=0.0050, parting=parting)


def _teeny_afro(mesh: Mesh) -> None:
    """Short coils all round, two fingers high, a sharp hairline."""
    add_scalp_shadow(mesh, BROW_FRAMING, 0.0016)
    add_coily_cloud(
        mesh, lambda a: BROW_FRAMING(a) + 1.5, _round(0.0165, 0.9), tufts=112, size=0.0092, edge=0.0040, bump=0.0030
    )


def _twist_out(mesh: Mesh) -> None:
    """Untwisted coils, defined and full, to the shoulder."""
    add_coily_cloud(mesh, CURLS_FRONT, _round(0.034), tufts=46, size=0.0125, edge=0.006, bump=0.0060)
    for layer in range(2):
        for k, azimuth in enumerate(np.arange(56.0 + 6 * layer, 181.0, 12.0)):
            for side in (1.0, -1.0):
                n = 600 + 60 * layer + 2 * k + (side > 0)
                seed = strand_seed(n)
                path = falling(
                    side * azimuth,
                    26 + 20 * layer,
                    0.235 - 0.045 * layer + 0.035 * seed,
                    lift=0.034 + 0.008 * layer,
                    wave=0.013,
                    waves=2.4,
                    phase=seed,
                    count=14,
                    out=0.034,
                )
                add_lock(
                    mesh,
                    path,
                    0.0150,
                    0.0140,
                    n,
                    rings=13,
                    sides=5,
                    sway=0.4,
                    root=0.9,
                    tip=0.15,
                    belly=0.6,
                    slot="hair_matte",
                    outline=0.7,
                )


def _curly_triangle(mesh: Mesh) -> None:
    """Curls that widen to the collar, parted in the middle."""
    add_short_base(mesh, BROW_FRAMING)
    for layer in range(3):
        for k, azimuth in enumerate(np.arange(52.0 + 4 * layer, 181.0, 14.0)):
            for side in (1.0, -1.0):
                n = 600 + 60 * layer + 2 * k + (side > 0)
                seed = strand_seed(n)
                path = falling(
                    side * azimuth,
                    22 + 19 * layer,
                    0.230 - 0.030 * layer + 0.03 * seed,
                    lift=0.016 + 0.007 * layer,
                    wave=0.013,
                    waves=2.7,
                    phase=seed,
                    count=16,
                    out=0.060 - 0.012 * layer,
                )
                add_lock(mesh, path, 0.0170, 0.0130, n, rings=15, sides=5, sway=0.4, root=0.7, tip=0.1, belly=0.65)
    add_off_face(mesh, 0.190, parting=0.0, wave=0.012, waves=2.5, out=0.040)


def _curly_long(mesh: Mesh) -> None:
    """Long spiral curls, parted on the side, forehead free."""
    add_short_base(mesh, BROW_FRAMING)
    add_crown(mesh, rows=2, length=0.13, lift=0.020)
    for layer in range(2):
        for k, azimuth in enumerate(np.arange(62.0 + 6 * layer, 181.0, 12.0)):
            for side in (1.0, -1.0):
                n = 600 + 60 * layer + 2 * k + (side > 0)
                seed = strand_seed(n)
                path = falling(
                    side * azimuth,
                    24 + 20 * layer,
                    0.44 - 0.09 * layer + 0.05 * seed,
                    lift=0.017 + 0.009 * layer,
                    wave=0.016,
                    waves=4.4,
                    phase=seed,
                    count=26,
                    out=0.020,
                    clear=0.022,
                )
                add_lock(mesh, path, 0.0165, 0.0130, n, rings=24, sides=4, sway=0.7, root=0.8, tip=0.1, belly=0.5)
    add_off_face(mesh, 0.330, parting=20.0, wave=0.014, waves=2.8, out=0.022)


def _frohawk(mesh: Mesh) -> None:
    """A crest of coils from the forehead to the nape, sides faded."""
    mesh.add(cap(BROW_FRAMING, 0.0010, slot="scalp_fade", outline=0.0, edge=0.0006))
    mesh.add(cap(lambda a: BROW_FRAMING(a) + 5.0, 0.0022, slot="scalp", outline=0.0, edge=0.0014))
    rows, columns = 26, 11
    grid = np.zeros((rows, columns, 3))
    for r, back in enumerate(np.linspace(22.0, 206.0, rows)):
        tall = 0.074 * np.sin(np.pi * np.clip((back - 8.0) / 212.0, 0, 1)) ** 0.6
        for k, turn in enumerate(np.linspace(-np.pi / 2, np.pi / 2, columns)):
            grid[r, k] = over_crown(
                float(back), 0.040 * np.sin(turn) * (0.75 + 0.25 * tall / 0.074), 0.002 + tall * np.cos(turn) ** 0.7
            )
    away = unit(grid - CENTRE)
    grid = grid + away * (0.0060 * noise(grid, 0.020, 8) + 0.0040 * noise(grid, 0.0105, 9))[..., None]
    mesh.add(sheet(grid, slot="hair_matte", sphere=CENTRE))
    roots = grid[1:-1:2, 1:-1].reshape(-1, 3)
    add_tufts(mesh, roots - unit(roots - CENTRE) * 0.002, unit(roots - CENTRE), 0.0115, 900)


def _afro_puffs(mesh: Mesh) -> None:
    """Two puffs, the hair between them parted and combed."""
    mesh.add(
        cap(BROW_FRAMING, 0.0085, slot="hair_matte", edge=0.002, rows=16, bumps=lambda p: 0.0012 * noise(p, 0.012, 4))
    )
    for side in (1.0, -1.0):
        _tufted_puff(mesh, direction(side * 74, 42), 0.052, 40 + int(side))
    add_laid_edges(mesh)


def _afro_puff_high(mesh: Mesh) -> None:
    """One big puff on top, the rest combed up smoothly."""
    way = direction(180, 68)
    add_pulled_back(mesh, on_scalp(way, 0.008), slot="hair_matte", thickness=0.0080)
    _tufted_puff(mesh, way, 0.060, 40)
    add_laid_edges(mesh)


def _tufted_puff(mesh: Mesh, way: Array, radius: float, number: int) -> None:
    base = on_scalp(way, 0.008)
    add_tie(mesh, base + way * 0.006, way, 0.40 * radius)
    centre = base + way * radius * 0.92
    add_puff(mesh, centre, np.array([radius, 0.96 * radius, radius]), number, bump=0.0085)
    k = np.arange(75)
    high = np.degrees(np.arcsin(1 - 2 * (k + 0.5) / len(k)))
    spread = direction(k * 137.50776 % 360 - 180, high)
    add_tufts(mesh, centre + spread * radius * 0.95, spread, 0.0125, 1000 + number, sway=0.15)


def _high_top_fade(mesh: Mesh) -> None:
    add_fade(mesh, FADE_HIGH, 0.010)
    columns, rows = 40, 9
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    base_y, top_y = CHIN_Y + 0.186, CHIN_Y + 0.318
    grid = np.zeros((rows + 4, columns, 3))
    for r, f in enumerate(np.linspace(0, 1, rows)):
        wide, deep = 0.083 + 0.010 * f, 0.094 + 0.008 * f
        c, s = np.cos(-turn), np.sin(-turn)
        x = wide * np.sign(c) * np.abs(c) ** 0.72
        z = -0.010 + deep * np.sign(s) * np.abs(s) ** 0.72
        y = base_y + (top_y - base_y) * f + 0.006 * s * (1 - f)
        grid[r] = np.stack([x, y, z], axis=-1)
    for k, f in enumerate((0.86, 0.62, 0.34, 0.02)):
        grid[rows + k] = np.stack(
            [
                grid[rows - 1, :, 0] * f,
                np.full(columns, top_y + 0.009 * (1 - f * f)),
                -0.010 + (grid[rows - 1, :, 2] + 0.010) * f,
            ],
            axis=-1,
        )
    middle = np.array([0.0, (base_y + top_y) / 2, -0.010])
    away = unit(grid - middle)
    grid = grid + away * (0.0050 * noise(grid, 0.017, 8) + 0.0040 * noise(grid, 0.0095, 9))[..., None]
    mesh.add(sheet(grid, slot="hair_matte", closed=True, random=0.5, sphere=middle))
    chosen = np.concatenate([grid[row, 2 * row % 3 :: 3] for row in range(1, rows + 3)])
    add_tufts(mesh, chosen - unit(chosen - middle) * 0.003, unit(chosen - middle), 0.0115, 960)


STYLES: Mapping[str, Callable[[Mesh], None]] = {
    "afro_parted": _afro_parted,
    "teeny_afro": _teeny_afro,
    "twist_out": _twist_out,
    "curly_triangle": _curly_triangle,
    "curly_long": _curly_long,
    "frohawk": _frohawk,
    "afro_puff_high": _afro_puff_high,
    "curly_short": _curly_short,
    "curly_round": _curly_round,
    "curly_chin": lambda mesh: _curly_round(mesh, 0.140, fringe=False),
    "afro": _afro,
    "afro_puffs": _afro_puffs,
    "high_top_fade": _high_top_fade,
}
