"""Eyewear: rims bent to the face, lenses in them, arms to the ears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.renderer.parts.head import CHIN_Y
from services.renderer.parts.mesh import Array, Mesh, Patch, curve, interpolate, sheet, sweep, unit

_LENS_X, _LENS_Y, _LENS_Z = 0.0400, CHIN_Y + 0.0955, 0.1060

_CLEAR = ((0.86, 0.93, 1.0), 0.06)
_SUN = ((0.07, 0.06, 0.10), 0.86)


@dataclass(frozen=True)
class Frame:
    """One pair.

    Attributes:
        shape: Outline of the left lens, a name out of `_OUTLINES`; `shield` is one lens over both eyes.
        rim: `full`, `half` (above only) or `none`.
        thick: Half thickness of the rim, metres.
        lens: Colour, 0 to 1, and opacity.
        size: Factor on the outline.
        bar: Whether a second bar runs above the bridge.
        arms: Whether arms run to the ears; without, it sits on the nose.
    """

    shape: str
    rim: str = "full"
    thick: float = 0.0018
    lens: tuple[tuple[float, float, float], float] = _CLEAR
    size: float = 1.0
    bar: bool = False
    arms: bool = True


FRAMES: dict[str, Frame] = {
    "round_thin": Frame("round", thick=0.0013),
    "rectangle": Frame("rectangle", thick=0.0020),
    "square_bold": Frame("square", thick=0.0034),
    "cat_eye": Frame("cat_eye", thick=0.0028),
    "browline": Frame("browline", rim="half", thick=0.0026),
    "rimless": Frame("rectangle", rim="none", thick=0.0010),
    "aviator_sun": Frame("aviator", thick=0.0014, lens=_SUN, bar=True),
    "round_sun": Frame("round", thick=0.0016, lens=_SUN),
    "square_sun": Frame("square", thick=0.0034, lens=_SUN),
    "aviator_clear": Frame("aviator", thick=0.0013, bar=True),
    "oval_small": Frame("oval", thick=0.0015),
    "hexagon": Frame("hexagon", thick=0.0015),
    "octagon": Frame("octagon", thick=0.0024),
    "oversized_round": Frame("round", thick=0.0022, size=1.22),
    "half_rim": Frame("rectangle", rim="half", thick=0.0014),
    "wayfarer": Frame("wayfarer", thick=0.0032),
    "wayfarer_sun": Frame("wayfarer", thick=0.0034, lens=_SUN),
    "cat_eye_sun": Frame("cat_eye", thick=0.0034, lens=_SUN, size=1.08),
    "round_tinted": Frame("round", thick=0.0012, lens=((0.62, 0.30, 0.38), 0.42), size=0.86),
    "rimless_tinted": Frame("oval", rim="none", thick=0.0010, lens=((0.25, 0.42, 0.66), 0.40)),
    "heart": Frame("heart", thick=0.0026, lens=((0.78, 0.16, 0.34), 0.50)),
    "star": Frame("star", thick=0.0026, lens=((0.95, 0.70, 0.22), 0.46)),
    "shield_sun": Frame("shield", thick=0.0020, lens=((0.10, 0.09, 0.16), 0.84)),
    "sport_wrap": Frame("shield", rim="half", thick=0.0026, lens=((0.16, 0.20, 0.42), 0.80), size=0.80),
    "pince_nez": Frame("round", thick=0.0011, size=0.84, arms=False),
}

Turn = Callable[[Array, Array], Array]
"""Outline (n, 2) metres from cosines and sines of the turn, x outwards."""


def _boxy(width: float, height: float, exponent: float) -> Turn:
    power = 2 / exponent
    return lambda c, s: np.stack(
        [width * np.sign(c) * np.abs(c) ** power, height * np.sign(s) * np.abs(s) ** power], axis=1
    )


def _polygon(sides: int, width: float, height: float) -> Turn:
    def outline(c: Array, s: Array) -> Array:
        step = 2 * np.pi / sides
        turn = np.arctan2(s, c)
        reach = np.cos(step / 2) / np.cos((turn + step / 2) % step - step / 2)
        return np.stack([width * reach * c, height * reach * s], axis=1)

    return outline


def _browline(c: Array, s: Array) -> Array:
    return np.asarray(_boxy(0.0280, 0.0215, 2.9)(c, s) * (1 - 0.05 * (s < 0))[:, None])


def _wayfarer(c: Array, s: Array) -> Array:
    rim = _boxy(0.0290, 0.0222, 3.4)(c, s)
    rim[:, 0] *= 1 + 0.10 * s
    rim[:, 1] += 0.0022 * np.clip(c, 0, 1) * (s > 0)
    return rim


def _cat_eye(c: Array, s: Array) -> Array:
    rim = _boxy(0.0285, 0.0240, 2.5)(c, s)
    rim[:, 1] += 0.0065 * np.clip(c, 0, 1) ** 2 * (s > -0.2)
    rim[:, 0] += 0.0030 * np.clip(c, 0, 1) * np.clip(s + 0.4, 0, 1)
    return rim


def _aviator(c: Array, s: Array) -> Array:
    """A drop, fuller below and outwards."""
    rim = _boxy(0.0285, 0.0240, 2.5)(c, s)
    rim[:, 0] *= 1.03 + 0.05 * s
    rim[:, 1] = np.where(s < 0, rim[:, 1] * 1.12, rim[:, 1] * 0.86)
    rim[:, 0] -= 0.0035 * np.clip(-s, 0, 1) * np.clip(-c, 0, 1)
    return rim


def _heart(c: Array, s: Array) -> Array:
    turn = np.pi / 2 - np.arctan2(s, c)
    x = np.sin(turn) ** 3
    y = (13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)) / 16
    return np.stack([0.0300 * x, 0.0275 * y + 0.002], axis=1)


def _star(c: Array, s: Array) -> Array:
    turn = np.arctan2(s, c) - np.pi / 2
    point = np.abs((turn / (2 * np.pi / 5) + 0.5) % 1.0 - 0.5) * 2  # 0 at a point, 1 between two
    reach = 0.0325 * (1 - 0.42 * point**0.9)
    return np.stack([reach * c, reach * s], axis=1)


_OUTLINES: dict[str, Turn] = {
    "round": _boxy(0.0265, 0.0255, 2.0),
    "oval": _boxy(0.0262, 0.0172, 2.1),
    "rectangle": _boxy(0.0285, 0.0185, 3.6),
    "square": _boxy(0.0285, 0.0235, 3.6),
    "browline": _browline,
    "wayfarer": _wayfarer,
    "cat_eye": _cat_eye,
    "aviator": _aviator,
    "hexagon": _polygon(6, 0.0290, 0.0268),
    "octagon": _polygon(8, 0.0285, 0.0255),
    "heart": _heart,
    "star": _star,
}


def _bent(x: Array, y: Array) -> Array:
    """Points of the lens surface, which follows the face a little and leans forward at the top."""
    return np.stack([x, y, _LENS_Z - 1.5 * x**2 + 0.06 * (y - _LENS_Y)], axis=-1)


def build_eyewear(part: str) -> Mesh:
    """One pair of glasses, rigid on the head; `extras.lens` holds the lens's tint and opacity."""
    frame = FRAMES[part]
    mesh = _shield(frame) if frame.shape == "shield" else _pair(frame)
    colour, opacity = frame.lens
    mesh.extras["lens"] = {"tint": list(colour), "opacity": opacity}
    return mesh


def _pair(frame: Frame) -> Mesh:
    left = Mesh()
    count = 40 if frame.shape in {"heart", "star"} else 30
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    edge = _OUTLINES[frame.shape](np.cos(turn), np.sin(turn)) * frame.size
    rim_points = _bent(_LENS_X + edge[:, 0], _LENS_Y + edge[:, 1])
    ring = np.vstack([rim_points, rim_points[:1]])
    out = unit(ring - _bent(np.array([_LENS_X]), np.array([_LENS_Y])))
    thick, half = frame.thick, count // 2
    if frame.rim == "full":
        left.add(sweep(ring, thick, thick, up=out, sides=5, slot="eyewear", outline=0.35))
    elif frame.rim == "half":
        top = ring[: half + 1]
        weight = interpolate(np.linspace(0, 1, len(top)), [0, 0.5, 1], [thick, thick * 1.5, thick])
        left.add(
            sweep(
                top,
                weight * 0.8,
                weight * 1.5,
                up=out[: len(top)],
                sides=7,
                slot="eyewear",
                outline=0.35,
                caps=(True, True),
            )
        )
        left.add(sweep(ring[half:], 0.0009, 0.0009, up=out[half:], sides=4, slot="metal", outline=0.1))
    else:
        left.add(sweep(ring, 0.0007, 0.0007, up=out, sides=4, slot="eyewear", outline=0.15))
    shares = np.array([1.0, 0.55, 0.02])
    grid = np.stack([_bent(_LENS_X + edge[:, 0] * f, _LENS_Y + edge[:, 1] * f) for f in shares])
    uv = np.stack([np.stack([0.5 + edge[:, 0] * f / 0.06, 0.5 + edge[:, 1] * f / 0.05], axis=-1) for f in shares])
    left.add(sheet(grid, slot="lens", closed=True, uv=uv, outline=0.0))
    if frame.arms:
        hinge = _bent(np.array([_LENS_X + edge[:, 0].max() * 0.97]), np.array([_LENS_Y + 0.0085]))[0]
        left.add(_arm(hinge, thick))
    mesh = Mesh()
    mesh.extend(left)
    mesh.extend(left.mirrored())
    level = np.abs(edge[:, 1] - 0.007)
    inner = _LENS_X + edge[level < 0.006, 0].min()
    up = 0.0115 if frame.shape == "aviator" else 0.0070
    span = np.linspace(-inner, inner, 9)
    rise = 0.0100 if not frame.arms else 0.0034
    bridge = _bent(span, np.full(9, _LENS_Y + up)) + np.stack(
        [np.zeros(9), rise * np.cos(span / inner * np.pi / 2), 0.0020 + 0 * span], axis=1
    )
    mesh.add(
        sweep(bridge, min(thick, 0.0024), min(thick, 0.0024), up=(0, 1.0, 0), sides=6, slot="eyewear", outline=0.35)
    )
    if frame.bar:
        mesh.add(
            sweep(
                bridge + np.array([0, 0.0085, 0]), 0.0012, 0.0012, up=(0, 1.0, 0), sides=5, slot="eyewear", outline=0.3
            )
        )
    return mesh


def _point(at: Array) -> tuple[float, float, float]:
    return float(at[0]), float(at[1]), float(at[2])


def _arm(hinge: Array, thick: float) -> Patch:
    """The left arm, from the hinge over the ear and down behind it."""
    path = curve(
        [
            _point(hinge),
            _point(hinge + (0.0075, 0.001, -0.008)),
            (0.0905, CHIN_Y + 0.110, 0.045),
            (0.0960, CHIN_Y + 0.1215, -0.004),
            (0.0925, CHIN_Y + 0.100, -0.036),
        ],
        10,
    )
    return sweep(
        path,
        min(thick, 0.0021),
        min(thick, 0.0021) * 1.25,
        up=(1.0, 0, 0.2),
        sides=5,
        slot="eyewear",
        outline=0.3,
        caps=(True, True),
    )


def _shield(frame: Frame) -> Mesh:
    """One lens over both eyes, wrapped round to the temples, with a notch for the nose."""
    mesh = Mesh()
    reach, columns = 0.0715, 27
    x = np.linspace(-reach, reach, columns)
    share = np.abs(x) / reach
    top = 0.0255 * frame.size * (1 - 0.22 * share**3)
    notch = 0.0130 * np.exp(-((x / 0.0125) ** 2))
    bottom = -0.0275 * frame.size * (1 - 0.42 * share**2.4) + notch

    def wrap(px: Array, y: Array) -> Array:
        bend = 9.7 * np.abs(px) ** 2.15
        return np.stack([px * (1 - 0.06 * (px / reach) ** 2), _LENS_Y + y, _LENS_Z + 0.004 - bend + 0.06 * y], axis=-1)

    rows = np.array([wrap(x, bottom + (top - bottom) * f) for f in np.linspace(0, 1, 6)])
    uv = np.stack(np.broadcast_arrays((0.5 + x / 0.15)[None, :], np.linspace(0.1, 0.9, 6)[:, None]), axis=-1)
    mesh.add(sheet(rows, slot="lens", uv=uv, outline=0.0))
    for edge, thick in ((rows[-1], frame.thick * 1.2), (rows[0], frame.thick if frame.rim == "full" else 0.0008)):
        mesh.add(sweep(edge, thick, thick, up=(0, 1.0, 0.2), sides=6, slot="eyewear", outline=0.35, caps=(True, True)))
    left = Mesh()
    side = rows[:, -1]
    left.add(sweep(side, frame.thick, frame.thick, up=(1.0, 0, 0), sides=6, slot="eyewear", outline=0.35))
    left.add(_arm(side[3], 0.0026))
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh
