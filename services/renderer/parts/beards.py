"""Facial hair: shells of the lower face, thick where hair grows; they follow the head's morphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from services.renderer.parts.hair.scalp import noise
from services.renderer.parts.head import CENTRE, CHIN_Y, surface
from services.renderer.parts.mesh import Array, Mesh, curve, interpolate, sheet, sweep, unit


@dataclass(frozen=True)
class Beard:
    """Where hair grows and how long.

    Attributes:
        cheeks: Share of the full growth on cheeks and jaw: 0 none, 1 up to the cheekbone's line.
        strap: Whether only a band along the jaw grows there.
        chops: Whether cheeks grow and the chin does not.
        chin: Half width of growth on the chin, metres; 0 none.
        lip: Half width of the moustache, metres; 0 none.
        fat: Half thickness of the moustache's arc, metres.
        hang: How far its ends hang, metres.
        join: Whether moustache and chin are joined beside the mouth.
        soul: Whether the patch below the lip grows.
        thick: How far it stands off the skin, metres.
        long: How far it reaches below the chin, metres.
        pointed: 0 a round end to 1 a point.
        shadow: Strength of the shaved shadow around it.
    """

    cheeks: float = 0.0
    strap: bool = False
    chops: bool = False
    chin: float = 0.0
    lip: float = 0.0
    fat: float = 0.0042
    hang: float = 0.0
    join: bool = False
    soul: bool = False
    thick: float = 0.0044
    long: float = 0.0
    pointed: float = 0.0
    shadow: float = 0.0


BEARDS: dict[str, Beard] = {
    "stubble": Beard(shadow=0.85),
    "moustache": Beard(lip=0.0275),
    "pencil_moustache": Beard(lip=0.0235, fat=0.0014, thick=0.0022),
    "handlebar": Beard(lip=0.0285, fat=0.0040, thick=0.0050),
    "walrus": Beard(lip=0.0320, fat=0.0062, hang=0.0100, thick=0.0078),
    "goatee": Beard(chin=0.0235, lip=0.0275, join=True, soul=True, thick=0.0052, long=0.008),
    "van_dyke": Beard(chin=0.0175, lip=0.0270, fat=0.0032, soul=True, thick=0.0050, long=0.020, pointed=1.0),
    "circle_beard": Beard(chin=0.0270, lip=0.0290, join=True, soul=True, thick=0.0042, shadow=0.2),
    "balbo": Beard(chin=0.0340, lip=0.0270, fat=0.0034, soul=True, thick=0.0046, long=0.006),
    "soul_patch": Beard(soul=True, thick=0.0034),
    "chin_strap": Beard(cheeks=1.0, strap=True, chin=0.0240, thick=0.0034),
    "mutton_chops": Beard(cheeks=1.0, chops=True, lip=0.0300, join=True, thick=0.0072, long=0.004),
    "short_boxed": Beard(
        cheeks=1.0, chin=0.0300, lip=0.0275, join=True, soul=True, thick=0.0044, long=0.002, shadow=0.5
    ),
    "full_beard": Beard(
        cheeks=1.0, chin=0.0300, lip=0.0290, join=True, soul=True, thick=0.0105, long=0.022, shadow=0.5
    ),
    "long_beard": Beard(
        cheeks=1.0, chin=0.0320, lip=0.0300, fat=0.0050, join=True, soul=True, thick=0.0130, long=0.062, pointed=0.5,
        shadow=0.5,
    ),
}  # fmt: skip

_FOLLOWED = ("jaw_width", "face_height")
"""Morphs of the head that move the skin below a beard."""

_CHEEK_X = (0.0, 0.022, 0.034, 0.048, 0.060, 0.072, 0.085)
_CHEEK_Y = (0.0195, 0.0215, 0.0300, 0.0430, 0.0580, 0.0760, 0.0900)


def _smooth(low: ArrayLike, high: ArrayLike, x: ArrayLike) -> Array:
    start, end = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    t = np.clip((np.asarray(x, dtype=np.float64) - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _grows(beard: Beard, x: Array, h: Array, half: Array) -> Array:
    """Share of full growth at |x| and h metres above the chin, where the face is `half` wide to each side."""
    grows = np.zeros(x.shape)
    if beard.cheeks:
        cheek = _smooth(0.0010, -0.0040, h - interpolate(x, _CHEEK_X, _CHEEK_Y))
        if beard.strap:
            cheek = cheek * np.maximum(_smooth(0.86, 0.93, x / half), _smooth(0.010, 0.006, h))
        if beard.chops:
            cheek = cheek * _smooth(0.024, 0.033, x)
        grows = np.maximum(grows, cheek)
    if beard.chin:
        top = 0.0160 if beard.soul else 0.0125
        grows = np.maximum(grows, _smooth(0.0, 0.004, beard.chin - x) * _smooth(top + 0.0055, top, h))
    if beard.soul:
        grows = np.maximum(
            grows, 0.8 * _smooth(0.0075, 0.0045, x) * _smooth(0.0285, 0.0260, h) * _smooth(0.0105, 0.0150, h)
        )
    if beard.lip:
        arc = 0.0443 - 3.2 * x**2 - beard.hang * _smooth(0.014, 0.030, x)
        taper = beard.fat * (1 - 0.45 * _smooth(0.010, beard.lip, x))
        grows = np.maximum(
            grows,
            _smooth(taper * 1.35, taper * 0.68, np.abs(h - arc)) * _smooth(beard.lip + 0.0025, beard.lip - 0.0025, x),
        )
    if beard.join:
        beside = beard.lip or 0.0275
        grows = np.maximum(
            grows, _smooth(0.0060, 0.0030, np.abs(x - beside)) * _smooth(0.043, 0.036, h) * _smooth(0.010, 0.018, h)
        )
    return grows


def _grid(beard: Beard, morphs: Mapping[str, float]) -> tuple[Array, Array]:
    """Vertices (rows, columns, 3) of the shell, and how far hair grows at each."""
    y = np.concatenate([np.linspace(0.0015, 0.056, 24), np.linspace(0.062, 0.088, 5)])
    angle = np.linspace(-0.06, np.pi + 0.06, 41)
    a, h = np.meshgrid(angle, y)
    plain = surface(a, h)
    x = np.abs(plain[..., 0])
    grows = _grows(beard, x, h, x.max(axis=1, keepdims=True))
    points = surface(a, h, morphs)
    away = unit((points - np.array([0.0, CHIN_Y + 0.05, 0.0])) * np.array([1.0, 0.6, 1.0]))
    strands = 0.0009 * np.sin(plain[..., 0] * 900 + 3 * noise(plain, 0.01, 2)) + 0.0008 * noise(plain, 0.004, 3)
    full = 1 + 0.22 * _smooth(0.020, 0.0, h) * (beard.long > 0.03)
    off = np.where(grows > 0.02, beard.thick * full * grows + strands * grows - 0.0006, -0.003)
    grid = points + away * off[..., None]
    narrow = _smooth(0.050, 0.0, x) * (1 - beard.pointed * _smooth(0.0, 0.030, x))
    reach = beard.long * grows * _smooth(0.030, 0.0, h) * narrow
    grid[..., 1] -= reach
    grid[..., 2] += 0.30 * reach
    grid[..., 0] *= 1 - 0.45 * beard.pointed * reach / max(beard.long, 1e-6)
    return grid, grows


def build_beard(part: str) -> Mesh:
    """One style, rigid on the head; `extras.stubble` is the strength of its shaved shadow."""
    beard = BEARDS[part]
    mesh = Mesh()
    if beard.shadow:
        mesh.extras["stubble"] = beard.shadow
    grid, grows = _grid(beard, {})
    keep = grows > 0.01
    if not keep.any():
        return mesh
    sway = np.zeros(grows.shape)
    if beard.long > 0.03:
        sway = 0.10 * grows * _smooth(0.012, 0.0, np.linspace(0.0, 0.088, grows.shape[0]))[:, None]
    patch = sheet(grid, slot="beard", flip=True, outline=0.35, sway=sway, sphere=CENTRE - np.array([0, 0.06, 0.02]))
    cells = np.asarray(keep.reshape(-1)[patch.triangles].any(axis=1))
    patch.triangles = patch.triangles[cells]
    patch.slots = [slot for slot, kept in zip(patch.slots, cells.tolist(), strict=True) if kept]
    mesh.add(patch)
    if part == "handlebar":
        for sign in (1.0, -1.0):
            root = np.array([sign * 0.0245, CHIN_Y + 0.0420, 0.0905])
            curl = curve(
                [
                    root,
                    root + (sign * 0.0110, -0.0030, -0.0040),
                    root + (sign * 0.0195, 0.0030, -0.0085),
                    root + (sign * 0.0190, 0.0105, -0.0085),
                    root + (sign * 0.0140, 0.0105, -0.0060),
                ],
                14,
            )
            radius = interpolate(np.linspace(0, 1, 14), [0, 0.3, 0.8, 1], [0.0036, 0.0034, 0.0018, 0.0005])
            mesh.add(sweep(curl, radius, radius, sides=7, slot="beard", outline=0.4, caps=(True, True)))
    for name in _FOLLOWED:
        moved = _grid(beard, {name: 1.0})[0].reshape(-1, 3)
        shift = (moved - grid.reshape(-1, 3)).mean(axis=0) * (name == "face_height")
        mesh.morphs[name] = [moved, *(extra.positions + shift for extra in mesh.patches[1:])]
    return mesh
