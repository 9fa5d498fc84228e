"""From measurements to traits: per attribute a distribution, a measure or a colour, with a decision or an abstention.

Only visible things. Where the evidence does not carry a decision the trait abstains, and says why. Values are named
as the avatar library's tags, so that a distribution can be laid against a part without translation: trait
`hair_length` is tag `length` of group `hair`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp

import numpy as np

from services.recognition import geometry
from services.recognition.colour import MONK_LAB, Lab, to_srgb
from services.recognition.reference import Reference
from services.recognition.sight import Sight

SURE = 0.6
"""A decision needs at least this probability; below it the trait abstains."""

DECIDES = {"eyewear": 0.5, "long_hair": 0.5, "bald": 0.3, "facial_hair": 0.5}
"""Probability from which each score speaks for its attribute. One portrait in ten is bald, so that a calibrated 0.3 is
already three times the usual."""

WIDE_GAP = 0.28
"""From this opening of the lips on (in widths of the mouth) the shape of the mouth is not that of a mouth at rest."""

LEAST_IRIS_PIXELS = 60
"""Both irises together, below which their colour is mostly lashes and glints."""


@dataclass(frozen=True)
class Choice:
    """Probabilities over named values; `decision` is empty when it abstained."""

    attribute: str
    probabilities: Mapping[str, float]
    evidence: str
    decision: str


@dataclass(frozen=True)
class Measured:
    """A ratio, its standard score within +-3, and one standard deviation of the measurement in standard scores."""

    attribute: str
    ratio: float
    z: float
    sigma: float
    evidence: str = ""
    abstained: bool = False


@dataclass(frozen=True)
class Coloured:
    """A colour as photographed, sRGB."""

    attribute: str
    rgb: tuple[int, int, int]
    evidence: str = ""
    abstained: bool = False


Trait = Choice | Measured | Coloured


@dataclass(frozen=True)
class Traits:
    """All traits of one face, by attribute."""

    all: Mapping[str, Trait] = field(default_factory=dict)

    def choice(self, attribute: str) -> Choice | None:
        """The choice of that name, if it was made."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Choice) else None

    def measured(self, attribute: str) -> Measured | None:
        """The measure of that name, if it was taken and did not abstain."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Measured) and not trait.abstained else None

    def coloured(self, attribute: str) -> Coloured | None:
        """The colour of that name, if it was seen and did not abstain."""
        trait = self.all.get(attribute)
        return trait if isinstance(trait, Coloured) and not trait.abstained else None


def choose(attribute: str, weights: Mapping[str, float], evidence: str, *, sure: float = SURE) -> Choice:
    """Normalise weights to probabilities; decide, or abstain when no value reaches `sure`."""
    total = sum(weights.values())
    probabilities = {value: weight / total for value, weight in weights.items()}
    best = max(probabilities, key=lambda value: probabilities[value])
    return Choice(attribute, probabilities, evidence, best if probabilities[best] >= sure else "")


def judge(seen: Sight, reference: Reference) -> Traits:
    """All traits of one face."""
    traits: list[Trait] = [
        *_measures(seen, reference),
        *_eyewear(seen, reference),
        *_hair(seen, reference),
        *_facial_hair(seen, reference),
        *_features(seen, reference),
        *_colours(seen, hidden=_dark_lenses(seen, reference)),
        _headwear(seen),
    ]
    return Traits({trait.attribute: trait for trait in traits})


def _dark_lenses(seen: Sight, reference: Reference) -> bool:
    """Whether sunglasses hide the eyes."""
    worn = reference.scores["eyewear"].probability(seen.evidence())
    return worn * _darkness(seen) >= 0.5


def _darkness(seen: Sight) -> float:
    """How likely lenses, if there are any, are dark, 0 to 1."""
    return _rise(-seen.eyewear.lens_light, 0.75, 8.0)


def _measures(seen: Sight, reference: Reference) -> list[Trait]:
    traits: list[Trait] = []
    hidden = _dark_lenses(seen, reference)
    for name in geometry.NAMES:
        entry = reference.ratios[name]
        ratio = seen.ratios[name]
        # Depth is the mesh's weakest side, so a turned head is measured less exactly.
        sigma = entry.sigma * (1 + seen.pose.turned / 30)
        silent = name in {"lip_width", "lip_fullness"} and seen.conditions["gap"] > WIDE_GAP
        why = f"lips are apart by {seen.conditions['gap']:.2f} widths of the mouth" if silent else ""
        if name in {"eye_opening", "brow_height"} and hidden:
            silent, why = True, "dark lenses hide the eyes"
        traits.append(Measured(name, ratio, entry.z(ratio, seen.conditions), sigma, why, silent))
    traits.append(
        Measured("smile", seen.conditions["smile"], float(np.clip(seen.conditions["smile"] / 0.05, -3, 3)), 0.5)
    )
    return traits


def _eyewear(seen: Sight, reference: Reference) -> list[Trait]:
    score = reference.scores["eyewear"]
    worn = score.probability(seen.evidence())
    dark = _darkness(seen)
    bridge = score.raw(seen.evidence())
    evidence = f"edges on bridge and temples score {bridge:.2f}, light behind the lenses {seen.eyewear.lens_light:.2f}"
    presence = choose(
        "eyewear", {"none": 1 - worn, "glasses": worn * (1 - dark), "sunglasses": worn * dark}, evidence, sure=0.5
    )
    traits: list[Trait] = [presence]
    if worn < 0.5:
        return traits
    lens = {"clear": 1 - dark, "tinted": 0.5 * dark * (1 - dark), "sun": dark}
    # A lower rim draws a line below the eye; thin and rimless glasses hardly do.
    rim = _rise(seen.eyewear.rim_lines, 0.12, 25.0)
    bold = _rise(seen.eyewear.frame_weight, 0.36, 12.0)
    traits += [
        choose("eyewear_lens", lens, evidence),
        choose(
            "eyewear_rim",
            {"full": 0.15 + rim, "half": 0.35 * (1 - rim), "none": 0.5 * (1 - rim)},
            f"lower rim {seen.eyewear.rim_lines:.2f} of the cheek's light",
        ),
        choose(
            "eyewear_weight",
            {"thin": 1 - bold, "bold": bold},
            f"the frame covers {seen.eyewear.frame_weight:.0%} of the bridge",
        ),
        Coloured("eyewear_color", _rgb(seen.eyewear.frame), "darkest or brightest part of the bridge"),
    ]
    return traits


def _hair(seen: Sight, reference: Reference) -> list[Trait]:
    hair, numbers = seen.hair, seen.evidence()
    bald = _evened(reference.scores["bald"].probability(numbers), DECIDES["bald"])
    long = reference.scores["long_hair"].probability(numbers)
    shaved = _rise(hair.crown_far, 0.7, 6.0)
    chest = _rise(hair.low, 0.45, 8.0)
    bob = _rise(0.3 - hair.under, 0.0, 8.0) * (1 - chest)
    cropped = _rise(0.5 - hair.crown_area, 0.0, 8.0)
    ear = _rise(hair.ear, 0.6, 8.0) * (1 - cropped)
    chin = _rise(hair.jaw, 0.55, 8.0) * ear
    short = (1 - bald) * (1 - long)
    length = {
        "bald": bald * (1 - shaved),
        "shaved": bald * shaved,
        "cropped": short * cropped,
        "short": short * (1 - cropped - ear),
        "ear": short * (ear - chin),
        "chin": short * chin + (1 - bald) * long * bob,
        "shoulder": (1 - bald) * long * (1 - chest) * (1 - bob),
        "chest": (1 - bald) * long * chest * (1 - bob),
    }
    length = {value: max(0.0, weight) for value, weight in length.items()}
    length = {value: weight / sum(length.values()) for value, weight in length.items()}
    coarse = {"bald": bald, "short": short, "long": (1 - bald) * long}
    evidence = (
        f"{hair.crown_skin:.0%} of the crown is skin; beside the jaw {hair.jaw:.0%} is hair; "
        f"bald {coarse['bald']:.2f}, short {coarse['short']:.2f}, long {coarse['long']:.2f}"
    )
    decided = max(coarse.values()) >= SURE
    best = max(length, key=lambda value: length[value])
    traits: list[Trait] = [Choice("hair_length", length, evidence, best if decided else "")]

    right, middle, left = hair.fringe
    sides = max(right, left)
    covered = {
        "none": 1 - max(middle, sides),
        "blunt": middle * min(right, left),
        "curtain": (1 - middle) * min(right, left),
        "side": (1 - min(right, left)) * sides,
        "wispy": 0.5 * middle * (1 - min(right, left)),
    }
    traits.append(
        choose(
            "hair_fringe",
            {value: weight + 0.02 for value, weight in covered.items()},
            f"hair over the forehead: right third {right:.0%}, middle {middle:.0%}, left {left:.0%}",
            sure=0.5,
        )
    )
    wide, tall = _rise(hair.width, 2.1, 4.0), _rise(hair.height, 1.15, 10.0)
    lifted = _rise(hair.height, 0.84, 12.0)
    traits.append(
        choose(
            "hair_silhouette",
            {
                "close": (1 - wide) * (1 - lifted),
                "layered": (1 - wide) * lifted,
                "round": wide,
                "high_top": 0.3 * tall,
            },
            f"the head is {hair.width:.2f} faces wide and rises {hair.height:.2f} eye distances above the forehead",
        )
    )
    full = _rise(hair.ear, 0.45, 8.0)
    traits.append(
        choose(
            "hair_sides",
            {"even": full, "taper": 0.8 * (1 - full), "fade": 0.15 * (1 - full), "undercut": 0.05 * (1 - full)},
            f"beside eyes and cheeks {hair.ear:.0%} is hair",
        )
    )
    traits.append(_curl(seen))
    for attribute in ("hair_strand", "hair_gathered"):
        traits.append(
            Choice(attribute, PRIORS[attribute], "no measure of this has been shown to work on real photos yet", "")
        )
    traits += _hair_colour(seen)
    return traits


def _headwear(seen: Sight) -> Choice:
    """Never decides: nobody among the portraits wears a headscarf, so nothing could be proved. A front end may ask.

    A closed headscarf shows the same colour above the forehead, on both sides of the jaw and under the chin.
    """
    hair = seen.hair
    closed = hair.jaw_least * hair.ear * _rise(hair.neck, 0.6, 8.0)
    return Choice(
        "headwear",
        {"none": 0.95 - 0.55 * closed, "hijab": 0.01 + 0.55 * closed, "other": 0.04},
        f"the colour of the hair covers {hair.neck:.0%} of the neck and {hair.jaw_least:.0%} beside the jaw",
        "",
    )


LEAST_STRANDS = 1500
"""Pixels of hair in the head crop, below which curl is not read: about a bob's worth."""

COILY_SHARE = 0.3
"""Part of the curls that may be coils: nobody among the portraits had coily hair, so the two are not told apart."""


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


def _hair_colour(seen: Sight) -> list[Trait]:
    hair = seen.hair
    grey_photo = seen.complexion.skin.grey
    weights = {
        name: exp(-0.5 * float((((hair.colour - centre) / _SHADE_WIDTH) ** 2).sum())) for name, centre in SHADES.items()
    }
    chroma, hue = _polar(hair.colour)
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
    traits: list[Trait] = [shade, Coloured("hair_color", _rgb(_within_hair(hair.colour)), evidence)]
    if tips_far > 12 and not why:
        traits.append(
            Coloured("hair_tips_color", _rgb(_within_hair(hair.tips)), f"{tips_far:.0f} units of colour from the crown")
        )
    return traits


def _facial_hair(seen: Sight, reference: Reference) -> list[Trait]:
    score, beard = reference.scores["facial_hair"], seen.beard
    some = score.probability(seen.evidence())
    evidence = f"darkness and roughness of lip and jaw score {score.raw(seen.evidence()):.2f}"
    traits: list[Trait] = [choose("facial_hair", {"none": 1 - some, "some": some}, evidence)]
    if some < 0.5:
        return traits
    lip, chin, jaw = (
        _rise(dark + 0.15 * (rough - 1), 0.25, 12.0)  # darkness, or roughness where the hair is light
        for dark, rough in (
            (beard.lip_dark, beard.lip_rough),
            (beard.chin_dark, beard.chin_rough),
            (beard.jaw_dark, beard.jaw_rough),
        )
    )
    heavy = _rise(max(beard.chin_dark, beard.lip_dark), 0.45, 10.0)
    kinds = {
        "stubble": (1 - heavy) * (0.6 - 0.3 * jaw * chin),
        "moustache": lip * (1 - chin) * (1 - jaw),
        "goatee": chin * (1 - jaw),
        "short_boxed": jaw * chin * (1 - 0.6 * heavy),
        "full": jaw * chin * heavy,
    }
    traits.append(
        choose(
            "facial_hair_kind",
            {kind: weight + 0.02 for kind, weight in kinds.items()},
            f"cover of lip {lip:.0%}, chin {chin:.0%}, jaw {jaw:.0%}; weight {heavy:.0%}",
            sure=0.4,
        )
    )
    return traits


def _features(seen: Sight, reference: Reference) -> list[Trait]:
    """Shapes of brows, eyes and mouth, from standard scores."""
    mean, sd = reference.brow
    thick = (seen.brows.thickness - mean) / sd
    opening, tilt = (
        reference.ratios[name].z(seen.ratios[name], seen.conditions) for name in ("eye_opening", "eye_tilt")
    )
    full, wide = (
        reference.ratios[name].z(seen.ratios[name], seen.conditions) for name in ("lip_fullness", "lip_width")
    )
    arch = seen.brows.arch
    if _dark_lenses(seen, reference):
        opening, tilt = 0.0, 0.0
    round_eyes, upturned = _rise(opening, 0.7, 3.0), _rise(tilt, 0.9, 3.0)
    narrow = _rise(-opening, 1.1, 3.0)
    downturned = _rise(-tilt, 0.9, 3.0)
    full_lips, thin_lips = _rise(full, 0.8, 3.0), _rise(-full, 0.9, 3.0)
    wide_mouth = _rise(wide, 1.2, 3.0) * (1 - full_lips) * (1 - thin_lips)
    plain = max(0.0, 1 - full_lips - thin_lips - wide_mouth)
    return [
        choose(
            "brows_thickness", _three(thick, ("thin", "medium", "thick")), f"{thick:+.1f} standard deviations", sure=0.5
        ),
        choose(
            "brows_arch",
            _three((arch - 0.16) / 0.05, ("flat", "soft", "high")),
            f"rise of {arch:.2f} brow lengths",
            sure=0.5,
        ),
        choose(
            "eyes_shape",
            {
                "round": round_eyes * (1 - 0.5 * upturned) * (1 - 0.5 * downturned),
                "almond": (1 - round_eyes) * (1 - upturned) * (1 - downturned) * (1 - narrow),
                "upturned": upturned * (1 - 0.5 * round_eyes) * (1 - narrow),
                "downturned": downturned * (1 - 0.5 * round_eyes) * (1 - narrow),
                "narrow": narrow * upturned,
                "hooded": narrow * (1 - upturned),
            },
            f"opening {opening:+.1f}, tilt {tilt:+.1f} standard deviations",
            sure=0.5,
        ),
        choose(
            "mouth_shape",
            {"full": full_lips, "thin": thin_lips, "wide": wide_mouth, "soft": 0.75 * plain, "bow": 0.25 * plain},
            f"fullness {full:+.1f}, width {wide:+.1f} standard deviations",
        ),
    ]


MONK_SIGMA = 1.6
"""Spread of the skin tone in tones: people looking at one photo agree exactly in 39 % of cases, and lamps differ."""


def _colours(seen: Sight, *, hidden: bool) -> list[Trait]:
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
        Coloured("skin_color", _rgb(_within_skin(skin.lab, grey=skin.grey)), note),
        Coloured("lip_color", _rgb(lips), "", skin.grey),
        Coloured(
            "iris_color",
            _rgb(iris),
            f"{seen.complexion.iris_pixels} pixels in both irises",
            skin.grey or hidden or seen.complexion.iris_pixels < LEAST_IRIS_PIXELS,
        ),
    ]


def _within_skin(lab: Lab, *, grey: bool) -> Lab:
    """White balance guard: the nearest colour that skin can have under white light, lightness kept.

    Skin lies between 35 and 75 degrees of hue at a chroma of 8 to 38; what lies outside is the lamp's or the screen's
    colour.
    """
    chroma, hue = _polar(lab)
    chroma, hue = (20.0, 55.0) if grey else (float(np.clip(chroma, 8, 38)), float(np.clip(hue, 35, 75)))
    return np.array([lab[0], chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], np.float32)


def _within_hair(lab: Lab) -> Lab:
    """White balance guard: a slight blue or green cast on dark hair is the sky's or a screen's, so it is muted.

    Natural hair lies between 15 and 100 degrees of hue. Skies and screens push dark hair to 260 to 350 degrees at a
    chroma of up to 17 (216 portraits), so dye is believed above that; between green and blue, 7 is enough.
    """
    chroma, hue = _polar(lab)
    if 15 <= hue <= 100 or chroma >= (7 if 130 <= hue <= 255 else 18):
        return lab
    return lab * np.array([1.0, 0.3, 0.3], np.float32)


def _polar(lab: Lab) -> tuple[float, float]:
    """Chroma, and hue in degrees from 0 to 360."""
    return float(np.hypot(lab[1], lab[2])), float(np.degrees(np.arctan2(lab[2], lab[1])) % 360)


def _rgb(lab: Lab) -> tuple[int, int, int]:
    red, green, blue = (int(channel) for channel in to_srgb(lab))
    return red, green, blue


def _rise(value: float, middle: float, steepness: float) -> float:
    """0 well below `middle`, 0.5 at it, 1 well above."""
    return 1 / (1 + exp(-float(np.clip((value - middle) * steepness, -30, 30))))


def _evened(probability: float, decides: float) -> float:
    """The same evidence with `decides` moved to 0.5: as if both answers had been equally likely before looking."""
    for_it, against = probability * (1 - decides), (1 - probability) * decides
    return for_it / (for_it + against)


def _three(z: float, names: tuple[str, str, str]) -> dict[str, float]:
    """Thirds of a standard score: below -0.7, around 0, above 0.7."""
    low, high = _rise(-z, 0.7, 4.0), _rise(z, 0.7, 4.0)
    return {names[0]: low, names[1]: max(0.0, 1 - low - high), names[2]: high}
