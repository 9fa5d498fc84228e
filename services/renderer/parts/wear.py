"""What is put on: which generator builds a part of which group."""

from __future__ import annotations

from services.renderer.parts.beards import build_beard
from services.renderer.parts.ears import build_ear
from services.renderer.parts.eyewear import build_eyewear
from services.renderer.parts.jewellery import build_jewellery
from services.renderer.parts.mesh import Mesh


def build_wear(group: str, part: str) -> Mesh:
    """The geometry of one part of group eyewear, facial_hair, ears, or of a group of `jewellery.JEWELLERY`."""
    if group == "eyewear":
        return build_eyewear(part)
    if group == "facial_hair":
        return build_beard(part)
    if group == "ears":
        return build_ear(part)
    return build_jewellery(group, part)
