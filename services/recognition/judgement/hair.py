"""Hair: how long it is, how it falls, curls and is coloured."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np

from services.recognition.colour import Lab, polar, rgb
from services.recognition.judgement.curves import evened, rise
from services.recognition.reference import DECIDES, Reference
from services.recognition.sight import Sight
from services.recognition.traits import SURE, Choice, Coloured, Trait, choose

LEAST_STRANDS = 1500
"""Pixels of hair in the head crop, below which curl is not read: about a bob's worth."""

COILY_SHARE = 0.3
"""Part of the curls that may be coils: nobody among the portraits had coily hair, so the two are not told apart."""

PRIORS: dict[str, dict[str, float]] = {
    "hair_curl": {"straight": 0.45, "wavy": 0.3, "curly": 0.15, "coily": 0.1},
    "hair_strand": {
        "loose": 0.915,
        "box_braids": 0.03,
        "cornrows": 0.02,
        "twists": 0.012,
        "flat_twists": 0.003,
        "locs": 0.015,
        "goddess_locs": 0.003,
        "finger_waves": 0.002,
    },
    "hair_gathered": {
        "none": 0.715,
        "behind_ear": 0.06,
        "half_up": 0.02,
        "half_up_bun": 0.005,
        "ponytail_high": 0.03,
        "ponytail_low": 0.07,
        "ponytail_side": 0.005,
        "bunches": 0.004,
        "bunches_low": 0.004,
        "low_bun": 0.03,
        "bun": 0.012,
        "high_bun": 0.008,
        "space_buns": 0.002,
        "top_knot": 0.01,
        "afro_puff": 0.003,
        "afro_puffs": 0.002,
        "bantu_knots": 0.002,
        "plait": 0.006,
        "plait_shoulder": 0.003,
        "plaits": 0.004,
        "dutch_plaits": 0.003,
        "crown_plait": 0.002,
    },
}
"""What is said where nothing is measured: rough shares that never decide."""

SHADES: dict[str, tuple[float, float, float]] = {
    "black": (14, 1, 1),
    "dark_brown": (23, 5, 8),
    "brown": (33, 8, 14),
    "light_brown": (46, 9, 20),
    "blond": (62, 6, 24),
    "red": (40, 22, 28),
    "grey": (52, 0, 3),
    "white": (76, 0, 4),
}
"""Centres of the natural hair shades in L*a*b*, set by eye."""

_SHADE_WIDTH = np.array([9.0, 6.0, 7.0])


def hairs(seen: Sight, reference: Reference) -> list[Trait]:
    """Everything that is said of the hair on a head."""
    return [
        _length(seen, reference),
        _fringe(seen),
        _silhouette(seen),
        _sides(seen),
        _curl(seen),
        *(
            Choice(attribute, PRIORS[attribute], "no measure of this has been shown to work on real photos yet", "")
            for attribute in ("hair_strand", "hair_gathered")
        ),
        *_colour(seen),
    ]


def _length(seen: Sight, reference: Reference) -> Choice:
    """Eight lengths; decided as bald, short or long, and then named as the likeliest."""
    hair, numbers = seen.hair, seen.evidence()
    bald = evened(reference.scores["bald"].probability(numbers), DECIDES["bald"])
    long = reference.scores["long_hair"].probability(numbers)
    shaved = rise(hair.crown_far, 0.7, 6.0)
    chest = rise(hair.low, 0.45, 8.0)
    bob = rise(0.3 - hair.under, 0.0, 8.0) * (1 - chest)
    cropped = rise(0.5 - hair.crown_area, 0.0, 8.0)
    ear = rise(hair.ear, 0.6, 8.0) * (1 - cropped)
    chin = rise(hair.jaw, 0.55, 8.0) * ear
    short = (1 - bald) * (1 - long)
    weights = {
        "bald": bald * (1 - shaved),
        "shaved": bald * shaved,
        "cropped": short * cropped,
        "short": short * (1 - cropped - ear),
        "ear": short * (ear - chin),
        "chin": short * chin + (1 - bald) * long * bob,
        "shoulder": (1 - bald) * long * (1 - chest) * (1 - bob),
        "chest": (1 - bald) * long * chest * (1 - bob),
    }
    coarse = {"bald": bald, "short": short, "long": (1 - bald) * long}
    evidence = (
        f"{hair.crown_skin:.0%} of the crown is skin; beside the jaw {hair.jaw:.0%} is hair; "
        f"bald {coarse['bald']:.2f}, short {coarse['short']:.2f}, long {coarse['long']:.2f}"
    )
    named = choose("hair_length", {value: max(0.0, weight) for value, weight in weights.items()}, evidence, sure=0.0)
    return named if max(coarse.values()) >= SURE else replace(named, decision="")


def _fringe(seen: Sight) -> Choice:
    right, middle, left = seen.hair.fringe
    sides = max(right, left)
    covered = {
        "none": 1 - max(middle, sides),
        "blunt": middle * min(right, left),
        "curtain": (1 - middle) * min(right, left),
        "side": (1 - min(right, left)) * sides,
        "wispy": 0.5 * middle * (1 - min(right, left)),
    }
    return choose(
        "hair_fringe",
        {value: weight + 0.02 for value, weight in covered.items()},
        f"hair over the forehead: right third {right:.0%}, middle {middle:.0%}, left {left:.0%}",
        sure=0.5,
    )


def _silhouette(seen: Sight) -> Choice:
    hair = seen.hair
    wide, tall = rise(hair.width, 2.1, 4.0), rise(hair.height, 1.15, 10.0)
    lifted = rise(hair.height, 0.84, 12.0)
    return choose(
        "hair_silhouette",
        {
            "close": (1 - wide) * (1 - lifted),
            "layered": (1 - wide) * lifted,
            "round": wide,
            "high_top": 0.3 * tall,
        },
        f"the head is {hair.width:.2f} faces wide and rises {hair.height:.2f} eye distances above the forehead",
    )


def _sides(seen: Sight) -> Choice:
    full = rise(seen.hair.ear, 0.45, 8.0)
    return choose(
        "hair_sides",
        {"even": full, "taper": 0.8 * (1 - full), "fade": 0.15 * (1 - full), "undercut": 0.05 * (1 - full)},
        f"beside eyes and cheeks {seen.hair.ear:.0%} is hair",
    )


def _curl(seen: Sight) -> Choice:
    """Straight, wavy or curly from the order of the strands, helped a little by the width of the hair.

    The two curves were fitted on 71 portraits with hair to the ears or longer, labelled by eye.
    """
    hair = seen.hair
    score = hair.orderly - 0.1 * (hair.width - 1.6)
    curls = 1 / (1 + exp(15.7 * (score - 0.6) + 1.79))
    waves = max(curls, 1 / (1 + exp(12.3 * (score - 0.7) + 0.59)))
    weights = {
        "straight": 1 - waves,
        "wavy": waves - curls,
        "curly": curls * (1 - COILY_SHARE),
        "coily": curls * COILY_SHARE,
    }
    evidence = f"order of strands {hair.orderly:.2f} in {hair.strands} pixels"
    # The curves hold for hair to the ears; on shorter hair only the clearest curls are believed.
    short = hair.ear < 0.6 and hair.jaw < 0.3 and hair.width < 2
    if hair.strands < LEAST_STRANDS or (short and curls < 0.8):
        return Choice("hair_curl", PRIORS["hair_curl"], f"{evidence}: too little hair to tell", "")
    curly = choose("hair_curl", weights, evidence, sure=0.5)
    # Curly or coily is decided together, and then named as the one that was among the portraits.
    decision = "curly" if curls >= 0.5 else curly.decision
    return Choice("hair_curl", curly.probabilities, evidence, decision)


def _colour(seen: Sight) -> list[Trait]:
    hair = seen.hair
    grey_photo = seen.complexion.skin.grey
    weights = {
        name: exp(-0.5 * float((((hair.colour - centre) / _SHADE_WIDTH) ** 2).sum())) for name, centre in SHADES.items()
    }
    chroma, hue = polar(hair.colour)
    unnatural = chroma > 18 and not 15 <= hue <= 95
    weights["fantasy"] = 1.0 if unnatural else 1e-3
    why = "the photo has no colours" if grey_photo else ""
    source = f"{hair.pixels} pixels" if hair.pixels else "the brows, since too little hair shows"
    evidence = why or f"typical of {source}: L* {hair.colour[0]:.0f}, chroma {chroma:.0f}, hue {hue:.0f}°"
    shade = choose("hair_shade", weights, evidence, sure=0.45)
    if why:
        shade = Choice("hair_shade", shade.probabilities, why, "")
    # Hair beside the neck is often in shadow, so lightness counts less than hue.
    tips_far = float(np.linalg.norm((hair.tips - hair.colour) * np.array([0.4, 1.0, 1.0])))
    traits: list[Trait] = [shade, Coloured("hair_color", rgb(_within_hair(hair.colour)), evidence)]
    if tips_far > 12 and not why:
        traits.append(
            Coloured("hair_tips_color", rgb(_within_hair(hair.tips)), f"{tips_far:.0f} units of colour from the crown")
        )
    return traits


def _within_hair(lab: Lab) -> Lab:
    """White balance guard: a slight blue or green cast on dark hair is the sky's or a screen's, so it is muted.

    Natural hair lies between 15 and 100 degrees of hue. Skies and screens push dark hair to 260 to 350 degrees at a
    chroma of up to 17 (216 portraits), so dye is believed above that; between green and blue, 7 is enough.
    """
    chroma, hue = polar(lab)
    if 15 <= hue <= 100 or chroma >= (7 if 130 <= hue <= 255 else 18):
        return lab
    return lab * np.array([1.0, 0.3, 0.3], np.float32)
