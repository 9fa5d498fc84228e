"""Clips and pictures that the tests make for themselves."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from media.encoder import SegmentEncoder
from media.profile import Kind, Profile

Pixels = NDArray[np.uint8]
Json = dict[str, Any]

Play = Callable[..., Awaitable[list[Pixels]]]
"""play(layers, frames=(0,), size=(64, 48), ...): the frames as straight RGBA, (height, width, 4)."""


def planes(rgb: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """BT.709 planes of flat-coloured areas on even edges; where chroma is sited does not matter in these."""
    colour = rgb.astype(float) / 255
    luma = colour @ [0.2126, 0.7152, 0.0722]
    chroma = [
        (128 + 224 * (colour[..., channel] - luma) / span)[::2, ::2] for channel, span in ((2, 1.8556), (0, 1.5748))
    ]
    first, second = (np.round(plane).astype(np.uint8) for plane in chroma)
    return np.round(16 + 219 * luma).astype(np.uint8), first, second


def clip(pictures: list[Pixels], kind: Kind = Kind.PLATE) -> bytes:
    """An MP4 of (height, width, 3) pictures; for a pass, of (height, width, 4) premultiplied ones."""
    height, width = pictures[0].shape[:2]
    target = io.BytesIO()
    with SegmentEncoder(target, Profile(width, height, Fraction(24), quality=1), kind) as encoder:
        for picture in pictures:
            if kind is Kind.PASS:
                alpha = np.repeat(picture[..., 3:], 3, axis=2)
                encoder.write(*planes(np.vstack([picture[..., :3], alpha])))
            else:
                encoder.write(*planes(picture))
    return target.getvalue()


def png(picture: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
