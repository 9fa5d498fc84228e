"""Brows, eyes and mouths: painted by stage/avatar/face.ts, so their parts hold numbers instead of triangles.

Lengths are metres on the face, angles radians.
"""

from __future__ import annotations

from services.renderer.parts.mesh import Mesh


def _eye(
    width: float,
    height: float,
    tilt: float,
    lower: float,
    crease: float,
    cover: float,
    iris: float,
    lash: float,
    wing: float,
) -> dict[str, float]:
    return {
        "width": width,
        "height": height,
        "tilt": tilt,
        "lower": lower,
        "crease": crease,
        "cover": cover,
        "iris": iris,
        "lash": lash,
        "wing": wing,
    }


def _brow(thick: float, arch: float, slope: float, length: float) -> dict[str, float]:
    return {"thick": thick, "arch": arch, "slope": slope, "length": length}


EYES: dict[str, dict[str, float]] = {
    # width and height of the opening, how far the outer corner stands above the inner, how full the lower lid is,
    # strength of the crease, how far the upper lid covers the iris, iris radius, lash weight and length of the wing
    "eyes_round": _eye(0.0520, 0.0451, 0.03, 0.60, 0.9, 0.10, 0.0207, 1.00, 0.8),
    "eyes_almond": _eye(0.0536, 0.0401, 0.10, 0.54, 0.8, 0.14, 0.0194, 1.00, 1.0),
    "eyes_single": _eye(0.0525, 0.0358, 0.12, 0.52, 0.0, 0.18, 0.0185, 0.85, 0.9),
    "eyes_upturned": _eye(0.0546, 0.0391, 0.21, 0.50, 0.9, 0.15, 0.0192, 1.15, 1.5),
    "eyes_hooded": _eye(0.0525, 0.0352, -0.02, 0.55, 0.35, 0.24, 0.0187, 0.90, 0.6),
}

BROWS: dict[str, dict[str, float]] = {
    # half thickness at the inner end, rise of the arch, slope from the inner to the outer end, length
    "brows_soft": _brow(0.0021, 0.0040, 0.10, 0.038),
    "brows_straight": _brow(0.0023, 0.0015, 0.03, 0.038),
    "brows_thick": _brow(0.0032, 0.0038, 0.08, 0.040),
    "brows_thin_arched": _brow(0.0014, 0.0068, 0.12, 0.037),
    "brows_bold": _brow(0.0034, 0.0018, 0.06, 0.041),
}

MOUTHS: dict[str, dict[str, float]] = {
    # half width at rest, fullness of the tint, depth of the bow
    "mouth_soft": {"width": 0.0165, "full": 0.50, "bow": 0.25},
    "mouth_bow": {"width": 0.0155, "full": 0.70, "bow": 0.90},
    "mouth_full": {"width": 0.0185, "full": 1.00, "bow": 0.55},
}


def painted(group: str, part: str) -> Mesh:
    """The part as a node that carries its numbers."""
    table = {"eyes": EYES, "brows": BROWS, "mouth": MOUTHS}[group]
    return Mesh(extras={"paint": table[part]})
