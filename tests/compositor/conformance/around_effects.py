"""Effects that look around, by brute force over the composition's pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from tests.compositor.conformance.case import (
    SIZE,
    black,
    case,
    centred,
    color,
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
from tests.compositor.conformance.colour_effects import alone
from tests.compositor.conformance.layers import bezier_path
from tests.compositor.conformance.raster import Picture, area, flat, near, over, placed
from tests.compositor.material import Json, png

GROUP = "Effects that look around"
TIME = "Effects of time"

Axis = NDArray[np.float64]


def effect(title: str, name: str, settings: Json, reference: Callable[[], Picture], **more: Any) -> None:
    """A case of one effect on the chart."""
    case(GROUP, title, f"effect-{name}", [layer("a", effects=[settings])], reference, **more)


def grid() -> tuple[Axis, Axis]:
    """X and y of the pixels' middles, in the composition."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    return columns, rows


def read(picture: Picture, x: Axis, y: Axis) -> Picture:
    """A picture between its pixels, nothing beyond its edges."""
    planes = [map_coordinates(picture[..., part], [y - 0.5, x - 0.5], order=1, cval=0) for part in range(4)]
    return np.stack(planes, axis=-1)


def moved(path: Callable[[Axis, Axis], tuple[Axis, Axis]]) -> Picture:
    """The chart with the colour of every place from another."""
    return over(black(), read(alone(), *path(*grid())))


def smeared(path: Callable[[Axis, Axis, float], tuple[Axis, Axis]], samples: int = 48) -> Picture:
    """The mean of the chart over a path of -1 to 1 at every place."""
    x, y = grid()
    steps = (2 * np.arange(samples) + 1) / samples - 1
    return over(black(), np.mean([read(alone(), *path(x, y, float(t))) for t in steps], axis=0))


def soft(picture: Picture, deviation: float) -> Picture:
    blurred: Picture = gaussian_filter(picture, (deviation, deviation, 0), truncate=5, mode="constant")
    return blurred


effect(
    "Gaussian Blur",
    "gaussian-blur",
    {"gaussianBlur": {"radiusPx": value(3)}},
    lambda: over(black(), soft(alone(), 3)),
    differs="sized by its standard deviation",
)
effect(
    "Gaussian Blur, animated",
    "gaussian-blur-animated",
    {"gaussianBlur": {"radiusPx": keys((0, [0]), (10, [5]))}},
    lambda: over(black(), soft(alone(), 2)),
    frame=4,
    differs="sized by its standard deviation",
)


def shadow(only: bool) -> Picture:
    x, y = grid()
    angle = np.radians(120)
    shade = read(soft(alone(), 2.5), x - 9 * np.sin(angle), y + 9 * np.cos(angle))[..., 3]
    ground = over(flat(np.ones((SIZE[1], SIZE[0])), (230, 230, 230)), flat(shade * 0.8, (60, 0, 90)))
    return ground if only else over(ground, alone())


for only in (False, True):
    case(
        GROUP,
        "Drop Shadow, shadow only" if only else "Drop Shadow",
        "effect-drop-shadow-only" if only else "effect-drop-shadow",
        [
            layer(
                "a",
                effects=[
                    {
                        "dropShadow": {
                            "color": color(60, 0, 90),
                            "opacity": value(80),
                            "direction": value(120),
                            "distance": value(9),
                            "softness": value(5),
                            "shadowOnly": only,
                        }
                    }
                ],
            ),
            solid("b", (230, 230, 230)),
        ],
        partial(shadow, only),
    )


def glow() -> Picture:
    picture = alone()
    brightest = picture[..., :3].max(axis=-1) / np.maximum(picture[..., 3], 1e-4)
    light = soft(picture * np.clip((brightest - 0.5) / 0.5, 0, 1)[..., None], 4) * 1.5
    alpha = np.clip(picture[..., 3] + light[..., 3], 0, 1)
    colour = np.minimum(picture[..., :3] + light[..., :3], alpha[..., None])
    return over(black(), np.concatenate([colour, alpha[..., None]], axis=-1))


effect(
    "Glow",
    "glow",
    {"glow": {"threshold": value(50), "radius": value(8), "intensity": value(1.5)}},
    glow,
    differs="added; theirs has more ways of laying it over",
)


def along(x: Axis, y: Axis, t: float) -> tuple[Axis, Axis]:
    angle = np.radians(60)
    return x + 12 * t * np.sin(angle), y - 12 * t * np.cos(angle)


effect(
    "Directional Blur",
    "directional-blur",
    {"directionalBlur": {"direction": value(60), "length": value(12)}},
    partial(smeared, along),
)


def spun(x: Axis, y: Axis, t: float) -> tuple[Axis, Axis]:
    angle = np.radians(12.5 * t)
    u, v = x - 60, y - 50
    return 60 + u * np.cos(angle) - v * np.sin(angle), 50 + u * np.sin(angle) + v * np.cos(angle)


effect(
    "Radial Blur, spin",
    "radial-blur-spin",
    {"radialBlur": {"kind": "RADIAL_BLUR_KIND_SPIN", "amount": value(25), "center": value(28, 26)}},
    partial(smeared, spun),
    differs="amounts are degrees",
)
effect(
    "Radial Blur, zoom",
    "radial-blur-zoom",
    {"radialBlur": {"kind": "RADIAL_BLUR_KIND_ZOOM", "amount": value(40)}},
    partial(smeared, lambda x, y, t: (64 + (x - 64) * (1 + 0.2 * t), 48 + (y - 48) * (1 + 0.2 * t))),
    differs="amounts are percent of the distance",
)


def unsharp() -> Picture:
    picture = premultiplied()
    blurred = gaussian_filter(picture, (2, 2, 0), truncate=5, mode="nearest")
    sharper = picture[..., :3] + (picture[..., :3] - blurred[..., :3]) * 1.2
    colour = np.clip(sharper, 0, picture[..., 3:])
    return shown(centred(), np.concatenate([colour, picture[..., 3:]], axis=-1))


effect("Unsharp Mask", "unsharp-mask", {"unsharpMask": {"amount": value(120), "radius": value(2)}}, unsharp)


def ramps() -> dict[str, bytes]:
    """A map of 64 by 48: red rises to the right, green downwards."""
    rows, columns = np.mgrid[:48, :64]
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[..., 0], picture[..., 1], picture[..., 3] = columns * 4, rows * 5, 255
    return {"image:map": png(picture)}


def displaced(wrap: bool) -> Picture:
    x, y = grid()
    u, v = np.floor(x - 32), np.floor(y - 24)
    inside = ((u >= 0) & (u < 64) & (v >= 0) & (v < 48))[..., None]
    from_x, from_y = x - (u * 4 / 255 - 0.5) * 2 * 10, y - (v * 5 / 255 - 0.5) * 2 * 8
    if not wrap:
        return over(black(), read(alone(), from_x, from_y) * inside)
    tiled = np.tile(premultiplied(), (3, 3, 1))
    planes = [map_coordinates(tiled[..., part], [from_y - 24 + 47.5, from_x - 32 + 63.5], order=1) for part in range(4)]
    return over(black(), np.stack(planes, axis=-1) * inside)


for wrap in (False, True):
    case(
        GROUP,
        "Displacement Map, wrapped" if wrap else "Displacement Map",
        "effect-displacement-map-wrapped" if wrap else "effect-displacement-map",
        [
            layer(
                "a",
                effects=[
                    {"displacementMap": {"layer": "map", "horizontal": value(10), "vertical": value(8), "wrap": wrap}}
                ],
            ),
            {"name": "map", "image": {"path": "map"}, "transform": {"opacity": value(0)}},
        ],
        partial(displaced, wrap),
        files=ramps,
    )


def transformed() -> Picture:
    """Within the layer: scaled by 60 and 120 percent, leaned, turned, by 80 percent."""
    lean = np.array([[1, np.tan(np.radians(-15)), 0], [0, 1, 0], [0, 0, 1]])
    matrix = move(64, 48) @ move(4, -3) @ turn(25) @ lean @ grow(0.6, 1.2) @ move(-32, -24)
    return shown(matrix, opacity=0.8)


effect(
    "Transform",
    "transform",
    {
        "transform": {
            "transform": {
                "position": value(36, 21),
                "rotation": value(25),
                "scale": value(60, 120),
                "skew": value(15),
                "opacity": value(80),
            }
        }
    },
    transformed,
)


def mosaic(sharp: bool) -> Picture:
    picture = premultiplied()
    blocks = picture.reshape(6, 8, 8, 8, 4)
    tiles = (blocks[:, 3:5, :, 3:5] if sharp else blocks).mean(axis=(1, 3))
    return shown(centred(), np.repeat(np.repeat(tiles, 8, axis=0), 8, axis=1))


for sharp in (False, True):
    effect(
        "Mosaic, sharp colours" if sharp else "Mosaic",
        "mosaic-sharp" if sharp else "mosaic",
        {"mosaic": {"horizontalBlocks": value(8), "verticalBlocks": value(6), "sharpColors": sharp}},
        partial(mosaic, sharp),
    )


def parted(shift: Callable[[Axis, Axis], tuple[Axis, Axis]]) -> Picture:
    x, y = grid()
    dx, dy = shift(x, y)
    red, green, blue = read(alone(), x - dx, y - dy), alone(), read(alone(), x + dx, y + dy)
    alpha = np.max([red[..., 3], green[..., 3], blue[..., 3]], axis=0)
    return over(black(), np.stack([red[..., 0], green[..., 1], blue[..., 2], alpha], axis=-1))


effect(
    "Chromatic aberration",
    "chromatic-aberration",
    {"chromaticAberration": {"distance": value(3), "direction": value(90)}},
    partial(parted, lambda x, y: (np.full(x.shape, 3.0), np.zeros(x.shape))),
    differs="our own effect",
)
effect(
    "Chromatic aberration, radial",
    "chromatic-aberration-radial",
    {"chromaticAberration": {"distance": value(4)}},
    partial(parted, lambda x, y: ((x - 64) * 4 / 40, (y - 48) * 4 / 40)),
    differs="our own effect",
)
BALL = {
    "name": "a",
    "shapes": {"items": [{"ellipse": {"size": value(70, 50)}}, {"fill": {"color": color(240, 170, 40)}}]},
}


def ellipse_edge(by: float) -> Picture:
    """An ellipse grown or shrunk by a distance."""
    turns = np.linspace(0, 2 * np.pi, 80)
    rim = np.column_stack([64 + 35 * np.cos(turns), 48 + 25 * np.sin(turns)])
    inside = area(SIZE, lambda x, y: ((x - 64) / 35) ** 2 + ((y - 48) / 25) ** 2 <= 1)
    edge = area(SIZE, near(rim, abs(by)))
    return over(black(), flat(np.maximum(inside, edge) if by > 0 else inside * (1 - edge), (240, 170, 40)))


for choke, title in ((5, "Simple Choker"), (-5, "Simple Choker, growing")):
    case(
        GROUP,
        title,
        f"effect-{title.lower().replace(', ', '-').replace(' ', '-')}",
        [BALL | {"effects": [{"simpleChoker": {"choke": value(choke)}}]}],
        partial(ellipse_edge, -choke),
    )


def wrapped() -> Picture:
    return shown(centred(), np.roll(premultiplied(), (-7, 13), axis=(0, 1)))


effect("Offset", "offset", {"offset": {"shiftCenterTo": value(45, 17)}}, wrapped)


def mirrored(x: Axis, y: Axis) -> tuple[Axis, Axis]:
    normal = (np.cos(np.radians(30)), np.sin(np.radians(30)))
    beyond = np.maximum((x - 66) * normal[0] + (y - 48) * normal[1], 0)
    return x - 2 * beyond * normal[0], y - 2 * beyond * normal[1]


def mirror() -> Picture:
    """Within the layer's own edges."""
    inside = placed(np.ones((48, 64, 4)), centred(), SIZE)[..., 3:]
    return over(black(), read(alone(), *mirrored(*grid())) * inside)


effect("Mirror", "mirror", {"mirror": {"center": value(34, 24), "angle": value(30)}}, mirror)
PIN = [(-10.0, 4.0), (70.0, -8.0), (58.0, 50.0), (6.0, 40.0)]


def pinned() -> Picture:
    """The homography from the layer's corners to the pins, by solving for its eight numbers."""
    rows = []
    for (x, y), (u, v) in zip([(0, 0), (64, 0), (64, 48), (0, 48)], PIN, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    numbers = np.linalg.solve(np.array(rows, float), np.array(PIN).ravel())
    return shown(centred() @ np.append(numbers, 1).reshape(3, 3))


effect(
    "Corner Pin",
    "corner-pin",
    {
        "cornerPin": {
            "upperLeft": value(*PIN[0]),
            "upperRight": value(*PIN[1]),
            "lowerRight": value(*PIN[2]),
            "lowerLeft": value(*PIN[3]),
        }
    },
    pinned,
)
effect(
    "Wave Warp",
    "wave-warp",
    {"waveWarp": {"height": value(5), "width": value(30), "phase": value(90)}},
    partial(moved, lambda x, y: (x, y + 5 * np.sin(2 * np.pi * ((x - 32) / 30 - 0.25)))),
    differs="sine waves only",
)


def twirled(x: Axis, y: Axis) -> tuple[Axis, Axis]:
    u, v = x - 62, y - 50
    angle = -np.radians(120) * np.maximum(1 - np.hypot(u, v) / 22, 0) ** 2
    return 62 + u * np.cos(angle) - v * np.sin(angle), 50 + u * np.sin(angle) + v * np.cos(angle)


effect(
    "Twirl",
    "twirl",
    {"twirl": {"angle": value(120), "radius": value(22), "center": value(30, 26)}},
    partial(moved, twirled),
    differs="the law by which the turn falls off is our own",
)


def stroked() -> Picture:
    """The mask's path up to three quarters of its length, over the masked solid."""
    inside = area(SIZE, lambda x, y: (x > 30) & (x < 100) & (y > 20) & (y < 76))
    part = np.array([(30, 20), (100, 20), (100, 76), (37, 76)], float)
    line = area(SIZE, near(part, 3))
    return over(over(black(), flat(inside, (20, 60, 160))), flat(line * 0.9, (255, 230, 90)))


case(
    GROUP,
    "Stroke along a mask",
    "effect-stroke",
    [
        solid(
            "a",
            (20, 60, 160),
            masks=[{"name": "m", "path": {"value": bezier_path([(30, 20), (100, 20), (100, 76), (30, 76)])}}],
            effects=[
                {
                    "stroke": {
                        "mask": "m",
                        "color": color(255, 230, 90),
                        "brushSize": value(6),
                        "opacity": value(90),
                        "end": value(75),
                    }
                }
            ],
        )
    ],
    stroked,
)
case(
    GROUP,
    "On adjustment layers",
    "effect-on-adjustment",
    [
        {
            "name": "look",
            "adjustment": {},
            "effects": [{"directionalBlur": {"direction": value(60), "length": value(12)}}],
        },
        layer("a"),
    ],
    partial(smeared, along),
)


def chained() -> Picture:
    picture = np.roll(premultiplied(), (-7, 13), axis=(0, 1))
    inverted = np.concatenate([picture[..., 3:] - picture[..., :3], picture[..., 3:]], axis=-1)
    return over(black(), soft(placed(inverted, centred(), SIZE), 2))


case(
    GROUP,
    "Several, after each other",
    "effects-in-order",
    [
        layer(
            "a",
            effects=[
                {"offset": {"shiftCenterTo": value(45, 17)}},
                {"invert": {}},
                {"gaussianBlur": {"radiusPx": value(2)}},
            ],
        )
    ],
    chained,
)


def echoed(operator: str) -> Picture:
    """A square that rises by three pixels a frame, with three of its past."""
    picture = np.zeros((SIZE[1], SIZE[0], 4))
    for index in range(4):
        level = 0.9 * 0.6**index
        square = area(SIZE, lambda x, y, at=60 - 3 * (10 - 3 * index): (abs(x - 64) <= 8) & (abs(y - at) <= 8))
        one = flat(square, (200, 120, 60)) * level
        if operator == "MAXIMUM":
            picture = np.maximum(picture, one)
        elif operator == "COMPOSITE_IN_BACK":
            picture = over(one, picture)
        else:
            picture = np.minimum(picture + one, 1)
    return over(black(), picture)


RISING = {
    "id": "inner",
    "width": 128,
    "height": 96,
    "frames": 24,
    "layers": [solid("square", (200, 120, 60), 16, 16, transform={"position": keys((0, [64, 60]), (20, [64, 0]))})],
}
for operator in ("ADD", "MAXIMUM", "COMPOSITE_IN_BACK"):
    case(
        TIME,
        f"Echo, {operator.lower().replace('_', ' ')}",
        f"effect-echo-{operator.lower().replace('_', '-')}",
        [
            {
                "name": "p",
                "precomp": {"composition": "inner"},
                "effects": [
                    {
                        "echo": {
                            "timeFrames": -3,
                            "echoes": 3,
                            "startingIntensity": 0.9,
                            "decay": 0.6,
                            "operator": f"ECHO_OPERATOR_{operator}",
                        }
                    }
                ],
            }
        ],
        partial(echoed, operator),
        frame=10,
        more={"compositions": [RISING]},
    )


def soft_echoes() -> Picture:
    """Blurred squares of now and six frames ago, which do not meet."""
    squares = np.zeros((SIZE[1], SIZE[0], 4))
    for at, level in ((30, 1.0), (48, 0.5)):
        square = area(SIZE, lambda x, y, at=at: (abs(x - 64) <= 8) & (abs(y - at) <= 8))
        squares += flat(square, (200, 120, 60)) * level
    return over(black(), soft(squares, 1.5))


case(
    TIME,
    "Echo after other effects",
    "effect-echo-after-blur",
    [
        {
            "name": "p",
            "precomp": {"composition": "inner"},
            "effects": [
                {"gaussianBlur": {"radiusPx": value(1.5)}},
                {"echo": {"timeFrames": -6, "echoes": 1, "decay": 0.5}},
            ],
        }
    ],
    soft_echoes,
    frame=10,
    more={"compositions": [RISING]},
)
