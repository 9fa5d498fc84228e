"""What outfits share: sleeves, open fronts, robes, trousers, shoes, hoods, sashes, and the skin that shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.body import (
    ARM,
    DOWN,
    FORE_M,
    LEG_RADIUS,
    LEG_Y,
    SHOULDER,
    UPPER_M,
    arm_path,
    at_point,
    leg_centre,
    leg_tube,
    leg_weights,
    shell,
    skirt_weights,
    torso_ring,
    torso_weights,
)
from services.renderer.parts.mesh import Array, Mesh, Patch, Weights, ball, curve, interpolate, sheet, sweep

WRIST_M = UPPER_M + FORE_M - 0.012
"""Where a long sleeve ends, metres from the shoulder."""

Slot = str | Callable[[int], str]


def _shoulder_path(end_m: float, count: int) -> Array:
    """From inside the left shoulder over its round and down the arm."""
    start = curve(
        [(0.050, 1.182, -0.014), (0.083, 1.207, -0.014), (0.112, 1.214, -0.014), at_point(SHOULDER + DOWN * 0.030)], 5
    )
    return np.vstack([start[:-1], arm_path(0.030, end_m, count)])


def bare_arm() -> Patch:
    """The skin of the left arm, down to the hand."""
    path = _shoulder_path(UPPER_M + FORE_M - 0.008, 10)
    t = np.linspace(0, 1, len(path))
    radius = interpolate(
        t, [0, 0.18, 0.34, 0.55, 0.68, 0.9, 1], [0.034, 0.0395, 0.0375, 0.0320, 0.0300, 0.0225, 0.0198]
    )
    return sweep(path, radius, radius, up=(0, 0, 1.0), sides=12, slot="skin", weights=ARM, caps=(True, False))


def from_ring(patch: Patch, ring: int, sides: int = 14) -> Patch:
    """What is left of a tube from one of its rings on; a cuff is the end of a sleeve."""
    first = 2 * sides * ring
    patch.triangles, patch.slots = patch.triangles[first:], patch.slots[first:]
    return patch


def inside_out(patch: Patch) -> Patch:
    """The other side of a surface, in shadow and without an outline."""
    patch.triangles = patch.triangles[:, ::-1].copy()
    patch.shade, patch.outline = patch.shade * 0.3, patch.outline * 0
    return patch


def bare_torso(low: float, high: float = 1.252) -> Patch:
    """Skin of the trunk between two heights; the neck begins where it ends."""
    return shell(np.linspace(low, high, 9), 0.0, slot="skin", sides=26)


def sleeve(
    end_m: float,
    radius: Sequence[tuple[float, float]],
    *,
    slot: str = "outfit",
    cuff: str = "",
    drop: float = 0.0,
    inside: str = "dark",
) -> Mesh:
    """The left sleeve.

    Args:
        end_m: Where it ends, metres from the shoulder.
        radius: (share of the way, metres) knots.
        slot: Of the cloth.
        cuff: Of its last ring, or empty for none.
        drop: How far a wide sleeve hangs below the arm at its end, metres.
        inside: Of what is seen from below.
    """
    mesh = Mesh()
    path = _shoulder_path(end_m, 10)
    t = np.linspace(0, 1, len(path))
    hang = np.clip((t - 0.35) / 0.65, 0, 1) ** 1.5
    path = path - np.array([0.0, 1.0, 0.0]) * (drop * hang)[:, None]
    size = interpolate(t, [k for k, _ in radius], [r for _, r in radius])
    wide = size + drop * hang
    last = len(path) - 2
    name: Slot = (lambda ring: cuff if ring >= last - (end_m < 0.2) else slot) if cuff else slot
    mesh.add(
        sweep(
            path, wide, size, up=(0, 0, 1.0), sides=14, slot=name, weights=ARM, caps=(True, False),
            sway=0.45 * hang if drop else 0.0,
        )
    )  # fmt: skip
    inner = path[-3:][::-1]
    mesh.add(
        sweep(
            inner, wide[-3:][::-1] - 0.0012, size[-3:][::-1] - 0.0012, up=(0, 0, 1.0), sides=14, slot=inside,
            weights=ARM, shade=0.1, outline=0.0, sway=0.45 * hang[-3:][::-1] if drop else 0.0,
        )
    )  # fmt: skip
    return mesh


def open_front(
    y: ArrayLike, grow: ArrayLike, opening: ArrayLike, *, slot: str, edge: str = "", hem: str = "", columns: int = 30
) -> Patch:
    """A garment round the torso whose front stands open by `opening` radians, scalar or per row."""
    heights = np.asarray(y, dtype=np.float64)
    gap = np.broadcast_to(np.asarray(opening, dtype=np.float64), heights.shape)[:, None]
    share = np.linspace(0, 1, columns)[None, :]
    turn = np.pi / 2 + gap / 2 + share * (2 * np.pi - gap)
    out = np.broadcast_to(np.asarray(grow, dtype=np.float64), heights.shape)[:, None]
    grid = torso_ring(heights[:, None], turn, out)

    def name(row: int, column: int) -> str:
        if hem and row == 0:
            return hem
        return edge if edge and column in {0, columns - 2} else slot

    return sheet(grid, slot=name, weights=torso_weights, flip=True)


def robe_weights(_t: float, p: Array) -> Weights:
    """Of what hangs from the shoulders or the waist to the floor."""
    return torso_weights(0, p) if p[1] > 0.9 else skirt_weights(p)


def robe(
    y: ArrayLike,
    grow: ArrayLike,
    *,
    slot: Callable[[int, int], str] | str,
    columns: int = 44,
    waves: int = 9,
    depth: float = 0.010,
    opening: float = 0.0,
    lining: str = "lining",
    loose: float = 0.75,
) -> Mesh:
    """A skirt or robe that hangs in folds, lined.

    Args:
        y: Heights from the hem up.
        grow: Metres off the body at those heights.
        slot: Colour slot, or slot per (row, column) of the cell.
        columns: Points round the body.
        waves: Folds round the body.
        depth: Of the folds at the hem, metres.
        opening: Radians left open in front.
        lining: Slot of the inside; empty for none.
        loose: Sway of the hem.
    """
    mesh = Mesh()
    heights = np.asarray(y, dtype=np.float64)
    out = np.broadcast_to(np.asarray(grow, dtype=np.float64), heights.shape)
    down = np.clip((0.93 - heights) / max(1e-6, 0.93 - heights.min()), 0, 1)
    turn = np.linspace(np.pi / 2 + opening / 2, 2.5 * np.pi - opening / 2, columns, endpoint=bool(opening))
    fold = depth * np.sin(turn * waves) + 0.4 * depth * np.sin(turn * (2 * waves + 1) + 1.3)
    grid = torso_ring(np.maximum(heights, 0.82)[:, None], turn[None], out[:, None] + down[:, None] * fold[None])
    grid[..., 1] = heights[:, None]
    sway = loose * down[:, None] ** 1.5 * np.ones(columns)
    shade = 1 - 0.72 * down[:, None] ** 0.6 * np.clip(-fold / (1.1 * depth), 0, 1)[None]
    more = {"closed": not opening, "sway": sway, "weights": robe_weights}
    mesh.add(sheet(grid, slot=slot, flip=True, shade=shade, **more))
    if lining:
        low = heights < 0.80
        inner = grid[: int(low.sum()) + 1] * np.array([0.985, 1, 0.985])
        more["sway"] = sway[: len(inner)]
        mesh.add(sheet(inner, slot=lining, shade=0.15, outline=0.0, **more))
    return mesh


def trousers(
    mesh: Mesh, left: Mesh, loose: Sequence[tuple[float, float]], *, bottom: float, slot: str = "outfit", hem: str = ""
) -> None:
    """Hips into `mesh`, the left leg into `left`; `loose` are (share of the way down, metres) knots."""
    count = 15
    grow = interpolate(np.linspace(0, 1, count), [k for k, _ in loose], [g for _, g in loose])
    name: Slot = (lambda ring: hem if ring == count - 2 else slot) if hem else slot
    left.add(leg_tube(0.86, bottom, count, name, grow))
    mesh.add(
        shell(
            np.linspace(0.755, 1.0, 9),
            interpolate(np.linspace(0, 1, 9), [0, 0.2, 1], [0.0, max(0.006, grow[0] * 0.8), 0.005]),
            slot=slot,
            sides=24,
        )
    )


def side_stripe(left: Mesh, loose: float, top: float, bottom: float, slot: str = "outfit_trim") -> None:
    """A band down the outside of the left leg, which is covered `loose` metres thick."""
    y = np.linspace(top, bottom, 12)
    out = interpolate(y, LEG_Y, LEG_RADIUS) + loose
    line = leg_centre(y) + np.stack([out, np.zeros(12), np.zeros(12)], axis=1)
    left.add(
        sweep(line, 0.008, 0.0028, up=(1.0, 0, 0), sides=6, exponent=4.0, slot=slot, weights=leg_weights, outline=0.0)
    )


_FOOT_Z = np.array([-0.060, -0.054, -0.030, 0.005, 0.040, 0.075, 0.105, 0.120, 0.125])
_FOOT_Y = np.array([0.042, 0.046, 0.052, 0.054, 0.045, 0.036, 0.030, 0.027, 0.026])
_FOOT_WIDTH = np.array([0.008, 0.027, 0.034, 0.034, 0.037, 0.040, 0.036, 0.022, 0.004])
_FOOT_DEPTH = np.array([0.016, 0.030, 0.040, 0.042, 0.032, 0.024, 0.019, 0.013, 0.004])


def foot(slot: Slot, *, grow: float = 0.0, lift: float = 0.0) -> Patch:
    """The left foot or what closely covers it, `grow` metres thicker, `lift` metres above the floor's own."""
    path = np.stack([np.full(9, 0.087) + np.linspace(0, 0.006, 9), _FOOT_Y + lift, _FOOT_Z], axis=1)
    return sweep(
        path,
        _FOOT_WIDTH + grow,
        _FOOT_DEPTH + grow,
        up=(0, 1.0, 0),
        sides=12,
        exponent=2.6,
        slot=slot,
        weights=leg_weights,
        caps=(True, True),
    )


def sole(thick: float, *, slot: str = "soles", grow: float = 0.003) -> Patch:
    """Below the left foot, `thick` metres."""
    path = np.stack([np.full(9, 0.087) + np.linspace(0, 0.006, 9), np.full(9, thick / 2), _FOOT_Z * 1.02], axis=1)
    return sweep(
        path,
        _FOOT_WIDTH + grow,
        thick / 2,
        up=(0, 1.0, 0),
        sides=12,
        exponent=5.0,
        slot=slot,
        weights=leg_weights,
        caps=(True, True),
    )


def sneaker() -> Mesh:
    """The left sneaker with a padded collar, a coloured heel and laces."""
    left = Mesh()
    left.add(
        foot(lambda ring: "outfit" if ring in {2, 3} else "soles" if ring >= 6 else "white", grow=0.005, lift=0.004)
    )
    left.add(sole(0.024, grow=0.008))
    left.add(leg_tube(0.118, 0.058, 4, lambda ring: "outfit_trim" if ring == 0 else "white", 0.0085))
    for k, z in enumerate((0.018, 0.033, 0.048)):
        lace = np.array([[0.072, 0.083 - 0.010 * k, z], [0.088, 0.091 - 0.011 * k, z], [0.105, 0.083 - 0.010 * k, z]])
        left.add(
            sweep(lace, 0.0030, 0.0024, up=(0, 1.0, 0), sides=5, slot="outfit_trim", weights=leg_weights, outline=0.3)
        )
    return left


def pump(strap: bool, slot: str = "boots") -> Mesh:
    """The left low-cut shoe on a small heel, with or without a strap over the instep."""
    left = Mesh()
    left.add(foot("skin", lift=0.004))
    left.add(foot(lambda ring: slot if ring not in {2, 3} else "skin", grow=0.0028, lift=0.002))
    left.add(sole(0.014, slot="soles", grow=0.004))
    if strap:
        band = leg_centre(np.array([0.080, 0.086, 0.092])) + np.array([0.0, 0.0, 0.014])
        left.add(sweep(band, 0.036, 0.040, up=(0, 0, 1.0), sides=12, slot=slot, weights=leg_weights, outline=0.5))
    return left


def sandal() -> Mesh:
    """The left sandal: bare foot, sole, two straps."""
    left = Mesh()
    left.add(foot("skin", lift=0.004))
    left.add(sole(0.016, slot="boots", grow=0.005))
    for z, y in ((0.078, 0.036), (0.045, 0.046)):
        line = np.array(
            [[0.045, 0.018, z], [0.062, y + 0.020, z], [0.090, y + 0.032, z], [0.116, y + 0.020, z], [0.132, 0.018, z]]
        )
        left.add(
            sweep(
                curve(line, 9),
                0.0055,
                0.0022,
                up=(0, 1.0, 0.3),
                sides=5,
                slot="outfit_trim",
                weights=leg_weights,
                outline=0.4,
            )
        )
    return left


def sock(top: float, slot: str = "white", band: str = "") -> Patch:
    """The left sock from the ankle up to `top`."""
    return leg_tube(top, 0.062, 9, (lambda ring: band if ring == 0 else slot) if band else slot, 0.0026)


def hood(slot: str = "outfit") -> Mesh:
    """A hood lying on the back, and the soft edge round the neck."""
    mesh = Mesh()
    turn = np.linspace(np.pi / 2 + 0.42, np.pi / 2 + 2 * np.pi - 0.42, 19)
    behind = np.clip(-np.sin(turn), 0, 1)
    edge = np.stack([0.070 * np.cos(turn), 1.246 + 0.020 * behind, -0.018 + 0.066 * np.sin(turn)], axis=1)
    radius = 0.013 + 0.024 * behind**1.2
    share = lambda _t, p: {"chest": 0.85, "neck": 0.15}
    mesh.add(sweep(edge, radius, radius * 0.85, up=(0, 1.0, 0), sides=9, slot=slot, weights=share, caps=(True, True)))
    mesh.add(
        ball(
            (0.0, 1.196, -0.120),
            (0.066, 0.058, 0.034),
            slot=slot,
            sides=12,
            rings=8,
            weights={"chest": 1.0},
            outline=0.9,
        )
    )
    return mesh


def ribbon(mesh: Mesh, middle: Array, size: float, slot: str = "accent", tail: float = 0.085) -> None:
    """A bow of two loops and two tails at `middle`, facing forward."""
    chest: Weights = {"chest": 1.0}
    for sign in (1.0, -1.0):
        loop = curve(
            [
                middle + (sign * 0.004 * size, 0, 0.006),
                middle + (sign * 0.026 * size, 0.013 * size, 0.010),
                middle + (sign * 0.050 * size, 0.004 * size, 0.000),
            ],
            6,
        )
        width = size * interpolate(np.linspace(0, 1, 6), [0, 0.35, 0.8, 1], [0.006, 0.014, 0.016, 0.010])
        mesh.add(
            sweep(
                loop, width, 0.0055, up=(0, 0, 1.0), sides=7, slot=slot, weights=lambda _t, _p: chest, caps=(True, True)
            )
        )
        end = curve(
            [
                middle + (sign * 0.003, -0.004, 0.006),
                middle + (sign * 0.014, -0.5 * tail, 0.026),
                middle + (sign * 0.024, -tail, 0.034),
            ],
            6,
        )
        width = interpolate(np.linspace(0, 1, 6), [0, 0.7, 1], [0.006, 0.012, 0.013])
        mesh.add(
            sweep(
                end, width, 0.0022, up=(0, 0.35, 1.0), sides=6, slot=slot, weights=lambda _t, _p: chest,
                caps=(False, True), sway=np.linspace(0, 0.5, 6),
            )
        )  # fmt: skip
    mesh.add(
        ball(
            middle + (0, 0, 0.010),
            (0.0085, 0.0095, 0.0070),
            slot="outfit_trim",
            sides=7,
            rings=5,
            weights=chest,
            outline=0.6,
        )
    )


def sash(mesh: Mesh, y: float, half: float, grow: float, slot: str) -> None:
    """A band round the waist."""
    heights = [y - half, y - half * 0.85, y + half * 0.85, y + half]
    mesh.add(shell(heights, [grow - 0.004, grow, grow, grow - 0.004], slot=slot, sides=26))


def buttons(
    mesh: Mesh, heights: Sequence[float], grow: float, *, turn: float = np.pi / 2, slot: str = "outfit_trim"
) -> None:
    """Buttons down a front."""
    for height in heights:
        at = torso_ring(height, turn, grow)
        mesh.add(
            ball(at, (0.0052, 0.0052, 0.0030), slot=slot, sides=6, rings=4, weights=torso_weights(0, at), outline=0.5)
        )


def panel(
    corners: Sequence[tuple[float, float]], lift: ArrayLike, *, slot: Callable[[int, int], str] | str, rows: int = 8,
    columns: int = 6, wide: ArrayLike = 0.3, sway: ArrayLike = 0.0, swap: bool = False,
) -> Patch:  # fmt: skip
    """Cloth laid on the body along a line.

    Args:
        corners: (angle, height) knots of its middle line; angle pi/2 is the front.
        lift: Metres off the body along the line, scalar or (rows,).
        slot: Colour slot, or slot per cell.
        rows: Points along.
        columns: Points across.
        wide: Radians across, scalar or (rows,).
        sway: Looseness, scalar or (rows,).
        swap: Turns the surface over, for lines that run upwards.
    """
    line = curve([(a, h, 0.0) for a, h in corners], rows)
    half = np.broadcast_to(np.asarray(wide, dtype=np.float64), (rows,))[:, None] / 2
    turn = line[:, :1] + half * np.linspace(-1, 1, columns)[None]
    height = np.broadcast_to(line[:, 1:2], turn.shape)
    out = np.broadcast_to(np.asarray(lift, dtype=np.float64), (rows,))[:, None]
    grid = torso_ring(np.clip(height, 0.82, 1.25), turn, out)
    grid[..., 1] = height
    loose = np.broadcast_to(np.asarray(sway, dtype=np.float64), (rows,))[:, None] * np.ones(columns)
    return sheet(grid, slot=slot, weights=robe_weights, flip=swap, sway=loose)
