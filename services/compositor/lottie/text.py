"""Lottie's text layers as a shot's text: style, lines, animators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.compositor.lottie.values import Json, NotLottie, Reader, first, rgb, usual

ASCENT = 0.85
"""A baseline lies this share of an em below the top of a text's box in a shot."""

WIDTH = 0.62
"""Em a letter of fixed words is given room for, since the file says no widths of text without glyphs."""

JUSTIFICATIONS = {0: "JUSTIFICATION_LEFT", 1: "JUSTIFICATION_RIGHT", 2: "JUSTIFICATION_CENTER"}
SHARES = {0: 0.0, 1: 1.0, 2: 0.5}

WEIGHTS = {
    "thin": 100, "hairline": 100, "extralight": 200, "ultralight": 200, "light": 300, "regular": 400, "book": 400,
    "medium": 500, "semibold": 600, "demibold": 600, "bold": 700, "extrabold": 800, "heavy": 900, "black": 900,
}  # fmt: skip

MOVES: Mapping[str, tuple[str, int]] = {
    "a": ("anchor_point", 2),
    "p": ("position", 2),
    "s": ("scale", 2),
    "r": ("rotation", 1),
    "o": ("opacity", 1),
    "sk": ("skew", 1),
    "t": ("tracking", 1),
    "fc": ("fill", 3),
    "sc": ("stroke", 3),
    "sw": ("stroke_width", 1),
    "bl": ("blur", 1),
}
"""What an animator may change: the shot's name, and how many numbers of it a shot has."""

PARTS = {2: "TEXT_PART_CHARACTERS_WITHOUT_SPACES", 3: "TEXT_PART_WORDS", 4: "TEXT_PART_LINES"}
SHAPES = {
    2: "SELECTOR_SHAPE_RAMP_UP",
    3: "SELECTOR_SHAPE_RAMP_DOWN",
    4: "SELECTOR_SHAPE_TRIANGLE",
    5: "SELECTOR_SHAPE_ROUND",
    6: "SELECTOR_SHAPE_SMOOTH",
}


def text(
    reader: Reader, told: Json, fonts: Mapping[str, Json], fit_px: float = 0.0
) -> tuple[Json, tuple[float, float]]:
    """A text layer's text, and where the layer's origin lies in the shot's text box.

    Args:
        reader: Of the composition.
        told: Lottie's `t`.
        fonts: The file's fonts by name.
        fit_px: Greatest width of a fan's name; 0 lets the words decide.

    Raises:
        NotLottie: The layer has no words.
    """
    documents = told.get("d", {}).get("k", [])
    if not documents or not isinstance(documents[0].get("s"), dict):
        raise NotLottie("Text/Source Text: there is no text")
    if len(documents) > 1:
        reader.losses.add("lost", "Text/Source Text", "words and style cannot change in a shot; use a layer for each")
    style = documents[0]["s"]
    size = float(style.get("s", 20))
    words = str(style.get("t", "")).replace("\r\n", "\n").replace("\r", "\n").replace("\x03", "\n")
    justification = int(style.get("j", 0))
    if justification not in JUSTIFICATIONS:
        reader.losses.add("lost", "Text/Source Text", "justified paragraphs are set flush left")
    made: Json = {"text": words, "size_px": size, "weight": _weight(reader, style, fonts)}
    made["justification"] = JUSTIFICATIONS.get(justification, "JUSTIFICATION_LEFT")
    if style.get("tr"):
        made["tracking"] = float(style["tr"])
    if style.get("lh"):
        made["leading_px"] = float(style["lh"])
    if style.get("ca") == 1:
        made["all_caps"] = True
    elif style.get("ca"):
        reader.losses.add("lost", "Text/Small Caps", "a shot has no small capitals")
    if style.get("ls"):
        reader.losses.add("lost", "Text/Baseline Shift", "a shot has no shifted baseline")
    _paints(made, style)
    shift = (0.0, ASCENT * size)
    if style.get("sz"):
        made["box_width_px"] = float(style["sz"][0])
        place = style.get("ps", [0, 0])
        shift = (-float(place[0]), -float(place[1]))
    else:
        width = fit_px or max(map(len, words.split("\n"))) * size * WIDTH
        made["fit_width_px"] = width
        shift = (width * SHARES.get(justification, 0.0), shift[1])
    animators = [_animator(reader, each) for each in told.get("a", [])]
    if animators:
        made["animators"] = animators
    if told.get("p", {}).get("m") is not None:
        reader.losses.add("lost", "Text/Path Options/Path", "text of a shot stands on no path")
    return made, shift


def _weight(reader: Reader, style: Json, fonts: Mapping[str, Json]) -> int:
    name = str(style.get("f", ""))
    font = fonts.get(name, {})
    if name:
        why = f"the font {name} is not in the file; put its file into the campaign and name it in the shot"
        reader.losses.add("note", "Text/Source Text", why)
    plain = "".join(part for part in str(font.get("fStyle", name)).lower() if part.isalpha())
    for word in ("italic", "oblique"):
        plain = plain.replace(word, "")
    return next((weight for word, weight in reversed(WEIGHTS.items()) if plain.endswith(word)), 400)


def _paints(made: Json, style: Json) -> None:
    if style.get("fc"):
        made["fill"] = rgb(style["fc"])
    if style.get("sc") and style.get("sw"):
        made["stroke"] = rgb(style["sc"])
        made["stroke_px"] = float(style["sw"]) / 2  # half of it lies over the letter
        if style.get("of"):
            made["stroke_over_fill"] = True


def _animator(reader: Reader, told: Json) -> Json:
    made: Json = {}
    named = f"Text/Animators/{told.get('nm', 'Animator')}"
    for theirs, value in told.get("a", {}).items():
        if theirs not in MOVES:
            reader.losses.add("lost", f"{named}/{theirs}", "an animator of a shot changes no such thing")
            continue
        ours, axes = MOVES[theirs]
        made[ours] = reader.value(value, f"{named}/{ours}", first(axes))
    selector = told.get("s")
    if isinstance(selector, dict):
        if selector.get("t", 0):
            reader.losses.add("lost", f"{named}/Selector", "a shot has range selectors only")
        else:
            made["selectors"] = [_selector(reader, selector, named)]
    return made


def _selector(reader: Reader, told: Json, named: str) -> Json:
    made: Json = {}
    counts = told.get("r") == 2
    plain = {"s": ("start", 0), "o": ("offset", 0), "a": ("amount", 100), "xe": ("ease_high", 0), "ne": ("ease_low", 0)}
    for theirs, (ours, usually) in {**plain, "e": ("end", 100)}.items():
        if theirs in told:
            value = reader.value(told[theirs], f"{named}/{ours}")
            if counts or not usual(value, usually):
                made[ours] = value
    if counts:
        made["counts"] = True
    if part := PARTS.get(int(told.get("b", 1))):
        made["based_on"] = part
    if shape := SHAPES.get(int(told.get("sh", 1))):
        made["shape"] = shape
    if told.get("rn"):
        made["random_order"] = True
        reader.losses.add("note", f"{named}/Randomize Order", "the order is another random one")
    return made


def fonts_of(document: Mapping[str, Any]) -> dict[str, Json]:
    """The file's fonts by name."""
    return {str(font.get("fName")): font for font in document.get("fonts", {}).get("list", [])}
