"""Transforms, time and parenting."""

from __future__ import annotations

import numpy as np

from tests.compositor.conformance.case import (
    about,
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
from tests.compositor.conformance.raster import Picture, area, ease, flat, over, placed

GROUP = "Transforms and keyframes"

EASE = {"ease_out": {"x": 0.7, "y": 0}, "ease_in": {"x": 0.2, "y": 1}}
SHARE = ease(0.7, 0, 0.2, 1, 10 / 24)


def parented() -> Picture:
    """A child of a child of a null."""
    null = move(50, 40) @ turn(25)
    child = null @ move(6, 4) @ grow(0.8) @ move(-20, -15)
    grandchild = child @ move(40, 10) @ turn(10) @ move(-32, -24)
    grey = np.ones((30, 40, 4)) * [90 / 255, 90 / 255, 90 / 255, 1]
    picture = over(black(), placed(grey, child, (128, 96)))
    return over(picture, placed(premultiplied(), grandchild, (128, 96)))


case(
    GROUP,
    "Solid layers",
    "solid",
    [solid("a", (200, 40, 30), 50, 30)],
    lambda: over(black(), flat(area((128, 96), lambda x, y: (abs(x - 64) < 25) & (abs(y - 48) < 15)), (200, 40, 30))),
)
case(GROUP, "Image layers with straight alpha", "image", [layer("a")], lambda: shown(centred()))
case(
    GROUP,
    "Background colour",
    "background",
    [layer("a")],
    lambda: over(flat(np.ones((96, 128)), (40, 90, 160)), placed(premultiplied(), centred(), (128, 96))),
    more={"background": color(40, 90, 160)},
)
case(
    GROUP,
    "Position",
    "position",
    [layer("a", transform={"position": value(50.5, 40.25)})],
    lambda: shown(about(np.eye(3), 50.5, 40.25)),
)
case(
    GROUP,
    "Anchor point",
    "anchor-point",
    [layer("a", transform={"anchorPoint": value(10, 8), "rotation": value(20)})],
    lambda: shown(move(64, 48) @ turn(20) @ move(-10, -8)),
)
case(
    GROUP,
    "Scale, per axis",
    "scale",
    [layer("a", transform={"scale": value(160, 70)})],
    lambda: shown(about(grow(1.6, 0.7))),
)
case(
    GROUP,
    "Scale, negative",
    "scale-negative",
    [layer("a", transform={"scale": value(-100, 100)})],
    lambda: shown(about(grow(-1, 1))),
)
case(GROUP, "Rotation", "rotation", [layer("a", transform={"rotation": value(33)})], lambda: shown(about(turn(33))))
case(
    GROUP, "Opacity", "opacity", [layer("a", transform={"opacity": value(35)})], lambda: shown(centred(), opacity=0.35)
)
case(
    GROUP,
    "Linear keyframes",
    "keyframes-linear",
    [layer("a", transform={"rotation": keys((0, [0]), (24, [90]))})],
    lambda: shown(about(turn(37.5))),
    frame=10,
)
case(
    GROUP,
    "Temporal bezier eases",
    "keyframes-eased",
    [layer("a", transform={"position": keys((0, [20, 30]), (24, [100, 70]), **EASE)})],
    lambda: shown(about(np.eye(3), 20 + 80 * SHARE, 30 + 40 * SHARE)),
    frame=10,
)
case(
    GROUP,
    "Eases per dimension",
    "keyframes-eased-per-axis",
    [
        layer(
            "a",
            transform={
                "scale": keys(
                    (0, [50, 50]),
                    (24, [150, 150]),
                    ease_out_axes=[{"x": 0.7, "y": 0}, {"x": 0.1, "y": 0.9}],
                    ease_in_axes=[{"x": 0.2, "y": 1}, {"x": 0.5, "y": 1}],
                )
            },
        )
    ],
    lambda: shown(about(grow(0.5 + SHARE, 0.5 + ease(0.1, 0.9, 0.5, 1, 10 / 24)))),
    frame=10,
)
case(
    GROUP,
    "Hold keyframes",
    "keyframes-hold",
    [layer("a", transform={"rotation": keys((0, [15]), (12, [60]), hold=True)})],
    lambda: shown(about(turn(15))),
    frame=11,
)
case(
    GROUP,
    "Separated dimensions",
    "separated-dimensions",
    [
        layer(
            "a", transform={"positionX": keys((0, [20]), (24, [100])), "positionY": keys((0, [30]), (24, [70]), **EASE)}
        )
    ],
    lambda: shown(about(np.eye(3), 20 + 80 * 10 / 24, 30 + 40 * SHARE)),
    frame=10,
)


def path() -> tuple[np.ndarray, np.ndarray]:
    """The path of the spatial cases as fine points, and the length up to each."""
    t = np.linspace(0, 1, 20_001)[:, None]
    a, b, c, d = (np.array(point, float) for point in ((20, 80), (20, 0), (100, -20), (100, 70)))
    points = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return points, lengths


def on_path(share: float, auto: bool = False) -> Picture:
    """The chart at a share of the path's length, turned along it if wanted."""
    points, lengths = path()
    index = int(np.searchsorted(lengths, share * lengths[-1]))
    x, y = points[index]
    way = points[index + 1] - points[index - 1]
    angle = np.degrees(np.arctan2(way[1], way[0])) if auto else 0
    return shown(about(turn(angle) @ grow(0.5), x, y))


SPATIAL = keys((0, [20, 80]), (24, [100, 70]), spatial_out=[0, -80], spatial_in=[0, -90])
case(
    GROUP,
    "Spatial tangents, by length of the path",
    "spatial-tangents",
    [layer("a", transform={"position": SPATIAL, "scale": value(50)})],
    lambda: on_path(9 / 24),
    frame=9,
)
case(
    GROUP,
    "Auto-orient along path",
    "auto-orient-path",
    [layer("a", autoOrient="AUTO_ORIENT_ALONG_PATH", transform={"position": SPATIAL, "scale": value(50)})],
    lambda: on_path(9 / 24, auto=True),
    frame=9,
)
case(
    GROUP,
    "Parenting",
    "parenting",
    [
        layer("a", parent="b", transform={"position": value(40, 10), "rotation": value(10)}),
        solid("b", (90, 90, 90), 40, 30, parent="c", transform={"position": value(6, 4), "scale": value(80)}),
        {"name": "c", "null": {}, "transform": {"position": value(50, 40), "rotation": value(25)}},
    ],
    parented,
)


case(
    GROUP,
    "In and out points",
    "in-out",
    [solid("a", (255, 0, 0), inFrame=5, outFrame=6), layer("b")],
    lambda: shown(centred()),
    frame=6,
)
case(
    GROUP,
    "Minified images",
    "image-minified",
    [layer("a", transform={"scale": value(25)})],
    lambda: over(black(), placed(premultiplied(), about(grow(0.25)), (128, 96), mean=True)),
)

BLUR = "Motion blur"


def blurred(angle: float, phase: float, at: str, samples: int = 32) -> Picture:
    """The mean of many moments while the shutter is open."""
    sums = np.zeros((96, 128, 4))
    for index in range(samples):
        frame = 12 + (phase + angle * (index + 0.5) / samples) / 360
        matrix = about(np.eye(3), 20 + 10 * (frame - 8), 48) if at == "move" else about(turn(frame * 40))
        sums += placed(premultiplied(), matrix, (128, 96)) / samples
    return over(black(), sums)


SLIDE = keys((0, [-60, 48]), (24, [180, 48]))
SPIN = keys((0, [0]), (24, [960]))
case(
    BLUR,
    "Of a position",
    "motion-blur-position",
    [layer("a", motionBlur=True, transform={"position": SLIDE})],
    lambda: blurred(180, -90, "move"),
    frame=12,
    more={"motionBlur": {"samples": 32}},
)
case(
    BLUR,
    "Of a rotation",
    "motion-blur-rotation",
    [layer("a", motionBlur=True, transform={"rotation": SPIN})],
    lambda: blurred(180, -90, "turn"),
    frame=12,
    more={"motionBlur": {"samples": 32}},
)
case(
    BLUR,
    "Shutter angle and phase",
    "motion-blur-shutter",
    [layer("a", motionBlur=True, transform={"position": SLIDE})],
    lambda: blurred(360, 0, "move"),
    frame=12,
    more={"motionBlur": {"shutterAngleDeg": 360, "shutterPhaseDeg": 0, "samples": 32}},
)
