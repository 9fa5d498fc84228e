"""The words of the edit: keyframes, layers, lettering and the film's look, as nodes of `fancam.v1.Shot`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

WIDTH, HEIGHT = 720, 1280
BEAT = 12

Value = Sequence[float] | float
Layer = dict[str, Any]
Node = dict[str, Any]

Shots = dict[str, Callable[[], Node]]


def collection() -> tuple[Shots, Callable[[Callable[[], Node]], Callable[[], Node]]]:
    """Return an empty collection of shots, and the decorator that adds one to it under its function's name."""
    shots: Shots = {}

    def shot(make: Callable[[], Node]) -> Callable[[], Node]:
        shots[make.__name__] = make
        return make

    return shots, shot


SMOOTH = ({"x": 0.4, "y": 0.0}, {"x": 0.6, "y": 1.0})
"""Starts and stops softly."""

SLAM = ({"x": 0.1, "y": 0.7}, {"x": 0.3, "y": 1.0})
"""Arrives at once and settles."""

OVERSHOOT = ({"x": 0.2, "y": 0.6}, {"x": 0.35, "y": 1.35})
"""Arrives a little too far and comes back."""


def still(value: Value) -> Node:
    return {"value": _numbers(value)}


def keys(*frames: tuple[float, Value], ease: tuple[Node, Node] | None = SMOOTH, hold: bool = False) -> Node:
    """Return a keyframed property; `ease` applies between all of them."""
    out: list[Node] = []
    for index, (frame, value) in enumerate(frames):
        key: Node = {"frame": frame, "value": _numbers(value)}
        if hold:
            key["hold"] = True
        elif ease and index < len(frames) - 1:
            key["ease_out"], key["ease_in"] = ease
        out.append(key)
    return {"keyframes": out}


def pulse(length: int, low: Value, high: Value, *, every: int = BEAT, first: int = 0, fall: int = 9) -> Node:
    """Jump to `high` on every beat and fall back to `low`."""
    frames: list[tuple[float, Value]] = []
    for beat in range(first, length, every):
        frames += [(beat, high), (beat + min(fall, every - 1), low)]
    return keys(*frames, ease=SLAM)


def swing(length: int, left: Value, right: Value, *, every: int = BEAT, first: int = 0) -> Node:
    """Go to and fro, turning on every beat."""
    return keys(*[(first + i * every, right if i % 2 else left) for i in range((length - first) // every + 2)])


def blink(*frames: tuple[float, float]) -> Node:
    """Switch without transition."""
    return keys(*frames, hold=True)


def layer(
    name: str,
    source: Node,
    *,
    at: Value | Node | None = None,
    scale: Value | Node | None = None,
    turn: Value | Node | None = None,
    opacity: Value | Node | None = None,
    anchor: Value | Node | None = None,
    blend: str = "",
    three_d: bool = False,
    tilt: Value | Node | None = None,
    swivel: Value | Node | None = None,
    seen: tuple[int, int] = (0, 0),
    window: tuple[float, float, float, float] | None = None,
    matte: tuple[str, str] | None = None,
    effects: Sequence[Node] = (),
    parent: str = "",
    comment: str = "",
) -> Layer:
    """Put one layer together; see `fancam.v1.Layer`.

    Args:
        name: Unique in the shot.
        source: One of `image`, `solid`, `text`, `avatar`, `null`, `adjustment`.
        at: Position in the composition.
        scale: Percent, one number for both axes or two.
        turn: Degrees clockwise.
        opacity: Percent.
        anchor: In the layer's own pixels; absent: its middle.
        blend: `add`, `screen`, `multiply`, ...
        three_d: Whether it stands in space.
        tilt: Degrees about x, 3D only.
        swivel: Degrees about y, 3D only.
        window: Left, top, right and bottom of a mask, in the layer's own pixels.
        seen: First frame, and first frame after; 0 is the end.
        matte: Kind and name of the layer that cuts this one out.
        effects: In order.
        parent: Name of the layer this one hangs on.
        comment: For people.
    """
    transform: Node = {}
    for key, value in (
        ("anchor_point", anchor),
        ("position", at),
        ("scale", scale),
        ("rotation", turn),
        ("x_rotation", tilt),
        ("y_rotation", swivel),
        ("opacity", opacity),
    ):
        if value is not None:
            one = value if isinstance(value, dict) else still(value)
            transform[key] = _both_axes(one) if key == "scale" else one
    out: Layer = {"name": name, **source}
    if comment:
        out["comment"] = comment
    if transform:
        out["transform"] = transform
    if parent:
        out["parent"] = parent
    if seen[0]:
        out["in_frame"] = seen[0]
    if seen[1]:
        out["out_frame"] = seen[1]
    if three_d:
        out["three_d"] = True
    if blend:
        out["blend_mode"] = f"BLEND_MODE_{blend.upper()}"
    if window:
        left, top, right, bottom = window
        corners = [left, top, right, top, right, bottom, left, bottom]
        out["masks"] = [{"name": "window", "path": {"value": {"vertices": corners, "closed": True}}}]
    if matte:
        out["matte"] = {"kind": f"MATTE_KIND_{matte[0].upper()}", "layer": matte[1]}
    if effects:
        out["effects"] = list(effects)
    return out


def image(name: str, picture: str, **rest: Any) -> Layer:
    return layer(name, {"image": {"path": f"art/{picture}.webp"}}, **rest)


def solid(name: str, code: str, **rest: Any) -> Layer:
    return layer(name, {"solid": {"width": WIDTH, "height": HEIGHT, "color": rgb(code)}}, **rest)


def text(
    name: str,
    words: str,
    size: float,
    *,
    fill: str = "#ffffff",
    stroke: str = "",
    stroke_px: float = 0,
    tracking: float = 0,
    fit: float = 0,
    weight: int = 900,
    leading: float = 0,
    animators: Sequence[Node] = (),
    **rest: Any,
) -> Layer:
    node: Node = {
        "text": words,
        "size_px": size,
        "fill": rgb(fill),
        "justification": "JUSTIFICATION_CENTER",
        "weight": weight,
    }
    if stroke:
        node |= {"stroke": rgb(stroke), "stroke_px": stroke_px}
    if tracking:
        node["tracking"] = tracking
    if fit:
        node["fit_width_px"] = fit
    if leading:
        node["leading_px"] = leading
    if animators:
        node["animators"] = list(animators)
    return layer(name, {"text": node}, **rest)


def lyric(
    words: str,
    sung: Sequence[int],
    *,
    at: tuple[float, float],
    size: float,
    fill: str = "#fff6fb",
    stroke: str = "#ff2b8a",
    rise: tuple[float, float] = (0, 46),
    **rest: Any,
) -> Layer:
    r"""Words on the picture, each thrown in on the frame it is sung on.

    Args:
        words: Lines apart by `\n`, words by blanks.
        sung: Frame of every word, rising.
        at: Middle of the block.
        size: Pixels of the em.
        fill: Colour of the letters.
        stroke: Colour of their outline.
        rise: Where a word comes from, in pixels.
        **rest: As `layer` takes it.
    """
    shown: list[tuple[float, Value]] = [(0, 0)] if sung[0] else []
    for count, frame in enumerate(sung):
        after = sung[count + 1] if count + 1 < len(sung) else frame + 5
        shown += [(frame, count), (min(frame + 4, after - 1), count + 1)]
    return text(
        "lyric",
        words,
        size,
        fill=fill,
        stroke=stroke,
        stroke_px=max(3, size / 20),
        leading=1.06 * size,
        at=at,
        animators=[
            {
                "selectors": [{"counts": True, "based_on": "TEXT_PART_WORDS", "start": keys(*shown, ease=SLAM)}],
                "position": still(rise),
                "scale": still((160, 160)),
                "opacity": still(0),
            }
        ],
        **rest,
    )


def avatar(
    name: str,
    dance: str,
    position: Value | Node,
    target: Value | Node,
    *,
    recipe: str = "",
    fov: float = 28,
    sings: bool = False,
    expression: str = "",
    microphone: bool = False,
    key: str = "#fff1e0",
    rim: str = "#ff4fa8",
    fill: str = "#5a46c8",
    azimuth: float = 30,
    hold: int = 2,
    **rest: Any,
) -> Layer:
    """Put somebody on the stage. Without `recipe` it is the fan. All are drawn on twos, but for who dances in front."""
    staging: Node = {"dance": dance}
    if sings:
        staging["sings"] = True
    staging |= {
        "camera_position": position if isinstance(position, dict) else still(position),
        "camera_target": target if isinstance(target, dict) else still(target),
        "field_of_view_deg": fov,
        "key_light": rgb(key),
        "rim_light": rgb(rim),
        "fill_light": rgb(fill),
        "key_azimuth_deg": azimuth,
    }
    if expression:
        staging["expression"] = expression
    if microphone:
        staging["microphone"] = True
    if hold > 1:
        staging["hold_frames"] = hold
    return layer(
        name, {"avatar": {**({"recipe": f"recipes/{recipe}.json"} if recipe else {}), "staging": staging}}, **rest
    )


def finish(*, bloom: float | Node = 0.9, grain: float = 0.014, vignette: float = 0.36) -> Layer:
    """The look of the whole film, over everything."""
    intensity = bloom if isinstance(bloom, dict) else still(bloom)
    return layer(
        "look",
        {"adjustment": {}},
        effects=[
            {"bloom": {"threshold": still(0.66), "intensity": intensity, "radius": 0.62}},
            {"levels": {"in_black": 0.03, "gamma": 1.08}},
            {"vignette": {"darkness": vignette, "offset": 0.26}},
            {"grain": {"amount": grain}},
        ],
        comment="Bloom, levels, vignette, grain",
    )


def rgb(code: str) -> Node:
    return {"red": int(code[1:3], 16), "green": int(code[3:5], 16), "blue": int(code[5:7], 16)}


def _numbers(value: Value) -> list[float]:
    return [float(value)] if isinstance(value, (int, float)) else [float(v) for v in value]


def _both_axes(node: Node) -> Node:
    def pair(values: list[float]) -> list[float]:
        return values * 2 if len(values) == 1 else values

    if "value" in node:
        return {"value": pair(node["value"])}
    return {"keyframes": [{**key, "value": pair(key["value"])} for key in node["keyframes"]]}


def composition(name: str, frames: int, layers: Sequence[Layer], **rest: Any) -> Node:
    return {"id": name, "width": WIDTH, "height": HEIGHT, "frames": frames, **rest, "layers": list(layers)}
