"""The face itself: measures, shapes of brows, eyes and mouth, beard."""

from __future__ import annotations

import numpy as np

from services.recognition import geometry
from services.recognition.judgement.curves import rise, thirds
from services.recognition.judgement.worn import dark_lenses
from services.recognition.reference import DECIDES, Reference
from services.recognition.sight import Sight
from services.recognition.traits import Measured, Trait, choose

WIDE_GAP = 0.28
"""From this opening of the lips on (in widths of the mouth) the shape of the mouth is not that of a mouth at rest."""


def measures(seen: Sight, reference: Reference) -> list[Trait]:
    """The face's ratios as standard scores, each silent where something hides or moves what it measures; the smile."""
    traits: list[Trait] = []
    hidden = dark_lenses(seen, reference)
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


def features(seen: Sight, reference: Reference) -> list[Trait]:
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
    if dark_lenses(seen, reference):
        opening, tilt = 0.0, 0.0
    round_eyes, upturned = rise(opening, 0.7, 3.0), rise(tilt, 0.9, 3.0)
    narrow = rise(-opening, 1.1, 3.0)
    downturned = rise(-tilt, 0.9, 3.0)
    full_lips, thin_lips = rise(full, 0.8, 3.0), rise(-full, 0.9, 3.0)
    wide_mouth = rise(wide, 1.2, 3.0) * (1 - full_lips) * (1 - thin_lips)
    plain = max(0.0, 1 - full_lips - thin_lips - wide_mouth)
    return [
        choose(
            "brows_thickness", thirds(thick, ("thin", "medium", "thick")), f"{thick:+.1f} standard deviations", sure=0.5
        ),
        choose(
            "brows_arch",
            thirds((arch - 0.16) / 0.05, ("flat", "soft", "high")),
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


def facial_hair(seen: Sight, reference: Reference) -> list[Trait]:
    """Whether there is a beard and, where there is one, its kind."""
    score, beard = reference.scores["facial_hair"], seen.beard
    some = score.probability(seen.evidence())
    evidence = f"darkness and roughness of lip and jaw score {score.raw(seen.evidence()):.2f}"
    traits: list[Trait] = [choose("facial_hair", {"none": 1 - some, "some": some}, evidence)]
    if some < DECIDES["facial_hair"]:
        return traits
    lip, chin, jaw = (
        rise(dark + 0.15 * (rough - 1), 0.25, 12.0)  # darkness, or roughness where the hair is light
        for dark, rough in (
            (beard.lip_dark, beard.lip_rough),
            (beard.chin_dark, beard.chin_rough),
            (beard.jaw_dark, beard.jaw_rough),
        )
    )
    heavy = rise(max(beard.chin_dark, beard.lip_dark), 0.45, 10.0)
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
