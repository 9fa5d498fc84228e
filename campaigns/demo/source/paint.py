"""Brushes: light, tubes, soft shapes and noise on canvases of numbers. Knows nothing of the pictures made with it.

A canvas is `Light`: linear-looking display values, shape (height, width, 3), 0 to 1 and above where it glows. Pictures
that are laid over others keep a separate coverage, shape (height, width).
"""

# ruff: noqa: PLR0917  places and sizes read best in the order x, y, width, height

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, zoom

Plane = NDArray[np.float32]
"""One value per pixel, shape (height, width)."""

Light = NDArray[np.float32]
"""Red, green and blue per pixel, shape (height, width, 3)."""

Point = tuple[float, float]
Path2 = Sequence[Point]

FINE = 3
"""Shapes are drawn this many times finer and averaged, so that edges are smooth."""


def colour(code: str) -> Light:
    """Return `#rrggbb` as three values from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)], dtype=np.float32)


NIGHT, INDIGO, VIOLET = colour("#0a0520"), colour("#1d1050"), colour("#5a22a8")
MAGENTA, PINK, PEACH, GOLD = colour("#ff2b8a"), colour("#ff79c9"), colour("#ff9d6c"), colour("#ffdf80")
CYAN, MINT, WHITE = colour("#2fe6ff"), colour("#7dffd2"), colour("#ffffff")


def empty(width: int, height: int) -> Light:
    return np.zeros((height, width, 3), dtype=np.float32)


def gradient(width: int, height: int, stops: Sequence[tuple[float, Light]]) -> Light:
    """Fill from top to bottom; stops are shares of the height with their colours."""
    at = np.linspace(0, 1, height)
    places = [s[0] for s in stops]
    column = np.stack([np.interp(at, places, [s[1][c] for s in stops]) for c in range(3)], axis=1)
    return np.repeat(column[:, None, :].astype(np.float32), width, axis=1)


def grid(width: int, height: int) -> tuple[Plane, Plane]:
    """Return x and y of each pixel's centre."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x + 0.5, y + 0.5


def shape(width: int, height: int, polygons: Sequence[Path2]) -> Plane:
    """Fill polygons, given in pixels, with smooth edges."""
    picture = Image.new("L", (width * FINE, height * FINE))
    pen = ImageDraw.Draw(picture)
    for polygon in polygons:
        pen.polygon([(x * FINE, y * FINE) for x, y in polygon], fill=255)
    return _averaged(picture)


def rounded(width: int, height: int, box: tuple[float, float, float, float], radius: float) -> Plane:
    """Fill a rounded rectangle (left, top, right, bottom)."""
    x, y = grid(width, height)
    return np.clip(0.5 - rounded_distance(x, y, box, radius), 0, 1)


def rounded_distance(x: Plane, y: Plane, box: tuple[float, float, float, float], radius: float) -> Plane:
    """Return the distance to the edge of a rounded rectangle, negative inside."""
    left, top, right, bottom = box
    dx = np.abs(x - (left + right) / 2) - (right - left) / 2 + radius
    dy = np.abs(y - (top + bottom) / 2) - (bottom - top) / 2 + radius
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return np.asarray(outside + np.minimum(np.maximum(dx, dy), 0) - radius, dtype=np.float32)


def _averaged(picture: Image.Image) -> Plane:
    fine = np.asarray(picture, dtype=np.float32) / 255
    height, width = fine.shape
    return fine.reshape(height // FINE, FINE, width // FINE, FINE).mean(axis=(1, 3))


def curve(points: Path2, *, closed: bool = False, steps: int = 10) -> list[Point]:
    """Run a smooth line through the points (centripetal enough for lettering)."""
    p = np.array(points, dtype=float)
    if len(p) < 3:
        return [tuple(q) for q in p]
    before = np.roll(p, 1, axis=0) if closed else np.vstack([2 * p[0] - p[1], p[:-1]])
    after = np.roll(p, -1, axis=0) if closed else np.vstack([p[1:], 2 * p[-1] - p[-2]])
    further = np.roll(p, -2, axis=0) if closed else np.vstack([p[2:], 2 * p[-1] - p[-2], 2 * p[-1] - p[-2]])
    out: list[Point] = []
    for i in range(len(p) if closed else len(p) - 1):
        for t in np.linspace(0, 1, steps, endpoint=False):
            a, b, c, d = before[i], p[i], after[i], further[i]
            q = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            out.append((float(q[0]), float(q[1])))
    out.append(out[0] if closed else (float(p[-1][0]), float(p[-1][1])))
    return out


def distance(width: int, height: int, strokes: Sequence[Path2]) -> Plane:
    """Return each pixel's distance to the nearest stroke, in pixels."""
    x, y = grid(width, height)
    nearest = np.full((height, width), 1e6, dtype=np.float32)
    for stroke in strokes:
        for (ax, ay), (bx, by) in itertools.pairwise(stroke):
            dx, dy = bx - ax, by - ay
            along = np.clip(((x - ax) * dx + (y - ay) * dy) / max(1e-6, dx * dx + dy * dy), 0, 1)
            np.minimum(nearest, np.hypot(x - ax - along * dx, y - ay - along * dy), out=nearest)
    return nearest


def tube(far: Plane, tint: Light, width: float, *, glow: float = 1.0, reach: float = 9.0) -> Light:
    """Return the light of a neon tube, given the distance to its middle: a white core, a coloured wall, a halo."""
    core = np.clip(width * 0.42 + 0.5 - far, 0, 1)
    wall = np.clip(width + 0.5 - far, 0, 1)
    halo = np.exp(-far / reach) * 0.5 + np.exp(-far / (reach * 2.6)) * 0.13
    hot = 0.25 * tint + 0.75 * WHITE
    return (wall - core)[..., None] * tint + core[..., None] * hot + (glow * halo * (1 - wall))[..., None] * tint


def blob(width: int, height: int, x: float, y: float, rx: float, ry: float, power: float = 2.0) -> Plane:
    """Return a soft spot that is 1 in the middle and dies away."""
    px, py = grid(width, height)
    return np.exp(-(np.hypot((px - x) / rx, (py - y) / ry) ** power)).astype(np.float32)


def clouds(width: int, height: int, seed: int, cells: int = 4, octaves: int = 5) -> Plane:
    """Return fractal noise from 0 to 1."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width), dtype=np.float32)
    for octave in range(octaves):
        n = cells * 2**octave
        coarse = random.random((n * height // width + 4, n + 4)).astype(np.float32)
        fine = zoom(coarse, (height / (coarse.shape[0] - 3), width / (coarse.shape[1] - 3)), order=3)
        total += fine[:height, :width] * 0.55**octave
    total -= total.min()
    return np.asarray(total / total.max())


def blurred(plane: Plane, sigma: float) -> Plane:
    return np.asarray(gaussian_filter(plane, (sigma, sigma) if plane.ndim == 2 else (sigma, sigma, 0)))


def over(canvas: Light, cover: Plane, tint: Light, opacity: float = 1.0) -> None:
    """Paint a colour over the canvas where `cover` is; `tint` is one colour or one per pixel."""
    share = (cover * opacity)[..., None]
    canvas *= 1 - share
    canvas += share * tint


def shine(canvas: Light, cover: Plane, tint: Light, strength: float = 1.0) -> None:
    """Add light."""
    canvas += (cover * strength)[..., None] * tint


def place(canvas: Light, picture: Light, left: int, top: int, strength: float = 1.0) -> None:
    """Add the light of a smaller picture at a place; what hangs over the edge is cut off."""
    height, width = picture.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(canvas.shape[1], left + width), min(canvas.shape[0], top + height)
    if x0 < x1 and y0 < y1:
        canvas[y0:y1, x0:x1] += strength * picture[y0 - top : y1 - top, x0 - left : x1 - left]


def heart(x: float, y: float, size: float, turn: float = 0.0) -> list[Point]:
    """Return the outline of a heart."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    hx = 16 * np.sin(t) ** 3 / 17
    hy = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 17
    return _turned(hx, hy, x, y, size, turn)


def star(x: float, y: float, size: float, points: int = 5, inner: float = 0.45, turn: float = 0.0) -> list[Point]:
    """Return the outline of a star."""
    angle = np.arange(points * 2) * np.pi / points - np.pi / 2
    radius = np.where(np.arange(points * 2) % 2, inner, 1.0)
    return _turned(radius * np.cos(angle), radius * np.sin(angle), x, y, size, turn)


def ring(x: float, y: float, rx: float, ry: float, steps: int = 40) -> list[Point]:
    """Return an ellipse as a closed line."""
    t = np.linspace(0, 2 * np.pi, steps + 1)
    return [(float(x + rx * np.cos(a)), float(y + ry * np.sin(a))) for a in t]


def _turned(
    px: NDArray[np.float64], py: NDArray[np.float64], x: float, y: float, size: float, turn: float
) -> list[Point]:
    c, s = np.cos(turn), np.sin(turn)
    return [(float(x + size * (c * a - s * b)), float(y + size * (s * a + c * b))) for a, b in zip(px, py, strict=True)]


def bent(light: Light) -> Light:
    """Bend light above full scale towards it, so that a strong glow keeps its colour."""
    return np.asarray(1 - np.exp(-GAIN * np.maximum(light, 0)))


GAIN = 2.0
"""Of `bent`: full scale becomes 0.86."""


def save(path: Path, light: Light, cover: Plane | None = None, *, emits: bool = False, quality: int = 86) -> None:
    """Write a picture as WebP.

    Args:
        path: Where.
        light: The colours; values above 1 are clipped.
        cover: Straight alpha; absent: opaque.
        emits: The picture is pure light: its alpha is its brightest channel, and colours are divided by it.
        quality: Of the lossy coding, 0 to 100.
    """
    if emits:
        light = light * faded(light.shape[1], light.shape[0])[..., None]
        light = bent(light)
        cover = light.max(axis=2)
        light = light / np.maximum(cover, 1e-3)[..., None]
        cover = np.clip((cover - 0.006) / 0.994, 0, 1)
    values = np.clip(light, 0, 1)
    if cover is not None:
        values = np.concatenate([values, np.clip(cover, 0, 1)[..., None]], axis=2)
    # A little noise keeps wide gradients from banding in 8 bits.
    dither = np.random.default_rng(1).random(values.shape[:2])[..., None] - 0.5
    pixels = np.clip(np.round(values * 255 + (dither if cover is None else 0)), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, "WEBP", quality=quality, alpha_quality=90, method=6)


def faded(width: int, height: int, margin: int = 26) -> Plane:
    """Return 1 inside and 0 at the border, so that no halo shows the picture's rectangle."""
    x, y = grid(width, height)
    near = np.minimum(np.minimum(x, width - x), np.minimum(y, height - y))
    ramp = np.clip(near / min(margin, width / 6, height / 6), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp))


GLYPHS: dict[str, tuple[Path2, ...]] = {
    "N": (((0, 1), (0, 0), (1, 1), (1, 0)),),
    "E": (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.5), (0.8, 0.5))),
    "O": (tuple(ring(0.5, 0.5, 0.5, 0.5)),),
    "S": (
        tuple(
            curve(
                [
                    (0.95, 0.17),
                    (0.7, 0.01),
                    (0.3, 0.01),
                    (0.05, 0.22),
                    (0.25, 0.44),
                    (0.75, 0.56),
                    (0.95, 0.78),
                    (0.7, 0.99),
                    (0.3, 0.99),
                    (0.03, 0.83),
                ]
            )
        ),
    ),
    "R": (
        ((0, 1), (0, 0), *curve([(0.55, 0), (0.92, 0.1), (0.92, 0.42), (0.55, 0.52)]), (0, 0.52)),
        ((0.45, 0.52), (1, 1)),
    ),
    "B": (
        (
            (0, 0.5),
            (0, 0),
            *curve([(0.55, 0), (0.88, 0.1), (0.88, 0.38), (0.55, 0.48)]),
            (0, 0.48),
            (0, 1),
            *curve([(0.6, 1), (1.0, 0.9), (1.0, 0.58), (0.6, 0.48)]),
            (0.4, 0.48),
        ),
    ),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "L": (((0, 0), (0, 1), (0.9, 1)),),
    "I": (((0.5, 0), (0.5, 1)),),
    "G": (
        (
            *curve(
                [(0.97, 0.2), (0.72, 0.01), (0.3, 0.01), (0, 0.28), (0, 0.72), (0.3, 0.99), (0.72, 0.99), (0.98, 0.78)]
            ),
            (0.98, 0.55),
            (0.6, 0.55),
        ),
    ),
    "H": (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0.5), (1, 0.5))),
}
"""Our own tube lettering: strokes in a box of 1 by 1, y down."""


def letters(
    text: str, left: float, top: float, width: float, height: float, *, gap: float = 0.45, slant: float = 0.14
) -> list[list[Point]]:
    """Return the strokes of a line of lettering that fills the box exactly.

    Args:
        text: Letters of `GLYPHS`, and spaces.
        left: Box, in pixels.
        top: Box.
        width: Box, slant included.
        height: Box.
        gap: Between letters, in widths of a letter.
        slant: How far the top leans to the right, in heights.
    """
    advance = {"I": 0.12, " ": 0.3}
    widths = [advance.get(letter, 1.0) for letter in text]
    unit = (width - slant * height) / (sum(widths) + gap * (len(text) - 1))
    strokes, x = [], left
    for letter, wide in zip(text, widths, strict=True):
        for path in GLYPHS.get(letter, ()):
            fat = unit * wide if letter != "I" else unit
            shift = -0.44 * unit if letter == "I" else 0.0
            strokes.append([(x + shift + fat * px + slant * height * (1 - py), top + height * py) for px, py in path])
        x += unit * (wide + gap)
    return strokes
