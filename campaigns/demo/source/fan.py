"""The fan's shots: what lies below the fan costs nothing per fan, nor do the frames without them."""

from __future__ import annotations

from film import (
    OVERSHOOT,
    SLAM,
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
    still,
    swing,
    text,
)
from sets import beams, flash, hall, paper, plate_text, wall

SHOTS, shot = collection()


@shot
def fan_reveal() -> Node:
    """Bar 10, "step into the light!": an empty stage, a silhouette, and on "light" the light comes on, and the name."""
    frames = 48
    return composition(
        "fan_reveal",
        frames,
        [
            finish(bloom=keys((0, 0.9), (12, 1.1), (24, 1.9), (36, 0.85), ease=SLAM)),
            flash(24, peak=55, fall=9),
            *plate_text(at=(360, 1040), first=24),
            lyric("STEP\nINTO\nTHE", (0, 6, 18), at=(360, 830), size=150, seen=(0, 24)),
            avatar(
                "fan",
                "pose_hip",
                keys((12, (0.25, 0.98, 3.3)), (48, (0, 1.02, 2.75))),
                (0, 0.98, 0),
                expression="smile",
                rim="#ff4fa8",
                seen=(12, 0),
                effects=[
                    {"tint": {"black": rgb("#05020f"), "white": rgb("#140a3a"), "amount": blink((0, 100), (24, 0))}}
                ],
                comment="Tinted to a silhouette until the beat",
            ),
            image("pool", "spot", at=(360, 1196), scale=110, blend="add", opacity=blink((0, 30), (24, 100))),
            image("halo", "glow_pink", at=(360, 560), scale=keys((0, 260), (48, 520)), blend="add", opacity=90),
            *beams(frames, strength=100),
            *wall(frames, "rays"),
            image("hall", "hall", scale=104),
        ],
    )


@shot
def fan_close() -> Node:
    """Bar 11, "We light the night, oh oh": the face, singing."""
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
                keys((0, (0.62, 1.36, 1.36)), (48, (0.28, 1.37, 1.24))),
                keys((0, (0, 1.34, 0)), (48, (0, 1.35, 0))),
                sings=True,
                microphone=True,
                expression="smile",
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
    """Bar 13, "Now call my name, oh oh": the wall calls, the fan answers under their name."""
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
                expression="smile",
                rim="#2fe6ff",
                azimuth=-30,
                seen=(12, 0),
            ),
            text(
                "name",
                "{name}",
                190,
                fill="#fff0fa",
                stroke="#ff2b8a",
                stroke_px=8,
                fit=600,
                at=(360, 300),
                scale=pulse(frames, 100, 112, first=12),
                seen=(12, 0),
                comment="The fan's name across the wall, above the head",
            ),
            lyric("NOW\nCALL\nMY", (0, 6, 9), at=(360, 500), size=170, seen=(0, 12)),
            image("halo", "glow_pink", at=(360, 310), scale=pulse(frames, 330, 430), blend="add", opacity=30),
            *hall(frames, "sunset", strength=78, wide=False),
        ],
    )


@shot
def fan_dance() -> Node:
    """Bar 15: the dance break, from head to boots."""
    frames = 36
    return composition(
        "fan_dance",
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.3)),
            *paper(frames, fast=10.0),
            avatar(
                "fan",
                "arms_up",
                hold=1,
                position=keys((0, (-0.5, 0.80, 4.3)), (36, (0.3, 0.90, 4.0))),
                target=(0, 0.86, 0),
                rim="#2fe6ff",
                azimuth=25,
            ),
            image("pool", "spot", at=(360, 1190), scale=104, blend="add", opacity=pulse(frames, 60, 100)),
            *hall(frames, "bars", strength=100),
        ],
    )


@shot
def stars() -> Node:
    """Bar 21, "we will find your name": lines run from star to star, and the sky says it."""
    frames = 48
    points = ((90, 560), (190, 470), (300, 520), (400, 430), (520, 500), (640, 440))
    return composition(
        "stars",
        frames,
        [
            finish(bloom=1.3, vignette=0.4),
            text(
                "name",
                "{name}",
                150,
                fill="#fffdf2",
                stroke="#7a6cff",
                stroke_px=5,
                fit=560,
                at=(360, 620),
                scale=keys((24, 112), (47, 100)),
                opacity=keys((24, 0), (33, 100)),
                seen=(24, 0),
                comment="The fan's name among the stars",
            ),
            lyric(
                "we will find your",
                (6, 12, 18, 21),
                at=(360, 330),
                size=74,
                fill="#e6ecff",
                stroke="#3a3ac8",
                rise=(0, 18),
            ),
            layer(
                "lines",
                {
                    "shapes": {
                        "items": [
                            {"path": {"path": {"value": {"vertices": [float(v) for p in points for v in p]}}}},
                            {"trim": {"start": still(0), "end": keys((0, 0), (24, 100))}},
                            {"stroke": {"color": rgb("#9aa8ff"), "width": still(2.5)}},
                        ]
                    }
                },
                at=(0, 0),
                anchor=(0, 0),
                opacity=keys((0, 90), (24, 90), (44, 25)),
                blend="add",
            ),
            *[
                image(
                    f"star {number + 1}",
                    "sparkle",
                    at=point,
                    scale=keys((4 * number, 0), (4 * number + 5, 120), (4 * number + 12, 70)),
                    turn=keys((0, 0), (frames, 60), ease=None),
                    blend="add",
                    seen=(4 * number, 0),
                )
                for number, point in enumerate(points)
            ],
            image(
                "glow",
                "glow_cyan",
                at=(360, 600),
                scale=keys((20, 0), (36, 620)),
                blend="add",
                seen=(20, 0),
                opacity=60,
            ),
            image("palms", "palms", at=(360, 905, -140), three_d=True, scale=92),
            image("city far", "city_far", at=(360, 1080, 500), three_d=True, scale=128),
            image("sky", "night", at=(360, 560, 1000), three_d=True, scale=200),
        ],
        camera={"position": keys((0, (360, 690, -980)), (frames, (360, 600, -980))), "zoom": still(1000)},
    )


@shot
def fan_finale() -> Node:
    """Bar 25, everybody: the group in the light, and on the third beat the fan before them, one of the band."""
    frames = 48
    band = [
        avatar(
            recipe,
            dance,
            keys((0, (x, 0.98, far)), (frames, (0.9 * x, 0.98, 0.93 * far))),
            keys((0, (x, 0.74, 0)), (frames, (0.9 * x, 0.74, 0))),
            recipe=recipe,
            sings=True,
            rim=rim,
            azimuth=azimuth,
        )
        for recipe, dance, x, far, rim, azimuth in (
            ("mika", "arms_up", 0.72, 6.6, "#2fe6ff", -25),
            ("sol", "arms_up", -0.78, 6.6, "#ffdf80", 25),
            ("juno", "cheer", 0.24, 6.2, "#ff4fa8", 25),
        )
    ]
    return composition(
        "fan_finale",
        frames,
        [
            finish(bloom=pulse(frames, 0.8, 1.3)),
            flash(0, 24, peak=45, fall=8),
            *paper(frames, near=False),
            avatar(
                "fan",
                "cheer",
                hold=1,
                position=keys((24, (-0.20, 1.04, 4.2)), (48, (-0.17, 1.02, 3.9))),
                target=keys((24, (-0.20, 0.92, 0)), (48, (-0.17, 0.92, 0))),
                expression="joy",
                rim="#ff79c9",
                azimuth=-20,
                seen=(24, 0),
                comment="Personal from here on; the press takes the first two beats out",
            ),
            *band,
            image("pool", "spot", at=(360, 1040), scale=130, blend="add", opacity=pulse(frames, 60, 100)),
            *hall(frames, "sunset", strength=100),
        ],
    )


@shot
def fan_card() -> Node:
    """Bar 31, the last chord: the camera flashes, and the picture is a collector's card."""
    frames = 24
    return composition(
        "fan_card",
        frames,
        [
            finish(bloom=0.6, vignette=0.15),
            flash(0, peak=85, fall=12),
            text(
                "name",
                "{name}",
                92,
                fill="#ff2b8a",
                stroke="#ffffff",
                stroke_px=10,
                fit=560,
                at=(360, 1186),
                scale=keys((0, 130), (7, 100), ease=OVERSHOOT),
                comment="Signed",
            ),
            image("card", "photocard", scale=keys((0, 112), (7, 100), ease=OVERSHOOT)),
            avatar(
                "fan",
                "pose_heart",
                keys((0, (0.0, 1.32, 1.86)), (24, (0, 1.33, 1.74))),
                keys((0, (0, 1.24, 0)), (24, (0, 1.25, 0))),
                expression="love",
                rim="#ff79c9",
                key="#fff4e6",
                azimuth=20,
            ),
            image("glow", "glow_gold", at=(360, 620), scale=keys((0, 520), (23, 460)), blend="add", opacity=55),
            image("lights", "bokeh", at=keys((0, (360, 640)), (24, (380, 620))), scale=92),
        ],
    )
