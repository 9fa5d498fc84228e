"""The sets: the hall with its lamps and LED wall, the crowd, falling paper, the fan's neon plate."""

from __future__ import annotations

from film import BEAT, OVERSHOOT, SLAM, Layer, Node, Value, image, keys, pulse, solid, swing, text


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
    points: list[tuple[float, Value]] = [(0, 0)] if frames[0] else []
    for frame in frames:
        points += [*([(frame - 1, 0.0)] if frame else []), (frame, peak), (frame + fall, 0)]
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
