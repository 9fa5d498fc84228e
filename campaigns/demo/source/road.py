"""Shots of verse, lift, bridge and build: the way to the concert, and the dark before the last chorus."""

from __future__ import annotations

from collections.abc import Sequence

from film import (
    HEIGHT,
    OVERSHOOT,
    Layer,
    Node,
    Value,
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
    still,
    swing,
)
from sets import flash

SHOTS, shot = collection()


def rainfall(frames: int, *, fast: float = 46.0, opacity: float = 60) -> list[Layer]:
    """Two sheets of rain that fall past each other, the nearer one faster and larger."""
    return [
        image(
            f"rain {name}",
            "rain",
            at=keys(
                (0, (x, -320)), (frames, (x - 0.07 * fast * rate * frames, -320 + fast * rate * frames)), ease=None
            ),
            scale=size,
            opacity=opacity,
            blend="add",
        )
        for name, x, rate, size in (("near", 380, 1.0, 260), ("far", 330, 0.55, 190))
    ]


@shot
def train() -> Node:
    """Verse, "Last train in the rain": lights of the city run past the window."""
    frames = 48
    return composition(
        "train",
        frames,
        [
            finish(bloom=0.7, vignette=0.4),
            lyric("LAST TRAIN\nIN THE RAIN", (0, 6, 12, 18, 24), at=(360, 940), size=92),
            avatar(
                "juno",
                "sing_close",
                keys((0, (-0.40, 1.22, 2.75)), (frames, (-0.34, 1.23, 2.6))),
                keys((0, (-0.24, 1.02, 0)), (frames, (-0.22, 1.03, 0))),
                recipe="juno",
                sings=True,
                key="#cfe0ff",
                rim="#ff4fa8",
                fill="#4a3aa8",
                azimuth=-55,
            ),
            image("carriage", "train", at=keys(*_rattle(frames)), scale=102),
            image("drops", "drops", at=keys((0, (360, 600)), (frames, (350, 640)), ease=None), blend="add", opacity=85),
            *[
                image(
                    f"houses {number}",
                    "city_near",
                    at=keys((0, (x, 690)), (frames, (x - 1500, 690)), ease=None),
                    scale=130,
                )
                for number, x in enumerate((320, 1740))
            ],
            image("far", "city_far", at=keys((0, (560, 560)), (frames, (300, 560)), ease=None), scale=120),
            image("sky", "night", at=keys((0, (380, 560)), (frames, (340, 560)), ease=None), scale=100),
        ],
    )


def _rattle(frames: int) -> list[tuple[float, Value]]:
    return [
        (i * 3, (360 + (1.5 if i % 4 == 1 else 0), 640 + (2.5 if i % 4 == 2 else 0))) for i in range(frames // 3 + 2)
    ]


def town(*, far: float = 2700) -> list[Layer]:
    """A street of the old town in space: houses on both sides, wet asphalt, the night at its end."""
    houses = [
        image(
            f"houses {side} {number}",
            "facade",
            at=(360 + sign * 430, 520, z),
            swivel=90 * sign,
            scale=(100, 118),
            three_d=True,
        )
        for number, z in enumerate((200, 1600))
        for side, sign in (("left", -1), ("right", 1))
    ]
    roads = [
        image(f"road {number}", "street", at=(360, 1050, z), tilt=-90, scale=(112, 100), three_d=True)
        for number, z in enumerate((100, 1700))
    ]
    return [
        *houses,
        *roads,
        image("end of the street", "city_far", at=(360, 860, far - 150), scale=260, three_d=True),
        image("sky", "night", at=(360, 300, far), scale=420, three_d=True),
    ]


@shot
def street() -> Node:
    """Verse, "Windows all aglow": through the old town in the rain, between lit windows."""
    frames = 48
    return composition(
        "street",
        frames,
        [
            finish(bloom=0.9),
            lyric("WINDOWS\nALL AGLOW", (0, 12, 18), at=(360, 330), size=112, stroke="#12a8d8"),
            *rainfall(frames, opacity=45),
            *town(),
        ],
        camera={
            "position": keys(
                (0, (250, 780, -1150)), (frames, (430, 700, -220)), ease=({"x": 0.2, "y": 0.0}, {"x": 0.7, "y": 1.0})
            ),
            "point_of_interest": keys((0, (420, 640, 900)), (frames, (330, 560, 1500))),
            "zoom": still(860),
        },
    )


@shot
def crossing() -> Node:
    """Verse, "Somewhere in the crowd": umbrellas at the crossing; one light among them."""
    frames = 48
    return composition(
        "crossing",
        frames,
        [
            finish(bloom=0.9),
            lyric("SOMEWHERE\nIN THE CROWD", (0, 12, 18, 24), at=(360, 250), size=94),
            *rainfall(frames, opacity=40),
            image("umbrellas 1", "umbrellas", at=(300, 1060, -260), scale=116, three_d=True),
            image("umbrellas 2", "umbrellas", at=(470, 980, 120), scale=(-120, 120), three_d=True),
            image(
                "light",
                "glow_gold",
                at=(372, 690, 300),
                scale=keys((24, 0), (32, 330), (48, 250)),
                blend="add",
                seen=(24, 0),
                three_d=True,
            ),
            image("umbrellas 3", "umbrellas", at=(300, 900, 520), scale=130, three_d=True),
            layer(
                "ground",
                {"solid": {"width": 2600, "height": 900, "color": rgb("#07031a")}},
                at=(360, 1400, 620),
                three_d=True,
            ),
            image("houses", "facade", at=(360, 560, 1300), scale=170, three_d=True),
            image("sky", "night", at=(360, 200, 1800), scale=330, three_d=True),
        ],
        camera={"position": keys((0, (300, 660, -1250)), (frames, (400, 690, -880))), "zoom": still(1000)},
    )


@shot
def rooftop() -> Node:
    """Verse, "there's a star we know": on the roof; one star falls."""
    frames = 48
    return composition(
        "rooftop",
        frames,
        [
            finish(bloom=0.9),
            lyric("THERE'S A STAR\nWE KNOW", (0, 6, 12, 18, 24), at=(360, 940), size=84, stroke="#b86a00"),
            image(
                "star",
                "sparkle",
                at=keys((18, (90, 120)), (34, (560, 430)), ease=({"x": 0.5, "y": 0.2}, {"x": 0.7, "y": 1.0})),
                scale=keys((18, 0), (24, 300), (34, 140), (48, 210)),
                turn=keys((18, 0), (48, 90)),
                blend="add",
                seen=(18, 0),
            ),
            layer(
                "trail",
                {
                    "shapes": {
                        "items": [
                            _line([(90, 120), (560, 430)]),
                            {"trim": {"start": keys((22, 0), (40, 100)), "end": keys((18, 0), (34, 100))}},
                            {"stroke": {"color": rgb("#fff3d0"), "width": still(5), "cap": "LINE_CAP_ROUND"}},
                        ]
                    }
                },
                at=(0, 0),
                anchor=(0, 0),
                blend="add",
                seen=(18, 40),
            ),
            avatar(
                "sol",
                "wave",
                keys((0, (0.30, 0.92, 3.1)), (frames, (0.22, 0.95, 2.95))),
                keys((0, (0.17, 1.06, 0)), (frames, (0.13, 1.08, 0))),
                recipe="sol",
                sings=True,
                key="#cfd8ff",
                rim="#ffdf80",
                fill="#4a3aa8",
                azimuth=40,
            ),
            image("roof", "roof", at=(360, 900), scale=104),
            image("city", "city_near", at=keys((0, (380, 1010)), (frames, (350, 1000)), ease=None), scale=96),
            image("far", "city_far", at=keys((0, (370, 880)), (frames, (356, 874)), ease=None), scale=110, opacity=90),
            image("sky", "night", at=keys((0, (400, 600)), (frames, (370, 640))), scale=96),
        ],
    )


def _line(points: Sequence[tuple[float, float]]) -> Node:
    return {"path": {"path": {"value": {"vertices": [float(v) for point in points for v in point]}}}}


@shot
def steps() -> Node:
    """Lift, "One step, two steps": a screen split in two, boots on both sides."""
    frames = 48
    panels = (
        # recipe, first frame, window, tint, camera x, slides from
        ("mika", 0, (0, 0, 356, 1280), "#ff4fa8", 0.33, -400, "#2fe6ff"),
        ("sol", 24, (364, 0, 720, 1280), "#1ab8e0", -0.33, 400, "#ffdf80"),
    )
    people, grounds = [], []
    for recipe, first, window, tint, x, away, rim in panels:
        slide = keys((first, (360 + away, 640)), (first + 7, (360, 640)), ease=OVERSHOOT)
        people.append(
            avatar(
                recipe,
                "step_touch",
                keys((0, (x, 0.30, 2.5)), (frames, (x, 0.42, 2.5))),
                keys((0, (x, 0.34, 0)), (frames, (x, 0.46, 0))),
                recipe=recipe,
                rim=rim,
                at=slide,
                window=window,
                seen=(first, 0),
            )
        )
        left, _, right, _ = window
        grounds += [
            image(
                f"floor {recipe}",
                "spot",
                at=keys(
                    (first, ((left + right) / 2 + away, 1090)), (first + 7, ((left + right) / 2, 1090)), ease=OVERSHOOT
                ),
                scale=64,
                blend="add",
                seen=(first, 0),
            ),
            layer(
                f"ground {recipe}",
                {"solid": {"width": right - left, "height": HEIGHT, "color": rgb(tint)}},
                at=keys(
                    (first, ((left + right) / 2 + away, 640)), (first + 7, ((left + right) / 2, 640)), ease=OVERSHOOT
                ),
                opacity=pulse(frames, 62, 92),
                seen=(first, 0),
            ),
        ]
    return composition(
        "steps",
        frames,
        [
            finish(bloom=pulse(frames, 0.6, 1.1)),
            lyric("ONE\nSTEP", (0, 9), at=(180, 250), size=120, rise=(-60, 0)),
            {
                **lyric("TWO\nSTEPS", (24, 33), at=(540, 250), size=108, stroke="#0a7fb8", rise=(60, 0)),
                "name": "lyric two",
            },
            *people,
            *grounds,
            image("lines", "burst", at=(360, 640), scale=pulse(frames, 90, 96), opacity=75),
        ],
    )


@shot
def rain() -> Node:
    """Bridge, "When the music fades": alone in the rain."""
    frames = 48
    return composition(
        "rain",
        frames,
        [
            finish(bloom=0.7, vignette=0.5),
            lyric(
                "when the\nmusic fades",
                (6, 12, 18, 30),
                at=(360, 940),
                size=88,
                fill="#e6f4ff",
                stroke="#2a4ac8",
                rise=(0, 18),
            ),
            *rainfall(frames, fast=30, opacity=75),
            avatar(
                "juno",
                "idle_sway",
                keys((0, (-0.35, 1.30, 1.9)), (frames, (-0.22, 1.32, 1.75))),
                (0, 1.24, 0),
                recipe="juno",
                sings=True,
                key="#a8c8ff",
                rim="#2fe6ff",
                fill="#2a2a80",
                azimuth=-50,
            ),
            image("lamp", "glow_cyan", at=(560, 330), scale=pulse(frames, 300, 330, every=24), blend="add", opacity=80),
            image(
                "lights",
                "bokeh",
                at=keys((0, (400, 640)), (frames, (330, 640))),
                effects=[{"tint": {"black": rgb("#040218"), "white": rgb("#7a9cff"), "amount": still(62)}}],
            ),
        ],
    )


@shot
def spark() -> Node:
    """Bridge, "keep a little spark": one light stick in a dark hall, and the lens finds it."""
    frames = 48
    lights = []
    places = ((120, 420, 900), (610, 380, 700), (250, 300, 1300), (520, 560, 1100), (60, 640, 500), (680, 700, 420),
              (330, 500, 1700), (440, 250, 1500), (180, 760, 300), (590, 880, 200))  # fmt: skip
    for number, (x, y, z) in enumerate(places):
        tint = ("pink", "cyan", "gold")[number % 3]
        first = 6 + 3 * number
        lights.append(
            image(
                f"light {number + 1}",
                f"glow_{tint}",
                at=(x, y, z),
                # Out of focus a light is large and faint; the lens finds it.
                scale=keys((first, 190), (first + 20, 62)),
                opacity=keys((first, 0), (first + 6, 45), (first + 20, 100)),
                blend="add",
                three_d=True,
                seen=(first, 0),
            )
        )
    return composition(
        "spark",
        frames,
        [
            finish(bloom=1.2, vignette=0.5),
            lyric(
                "keep a\nlittle spark",
                (6, 12, 18, 30),
                at=(360, 250),
                size=92,
                fill="#fff3d0",
                stroke="#a8500a",
                rise=(0, 18),
            ),
            image("people", "crowd_front", at=keys((0, (360, 1190)), (frames, (360, 1170))), scale=100),
            image(
                "heart",
                "neon_heart",
                at=(360, 720),
                scale=keys((0, 14), (30, 20), (34, 34), (47, 30)),
                opacity=blink((0, 30), (6, 100), (8, 45), (10, 100)),
                blend="add",
            ),
            image(
                "warmth", "glow_gold", at=(360, 720), scale=keys((0, 120), (30, 180), (36, 460), (48, 380)), blend="add"
            ),
            *lights,
        ],
        camera={
            "position": keys((0, (330, 620, -1150)), (frames, (390, 660, -1000))),
            "zoom": still(1000),
        },
        background=rgb("#05031a"),
    )


@shot
def dark() -> Node:
    """Bridge, "shining in the dark": a face between lanterns."""
    frames = 48
    lanterns = [
        image(
            f"lantern {number + 1}",
            "lantern",
            at=keys((0, (x, y)), (frames, (x + 14, y - 190 * size / 100)), ease=None),
            scale=size,
            turn=swing(frames, -4, 4, every=24, first=-12 * (number % 2)),
        )
        for number, (x, y, size) in enumerate(((110, 420, 130), (620, 760, 170), (560, 300, 90), (70, 1180, 210)))
    ]
    return composition(
        "dark",
        frames,
        [
            finish(bloom=0.9, vignette=0.45),
            lyric(
                "shining\nin the dark",
                (6, 18, 24, 30),
                at=(360, 950),
                size=92,
                fill="#fff3d0",
                stroke="#a8500a",
                rise=(0, 18),
            ),
            lanterns[3],
            avatar(
                "mika",
                "sing_close",
                keys((0, (0.26, 1.40, 1.5)), (frames, (0.12, 1.40, 1.38))),
                (0.03, 1.34, 0),
                recipe="mika",
                sings=True,
                key="#ffd9a8",
                rim="#ff9d6c",
                fill="#2a1a70",
                azimuth=55,
            ),
            *lanterns[:3],
            image("sky", "night", at=keys((0, (390, 620)), (frames, (350, 640))), scale=100),
        ],
    )


@shot
def hearts() -> Node:
    """Build, "One heart, two hearts": they beat, and find each other."""
    frames = 48
    return composition(
        "hearts",
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.6)),
            lyric("ONE HEART", (0, 9), at=(360, 290), size=104),
            {
                **lyric("TWO HEARTS", (24, 33), at=(360, 950), size=104, stroke="#0a7fb8"),
                "name": "lyric two",
            },
            image(
                "heart one",
                "neon_heart",
                at=keys((0, (210, 640)), (24, (250, 640)), (47, (330, 640))),
                scale=pulse(frames, 64, 88),
                turn=keys((0, -14), (47, -6)),
                blend="add",
            ),
            image(
                "heart two",
                "neon_heart",
                at=keys((24, (520, 640)), (47, (390, 640))),
                scale=pulse(frames, 64, 88, first=24),
                turn=keys((24, 14), (47, 6)),
                blend="add",
                seen=(24, 0),
            ),
            image("rays", "led_rays", at=(360, 640), scale=200, turn=keys((0, 0), (frames, 40), ease=None), opacity=26),
        ],
        background=rgb("#0a0424"),
    )


@shot
def tunnel() -> Node:
    """Build, "All into the light": through hearts of neon, faster and faster; then, for a beat, nothing but a spark."""
    frames, dark_from = 48, 36
    hearts_in_a_row = [
        image(
            f"heart {number + 1}",
            "neon_heart",
            at=(360, 640, 420 * number),
            scale=190,
            turn=keys((0, 10 * (-1) ** number), (dark_from, -10 * (-1) ** number)),
            blend="add",
            three_d=True,
            seen=(0, dark_from),
        )
        for number in range(10)
    ]
    return composition(
        "tunnel",
        frames,
        [
            finish(bloom=keys((0, 0.8), (24, 1.6), (35, 2.2), (36, 1.0), ease=None)),
            flash(24, peak=70, fall=11),
            lyric("ALL\nINTO\nTHE\nLIGHT!", (0, 6, 18, 24), at=(360, 640), size=170, rise=(0, 90), seen=(0, dark_from)),
            *hearts_in_a_row,
            image(
                "end of it",
                "glow_pink",
                at=(360, 640, 4600),
                scale=1500,
                blend="add",
                three_d=True,
                seen=(0, dark_from),
            ),
            image(
                "spark",
                "sparkle",
                at=(360, 640),
                scale=keys((36, 420), (47, 130)),
                turn=keys((36, 0), (47, 60)),
                blend="add",
                seen=(36, 0),
            ),
        ],
        camera={
            "position": keys(
                (0, (360, 640, -1000)), (dark_from, (360, 640, 3400)), ease=({"x": 0.6, "y": 0.1}, {"x": 0.9, "y": 0.7})
            ),
            "zoom": still(900),
        },
        background=rgb("#05020f"),
    )
