"""Paints the demo's pictures into `art/`: the city, the hall, its lights and crowd, lettering, stickers.

    python campaigns/demo/source/art.py              paints everything
    python campaigns/demo/source/art.py hall logo    paints these

Every picture is a function below, named as its file. Seeds are fixed: equal code paints equal pictures.
"""

# ruff: noqa: PLR0917  places and sizes read best in the order x, y, width, height

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from paint import (
    CYAN,
    GOLD,
    INDIGO,
    MAGENTA,
    MINT,
    NIGHT,
    PEACH,
    PINK,
    VIOLET,
    WHITE,
    Light,
    Point,
    bent,
    blob,
    blurred,
    clouds,
    colour,
    curve,
    distance,
    empty,
    faded,
    gradient,
    grid,
    heart,
    letters,
    over,
    place,
    ring,
    rounded,
    rounded_distance,
    save,
    shape,
    shine,
    star,
    tube,
)

WIDTH, HEIGHT = 720, 1280

PICTURES: dict[str, Callable[[Path], None]] = {}
"""Every picture by the name of its file, in the order they are painted."""


def picture(paint: Callable[[Path], None]) -> Callable[[Path], None]:
    PICTURES[paint.__name__] = paint
    return paint


# ---- the city ------------------------------------------------------------------------------------------------------


@picture
def sky(path: Path) -> None:
    """Dusk over the bay: indigo to magenta to gold, stars, thin clouds, and the sea below the horizon at y = 860."""
    width, height = 900, 1400
    canvas = gradient(
        width,
        height,
        [
            (0.0, colour("#070318")),
            (0.22, colour("#170a47")),
            (0.40, colour("#5b1a8c")),
            (0.53, colour("#d42a86")),
            (0.60, colour("#ff7d5c")),
            (0.645, colour("#ffd27a")),
            (0.65, colour("#7a1f7d")),
            (0.72, colour("#2c1160")),
            (1.0, colour("#070318")),
        ],
    )
    random = np.random.default_rng(5)
    for _ in range(420):
        x, y = random.integers(0, width), int(random.random() ** 1.6 * 620)
        light = random.random() ** 3
        canvas[y, x] += light * 0.9
        if light > 0.75:
            shine(
                canvas[max(0, y - 6) : y + 7, max(0, x - 6) : x + 7],
                blob(*canvas[max(0, y - 6) : y + 7, max(0, x - 6) : x + 7].shape[1::-1], 6.5, 6.5, 2.2, 2.2, 1.0),
                WHITE,
                0.7,
            )
    streak = clouds(width, height, 8, 3)
    x, y = grid(width, height)
    band = np.exp(-(((y - 700) / 130) ** 2)) * np.clip(streak[::1] * 2.2 - 1.05, 0, 1)
    shine(canvas, band.astype(np.float32), PEACH, 0.5)
    # The sea: bright ripples that get wider towards us.
    random = np.random.default_rng(6)
    for _ in range(520):
        depth = random.random() ** 1.7
        y0 = 911 + depth * 480
        long = 8 + 70 * depth * random.random()
        x0 = width / 2 + random.normal(0, 70 + 200 * depth)
        row = slice(int(y0), int(y0) + 1 + int(2.2 * depth))
        left = int(max(0, x0 - long))
        canvas[row, left : int(x0 + long)] += (0.42 * (1 - depth) + 0.08) * (GOLD if random.random() < 0.4 else PINK)
    save(path, canvas, quality=88)


@picture
def sun(path: Path) -> None:
    """The low sun, cut by bands of haze."""
    size = 560
    x, y = grid(size, size)
    far = np.hypot(x - size / 2, y - size / 2)
    disc = np.clip(200.5 - far, 0, 1)
    for index in range(7):
        top = 285 + index * 30
        disc *= 1 - np.clip(np.minimum(y - top, top + 4 + index * 2.6 - y) + 0.5, 0, 1)
    tint = gradient(size, size, [(0.0, GOLD), (0.18, GOLD), (0.5, colour("#ff8a5c")), (0.8, MAGENTA), (1.0, MAGENTA)])
    halo = 0.55 * np.exp(-np.maximum(far - 190, 0) / 46)
    light = tint * np.maximum(disc, halo)[..., None]
    cover = np.maximum(disc, halo * np.clip((size / 2 - far) / 60, 0, 1))
    save(path, light / np.maximum(np.maximum(disc, halo), 1e-3)[..., None], cover)


def _skyline(width: int, height: int, seed: int, low: float, high: float, slim: tuple[int, int]) -> list[list[Point]]:
    random = np.random.default_rng(seed)
    buildings, x = [], -10.0
    while x < width:
        wide = float(random.integers(*slim))
        tall = height * (low + (high - low) * random.random() ** 1.4)
        top = height - tall
        outline = [(x, height), (x, top)]
        kind = random.integers(0, 4)
        if kind == 0:
            outline += [(x + wide * 0.5, top - wide * 0.35), (x + wide, top)]
        elif kind == 1:
            outline += [
                (x + wide * 0.25, top),
                (x + wide * 0.25, top - 18),
                (x + wide * 0.75, top - 18),
                (x + wide * 0.75, top),
                (x + wide, top),
            ]
        elif kind == 2:
            outline += [
                (x + wide * 0.46, top),
                (x + wide * 0.48, top - 46),
                (x + wide * 0.52, top - 46),
                (x + wide * 0.54, top),
                (x + wide, top),
            ]
        else:
            outline += [(x + wide, top)]
        buildings.append([*outline, (x + wide, height)])
        x += wide + random.integers(-3, 4)
    return buildings


def _city(
    path: Path,
    height: int,
    seed: int,
    body: Light,
    tops: Light,
    windows: int,
    slim: tuple[int, int],
    low: float,
    high: float,
) -> None:
    width = 1100
    buildings = _skyline(width, height, seed, low, high, slim)
    cover = shape(width, height, buildings)
    canvas = gradient(width, height, [(0.0, tops), (0.75, body), (1.0, body)])
    random = np.random.default_rng(seed + 1)
    palette = [GOLD, PEACH, PINK, CYAN, GOLD, GOLD]
    for outline in buildings:
        left, right = outline[0][0], outline[-1][0]
        top = outline[1][1]
        lit = random.random() * 0.5 + 0.12
        tint = palette[random.integers(len(palette))]
        for wx in np.arange(left + 5, right - 6, windows):
            for wy in np.arange(top + 8, height - 6, windows * 1.35):
                if random.random() < lit:
                    x0, y0 = int(max(0, wx)), int(wy)
                    canvas[y0 : y0 + int(windows * 0.62), x0 : x0 + int(windows * 0.5)] = tint * (
                        0.45 + 0.5 * random.random()
                    )
    if windows > 9:  # signs on the near houses
        for index in range(9):
            outline = buildings[(index * 3 + 1) % len(buildings)]
            x0, y0 = outline[0][0] + 8, outline[1][1] + 30
            tint = (MAGENTA, CYAN, GOLD, MINT)[index % 4]
            far = distance(90, 150, [[(45, 20), (45, 130)], [(30, 20), (60, 20), (60, 130), (30, 130), (30, 20)]])
            place(canvas, tube(far, tint, 2.2, reach=6.0), int(x0 - 30), int(y0), 0.9)
    save(path, canvas, cover)


@picture
def city_far(path: Path) -> None:
    """The other side of the bay."""
    _city(path, 330, 21, colour("#4a1a72"), colour("#8d2b86"), 7, (26, 62), 0.22, 0.88)


@picture
def city_near(path: Path) -> None:
    """This side: dark houses with lit windows and signs."""
    _city(path, 520, 33, colour("#0d0628"), colour("#1b0c44"), 12, (64, 128), 0.28, 0.86)


@picture
def palms(path: Path) -> None:
    """Two palms and a railing in front of everything."""
    width, height = 900, 900
    polygons: list[list[Point]] = []
    for x0, top, lean, size in ((128.0, 250.0, 34.0, 1.0), (790.0, 372.0, -30.0, 0.8)):
        crown = (x0 + lean, top)
        trunk = curve([(x0, 900), (x0 + lean * 0.25, 650), crown], steps=12)
        thick = np.linspace(11, 6, len(trunk)) * size
        polygons.append(
            [(x - w, y) for (x, y), w in zip(trunk, thick, strict=True)]
            + [(x + w, y) for (x, y), w in zip(reversed(trunk), reversed(thick), strict=True)]
        )
        for index, angle in enumerate(np.radians([-212, -186, -160, -132, -104, -76, -48, -22, 6, 30])):
            long = size * (168 + 22 * (index % 3))
            t = np.linspace(0, 1, 15)
            rib_x = crown[0] + long * np.cos(angle) * t
            rib_y = crown[1] + long * np.sin(angle) * t * (1 - 0.25 * t) + size * 118 * t**2.2
            blade = size * 9 * np.sin(np.pi * (0.12 + 0.88 * t)) ** 0.8
            upper = list(zip(rib_x, rib_y - blade, strict=True))
            lower = list(zip(rib_x, rib_y + 0.4 * blade, strict=True))
            polygons.append([*upper, *reversed(lower)])
            for k in range(2, 15):  # leaflets hang from the rib, longest in its middle
                hang = size * 52 * np.sin(np.pi * k / 15)
                out = np.sign(np.cos(angle)) * hang * 0.35
                x, y = rib_x[k], rib_y[k]
                polygons.append([(x - 5 * size, y - 1), (x + 5 * size, y - 1), (x + out, y + hang)])
    polygons += [[(0, 838), (900, 838), (900, 850), (0, 850)], [(0, 872), (900, 872), (900, 900), (0, 900)]]
    polygons += [[(x, 838), (x + 6, 838), (x + 6, 900), (x, 900)] for x in range(10, 900, 44)]
    save(path, np.broadcast_to(colour("#060214"), (height, width, 3)).copy(), shape(width, height, polygons))


# ---- the way there: train, street, roof, and the sky over them -------------------------------------------------------


@picture
def night(path: Path) -> None:
    """The sky after dusk: stars, the milky way across it, a thin moon."""
    width, height = 900, 1400
    stops = [(0.0, "#04021a"), (0.35, "#0d0a40"), (0.7, "#2a1168"), (0.88, "#5b1a7c"), (1.0, "#8d2b86")]
    canvas = gradient(width, height, [(at, colour(code)) for at, code in stops])
    x, y = grid(width, height)
    across = (x - 450) * 0.55 + (y - 520) * 0.84
    milk = np.exp(-((across / 170) ** 2)) * np.clip(clouds(width, height, 17, 6) * 1.9 - 0.5, 0, 1)
    shine(canvas, milk.astype(np.float32), colour("#8f7bff"), 0.42)
    random = np.random.default_rng(18)
    for _ in range(900):
        sx, sy = int(random.integers(4, width - 4)), int(4 + random.random() ** 1.3 * 1150)
        light = random.random() ** 4
        canvas[sy, sx] += 0.25 + 0.75 * light
        if light > 0.6:
            local = canvas[sy - 4 : sy + 5, sx - 4 : sx + 5]
            shine(local, blob(*local.shape[1::-1], 4.5, 4.5, 1.6, 1.6, 1.0), (WHITE, CYAN, GOLD)[sx % 3], 0.8)
    moon = np.clip(46.5 - np.hypot(x - 690, y - 250), 0, 1) * np.clip(np.hypot(x - 672, y - 240) - 41.5, 0, 1)
    shine(canvas, blob(width, height, 690, 250, 150, 150), colour("#ffe9b8"), 0.20)
    over(canvas, moon, colour("#fff3d0"))
    save(path, canvas, quality=86)


@picture
def train(path: Path) -> None:
    """Inside the last train: a wide window that is a hole, straps above, a seat below."""
    canvas = gradient(
        WIDTH, HEIGHT, [(0.0, colour("#140a38")), (0.5, colour("#241058")), (0.72, colour("#170a40")), (1.0, NIGHT)]
    )
    x, y = grid(WIDTH, HEIGHT)
    panes = [
        rounded_distance(x, y, box, 46) for box in ((44, 250, 676, 850), (-420, 250, -8, 850), (728, 250, 1100, 850))
    ]
    far = np.minimum.reduce(panes)
    over(canvas, np.clip(26.5 - np.abs(far - 12), 0, 1), colour("#0c0628"))
    canvas += tube(np.abs(far - 26), CYAN, 1.6, glow=0.5, reach=8.0)
    over(canvas, rounded(WIDTH, HEIGHT, (-20, 884, 740, 906), 8), colour("#3a2385"))
    # The lamp along the ceiling, a rail, and straps that hang from it.
    canvas += tube(distance(WIDTH, HEIGHT, [[(-10, 66), (730, 66)]]), colour("#ffe6c4"), 6.0, glow=1.0, reach=26.0)
    far_rail = distance(WIDTH, HEIGHT, [[(-10, 142), (730, 142)]])
    over(canvas, np.clip(6.5 - far_rail, 0, 1), colour("#6a58b0"))
    for index in range(5):
        cx = 84 + index * 138
        strap = distance(WIDTH, HEIGHT, [[(cx, 142), (cx + 6, 226)]])
        over(canvas, np.clip(5.5 - strap, 0, 1), colour("#0a0420"))
        loop = np.abs(np.hypot(x - cx - 8, y - 262) - 34)
        over(canvas, np.clip(7.5 - loop, 0, 1), colour("#100830"))
        shine(canvas, np.clip(2.5 - np.abs(loop - 5), 0, 1) * (y < 262), PINK, 0.55)
    # The back of the seats, with a lit edge and buttons.
    for left, right in ((-30, 236), (244, 476), (484, 750)):
        seat = rounded_distance(x, y, (left, 956, right, 1400), 60)
        over(
            canvas,
            np.clip(0.5 - seat, 0, 1),
            gradient(WIDTH, HEIGHT, [(0.72, colour("#6b1a7c")), (1.0, colour("#1b0a44"))]),
        )
        canvas += (
            tube(np.abs(seat + 12), MAGENTA, 1.4, glow=0.5, reach=9.0) * np.clip((1180 - y) / 220, 0, 1)[..., None]
        )
    cover = np.clip(far + 0.5, 0, 1)
    save(path, canvas, np.maximum(cover, 0.16 * np.clip(1 - np.abs(x - y * 0.35 - 190) / 46, 0, 1)), quality=88)


@picture
def drops(path: Path) -> None:
    """Rain on a window: drops that catch the light, and the trails of those that ran down."""
    random = np.random.default_rng(24)
    light = empty(WIDTH, HEIGHT)
    for _ in range(240):
        cx, cy, r = random.uniform(10, 710), random.uniform(10, 1270), 1.5 + 8 * random.random() ** 3
        x0, y0, size = int(max(0, cx - 16)), int(max(0, cy - 20)), 40
        local = light[y0 : y0 + size, x0 : x0 + size]
        x, y = grid(local.shape[1], local.shape[0])
        far = np.hypot((x - cx + x0), (y - cy + y0) / 1.25)
        edge = np.clip(1.5 - np.abs(far - r) / 1.4, 0, 1) * 0.5
        spark = np.exp(-(((x - cx + x0 + r * 0.3) ** 2 + (y - cy + y0 + r * 0.4) ** 2) / (0.5 + r * r * 0.10)))
        local += (edge + spark)[..., None] * (0.55 * CYAN + 0.45 * WHITE) * 0.6
    for _ in range(16):
        cx, top, long = random.uniform(30, 690), random.uniform(0, 700), random.uniform(120, 420)
        trail = curve([(cx, top), (cx + random.uniform(-9, 9), top + long * 0.5), (cx, top + long)], steps=6)
        light += np.clip(1.4 - distance(WIDTH, HEIGHT, [trail]), 0, 1)[..., None] * colour("#9ad8ff") * 0.34
    save(path, light, emits=True, quality=80)


@picture
def rain(path: Path) -> None:
    """Falling rain; what leaves below comes in above, so that the picture can be stacked."""
    width, height = 720, 900
    random = np.random.default_rng(25)
    light = empty(width, height)
    for _ in range(210):
        cx, cy, long = random.uniform(4, 716), random.uniform(0, height), random.uniform(26, 110)
        shade = 0.16 + 0.5 * random.random() ** 2
        for at in np.arange(0.0, long, 1.0):
            row, column = int(cy + at) % height, int(cx - 0.07 * at)
            light[row, column : column + 2] += shade * at / long * colour("#bfe0ff")
    cover = np.clip(light.max(axis=2), 0, 1)
    save(path, light / np.maximum(cover, 1e-3)[..., None], cover, quality=72)


@picture
def facade(path: Path) -> None:
    """A row of houses of the old town, seen from the street: lit windows, lanterns, signs one above the other."""
    width, height = 1400, 900
    random = np.random.default_rng(26)
    cover = np.zeros((height, width), np.float32)
    canvas = gradient(width, height, [(0, colour("#1b0d4a")), (0.7, colour("#12082f")), (1, colour("#060214"))])
    x0, number = 0, 0
    while x0 < width:
        wide = int(random.integers(170, 260))
        top = int(random.integers(30, 330))
        x1 = min(width, x0 + wide)
        cover[top:, x0:x1] = 1
        canvas[top:, x0:x1] *= 0.75 + 0.5 * random.random()
        canvas[top : top + 6, x0:x1] += colour("#6a58b0") * 0.6
        tint = (GOLD, PEACH, CYAN, PINK)[number % 4]
        for wy in range(top + 40, 640, 92):
            for wx in range(x0 + 24, x1 - 50, 62):
                lit = random.random()
                pane = tint * (0.35 + 0.6 * lit) if lit > 0.45 else colour("#22125c")
                canvas[wy : wy + 58, wx : wx + 38] = pane
                canvas[wy : wy + 58, wx + 18 : wx + 21] *= 0.35
                canvas[wy + 27 : wy + 30, wx : wx + 38] *= 0.35
        # The shop: an awning in stripes over a bright window.
        canvas[690:890, x0 + 14 : x1 - 14] = gradient(
            max(1, x1 - x0 - 28), 200, [(0, tint), (1, 0.25 * tint + 0.1 * VIOLET)]
        )
        for index, ax in enumerate(range(x0 + 6, x1 - 6, 22)):
            canvas[664:706, ax : min(x1, ax + 22)] = (MAGENTA, colour("#ffd6ef"), CYAN, WHITE)[
                (index % 2) + 2 * (number % 2)
            ]
        far = distance(90, 330, [[(25, 20), (65, 20), (65, 310), (25, 310), (25, 20)]])
        sign = tube(far, (MAGENTA, CYAN, MINT, GOLD)[number % 4], 2.6, reach=8.0)
        for dy in (70, 140, 210, 270):
            marks = [
                [(32, dy), (58, dy)],
                [(45, dy - 18), (45, dy + 14)],
                [(34, dy + 18), (56, dy + 10 * (number % 3))],
            ]
            sign += tube(
                distance(90, 330, marks), (GOLD, PINK, CYAN)[(dy // 70 + number) % 3], 1.8, glow=0.6, reach=5.0
            )
        if x1 + 60 < width:
            place(canvas, sign, x1 - 45, max(top + 30, 240), 0.95)
        x0, number = x1, number + 1
    save(path, canvas, cover, quality=80)


@picture
def street(path: Path) -> None:
    """Wet asphalt from above: the signs' colours run along it, a crossing at its near end."""
    width, height = 800, 1600
    canvas = gradient(width, height, [(0, colour("#170b3e")), (1, colour("#0a0524"))])
    x, y = grid(width, height)
    random = np.random.default_rng(27)
    for index in range(34):
        cx, cy = random.uniform(0, width), random.uniform(0, height)
        wide, long = random.uniform(8, 34), random.uniform(120, 360)
        pool = np.exp(-(((x - cx) / wide) ** 2) - (((y - cy) / long) ** 2))
        shine(canvas, pool.astype(np.float32), (MAGENTA, CYAN, GOLD, PINK)[index % 4], 0.55)
    wet = clouds(width, height, 28, 10)
    canvas *= (0.45 + 0.9 * wet)[..., None]
    for left in range(40, width, 120):
        over(canvas, rounded(width, height, (left, 1380, left + 66, 1570), 4), colour("#cfc4ff"), 0.55)
    for top in range(60, 1300, 190):
        over(canvas, rounded(width, height, (392, top, 408, top + 90), 4), colour("#cfc4ff"), 0.4)
    save(path, canvas, quality=78)


def _umbrella(cx: float, cy: float, r: float) -> list[Point]:
    dome = [(cx + r * np.cos(a), cy - 0.62 * r * np.sin(a)) for a in np.linspace(0, np.pi, 24)]
    hem = [
        (cx - r + 2 * r * (k + t) / 5, cy - 0.10 * r * np.sin(np.pi * t))
        for k in range(5)
        for t in np.linspace(0, 1, 6)
    ]
    return dome + hem


@picture
def umbrellas(path: Path) -> None:
    """People under umbrellas, waiting at the crossing; one looks back."""
    width, height = 1000, 560
    random = np.random.default_rng(29)
    cover, light = np.zeros((height, width), np.float32), empty(width, height)
    for index in range(9):
        cx, cy, r = 60 + index * 110 + random.uniform(-26, 26), 150 + 70 * (index % 2) + random.uniform(-20, 20), 78.0
        body = [
            ring(cx, cy + 74, 25, 30, 24),
            [
                (cx - 54, height),
                (cx - 46, cy + 122),
                (cx - 18, cy + 100),
                (cx + 18, cy + 100),
                (cx + 46, cy + 122),
                (cx + 54, height),
            ],
            [(cx - 2, cy - 40), (cx + 2, cy - 40), (cx + 2, cy + 130), (cx - 2, cy + 130)],
        ]
        canopy = shape(width, height, [_umbrella(cx, cy, r)])
        person = np.maximum(shape(width, height, body), canopy)
        tint = (MAGENTA, CYAN, VIOLET, GOLD, PINK)[index % 5]
        x, y = grid(width, height)
        shade = np.clip(0.75 - np.hypot(x - cx + 26, y - cy + 40) / (1.9 * r), 0, 1)
        upper = np.clip(person - np.roll(person, 5, axis=0), 0, 1)
        drawn = np.broadcast_to(colour("#090420"), (height, width, 3)) + (canopy * shade * 0.75)[..., None] * tint
        light = light * (1 - person[..., None]) + drawn * person[..., None]
        shine(light, blurred(upper, 1.1), tint, 0.9)
        cover = np.maximum(cover, person)
    save(path, light, cover, quality=82)


@picture
def roof(path: Path) -> None:
    """A flat roof: parapet, water tank, aerial, and a string of bulbs across it."""
    width, height = 900, 900
    polygons: list[list[Point]] = [
        [(0, 640), (900, 640), (900, 900), (0, 900)],
        [(0, 618), (900, 618), (900, 644), (0, 644)],
        [(640, 300), (820, 300), (820, 520), (640, 520)],
        [(628, 312), (730, 238), (832, 312)],
        *[[(x, 510), (x + 12, 510), (x + 12, 640), (x, 640)] for x in (652, 724, 796)],
        [(654, 570), (806, 520), (806, 530), (654, 580)],
        [(150, 230), (156, 230), (156, 640), (150, 640)],
        *[
            [(153 - w, y), (153 + w, y), (153 + w, y + 5), (153 - w, y + 5)]
            for y, w in ((250, 66), (286, 48), (322, 58))
        ],
    ]
    cover = shape(width, height, polygons)
    canvas = gradient(width, height, [(0, colour("#150a3c")), (0.71, colour("#0d0628")), (1, colour("#04020f"))])
    upper = np.clip(cover - np.roll(cover, 5, axis=0), 0, 1)
    shine(canvas, blurred(upper, 1.0), colour("#d05ad0"), 0.8)
    lights = empty(width, height)
    wire = curve([(153, 330), (300, 470), (460, 500), (600, 440), (700, 250)], steps=16)
    lights += np.clip(1.6 - distance(width, height, [wire]), 0, 1)[..., None] * colour("#3a2385")
    for index, (bx, by) in enumerate(wire[4::6]):
        tint = (GOLD, PINK, CYAN)[index % 3]
        shine(lights, blob(width, height, bx, by + 8, 7, 8, 3.0), 0.4 * tint + 0.6 * WHITE, 1.0)
        shine(lights, blob(width, height, bx, by + 8, 40, 40, 1.2), tint, 0.5)
    brightest = np.clip(lights.max(axis=2), 0, 1)
    both = np.maximum(cover, brightest)
    mixed = (cover[..., None] * canvas * (1 - brightest[..., None]) + lights) / np.maximum(both, 1e-3)[..., None]
    save(path, mixed, both, quality=84)


@picture
def lantern(path: Path) -> None:
    """A paper lantern with a light inside, to rise into the night."""
    width, height = 150, 200
    x, y = grid(width, height)
    body = shape(
        width, height, [curve([(48, 40), (102, 40), (118, 110), (98, 150), (52, 150), (32, 110)], closed=True)]
    )
    inner = np.exp(-(((x - 75) / 34) ** 2) - (((y - 128) / 52) ** 2))
    light = body[..., None] * (0.45 * PEACH + 0.2 * MAGENTA) + (body * inner)[..., None] * GOLD
    for cx in (54, 75, 96):
        light -= (body * np.clip(1.2 - np.abs(x - cx - (cx - 75) * 0.25 * np.sin(y / 50)), 0, 1))[..., None] * 0.12
    light += (0.35 * np.exp(-np.hypot((x - 75) / 1.0, (y - 105) / 1.25) / 26))[..., None] * PEACH
    save(path, np.maximum(light, 0), emits=True, quality=84)


@picture
def neon_heart(path: Path) -> None:
    """A heart of neon, to fly through."""
    size = 520
    far = [distance(size, size, [[*o, o[0]]]) for o in (heart(260, 270, 200), heart(260, 266, 168))]
    save(
        path,
        tube(far[0], MAGENTA, 4.6, glow=0.9, reach=13.0) + tube(far[1], CYAN, 2.2, glow=0.5, reach=7.0),
        emits=True,
    )


@picture
def ball(path: Path) -> None:
    """A mirror ball: facets that catch pink, cyan and gold."""
    size = 420
    x, y = grid(size, size)
    u, v = (x - size / 2) / 190, (y - size / 2) / 190
    far = np.hypot(u, v)
    depth = np.sqrt(np.clip(1 - far**2, 0, 1))
    latitude, longitude = np.arcsin(np.clip(v, -1, 1)), np.arctan2(u, np.maximum(depth, 1e-3))
    row = np.floor(latitude * 11)
    column = np.floor(longitude * 11 * np.cos(row / 11))
    value = np.mod(np.sin(row * 12.9898 + column * 78.233) * 43758.5453, 1.0)
    seam = np.minimum(np.mod(latitude * 11, 1), np.mod(longitude * 11 * np.cos(row / 11), 1)) < 0.09
    tint = np.stack(
        [np.interp(value, (0, 0.35, 0.7, 1), [t[c] for t in (INDIGO, MAGENTA, CYAN, GOLD)]) for c in range(3)], axis=2
    )
    light = tint * (0.18 + 0.95 * (value**2.2) + 0.25 * np.clip(depth - v * 0.6 - u * 0.4, 0, 1))[..., None]
    light = np.where((value > 0.93)[..., None], 1.0, light) * np.where(seam, 0.35, 1.0)[..., None]
    over(light := light.astype(np.float32), np.clip(np.abs(far - 1) * -30 + 1, 0, 1) * 0.6, PINK)
    save(path, light, np.clip((1 - far) * 190 + 0.5, 0, 1), quality=86)


# ---- the hall ------------------------------------------------------------------------------------------------------

LED_BOX = (70.0, 200.0, 650.0, 850.0)
"""Where the LED wall hangs in `hall`: left, top, right, bottom."""


def _truss(canvas: Light, x0: float, x1: float, y: float, high: float) -> None:
    strokes: list[list[Point]] = [[(x0, y), (x1, y)], [(x0, y + high), (x1, y + high)]]
    step = high * 0.95
    for index, x in enumerate(np.arange(x0, x1, step)):
        strokes.append([(x, y if index % 2 else y + high), (x + step, y + high if index % 2 else y)])
    far = distance(WIDTH, HEIGHT, strokes)
    over(canvas, np.clip(3.0 - far, 0, 1), colour("#2c2358"))
    shine(canvas, np.clip(1.6 - far, 0, 1), colour("#6a58b0"), 0.35)


@picture
def hall(path: Path) -> None:
    """The stage seen from the first row: LED wall, pillars of light, truss, steps, a floor like black glass."""
    canvas = gradient(
        WIDTH,
        HEIGHT,
        [
            (0.0, colour("#04020f")),
            (0.35, colour("#130a38")),
            (0.70, colour("#2a1263")),
            (0.74, colour("#1a0b44")),
            (1.0, colour("#05020f")),
        ],
    )
    shine(canvas, blob(WIDTH, HEIGHT, 360, 560, 420, 430), VIOLET, 0.34)

    # Side walls: panels in perspective, each with a thin tube of light.
    x, y = grid(WIDTH, HEIGHT)
    for side in (-1, 1):
        for index in range(4):
            inner = 300 + index * 34
            edge = 360 + side * inner
            strokes = [[(edge, 60 - index * 20), (edge, 900 + index * 26)]]
            far = distance(WIDTH, HEIGHT, strokes)
            canvas += tube(far, (MAGENTA, CYAN)[index % 2], 2.0, glow=0.55, reach=7.0) * (0.95 - 0.12 * index)

    # The wall's frame and its dark glass.
    far = rounded_distance(x, y, LED_BOX, 26)
    over(canvas, np.clip(14.5 - far, 0, 1), colour("#0b0724"))
    canvas += tube(np.abs(far - 11), PINK, 2.6, glow=0.8, reach=10.0)
    over(canvas, np.clip(0.5 - far, 0, 1), colour("#090420"))

    _truss(canvas, -10, 730, 92, 46)
    _truss(canvas, -10, 730, 20, 30)
    for index in range(8):
        cx = 60 + index * 86
        over(canvas, rounded(WIDTH, HEIGHT, (cx - 17, 126, cx + 17, 172), 9), colour("#0a0618"))
        tint = (CYAN, PINK, GOLD, MAGENTA)[index % 4]
        shine(canvas, blob(WIDTH, HEIGHT, cx, 170, 13, 9), WHITE, 1.0)
        shine(canvas, blob(WIDTH, HEIGHT, cx, 172, 44, 38, 1.2), tint, 0.6)

    # Two steps with a lit edge, then the floor.
    for top, left, right, tint in ((882, 40, 680, CYAN), (926, -10, 730, MAGENTA)):
        over(canvas, rounded(WIDTH, HEIGHT, (left, top, right, top + 60), 6), colour("#0c0628"))
        far = distance(WIDTH, HEIGHT, [[(left, top + 2), (right, top + 2)]])
        canvas += tube(far, tint, 2.4, glow=0.9, reach=9.0)
    horizon = 966
    floor = np.clip(y - horizon, 0, 1)
    below = np.clip((y - horizon) / (HEIGHT - horizon), 0, 1)
    over(
        canvas,
        floor,
        gradient(WIDTH, HEIGHT, [(0.75, colour("#241058")), (0.84, colour("#130836")), (1.0, colour("#05020f"))]),
    )
    # What stands above the edge is mirrored, blurred and broken by the planks.
    mirror = np.zeros_like(canvas)
    rows = np.clip(2 * horizon - np.arange(HEIGHT) * 1.0 - (np.arange(HEIGHT) - horizon) * 0.9, 0, HEIGHT - 1).astype(
        int
    )
    mirror[horizon:] = canvas[rows[horizon:]]
    mirror = blurred(mirror, 7)
    canvas += mirror * (floor * 0.36 * (1 - 0.75 * below))[..., None]
    for tint, cx, spread in ((MAGENTA, 60, 90), (CYAN, 660, 90), (PINK, 360, 250)):
        shine(canvas, floor * np.exp(-(((x - cx) / spread) ** 2)) * np.exp(-below * 2.1), tint, 0.24)
    depth = 1 / np.maximum(below + 0.05, 1e-3)
    lines = np.minimum(
        np.abs((depth * 2.1) % 1.0 - 0.5), np.abs(((x - 360) * (depth**0.0) / (40 + 190 * below)) % 1.0 - 0.5)
    )
    shine(canvas, floor * np.clip(1 - lines / 0.03, 0, 1) * (0.25 + 0.75 * below) * 0.12, CYAN)
    save(path, canvas, quality=90)


@picture
def led_mask(path: Path) -> None:
    """Lamps of the LED wall, white on nothing: the matte of everything that plays on it."""
    left, top, right, bottom = (int(v) for v in LED_BOX)
    width, height = right - left, bottom - top
    x, y = grid(width, height)
    inside = np.clip(0.5 - rounded_distance(x, y, (3, 3, width - 3, height - 3), 22), 0, 1)
    dots = np.clip(4.1 - np.hypot(x % 8 - 4, y % 8 - 4), 0, 1)
    save(path, np.ones((height, width, 3), np.float32), inside * (0.55 + 0.45 * dots), quality=80)


@picture
def led_rays(path: Path) -> None:
    """A sunburst that turns behind the matte."""
    size = 920
    x, y = grid(size, size)
    angle = np.arctan2(y - size / 2, x - size / 2)
    far = np.hypot(x - size / 2, y - size / 2) / (size / 2)
    wave = np.sin(angle * 12)
    edge = np.clip(wave * 6 * np.maximum(far, 0.05) * 3 + 0.5, 0, 1)
    inside = gradient(size, size, [(0, MAGENTA), (1, MAGENTA)]) * (1 - far[..., None]) + VIOLET * far[..., None]
    rays = inside * edge[..., None] + (1 - edge)[..., None] * (0.35 * VIOLET + 0.25 * INDIGO)
    rays += np.exp(-((far / 0.22) ** 2))[..., None] * GOLD * 0.9
    save(path, rays, np.clip((1 - far) * size / 2, 0, 1), quality=80)


@picture
def led_hearts(path: Path) -> None:
    """Rows of hearts for the wall; 160 pixels from row to row, so that scrolling by 160 is seamless."""
    width, height = 600, 960
    canvas = gradient(width, height, [(0, colour("#3b0f6e")), (1, colour("#3b0f6e"))])
    for row in range(-1, 7):
        for column in range(-1, 5):
            cx, cy = column * 150 + (75 if row % 2 else 0) + 75, row * 160 + 80
            tint = (PINK, MAGENTA)[row % 2]
            over(canvas, shape(width, height, [heart(cx, cy, 54)]), tint)
            over(canvas, shape(width, height, [heart(cx, cy, 30)]), colour("#ffd6ef") if row % 2 else PEACH)
    save(path, canvas, quality=80)


@picture
def led_sunset(path: Path) -> None:
    """The intro's sun again, over a grid that runs to the horizon."""
    width, height = 580, 650
    canvas = gradient(
        width,
        height,
        [
            (0, colour("#120643")),
            (0.45, colour("#6d1b93")),
            (0.62, MAGENTA),
            (0.63, colour("#1b0a4a")),
            (1, colour("#3a1180")),
        ],
    )
    x, y = grid(width, height)
    disc = np.clip(170.5 - np.hypot(x - 290, y - 290), 0, 1) * np.clip(406 - y, 0, 1)
    for index in range(5):
        top = 285 + index * 26
        disc *= 1 - np.clip(np.minimum(y - top, top + 5 + index * 2 - y) + 0.5, 0, 1)
    over(canvas, disc, gradient(width, height, [(0.2, GOLD), (0.45, PEACH), (0.62, MAGENTA)]))
    below = np.clip((y - 407) / 243, 0, 1)
    floor = (y > 407).astype(np.float32)
    cross = np.abs(((x - 290) / (14 + 150 * below)) % 1 - 0.5)
    rows = np.abs((3.2 / (below + 0.12)) % 1 - 0.5)
    shine(canvas, floor * np.clip(1 - (0.5 - cross) / 0.05, 0, 1), CYAN, 0.8)
    shine(canvas, floor * np.clip(1 - (0.5 - rows) / 0.07, 0, 1), CYAN, 0.8)
    save(path, canvas, quality=84)


@picture
def led_bars(path: Path) -> None:
    """An equaliser that jumps from the foot of the wall."""
    width, height = 580, 400
    canvas, cover = empty(width, height), np.zeros((height, width), np.float32)
    random = np.random.default_rng(14)
    tint = gradient(width, height, [(0, MAGENTA), (0.5, PINK), (1, CYAN)])
    for column in range(14):
        tall = 90 + 290 * np.sin(np.pi * (column + 0.5) / 14) * (0.55 + 0.45 * random.random())
        for row in range(int(tall // 24)):
            cover += rounded(
                width, height, (column * 41 + 6, height - row * 24 - 20, column * 41 + 38, height - row * 24 - 2), 4
            )
    canvas += tint
    save(path, canvas, cover, quality=80)


def _beam(path: Path, tint: Light) -> None:
    width, height = 220, 620
    x, y = grid(width, height)
    half = 5 + 92 * (y / height)
    across = np.abs(x - width / 2) / half
    body = np.exp(-((across / 0.62) ** 2)) * (0.22 + 0.78 * np.exp(-y / 210)) * np.clip((height - y) / 200, 0, 1)
    core = np.exp(-((across / 0.18) ** 2)) * np.exp(-y / 120) * 0.6
    smoke = 0.72 + 0.42 * clouds(width, height, 40, 3)
    light = 0.68 * ((body * smoke)[..., None] * tint + core[..., None] * WHITE)
    save(path, light, emits=True, quality=82)


@picture
def beam_pink(path: Path) -> None:
    """A lamp's beam from above, pink; its lamp is in the middle of its upper edge."""
    _beam(path, PINK * 0.6 + MAGENTA * 0.4)


@picture
def beam_cyan(path: Path) -> None:
    """The same in cyan."""
    _beam(path, CYAN)


@picture
def beam_gold(path: Path) -> None:
    """The same in gold."""
    _beam(path, GOLD)


def _glow(path: Path, tint: Light) -> None:
    size = 256
    far = np.hypot(*(v - size / 2 for v in grid(size, size))) / (size / 2)
    light = np.exp(-far * 3.4) * np.clip(1 - far, 0, 1)
    save(path, light[..., None] * (tint * 0.62) + (np.exp(-far * 14)[..., None] * WHITE * 0.55), emits=True)


@picture
def glow_pink(path: Path) -> None:
    """A lens glow, to be scaled."""
    _glow(path, MAGENTA)


@picture
def glow_cyan(path: Path) -> None:
    """The same in cyan."""
    _glow(path, CYAN)


@picture
def glow_gold(path: Path) -> None:
    """The same in gold."""
    _glow(path, GOLD)


@picture
def haze(path: Path) -> None:
    """Smoke to drift over the floor."""
    width, height = 540, 360
    x, y = grid(width, height)
    edge = np.exp(-(((x - width / 2) / (width * 0.33)) ** 2)) * np.exp(-(((y - height * 0.6) / (height * 0.27)) ** 2))
    smoke = np.clip(clouds(width, height, 77, 3) * 1.6 - 0.45, 0, 1) * edge
    save(path, smoke[..., None] * colour("#b78cff") * 0.55, emits=True, quality=70)


@picture
def spot(path: Path) -> None:
    """A follow spot's pool of light on the floor."""
    width, height = 520, 150
    far = np.hypot((grid(width, height)[0] - 260) / 250, (grid(width, height)[1] - 75) / 70)
    pool = np.clip(1.0 - far, 0, 1) ** 0.6 * np.clip((1 - far) * 6, 0, 1)
    save(path, pool[..., None] * (0.55 * PINK + 0.45 * WHITE) * 0.4, emits=True)


# ---- the crowd -----------------------------------------------------------------------------------------------------


def _heads(width: int, height: int, seed: int, count: int, size: float) -> list[list[Point]]:
    random = np.random.default_rng(seed)
    people: list[list[Point]] = []
    for index in range(count):
        cx = (index + 0.5 + random.uniform(-0.25, 0.25)) * width / count
        top = height * 0.45 + random.uniform(-0.12, 0.1) * height
        r = size * random.uniform(0.88, 1.12)
        people.append(ring(cx, top + r, r * 0.84, r, 28))
        kind = random.integers(0, 5)
        if kind == 0:
            people.append(ring(cx + r * 0.75, top + r * 0.2, r * 0.42, r * 0.42, 16))
            people.append(ring(cx - r * 0.75, top + r * 0.2, r * 0.42, r * 0.42, 16))
        elif kind == 1:
            people.append(ring(cx, top + r * 0.15, r * 0.48, r * 0.4, 16))
        elif kind == 2:
            people.append(ring(cx, top + r * 1.0, r * 1.15, r * 1.1, 24))
        elif kind == 3:
            people.append(
                [
                    (cx - r * 0.9, top + r),
                    (cx + r * 0.9, top + r),
                    (cx + r * 1.05, top + r * 3.2),
                    (cx - r * 1.05, top + r * 3.2),
                ]
            )
        shoulder = top + r * 2.05
        people.append(
            [
                (cx - r * 0.35, top + r),
                (cx + r * 0.35, top + r),
                (cx + r * 0.45, shoulder - r * 0.1),
                *curve(
                    [
                        (cx + r * 0.6, shoulder),
                        (cx + r * 1.55, shoulder + r * 0.45),
                        (cx + r * 1.9, shoulder + r * 1.8),
                    ],
                    steps=5,
                ),
                (cx + r * 1.9, height),
                (cx - r * 1.9, height),
                *curve(
                    [
                        (cx - r * 1.9, shoulder + r * 1.8),
                        (cx - r * 1.55, shoulder + r * 0.45),
                        (cx - r * 0.6, shoulder),
                    ],
                    steps=5,
                ),
                (cx - r * 0.45, shoulder - r * 0.1),
            ]
        )
    return people


def _crowd(path: Path, width: int, height: int, seed: int, count: int, size: float, body: Light, rim: Light) -> None:
    cover = shape(width, height, _heads(width, height, seed, count, size))
    light = np.broadcast_to(body, (height, width, 3)).astype(np.float32).copy()
    # Light from the stage catches the upper edges.
    upper = np.clip(cover - np.roll(cover, max(3, int(size / 9)), axis=0), 0, 1)
    shine(light, blurred(upper, 1.2), rim, 0.9)
    save(path, light, cover, quality=84)


@picture
def crowd_front(path: Path) -> None:
    """The people right before us, from behind."""
    _crowd(path, 900, 420, 51, 7, 62, colour("#07031a"), colour("#b04be0"))


@picture
def crowd_back(path: Path) -> None:
    """The people further in front, smaller."""
    _crowd(path, 900, 300, 52, 15, 30, colour("#120733"), colour("#e0559f"))


def _sticks(path: Path, seed: int, count: int, size: float, tints: tuple[Light, ...], arm: Light) -> None:
    width, height = 900, 520
    random = np.random.default_rng(seed)
    polygons: list[list[Point]] = []
    light = empty(width, height)
    for index in range(count):
        cx = (index + 0.5 + random.uniform(-0.3, 0.3)) * width / count
        top = height * 0.30 + random.uniform(-60, 70)
        lean = random.uniform(-0.25, 0.25)
        foot = (cx - lean * 260, float(height))
        hand = (cx, top + size * 2.6)
        w = size * 0.52
        polygons.append(
            [(foot[0] - w * 1.5, foot[1]), (hand[0] - w, hand[1]), (hand[0] + w, hand[1]), (foot[0] + w * 1.5, foot[1])]
        )
        polygons.append(ring(hand[0], hand[1], size * 0.62, size * 0.7, 16))
        tip = (cx + lean * 60, top - size * 1.4)
        far = distance(width, height, [[hand, tip]])
        light += tube(far, tints[index % len(tints)], size * 0.27, glow=0.9, reach=size * 0.55)
    arms = shape(width, height, polygons)
    glow = bent(light * np.clip(grid(width, height)[1] / 40, 0, 1)[..., None])
    brightest = glow.max(axis=2)
    cover = np.maximum(arms, brightest)
    mixed = (arms[..., None] * arm * (1 - brightest[..., None]) + glow) / np.maximum(cover, 1e-3)[..., None]
    save(path, mixed, cover, quality=84)


@picture
def sticks_front(path: Path) -> None:
    """Raised arms with light sticks, near."""
    _sticks(path, 61, 5, 34, (PINK, CYAN, MINT), colour("#0a0420"))


@picture
def sticks_middle(path: Path) -> None:
    """The same, further away."""
    _sticks(path, 62, 8, 21, (CYAN, PINK, GOLD), colour("#0f0630"))


@picture
def sticks_back(path: Path) -> None:
    """The same, far."""
    _sticks(path, 63, 13, 13, (PINK, MINT, CYAN, GOLD), colour("#170a3c"))


# ---- lettering -----------------------------------------------------------------------------------------------------


def _sign(width: int, height: int, lines: list[tuple[list[list[Point]], Light, Light]], body: float) -> Light:
    """Letters as a double tube: an outline at `body` pixels from a bright middle stroke."""
    light = empty(width, height)
    for strokes, outer, inner in lines:
        far = distance(width, height, strokes)
        light += (
            tube(np.abs(far - body), outer, 3.0, glow=0.62, reach=8.0) * np.where(far < body - 4, 0.5, 1.0)[..., None]
        )
        light += tube(far, inner, 2.6, glow=0.35, reach=5.0)
    return light


@picture
def logo(path: Path) -> None:
    """The group's sign: NEON SORBET with a cone."""
    width, height = 700, 560
    light = _sign(
        width,
        height,
        [
            (letters("NEON", 60, 80, 390, 150), MAGENTA, colour("#ffc4e6")),
            (letters("SORBET", 52, 320, 596, 150), CYAN, colour("#d5fbff")),
        ],
        19.0,
    )
    cx, top = 566.0, 66.0
    scoops = [ring(cx, top + 46, 52, 46), ring(cx - 1, top + 24, 22, 5)[22:38]]
    cone = [
        [(cx - 50, top + 84), (cx, top + 198), (cx + 50, top + 84), (cx - 50, top + 84)],
        [(cx - 34, top + 118), (cx + 14, top + 88)],
        [(cx - 16, top + 158), (cx + 36, top + 112)],
        [(cx + 34, top + 118), (cx - 14, top + 88)],
        [(cx + 16, top + 158), (cx - 36, top + 112)],
    ]
    light += tube(distance(width, height, scoops), PINK, 3.4, glow=0.7)
    light += tube(distance(width, height, cone), GOLD, 3.0, glow=0.6)
    light += tube(
        distance(width, height, [[*star(cx + 82, top + 8, 20), star(cx + 82, top + 8, 20)[0]]]), MINT, 2.4, glow=0.7
    )
    save(path, light, emits=True, quality=88)


@picture
def title(path: Path) -> None:
    """The song's sign: LIGHT THE NIGHT."""
    width, height = 700, 620
    light = _sign(
        width,
        height,
        [
            (letters("LIGHT", 60, 60, 560, 140), GOLD, colour("#fff4cf")),
            (letters("THE", 200, 262, 250, 86), PINK, colour("#ffd9ef")),
            (letters("NIGHT", 60, 412, 580, 140), MAGENTA, colour("#ffc4e6")),
        ],
        17.0,
    )
    for x0, x1 in ((40, 160), (500, 660)):
        light += tube(distance(width, height, [[(x0, 305), (x1, 305)]]), CYAN, 2.6, glow=0.7)
    save(path, light, emits=True, quality=88)


@picture
def nameplate(path: Path) -> None:
    """Dark glass in a neon frame, for the fan's name."""
    width, height = 660, 210
    x, y = grid(width, height)
    far = rounded_distance(x, y, (34, 34, width - 34, height - 34), 60)
    light = tube(np.abs(far), MAGENTA, 3.4, glow=0.85, reach=9.0) + tube(
        np.abs(far + 13), CYAN, 1.8, glow=0.4, reach=5.0
    )
    light += tube(distance(width, height, [[*heart(66, 40, 22), heart(66, 40, 22)[0]]]), PINK, 2.6, glow=0.7)
    light += tube(distance(width, height, [[*star(598, 168, 22), star(598, 168, 22)[0]]]), GOLD, 2.4, glow=0.7)
    light *= faded(width, height)[..., None]
    glass = np.clip(0.5 - far, 0, 1) * 0.82
    glow = bent(light)
    brightest = glow.max(axis=2)
    cover = np.maximum(glass, brightest)
    mixed = (glass[..., None] * colour("#0d0530") * (1 - brightest[..., None]) + glow) / np.maximum(cover, 1e-3)[
        ..., None
    ]
    save(path, mixed, np.clip((cover - 0.006) / 0.994, 0, 1), quality=88)


# ---- close-up backgrounds, stickers, paper --------------------------------------------------------------------------


@picture
def burst(path: Path) -> None:
    """Comic speed lines around a face: magenta to violet."""
    width, height = 900, 1500
    x, y = grid(width, height)
    angle = np.arctan2(y - 640, x - 450)
    far = np.hypot((x - 450) / 620, (y - 640) / 900)
    random = np.random.default_rng(81)
    streaks = np.interp(angle, np.linspace(-np.pi, np.pi, 361), np.append(r := random.random(360), r[0])).astype(
        np.float32
    )
    lines = np.clip((streaks - 0.62) * 6, 0, 1) * np.clip((far - 0.34) * 2.2, 0, 1)
    canvas = gradient(
        width,
        height,
        [(0, colour("#2a0f7a")), (0.35, colour("#8f1fae")), (0.6, colour("#ff3f95")), (1, colour("#ff9a6b"))],
    )
    canvas *= (1.04 - 0.5 * np.clip(far - 0.5, 0, 1))[..., None]
    shine(canvas, blob(width, height, 450, 620, 360, 460), colour("#ffb3e2"), 0.42)
    over(canvas, lines, colour("#ffd8f2"), 0.55)
    # Halftone: dots that grow towards the lower edge, on a lattice at 45 degrees.
    u, v = (x + y) / 20, (x - y) / 20
    radius = np.clip((y - 760) / 900, 0, 0.46)
    dots = np.clip((radius - np.hypot(u % 1 - 0.5, v % 1 - 0.5)) * 14 + 0.5, 0, 1) * (radius > 0.01)
    over(canvas, dots.astype(np.float32), colour("#ffe28a"), 0.32)
    save(path, canvas, quality=84)


@picture
def bokeh(path: Path) -> None:
    """The lights of the hall, far out of focus."""
    width, height = 900, 1500
    canvas = gradient(width, height, [(0, colour("#0a0424")), (0.5, colour("#2d1167")), (1, colour("#12062f"))])
    shine(canvas, blob(width, height, 450, 560, 520, 560), VIOLET, 0.5)
    random = np.random.default_rng(91)
    x, y = grid(width, height)
    for _ in range(90):
        cx, cy = random.uniform(-40, 940), random.uniform(-40, 1540)
        r = random.uniform(14, 74)
        tint = (MAGENTA, PINK, CYAN, GOLD, VIOLET, MINT)[random.integers(6)]
        far = np.hypot(x - cx, y - cy)
        disc = np.clip(r - far, 0, 1) * (0.6 + 0.4 * np.clip(far / r, 0, 1) ** 4)
        shine(canvas, disc, tint, float(random.uniform(0.05, 0.26)))
    save(path, np.minimum(canvas, 1.0), quality=84)


def _sticker(path: Path, outline: list[Point], tint: Light, shade: Light, size: int = 160) -> None:
    body = shape(size, size, [outline])
    far = distance(size, size, [[*outline, outline[0]]])
    border = np.maximum(body, np.clip(8.5 - far, 0, 1))
    light = np.broadcast_to(WHITE, (size, size, 3)).astype(np.float32).copy()
    over(light, body * np.clip(far - 0.5, 0, 1), tint)
    x, y = grid(size, size)
    over(light, body * np.clip((y - x * 0.25 - size * 0.52) / 6, 0, 1) * np.clip(far - 0.5, 0, 1), shade)
    over(light, blob(size, size, size * 0.36, size * 0.36, 14, 9) * body, WHITE, 0.9)
    save(path, light, border, quality=88)


@picture
def sticker_heart(path: Path) -> None:
    """A heart with a white border."""
    _sticker(path, heart(80, 84, 58, -0.12), PINK, MAGENTA)


@picture
def sticker_star(path: Path) -> None:
    """A star with a white border."""
    _sticker(path, star(80, 84, 62, 5, 0.52, 0.1), GOLD, PEACH)


@picture
def sparkle(path: Path) -> None:
    """A glint with four rays."""
    size = 160
    x, y = grid(size, size)
    dx, dy = np.abs(x - 80), np.abs(y - 80)
    far = np.hypot(dx, dy)
    light = np.exp(-(dx * 0.9 + dy * 0.075)) + np.exp(-(dy * 0.9 + dx * 0.075)) + 0.9 * np.exp(-far / 9)
    light *= np.clip(1 - far / 80, 0, 1)
    save(path, light[..., None] * (0.6 * WHITE + 0.4 * PINK), emits=True)


def _confetti(path: Path, seed: int, count: int, size: float, soft: float) -> None:
    width, height = 800, 1400
    random = np.random.default_rng(seed)
    light, cover = np.ones((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    for _ in range(count):
        cx, cy = random.uniform(0, width), random.uniform(20, height - 20)
        long, wide = size * random.uniform(0.8, 1.5), size * random.uniform(0.25, 0.8)
        turn = random.uniform(0, np.pi)
        c, s = np.cos(turn), np.sin(turn)
        corners = [(-long, -wide), (long, -wide * 0.6), (long, wide), (-long, wide * 0.6)]
        piece = [(cx + c * a - s * b, cy + s * a + c * b) for a, b in corners]
        x0, y0 = int(max(0, cx - 3 * size)), int(max(0, cy - 3 * size))
        x1, y1 = int(min(width, cx + 3 * size)), int(min(height, cy + 3 * size))
        local = shape(x1 - x0, y1 - y0, [[(px - x0, py - y0) for px, py in piece]])
        tint = (PINK, GOLD, CYAN, MINT, WHITE, MAGENTA)[random.integers(6)] * random.uniform(0.75, 1.0)
        over(light[y0:y1, x0:x1], local, tint)
        np.maximum(cover[y0:y1, x0:x1], local, out=cover[y0:y1, x0:x1])
    if soft:
        premultiplied = blurred(light * cover[..., None], soft)
        cover = blurred(cover, soft)
        light = premultiplied / np.maximum(cover, 1e-3)[..., None]
    save(path, light, cover, quality=78)


@picture
def confetti_far(path: Path) -> None:
    """Small paper, sharp."""
    _confetti(path, 71, 150, 6.0, 0.0)


@picture
def confetti_near(path: Path) -> None:
    """Large paper, out of focus."""
    _confetti(path, 72, 34, 17.0, 2.2)


@picture
def photocard(path: Path) -> None:
    """The border of a collector's card: iridescent, with a window for the picture."""
    x, y = grid(WIDTH, HEIGHT)
    far = rounded_distance(x, y, (40, 44, 680, 1110), 46)
    cover = np.clip(far + 0.5, 0, 1)
    turn = (x * 0.9 + y * 0.55) / 210 + 0.35 * np.sin(y / 90)
    stops = np.stack(
        [PINK, colour("#ffd0f0"), colour("#bfe9ff"), CYAN * 0.6 + 0.4, MINT, colour("#fff0b8"), PEACH, PINK]
    )
    place_in = (turn % 1) * 7
    light = np.stack([np.interp(place_in, np.arange(8), stops[:, c]) for c in range(3)], axis=2).astype(np.float32)
    shine(light, np.clip(clouds(WIDTH, HEIGHT, 15, 6) - 0.55, 0, 1), WHITE, 0.8)
    over(light, np.clip(1 - np.abs(far - 7) / 3.0, 0, 1), WHITE)
    over(light, np.clip(1 - np.abs(far) / 3.0, 0, 1), MAGENTA)
    for cx, cy, size, turned in ((82, 76, 30, -0.3), (648, 1090, 34, 0.25), (660, 90, 18, 0.4)):
        outline = heart(cx, cy, size, turned)
        edge = distance(WIDTH, HEIGHT, [[*outline, outline[0]]])
        body = np.maximum(shape(WIDTH, HEIGHT, [outline]), np.clip(6 - edge, 0, 1))
        over(light, body, WHITE)
        over(light, shape(WIDTH, HEIGHT, [outline]), MAGENTA)
        cover = np.maximum(cover, body)
    for cx, cy, size in ((60, 1080, 30), (610, 60, 20), (112, 46, 14)):
        outline = star(cx, cy, size, 5, 0.5, 0.2)
        edge = distance(WIDTH, HEIGHT, [[*outline, outline[0]]])
        body = np.maximum(shape(WIDTH, HEIGHT, [outline]), np.clip(5 - edge, 0, 1))
        over(light, body, WHITE)
        over(light, shape(WIDTH, HEIGHT, [outline]), GOLD)
        cover = np.maximum(cover, body)
    save(path, light, cover, quality=86)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint the demo's pictures.")
    parser.add_argument("names", nargs="*", choices=[[], *PICTURES], help="pictures to paint; none means all")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "art")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or PICTURES:
        path = arguments.out / f"{name}.webp"
        PICTURES[name](path)
        print(f"{path.name:22} {path.stat().st_size / 1024:7.0f} KiB")


if __name__ == "__main__":
    main()
