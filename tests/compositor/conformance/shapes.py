"""Shape layers against areas that are told by formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compositor.conformance.case import SIZE, black, case, color, keys, value
from tests.compositor.conformance.raster import (
    Picture,
    Points,
    area,
    averaged,
    bezier,
    flat,
    near,
    over,
    places,
    polygon,
)
from tests.compositor.material import Json

GROUP = "Shapes"
INK = (240, 170, 40)


def shapes(*items: Json, **more: Any) -> list[Json]:
    """A shape layer, its origin in the middle of the composition."""
    return [{"name": "s", "shapes": {"items": list(items)}, **more}]


def fill(**more: Any) -> Json:
    return {"fill": {"color": color(*INK), **more}}


def stroke(width: float, **more: Any) -> Json:
    return {"stroke": {"color": color(*INK), "width": value(width), **more}}


def path(vertices: Points, arriving: Points | None = None, leaving: Points | None = None, closed: bool = True) -> Json:
    """A path item."""
    made: dict[str, Any] = {"vertices": [part for point in vertices for part in point], "closed": closed}
    if arriving and leaving:
        made["inTangents"] = [part for point in arriving for part in point]
        made["outTangents"] = [part for point in leaving for part in point]
    return {"path": {"path": {"value": made}}}


def inked(coverage: NDArray[np.float64], rgb: tuple[float, float, float] = INK) -> Picture:
    return over(black(), flat(coverage, rgb))


def within(points: NDArray[np.float64] | Points, rule: str = "nonzero") -> NDArray[np.float64]:
    """Coverage of a polygon around the middle."""
    return area(SIZE, polygon(np.add(points, (64, 48)), rule))


def along(points: NDArray[np.float64] | Points, width: float, closed: bool = False) -> NDArray[np.float64]:
    """Coverage of a line with round ends."""
    return area(SIZE, near(np.add(points, (64, 48)), width / 2, closed))


def rounded_box(x: Any, y: Any, w: float, h: float, r: float) -> Any:
    """Whether places lie in a rectangle with round corners, around the origin."""
    dx, dy = np.maximum(abs(x) - (w / 2 - r), 0), np.maximum(abs(y) - (h / 2 - r), 0)
    return np.hypot(dx, dy) <= r


def corners(count: int, radius: float, angle: float = 0, inner: float | None = None) -> NDArray[np.float64]:
    """A polygon's or a star's corners; at angle 0 one points up."""
    total = count if inner is None else 2 * count
    turns = np.radians(angle - 90 + 360 / total * np.arange(total))
    radii = np.full(total, radius) if inner is None else np.where(np.arange(total) % 2, inner, radius)
    return np.column_stack([radii * np.cos(turns), radii * np.sin(turns)])


def inked_ramp() -> Picture:
    x, y = places(SIZE)
    grey = np.clip((x - 14) / 100, 0, 1) * ((abs(x - 64) <= 50) & (abs(y - 48) <= 15))
    return over(black(), averaged(np.stack([grey, grey, grey, (grey > 0).astype(float)], axis=-1)))


def repeated() -> Picture:
    picture = black()
    for copy in range(5):
        ball = area(SIZE, lambda x, y, at=20 + 22 * copy: np.hypot(x - at, y - 48) <= 8)
        picture = over(picture, flat(ball, INK) * (1 - 0.2 * copy))
    return picture


RECTANGLE: Json = {"rectangle": {"size": value(70, 40), "position": value(-5, 8)}}
CURVE: tuple[Points, Points, Points] = (
    [(-40, 20), (0, -30), (40, 25)],
    [(0, 0), (-25, 0), (-10, -30)],
    [(5, -30), (25, 0), (0, 0)],
)

case(
    GROUP,
    "Rectangle, fill",
    "shape-rectangle",
    shapes(RECTANGLE, fill()),
    lambda: inked(area(SIZE, lambda x, y: (abs(x - 59) <= 35) & (abs(y - 56) <= 20))),
)
case(
    GROUP,
    "Rectangle, roundness",
    "shape-rounded",
    shapes({"rectangle": {"size": value(70, 50), "roundness": value(14)}}, fill()),
    lambda: inked(area(SIZE, lambda x, y: rounded_box(x - 64, y - 48, 70, 50, 14))),
)
case(
    GROUP,
    "Ellipse",
    "shape-ellipse",
    shapes({"ellipse": {"size": value(90, 50), "position": value(6, -4)}}, fill()),
    lambda: inked(area(SIZE, lambda x, y: ((x - 70) / 45) ** 2 + ((y - 44) / 25) ** 2 <= 1)),
)
case(
    GROUP,
    "Polygon",
    "shape-polygon",
    shapes({"star": {"points": value(5), "outerRadius": value(40), "rotation": value(10)}}, fill()),
    lambda: inked(within(corners(5, 40, 10))),
)
case(
    GROUP,
    "Star",
    "shape-star",
    shapes({"star": {"points": value(6), "outerRadius": value(42), "innerRadius": value(18)}}, fill()),
    lambda: inked(within(corners(6, 42, 0, 18))),
)
case(GROUP, "Path", "shape-path", shapes(path(*CURVE), fill()), lambda: inked(within(bezier(*CURVE))))
case(
    GROUP,
    "Path, animated",
    "shape-path-animated",
    shapes(
        {
            "path": {
                "path": {
                    "keyframes": [
                        {"frame": 0, "value": {"vertices": [-40, -30, 30, -30, 0, 30], "closed": True}},
                        {"frame": 20, "value": {"vertices": [-20, -10, 50, -40, 40, 40], "closed": True}},
                    ]
                }
            }
        },
        fill(),
    ),
    lambda: inked(within([(-30, -20), (40, -35), (20, 35)])),
    frame=10,
)
STAR = corners(5, 42)[[0, 2, 4, 1, 3]]
case(
    GROUP,
    "Fill rule: non-zero",
    "shape-non-zero",
    shapes(path([(x, y) for x, y in STAR.tolist()]), fill()),
    lambda: inked(within(STAR)),
)
case(
    GROUP,
    "Fill rule: even-odd",
    "shape-even-odd",
    shapes(path([(x, y) for x, y in STAR.tolist()]), fill(rule="FILL_RULE_EVEN_ODD")),
    lambda: inked(within(STAR, "evenodd")),
)
case(
    GROUP,
    "Fill opacity, two paints",
    "shape-opacity",
    shapes(
        {"ellipse": {"size": value(60, 60)}},
        {"fill": {"color": color(20, 90, 240), "opacity": value(50)}},
        {"rectangle": {"size": value(90, 30)}},
        fill(),
    ),
    lambda: over(
        over(
            black(),
            flat(
                area(SIZE, lambda x, y: (np.hypot(x - 64, y - 48) <= 30) | ((abs(x - 64) <= 45) & (abs(y - 48) <= 15))),
                INK,
            ),
        ),
        flat(area(SIZE, lambda x, y: np.hypot(x - 64, y - 48) <= 30), (20, 90, 240)) * 0.5,
    ),
)
case(
    GROUP,
    "Animated colour",
    "shape-animated-colour",
    shapes(RECTANGLE, {"fill": {"animatedColor": keys((0, [1, 0, 0]), (10, [0, 0, 1]))}}),
    lambda: inked(area(SIZE, lambda x, y: (abs(x - 59) <= 35) & (abs(y - 56) <= 20)), (153, 0, 102)),
    frame=4,
)
case(
    GROUP,
    "Stroke, round caps and joins",
    "shape-stroke-round",
    shapes(
        path([(-40, 25), (-10, -25), (15, 20), (42, -20)], closed=False),
        stroke(12, cap="LINE_CAP_ROUND", join="LINE_JOIN_ROUND"),
    ),
    lambda: inked(along([(-40, 25), (-10, -25), (15, 20), (42, -20)], 12)),
)
case(
    GROUP,
    "Stroke, butt caps",
    "shape-stroke-butt",
    shapes(path([(-40, 0), (40, 0)], closed=False), stroke(14)),
    lambda: inked(area(SIZE, lambda x, y: (abs(x - 64) <= 40) & (abs(y - 48) <= 7))),
)
case(
    GROUP,
    "Stroke, square caps",
    "shape-stroke-square",
    shapes(path([(-40, 0), (40, 0)], closed=False), stroke(14, cap="LINE_CAP_SQUARE")),
    lambda: inked(area(SIZE, lambda x, y: (abs(x - 64) <= 47) & (abs(y - 48) <= 7))),
)
case(
    GROUP,
    "Stroke, miter joins",
    "shape-stroke-miter",
    shapes(RECTANGLE, stroke(10)),
    lambda: inked(
        area(SIZE, lambda x, y: (abs(x - 59) <= 40) & (abs(y - 56) <= 25) & ~((abs(x - 59) < 30) & (abs(y - 56) < 15)))
    ),
)
case(
    GROUP,
    "Stroke, bevel joins",
    "shape-stroke-bevel",
    shapes({"rectangle": {"size": value(70, 50)}}, stroke(16, join="LINE_JOIN_BEVEL")),
    lambda: inked(
        area(
            SIZE,
            lambda x, y: (
                (abs(x - 64) <= 43)
                & (abs(y - 48) <= 33)
                & (abs(x - 64) + abs(y - 48) <= 35 + 25 + 8)
                & ~((abs(x - 64) < 27) & (abs(y - 48) < 17))
            ),
        )
    ),
)
case(
    GROUP,
    "Dashes and offset",
    "shape-dashes",
    shapes(path([(-50, 0), (50, 0)], closed=False), stroke(12, dashes=[value(20), value(10)], dashOffset=value(5))),
    lambda: inked(area(SIZE, lambda x, y: (abs(y - 48) <= 6) & (abs(x - 64) <= 50) & ((x - 14 + 5) % 30 < 20))),
)
case(
    GROUP,
    "Stroke of a scaled group",
    "shape-stroke-scaled",
    shapes(
        {"group": {"items": [{"ellipse": {"size": value(30, 30)}}, stroke(6)], "transform": {"scale": value(250, 100)}}}
    ),
    lambda: inked(area(SIZE, lambda x, y: abs(np.hypot((x - 64) / 2.5, y - 48) - 15) <= 3)),
)


def ramp(radial: bool) -> Picture:
    """Three stops, the last half transparent."""
    x, y = places(SIZE)
    t = np.hypot(x - 64, y - 48) / 40 if radial else (x - 24) / 80
    stops = np.array([[255, 0, 0, 1], [0, 255, 0, 1], [0, 0, 255, 0.5]], float) / [255, 255, 255, 1]
    straight = np.stack([np.interp(t, [0, 0.4, 1], stops[:, part]) for part in range(4)], axis=-1)
    inside = (abs(x - 64) <= 50) & (abs(y - 48) <= 40)
    straight[..., :3] *= straight[..., 3:]
    return over(black(), averaged(straight * inside[..., None]))


STOPS = [
    {"offset": 0, "color": color(255, 0, 0)},
    {"offset": 0.4, "color": color(0, 255, 0)},
    {"offset": 1, "color": color(0, 0, 255), "opacity": 50},
]
for kind in ("LINEAR", "RADIAL"):
    gradient = {
        "kind": f"GRADIENT_KIND_{kind}",
        "stops": STOPS,
        "start": value(*((0, 0) if kind == "RADIAL" else (-40, 0))),
        "end": value(40, 0),
    }
    case(
        GROUP,
        f"Gradient fill, {kind.lower()}",
        f"shape-gradient-{kind.lower()}",
        shapes({"rectangle": {"size": value(100, 80)}}, {"fill": {"gradient": gradient}}),
        partial(ramp, kind == "RADIAL"),
    )
case(
    GROUP,
    "Gradient stroke",
    "shape-gradient-stroke",
    shapes(
        path([(-50, 0), (50, 0)], closed=False),
        {
            "stroke": {
                "width": value(30),
                "gradient": {
                    "kind": "GRADIENT_KIND_LINEAR",
                    "start": value(-50, 0),
                    "end": value(50, 0),
                    "stops": [{"offset": 0, "color": color(0, 0, 0)}, {"offset": 1, "color": color(255, 255, 255)}],
                },
            }
        },
    ),
    inked_ramp,
)


SQUARE = np.array([(30, -30), (30, 30), (-30, 30), (-30, -30)], float)
case(
    GROUP,
    "Trim paths",
    "shape-trim",
    shapes(
        {"rectangle": {"size": value(60, 60)}},
        stroke(8, join="LINE_JOIN_ROUND", cap="LINE_CAP_ROUND"),
        {"trim": {"start": value(10), "end": value(60)}},
    ),
    lambda: inked(along([(30, -6), (30, 30), (-30, 30), (-30, 6)], 8)),
)
case(
    GROUP,
    "Trim paths, offset over the beginning",
    "shape-trim-offset",
    shapes(
        {"rectangle": {"size": value(60, 60)}},
        stroke(8, join="LINE_JOIN_ROUND", cap="LINE_CAP_ROUND"),
        {"trim": {"start": value(0), "end": value(50), "offset": value(270)}},
    ),
    lambda: inked(along([(-30, -30), (30, -30), (30, 30)], 8)),
)
case(
    GROUP,
    "Trim paths, one after another",
    "shape-trim-individually",
    shapes(
        path([(-50, -20), (50, -20)], closed=False),
        path([(-50, 20), (50, 20)], closed=False),
        stroke(10),
        {"trim": {"end": value(75), "individually": True}},
    ),
    lambda: inked(
        area(
            SIZE, lambda x, y: ((abs(y - 28) <= 5) & (abs(x - 64) <= 50)) | ((abs(y - 68) <= 5) & (x >= 14) & (x <= 64))
        )
    ),
)
case(
    GROUP,
    "Repeater",
    "shape-repeater",
    shapes(
        {"ellipse": {"size": value(16, 16), "position": value(-44, 0)}},
        fill(),
        {
            "repeater": {
                "copies": value(5),
                "transform": {"position": value(22, 0)},
                "startOpacity": value(100),
                "endOpacity": value(20),
            }
        },
    ),
    repeated,
)


case(
    GROUP,
    "Repeater, rotation and scale",
    "shape-repeater-turned",
    shapes(
        {"rectangle": {"size": value(10, 24), "position": value(0, -28)}},
        fill(),
        {"repeater": {"copies": value(6), "transform": {"rotation": value(60), "scale": value(90, 90)}}},
    ),
    lambda: inked(area(SIZE, petals)),
)


def petals(x: Any, y: Any) -> Any:
    found = np.zeros(x.shape, bool)
    for copy in range(6):
        angle, size = np.radians(60 * copy), 0.9**copy
        u = ((x - 64) * np.cos(angle) + (y - 48) * np.sin(angle)) / size
        v = (-(x - 64) * np.sin(angle) + (y - 48) * np.cos(angle)) / size
        found |= (abs(u) <= 5) & (abs(v + 28) <= 12)
    return found


case(
    GROUP,
    "Round corners",
    "shape-round-corners",
    shapes(path([(-40, -30), (40, -30), (40, 30), (-40, 30)]), {"roundCorners": {"radius": value(15)}}, fill()),
    lambda: inked(area(SIZE, lambda x, y: rounded_box(x - 64, y - 48, 80, 60, 15))),
)


def puckered(percent: float) -> NDArray[np.float64]:
    """A square whose corners go towards the middle and whose handles go away from it."""
    share = percent / 100
    ends = SQUARE * (1 - share)
    pieces = []
    for index in range(4):
        a, d = SQUARE[index], SQUARE[(index + 1) % 4]
        b, c = (a + (d - a) / 3) * (1 + share), (a + (d - a) * 2 / 3) * (1 + share)
        t = np.linspace(0, 1, 40, endpoint=False)[:, None]
        a, d = ends[index], ends[(index + 1) % 4]
        pieces.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.vstack(pieces)


def squeezed(amount: float) -> Picture:
    return inked(within(puckered(amount)))


for amount, title in ((35, "Bloat"), (-35, "Pucker")):
    case(
        GROUP,
        f"Pucker & Bloat: {title.lower()}",
        f"shape-{title.lower()}",
        shapes({"rectangle": {"size": value(60, 60)}}, {"puckerBloat": {"amount": value(amount)}}, fill()),
        partial(squeezed, amount),
    )
case(
    GROUP,
    "Zig zag",
    "shape-zig-zag",
    shapes(
        path([(-48, 0), (48, 0)], closed=False),
        {"zigZag": {"size": value(10), "ridges": value(5)}},
        stroke(5, join="LINE_JOIN_ROUND", cap="LINE_CAP_ROUND"),
    ),
    lambda: inked(along([(-48 + 16 * step, 10 * (-1 if step % 2 == 0 else 1)) for step in range(6)] + [(48, 0)], 5)),
    differs="the last tip of an open path stays on the path",
)


def twisted(degrees: float) -> NDArray[np.float64]:
    points = np.vstack(
        [np.linspace(a, b, 60, endpoint=False) for a, b in zip(SQUARE, np.roll(SQUARE, -1, axis=0), strict=True)]
    )
    angle = (1 - np.hypot(*points.T) / np.hypot(30, 30)) * np.radians(degrees)
    x, y = points.T
    return np.column_stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)])


case(
    GROUP,
    "Twist",
    "shape-twist",
    shapes({"rectangle": {"size": value(60, 60)}}, {"twist": {"angle": value(60)}}, fill()),
    lambda: inked(within(twisted(60))),
    differs="the law by which the turn falls off is our own",
)
case(
    GROUP,
    "Offset paths, outwards",
    "shape-offset",
    shapes(path(*CURVE), {"offset": {"amount": value(7), "join": "LINE_JOIN_ROUND"}}, fill()),
    lambda: inked(np.maximum(within(bezier(*CURVE)), along(bezier(*CURVE, steps=10), 14, closed=True))),
)
case(
    GROUP,
    "Offset paths, inwards",
    "shape-inset",
    shapes(RECTANGLE, {"offset": {"amount": value(-8)}}, fill()),
    lambda: inked(area(SIZE, lambda x, y: (abs(x - 59) <= 27) & (abs(y - 56) <= 12))),
)


def disc(x: float) -> Any:
    return lambda u, v: np.hypot(u - x, v - 48) <= 28


def merged(rule: Callable[[Any, Any], Any]) -> Picture:
    return inked(area(SIZE, lambda x, y: rule(disc(50)(x, y), disc(78)(x, y))))


MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "ADD": lambda a, b: a | b,
    "SUBTRACT": lambda a, b: a & ~b,
    "INTERSECT": lambda a, b: a & b,
    "EXCLUDE": lambda a, b: a ^ b,
}
for mode, rule in MERGES.items():
    case(
        GROUP,
        f"Merge paths: {mode.lower()}",
        f"shape-merge-{mode.lower()}",
        shapes(
            {"ellipse": {"size": value(56, 56), "position": value(-14, 0)}},
            {"ellipse": {"size": value(56, 56), "position": value(14, 0)}},
            {"merge": {"mode": f"MERGE_MODE_{mode}"}},
            fill(),
        ),
        partial(merged, rule),
    )
case(
    GROUP,
    "Groups with transforms and opacity",
    "shape-group",
    shapes(
        {
            "group": {
                "items": [{"rectangle": {"size": value(40, 20)}}, fill()],
                "transform": {
                    "position": value(10, -5),
                    "rotation": value(30),
                    "skew": value(20),
                    "scale": value(150, 120),
                    "opacity": value(70),
                },
            }
        }
    ),
    lambda: over(black(), flat(area(SIZE, sheared), INK) * 0.7),
)


def sheared(x: Any, y: Any) -> Any:
    """A rectangle scaled, leaned to the left by 20 degrees, turned by 30."""
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    u, v = (x - 74) * c + (y - 43) * s, -(x - 74) * s + (y - 43) * c
    u = u + v * np.tan(np.radians(20))
    return (abs(u / 1.5) <= 20) & (abs(v / 1.2) <= 10)
