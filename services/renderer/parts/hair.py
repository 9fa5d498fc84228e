"""Hair on the scalp: caps, locks, curls, braids, locs, knots. Rigid on the head; tips sway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.head import CENTRE, CHIN_Y, direction, on_scalp
from services.renderer.parts.mesh import Array, Mesh, Patch, curve, interpolate, sheet, sweep, unit

BALL: Array = CENTRE + np.array([0.0, 0.005, -0.008])
"""Centre of the ball that hair is lit like, so that it shades as one mass."""

Line = Callable[[Array], Array]
"""Elevation in degrees of a hairline at azimuths in degrees."""


def _line(*knots: tuple[float, float]) -> Line:
    """A symmetric hairline from (azimuth 0 front to 180 back, elevation) pairs."""
    at, value = [k[0] for k in knots], [k[1] for k in knots]
    return lambda azimuth: interpolate(np.abs((np.asarray(azimuth) + 180) % 360 - 180), at, value)


HAIRLINE = _line((0, 31), (30, 29), (52, 16), (66, 2), (80, -4), (100, -16), (115, -30), (140, -41), (180, -44))
"""A full natural hairline: forehead, temple, in front of and behind the ear, nape."""


BROW_FRAMING = _line(
    (0, 22),
    (22, 22.5),
    (38, 20),
    (48, 12),
    (57, 3),
    (66, -8),
    (76, -13),
    (100, -17),
    (115, -30),
    (140, -41),
    (180, -44),
)
"""The hairline of styles without a fringe: drawn faces carry a lower forehead than skulls, and hair before the ear."""


def noise(points: Array, scale: float, seed: int) -> Array:
    """Smooth value noise in -1 to 1 at (..., 3) points; `scale` metres per cell; equal on every machine."""
    q = points / scale + seed * 17.31
    i = np.floor(q).astype(np.int64)
    f = q - i
    f = f * f * (3 - 2 * f)
    total = np.zeros(points.shape[:-1])
    for corner in range(8):
        o = np.array([corner & 1, corner >> 1 & 1, corner >> 2 & 1])
        j = i + o
        h = (j[..., 0] * 73856093 ^ j[..., 1] * 19349663 ^ j[..., 2] * 83492791 ^ seed * 2654435761) & 0xFFFFFF
        h = (h * 48271 ^ h >> 7) & 0xFFFFFF
        w = np.prod(np.where(o == 1, f, 1 - f), axis=-1)
        total += w * (h / 0xFFFFFF * 2 - 1)
    return total


def cap(
    line: Line,
    thickness: ArrayLike | Callable[[Array, Array], Array],
    *,
    rows: int = 12,
    columns: int = 44,
    slot: str = "hair",
    outline: float = 1.0,
    edge: float = 0.0015,
    bumps: Callable[[Array], Array] | None = None,
    ramp: float = 7.0,
) -> Patch:
    """A shell over the scalp from `line` to the crown, `thickness` metres off it and `edge` at the hairline.

    `ramp` says how steeply it rises there: 1 over the whole way to the crown, 7 over a seventh.
    """
    azimuth = np.linspace(-180, 180, columns, endpoint=False)
    low = line(azimuth)
    rise = np.linspace(0, 1, rows) ** 0.85
    elevation = low[None] + (89.0 - low[None]) * rise[:, None]
    ways = direction(np.broadcast_to(azimuth, elevation.shape), elevation)
    thick = (
        thickness(np.broadcast_to(azimuth, elevation.shape), elevation)
        if callable(thickness)
        else np.full(elevation.shape, thickness)
    )
    near = np.clip(rise * ramp, 0, 1)[:, None]
    off = edge + (thick - edge) * np.sin(near * np.pi / 2)
    grid = on_scalp(ways, off)
    if bumps is not None:
        grid = grid + ways * bumps(grid)[..., None] * near[..., None]
    uv = np.stack(
        [
            np.broadcast_to(azimuth / 360 + 0.5, elevation.shape),
            np.broadcast_to((1 - rise)[:, None] * 0.5, elevation.shape),
        ],
        axis=-1,
    )
    return sheet(grid, slot=slot, closed=True, uv=uv, outline=outline, sphere=BALL)


def lock(
    points: ArrayLike,
    width: float,
    thickness: float,
    *,
    rings: int = 9,
    sides: int = 6,
    number: float = 0.5,
    sway: float = 0.0,
    root: float = 0.55,
    belly: float = 0.35,
    tip: float = 0.04,
    up: ArrayLike | None = None,
    outline: float = 1.0,
    slot: str = "hair",
    twist: float = 0.0,
) -> Patch:
    """A leaf-shaped lock along the curve through `points`.

    Args:
        points: (k, 3) control points from root to tip.
        width: Half width at its fullest, metres.
        thickness: Half thickness there.
        rings: Cross-sections along the lock.
        sides: Corners of a cross-section.
        number: The lock's random number, for colour and the highlight's edge.
        sway: How loose the tip is.
        root: Width at the root as a share of the fullest.
        belly: Where along the lock it is fullest.
        tip: Width at the tip as a share of the fullest.
        up: Outward direction; absent: away from the head's axis.
        outline: Share of the outline.
        slot: Colour slot.
        twist: Turn of the tip about the lock, radians.
    """
    path = curve(points, rings)
    t = np.linspace(0, 1, rings)
    shape = interpolate(t, [0, belly, 0.72, 1], [root, 1.0, 0.72, tip])
    outwards: ArrayLike
    if up is None:
        axis = np.stack(
            [CENTRE[0] + np.zeros(rings), np.minimum(path[:, 1], CENTRE[1]), CENTRE[2] + np.zeros(rings)], axis=1
        )
        outwards = unit(path - axis)
    else:
        outwards = up
    loose = sway * t**1.6
    return sweep(
        path,
        width * shape,
        thickness * shape,
        up=outwards,
        sides=sides,
        slot=slot,
        random=number,
        sway=loose,
        sphere=BALL,
        outline=outline * interpolate(t, [0, 0.2, 0.8, 1], [0.6, 1, 1, 0.5]),
        caps=(False, False),
        twist=twist * t,
    )


def _strand_seed(number: int) -> float:
    """A lock's number in 0 to 1 from a counter: equal on every machine, spread evenly."""
    return (number * 0.6180339887 + 0.137) % 1.0


def _fall(
    azimuth: float,
    elevation: float,
    length_m: float,
    *,
    lift: float = 0.014,
    out: float = 0.0,
    swing: float = 0.0,
    wave: float = 0.0,
    waves: float = 3.0,
    phase: float = 0.0,
    count: int = 9,
    hug: float = 0.0,
    curl_in: float = 0.0,
    clear: float = 0.010,
    early: float = 1.0,
) -> Array:
    """Centre line of a lock that leaves the scalp at (azimuth, elevation) and falls for `length_m` metres.

    It follows the head down to where gravity takes over, then hangs. `out` metres away from the head at the tip,
    `swing` degrees round it, `wave` metres of waviness, `hug` the share by which it keeps to the neck, `curl_in` metres
    by which the tip turns inwards; `early` above 1 swings sooner.
    """
    points = [on_scalp(direction(azimuth, elevation), lift * 0.35)]
    step = length_m / (count - 1)
    e, a = elevation, azimuth
    hanging = False
    for k in range(1, count):
        t = k / (count - 1)
        previous = points[-1]
        a_now = a + swing * min(1.0, t * early)
        if not hanging:
            e -= np.degrees(step / 0.105)
            candidate = on_scalp(direction(a_now, e), lift)
            line = float(HAIRLINE(np.array([a_now]))[0])
            if e < max(-8.0, line - 26.0) or (candidate[1] > previous[1] + 1e-4 and e < 10):
                hanging = True
            else:
                points.append(candidate)
                continue
        way = direction(a_now, 0.0)
        radius = np.hypot(previous[0] - CENTRE[0], previous[2] - CENTRE[2])
        down = previous + np.array([0.0, -step, 0.0])
        # Below the jaw, hair draws in towards the neck and then lies on shoulders and back.
        depth = CHIN_Y + 0.03 - down[1]
        wanted: float = radius - hug * 0.020 * step / 0.03 + out * step / max(0.05, length_m)
        shoulder = _body_radius(float(a_now), float(down[1])) + clear
        wanted = max(wanted, shoulder) if depth > 0 else wanted
        points.append(np.array([CENTRE[0] + way[0] * wanted, down[1], CENTRE[2] + way[2] * wanted]))
    path = np.array(points)
    for _ in range(2):  # rounds the corner between lying and hanging
        path[1:-1] = 0.25 * path[:-2] + 0.5 * path[1:-1] + 0.25 * path[2:]
    share = np.linspace(0, 1, len(path))
    ways = direction(azimuth + swing * np.minimum(1.0, share * early), 0.0)
    across = np.stack([ways[:, 2], np.zeros(len(share)), -ways[:, 0]], axis=1)
    grown = wave * np.clip(share * 2.5 - 0.25, 0, 1)
    turn = 2 * np.pi * (waves * share + phase)
    path = path + across * (np.sin(turn) * grown)[:, None] + ways * (0.5 * np.cos(turn) * grown)[:, None]
    path = path - ways * (curl_in * np.clip((share - 0.6) / 0.4, 0, 1) ** 2)[:, None]
    return np.asarray(path)


def _body_radius(azimuth: float, y: float) -> float:
    """How far from the head's axis, in direction `azimuth`, neck, collar and shoulders reach at height y, metres."""
    a = np.radians(azimuth)
    side = abs(np.sin(a))
    back = np.cos(a) < 0
    neck = 0.056
    if y > 1.285:
        return neck
    collar = 0.078 + 0.006 * (1.285 - y) / 0.05
    if y > 1.235:
        return float(collar)
    wide = float(interpolate(y, [1.05, 1.17, 1.205, 1.235], [0.150, 0.155, 0.145, 0.085]))
    deep = (
        float(interpolate(y, [0.90, 1.05, 1.14, 1.235], [0.085, 0.100, 0.102, 0.080]))
        if back
        else float(interpolate(y, [1.00, 1.10, 1.16, 1.235], [0.112, 0.116, 0.105, 0.078]))
    )
    return float(np.hypot(wide * side, deep * np.cos(a)))


def _lock_at(mesh: Mesh, path: Array, width: float, thickness: float, number: int, **more: object) -> None:
    mesh.add(lock(path, width, thickness, number=_strand_seed(number), **more))  # type: ignore[arg-type]


def _curtain(
    mesh: Mesh,
    length_m: float,
    *,
    start: float = 62.0,
    stop: float = 180.0,
    each: float = 16.0,
    elevation: float = 22.0,
    width: float = 0.026,
    layers: int = 2,
    sway: float = 0.8,
    jag: float = 0.10,
    number: int = 100,
    **fall: Any,
) -> None:
    """Locks hanging round both sides and the back, from azimuth `start` to `stop`, outer layers shorter."""
    for layer in range(layers):
        lift = 0.012 + 0.009 * layer
        azimuths = np.arange(start + each * 0.5 * (layer % 2), stop + 0.1, each)
        for k, azimuth in enumerate(azimuths):
            for side in (1.0, -1.0):
                if azimuth >= 179.0 and side < 0:
                    continue
                n = number + layer * 40 + 2 * k + (side > 0)
                seed = _strand_seed(n)
                long = length_m * (1 - 0.12 * layer) * (1 - jag * seed)
                path = _fall(side * azimuth, elevation + 14 * layer, long, lift=lift, phase=seed, **fall)
                _lock_at(
                    mesh,
                    path,
                    width * (0.9 + 0.25 * seed),
                    0.0095,
                    n,
                    sway=sway * min(1.0, length_m / 0.4),
                    rings=11,
                    root=0.75,
                    belly=0.45,
                )


def _fringe_lock(
    mesh: Mesh,
    azimuth: float,
    low_y: float,
    number: int,
    *,
    root: float = 68.0,
    width: float = 0.020,
    sweep_deg: float = 0.0,
    lift: float = 0.017,
    origin: float | None = None,
    sway: float = 0.12,
    tip: float = 0.03,
) -> None:
    """One lock of a fringe: from the crown over the forehead down to `low_y` metres above the chin."""
    start = azimuth * 0.55 if origin is None else origin
    high = on_scalp(direction(start, root), lift * 0.6)
    points = [high]
    for t in np.linspace(0, 1, 6)[1:]:
        a = start + (azimuth + sweep_deg - start) * t**0.8
        y = high[1] + (CHIN_Y + low_y - high[1]) * t**1.25
        # At that height, stand off the skin.
        e = np.degrees(np.arctan2(y - CENTRE[1], 0.092))
        at = on_scalp(direction(a, e), lift * (1 - 0.25 * t**3))
        points.append(np.array([at[0], y if t > 0.5 else at[1] * 0.5 + y * 0.5, at[2]]) if t > 0.3 else at)
    _lock_at(mesh, np.array(points), width, 0.0075, number, rings=9, sway=sway, root=0.62, belly=0.42, tip=tip)


def _fringe_run(
    mesh: Mesh,
    ends: Sequence[tuple[float, float]],
    number: int = 300,
    *,
    lower: float = 0.0,
    lifts: Sequence[float] = (0.017,),
    sweeps_deg: Sequence[float] = (0.0,),
    **shape: Any,
) -> None:
    """Fringe locks side by side, one per (azimuth, metres above the chin); lifts and sweeps take turns."""
    for k, (azimuth, low_y) in enumerate(ends):
        lift, sweep_deg = lifts[k % len(lifts)], sweeps_deg[k % len(sweeps_deg)]
        _fringe_lock(mesh, azimuth, low_y - lower, number + k, lift=lift, sweep_deg=sweep_deg, **shape)


def _fringe(mesh: Mesh, kind: str, *, lower: float = 0.0) -> None:
    """Fringes by tag: blunt, curtain, side, wispy."""
    if kind == "blunt":
        ends = [(a, 0.126 + 0.003 * (k % 2)) for k, a in enumerate((-50, -37, -24.5, -12.5, 0, 12.5, 24.5, 37, 50))]
        for k, (azimuth, low) in enumerate(ends):
            low_y = low - lower - 0.006 * (abs(azimuth) > 45)
            _fringe_lock(mesh, azimuth, low_y, 300 + k, width=0.0195, tip=0.42)
        inner = [(azimuth, 0.133) for azimuth in (-43, -30.5, -18, -6, 6, 18, 30.5, 43)]
        _fringe_run(mesh, inner, 320, lower=lower, width=0.0165, lifts=[0.0205], tip=0.30)
    elif kind == "curtain":
        for side in (1, -1):
            for k, (azimuth, low) in enumerate(((16, 0.150), (27, 0.131), (39, 0.110), (52, 0.084), (63, 0.060))):
                _fringe_lock(
                    mesh,
                    side * azimuth,
                    low - lower,
                    300 + 2 * k + (side > 0),
                    width=0.0200,
                    origin=side * 4.0,
                    sweep_deg=side * 7,
                    root=63,
                    lift=0.020 - 0.001 * k,
                )
    elif kind == "side":
        over = ((-46, 0.098), (-33, 0.119), (-20, 0.131), (-7, 0.140), (6, 0.146), (18, 0.150))
        lifts = [0.0165 + 0.0012 * k for k in range(3)]
        _fringe_run(mesh, over, lower=lower, width=0.0225, origin=24.0, sweeps_deg=[-6], root=62, lifts=lifts)
        back = ((38, 0.128), (51, 0.096), (61, 0.076))
        _fringe_run(mesh, back, 312, lower=lower, width=0.0190, origin=26.0, sweeps_deg=[6], root=62, lifts=[0.0165])
    elif kind == "wispy":
        left = ((-47, 0.098), (-33, 0.121), (-21, 0.137), (-9, 0.127))
        right = ((3, 0.140), (15, 0.128), (28, 0.136), (41, 0.113), (52, 0.092))
        lifts = [0.0165 + 0.002 * k for k in range(2)]
        _fringe_run(mesh, left + right, lower=lower, width=0.0150, lifts=lifts, sweeps_deg=[-6, 5, 8])


def _crown(
    mesh: Mesh,
    *,
    rows: int = 2,
    length: float = 0.13,
    lift: float = 0.0150,
    spike: float = 0.0,
    number: int = 500,
) -> None:
    """Locks over the top and back that break the cap's smoothness; they leave a whorl behind the parting."""
    for row in range(rows):
        for k in range(9):
            azimuth = -160 + 40 * k + 20 * (row % 2)
            if abs(azimuth) < 62:
                continue
            n = number + row * 20 + k
            path = _fall(
                azimuth,
                70 - 17 * row,
                length * (0.85 + 0.3 * _strand_seed(n)),
                lift=lift + 0.003 * row,
                count=8,
            )
            if spike:
                path[-2:] += direction(azimuth, 25.0) * np.array([[0.5], [1.0]]) * spike
            _lock_at(mesh, path, 0.030, 0.0080, n, sway=0.10, rings=8, root=0.45, belly=0.40)


def _short_sides(
    mesh: Mesh, low: float, *, each: float = 15.0, width: float = 0.017, length: float = 0.062, number: int = 700
) -> None:
    """Short locks over temples, ears and nape, ending `low` metres above the chin."""
    for k, azimuth in enumerate(np.arange(68.0, 181.0, each)):
        for side in (1.0, -1.0):
            if azimuth > 175 and side < 0:
                continue
            n = number + 2 * k + (side > 0)
            seed = _strand_seed(n)
            top = 16.0 if azimuth < 110 else 4.0
            drop = length * (0.85 + 0.35 * seed) * (1.25 if azimuth > 120 else 1.0)
            path = _fall(side * azimuth, top, drop, lift=0.0105, count=7, hug=0.8)
            keep = path[:, 1] > CHIN_Y + low - 0.05
            _lock_at(mesh, path[keep] if keep.sum() >= 3 else path[:3], width, 0.0065, n, rings=7, sway=0.06, root=0.7)


def _tail(
    mesh: Mesh,
    base: Array,
    way: Array,
    length: float,
    *,
    locks: int = 9,
    spread: float = 0.055,
    width: float = 0.027,
    number: int = 800,
) -> None:
    """A tied tail: a bundle that leaves `base` along `way` and falls."""
    side = unit(np.cross(way, np.array([0.0, 1.0, 0.0])))
    for k in range(locks):
        turn = 2 * np.pi * k / locks
        n = number + k
        seed = _strand_seed(n)
        off = side * np.cos(turn) + np.cross(side, way) * np.sin(turn)
        ring = 0.35 + 0.65 * (k % 3 > 0)
        points = [base - way * 0.012 + off * 0.008 * ring, base + way * 0.028 + off * 0.018 * ring]
        for t in (0.28, 0.5, 0.75, 1.0):
            fall = length * t * (0.9 + 0.2 * seed)
            bulge = spread * ring * (0.55 + 0.6 * np.sin(np.pi * min(1.0, t * 1.15)) - 0.35 * t)
            points.append(
                base + way * (0.052 + 0.030 * np.sin(np.pi * 0.5 * t)) + np.array([0, -fall, 0]) + off * bulge
            )
        _lock_at(
            mesh, np.array(points), width, 0.0125, n, sway=1.0, rings=12, root=0.35, belly=0.5, up=unit(off + way * 0.4)
        )


def _tie(mesh: Mesh, base: Array, way: Array, radius: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 15)
    side = unit(np.cross(way, np.array([0.0, 1.0, 0.001])))
    ring = base + radius * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, way))
    mesh.add(sweep(ring, 0.0065, 0.0055, up=way, sides=6, slot="outfit_trim", outline=0.6))


def _bun(mesh: Mesh, centre: Array, radius: float, way: Array, number: int, slot: str = "hair") -> None:
    """A coiled bun: a ball wound with locks."""
    side = unit(np.cross(way, np.array([0.31, 0.9, 0.12])))
    other = np.cross(side, way)
    for k in range(7):
        start = 2 * np.pi * k / 7
        turn = start + np.linspace(0, 2.5, 8)
        climb = np.linspace(-0.75, 0.85, 8)
        ring = np.sqrt(np.maximum(0.05, 1 - climb**2))
        path = centre + radius * (
            ring[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other) + climb[:, None] * way
        )
        _lock_at(
            mesh,
            path,
            radius * 0.50,
            radius * 0.24,
            number + k,
            rings=8,
            sway=0.08,
            root=0.7,
            belly=0.5,
            tip=0.3,
            up=unit(path - centre),
            slot=slot,
        )


def _ball_grid(centre: Array, radii: Array, rows: int, columns: int) -> tuple[Array, Array]:
    polar = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None, :]
    ways = np.stack(
        [np.cos(polar) * np.cos(-turn), np.broadcast_to(np.sin(polar), (rows, columns)), np.cos(polar) * np.sin(-turn)],
        axis=-1,
    )
    return centre + ways * radii, ways


def _puff(mesh: Mesh, centre: Array, radii: Array, number: int, bump: float = 0.010, slot: str = "hair_matte") -> None:
    """A cloud of coils: a ball whose surface is uneven at two scales."""
    grid, ways = _ball_grid(centre, radii, 17, 24)
    rough = bump * (noise(grid, 0.021, number) + 0.6 * noise(grid, 0.011, number + 1))
    grid = grid + ways * rough[..., None]
    mesh.add(
        sheet(
            grid,
            slot=slot,
            closed=True,
            sway=np.clip((ways[..., 1] + 1) * 0.12, 0, 0.3),
            random=_strand_seed(number),
            sphere=centre,
        )
    )


def _coils(
    mesh: Mesh,
    centres: Array,
    ways: Array,
    size: float,
    number: int,
    slot: str = "hair_matte",
    turns: float = 1.6,
    length: float = 0.030,
) -> None:
    """Corkscrew curls standing off a surface, (n, 3) roots and directions."""
    for k, (root, way) in enumerate(zip(centres, ways, strict=True)):
        n = number + k
        seed = _strand_seed(n)
        side = unit(np.cross(way, np.array([0.2, 1.0, 0.1])))
        other = np.cross(side, way)
        t = np.linspace(0, 1, 8)
        turn = 2 * np.pi * (turns * t + seed)
        radius = size * np.sin(np.pi * (0.18 + 0.80 * t))
        drop = np.array([0.0, -1.0, 0.0]) * (0.25 * length * t**2)[:, None]
        path = (
            root
            + way * (length * (0.8 + 0.4 * seed) * t)[:, None]
            + radius[:, None] * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other)
            + drop
        )
        mesh.add(
            lock(
                path,
                size * 0.62,
                size * 0.55,
                rings=8,
                sides=4,
                number=seed,
                sway=0.18,
                root=0.8,
                tip=0.25,
                belly=0.4,
                up=way,
                slot=slot,
            )
        )


def _cover(count: int, line: Line, low: float = -60.0) -> tuple[Array, Array]:
    """(azimuth, elevation) of `count` points spread evenly over the scalp above `line`."""
    k = np.arange(int(count * 2.4))
    sine = 1 - 2 * (k + 0.5) / len(k)
    elevation = np.degrees(np.arcsin(sine))
    azimuth = k * 137.50776 % 360 - 180
    keep = (elevation > line(np.asarray(azimuth, dtype=np.float64))) & (elevation > low)
    return np.asarray(azimuth[keep]), np.asarray(elevation[keep], dtype=np.float64)


def _rope(
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
    n = rings or max(8, min(29, int(length / pitch * 2.6)))
    line = curve(path, n)
    t = np.linspace(0, 1, n)
    phase = 2 * np.pi * t * length / pitch
    # Each crossing bulges to one side, then to the other.
    bulge = 1 + depth * np.abs(np.sin(phase / 2))
    taper = interpolate(t, [0, 0.06, 0.92, 1], [0.85, 1.0, tip, tip * 0.35])
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
            random=_strand_seed(number),
            sway=sway * t**1.6,
            outline=0.75,
            shape=lobes,
            sphere=None,
        )
    )
    if cuff:
        at = int(n * (0.72 + 0.12 * _strand_seed(number + 5)))
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
                    outline=0.5,
                )
            )


def _hanging_ropes(
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
) -> None:
    """Ropes from rings of the scalp at the given elevations, parted in the middle, falling round the face."""
    count = 0
    for row, elevation in enumerate(rings_deg):
        step = each / max(0.35, np.cos(np.radians(min(80.0, elevation))))
        for azimuth in np.arange(max(front, step * (0.5 if row % 2 else 0.28)), 180.0, step):
            for side in (1.0, -1.0):
                if float(HAIRLINE(np.array([azimuth]))[0]) > elevation - 12 * (azimuth < 45):
                    continue
                count += 1
                n = number + count
                seed = _strand_seed(n)
                # From the front, ropes swing back and to the side of the face.
                swing = max(0.0, front + 22 + 26 * seed - azimuth) * side
                long = length * (1 - jag * seed) * (1.0 - 0.04 * row)
                lift = 0.008 + 0.0050 * row + radius
                path = _fall(
                    side * (azimuth + parting * 0.2),
                    elevation,
                    long,
                    lift=lift,
                    swing=swing,
                    early=4.5,
                    count=12,
                    clear=0.008 + radius + 0.003 * (count % 3),
                    hug=0.5,
                )
                _rope(
                    mesh,
                    path,
                    radius * (0.92 + 0.16 * seed),
                    n,
                    strands=strands,
                    pitch=pitch,
                    depth=depth,
                    sway=sway,
                    slot=slot,
                    cuff=cuffs > 0 and count % cuffs == 0,
                )
    # From the front hairline ropes lie back over the top, then fall behind the ear: no bare patch, none in the eyes.
    for k, azimuth in enumerate((5.0, 16.0, 27.0, 38.0)):
        for side in (1.0, -1.0):
            n = number + 500 + 2 * k + (side > 0)
            seed = _strand_seed(n)
            lift = radius + 0.0085
            back = ((0.0, 32.5), (11.0 + 3 * k, 47.0), (26.0 + 8 * k, 55.0 - k), (50.0 + 9 * k, 49.0 - 4 * k))
            over = [
                on_scalp(direction(side * (azimuth + turn), high), lift * (0.55 if m == 0 else 1.0))
                for m, (turn, high) in enumerate(back)
            ]
            fall = _fall(
                side * (azimuth + back[-1][0] + 14.0),
                back[-1][1] - 9.0,
                length * (0.84 - jag * seed),
                lift=lift + 0.004,
                count=10,
                clear=0.010 + radius,
                hug=0.5,
            )
            _rope(
                mesh,
                np.vstack([over, fall[1:]]),
                radius * (0.92 + 0.16 * seed),
                n,
                strands=strands,
                pitch=pitch,
                depth=depth,
                sway=sway,
                slot=slot,
            )


FADE_LOW = _line((0, 34), (30, 32), (52, 18), (66, 6), (80, 4), (100, 0), (115, -6), (140, -14), (180, -16))
CURLS = _line((0, 25), (30, 24), (50, 14), (62, 5), (72, 0), (80, -1), (100, -3), (115, -8), (140, -14), (180, -16))
CURLS_FRONT = _line(
    (0, 25), (30, 24), (50, 14), (62, 2), (72, -6), (80, -8), (100, -16), (115, -30), (140, -41), (180, -44)
)
FADE_HIGH = _line((0, 35), (30, 34), (50, 31), (66, 30), (90, 30), (120, 28), (150, 25), (180, 24))
UNDERCUT = _line((0, 34), (30, 33), (50, 27), (66, 22), (90, 20), (120, 14), (150, 6), (180, 2))


def _scalp(mesh: Mesh, line: Line = HAIRLINE, thickness: float = 0.0022) -> None:
    """The shadow of hair on the scalp: stubble, fades and partings."""
    mesh.add(cap(line, thickness, slot="scalp", outline=0.0, edge=0.0008))


def _bald(mesh: Mesh) -> None:
    del mesh


def _buzz(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0042, slot="hair_matte", edge=0.0012, rows=14, columns=52))


def _crop_fringe(mesh: Mesh) -> None:
    _scalp(mesh)
    mesh.add(cap(FADE_LOW, 0.011, edge=0.003))
    _crown(mesh, rows=3, length=0.070, lift=0.015, spike=0.006)
    ends = [(float(azimuth), 0.163 + 0.005 * (k % 3)) for k, azimuth in enumerate(np.linspace(-46, 46, 11))]
    lifts = [0.016 + 0.003 * k for k in range(2)]
    _fringe_run(mesh, ends, width=0.0155, root=72, lifts=lifts, sweeps_deg=[8, -6, 3])
    _short_sides(mesh, 0.075, length=0.036, width=0.0145)


def _short_base(mesh: Mesh, line: Line = HAIRLINE) -> None:
    mesh.add(cap(line, 0.013, edge=0.002))


def _side_part_short(mesh: Mesh) -> None:
    _short_base(mesh)
    _crown(mesh, rows=3, length=0.105)
    _fringe(mesh, "side", lower=-0.008)
    _short_sides(mesh, 0.050)


def _two_block(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0030)
    mesh.add(cap(UNDERCUT, 0.018, edge=0.010))
    _crown(mesh, rows=3, length=0.115, lift=0.023)
    for k, azimuth in enumerate(np.arange(70.0, 181.0, 14.0)):
        for side in (1.0, -1.0):
            n = 740 + 2 * k + (side > 0)
            _lock_at(
                mesh,
                _fall(side * azimuth, 46, 0.095 + 0.012 * _strand_seed(n), lift=0.020, count=7),
                0.022,
                0.008,
                n,
                rings=8,
                sway=0.10,
            )
    _fringe(mesh, "curtain", lower=-0.026)


def _pixie(mesh: Mesh) -> None:
    _short_base(mesh)
    _crown(mesh, rows=3, length=0.095, lift=0.018)
    _fringe(mesh, "side", lower=0.004)
    _short_sides(mesh, 0.040, length=0.070, width=0.0155)
    for side in (1.0, -1.0):  # points before the ears
        path = _fall(side * 66, 18, 0.105, lift=0.011, count=7, hug=0.2)
        _lock_at(mesh, path, 0.013, 0.006, 780 + (side > 0), sway=0.1)


def _wavy_short(mesh: Mesh) -> None:
    _short_base(mesh)
    for k in range(26):
        azimuth = -170 + 340 * _strand_seed(k * 3 + 1)
        if abs(azimuth) < 55:
            continue
        elevation = 30 + 50 * _strand_seed(k * 7 + 2)
        _lock_at(
            mesh,
            _fall(azimuth, elevation, 0.105, lift=0.020, wave=0.010, waves=1.5, phase=_strand_seed(k), count=8),
            0.023,
            0.0095,
            520 + k,
            rings=10,
            sway=0.12,
        )
    lifts = [0.021 + 0.003 * k for k in range(2)]
    across = ((-50, 0.10), (-37, 0.122), (-24, 0.137), (-11, 0.145), (2, 0.150), (14, 0.153))
    _fringe_run(mesh, across, lower=-0.004, width=0.021, origin=22.0, sweeps_deg=[-9, 5], lifts=lifts)
    behind = ((34, 0.136), (48, 0.108), (60, 0.085))
    _fringe_run(mesh, behind, 306, lower=-0.004, width=0.021, origin=26.0, sweeps_deg=[-9, 5], lifts=lifts)
    _short_sides(mesh, 0.05, length=0.060, width=0.018)


def _over(back: float, across_m: float, lift: float) -> Array:
    """A point over the scalp on a line from the forehead (`back` 0 degrees) over the crown (90) down to the nape (180).

    The line runs `across_m` metres beside the middle, towards the avatar's left when positive.
    """
    angle = np.radians(back)
    return on_scalp(unit(np.array([across_m / 0.100, np.sin(angle), np.cos(angle)])), lift)


def _combed_sides(mesh: Mesh, *, top: float = 24.0, lift: float = 0.0085, number: int = 700) -> None:
    """Short sides combed backwards from the temple, over the ear and into the nape."""
    for row in range(3):
        for k, azimuth in enumerate((56.0, 78.0, 100.0, 122.0, 146.0)):
            for side in (1.0, -1.0):
                n = number + 20 * row + 2 * k + (side > 0)
                high = top - 13.0 * row - 0.16 * (azimuth - 56.0)
                low = float(HAIRLINE(np.array([azimuth + 10.0]))[0])
                if high < low + 4.0:
                    continue
                path = np.array(
                    [
                        on_scalp(direction(side * azimuth, high), lift * 0.45),
                        on_scalp(direction(side * (azimuth + 12), high - 3), lift),
                        on_scalp(direction(side * (azimuth + 24), high - 10), lift),
                        on_scalp(direction(side * (azimuth + 33), high - 18), lift * 0.65),
                    ]
                )
                _lock_at(mesh, path, 0.0150, 0.0052, n, rings=7, root=0.7, belly=0.45, tip=0.12, outline=0.6)


def _tapered(mesh: Mesh, thickness: float = 0.0105, slot: str = "hair") -> None:
    """What short hair without a fringe grows from: a full hairline, thin at the temples and the nape."""
    mesh.add(
        cap(
            BROW_FRAMING,
            lambda _azimuth, elevation: 0.0045 + (thickness - 0.0045) * np.clip((elevation + 8) / 42, 0, 1),
            slot=slot,
            edge=0.0012,
            rows=16,
            columns=52,
            ramp=4.5,
        )
    )


def _swept_back(mesh: Mesh) -> None:
    """Lifted off the forehead and combed back."""
    _tapered(mesh)
    for row, (start, reach, lift) in enumerate(((23.0, 86.0, 0.027), (58.0, 80.0, 0.024), (96.0, 72.0, 0.019))):
        for k in range(9):
            across = -0.062 + 0.0155 * k + 0.006 * (row % 2)
            n = 500 + 20 * row + k
            seed = _strand_seed(n)
            away = abs(across) / 0.07
            begin = start + (13.0 * away * away if row == 0 else 0.0)
            high = lift * (1.0 - 0.42 * away * away) * (0.9 + 0.2 * seed)
            far = reach * (0.9 + 0.2 * seed)
            lean = 0.008 + 0.006 * seed
            path = np.array(
                [
                    _over(begin, across, 0.0035 if row == 0 else 0.010),
                    _over(begin + 0.14 * far, across * 1.02 + lean * 0.3, high * 0.85),
                    _over(begin + 0.42 * far, across * 1.08 + lean * 0.7, high),
                    _over(begin + 0.75 * far, across * 1.08 + lean, high * 0.85),
                    _over(begin + far, across * 0.96 + lean, high * 0.55),
                ]
            )
            _lock_at(mesh, path, 0.0150, 0.0078, n, rings=10, sway=0.06, root=0.62, belly=0.4, tip=0.10)
    _combed_sides(mesh)


def _side_part_clean(mesh: Mesh) -> None:
    """Parted on the left, combed across, forehead free."""
    _tapered(mesh)
    parting = 27.0
    for k, elevation in enumerate((27.0, 37.0, 48.0, 59.0, 70.0)):
        for layer in range(2):
            n = 500 + 2 * k + layer
            seed = _strand_seed(n)
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
            _lock_at(mesh, path, 0.0200, 0.0078, n, rings=11, sway=0.06, root=0.6, belly=0.42, tip=0.10)
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
        _lock_at(mesh, path, 0.0200, 0.0065, n, rings=8, sway=0.04, root=0.7, belly=0.45, tip=0.12)
    for k, azimuth in enumerate(np.arange(-178.0, -84.0, 17.0)):  # the back of the crown
        path = _fall(float(azimuth), 52, 0.080, lift=0.016, count=7)
        _lock_at(mesh, path, 0.0210, 0.0070, 560 + k, rings=8, sway=0.04, root=0.6)
    _combed_sides(mesh, top=22.0)


def _crew_cut(mesh: Mesh) -> None:
    """Short all over, a little longer on top, brushed up at the front."""
    _tapered(mesh, 0.0120, "hair_matte")
    for row, back in enumerate((24.0, 37.0, 51.0, 66.0, 82.0, 99.0, 117.0)):
        for k in range(9):
            across = -0.060 + 0.015 * k + 0.0075 * (row % 2)
            n = 500 + 20 * row + k
            seed = _strand_seed(n)
            away = abs(across) / 0.07
            begin = back + (13.0 * away * away if row == 0 else 4.0 * away)
            high = (0.0225 - 0.0015 * row) * (1.0 - 0.35 * away * away) * (0.85 + 0.3 * seed)
            path = np.array(
                [
                    _over(begin, across, 0.004 if row == 0 else 0.009),
                    _over(begin + 4.0, across, high * 0.72),
                    _over(begin + 13.0, across + 0.004 * (seed - 0.5), high),
                    _over(begin + 24.0, across + 0.010 * (seed - 0.5), high * 0.92),
                ]
            )
            _lock_at(mesh, path, 0.0105, 0.0058, n, rings=6, sides=5, root=0.8, belly=0.35, tip=0.08, outline=0.7)


def _layered_short(mesh: Mesh) -> None:
    """Full and layered to the ears and nape, the fringe swept to one side."""
    _short_base(mesh)
    for row in range(3):
        for k in range(11):
            azimuth = -165 + 33 * k + 16 * (row % 2)
            if abs(azimuth) < 52:
                continue
            n = 500 + 20 * row + k
            seed = _strand_seed(n)
            path = _fall(
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
            _lock_at(mesh, path, 0.0270, 0.0100, n, rings=9, sway=0.12, root=0.5, belly=0.42, tip=0.10)
    for k, turned in enumerate(np.arange(66.0, 181.0, 12.5)):
        for side in (1.0, -1.0):
            if turned > 175 and side < 0:
                continue
            n = 700 + 2 * k + (side > 0)
            seed = _strand_seed(n)
            path = _fall(
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
            _lock_at(mesh, path, 0.0215, 0.0090, n, rings=9, sway=0.12, root=0.6, belly=0.45, tip=0.10)
    for k, (azimuth, low) in enumerate(
        ((-60, 0.092), (-50, 0.112), (-40, 0.126), (-29, 0.135), (-18, 0.141), (-7, 0.146), (4, 0.151), (14, 0.156))
    ):
        _fringe_lock(
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
        _fringe_lock(
            mesh, azimuth, low, 312 + k, width=0.0220, origin=32.0, sweep_deg=6, root=60, lift=0.0230, tip=0.08
        )


def _off_face(mesh: Mesh, length: float, *, parting: float = 14.0, number: int = 330, **fall: Any) -> None:
    """Front hair parted and laid off the forehead to both sides, then falling `length` metres beside the face."""
    for side in (1.0, -1.0):
        for k in range(4):
            n = number + 2 * k + (side > 0)
            seed = _strand_seed(n)
            lift = 0.0175 - 0.0008 * k
            high = 25.0 + 11.0 * k
            over = [
                on_scalp(direction(parting - side * 1.0, high + 2.0), 0.0125),
                on_scalp(direction(parting + side * 13.0, high + 2.5), lift),
                on_scalp(direction(side * (32.0 + 3.0 * k) + parting * 0.5, high - 1.5 - 1.5 * k), lift),
            ]
            hang = _fall(
                side * (57.0 + 9.0 * k), 8.0 + 7.0 * k, length * (0.92 + 0.16 * seed), lift=lift, count=11, **fall
            )
            _lock_at(
                mesh,
                np.vstack([over, hang[1:]]),
                0.0200,
                0.0085,
                n,
                rings=15,
                sway=0.35,
                root=0.50,
                belly=0.35,
                tip=0.10,
            )


def _chin_waves(mesh: Mesh) -> None:
    _short_base(mesh, BROW_FRAMING)
    _crown(mesh, rows=2, length=0.12, lift=0.018)
    wavy: dict[str, Any] = {"wave": 0.010, "waves": 1.9, "out": 0.018}
    _curtain(mesh, 0.205, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.12, curl_in=0.010, **wavy)
    _off_face(mesh, 0.150, curl_in=0.008, **wavy)


def _chin_layered(mesh: Mesh) -> None:
    _short_base(mesh, BROW_FRAMING)
    _crown(mesh, rows=2, length=0.12, lift=0.017)
    _curtain(mesh, 0.215, elevation=28, start=74, each=12, width=0.0235, sway=0.35, jag=0.08, curl_in=0.016, out=0.010)
    _off_face(mesh, 0.160, curl_in=0.014, out=0.006)


def _curly(
    mesh: Mesh,
    radius: float,
    line: Line,
    count: int,
    size: float,
    slot: str = "hair",
    low: float = -60,
    height: float = 0.0,
    length: float = 0.030,
) -> None:
    mesh.add(
        cap(
            line,
            lambda a, e: radius * (0.80 + 0.20 * np.clip(e / 60, 0, 1)) + height * np.clip(e / 90, 0, 1),
            slot=slot,
            edge=0.006,
            rows=14,
            bumps=lambda p: 0.006 * noise(p, 0.018, 3),
        )
    )
    azimuth, elevation = _cover(count, lambda a: line(a) + 5, low)
    ways = direction(azimuth, elevation)
    roots = on_scalp(ways, radius * 0.72 + height * np.clip(elevation / 90, 0, 1))
    _coils(mesh, roots, unit(ways + np.array([0, -0.15, 0])), size, 900, slot, length=length)


def _curly_short(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0030)
    mesh.add(
        cap(
            CURLS,
            lambda _azimuth, elevation: 0.0176 + 0.0174 * np.clip(elevation / 90, 0, 1),
            slot="hair_matte",
            edge=0.0014,
            ramp=2.6,
            rows=16,
            columns=56,
            bumps=lambda p: 0.0055 * noise(p, 0.016, 3),
        )
    )
    azimuth, elevation = _cover(95, lambda a: CURLS(a) + 16)
    ways = direction(azimuth, elevation)
    _coils(
        mesh,
        on_scalp(ways, 0.015 + 0.010 * np.clip(elevation / 90, 0, 1)),
        unit(ways + np.array([0, -0.15, 0])),
        0.0098,
        900,
        length=0.026,
    )
    # Curls grow out of the hairline itself, smaller at its edge, so that no smooth band shows above the forehead.
    for row, (above, off, size, length) in enumerate(((3.0, 0.0015, 0.0066, 0.015), (9.0, 0.0060, 0.0082, 0.021))):
        at = np.arange(-172.0 + 4.5 * row, 180.0, 9.0)
        rise = CURLS(at) + above
        out = direction(at, rise)
        _coils(
            mesh,
            on_scalp(out, off),
            unit(out + np.array([0, 0.25 - 0.35 * row, 0])),
            size,
            1100 + 60 * row,
            length=length,
        )


def _curly_round(mesh: Mesh, length: float = 0.205, *, fringe: bool = True) -> None:
    _curly(mesh, 0.032, HAIRLINE if fringe else CURLS_FRONT, 80, 0.0125, height=0.006, length=0.036)
    for k, azimuth in enumerate(np.arange(58.0, 181.0, 11.0)):
        for side in (1.0, -1.0):
            for layer in range(2):
                n = 600 + 4 * k + 2 * layer + (side > 0)
                path = _fall(
                    side * azimuth,
                    20 + 16 * layer,
                    length - 0.03 * layer + 0.03 * _strand_seed(n),
                    lift=0.026 + 0.010 * layer,
                    wave=0.012,
                    waves=4.5,
                    phase=_strand_seed(n),
                    count=16,
                    out=0.030,
                )
                _lock_at(mesh, path, 0.0175, 0.0145, n, rings=13, sides=5, sway=0.5, root=0.9, tip=0.3, belly=0.5)
    if not fringe:
        at = np.arange(-66.0, 67.0, 8.0)
        out = direction(at, CURLS_FRONT(at) + 3.0)
        _coils(mesh, on_scalp(out, 0.003), unit(out + np.array([0, 0.3, 0])), 0.0085, 1100, "hair", length=0.020)
        return
    left = ((-52, 0.115), (-36, 0.138), (-20, 0.150), (-5, 0.142))
    right = ((10, 0.152), (26, 0.146), (40, 0.132), (54, 0.110))
    _fringe_run(mesh, left + right, width=0.0165, lifts=[0.026], sweeps_deg=[10, -8, 5])


def _afro(mesh: Mesh) -> None:
    line = HAIRLINE

    def thick(azimuth: Array, elevation: Array) -> Array:
        return (
            0.052
            + 0.012 * np.clip(elevation / 70, -0.4, 1)
            - 0.014 * np.exp(-((azimuth / 50) ** 2)) * np.clip(1 - elevation / 70, 0, 1)
        )

    mesh.add(
        cap(
            line,
            thick,
            slot="hair_matte",
            edge=0.012,
            ramp=3.2,
            rows=22,
            columns=60,
            bumps=lambda p: 0.0072 * noise(p, 0.020, 5) + 0.0050 * noise(p, 0.0105, 6),
        )
    )
    # Seen from below at the temples: the cloud's inside, in its own shadow.
    inside = cap(line, lambda a, e: thick(a, e) * 0.95 - 0.004, slot="hair_matte", edge=0.010, outline=0.0, ramp=3.2)
    inside.triangles = inside.triangles[:, ::-1].copy()
    inside.shade[:] = 0.1
    mesh.add(inside)
    azimuth, elevation = _cover(105, lambda a: line(a) + 8)
    ways = direction(azimuth, elevation)
    roots = on_scalp(ways, thick(azimuth, elevation) * 0.90)
    _coils(mesh, roots, ways, 0.0066, 900, length=0.017, turns=1.2)


def _afro_puffs(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0085, slot="hair_matte", edge=0.002, rows=14, bumps=lambda p: 0.0012 * noise(p, 0.012, 4)))
    for side in (1.0, -1.0):
        way = direction(side * 74, 42)
        base = on_scalp(way, 0.008)
        _tie(mesh, base + way * 0.006, way, 0.021)
        _puff(mesh, base + way * 0.050, np.array([0.056, 0.054, 0.056]), 40 + int(side), bump=0.0085)
        azimuth, elevation = _cover(30, lambda a: np.full(np.shape(a), -80.0))
        spread = direction(azimuth, elevation)
        _coils(
            mesh, base + way * 0.050 + spread * 0.050, spread, 0.0062, 1000 + int(side * 60), length=0.014, turns=1.1
        )
    for side in (1.0, -1.0):  # laid edges
        for k in range(3):
            path = np.array(
                [
                    on_scalp(direction(side * (30 + 11 * k), 35 - 6 * k), 0.001),
                    on_scalp(direction(side * (25 + 11 * k), 30 - 7 * k), 0.002),
                    on_scalp(direction(side * (32 + 11 * k), 26 - 7 * k), 0.0015),
                ]
            )
            _lock_at(mesh, path, 0.0040, 0.0018, 1200 + k, rings=6, outline=0.3, slot="hair_matte")


def _high_top_fade(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0028)
    columns, rows = 40, 9
    turn = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    base_y, top_y = CHIN_Y + 0.196, CHIN_Y + 0.318
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
    mesh.add(cap(FADE_HIGH, 0.010, slot="hair_matte", edge=0.002))
    chosen = grid[1 : rows + 2 : 2, ::2].reshape(-1, 3)
    jitter = np.stack([noise(chosen, 0.004, seed) for seed in (21, 22, 23)], axis=-1) * 0.006
    _coils(
        mesh,
        chosen + jitter - unit(chosen - middle) * 0.004,
        unit(chosen - middle),
        0.0062,
        960,
        length=0.013,
        turns=1.1,
    )


def _coily_cropped(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0026)
    mesh.add(
        cap(
            FADE_LOW,
            0.0125,
            slot="hair_matte",
            edge=0.003,
            rows=22,
            columns=60,
            bumps=lambda p: 0.0034 * noise(p, 0.0098, 7) + 0.0016 * noise(p, 0.0055, 8),
        )
    )


def _bob(mesh: Mesh) -> None:
    _short_base(mesh)
    _crown(mesh, rows=2, length=0.12)
    _curtain(mesh, 0.235, elevation=30, start=58, each=13, width=0.024, sway=0.35, jag=0.03, curl_in=0.016, out=0.014)
    _fringe(mesh, "blunt")


def _wolf_cut(mesh: Mesh) -> None:
    _short_base(mesh)
    for k in range(16):
        azimuth = -165 + 22 * k
        if abs(azimuth) < 58:
            continue
        _lock_at(
            mesh,
            _fall(azimuth, 58, 0.165, lift=0.025, out=0.022, wave=0.006, phase=_strand_seed(k), count=9),
            0.025,
            0.009,
            560 + k,
            sway=0.25,
            rings=9,
        )
    _curtain(
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
            _lock_at(
                mesh,
                _fall(side * azimuth, 32, 0.190 + 0.02 * k, lift=0.019, out=0.018, wave=0.006, count=9),
                0.020,
                0.008,
                640 + 2 * k + (side > 0),
                sway=0.3,
            )
    _fringe(mesh, "curtain", lower=0.0)


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
    _short_base(mesh, BROW_FRAMING if fringe == "open" else HAIRLINE)
    _crown(mesh, rows=2, length=0.15)
    _curtain(
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
            long = (front or length * 0.86) * (1 - 0.05 * k + 0.06 * _strand_seed(n))
            path = _fall(
                side * azimuth,
                34,
                long,
                lift=0.018,
                wave=wave,
                waves=waves,
                phase=_strand_seed(n),
                count=12,
                clear=0.012,
                out=0.004,
            )
            _lock_at(mesh, path, 0.0215, 0.009, n, rings=13, sway=0.6, root=0.7, belly=0.4)
    if fringe == "open":
        _off_face(mesh, (front or length * 0.86) * 0.86, wave=wave, waves=waves, out=out)
    else:
        _fringe(mesh, fringe)


def _hime(mesh: Mesh) -> None:
    _short_base(mesh)
    _crown(mesh, rows=2, length=0.15)
    _curtain(mesh, 0.56, elevation=26, start=86, each=12, width=0.0265, jag=0.04)
    for side in (1.0, -1.0):  # sidelocks cut straight at the cheek
        for k, azimuth in enumerate((58, 67, 76)):
            path = _fall(side * azimuth, 32, 0.235, lift=0.019 + 0.002 * k, count=10)
            _lock_at(mesh, path, 0.0185, 0.0085, 660 + 2 * k + (side > 0), rings=10, sway=0.25, root=0.7, tip=0.62)
    _fringe(mesh, "blunt")


def _pulled_back(mesh: Mesh, target: Array, number: int = 540) -> None:
    """Hair combed from the hairline to a tie at `target`."""
    mesh.add(cap(HAIRLINE, 0.010, edge=0.002, rows=14))
    goal = unit(target - CENTRE)
    for k, azimuth in enumerate(np.arange(-168.0, 181.0, 17.0)):
        start = direction(azimuth, float(HAIRLINE(np.array([azimuth]))[0]) + 4)
        middle = unit(start * 0.55 + goal * 0.75)
        near = unit(start * 0.15 + goal)
        path = np.array(
            [
                on_scalp(start, 0.005),
                on_scalp(unit(start + middle), 0.0115),
                on_scalp(middle, 0.014),
                on_scalp(near, 0.014),
            ]
        )
        _lock_at(mesh, path, 0.021, 0.0060, number + k, rings=8, root=0.75, belly=0.45, tip=0.35, outline=0.7)


def _ponytail_high(mesh: Mesh) -> None:
    way = direction(180, 52)
    base = on_scalp(way, 0.012)
    _pulled_back(mesh, base)
    _tie(mesh, base + way * 0.014, unit(way + np.array([0, 0.2, 0])), 0.020)
    _tail(mesh, base + way * 0.018, unit(way + np.array([0, -0.10, -0.35])), 0.47, locks=11)
    _fringe(mesh, "wispy")
    for side in (1.0, -1.0):
        _lock_at(
            mesh,
            _fall(side * 64, 24, 0.185, lift=0.014, count=9, out=0.008),
            0.0115,
            0.005,
            770 + (side > 0),
            sway=0.35,
        )


def _ponytail_low(mesh: Mesh) -> None:
    way = direction(180, -30)
    base = on_scalp(way, 0.016)
    _pulled_back(mesh, base)
    _tie(mesh, base + np.array([0, -0.006, -0.012]), unit(np.array([0, -0.7, -0.7])), 0.018)
    _tail(
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
    _pulled_back(mesh, base)
    _bun(mesh, base + way * 0.034, 0.043, way, 820)
    ends = ((-44, 0.105), (-31, 0.126), (-17, 0.142), (-3, 0.150))
    _fringe_run(mesh, ends, width=0.021, origin=22.0, sweeps_deg=[-6], root=60, lifts=[0.016])
    for side in (1.0, -1.0):
        _lock_at(
            mesh,
            _fall(side * 66, 22, 0.165, lift=0.013, count=8, wave=0.006),
            0.0095,
            0.0045,
            770 + (side > 0),
            sway=0.3,
        )


def _space_buns(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.012, edge=0.002))
    for side in (1.0, -1.0):
        way = direction(side * 58, 48)
        base = on_scalp(way, 0.010)
        _tie(mesh, base + way * 0.008, way, 0.027)
        _bun(mesh, base + way * 0.038, 0.045, way, 820 + int(side * 20))
        for k, azimuth in enumerate(np.arange(20.0, 181.0, 20.0)):
            start = direction(side * azimuth, float(HAIRLINE(np.array([azimuth]))[0]) + 4)
            near = unit(start * 0.35 + way)
            path = np.array(
                [on_scalp(start, 0.005), on_scalp(unit(start * 1.2 + way * 0.6), 0.0135), on_scalp(near, 0.014)]
            )
            _lock_at(mesh, path, 0.023, 0.0065, 560 + 2 * k + (side > 0), rings=8, root=0.75, tip=0.4, outline=0.7)
        _lock_at(
            mesh, _fall(side * 63, 26, 0.215, lift=0.015, count=9, out=0.006), 0.0135, 0.006, 770 + (side > 0), sway=0.4
        )
    _fringe(mesh, "wispy")


def _top_knot(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0030)
    way = direction(180, 80)
    base = on_scalp(way, 0.010)
    mesh.add(cap(UNDERCUT, 0.010, edge=0.004))
    for k, azimuth in enumerate(np.arange(-170.0, 181.0, 16.0)):
        start = direction(azimuth, float(UNDERCUT(np.array([azimuth]))[0]) + 2)
        near = unit(start * 0.3 + way)
        path = np.array([on_scalp(start, 0.006), on_scalp(unit(start + way * 0.6), 0.0135), on_scalp(near, 0.0150)])
        _lock_at(mesh, path, 0.022, 0.0062, 540 + k, rings=8, root=0.8, tip=0.4, outline=0.7)
    _tie(mesh, base + way * 0.007, way, 0.019)
    _bun(mesh, base + way * 0.032, 0.038, way, 820)


def _box_braids(mesh: Mesh, length: float, cuffs: int) -> None:
    mesh.add(cap(HAIRLINE, 0.0058, slot="hair_matte", edge=0.0015, rows=14))
    _hanging_ropes(
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


def _cornrows(mesh: Mesh) -> None:
    _scalp(mesh, thickness=0.0030)
    for k in range(-5, 6):
        points = []
        for t in np.linspace(0, 1, 12):
            # Rows run from the forehead over the crown to the nape, closer together at both ends.
            angle = np.radians(28 + 192 * t)
            off = k * (0.0165 + 0.0030 * np.sin(np.pi * t)) * (0.95 + 0.05 * np.cos(angle))
            way = unit(
                np.array(
                    [
                        off / 0.100 * (1.0 if t < 0.75 else 1.0 - (t - 0.75) * 1.1),
                        np.sin(angle) * (1 - 0.10 * abs(k) / 5),
                        np.cos(angle),
                    ]
                )
            )
            points.append(on_scalp(way, 0.0050))
        _rope(
            mesh, np.array(points), 0.0073, 2000 + k, strands=2, pitch=0.0120, depth=0.30, sway=0.0, rings=46, tip=0.85
        )
        tail = points[-1]
        drop = np.array(
            [
                tail + (0, 0.004, 0.002),
                tail + (0, -0.018, -0.004),
                tail + (0, -0.045, -0.002),
                tail + (0, -0.075, 0.004),
            ]
        )
        _rope(mesh, drop, 0.0062, 2100 + k, strands=3, pitch=0.0125, depth=0.28, sway=0.25, tip=0.7, cuff=k % 3 == 0)


def _twists_chin(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0090, slot="hair_matte", edge=0.002, rows=14))
    _hanging_ropes(
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
    mesh.add(cap(HAIRLINE, 0.0080, slot="hair_matte", edge=0.002, rows=14))
    _hanging_ropes(
        mesh,
        0.325,
        radius=0.0095,
        rings_deg=(14, 34, 54, 70),
        strands=0,
        pitch=0.030,
        depth=0.16,
        number=2500,
        each=17.5,
        sway=0.5,
        jag=0.20,
        cuffs=9,
        front=36,
    )


def _bantu_knots(mesh: Mesh) -> None:
    mesh.add(cap(HAIRLINE, 0.0050, slot="hair_matte", edge=0.0015, rows=14))
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
                random=_strand_seed(k),
                caps=(False, True),
                outline=0.8,
                sphere=base + way * 0.01,
            )
        )


STYLES: dict[str, Callable[[Mesh], None]] = {
    "bald": _bald,
    "buzz": _buzz,
    "crop_fringe": _crop_fringe,
    "side_part_short": _side_part_short,
    "two_block": _two_block,
    "pixie": _pixie,
    "wavy_short": _wavy_short,
    "curly_short": _curly_short,
    "crew_cut": _crew_cut,
    "side_part_clean": _side_part_clean,
    "swept_back": _swept_back,
    "layered_short": _layered_short,
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
    "ponytail_high": _ponytail_high,
    "ponytail_low": _ponytail_low,
    "low_bun": _low_bun,
    "space_buns": _space_buns,
    "top_knot": _top_knot,
    "curly_round": _curly_round,
    "curly_chin": lambda mesh: _curly_round(mesh, 0.140, fringe=False),
    "afro": _afro,
    "afro_puffs": _afro_puffs,
    "high_top_fade": _high_top_fade,
    "coily_cropped": _coily_cropped,
    "box_braids_long": lambda mesh: _box_braids(mesh, 0.50, 7),
    "box_braids_bob": lambda mesh: _box_braids(mesh, 0.245, 0),
    "cornrows": _cornrows,
    "twists_chin": _twists_chin,
    "locs_shoulder": _locs_shoulder,
    "bantu_knots": _bantu_knots,
}
"""Generator per part of group `hair`."""


def build_hair(part: str) -> Mesh:
    """The geometry of one hair part."""
    mesh = Mesh()
    STYLES[part](mesh)
    return mesh
