"""All blend modes by their formulas, each over a chart of colours at a layer that is partly transparent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tests.compositor.conformance.case import SIZE, case, centred, layer, premultiplied, solid, value
from tests.compositor.conformance.raster import Picture, placed
from tests.compositor.material import Json

GROUP = "Blend modes"

Colours = NDArray[np.float64]
BARS = [(200, 40, 30), (20, 180, 60), (30, 60, 220), (120, 120, 120), (240, 240, 60), (10, 10, 10), (255, 255, 255)]


def below() -> Colours:
    """What the bars below show, (height, width, 3)."""
    picture = np.zeros((SIZE[1], SIZE[0], 3))
    for index, rgb in enumerate(BARS):
        picture[:, 2 + 18 * index : 20 + 18 * index] = np.array(rgb) / 255
    return picture


def bars() -> list[Json]:
    """The layers of the bars."""
    return [
        solid(f"bar {index}", rgb, 18, 96, transform={"position": value(11 + 18 * index, 48)})
        for index, rgb in enumerate(BARS)
    ]


def burn(s: Colours, b: Colours) -> Colours:
    with np.errstate(divide="ignore", invalid="ignore"):
        burnt = np.where(s > 0, 1 - np.minimum(1, (1 - b) / np.where(s > 0, s, 1)), 0.0)
    return np.where(b >= 1, 1.0, burnt)


def dodge(s: Colours, b: Colours) -> Colours:
    dodged = np.where(s < 1, np.minimum(1, b / np.where(s < 1, 1 - s, 1)), 1.0)
    return np.where(b <= 0, 0.0, dodged)


def hard_light(s: Colours, b: Colours) -> Colours:
    return np.where(s <= 0.5, 2 * s * b, 1 - 2 * (1 - s) * (1 - b))


def soft_light(s: Colours, b: Colours) -> Colours:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


def lum(c: Colours) -> Colours:
    lightness: Colours = (c @ np.array([0.3, 0.59, 0.11]))[..., None]
    return lightness


def sat(c: Colours) -> Colours:
    spread: Colours = c.max(axis=-1, keepdims=True) - c.min(axis=-1, keepdims=True)
    return spread


def set_lum(c: Colours, wanted: Colours) -> Colours:
    c = c + wanted - lum(c)
    middle, least, most = lum(c), c.min(axis=-1, keepdims=True), c.max(axis=-1, keepdims=True)
    c = np.where(least < 0, middle + (c - middle) * middle / np.where(middle - least == 0, 1, middle - least), c)
    over_one = np.where(most - middle == 0, 1, most - middle)
    return np.where(most > 1, middle + (c - middle) * (1 - middle) / over_one, c)


def set_sat(c: Colours, wanted: Colours) -> Colours:
    least, spread = c.min(axis=-1, keepdims=True), sat(c)
    return np.where(spread > 0, (c - least) * wanted / np.where(spread > 0, spread, 1), 0.0)


SEPARABLE: dict[str, tuple[str, Callable[[Colours, Colours], Colours]]] = {
    "NORMAL": ("Normal", lambda s, b: s),
    "DARKEN": ("Darken", np.minimum),
    "MULTIPLY": ("Multiply", lambda s, b: s * b),
    "COLOR_BURN": ("Color Burn", burn),
    "LINEAR_BURN": ("Linear Burn", lambda s, b: np.maximum(s + b - 1, 0)),
    "DARKER_COLOR": ("Darker Color", lambda s, b: np.where(lum(s) < lum(b), s, b)),
    "LIGHTEN": ("Lighten", np.maximum),
    "SCREEN": ("Screen", lambda s, b: s + b - s * b),
    "COLOR_DODGE": ("Color Dodge", dodge),
    "LINEAR_DODGE": ("Linear Dodge", lambda s, b: np.minimum(s + b, 1)),
    "LIGHTER_COLOR": ("Lighter Color", lambda s, b: np.where(lum(s) > lum(b), s, b)),
    "OVERLAY": ("Overlay", lambda s, b: hard_light(b, s)),
    "SOFT_LIGHT": ("Soft Light", soft_light),
    "HARD_LIGHT": ("Hard Light", hard_light),
    "LINEAR_LIGHT": ("Linear Light", lambda s, b: np.clip(b + 2 * s - 1, 0, 1)),
    "VIVID_LIGHT": ("Vivid Light", lambda s, b: np.where(s < 0.5, burn(2 * s, b), dodge(np.maximum(2 * s - 1, 0), b))),
    "PIN_LIGHT": ("Pin Light", lambda s, b: np.where(s < 0.5, np.minimum(b, 2 * s), np.maximum(b, 2 * s - 1))),
    "HARD_MIX": ("Hard Mix", lambda s, b: (s + b >= 1 - 1e-4).astype(float)),
    "DIFFERENCE": ("Difference", lambda s, b: np.abs(s - b)),
    "EXCLUSION": ("Exclusion", lambda s, b: s + b - 2 * s * b),
    "SUBTRACT": ("Subtract", lambda s, b: np.maximum(b - s, 0)),
    "DIVIDE": ("Divide", lambda s, b: np.minimum(b / np.maximum(s, 1e-4), 1)),
    "HUE": ("Hue", lambda s, b: set_lum(set_sat(s, sat(b)), lum(b))),
    "SATURATION": ("Saturation", lambda s, b: set_lum(set_sat(b, sat(s)), lum(b))),
    "COLOR": ("Color", lambda s, b: set_lum(s, lum(b))),
    "LUMINOSITY": ("Luminosity", lambda s, b: set_lum(b, lum(s))),
}


def source() -> tuple[Colours, Colours]:
    """The chart in the middle: straight colour and alpha by 80 percent."""
    picture = placed(premultiplied(), centred(), SIZE) * 0.8
    alpha = picture[..., 3:]
    return picture[..., :3] / np.maximum(alpha, 1e-6), alpha


def opaque(colours: Colours) -> Picture:
    return np.concatenate([np.clip(colours, 0, 1), np.ones((*colours.shape[:2], 1))], axis=-1)


def mixed(blend: Callable[[Colours, Colours], Colours]) -> Picture:
    s, alpha = source()
    b = below()
    return opaque(b + (blend(s, b) - b) * alpha)


def whole(blend: Callable[[Colours, Colours, Colours], Colours]) -> Picture:
    s, alpha = source()
    return opaque(blend(s, alpha, below()))


def shot(mode: str) -> list[Json]:
    """A layer in this mode over the bars."""
    return [layer("top", blendMode=f"BLEND_MODE_{mode}", transform={"opacity": value(80)}), *bars()]


for mode, (title, formula) in SEPARABLE.items():
    case(GROUP, title, f"blend-{mode.lower().replace('_', '-')}", shot(mode), partial(mixed, formula))

WHOLE: dict[str, tuple[str, Callable[[Colours, Colours, Colours], Colours]]] = {
    "ADD": ("Add", lambda s, a, b: np.minimum(b + s * a, 1)),
    "ALPHA_ADD": ("Alpha Add", lambda s, a, b: np.minimum(b + s * a, 1)),
    "LUMINESCENT_PREMUL": ("Luminescent Premul", lambda s, a, b: s * a + b * (1 - a)),
    "CLASSIC_COLOR_BURN": ("Classic Color Burn", lambda s, a, b: burn(1 - a + s * a, b)),
    "CLASSIC_COLOR_DODGE": ("Classic Color Dodge", lambda s, a, b: dodge(s * a, b)),
    "CLASSIC_DIFFERENCE": ("Classic Difference", lambda s, a, b: np.abs(s * a - b)),
    "STENCIL_ALPHA": ("Stencil Alpha", lambda s, a, b: b * a),
    "STENCIL_LUMA": ("Stencil Luma", lambda s, a, b: b * ((s * a) @ [0.2126, 0.7152, 0.0722])[..., None]),
    "SILHOUETTE_ALPHA": ("Silhouette Alpha", lambda s, a, b: b * (1 - a)),
    "SILHOUETTE_LUMA": ("Silhouette Luma", lambda s, a, b: b * (1 - (s * a) @ [0.2126, 0.7152, 0.0722])[..., None]),
}
for mode, (title, rule) in WHOLE.items():
    case(GROUP, title, f"blend-{mode.lower().replace('_', '-')}", shot(mode), partial(whole, rule))


def scramble(state: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """PCG's output permutation, as its paper has it."""
    state = state * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    result: NDArray[np.uint32] = (word >> np.uint32(22)) ^ word
    return result


def dissolved(moment: int) -> Picture:
    """Each pixel by its own chance."""
    s, alpha = source()
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.uint32)
    with np.errstate(over="ignore"):
        seed = scramble(np.array([moment], np.uint32))
        chance = (scramble(columns + scramble(rows + seed)) >> np.uint32(8)).astype(float) / 2**24
    return opaque(np.where(chance[..., None] < alpha, s, below()))


case(
    GROUP,
    "Dissolve",
    "blend-dissolve",
    shot("DISSOLVE"),
    lambda: dissolved(0),
    differs="which pixels are left is our own chance, equal on every machine",
)
case(
    GROUP,
    "Dancing Dissolve",
    "blend-dancing-dissolve",
    shot("DANCING_DISSOLVE"),
    lambda: dissolved(7),
    frame=7,
    differs="which pixels are left is our own chance, equal on every machine",
)


def preserved() -> Picture:
    """The chart only where the solid below is."""
    picture = np.zeros((SIZE[1], SIZE[0], 3))
    picture[28:68, 44:104] = np.array([30, 60, 220]) / 255
    here = np.zeros((SIZE[1], SIZE[0], 1))
    here[28:68, 44:104] = 1
    s, alpha = source()
    return opaque((picture + (s - picture) * alpha) * here)


case(
    GROUP,
    "Preserve underlying transparency",
    "preserve-transparency",
    [
        layer("top", preserveTransparency=True, transform={"opacity": value(80)}),
        solid("below", (30, 60, 220), 60, 40, transform={"position": value(74, 48)}),
    ],
    preserved,
)


def in_precomp() -> list[Json]:
    return [{"name": "inside", "precomp": {"composition": "inner"}}, solid("behind", (250, 250, 250))]


def over_transparent(blend: Callable[[Colours, Colours], Colours]) -> Picture:
    """A mode inside a composition whose lower half is empty, over white."""
    s, alpha = source()
    b = below()
    ground = np.zeros((SIZE[1], SIZE[0], 1))
    ground[:48, 2:] = 1  # the bars begin two pixels in
    inside = s * alpha * (1 - ground) + ground * (b + (blend(s, b) - b) * alpha)
    cover = alpha + ground - alpha * ground
    return opaque(inside + (1 - cover) * 250 / 255)


for mode in ("MULTIPLY", "OVERLAY", "SCREEN", "DIFFERENCE"):
    upper = [
        dict(bar, transform={"position": value(11 + 18 * index, 24)})
        | {"solid": {"width": 18, "height": 48, "color": bar["solid"]["color"]}}
        for index, bar in enumerate(bars())
    ]
    inner = {
        "id": "inner",
        "width": 128,
        "height": 96,
        "frames": 24,
        "layers": [layer("top", blendMode=f"BLEND_MODE_{mode}", transform={"opacity": value(80)}), *upper],
    }
    case(
        GROUP,
        f"{SEPARABLE[mode][0]} over transparency",
        f"blend-{mode.lower()}-over-transparency",
        in_precomp(),
        partial(over_transparent, SEPARABLE[mode][1]),
        more={"compositions": [inner]},
    )
