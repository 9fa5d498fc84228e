"""Brows, eyes and mouths: painted on the face by stage/avatar/face.ts, so their parts hold numbers instead of triangles.

Lengths are metres on the face, angles radians.
"""

from __future__ import annotations

from services.renderer.parts.mesh import Mesh

EYES: dict[str, dict[str, float]] = {
    # width and height of the opening, how far the outer corner stands above the inner, how full the lower lid is,
    # strength of the crease, how far the upper lid covers the iris, iris radius, lash weight and length of the wing
    "eyes_round": dict(
        width=0.0430, height=0.0330, tilt=0.03, lower=0.62, crease=0.9, cover=0.10, iris=0.0155, lash=1.0, wing=0.8
    ),
    "eyes_almond": dict(
        width=0.0450, height=0.0290, tilt=0.10, lower=0.52, crease=0.8, cover=0.16, iris=0.0146, lash=1.0, wing=1.0
    ),
    "eyes_single": dict(
        width=0.0440, height=0.0255, tilt=0.12, lower=0.50, crease=0.0, cover=0.20, iris=0.0140, lash=0.85, wing=0.9
    ),
    "eyes_upturned": dict(
        width=0.0460, height=0.0285, tilt=0.22, lower=0.48, crease=0.9, cover=0.16, iris=0.0144, lash=1.15, wing=1.5
    ),
    "eyes_hooded": dict(
        width=0.0440, height=0.0250, tilt=-0.02, lower=0.55, crease=0.35, cover=0.26, iris=0.0142, lash=0.9, wing=0.6
    ),
}

BROWS: dict[str, dict[str, float]] = {
    # half thickness at the inner end, rise of the arch, slope from the inner to the outer end
    "brows_soft": dict(thick=0.0021, arch=0.0040, slope=0.10, length=0.037),
    "brows_straight": dict(thick=0.0023, arch=0.0015, slope=0.03, length=0.037),
    "brows_thick": dict(thick=0.0032, arch=0.0038, slope=0.08, length=0.039),
    "brows_thin_arched": dict(thick=0.0014, arch=0.0068, slope=0.12, length=0.036),
    "brows_bold": dict(thick=0.0034, arch=0.0014, slope=0.12, length=0.040),
}

MOUTHS: dict[str, dict[str, float]] = {
    # half width at rest, fullness of the tint, depth of the bow
    "mouth_soft": dict(width=0.0165, full=0.50, bow=0.25),
    "mouth_bow": dict(width=0.0155, full=0.70, bow=0.90),
    "mouth_full": dict(width=0.0185, full=1.00, bow=0.55),
}


def painted(group: str, part: str) -> Mesh:
    """The part as a node that carries its numbers."""
    table = {"eyes": EYES, "brows": BROWS, "mouth": MOUTHS}[group]
    return Mesh(extras={"paint": table[part]})
