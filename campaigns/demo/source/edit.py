"""Cuts the demo: writes `shots/*.yaml` in After Effects' vocabulary, every light on the beat.

    python campaigns/demo/source/edit.py

The YAML is what the services read, and a designer may go on from there by hand or export compositions from After
Effects instead. This program exists because lights that swing on every beat are many equal keyframes.

Frames count from the start of a shot; a beat is 12 frames, and every cut starts on one.
"""

# ruff: noqa: PLR0917  places and sizes read best in the order x, y, width, height

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

WIDTH, HEIGHT = 720, 1280
BEAT = 12

Value = Sequence[float] | float
Layer = dict[str, Any]
Node = dict[str, Any]

SHOTS: dict[str, Callable[[], Node]] = {}


def shot(make: Callable[[], Node]) -> Callable[[], Node]:
    SHOTS[make.__name__] = make
    return make


# ---- words of the edit ---------------------------------------------------------------------------------------------

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
    seen: tuple[int, int] = (0, 0),
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
    return layer(name, {"text": node}, **rest)


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
    **rest: Any,
) -> Layer:
    """Put somebody on the stage. Without `recipe` it is the fan."""
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


# ---- sets ----------------------------------------------------------------------------------------------------------


def beams(frames: int, *, strength: float = 85, wide: bool = True) -> list[Layer]:
    """Six lamps on the truss that swing against each other and flash on the beat."""
    out = []
    for index, (x, tint) in enumerate(
        ((60, "pink"), (232, "cyan"), (488, "cyan"), (660, "pink"), (146, "gold"), (574, "gold"))
    ):
        if not wide and index > 3:
            continue
        side = -1 if x > 360 else 1
        inwards, outwards = ((24, 10), (16, 16), (26, 4))[index // 2]
        out.append(
            image(
                f"beam {index + 1}",
                f"beam_{tint}",
                at=(x, 150),
                anchor=(110, 0),
                blend="add",
                scale=(190, 190),
                turn=swing(frames, -side * inwards, side * outwards, first=-BEAT * (index % 2)),
                opacity=pulse(
                    frames,
                    strength * 0.45,
                    strength,
                    every=BEAT * (2 if index > 3 else 1),
                    first=BEAT * (index % 2) if index > 3 else 0,
                ),
            )
        )
    return out


def wall(frames: int, show: str) -> list[Layer]:
    """What plays on the LED wall of the hall: topmost first, the matte above each picture that it cuts out."""
    matte = ("alpha", "lamps")
    lamps = image("lamps", "led_mask", at=(360, 525), comment="Matte of the LED wall")
    shows: dict[str, list[Layer]] = {
        "rays": [
            image(
                "rays",
                "led_rays",
                at=(360, 540),
                turn=keys((0, 0), (frames, 0.9 * frames), ease=None),
                scale=pulse(frames, 108, 122),
                matte=matte,
            )
        ],
        "hearts": [
            image(
                "hearts",
                "led_hearts",
                at=keys((0, (360, 605)), (frames, (360, 605 - 160 * frames / 48)), ease=None),
                scale=pulse(frames, 100, 106),
                matte=matte,
            )
        ],
        "sunset": [image("sunset", "led_sunset", at=(360, 525), matte=matte)],
        "bars": [
            image("bars", "led_bars", at=(360, 852), anchor=(290, 400), scale=_dance_of_bars(frames), matte=matte),
            image(
                "rays",
                "led_rays",
                at=(360, 520),
                turn=keys((0, 0), (frames, -0.7 * frames), ease=None),
                scale=150,
                opacity=55,
                matte=matte,
            ),
        ],
    }
    # A track matte serves one layer in After Effects; here every layer of the wall names the same one.
    return [lamps, *shows[show]]


def _dance_of_bars(frames: int) -> Node:
    heights = (150, 95, 132, 84, 146, 104, 122, 78)
    return keys(*[(i * 6, (100, heights[i % 8])) for i in range(frames // 6 + 2)], ease=SLAM)


def hall(frames: int, show: str, *, strength: float = 85, zoom: Value | Node = 100, wide: bool = True) -> list[Layer]:
    """The hall with everything that moves in it, topmost first."""
    return [
        image(
            "haze",
            "haze",
            at=keys((0, (300, 1010)), (frames, (420, 1000)), ease=None),
            scale=(260, 170),
            blend="add",
            opacity=62,
        ),
        *beams(frames, strength=strength, wide=wide),
        image("lamp glow left", "glow_pink", at=(60, 160), scale=pulse(frames, 90, 150), blend="add", opacity=80),
        image("lamp glow right", "glow_cyan", at=(660, 160), scale=pulse(frames, 90, 150), blend="add", opacity=80),
        *wall(frames, show),
        image("hall", "hall", scale=zoom),
    ]


def crowd(frames: int, *, drop: float = 0, near: bool = True) -> list[Layer]:
    """The audience in front, light sticks waving on the beat."""
    rows: list[Layer] = []
    if near:
        rows += [
            image(
                "sticks near",
                "sticks_front",
                at=(360, 1300 + drop),
                anchor=(450, 520),
                turn=swing(frames, -7, 7),
                scale=104,
            ),
            image("people near", "crowd_front", at=keys(*_bounce(frames, 360, 1218 + drop, 14)), scale=96),
        ]
    rows += [
        image(
            "sticks middle",
            "sticks_middle",
            at=(360, 1262 + drop),
            anchor=(450, 520),
            turn=swing(frames, 6, -6),
            scale=92,
        ),
        image("people far", "crowd_back", at=keys(*_bounce(frames, 360, 1168 + drop, -9)), scale=92),
        image(
            "sticks far", "sticks_back", at=(360, 1226 + drop), anchor=(450, 520), turn=swing(frames, -4, 4), scale=88
        ),
    ]
    return rows


def _bounce(frames: int, x: float, y: float, high: float) -> list[tuple[float, Value]]:
    return [(i * 6, (x, y - (high if i % 2 else 0))) for i in range(frames // 6 + 2)]


def paper(frames: int, *, first: int = 0, near: bool = True, fast: float = 9.0) -> list[Layer]:
    """Confetti that falls from frame `first` on."""
    run = frames - first
    out = [
        image(
            "paper far",
            "confetti_far",
            at=keys((first, (360, -500)), (frames, (330, -500 + fast * 0.72 * run + 900)), ease=None),
            turn=keys((first, -3), (frames, 4), ease=None),
            seen=(first, 0),
        )
    ]
    if near:
        out.insert(
            0,
            image(
                "paper near",
                "confetti_near",
                at=keys((first, (360, -560)), (frames, (410, -560 + fast * 1.3 * run + 900)), ease=None),
                turn=keys((first, 5), (frames, -6), ease=None),
                scale=116,
                seen=(first, 0),
            ),
        )
    return out


def flash(*frames: int, peak: float = 85, fall: int = 7) -> Layer:
    """White light on the given frames; never more than three in a second, for the sake of photosensitive eyes."""
    points: list[tuple[float, Value]] = [] if frames[0] == 0 else [(0, 0), (frames[0] - 1, 0)]
    for frame in frames:
        points += [(frame, peak), (frame + fall, 0)]
    return solid("flash", "#fff2fb", opacity=keys(*points, ease=SLAM), blend="add")


def plate_text(*, at: tuple[float, float], first: int, words: str = "{name}", size: float = 74) -> list[Layer]:
    """The fan's name on its neon plate, slammed in on a beat."""
    scale = keys((first, 150), (first + 7, 100), ease=OVERSHOOT)
    opacity = keys((first, 0), (first + 3, 100), ease=None)
    return [
        text(
            "name",
            words,
            size,
            fill="#fff6fb",
            stroke="#ff2b8a",
            stroke_px=4,
            fit=470,
            at=(at[0], at[1]),
            scale=scale,
            opacity=opacity,
            seen=(first, 0),
            comment="The fan's name, in any script",
        ),
        image("plate", "nameplate", at=at, scale=scale, opacity=opacity, seen=(first, 0)),
    ]


# ---- the film ------------------------------------------------------------------------------------------------------


@shot
def city() -> Node:
    """Bars 1 and 2: dusk over the bay, the song's sign flickers on."""
    frames = 72
    return composition(
        "city",
        frames,
        [
            finish(bloom=0.8),
            solid("black", "#000000", opacity=keys((0, 100), (14, 0))),
            image(
                "title",
                "title",
                at=(360, 350),
                scale=keys((24, 86), (71, 94), ease=None),
                opacity=blink(
                    (0, 0), (24, 90), (26, 15), (28, 100), (31, 30), (33, 100), (45, 55), (46, 100), (58, 40), (60, 100)
                ),
                seen=(24, 0),
                comment="Neon starts on beat 3",
            ),
            image("palms", "palms", at=(360, 815, -140), three_d=True, scale=92),
            image("city near", "city_near", at=(360, 1090, 150), three_d=True, scale=112),
            image("city far", "city_far", at=(360, 760, 500), three_d=True, scale=128),
            image(
                "sun",
                "sun",
                at=keys((0, (360, 960, 900)), (71, (360, 770, 900)), ease=({"x": 0.2, "y": 0.2}, {"x": 0.6, "y": 1.0})),
                three_d=True,
                scale=168,
            ),
            image("sky", "sky", at=(360, 640, 1000), three_d=True, scale=190),
        ],
        camera={"position": keys((0, (335, 600, -1080)), (71, (375, 650, -900))), "zoom": still(1000)},
    )


@shot
def countdown() -> Node:
    """The last two beats before the drop: three, two, one on the LED wall."""
    frames = 24
    digits = []
    for index, words in enumerate(("3", "2", "1")):
        first = index * 6
        digits.append(
            text(
                f"digit {words}",
                words,
                420,
                fill=("#ff4fa8", "#12c8ee", "#ffb84a")[index],
                stroke="#ffffff",
                stroke_px=12,
                at=(360, 525),
                scale=keys((first, 130), (first + 6, 96), ease=SLAM),
                seen=(first, first + 6),
            )
        )
    return composition(
        "countdown",
        frames,
        [
            finish(bloom=1.0),
            flash(0, 12, peak=30, fall=9),
            *crowd(frames),
            *digits,
            image("heart", "sticker_heart", at=(360, 525), scale=keys((18, 180), (24, 330), ease=SLAM), seen=(18, 0)),
            *hall(frames, "rays", strength=80, zoom=keys((0, 100), (24, 106))),
        ],
    )


MEMBERS = (
    # recipe, camera x, camera distance: who stands left, in the middle and right
    ("mika", 0.56, 6.6),
    ("juno", 0.0, 5.5),
    ("sol", -0.56, 6.6),
)


def trio(
    name: str,
    frames: int,
    show: str,
    dances: tuple[str, str, str],
    *,
    push: float = 0.0,
    extras: Sequence[Layer] = (),
    singing: bool = False,
) -> Node:
    """The group on the stage, the middle one in front."""
    people = []
    for (recipe, x, far), dance in sorted(zip(MEMBERS, dances, strict=True), key=lambda item: item[0][2]):
        people.append(
            avatar(
                recipe,
                dance,
                keys((0, (x, 0.92, far)), (frames, (x * (1 - push * 0.25), 0.92, far * (1 - push)))),
                keys((0, (x, 0.90, 0)), (frames, (x * (1 - push * 0.25), 0.90, 0))),
                recipe=recipe,
                expression="" if singing else {"mika": "joy", "juno": "cool", "sol": ""}[recipe],
                sings=singing,
                rim={"mika": "#2fe6ff", "juno": "#ff4fa8", "sol": "#ffdf80"}[recipe],
                azimuth=-25 if x > 0 else 25,
            )
        )
    return composition(
        name,
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.3)),
            *extras,
            *people,
            image("pool left", "spot", at=(182, 996), scale=58, blend="add", opacity=pulse(frames, 55, 95)),
            image("pool right", "spot", at=(538, 996), scale=58, blend="add", opacity=pulse(frames, 55, 95)),
            image("pool", "spot", at=(360, 1064), scale=78, blend="add", opacity=pulse(frames, 60, 100)),
            *hall(frames, show),
        ],
    )


@shot
def trio_drop() -> Node:
    """Bar 3: the beat drops on the group."""
    return trio(
        "trio_drop",
        36,
        "rays",
        ("step_touch", "cheer", "step_touch"),
        push=0.08,
        extras=[flash(0, peak=70, fall=9), *crowd(36, drop=120, near=False)],
    )


@shot
def trio_chorus() -> Node:
    """Bar 8: the group sings along."""
    return trio(
        "trio_chorus",
        48,
        "bars",
        ("step_touch", "step_touch", "step_touch"),
        push=0.12,
        singing=True,
        extras=[*crowd(48, drop=130, near=False)],
    )


@shot
def trio_break() -> Node:
    """Bar 10: the dance break, paper everywhere."""
    return trio(
        "trio_break",
        48,
        "sunset",
        ("arms_up", "cheer", "arms_up"),
        push=-0.06,
        extras=[flash(0, peak=55), *paper(48), *crowd(48, drop=130, near=False)],
    )


def face(
    name: str, frames: int, recipe: str, expression: str, dance: str, background: str, azimuth: float, rim: str
) -> Node:
    """A group member, close."""
    return composition(
        name,
        frames,
        [
            finish(bloom=0.7, vignette=0.25),
            flash(0, peak=45),
            image(
                "glint",
                "sparkle",
                at=(520, 420),
                scale=keys((6, 0), (12, 190), (22, 0)),
                turn=keys((6, 0), (22, 40)),
                blend="add",
                seen=(6, 0),
            ),
            image(
                "heart 1",
                "sticker_heart",
                at=keys((4, (120, 1000)), (23, (90, 560))),
                scale=keys((4, 0), (10, 78)),
                turn=swing(frames, -10, 12),
                seen=(4, 0),
            ),
            image(
                "star 1",
                "sticker_star",
                at=keys((8, (620, 1060)), (23, (640, 700))),
                scale=keys((8, 0), (14, 66)),
                turn=swing(frames, 14, -8),
                seen=(8, 0),
            ),
            avatar(
                recipe,
                dance,
                keys((0, (0.10, 1.42, 1.28)), (frames, (-0.04, 1.41, 1.14))),
                (0, 1.36, 0),
                recipe=recipe,
                expression=expression,
                azimuth=azimuth,
                rim=rim,
            ),
            image(
                "background",
                background,
                at=(360, 640),
                scale=keys((0, 88), (frames, 96)),
                turn=keys((0, -2), (frames, 2), ease=None),
            ),
        ],
    )


@shot
def face_mika() -> Node:
    """Bar 3's last beats: the first of the group winks."""
    return face("face_mika", 24, "mika", "wink", "sing_close", "burst", 30, "#2fe6ff")


@shot
def face_sol() -> Node:
    """Bar 6: the other."""
    return face("face_sol", 24, "sol", "love", "sing_close", "bokeh", -35, "#ffdf80")


@shot
def hands() -> Node:
    """Bar 6: everybody holds their light up."""
    frames = 24
    return composition(
        "hands",
        frames,
        [
            finish(bloom=1.0),
            *crowd(frames, drop=-70),
            *paper(frames, near=False),
            *hall(frames, "hearts", strength=95),
        ],
    )


@shot
def goodbye() -> Node:
    """Bar 11: paper over the crowd, before the last chord."""
    frames = 24
    return composition(
        "goodbye",
        frames,
        [
            finish(bloom=1.1),
            *crowd(frames, drop=-30),
            *paper(frames),
            image("glow", "glow_pink", at=(360, 520), scale=pulse(frames, 380, 520), blend="add", opacity=60),
            *hall(frames, "hearts", strength=75, zoom=keys((0, 108), (frames, 100))),
        ],
    )


@shot
def end() -> Node:
    """The last beats: the group's sign over the bay."""
    frames = 24
    return composition(
        "end",
        frames,
        [
            finish(bloom=0.9),
            solid("black", "#000000", opacity=keys((15, 0), (23, 100), ease=None)),
            image(
                "logo",
                "logo",
                at=(360, 430),
                scale=keys((0, 92), (24, 100), ease=SLAM),
                opacity=blink((0, 100), (3, 40), (5, 100)),
            ),
            image("palms", "palms", at=(360, 815, -140), three_d=True, scale=92),
            image("city near", "city_near", at=(360, 1090, 150), three_d=True, scale=112),
            image("city far", "city_far", at=(360, 760, 500), three_d=True, scale=128),
            image("sun", "sun", at=(360, 790, 900), three_d=True, scale=168),
            image("sky", "sky", at=(360, 640, 1000), three_d=True, scale=190),
        ],
        camera={"position": keys((0, (360, 640, -940)), (24, (360, 640, -975))), "zoom": still(1000)},
    )


# ---- the fan's shots: what is below the fan costs nothing per fan ---------------------------------------------------


@shot
def fan_reveal() -> Node:
    """Bar 4: a silhouette in the light; on the beat the light comes on, and the name."""
    frames = 36
    return composition(
        "fan_reveal",
        frames,
        [
            finish(bloom=keys((0, 1.1), (12, 1.9), (24, 0.85), ease=SLAM)),
            flash(12, peak=75, fall=9),
            *plate_text(at=(360, 1040), first=12),
            avatar(
                "fan",
                "pose_hip",
                keys((0, (0.25, 0.98, 3.3)), (36, (0, 1.02, 2.75))),
                (0, 0.98, 0),
                expression="smile",
                rim="#ff4fa8",
                effects=[
                    {"tint": {"black": rgb("#05020f"), "white": rgb("#140a3a"), "amount": blink((0, 100), (12, 0))}}
                ],
                comment="Tinted to a silhouette until the beat",
            ),
            image("pool", "spot", at=(360, 1196), scale=110, blend="add", opacity=blink((0, 30), (12, 100))),
            image("halo", "glow_pink", at=(360, 560), scale=keys((0, 300), (36, 520)), blend="add", opacity=90),
            *beams(frames, strength=100),
            *wall(frames, "rays"),
            image("hall", "hall", scale=104),
        ],
    )


@shot
def fan_close() -> Node:
    """Bar 5, "We light the night, oh oh": the face, singing."""
    frames = 48
    return composition(
        "fan_close",
        frames,
        [
            finish(bloom=0.6, vignette=0.2),
            *plate_text(at=(360, 1092), first=6, size=70),
            image(
                "glint",
                "sparkle",
                at=(560, 330),
                scale=keys((18, 0), (24, 210), (34, 0)),
                turn=keys((18, 0), (34, 40)),
                blend="add",
                seen=(18, 34),
            ),
            avatar(
                "fan",
                "sing_close",
                keys((0, (0.18, 1.43, 1.48)), (48, (-0.07, 1.42, 1.26))),
                keys((0, (0, 1.34, 0)), (48, (0, 1.35, 0))),
                sings=True,
                microphone=True,
                rim="#ffd0f0",
                key="#fff6ea",
                fill="#a86be8",
                azimuth=28,
            ),
            image(
                "heart 1",
                "sticker_heart",
                at=keys((2, (96, 1180)), (47, (80, 420))),
                scale=keys((2, 0), (10, 84)),
                turn=swing(frames, -12, 12),
                seen=(2, 0),
            ),
            image(
                "heart 2",
                "sticker_heart",
                at=keys((12, (640, 1200)), (47, (655, 560))),
                scale=keys((12, 0), (20, 60)),
                turn=swing(frames, 14, -10),
                seen=(12, 0),
            ),
            image(
                "star 1",
                "sticker_star",
                at=keys((8, (180, 1250)), (47, (150, 210))),
                scale=keys((8, 0), (16, 56)),
                turn=swing(frames, 10, -14),
                seen=(8, 0),
            ),
            image(
                "star 2",
                "sticker_star",
                at=keys((24, (600, 1240)), (47, (610, 820))),
                scale=keys((24, 0), (30, 70)),
                turn=swing(frames, -8, 12),
                seen=(24, 0),
            ),
            image(
                "lines", "burst", at=(360, 660), scale=pulse(frames, 96, 102), turn=keys((0, -2), (48, 2), ease=None)
            ),
        ],
    )


@shot
def fan_name() -> Node:
    """Bar 7, "Now call my name, oh oh": the name on the LED wall."""
    frames = 48
    return composition(
        "fan_name",
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.4)),
            avatar(
                "fan",
                "point",
                keys((0, (-0.32, 1.02, 2.75)), (48, (0.22, 1.08, 2.5))),
                keys((0, (0, 1.33, 0)), (48, (0, 1.36, 0))),
                sings=True,
                microphone=True,
                rim="#2fe6ff",
                azimuth=-30,
            ),
            text(
                "name",
                "{name}",
                190,
                fill="#fff0fa",
                stroke="#ff2b8a",
                stroke_px=8,
                fit=510,
                at=(360, 300),
                scale=pulse(frames, 100, 112),
                comment="The fan's name across the wall, above the head",
            ),
            image("halo", "glow_pink", at=(360, 310), scale=pulse(frames, 330, 430), blend="add", opacity=30),
            *hall(frames, "sunset", strength=78, wide=False),
        ],
    )


@shot
def fan_dance() -> Node:
    """Bar 9: the dance break, from head to boots."""
    frames = 48
    return composition(
        "fan_dance",
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.3)),
            *paper(frames, fast=10.0),
            avatar(
                "fan",
                "arms_up",
                keys((0, (-0.5, 0.80, 4.3)), (48, (0.45, 0.92, 3.9))),
                (0, 0.86, 0),
                rim="#2fe6ff",
                azimuth=25,
            ),
            image("pool", "spot", at=(360, 1190), scale=104, blend="add", opacity=pulse(frames, 60, 100)),
            *hall(frames, "bars", strength=100),
        ],
    )


@shot
def fan_card() -> Node:
    """Bars 11 and 12: a pose; on the last chord the camera flashes and the picture is a collector's card."""
    frames = 48
    return composition(
        "fan_card",
        frames,
        [
            finish(bloom=0.6, vignette=0.15),
            flash(24, peak=85, fall=12),
            text(
                "name",
                "{name}",
                92,
                fill="#ff2b8a",
                stroke="#ffffff",
                stroke_px=10,
                fit=560,
                at=(360, 1186),
                scale=keys((24, 130), (31, 100), ease=OVERSHOOT),
                seen=(24, 0),
                comment="Signed",
            ),
            image("card", "photocard", seen=(24, 0), scale=keys((24, 112), (31, 100), ease=OVERSHOOT)),
            avatar(
                "fan",
                "pose_heart",
                keys((0, (0.3, 1.20, 2.7)), (24, (0.0, 1.24, 2.3)), (48, (0, 1.26, 2.15))),
                keys((0, (0, 1.08, 0)), (48, (0, 1.12, 0))),
                expression="love",
                rim="#ff79c9",
                key="#fff4e6",
                azimuth=20,
            ),
            image(
                "glow", "glow_gold", at=(360, 620), scale=keys((0, 420), (24, 520), (47, 460)), blend="add", opacity=55
            ),
            image("lights", "bokeh", at=keys((0, (340, 660)), (48, (380, 620))), scale=92),
        ],
    )


# ---- writing -------------------------------------------------------------------------------------------------------


class _Flow(dict[str, Any]):
    """A mapping that is written on one line."""


class _Row(list[Any]):
    """A list that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        return super().increase_indent(flow, indentless=False)


_Dumper.add_representer(
    _Flow, lambda d, node: d.represent_mapping("tag:yaml.org,2002:map", dict(node), flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda d, node: d.represent_sequence("tag:yaml.org,2002:seq", list(node), flow_style=True)
)


def tidy(node: Any) -> Any:
    """Write whole numbers without a point, and everything small on one line."""
    if isinstance(node, float):
        return int(node) if node.is_integer() else round(node, 3)
    if isinstance(node, dict):
        rows = {key: tidy(value) for key, value in node.items()}
        small = "keyframes" not in rows and len(str(rows)) < 150 and "transform" not in rows and "layers" not in rows
        return _Flow(rows) if small else rows
    if isinstance(node, (list, tuple)):
        rows = [tidy(value) for value in node]
        return _Row(rows) if all(isinstance(v, (int, float)) for v in rows) else rows
    return node


def main() -> None:
    folder = Path(__file__).resolve().parents[1] / "shots"
    folder.mkdir(exist_ok=True)
    for name, make in SHOTS.items():
        about = " ".join((make.__doc__ or "").split())
        body = yaml.dump(tidy(make()), Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(f"# {about}\n{body}", encoding="utf-8")
        print(f"shots/{name}.yaml")


if __name__ == "__main__":
    main()
