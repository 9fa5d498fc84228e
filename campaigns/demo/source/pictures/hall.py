"""The hall: its stage, what its LED wall shows, beams, glows and haze."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from paint import (
    CYAN,
    GOLD,
    INDIGO,
    MAGENTA,
    PEACH,
    PINK,
    VIOLET,
    WHITE,
    Light,
    Point,
    blob,
    blurred,
    clouds,
    colour,
    distance,
    empty,
    gradient,
    grid,
    heart,
    over,
    rounded,
    rounded_distance,
    save,
    shape,
    shine,
    tube,
)

from pictures.register import HEIGHT, WIDTH, picture

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
