"""Track mattes, masks, precompositions and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from services.compositor.footage import unpack
from tests.compositor.conformance.case import (
    SIZE,
    about,
    black,
    case,
    centred,
    grow,
    keys,
    layer,
    move,
    premultiplied,
    shown,
    solid,
    turn,
    value,
)
from tests.compositor.conformance.raster import Picture, area, bezier, flat, near, over, placed, polygon
from tests.compositor.material import Json, clip

MATTES = "Track mattes"
LUMA = np.array([0.2126, 0.7152, 0.0722])


def matted(kind: str, picture: Picture, window: Picture) -> Picture:
    """A premultiplied picture by what its matte leaves."""
    share = window[..., :3] @ LUMA if "LUMA" in kind else window[..., 3]
    share = 1 - share if "INVERTED" in kind else share
    return over(black(), picture * share[..., None])


def all_orange() -> Picture:
    return flat(np.ones((SIZE[1], SIZE[0])), (250, 160, 20))


def perspective(
    x_turn: float = 0,
    y_turn: float = 0,
    z_turn: float = 0,
    at: tuple[float, float, float] = (64, 48, 0),
    size: tuple[float, float] = (64, 48),
) -> NDArray[np.float64]:
    """Where the default camera shows a layer that stands in space, 3 by 3."""
    zoom = SIZE[0] * 50 / 36
    rx, ry, rz = (np.radians(angle) for angle in (x_turn, y_turn, z_turn))
    around_x = np.array([[1, 0, 0], [0, np.cos(rx), -np.sin(rx)], [0, np.sin(rx), np.cos(rx)]])
    around_y = np.array([[np.cos(ry), 0, np.sin(ry)], [0, 1, 0], [-np.sin(ry), 0, np.cos(ry)]])
    around_z = np.array([[np.cos(rz), -np.sin(rz), 0], [np.sin(rz), np.cos(rz), 0], [0, 0, 1]])
    turned = around_x @ around_y @ around_z
    # Columns: where the layer's x, its y and its origin go.
    origin = turned @ np.array([-size[0] / 2, -size[1] / 2, 0]) + np.array(at) - np.array([64, 48, -zoom])
    stood = np.column_stack([turned[:, 0], turned[:, 1], origin])
    lens = np.array([[zoom, 0, 64], [0, zoom, 48], [0, 0, 1]])
    seen: NDArray[np.float64] = lens @ stood
    return seen


def flat_matted(kind: str) -> Picture:
    return matted(kind, all_orange(), placed(premultiplied(), centred(), SIZE) * 0.8)


def deep_matted(kind: str) -> Picture:
    orange_sheet = np.ones((70, 100, 4)) * [250 / 255, 160 / 255, 20 / 255, 1]
    turned_sheet = placed(orange_sheet, perspective(y_turn=30, size=(100, 70)), SIZE)
    return matted(kind, turned_sheet, placed(premultiplied(), perspective(x_turn=40, at=(64, 48, -20)), SIZE))


KINDS = {"ALPHA": "Alpha", "ALPHA_INVERTED": "Alpha inverted", "LUMA": "Luma", "LUMA_INVERTED": "Luma inverted"}
for kind, title in KINDS.items():
    name = kind.lower().replace("_", "-")
    case(
        MATTES,
        title,
        f"matte-{name}",
        [
            solid("a", (250, 160, 20), matte={"kind": f"MATTE_KIND_{kind}", "layer": "m"}),
            layer("m", transform={"opacity": value(80)}),
        ],
        partial(flat_matted, kind),
    )
    case(
        MATTES,
        f"{title}, both layers in 3D",
        f"matte-3d-{name}",
        [
            solid(
                "a",
                (250, 160, 20),
                100,
                70,
                threeD=True,
                transform={"yRotation": value(30)},
                matte={"kind": f"MATTE_KIND_{kind}", "layer": "m"},
            ),
            layer("m", threeD=True, transform={"xRotation": value(40), "position": value(64, 48, -20)}),
        ],
        partial(deep_matted, kind),
    )

MASKS = "Masks"
Points = Sequence[tuple[float, float]]
RING = (
    [(50, 12), (90, 50), (50, 88), (18, 50)],
    [(-20, 0), (0, -22), (20, 0), (0, 20)],
    [(22, 0), (0, 20), (-20, 0), (0, -20)],
)
BOX = [(60, 30), (118, 30), (118, 74), (60, 74)]


def bezier_path(vertices: Points, arriving: Points | None = None, leaving: Points | None = None) -> Json:
    """A path of the contract."""
    made: dict[str, Any] = {"vertices": [part for point in vertices for part in point], "closed": True}
    if arriving and leaving:
        made["inTangents"] = [part for point in arriving for part in point]
        made["outTangents"] = [part for point in leaving for part in point]
    return made


def ring_mask(**more: Any) -> Json:
    return {"path": {"value": bezier_path(*RING)}, **more}


def box_mask(**more: Any) -> Json:
    return {"path": {"value": bezier_path(BOX)}, **more}


@cache
def ring() -> NDArray[np.float64]:
    return area(SIZE, polygon(bezier(*RING)))


@cache
def box() -> NDArray[np.float64]:
    return area(SIZE, polygon(np.array(BOX, float)))


def masked(share: NDArray[np.float64]) -> Picture:
    return over(black(), all_orange() * share[..., None])


def orange(*masks: Json) -> list[Json]:
    return [solid("a", (250, 160, 20), masks=list(masks))]


Mixing = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def both_masks(mixing: Mixing) -> Picture:
    return masked(mixing(ring() * 0.8, box() * 0.7))


MODES: dict[str, tuple[str, Mixing]] = {
    "ADD": ("Add", lambda a, m: a + m - a * m),
    "SUBTRACT": ("Subtract", lambda a, m: a * (1 - m)),
    "INTERSECT": ("Intersect", lambda a, m: a * m),
    "LIGHTEN": ("Lighten", np.maximum),
    "DARKEN": ("Darken", np.minimum),
    "DIFFERENCE": ("Difference", lambda a, m: np.abs(a - m)),
}
for mode, (title, mixing) in MODES.items():
    case(
        MASKS,
        f"Mode {title}",
        f"mask-{mode.lower()}",
        orange(
            ring_mask(mode="MASK_MODE_ADD", opacity=value(80)), box_mask(mode=f"MASK_MODE_{mode}", opacity=value(70))
        ),
        partial(both_masks, mixing),
    )
case(MASKS, "Mode None", "mask-none", orange(ring_mask(mode="MASK_MODE_NONE")), lambda: masked(np.ones((96, 128))))
case(
    MASKS,
    "Subtract alone",
    "mask-subtract-first",
    orange(ring_mask(mode="MASK_MODE_SUBTRACT")),
    lambda: masked(1 - ring()),
)
case(MASKS, "Inverted", "mask-inverted", orange(ring_mask(inverted=True)), lambda: masked(1 - ring()))
case(MASKS, "Opacity", "mask-opacity", orange(ring_mask(opacity=value(40))), lambda: masked(ring() * 0.4))
case(
    MASKS,
    "Feather",
    "mask-feather",
    orange(ring_mask(feather=value(14))),
    lambda: masked(gaussian_filter(ring(), 14 / np.sqrt(24))),
    differs="the edge is a Gaussian as wide as its documents say; theirs is not published",
)
case(
    MASKS,
    "Feather per axis",
    "mask-feather-axes",
    orange(ring_mask(feather=value(30, 6))),
    lambda: masked(gaussian_filter(ring(), (6 / np.sqrt(24), 30 / np.sqrt(24)))),
    differs="the edge is a Gaussian as wide as its documents say; theirs is not published",
)
case(
    MASKS,
    "Expansion",
    "mask-expansion",
    orange(ring_mask(expansion=value(6))),
    lambda: masked(np.maximum(ring(), area(SIZE, near(bezier(*RING, steps=10), 6, closed=True)))),
)
case(
    MASKS,
    "Expansion, negative",
    "mask-contraction",
    orange(ring_mask(expansion=value(-6))),
    lambda: masked(ring() * (1 - area(SIZE, near(bezier(*RING, steps=10), 6, closed=True)))),
)
case(
    MASKS,
    "Animated paths",
    "mask-animated",
    orange(
        {
            "path": {
                "keyframes": [
                    {"frame": 0, "value": bezier_path(BOX)},
                    {"frame": 20, "value": bezier_path([(10, 10), (60, 30), (90, 90), (20, 74)])},
                ]
            }
        }
    ),
    lambda: masked(area(SIZE, polygon((np.array(BOX) + np.array([(10, 10), (60, 30), (90, 90), (20, 74)])) / 2))),
    frame=10,
)
case(
    MASKS,
    "On layers with transforms",
    "mask-transformed",
    [
        layer(
            "a",
            transform={"rotation": value(30), "scale": value(150)},
            masks=[{"path": {"value": bezier_path([(8, 8), (56, 4), (40, 44)])}}],
        )
    ],
    lambda: over(
        black(),
        placed(premultiplied(), about(turn(30) @ grow(1.5)), SIZE)
        * area(SIZE, polygon(transformed([(8, 8), (56, 4), (40, 44)], about(turn(30) @ grow(1.5)))))[..., None],
    ),
)


def transformed(points: Points, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points where a matrix takes them."""
    return (np.column_stack([points, np.ones(len(points))]) @ matrix.T)[:, :2]


ADJUST = "Adjustment layers"
INVERT: Json = {"invert": {}}


def inverted_in(share: NDArray[np.float64]) -> Picture:
    picture = shown(centred())
    negative = picture.copy()
    negative[..., :3] = 1 - picture[..., :3]
    return picture + (negative - picture) * share[..., None]


case(
    ADJUST,
    "Effects act on what is below",
    "adjustment",
    [{"name": "look", "adjustment": {}, "effects": [INVERT]}, layer("a")],
    lambda: inverted_in(np.ones((96, 128))),
)
case(
    ADJUST,
    "With a transform and opacity",
    "adjustment-transform",
    [
        {
            "name": "look",
            "adjustment": {},
            "effects": [INVERT],
            "transform": {"scale": value(50), "rotation": value(20), "opacity": value(60)},
        },
        layer("a"),
    ],
    lambda: inverted_in(
        0.6
        * area(
            SIZE,
            polygon(
                transformed([(0, 0), (128, 0), (128, 96), (0, 96)], about(turn(20) @ grow(0.5), width=128, height=96))
            ),
        )
    ),
)
case(
    ADJUST,
    "With a mask",
    "adjustment-mask",
    [{"name": "look", "adjustment": {}, "effects": [INVERT], "masks": [ring_mask()]}, layer("a")],
    lambda: inverted_in(ring()),
)
case(
    ADJUST,
    "With a track matte",
    "adjustment-matte",
    [
        {"name": "look", "adjustment": {}, "effects": [INVERT], "matte": {"kind": "MATTE_KIND_ALPHA", "layer": "m"}},
        solid("m", (255, 255, 255), 40, 96),
        layer("a"),
    ],
    lambda: inverted_in(area(SIZE, lambda x, y: abs(x - 64) < 20)),
)


def levels_like(picture: Picture) -> Picture:
    """What an inversion leaves inside a composition: colours are inverted, alpha stays."""
    result = picture.copy()
    result[..., :3] = picture[..., 3:] - picture[..., :3]
    return result


case(
    ADJUST,
    "In a composition with transparency",
    "adjustment-in-precomp",
    [{"name": "p", "precomp": {"composition": "inner"}}, solid("behind", (40, 90, 200))],
    lambda: over(flat(np.ones((96, 128)), (40, 90, 200)), levels_like(placed(premultiplied(), centred(), SIZE))),
    more={
        "compositions": [
            {
                "id": "inner",
                "width": 128,
                "height": 96,
                "frames": 24,
                "layers": [{"name": "look", "adjustment": {}, "effects": [INVERT]}, layer("a")],
            }
        ]
    },
)

PRECOMPS = "Precompositions and time"


def inner(*layers: Json, size: tuple[int, int] = (80, 60), frames: int = 24, **more: Any) -> Json:
    return {"id": "inner", "width": size[0], "height": size[1], "frames": frames, "layers": list(layers), **more}


def spun(frame: float, width: float = 80, height: float = 60) -> NDArray[np.float64]:
    """The chart in the inner composition: 10 degrees a frame."""
    return about(turn(10 * frame), width / 2, height / 2)


SPUN = layer("a", transform={"rotation": keys((0, [0]), (24, [240]))})
PRECOMP = {"name": "p", "precomp": {"composition": "inner"}}


def window(matrix: NDArray[np.float64], frame: float, opacity: float = 1) -> Picture:
    """The inner composition at a frame, in pixels of its own: what leaves it is cut off at its edges."""
    picture = placed(premultiplied(), spun(frame), (80, 60))
    return over(black(), placed(picture, matrix, SIZE) * opacity)


HERE = move(64 - 40, 48 - 30)
case(
    PRECOMPS,
    "Precomposition",
    "precomp",
    [PRECOMP],
    lambda: window(HERE, 7),
    frame=7,
    more={"compositions": [inner(SPUN)]},
)
case(
    PRECOMPS,
    "With a transform and opacity",
    "precomp-transform",
    [PRECOMP | {"transform": {"rotation": value(-30), "scale": value(130), "opacity": value(60)}}],
    lambda: window(about(turn(-30) @ grow(1.3), width=80, height=60), 7, 0.6),
    frame=7,
    more={"compositions": [inner(SPUN)]},
)
case(
    PRECOMPS,
    "Nested twice",
    "precomp-nested",
    [PRECOMP | {"precomp": {"composition": "outer"}}],
    lambda: window(HERE, 7),
    frame=7,
    more={
        "compositions": [inner(SPUN), {"id": "outer", "width": 128, "height": 96, "frames": 24, "layers": [PRECOMP]}]
    },
)
for name, title, fields, at in (
    ("start", "Start time", {"precomp": {"composition": "inner", "startFrame": -4}}, 3),
    ("stretch", "Time stretch", {"stretchPercent": 200}, 3.5),
    (
        "stretch-reversed",
        "Time stretch, reversed",
        {"stretchPercent": -100, "precomp": {"composition": "inner", "startFrame": 20}},
        13,
    ),
    ("remap", "Time remapping", {"timeRemap": keys((0, [2]), (14, [16]))}, 9),
    ("remap-reversed", "Time remapping, reversed", {"timeRemap": keys((0, [20]), (14, [6]))}, 13),
    ("remap-frozen", "Time remapping, frozen", {"timeRemap": value(5)}, 5),
    ("posterize", "Posterize Time", {"effects": [{"posterizeTime": {"holdFrames": 4}}]}, 4),
):
    case(
        PRECOMPS,
        title,
        f"precomp-{name}",
        [PRECOMP | fields],
        partial(window, HERE, at),
        frame=7,
        more={"compositions": [inner(SPUN)]},
    )
case(
    PRECOMPS,
    "3D layers and a camera inside",
    "precomp-3d",
    [PRECOMP | {"transform": {"rotation": value(90)}}],
    [
        layer("a", threeD=True, transform={"yRotation": value(40)}, parent="turned"),
        {"name": "turned", "null": {}, "threeD": True, "transform": {"rotation": value(90)}},
    ],
    more={"compositions": [inner(layer("a", threeD=True, transform={"yRotation": value(40)}), size=(128, 96))]},
)
COLLAPSED = layer("a", blendMode="BLEND_MODE_DIFFERENCE", transform={"position": value(60, 30), "scale": value(120)})
case(
    PRECOMPS,
    "Collapsed transformations",
    "collapse",
    [
        PRECOMP | {"collapse": True, "transform": {"rotation": value(20), "opacity": value(70)}},
        solid("b", (90, 200, 30)),
    ],
    [
        COLLAPSED
        | {"parent": "null", "transform": {"position": value(60, 30), "scale": value(120), "opacity": value(70)}},
        {"name": "null", "null": {}, "transform": {"rotation": value(20), "anchorPoint": value(40, 30)}},
        solid("b", (90, 200, 30)),
    ],
    more={"compositions": [inner(COLLAPSED)]},
)
DEEP = [
    layer("near", threeD=True, transform={"position": value(30, 30, -40), "yRotation": value(30)}),
    solid("far", (30, 90, 220), 60, 60, threeD=True, transform={"position": value(50, 30, 60)}),
]
case(
    PRECOMPS,
    "Collapsed, in 3D, under the outer camera",
    "collapse-3d",
    [PRECOMP | {"collapse": True, "threeD": True, "transform": {"yRotation": value(50)}}],
    [
        DEEP[0] | {"parent": "null"},
        DEEP[1] | {"parent": "null"},
        {
            "name": "null",
            "null": {},
            "threeD": True,
            "transform": {"yRotation": value(50), "anchorPoint": value(40, 30)},
        },
    ],
    more={"compositions": [inner(*DEEP)]},
)
case(
    PRECOMPS,
    "Collapsed, with its own time",
    "collapse-time",
    [PRECOMP | {"collapse": True, "timeRemap": keys((0, [20]), (14, [6]))}],
    lambda: shown(about(turn(130))),
    frame=7,
    more={"compositions": [inner(SPUN)]},
)


def numbered() -> dict[str, bytes]:
    """Footage whose frames tell their number: a bar that grows by 4 pixels a frame."""
    pictures = []
    for number in range(24):
        picture = np.full((96, 128, 3), 30, np.uint8)
        picture[24:72, : 2 + 4 * number] = (210, 210, 210)
        pictures.append(picture)
    return {"footage:bar": unpack("bar", clip(pictures)).data}


def bar(number: int) -> Picture:
    picture = flat(np.ones((96, 128)), (30, 30, 30))
    picture[24:72, : 2 + 4 * number] = np.array([210, 210, 210, 255]) / 255
    return picture


FOOTAGE = {"name": "f", "footage": {"path": "bar"}}
for name, title, fields, at in (
    ("footage", "Footage", {}, 7),
    ("footage-stretch", "Footage, stretched", {"stretchPercent": 50}, 14),
    ("footage-reversed", "Footage, time remapping reversed", {"timeRemap": keys((0, [20]), (14, [6]))}, 13),
    ("footage-frozen", "Footage, frozen", {"timeRemap": value(3.6)}, 3),
):
    case(PRECOMPS, title, name, [FOOTAGE | fields], partial(bar, at), frame=7, files=numbered)


def fine_footage() -> dict[str, bytes]:
    """One frame of fine stripes, four times as large as the composition."""
    picture = np.zeros((384, 512, 3), np.uint8)
    picture[:, ::2] = 255
    picture[:96] = (60, 60, 60)
    return {"footage:fine": unpack("fine", clip([picture])).data}


def stripes_from_afar() -> Picture:
    picture = flat(np.ones((96, 128)), (127.5, 127.5, 127.5))
    picture[:24, :, :3] = 60 / 255
    return picture


case(
    PRECOMPS,
    "Footage, minified",
    "footage-minified",
    [{"name": "f", "footage": {"path": "fine"}, "transform": {"scale": value(25)}}],
    stripes_from_afar,
    length=1,
    files=fine_footage,
)
