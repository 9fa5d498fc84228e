"""Effects on a pixel's own colour or place, by their formulas."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from tests.compositor.conformance.blends import scramble
from tests.compositor.conformance.case import SIZE, black, case, centred, color, layer, premultiplied, value
from tests.compositor.conformance.raster import Picture, over, placed
from tests.compositor.material import Json

GROUP = "Effects on colour"
PLACES = "Effects that paint"

Colours = NDArray[np.float64]
LUMA = np.array([0.2126, 0.7152, 0.0722])


def alone() -> Picture:
    """The chart in the middle of the composition over nothing: it lies on whole pixels."""
    return placed(premultiplied(), centred(), SIZE)


def straight() -> tuple[Colours, Colours]:
    """Its colour, and its alpha with a last axis of 1."""
    picture = alone()
    return picture[..., :3] / np.maximum(picture[..., 3:], 1e-9), picture[..., 3:]


def recoloured(change: Callable[[Colours], Colours]) -> Picture:
    """The chart with another colour at every place."""
    rgb, alpha = straight()
    return over(black(), np.concatenate([np.clip(change(rgb), 0, 1) * alpha, alpha], axis=-1))


def faded(share: Callable[[Any, Any], Any]) -> Picture:
    """The chart by a share of each pixel, which is told x and y in the layer's own pixels."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    return over(black(), alone() * share(columns - 32, rows - 24)[..., None])


def effect(title: str, name: str, settings: Json, reference: Callable[[], Picture], **more: Any) -> None:
    """A case of one effect on the chart."""
    case(GROUP, title, f"effect-{name}", [layer("a", effects=[settings])], reference, **more)


def recolour(title: str, name: str, settings: Json, change: Callable[[Colours], Colours], **more: Any) -> None:
    """A case of an effect on colour alone."""
    effect(title, name, settings, partial(recoloured, change), **more)


def levels(rgb: Colours) -> Colours:
    return np.clip((rgb - 0.1) / 0.7, 0, 1) ** (1 / 1.6)


recolour("Levels", "levels", {"levels": {"inBlack": 0.1, "inWhite": 0.8, "gamma": 1.6}}, levels)
recolour(
    "Levels, output",
    "levels-output",
    {"levels": {"inBlack": 0.1, "inWhite": 0.8, "gamma": 1.6, "outBlack": 0.2, "outWhite": 0.7}},
    lambda rgb: 0.2 + 0.5 * levels(rgb),
)
recolour(
    "Levels, one channel",
    "levels-channel",
    {"levels": {"inBlack": 0.1, "inWhite": 0.8, "gamma": 1.6, "channel": "CHANNEL_GREEN"}},
    lambda rgb: np.stack([rgb[..., 0], levels(rgb)[..., 1], rgb[..., 2]], axis=-1),
)


def points(*pairs: tuple[float, float]) -> list[Json]:
    return [{"in": given, "out": wanted} for given, wanted in pairs]


BEND = [(0.0, 0.05), (0.3, 0.6), (0.7, 0.55), (1.0, 0.95)]
BEND_RED = [(0.1, 0.9), (0.9, 0.1)]


def curves(rgb: Colours) -> Colours:
    bent = rgb.copy()
    bent[..., 0] = np.interp(rgb[..., 0], *np.transpose(BEND_RED))
    spline = CubicSpline(*np.transpose(BEND), bc_type="natural")
    mapped: Colours = np.clip(spline(np.clip(bent, 0, 1)), 0, 1)
    return mapped


recolour("Curves", "curves", {"curves": {"rgb": points(*BEND), "red": points(*BEND_RED)}}, curves)


def by_hls(rgb: Colours, change: Callable[[float, float, float], tuple[float, float, float]]) -> Colours:
    """Each colour changed in hue, lightness and saturation, one by one."""
    flat = np.round(rgb.reshape(-1, 3), 6)
    distinct, which = np.unique(flat, axis=0, return_inverse=True)
    made = np.array([colorsys.hls_to_rgb(*change(*colorsys.rgb_to_hls(*colour))) for colour in distinct])
    return made[which.ravel()].reshape(rgb.shape)


recolour(
    "Hue/Saturation",
    "hue-saturation",
    {"hueSaturation": {"hue": value(70), "saturation": value(-40)}},
    lambda rgb: by_hls(rgb, lambda h, light, s: ((h + 70 / 360) % 1, light, s * 0.6)),
)
recolour(
    "Hue/Saturation, lightness",
    "hue-saturation-lightness",
    {"hueSaturation": {"lightness": value(30)}},
    lambda rgb: rgb + (1 - rgb) * 0.3,
)
recolour(
    "Hue/Saturation, colorize",
    "hue-saturation-colorize",
    {"hueSaturation": {"hue": value(210), "saturation": value(60), "colorize": True}},
    lambda rgb: by_hls(rgb, lambda h, light, s: (210 / 360, light, 0.6)),
)
recolour(
    "Tint",
    "tint",
    {"tint": {"black": color(60, 0, 80), "white": color(255, 240, 180), "amount": value(75)}},
    lambda rgb: (
        rgb * 0.25
        + 0.75
        * (
            np.array([60, 0, 80]) / 255
            + (rgb @ LUMA)[..., None] * (np.array([255, 240, 180]) - np.array([60, 0, 80])) / 255
        )
    ),
)
recolour(
    "Fill",
    "fill",
    {"fill": {"color": color(30, 200, 120), "opacity": value(70)}},
    lambda rgb: rgb * 0.3 + 0.7 * np.array([30, 200, 120]) / 255,
)
recolour(
    "Invert",
    "invert",
    {"invert": {"blendWithOriginal": value(20)}},
    lambda rgb: rgb * 0.2 + (1 - rgb) * 0.8,
)
recolour(
    "Invert, one channel",
    "invert-channel",
    {"invert": {"channel": "CHANNEL_RED"}},
    lambda rgb: np.stack([1 - rgb[..., 0], rgb[..., 1], rgb[..., 2]], axis=-1),
)
recolour(
    "Threshold",
    "threshold",
    {"threshold": {"level": value(90)}},
    lambda rgb: np.repeat((rgb @ LUMA >= 90 / 255)[..., None].astype(float), 3, axis=-1),
)
recolour(
    "Brightness & Contrast",
    "brightness-contrast",
    {"brightnessContrast": {"brightness": value(10), "contrast": value(40)}},
    lambda rgb: (rgb + 0.1 - 0.5) * 1.4 + 0.5,
    differs="as its legacy setting; the newer one's law is not published",
)


def decoded(rgb: Colours) -> Colours:
    """SRGB to linear light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def encoded(light: Colours) -> Colours:
    """Linear light to sRGB."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


recolour(
    "Exposure",
    "exposure",
    {"exposure": {"exposure": value(0.8), "offset": value(0.02), "gamma": value(1.2)}},
    lambda rgb: encoded(np.maximum(decoded(rgb) * 2**0.8 + 0.02, 0) ** (1 / 1.2)),
)
recolour(
    "Posterize",
    "posterize",
    {"posterize": {"levels": value(4)}},
    lambda rgb: np.minimum(np.floor(rgb * 4), 3) / 3,
)
recolour(
    "Channel Mixer",
    "channel-mixer",
    {"channelMixer": {"red": [20, 70, 10, 5], "blue": [100, 0, -30]}},
    lambda rgb: np.stack([rgb @ [0.2, 0.7, 0.1] + 0.05, rgb[..., 1], np.clip(rgb @ [1.0, 0.0, -0.3], 0, 1)], axis=-1),
)


def vignette() -> Picture:
    rgb, alpha = straight()
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    distance = np.hypot((columns - 32) / 64 - 0.5, (rows - 24) / 48 - 0.5) * (0.9 + 0.4)
    t = np.clip((distance - 0.8) / (0.4 * 0.799 - 0.8), 0, 1)
    return over(black(), np.concatenate([rgb * (t * t * (3 - 2 * t))[..., None] * alpha, alpha], axis=-1))


effect("Vignette", "vignette", {"vignette": {"darkness": 0.9, "offset": 0.4}}, vignette, differs="our own effect")


def grain() -> Picture:
    rgb, alpha = straight()
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.uint32)
    with np.errstate(over="ignore"):
        hashed = scramble(columns + scramble(rows + np.uint32(5 * 0x9E3779B1 & 0xFFFFFFFF)))
    total = sum(((hashed >> np.uint32(shift)) & np.uint32(255)).astype(float) for shift in (0, 8, 16, 24))
    deviation = 2 * np.sqrt((256**2 - 1) / 12) / 255
    noise = (np.asarray(total) / 255 - 2) * 0.15 / deviation
    return over(black(), np.concatenate([np.clip(rgb + noise[..., None], 0, 1) * alpha, alpha], axis=-1))


effect("Grain", "grain", {"grain": {"amount": 0.15}}, grain, frame=5, differs="our own effect")


def paints(title: str, name: str, settings: Json, reference: Callable[[], Picture], **more: Any) -> None:
    """A case of an effect that paints from places."""
    case(PLACES, title, f"effect-{name}", [layer("a", effects=[settings])], reference, **more)


def ramp(kind: str) -> Picture:
    rgb, alpha = straight()
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    x, y = columns - 32 - 10, rows - 24 - 8
    way = np.array([40, 30])
    along = np.hypot(x, y) / np.hypot(*way) if kind == "RADIAL" else (x * way[0] + y * way[1]) / (way @ way)
    t = np.clip(along, 0, 1)[..., None]
    painted = (np.array([255, 40, 0]) * (1 - t) + np.array([0, 60, 255]) * t) / 255
    return over(black(), np.concatenate([(rgb * 0.1 + painted * 0.9) * alpha, alpha], axis=-1))


for kind in ("LINEAR", "RADIAL"):
    settings: Json = {
        "gradientRamp": {
            "kind": f"GRADIENT_RAMP_KIND_{kind}",
            "start": value(10, 8),
            "startColor": color(255, 40, 0),
            "end": value(50, 38),
            "endColor": color(0, 60, 255),
            "blendWithOriginal": value(10),
        }
    }
    paints(f"Gradient Ramp, {kind.lower()}", f"ramp-{kind.lower()}", settings, partial(ramp, kind))


def lattice(x: NDArray[np.float64], y: NDArray[np.float64], z: float, seed: int) -> NDArray[np.float64]:
    """Smoothed value noise on a lattice of hashes."""

    def corner(i: Any, j: Any, k: int) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            deep = scramble(np.array([(k + seed) & 0xFFFFFFFF], np.uint32))
            hashed = scramble(
                i.astype(np.int64).astype(np.uint32) + scramble(j.astype(np.int64).astype(np.uint32) + deep)
            )
        return (hashed >> np.uint32(8)).astype(float) / 16777215

    i, j, k = np.floor(x), np.floor(y), int(np.floor(z))
    t, u, v = (part * part * (3 - 2 * part) for part in (x - i, y - j, np.asarray(z - k)))
    planes = []
    for depth in (k, k + 1):
        upper = corner(i, j, depth) * (1 - t) + corner(i + 1, j, depth) * t
        lower = corner(i, j + 1, depth) * (1 - t) + corner(i + 1, j + 1, depth) * t
        planes.append(upper * (1 - u) + lower * u)
    mixed: NDArray[np.float64] = planes[0] * (1 - v) + planes[1] * v
    return mixed


def noise() -> Picture:
    _, alpha = straight()
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    x, y, z = (columns - 32 - 3) / 16, (rows - 24 + 5) / 16, 200 / 360
    total, weight = np.zeros(x.shape), 0.0
    for octave in range(4):
        shift = octave * 17.0
        total += 0.5**octave * lattice(x * 2**octave + shift, y * 2**octave + shift, z + shift, 9)
        weight += 0.5**octave
    grey = np.clip((total / weight - 0.5) * 1.5 + 0.5 + 0.1, 0, 1)
    return over(black(), np.concatenate([np.repeat(grey[..., None], 3, axis=-1) * alpha, alpha], axis=-1))


paints(
    "Turbulent Noise",
    "turbulent-noise",
    {
        "turbulentNoise": {
            "contrast": value(150),
            "brightness": value(10),
            "scale": value(25),
            "complexity": value(4),
            "evolution": value(200),
            "offsetTurbulence": value(3, -5),
            "randomSeed": 9,
        }
    },
    noise,
    differs="the noise is our own, equal on every machine",
)


def linear_wipe(x: Any, y: Any) -> Any:
    """From the upper left, by 40 percent, softened over 12 pixels."""
    angle = np.radians(120)
    along = x * np.sin(angle) - y * np.cos(angle)
    ends = [cx * np.sin(angle) - cy * np.cos(angle) for cx in (0, 64) for cy in (0, 48)]
    edge = min(ends) - 6 + (max(ends) - min(ends) + 12) * 0.4
    return np.clip((along - edge) / 12 + 0.5, 0, 1)


paints(
    "Linear Wipe",
    "linear-wipe",
    {"linearWipe": {"completion": value(40), "angle": value(120), "feather": value(12)}},
    partial(faded, linear_wipe),
)
paints(
    "Radial Wipe",
    "radial-wipe",
    {"radialWipe": {"completion": value(35), "startAngle": value(30), "center": value(28, 20)}},
    partial(faded, lambda x, y: ((np.arctan2(x - 28, -(y - 20)) / (2 * np.pi) - 30 / 360) % 1 >= 0.35).astype(float)),
)
