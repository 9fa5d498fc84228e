"""Eyewear, beards and jewellery, fitted to the head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.hair.scalp import noise
from services.renderer.parts.head import CENTRE, CHIN_Y, surface
from services.renderer.parts.mesh import Array, Mesh, ball, curve, interpolate, sheet, sweep, unit

# --- eyewear ----------------------------------------------------------------------------------------------------------

_LENS_X, _LENS_Y, _LENS_Z = 0.0400, CHIN_Y + 0.0955, 0.1060


def _outline(shape: str, count: int = 28) -> Array:
    """Rim of the left lens round its middle, (count, 2) metres, x outwards."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)

    def boxy(width: float, height: float, exponent: float) -> Array:
        power = 2 / exponent
        return np.stack([width * np.sign(c) * np.abs(c) ** power, height * np.sign(s) * np.abs(s) ** power], axis=1)

    if shape == "round":
        return boxy(0.0265, 0.0255, 2.0)
    if shape == "rectangle":
        return boxy(0.0285, 0.0185, 3.6)
    if shape == "square":
        return boxy(0.0285, 0.0235, 3.6)
    if shape == "browline":
        return boxy(0.0280, 0.0215, 2.9) * (1 - 0.05 * (s < 0))[:, None]
    rim = boxy(0.0285, 0.0240, 2.5)
    if shape == "cat_eye":
        rim[:, 1] += 0.0065 * np.clip(c, 0, 1) ** 2 * (s > -0.2)
        rim[:, 0] += 0.0030 * np.clip(c, 0, 1) * np.clip(s + 0.4, 0, 1)
        return rim
    # Aviator: a drop, fuller below and outwards.
    rim[:, 0] *= 1.03 + 0.05 * s
    rim[:, 1] = np.where(s < 0, rim[:, 1] * 1.12, rim[:, 1] * 0.86)
    rim[:, 0] -= 0.0035 * np.clip(-s, 0, 1) * np.clip(-c, 0, 1)
    return rim


def _wrap(x: Array, y: Array) -> Array:
    """Points of the lens surface, which follows the face a little and leans forward at the top."""
    return np.stack([x, y, _LENS_Z - 1.5 * x**2 + 0.06 * (y - _LENS_Y)], axis=-1)


def _eyewear(shape: str, rim: str, lens: str, thick: float) -> Mesh:
    mesh = Mesh()
    left = Mesh()
    edge = _outline(shape)
    rim_points = _wrap(_LENS_X + edge[:, 0], _LENS_Y + edge[:, 1])
    ring = np.vstack([rim_points, rim_points[:1]])
    out = unit(ring - _wrap(np.array([_LENS_X]), np.array([_LENS_Y])))
    if rim == "full":
        left.add(sweep(ring, thick, thick, up=out, sides=6, slot="eyewear", outline=0.35))
    elif rim == "half":
        top = ring[: len(edge) // 2 + 1]
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
        left.add(
            sweep(ring[len(edge) // 2 :], 0.0009, 0.0009, up=out[len(edge) // 2 :], sides=4, slot="metal", outline=0.1)
        )
    else:
        left.add(sweep(ring, 0.0007, 0.0007, up=out, sides=4, slot="eyewear", outline=0.15))
    shares = np.array([1.0, 0.55, 0.02])
    grid = np.stack([_wrap(_LENS_X + edge[:, 0] * f, _LENS_Y + edge[:, 1] * f) for f in shares])
    uv = np.stack([np.stack([0.5 + edge[:, 0] * f / 0.06, 0.5 + edge[:, 1] * f / 0.05], axis=-1) for f in shares])
    left.add(sheet(grid, slot="lens", closed=True, uv=uv, outline=0.0))
    hinge = _wrap(np.array([_LENS_X + edge[:, 0].max() * 0.97]), np.array([_LENS_Y + 0.0085]))[0]
    arm = curve(
        [
            hinge,
            hinge + (0.0075, 0.001, -0.008),
            (0.0895, CHIN_Y + 0.108, 0.045),
            (0.0955, CHIN_Y + 0.112, -0.008),
            (0.0930, CHIN_Y + 0.086, -0.034),
        ],
        14,
    )
    left.add(
        sweep(
            arm,
            min(thick, 0.0021),
            min(thick, 0.0021) * 1.25,
            up=(1.0, 0, 0.2),
            sides=6,
            slot="eyewear",
            outline=0.3,
            caps=(True, True),
        )
    )
    mesh.extend(left)
    mesh.extend(left.mirrored())
    inner = _LENS_X + edge[:, 0].min()
    up = 0.0070 if shape != "aviator" else 0.0115
    span = np.linspace(-inner, inner, 9)
    bridge = _wrap(span, np.full(9, _LENS_Y + up)) + np.stack(
        [np.zeros(9), 0.0034 * np.cos(span / inner * np.pi / 2), 0.0020 + 0 * span], axis=1
    )
    mesh.add(
        sweep(bridge, min(thick, 0.0024), min(thick, 0.0024), up=(0, 1.0, 0), sides=6, slot="eyewear", outline=0.35)
    )
    if shape == "aviator":
        bar = bridge + np.array([0, 0.0085, 0])
        mesh.add(sweep(bar, 0.0012, 0.0012, up=(0, 1.0, 0), sides=5, slot="eyewear", outline=0.3))
    tint = {"clear": ([0.86, 0.93, 1.0], 0.06), "tinted": ([0.5, 0.35, 0.3], 0.4), "sun": ([0.07, 0.06, 0.10], 0.86)}[
        lens
    ]
    mesh.extras["lens"] = {"tint": tint[0], "opacity": tint[1]}
    return mesh


# --- beards -----------------------------------------------------------------------------------------------------------


def _smooth(low: float, high: float, x: ArrayLike) -> Array:
    t = np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _beard(cheeks: bool, chin: bool, lip: bool, thick: float, long: float) -> Mesh:
    """A shell of the lower face, thick where hair grows and below the skin elsewhere."""
    mesh = Mesh()
    y = np.concatenate([np.linspace(0.0015, 0.056, 28), np.linspace(0.061, 0.088, 6)])
    angle = np.linspace(-0.06, np.pi + 0.06, 49)
    a, h = np.meshgrid(angle, y)
    points = surface(a, h)
    x = np.abs(points[..., 0])
    grows = np.zeros(x.shape)
    if cheeks:
        edge = interpolate(
            x, [0.0, 0.022, 0.034, 0.048, 0.060, 0.072, 0.085], [0.0195, 0.0215, 0.0300, 0.0430, 0.0580, 0.0760, 0.0900]
        )
        grows = np.maximum(grows, _smooth(0.0010, -0.0040, h - edge))
        if thick < 0.005:
            grows *= _smooth(0.0, 0.004, x - 0.0)
    if chin:
        grows = np.maximum(grows, _smooth(0.0, 0.004, 0.0255 - x) * _smooth(0.0215, 0.0160, h))
    if lip:
        arc = 0.0425 - 3.2 * x**2
        grows = np.maximum(grows, _smooth(0.0056, 0.0028, np.abs(h - arc - 0.0018)) * _smooth(0.0300, 0.0250, x))
        if cheeks or chin:  # joins moustache and beard beside the mouth
            grows = np.maximum(
                grows, _smooth(0.0060, 0.0030, np.abs(x - 0.0275)) * _smooth(0.043, 0.036, h) * _smooth(0.010, 0.018, h)
            )
    axis = np.array([0.0, CHIN_Y + 0.05, 0.0])
    away = unit((points - axis) * np.array([1.0, 0.6, 1.0]))
    strands = 0.0009 * np.sin(points[..., 0] * 900 + 3 * noise(points, 0.01, 2)) + 0.0008 * noise(points, 0.004, 3)
    off = np.where(grows > 0.02, thick * grows + strands * grows - 0.0006, -0.003)
    grid = points + away * off[..., None]
    grid[..., 1] -= long * grows * _smooth(0.030, 0.0, h) * _smooth(0.050, 0.0, x)
    grid[..., 2] += 0.35 * long * grows * _smooth(0.030, 0.0, h) * _smooth(0.040, 0.0, x)
    keep = grows > 0.01
    patch = sheet(grid, slot="beard", flip=True, outline=0.35, sphere=CENTRE - np.array([0, 0.06, 0.02]))
    cells = np.asarray(keep.reshape(-1)[patch.triangles].any(axis=1))
    patch.triangles = patch.triangles[cells]
    patch.slots = [slot for slot, kept in zip(patch.slots, cells.tolist(), strict=True) if kept]
    mesh.add(patch)
    return mesh


def _facial_hair(part: str) -> Mesh:
    if part == "stubble":
        return Mesh(extras={"stubble": 0.85})
    build: dict[str, Callable[[], Mesh]] = {
        "moustache": lambda: _beard(cheeks=False, chin=False, lip=True, thick=0.0042, long=0.0),
        "goatee": lambda: _beard(cheeks=False, chin=True, lip=True, thick=0.0052, long=0.008),
        "short_boxed": lambda: _beard(cheeks=True, chin=True, lip=True, thick=0.0044, long=0.002),
        "full_beard": lambda: _beard(cheeks=True, chin=True, lip=True, thick=0.0105, long=0.022),
    }
    mesh = build[part]()
    if part in {"short_boxed", "full_beard"}:
        mesh.extras["stubble"] = 0.5
    return mesh


# --- jewellery --------------------------------------------------------------------------------------------------------


def _jewellery(part: str) -> Mesh:
    left = Mesh()
    lobe = np.array([0.0925, CHIN_Y + 0.0705, -0.0075])
    left.add(ball(lobe, 0.0042 if part == "studs" else 0.0030, slot="metal", sides=8, rings=6, outline=0.4))
    if part == "hoops":
        turn = np.linspace(0, 2 * np.pi, 25)
        ring = lobe + np.stack(
            [0.004 * (1 - np.cos(turn)), -0.0165 + 0.0165 * np.cos(turn), 0.0165 * np.sin(turn)], axis=1
        )
        left.add(sweep(ring, 0.0016, 0.0016, up=(1.0, 0, 0), sides=6, slot="metal", outline=0.4, sway=0.08))
    if part == "drops":
        chain = lobe + np.linspace(0, 1, 4)[:, None] * np.array([0.003, -0.020, 0.0])
        left.add(sweep(chain, 0.0009, 0.0009, sides=4, slot="metal", outline=0.2, sway=np.linspace(0, 0.1, 4)))
        t = np.linspace(0, 1, 8)
        drop = chain[-1] + t[:, None] * np.array([0.001, -0.019, 0.0])
        radius = interpolate(t, [0, 0.35, 0.68, 1], [0.0006, 0.0034, 0.0052, 0.0006])
        left.add(sweep(drop, radius, radius, sides=8, slot="metal", outline=0.5, sway=0.15))
    mesh = Mesh()
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh


_FRAMES: dict[str, tuple[str, str, str, float]] = {
    # outline, rim, lens, half thickness of the rim in metres
    "round_thin": ("round", "full", "clear", 0.0013),
    "rectangle": ("rectangle", "full", "clear", 0.0020),
    "square_bold": ("square", "full", "clear", 0.0034),
    "cat_eye": ("cat_eye", "full", "clear", 0.0028),
    "browline": ("browline", "half", "clear", 0.0026),
    "rimless": ("rectangle", "none", "clear", 0.0010),
    "aviator_sun": ("aviator", "full", "sun", 0.0014),
    "round_sun": ("round", "full", "sun", 0.0016),
    "square_sun": ("square", "full", "sun", 0.0034),
}


def build_wear(group: str, part: str) -> Mesh:
    """The geometry of one part of group eyewear, facial_hair or jewellery."""
    if group == "eyewear":
        return _eyewear(*_FRAMES[part])
    if group == "facial_hair":
        return _facial_hair(part)
    return _jewellery(part)
