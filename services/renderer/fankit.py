"""Finishes a fan-kit's pictures: an outline and emotes for stickers, stage light for stills. Pixels in, PNG out."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Rgba = NDArray[np.uint8]
"""Straight alpha, (height, width, 4)."""

Rgb = tuple[int, int, int]

_OVERSIZE = 3

EMOTES: Mapping[str, Sequence[tuple[str, float, float, float, float, Rgb]]] = {
    # kind, centre x and y and size as shares of the sticker's width, turn in degrees, colour
    "joy": [("spark", 0.15, 0.20, 0.085, 8, (255, 208, 64)), ("note", 0.85, 0.24, 0.105, 12, (255, 104, 168)),
            ("spark", 0.90, 0.46, 0.050, -10, (92, 208, 255))],
    "love": [("heart", 0.15, 0.26, 0.100, -16, (255, 88, 132)), ("heart", 0.87, 0.20, 0.125, 14, (255, 88, 132)),
             ("heart", 0.91, 0.45, 0.060, 10, (255, 150, 186))],
    "wink": [("star", 0.86, 0.24, 0.110, 12, (255, 208, 64)), ("spark", 0.14, 0.22, 0.070, 0, (92, 208, 255))],
    "cool": [("spark", 0.84, 0.20, 0.100, 6, (92, 208, 255)), ("spark", 0.92, 0.36, 0.050, 0, (255, 255, 255))],
    "surprised": [("bang", 0.85, 0.22, 0.135, 14, (255, 176, 48))],
    "shy": [("drop", 0.82, 0.22, 0.095, 16, (110, 190, 255)), ("heart", 0.15, 0.28, 0.065, -12, (255, 150, 186))],
    "neutral": [("note", 0.15, 0.24, 0.095, -10, (146, 120, 255)), ("spark", 0.86, 0.22, 0.070, 0, (255, 208, 64))],
}  # fmt: skip


def sticker(drawn: Rgba, expression: str) -> bytes:
    """A PNG of the avatar with emotes, a white outline and nothing else around."""
    height, width = drawn.shape[:2]
    figure = Image.fromarray(drawn, "RGBA")
    emotes = Image.new("RGBA", (width * _OVERSIZE, height * _OVERSIZE), (0, 0, 0, 0))
    for kind, x, y, size, turn, color in EMOTES.get(expression or "neutral", EMOTES["neutral"]):
        _emote(emotes, kind, centre=(x * width, y * width), size=size * width, turn=turn, color=color)
    front = Image.alpha_composite(figure, emotes.resize((width, height), Image.Resampling.LANCZOS))
    reach = max(2, round(width * 0.017))
    # Room around it, because shifting a picture brings one edge back in at the other.
    front = ImageOps.expand(front, border=2 * reach, fill=(0, 0, 0, 0))
    alpha = front.getchannel("A")
    hull = alpha.point(lambda a: 255 if a > 100 else 0)
    for _ in range(reach):  # a disc, grown a pixel at a time: square and cross in turn
        hull = hull.filter(ImageFilter.MaxFilter(3)) if _ % 2 else _cross(hull)
    soft = hull.filter(ImageFilter.GaussianBlur(max(1.0, width / 480)))
    edge = soft.point(lambda a: max(0, min(255, (a - 96) * 4)))
    shadow = soft.filter(ImageFilter.GaussianBlur(width * 0.012)).point(lambda a: a * 70 // 255)
    out = Image.new("RGBA", front.size, (0, 0, 0, 0))
    dark = Image.new("RGBA", front.size, (30, 20, 60, 255))
    dark.putalpha(ImageChops.offset(shadow, 0, round(width * 0.006)))
    white = Image.new("RGBA", front.size, (255, 255, 255, 255))
    white.putalpha(edge)
    for layer in (dark, white, front):
        out = Image.alpha_composite(out, layer)
    # Made a little smaller, so that the outline also runs along an edge at which the figure is cut.
    spare = reach // 2
    out = out.crop((spare, spare, out.width - spare, out.height - spare))
    return _png(out.resize((width, height), Image.Resampling.LANCZOS))


def still(drawn: Rgba, key: Rgb, rim: Rgb, fill: Rgb, seed: int) -> bytes:
    """A PNG of the avatar before beams and bokeh in the colours of its lights."""
    height, width = drawn.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x - width / 2) / width, y / height
    low = np.array(fill, np.float32) * 0.20 + np.array((14, 9, 34), np.float32)
    high = np.array(rim, np.float32) * 0.34 + np.array((26, 14, 54), np.float32)
    picture = low + (high - low) * (1 - v)[..., None]
    random = np.random.default_rng(seed)
    for k in range(7):
        origin, lean = (k - 3) * 0.24, (k - 3) * 0.16 + float(random.uniform(-0.12, 0.12))
        away = np.abs(u - origin - lean * v)
        beam = np.exp(-((away / (0.018 + 0.075 * v)) ** 2)) * (1 - v) ** 1.2
        tint = np.array((rim, key, fill)[k % 3], np.float32)
        picture += beam[..., None] * tint * 0.30
    glow = np.exp(-((u / 0.36) ** 2) - ((v - 0.42) / 0.34) ** 2)
    picture += glow[..., None] * np.array(rim, np.float32) * 0.32
    for _ in range(46):
        cx, cy = float(random.uniform(-0.5, 0.5)), float(random.uniform(0.02, 1.0))
        radius, tone = float(random.uniform(0.006, 0.034)), float(random.uniform(0.05, 0.26))
        far = np.hypot(u - cx, (v - cy) * height / width)
        disc = np.clip((radius - far) * width / 2, 0, 1) * (0.55 + 0.45 * np.clip(far / radius, 0, 1) ** 3)
        picture += disc[..., None] * np.array((rim, key, fill)[int(random.integers(3))], np.float32) * tone
    back = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8), "RGB").convert("RGBA")
    figure = Image.fromarray(drawn, "RGBA")
    halo = Image.new("RGBA", figure.size, (*(min(255, c + 60) for c in rim), 255))
    halo.putalpha(figure.getchannel("A").filter(ImageFilter.GaussianBlur(width * 0.03)).point(lambda a: a * 120 // 255))
    return _png(Image.alpha_composite(Image.alpha_composite(back, halo), figure))


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=6)
    return file.getvalue()


def _cross(mask: Image.Image) -> Image.Image:
    grown = mask
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        grown = ImageChops.lighter(grown, ImageChops.offset(mask, dx, dy))
    return grown


def _emote(layer: Image.Image, kind: str, *, centre: tuple[float, float], size: float, turn: float, color: Rgb) -> None:
    """Draw one emote with a darker rim and a light."""
    scale, angle = size * _OVERSIZE, math.radians(turn)

    def place(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        c, s = math.cos(angle), math.sin(angle)
        return [
            (centre[0] * _OVERSIZE + scale * (x * c - y * s), centre[1] * _OVERSIZE + scale * (x * s + y * c))
            for x, y in points
        ]

    pen = ImageDraw.Draw(layer)
    rim = tuple(int(channel * 0.55) for channel in color)
    for outline in _shapes(kind):
        points = place(outline)
        pen.polygon(points, fill=(*color, 255))
        pen.line([*points, points[0], points[1]], fill=(*rim, 255), width=max(2, round(scale * 0.045)), joint="curve")
    glint = place(_ellipse(-0.20, -0.22, 0.10, 0.07))
    if kind in {"heart", "drop"}:
        pen.polygon(glint, fill=(255, 255, 255, 220))


def _ellipse(x: float, y: float, rx: float, ry: float) -> list[tuple[float, float]]:
    return [(x + rx * math.cos(k * math.pi / 16), y + ry * math.sin(k * math.pi / 16)) for k in range(32)]


def _shapes(kind: str) -> list[list[tuple[float, float]]]:
    """Outlines of an emote in a box of -0.5 to 0.5, y down."""
    turn = [k * math.pi / 32 for k in range(64)]
    if kind == "heart":
        return [
            [
                (
                    0.03 * 16 * math.sin(t) ** 3,
                    -0.03 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)),
                )
                for t in turn
            ]
        ]
    if kind in {"star", "spark"}:
        points, inner = (5, 0.46) if kind == "star" else (4, 0.22)
        return [
            [
                (
                    math.sin(k * math.pi / points) * (0.5 if k % 2 == 0 else 0.5 * inner),
                    -math.cos(k * math.pi / points) * (0.5 if k % 2 == 0 else 0.5 * inner),
                )
                for k in range(2 * points)
            ]
        ]
    if kind == "note":
        stem = [
            (0.06, 0.28),
            (0.06, -0.48),
            (0.34, -0.40),
            (0.40, -0.10),
            (0.30, -0.14),
            (0.26, -0.26),
            (0.14, -0.30),
            (0.14, 0.28),
        ]
        return [stem, _ellipse(-0.05, 0.30, 0.20, 0.15)]
    if kind == "bang":
        return [[(-0.11, -0.5), (0.11, -0.5), (0.055, 0.16), (-0.055, 0.16)], _ellipse(0, 0.36, 0.10, 0.10)]
    return [[(0.30 * math.sin(t) * (0.55 - 0.45 * math.cos(t)), 0.12 + 0.42 * -math.cos(t) * -1) for t in turn]]
