"""What flies, sparkles and is stuck on: bursts, bokeh, confetti, stickers, the photo card's frame."""

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
    VIOLET,
    WHITE,
    Light,
    Point,
    blob,
    blurred,
    clouds,
    colour,
    distance,
    gradient,
    grid,
    heart,
    over,
    rounded_distance,
    save,
    shape,
    shine,
    star,
)

from pictures.register import HEIGHT, WIDTH, picture


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
