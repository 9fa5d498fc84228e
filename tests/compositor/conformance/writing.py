"""Text and its animators, and colour spaces.

Letters are the browser's; what is reckoned here is where they go: an animated text is held against plain ones.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from tests.compositor.conformance.case import (
    SIZE,
    black,
    case,
    centred,
    color,
    layer,
    premultiplied,
    shown,
    solid,
    value,
)
from tests.compositor.conformance.colour_effects import decoded, encoded
from tests.compositor.conformance.raster import Picture, flat, over, placed
from tests.compositor.material import Json

GROUP = "Text"
COLOUR = "Colour spaces"

CREAM = color(250, 240, 200)
LEFT = {"anchorPoint": value(0, 0)}


def text(written: str, x: float = 14, y: float = 30, **more: Any) -> Json:
    """Point text that begins at a place: equal words have equal places."""
    transform = LEFT | {"position": value(x, y)} | more.pop("transform", {})
    return {
        "name": more.pop("name", "t"),
        "text": {"text": written, "sizePx": 28, "fill": CREAM, **more},
        "transform": transform,
    }


def animated(written: str, *animators: Json, **more: Any) -> list[Json]:
    return [text(written, animators=list(animators), **more)]


def selected(**more: Any) -> list[Json]:
    return [more]


case(
    GROUP,
    "Size and scale agree",
    "text-scale",
    [text("Ab3", transform={"scale": value(200)}, sizePx=14)],
    [text("Ab3")],
)
case(
    GROUP,
    "Justification, right",
    "text-right",
    [text("Hop\nHo", justification="JUSTIFICATION_RIGHT", boxWidthPx=100, leadingPx=30)],
    [
        text("Hop", name="a", justification="JUSTIFICATION_RIGHT", boxWidthPx=100),
        text("Ho", y=60, name="b", justification="JUSTIFICATION_RIGHT", boxWidthPx=100),
    ],
)
case(
    GROUP, "Leading", "text-leading", [text("Up\nOn", leadingPx=36)], [text("Up", name="a"), text("On", y=66, name="b")]
)
case(
    GROUP,
    "Paragraph text, broken at the box",
    "text-box",
    [text("to be or not", boxWidthPx=100, sizePx=24, leadingPx=26)],
    [text("to be or\nnot", boxWidthPx=100, sizePx=24, leadingPx=26)],
)
case(GROUP, "All caps", "text-all-caps", [text("straße", allCaps=True, sizePx=22)], [text("STRASSE", sizePx=22)])
case(
    GROUP,
    "Animator without selectors",
    "text-position",
    animated("Hello", {"position": value(10, -12)}),
    [text("Hello", x=24, y=18)],
)
case(
    GROUP,
    "Opacity",
    "text-opacity",
    animated("Hello", {"opacity": value(40)}),
    [text("Hello", transform={"opacity": value(40)})],
)
case(
    GROUP,
    "Fill",
    "text-fill",
    animated("Hello", {"fill": value(0.2, 0.6, 1)}),
    [text("Hello", fill=color(51, 153, 255))],
)
case(
    GROUP,
    "Scale and rotation about the letter's foot",
    "text-rotation",
    animated("M", {"rotation": value(40), "scale": value(150, 80)}),
    [
        text(
            "M",
            transform={
                "anchorPoint": value(13.3, 23.8),
                "position": value(27.3, 53.8),
                "rotation": value(40),
                "scale": value(150, 80),
            },
        )
    ],
)
case(
    GROUP,
    "Range by characters, typing on",
    "text-typing",
    animated("Hello", {"opacity": value(0), "selectors": selected(start=value(60), end=value(100))}),
    [text("Hel")],
)
case(
    GROUP,
    "Range in counted parts, with offset",
    "text-counted",
    animated("Hello", {"opacity": value(0), "selectors": selected(counts=True, start=value(0), offset=value(3))}),
    [text("Hel")],
)
case(
    GROUP,
    "Range by words",
    "text-words",
    animated(
        "go on up",
        {"opacity": value(0), "selectors": selected(start=value(100 / 3), end=value(100), basedOn="TEXT_PART_WORDS")},
        sizePx=22,
    ),
    [text("go", sizePx=22)],
)
case(
    GROUP,
    "Range by lines",
    "text-lines",
    animated(
        "Up\nOn",
        {"position": value(40, 0), "selectors": selected(start=value(50), end=value(100), basedOn="TEXT_PART_LINES")},
        leadingPx=36,
    ),
    [text("Up", name="a"), text("On", x=54, y=66, name="b")],
)
case(
    GROUP,
    "Range by characters without spaces",
    "text-inked",
    animated(
        "a b c",
        {
            "opacity": value(0),
            "selectors": selected(
                start=value(2), end=value(3), counts=True, basedOn="TEXT_PART_CHARACTERS_WITHOUT_SPACES"
            ),
        },
    ),
    [text("a b")],
)


def row(shape: str, **more: Any) -> list[Json]:
    """Five equal letters under one selector."""
    return animated(
        "nnnnn",
        {"position": value(0, 30), "selectors": selected(shape=f"SELECTOR_SHAPE_{shape}", **more)},
        y=20,
        sizePx=20,
    )


SHAPES = {
    "SQUARE": [1.0] * 5,
    "RAMP_UP": [0.1, 0.3, 0.5, 0.7, 0.9],
    "RAMP_DOWN": [0.9, 0.7, 0.5, 0.3, 0.1],
    "TRIANGLE": [0.2, 0.6, 1.0, 0.6, 0.2],
    "ROUND": [float(np.sqrt(1 - (2 * t - 1) ** 2)) for t in (0.1, 0.3, 0.5, 0.7, 0.9)],
    "SMOOTH": [float((1 - np.cos(2 * np.pi * t)) / 2) for t in (0.1, 0.3, 0.5, 0.7, 0.9)],
}


def lifted(shape: str) -> list[Json]:
    """The same letters by five animators, each of which moves one letter by its own share."""
    return animated(
        "nnnnn",
        *(
            {
                "position": value(0, 30 * share),
                "selectors": selected(counts=True, start=value(index), end=value(index + 1)),
            }
            for index, share in enumerate(SHAPES[shape])
        ),
        y=20,
        sizePx=20,
    )


for shape in SHAPES:
    case(
        GROUP,
        f"Selector shape: {shape.lower().replace('_', ' ')}",
        f"text-shape-{shape.lower().replace('_', '-')}",
        row(shape),
        lifted(shape),
    )
case(GROUP, "Tracking", "text-tracking", animated("Hi", {"tracking": value(500)}), [text("Hi", tracking=500)])
case(
    GROUP,
    "Arabic words stay joined",
    "text-arabic",
    animated("سلام", {"opacity": value(50), "selectors": selected(start=value(0), end=value(100))}),
    [text("سلام", transform={"opacity": value(50)})],
)
case(
    GROUP,
    "Right to left, by words",
    "text-rtl-words",
    animated("שלום עולם", {"position": value(0, 20)}, sizePx=20),
    [text("שלום עולם", y=50, sizePx=20)],
)

SPACES = {
    "REC709": ("Rec. 709 (BT.1886)", lambda c: encoded(np.clip(c, 0, 1) ** 2.4)),
    "LINEAR_SRGB": ("Linear sRGB", encoded),
    "DISPLAY_P3": (
        "Display P3",
        lambda c: encoded(
            decoded(c)
            @ np.array(
                [[1.2249401, -0.2249404, 0.0], [-0.0420569, 1.0420571, 0.0], [-0.0196376, -0.0786361, 1.0982735]]
            ).T
        ),
    ),
}


def respaced(change: Any) -> Picture:
    picture = premultiplied().copy()
    alpha = np.maximum(picture[..., 3:], 1e-9)
    picture[..., :3] = change(picture[..., :3] / alpha) * picture[..., 3:]
    return shown(centred(), picture)


for space, (title, change) in SPACES.items():
    case(
        COLOUR,
        f"Layers in {title}",
        f"colour-{space.lower().replace('_', '-')}",
        [layer("a", colorSpace=f"COLOR_SPACE_{space}")],
        partial(respaced, change),
    )


def in_light(mix: Any) -> Picture:
    """A layer by 60 percent over a colour, mixed as light."""
    top = placed(premultiplied(), centred(), SIZE)
    straight = top[..., :3] / np.maximum(top[..., 3:], 1e-9)
    alpha = top[..., 3:] * 0.6
    below = decoded(np.array([200, 40, 30]) / 255)
    mixed: NDArray[np.float64] = encoded(mix(decoded(straight), below, alpha))
    return np.concatenate([mixed, np.ones((*mixed.shape[:2], 1))], axis=-1)


LINEAR = {"workingSpace": "WORKING_SPACE_LINEAR"}
UNDER = solid("b", (200, 40, 30))
case(
    COLOUR,
    "Linear working space: normal",
    "linear-normal",
    [layer("a", transform={"opacity": value(60)}), UNDER],
    lambda: in_light(lambda s, b, a: s * a + b * (1 - a)),
    more=LINEAR,
)
case(
    COLOUR,
    "Linear working space: add",
    "linear-add",
    [layer("a", blendMode="BLEND_MODE_ADD", transform={"opacity": value(60)}), UNDER],
    lambda: in_light(lambda s, b, a: s * a + b),
    more=LINEAR,
)
case(
    COLOUR,
    "Linear working space: multiply",
    "linear-multiply",
    [layer("a", blendMode="BLEND_MODE_MULTIPLY", transform={"opacity": value(60)}), UNDER],
    lambda: in_light(lambda s, b, a: b * (1 - a) + s * b * a),
    more=LINEAR,
)


def soft_edge() -> Picture:
    """A blur in linear light."""
    square = np.zeros((SIZE[1], SIZE[0]))
    square[28:68, 44:84] = 1
    light = gaussian_filter(square, 5, truncate=5)
    return over(black(), flat(encoded(light), (255, 255, 255)))


case(
    COLOUR,
    "Linear working space: effects",
    "linear-blur",
    [solid("a", (255, 255, 255), 40, 40, effects=[{"gaussianBlur": {"radiusPx": value(5)}}])],
    soft_edge,
    more=LINEAR,
)
