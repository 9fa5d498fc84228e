"""Random recipes for sheets and tests: valid by construction, drawn from the whole library, the same for the same seed.

What is drawn how often is data, `stage/avatar/library/crowd.json`. Skin, hair, face and clothes are drawn independently
of each other.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from services.renderer.library import AvatarRecipe, Library

Rgb = tuple[int, int, int]

TONES = 10
"""Of the Monk scale."""


def skin_color(tones: Mapping[str, Sequence[str]], tone: float, undertone: float) -> Rgb:
    """Any skin between the catalogue's: sRGB, 8 bits.

    Args:
        tones: The catalogue's `skin_tones`: lists `cool`, `neutral` and `warm` of ten colours like `#eadaba`.
        tone: Place on the Monk scale, 1 lightest to 10 darkest; fractions count.
        undertone: -1 cool, 0 neutral, 1 warm; fractions count.

    Raises:
        ValueError: The tone or the undertone is out of its range.
    """
    if not (1 <= tone <= TONES and -1 <= undertone <= 1):
        raise ValueError(f"tone {tone} is not within 1 to {TONES} or undertone {undertone} not within -1 to 1")

    def on_scale(name: str) -> list[float]:
        at = min(int(tone) - 1, TONES - 2)
        low, high = (_rgb(tones[name][k]) for k in (at, at + 1))
        return [a + (b - a) * (tone - 1 - at) for a, b in zip(low, high, strict=True)]

    towards = on_scale("warm" if undertone > 0 else "cool")
    red, green, blue = (round(a + (b - a) * abs(undertone)) for a, b in zip(on_scale("neutral"), towards, strict=True))
    return red, green, blue


def crowd(library: Library, count: int, seed: int) -> list[AvatarRecipe]:
    """`count` recipes; the first ones stay the same when more are asked for."""
    rules: dict[str, Any] = json.loads((library.folder / "crowd.json").read_text())
    return [_fan(library, rules, random.Random(f"{seed} {number}")) for number in range(count)]  # noqa: S311


def _fan(library: Library, rules: Mapping[str, Any], chance: random.Random) -> AvatarRecipe:
    parts = {
        group: chance.choice(sorted(entries))
        for group, entries in sorted(library.groups.items())
        if chance.random() < rules["shares"].get(group, 1.0)
    }
    worn = {*parts, *(f"{group}:{library.groups[group][part].get('covers')}" for group, part in parts.items())}
    for group, other in rules["apart"]:
        if group in worn:
            parts.pop(other, None)
    cloth, trim = chance.choice(rules["cloth"])
    hair = chance.choice(rules["hair"]["dyed" if chance.random() < rules["hair"]["dyed_share"] else "natural"])
    colors = {
        "skin": skin_color(library.catalogue["skin_tones"], chance.uniform(1, TONES), chance.uniform(-1, 1)),
        "hair": _rgb(hair),
        "iris": _rgb(chance.choice(rules["iris"])),
        "lips": _rgb(chance.choice(rules["lips"])),
        "eye_shadow": _rgb(chance.choice(rules["eye_shadow"])),
        "jewellery": _rgb(chance.choice(rules["metal"])),
        "eyewear": _rgb(chance.choice(rules["eyewear"])),
        "headwear": _rgb(chance.choice(rules["headwear"])),
        "outfit": _rgb(cloth),
        "outfit_trim": _rgb(trim),
    }
    if chance.random() < rules["odd_eyes_share"]:
        colors["iris_left"] = _rgb(chance.choice(rules["iris"]))
    amounts: dict[str, float] = {}
    if chance.random() < rules["hair"]["two_tone_share"]:
        slot = chance.choice(("hair_roots", "hair_tips", "hair_streaks"))
        colors[slot] = _rgb(chance.choice(rules["hair"]["dyed"] + rules["hair"]["natural"]))
        amounts[slot.removeprefix("hair_")] = round(chance.uniform(0.2, 0.7), 2)
    if chance.random() < rules["hair"]["grey_share"]:
        amounts["grey"] = round(chance.uniform(0.1, 1.0), 2)
    morphs = {name: round(chance.uniform(-1, 1), 2) for name in library.catalogue["morphs"]}
    return AvatarRecipe(parts, colors, morphs, library.id, amounts)


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
