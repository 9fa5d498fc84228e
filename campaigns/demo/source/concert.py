"""Shots of the band on the stage, the crowd before it, and the bay outside."""

from __future__ import annotations

from collections.abc import Sequence

from film import (
    SLAM,
    Layer,
    Node,
    avatar,
    blink,
    collection,
    composition,
    finish,
    image,
    keys,
    layer,
    lyric,
    pulse,
    rgb,
    solid,
    still,
    swing,
    text,
)
from sets import crowd, flash, hall, paper

SHOTS, shot = collection()


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
                at=keys((0, (360, 960, 900)), (71, (360, 850, 900)), ease=({"x": 0.2, "y": 0.2}, {"x": 0.6, "y": 1.0})),
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
    """Bar 14, "Come and steal the whole show": the group sings along."""
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
    """Bar 15: the dance break, paper everywhere."""
    return trio(
        "trio_break",
        48,
        "sunset",
        ("arms_up", "cheer", "arms_up"),
        push=-0.06,
        extras=[flash(0, peak=55), *paper(48), *crowd(48, drop=130, near=False)],
    )


def face(  # noqa: PLR0917  who, how, and before what
    name: str, frames: int, recipe: str, expression: str, dance: str, background: str, azimuth: float, rim: str
) -> Node:
    """A group member, close, with their name."""
    return composition(
        name,
        frames,
        [
            finish(bloom=0.7, vignette=0.25),
            flash(0, peak=45),
            {**lyric(recipe.upper(), (3,), at=(360, 950), size=200, stroke="#5a22a8", rise=(0, 120)), "name": "title"},
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
    """Bar 3: the first of the group winks."""
    return face("face_mika", 24, "mika", "wink", "sing_close", "burst", 30, "#2fe6ff")


@shot
def face_juno() -> Node:
    """Bar 4: the second, cool."""
    return face("face_juno", 24, "juno", "cool", "groove", "burst", -30, "#ff4fa8")


@shot
def face_sol() -> Node:
    """Bar 4: the third."""
    return face("face_sol", 24, "sol", "love", "sing_close", "bokeh", -35, "#ffdf80")


@shot
def hands() -> Node:
    """Bar 12, "Hold it high": everybody holds their light up."""
    frames = 24
    return composition(
        "hands",
        frames,
        [
            finish(bloom=1.0),
            lyric("HOLD IT\nHIGH", (0, 6, 12), at=(360, 300), size=150, rise=(0, 90)),
            *crowd(frames, drop=-70),
            *hall(frames, "hearts", strength=95),
        ],
    )


@shot
def goodbye() -> Node:
    """Bar 30: paper over the crowd, before the last chord."""
    frames = 36
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
            image("sun", "sun", at=(360, 1010, 900), three_d=True, scale=168),
            image("sky", "sky", at=(360, 640, 1000), three_d=True, scale=190),
        ],
        camera={"position": keys((0, (360, 640, -940)), (24, (360, 640, -975))), "zoom": still(1000)},
    )


@shot
def lanterns() -> Node:
    """Bars 12 and 26, "Let it glow": lanterns rise over the bay."""
    frames = 48
    random = ((110, 900, 60, 96), (600, 980, -60, 120), (330, 1130, 220, 110), (480, 760, 420, 80), (210, 640, 600, 70),
              (660, 620, 700, 64), (60, 1240, -160, 130), (400, 1300, -240, 140), (560, 500, 900, 60))  # fmt: skip
    return composition(
        "lanterns",
        frames,
        [
            finish(bloom=0.9),
            lyric("LET IT GLOW", (0, 6, 12), at=(360, 230), size=104, fill="#fff3d0", stroke="#c8540a"),
            *[
                image(
                    f"lantern {number + 1}",
                    "lantern",
                    at=keys((0, (x, y, z)), (frames, (x + 30, y - 330, z)), ease=None),
                    scale=size,
                    three_d=True,
                )
                for number, (x, y, z, size) in enumerate(random)
            ],
            image("city near", "city_near", at=(360, 1120, 150), three_d=True, scale=112),
            image("city far", "city_far", at=(360, 880, 500), three_d=True, scale=128),
            image("sky", "night", at=(360, 560, 1000), three_d=True, scale=200),
        ],
        camera={"position": keys((0, (330, 680, -1000)), (frames, (390, 600, -960))), "zoom": still(1000)},
    )


@shot
def ball() -> Node:
    """Dance break: the mirror ball turns, its light runs over the walls."""
    frames = 24
    rays = [
        image(
            f"ray {number + 1}",
            f"beam_{('pink', 'cyan', 'gold')[number % 3]}",
            at=(360, 560),
            anchor=(110, 0),
            scale=(150, 240),
            turn=keys((0, 45 * number), (frames, 45 * number + 40), ease=None),
            blend="add",
            opacity=pulse(frames, 40, 80, first=0),
        )
        for number in range(8)
    ]
    return composition(
        "ball",
        frames,
        [
            finish(bloom=pulse(frames, 0.9, 1.5)),
            lyric("OH OH\nOH OH", (0, 9, 12, 18), at=(360, 950), size=130, stroke="#0a7fb8"),
            image(
                "ball",
                "ball",
                at=(360, 560),
                scale=pulse(frames, 108, 116),
                turn=keys((0, -6), (frames, 10), ease=None),
            ),
            *rays,
            image("glow", "glow_pink", at=(360, 560), scale=pulse(frames, 420, 560), blend="add"),
            image("lights", "bokeh", at=(360, 640), scale=keys((0, 92), (frames, 104), ease=None)),
        ],
    )


@shot
def panels() -> Node:
    """Dance break: three strips of eyes, one thrown in on each beat."""
    frames = 48
    strips = (
        # recipe, expression, first frame, top, bottom, side it comes from, ground, rim
        ("mika", "wink", 0, 20, 420, -1, "#ff2b8a", "#2fe6ff"),
        ("juno", "cool", 12, 440, 840, 1, "#5a22a8", "#ff4fa8"),
        ("sol", "smile", 24, 860, 1260, -1, "#0a8fc8", "#ffdf80"),
    )
    people, grounds = [], []
    for recipe, expression, first, top, bottom, side, ground, rim in strips:
        middle = (top + bottom) / 2
        # The camera's own axis is the picture's middle; it is moved so that the eyes lie in the middle of the strip.
        lift = (middle - 640) / 1280 * 0.55
        people.append(
            avatar(
                recipe,
                "groove",
                (0.12 * side, 1.37 + lift, 1.1),
                (0, 1.37 + lift, 0),
                recipe=recipe,
                expression=expression,
                rim=rim,
                azimuth=25 * side,
                at=keys((first, (360 + 720 * side, 640)), (first + 6, (360, 640)), ease=SLAM),
                window=(0, top, 720, bottom),
                seen=(first, 0),
            )
        )
        grounds.append(
            layer(
                f"ground {recipe}",
                {"solid": {"width": 720, "height": bottom - top, "color": rgb(ground)}},
                at=keys((first, (360 + 720 * side, middle)), (first + 6, (360, middle)), ease=SLAM),
                seen=(first, 0),
            )
        )
    return composition(
        "panels",
        frames,
        [
            finish(bloom=0.6, vignette=0.2),
            *people,
            *grounds,
            image("rays", "led_rays", at=(360, 640), scale=210, turn=keys((0, 0), (frames, 30), ease=None)),
        ],
    )


@shot
def jump() -> Node:
    """The whole hall jumps, with rays on the wall."""
    frames = 36
    return composition(
        "jump",
        frames,
        [
            finish(bloom=pulse(frames, 0.9, 1.4)),
            *paper(frames, near=False),
            *crowd(frames, drop=-120),
            *hall(frames, "rays", strength=100, zoom=pulse(frames, 100, 105), wide=False),
        ],
    )


@shot
def drones() -> Node:
    """Finale, "Now call my name": lights in the sky draw a heart over the bay."""
    frames = 48
    return composition(
        "drones",
        frames,
        [
            finish(bloom=1.3),
            lyric("NOW CALL\nMY NAME", (0, 6, 12, 18), at=(360, 930), size=108),
            *[
                layer(
                    name,
                    {
                        "shapes": {
                            "items": [
                                {"path": {"path": {"value": _heart(size)}}},
                                {"trim": {"start": still(0), "end": keys((first, 0), (first + 26, 100))}},
                                {
                                    "stroke": {
                                        "color": rgb(tint),
                                        "width": still(width),
                                        "cap": "LINE_CAP_ROUND",
                                        "dashes": [still(0.1), still(gap)],
                                        "dash_offset": keys((0, 0), (frames, gap * 3), ease=None),
                                    }
                                },
                            ]
                        }
                    },
                    at=(360, 420),
                    anchor=(0, 0),
                    scale=pulse(frames, 100, 107, first=24),
                    turn=swing(frames, -3, 3, every=24),
                    blend="add",
                )
                for name, size, tint, width, gap, first in (
                    ("outer", 250, "#ff79c9", 13, 27, 0),
                    ("middle", 190, "#fff0fa", 10, 24, 6),
                    ("inner", 130, "#5ee9ff", 9, 22, 12),
                )
            ],
            image(
                "glow",
                "glow_pink",
                at=(360, 420),
                scale=keys((12, 0), (36, 560)),
                blend="add",
                seen=(12, 0),
                opacity=70,
            ),
            image("palms", "palms", at=(360, 905, -140), three_d=True, scale=92),
            image("city near", "city_near", at=(360, 1150, 150), three_d=True, scale=112),
            image("city far", "city_far", at=(360, 880, 500), three_d=True, scale=128),
            image("sky", "night", at=(360, 560, 1000), three_d=True, scale=200),
        ],
        camera={"position": keys((0, (345, 650, -980)), (frames, (375, 640, -930))), "zoom": still(1000)},
    )


def _heart(size: float) -> Node:
    """A heart as a path of four curves around 0, 0, its tip below."""
    half = size * 0.52
    return {
        "vertices": [0, -0.38 * size, size, -0.42 * size, 0, size, -size, -0.42 * size],
        "in_tangents": [-0.12 * size, -0.5 * size, 0, -half, half, -0.42 * size, 0, half],
        "out_tangents": [0.12 * size, -0.5 * size, 0, half, -half, -0.42 * size, 0, -half],
        "closed": True,
    }


@shot
def trio_finale() -> Node:
    """Finale, "Come and steal the whole show": the group in falling paper."""
    return trio(
        "trio_finale",
        48,
        "hearts",
        ("fist_pump", "disco", "fist_pump"),
        push=0.16,
        singing=True,
        extras=[flash(0, peak=55), *paper(48, near=False), *crowd(48, drop=130, near=False)],
    )
