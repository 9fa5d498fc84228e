"""Colours of skin, lips and irises."""

from __future__ import annotations

from math import exp

import numpy as np

from services.recognition.colour import MONK_LAB, Lab, polar, rgb
from services.recognition.sight import Sight
from services.recognition.traits import Choice, Coloured, Trait

LEAST_IRIS_PIXELS = 60
"""Both irises together, below which their colour is mostly lashes and glints."""

MONK_SIGMA = 1.6
"""Spread of the skin tone in tones: people looking at one photo agree exactly in 39 % of cases, and lamps differ."""


def colours(seen: Sight, *, hidden: bool) -> list[Trait]:
    """Tone and colours as photographed; `hidden` says that dark lenses hide the eyes."""
    skin, lips, iris = seen.complexion.skin, seen.complexion.lips, seen.complexion.iris
    # By lightness along the scale; hue says more about the lamp.
    places = np.interp(skin.lab[0], MONK_LAB[::-1, 0], np.arange(10)[::-1])
    sigma = MONK_SIGMA * (1.25 if skin.tinted > 0 or skin.grey else 1.0)
    tone = {f"monk_{i + 1}": exp(-0.5 * ((i - float(places)) / sigma) ** 2) for i in range(10)}
    note = (
        f"L* {skin.lab[0]:.0f} under this light; colour arithmetic tends to read dark skin up to two tones too light"
        + (f"; light off by {skin.tinted:.0f}° of hue" if skin.tinted else "")
        + ("; the photo has no colours" if skin.grey else "")
    )
    total = sum(tone.values())
    return [
        # Never decides: the colour below is what the avatar wears, and the fan may change it.
        Choice("skin_tone", {name: weight / total for name, weight in tone.items()}, note, ""),
        Coloured("skin_color", rgb(_within_skin(skin.lab, grey=skin.grey)), note),
        Coloured("lip_color", rgb(lips), "", skin.grey),
        Coloured(
            "iris_color",
            rgb(iris),
            f"{seen.complexion.iris_pixels} pixels in both irises",
            skin.grey or hidden or seen.complexion.iris_pixels < LEAST_IRIS_PIXELS,
        ),
    ]


def _within_skin(lab: Lab, *, grey: bool) -> Lab:
    """White balance guard: the nearest colour that skin can have under white light, lightness kept.

    Skin lies between 35 and 75 degrees of hue at a chroma of 8 to 38; what lies outside is the lamp's or the screen's
    colour.
    """
    chroma, hue = polar(lab)
    chroma, hue = (20.0, 55.0) if grey else (float(np.clip(chroma, 8, 38)), float(np.clip(hue, 35, 75)))
    return np.array([lab[0], chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], np.float32)
