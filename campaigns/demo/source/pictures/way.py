"""What the fan passes on the way to the hall: the train, the street in the rain, the roof, and the night over them."""

from __future__ import annotations

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
    Point,
    blob,
    blurred,
    clouds,
    colour,
    curve,
    distance,
    empty,
    gradient,
    grid,
    heart,
    over,
    place,
    ring,
    rounded,
    rounded_distance,
    save,
    shape,
    shine,
    tube,
)

from pictures.register import HEIGHT, WIDTH, picture


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
