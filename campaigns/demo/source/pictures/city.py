"""The city over the bay: its sky at dusk, the low sun, both skylines, and the palms in front of them."""

# ruff: noqa: PLR0917  places and sizes read best in the order x, y, width, height

from __future__ import annotations

from pathlib import Path

import numpy as np
from paint import (
    CYAN,
    GOLD,
    MAGENTA,
    MINT,
    PEACH,
    PINK,
    WHITE,
    Light,
    Point,
    blob,
    clouds,
    colour,
    curve,
    distance,
    gradient,
    grid,
    place,
    save,
    shape,
    shine,
    tube,
)

from pictures.register import picture


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
