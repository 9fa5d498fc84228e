"""Finishes a fan-kit's pictures: outline and emotes for stickers, stage light for stills, a page for print."""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Rgba = NDArray[np.uint8]
"""Straight alpha, (height, width, 4)."""

Rgb = tuple[int, int, int]

_OVERSIZE = 3

QUALITIES = (82, 70, 58, 46, 34)
"""Of WebP, tried in order until a sticker is small enough."""

CARD_MM = (55.0, 85.0)
"""A photocard as fans trade them."""

BLEED_MM = 3.0
CARD_DPI = 300


class TooLarge(ValueError):  # noqa: N818  named for what the caller reads
    """A picture does not fit into the bytes that a messenger allows."""


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


def sticker(drawn: Rgba, expression: str, phase: float = 0.0) -> Image.Image:
    """The avatar before its emotes, with a white outline and a soft shadow, and nothing else around.

    Args:
        drawn: The figure, straight alpha.
        expression: Chooses the emotes.
        phase: Where in its loop a moving sticker is, 0 to 1; emotes bob with it.

    Returns:
        RGBA, `outline_room` wider on every side: the outline also runs along an edge at which the figure is cut.
    """
    height, width = drawn.shape[:2]
    bob = round(width * 0.012 * math.sin(2 * math.pi * phase))
    figure = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    figure.alpha_composite(_emotes(expression, width, height), (0, max(0, bob)), (0, max(0, -bob)))
    figure.alpha_composite(Image.fromarray(drawn, "RGBA"))
    room = outline_room(width)
    front = ImageOps.expand(figure, border=room, fill=(0, 0, 0, 0))
    # A blurred edge has fallen to 0.106 at 1.25 sigma: there the outline ends.
    hull = front.getchannel("A").point(lambda a: 255 if a > 100 else 0).filter(ImageFilter.MaxFilter(3))
    soft = hull.filter(ImageFilter.GaussianBlur(0.8 * room / 1.25))
    edge = soft.point(lambda a: max(0, min(255, (a - 18) * 14)))
    shadow = edge.filter(ImageFilter.BoxBlur(0.6 * room)).point(lambda a: a * 70 // 255)
    out = Image.new("RGBA", front.size, (30, 20, 60, 0))
    below = Image.new("L", front.size, 0)
    below.paste(shadow, (0, max(1, room // 3)))
    out.putalpha(below)
    out.paste((255, 255, 255, 255), mask=edge)
    return Image.alpha_composite(out, front)


def outline_room(width: int) -> int:
    """Pixels that a sticker's outline takes around a figure drawn `width` pixels wide."""
    return max(2, round(width * 0.017))


@functools.lru_cache(maxsize=32)
def _emotes(expression: str, width: int, height: int) -> Image.Image:
    """The emotes of an expression: the same for every fan."""
    layer = Image.new("RGBA", (width * _OVERSIZE, height * _OVERSIZE), (0, 0, 0, 0))
    for kind, x, y, size, turn, color in EMOTES.get(expression or "neutral", EMOTES["neutral"]):
        _emote(layer, kind, centre=(x * width, y * width), size=size * width, turn=turn, color=color)
    return layer.resize((width, height), Image.Resampling.LANCZOS)


def framed(picture: Image.Image, width: int, height: int) -> Image.Image:
    """A finished sticker in the middle of a clear picture of this size, pixels."""
    out = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    out.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return out


def webp(pictures: Sequence[Image.Image], most_bytes: int, frame_ms: int = 0) -> bytes:
    """WebP with transparency, moving when there is more than one picture, no larger than `most_bytes`.

    Args:
        pictures: RGBA, of one size.
        most_bytes: The most it may take.
        frame_ms: How long each picture of a moving one stands.

    Raises:
        TooLarge: Even the coarsest quality takes more.
    """
    for quality in QUALITIES:
        file = io.BytesIO()
        loop: dict[str, Any] = {}
        if len(pictures) > 1:
            loop = {"save_all": True, "append_images": pictures[1:], "duration": frame_ms, "loop": 0, "kmax": 1000}
        pictures[0].save(file, "WEBP", quality=quality, method=2, alpha_quality=100, **loop)
        if file.tell() <= most_bytes:
            return file.getvalue()
    raise TooLarge(
        f"{len(pictures)} pictures take {file.tell()} bytes at the coarsest quality; {most_bytes} are allowed"
    )


def jpeg(picture: Image.Image) -> bytes:
    """A JPEG for sharing."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=92, subsampling=0, optimize=True)
    return file.getvalue()


def png(picture: Image.Image) -> bytes:
    """A PNG, losslessly."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def photocard(picture: Image.Image) -> bytes:
    """A card for print: a PDF page of `CARD_MM` with `BLEED_MM` all around, the picture filling both.

    The page's TrimBox is where the card is cut. A picture of `card_pixels` is printed at 300 dpi.
    """
    card = picture.convert("RGB")
    pen = ImageDraw.Draw(card)
    inset = round((BLEED_MM + 2.2) / 25.4 * CARD_DPI)
    box = (inset, inset, card.width - 1 - inset, card.height - 1 - inset)
    pen.rounded_rectangle(box, radius=round(3 / 25.4 * CARD_DPI), outline=(255, 255, 255), width=4)
    file = io.BytesIO()
    card.save(file, "JPEG", quality=95, subsampling=0, dpi=(CARD_DPI, CARD_DPI))
    points = [(side + 2 * BLEED_MM) / 25.4 * 72 for side in CARD_MM]
    return _pdf(file.getvalue(), card.size, (points[0], points[1]), BLEED_MM / 25.4 * 72)


def card_pixels() -> tuple[int, int]:
    """Width and height of a photocard's picture, bleed included."""
    width, height = (round((side + 2 * BLEED_MM) / 25.4 * CARD_DPI) for side in CARD_MM)
    return width, height


def _pdf(jpeg_bytes: bytes, pixels: tuple[int, int], points: tuple[float, float], bleed: float) -> bytes:
    """One page that a JPEG fills; ISO 32000-1, 14.11.2 for its boxes."""
    width, height = points
    page = f"0 0 {width:.3f} {height:.3f}"
    trim = f"{bleed:.3f} {bleed:.3f} {width - bleed:.3f} {height - bleed:.3f}"
    drawing = f"{width:.3f} 0 0 {height:.3f} 0 0 cm /Card Do".encode()
    picture = f"/Type /XObject /Subtype /Image /Width {pixels[0]} /Height {pixels[1]} /ColorSpace /DeviceRGB"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{page}] /BleedBox [{page}] /TrimBox [{trim}] "
            "/Resources << /XObject << /Card 5 0 R >> >> /Contents 4 0 R >>"
        ).encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        f"<< {picture} /BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg_bytes)} >>\nstream\n".encode()
        + jpeg_bytes
        + b"\nendstream",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    rows = b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, rows)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def still(drawn: Rgba, key: Rgb, rim: Rgb, fill: Rgb, seed: int) -> Image.Image:
    """The avatar before beams and bokeh in the colours of its lights."""
    figure = Image.fromarray(drawn, "RGBA")
    halo = Image.new("RGBA", figure.size, (*(min(255, c + 60) for c in rim), 255))
    glow = figure.getchannel("A").reduce(4).filter(ImageFilter.GaussianBlur(figure.width * 0.03 / 4))
    halo.putalpha(glow.resize(figure.size, Image.Resampling.BILINEAR).point(lambda a: a * 120 // 255))
    back = _stage_light(figure.width, figure.height, (key, rim, fill), seed)
    return Image.alpha_composite(Image.alpha_composite(back, halo), figure)


@functools.lru_cache(maxsize=16)
def _stage_light(width: int, height: int, lights: tuple[Rgb, Rgb, Rgb], seed: int) -> Image.Image:
    """Beams, a glow and bokeh: the same behind every fan, so a campaign draws it once."""
    key, rim, fill = lights
    random = np.random.default_rng(seed)
    # What is smooth is drawn at a quarter of the size.
    y, x = np.mgrid[0 : height // 4, 0 : width // 4].astype(np.float32)
    u, v = (x - width / 8) / (width / 4), y / (height / 4)
    low = np.array(fill, np.float32) * 0.20 + np.array((14, 9, 34), np.float32)
    high = np.array(rim, np.float32) * 0.34 + np.array((26, 14, 54), np.float32)
    smooth = low + (high - low) * (1 - v)[..., None]
    for k in range(7):
        origin, lean = (k - 3) * 0.24, (k - 3) * 0.16 + float(random.uniform(-0.12, 0.12))
        away = np.abs(u - origin - lean * v)
        beam = np.exp(-((away / (0.018 + 0.075 * v)) ** 2)) * (1 - v) ** 1.2
        smooth += beam[..., None] * np.array((rim, key, fill)[k % 3], np.float32) * 0.30
    glow = np.exp(-((u / 0.36) ** 2) - ((v - 0.42) / 0.34) ** 2)
    smooth += glow[..., None] * np.array(rim, np.float32) * 0.32
    small = Image.fromarray(np.clip(smooth, 0, 255).astype(np.uint8), "RGB")
    picture = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)).astype(np.float32)
    for _ in range(46):
        cx, cy = float(random.uniform(0, 1)) * width, float(random.uniform(0.02, 1.0)) * height
        radius, tone = float(random.uniform(0.006, 0.034)) * width, float(random.uniform(0.05, 0.26))
        tint = np.array((rim, key, fill)[int(random.integers(3))], np.float32)
        left, top = max(0, int(cx - radius)), max(0, int(cy - radius))
        box = picture[top : int(cy + radius) + 2, left : int(cx + radius) + 2]
        row, column = np.mgrid[0 : box.shape[0], 0 : box.shape[1]].astype(np.float32)
        far = np.hypot(column + left - cx, row + top - cy)
        disc = np.clip((radius - far) / 2, 0, 1) * (0.55 + 0.45 * np.clip(far / radius, 0, 1) ** 3)
        box += disc[..., None] * tint * tone
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8), "RGB").convert("RGBA")


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
