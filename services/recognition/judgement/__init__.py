"""From measurements to traits: every module says what it sees of one thing, and how sure it is."""

from __future__ import annotations

from services.recognition.judgement.colours import colours
from services.recognition.judgement.features import facial_hair, features, measures
from services.recognition.judgement.hair import hairs
from services.recognition.judgement.worn import dark_lenses, eyewear, headwear
from services.recognition.reference import Reference
from services.recognition.sight import Sight
from services.recognition.traits import Trait, Traits


def judge(seen: Sight, reference: Reference) -> Traits:
    """All traits of one face."""
    traits: list[Trait] = [
        *measures(seen, reference),
        *eyewear(seen, reference),
        *hairs(seen, reference),
        *facial_hair(seen, reference),
        *features(seen, reference),
        *colours(seen, hidden=dark_lenses(seen, reference)),
        headwear(seen),
    ]
    return Traits({trait.attribute: trait for trait in traits})
