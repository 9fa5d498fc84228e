"""Between colours as stored (sRGB, 8 bits) and as seen (CIE L*a*b*, D65), and the skin tones of the Monk scale."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Lab: TypeAlias = NDArray[np.float32]
"""Shape (..., 3): lightness 0 to 100, a* green to red, b* blue to yellow."""

_D65 = np.array([0.95047, 1.0, 1.08883])
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
# IEC 61966-2-1, one entry per 8-bit value.
_V = np.arange(256) / 255.0
_LINEAR = np.where(_V <= 0.04045, _V / 12.92, ((_V + 0.055) / 1.055) ** 2.4).astype(np.float32)
_WHITE_TO_XYZ = (_TO_XYZ / _D65[:, None]).T.astype(np.float32)

MONK = np.array(
    [
        (0xF6, 0xED, 0xE4), (0xF3, 0xE7, 0xDB), (0xF7, 0xEA, 0xD0), (0xEA, 0xDA, 0xBA), (0xD7, 0xBD, 0x96),
        (0xA0, 0x7E, 0x56), (0x82, 0x5C, 0x43), (0x60, 0x41, 0x34), (0x3A, 0x31, 0x2A), (0x29, 0x24, 0x20),
    ],
    np.uint8,
)  # fmt: skip
"""The ten tones of the Monk Skin Tone scale (E. Monk, CC BY 4.0), lightest first."""


def linear(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Light, 0 to 1, from 8-bit sRGB; same shape."""
    light: NDArray[np.float32] = _LINEAR[pixels]
    return light


def to_lab(pixels: NDArray[np.uint8]) -> Lab:
    """CIE L*a*b* of 8-bit sRGB pixels, shape (..., 3)."""
    xyz = _LINEAR[pixels] @ _WHITE_TO_XYZ
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab: Lab = np.empty_like(root)
    lab[..., 0] = 116 * root[..., 1] - 16
    lab[..., 1] = 500 * (root[..., 0] - root[..., 1])
    lab[..., 2] = 200 * (root[..., 1] - root[..., 2])
    return lab


def to_srgb(lab: ArrayLike) -> NDArray[np.uint8]:
    """8-bit sRGB of CIE L*a*b* colours, shape (..., 3); what a screen cannot show is clipped."""
    values = np.asarray(lab, np.float64)
    y = (values[..., 0] + 16) / 116
    root = np.stack([y + values[..., 1] / 500, y, y - values[..., 2] / 200], axis=-1)
    xyz = np.where(root**3 > 0.008856, root**3, (root - 16 / 116) / 7.787) * _D65
    light = (xyz @ np.linalg.inv(_TO_XYZ).T).clip(0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    pixels: NDArray[np.uint8] = np.rint(encoded * 255).astype(np.uint8)
    return pixels


def rgb(lab: ArrayLike) -> tuple[int, int, int]:
    """One CIE L*a*b* colour, shape (3,), as 8-bit sRGB."""
    red, green, blue = (int(channel) for channel in to_srgb(lab))
    return red, green, blue


def polar(lab: Lab) -> tuple[float, float]:
    """Chroma of one colour, shape (3,), and its hue in degrees from 0 to 360."""
    return float(np.hypot(lab[1], lab[2])), float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)


MONK_LAB = to_lab(MONK)
"""The same tones as (10, 3) L*a*b*."""
