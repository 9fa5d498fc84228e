"""Eyewear, headwear, beards and jewellery, fitted to the head."""

from __future__ import annotations

from services.renderer.parts.mesh import Mesh


def build_wear(group: str, part: str) -> Mesh:
    """The geometry of one part that is worn on the head."""
    del group, part
    return Mesh()
