"""What stage/avatar/face-paint.ts paints: brows, eyes, mouths, noses' shading, marks, make-up.

Their parts hold numbers instead of triangles. A nose also moves the head's own morph targets, `head.SHAPES`.
Lengths are metres on the face, angles radians, the rest shares.
"""

from __future__ import annotations

from typing import Any

from services.renderer.parts.mesh import Mesh


def _eye(
    width: float,
    height: float,
    tilt: float,
    lower: float,
    *,
    crease: float = 0.9,
    cover: float = 0.14,
    iris: float = 0.0206,
    lash: float = 1.0,
    wing: float = 1.0,
    gap: float = 0.20,
    flat: float = 0.0,
    droop: float = 0.0,
    taper: float = 0.3,
    depth: float = 0.0,
    fold: float = 0.0,
    lower_lash: float = 0.8,
    hood: float = 0.0,
) -> dict[str, float]:
    """One eye.

    Args:
        width: Of the opening.
        height: Of the opening.
        tilt: How far the outer corner stands above the inner.
        lower: Share of the height below the middle.
        crease: Strength of the lid's crease; 0 is a single lid.
        cover: Share of the iris under the upper lid.
        iris: Radius.
        lash: Weight of the upper lashes.
        wing: Length of their wing; from 0.75 on a second point shows.
        gap: From lid to crease, in heights.
        flat: 0 a round upper lid to 1 one that runs straight.
        droop: How far lid and lashes fall at the outer corner; negative lifts.
        taper: 0 the crease runs along the lid to 1 it begins in the inner corner.
        depth: Shadow of a deep socket.
        fold: The small fold below the eye that smiles.
        lower_lash: Weight of the lower lashes; above 1 they have a point.
        hood: How far skin falls over the outer lid.
    """
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
        "gap": gap,
        "flat": flat,
        "droop": droop,
        "taper": taper,
        "depth": depth,
        "fold": fold,
        "lower_lash": lower_lash,
        "hood": hood,
    }


EYES: dict[str, dict[str, float]] = {
    "eyes_round": _eye(0.0541, 0.0483, 0.03, 0.60, cover=0.10, iris=0.0219, wing=0.8, gap=0.17),
    "eyes_almond": _eye(0.0557, 0.0429, 0.10, 0.54, crease=0.8),
    "eyes_single": _eye(0.0546, 0.0383, 0.12, 0.52, crease=0, cover=0.18, iris=0.0196, lash=0.85, wing=0.9, flat=0.15),
    "eyes_upturned": _eye(0.0568, 0.0418, 0.21, 0.50, cover=0.15, iris=0.0204, lash=1.15, wing=1.5, droop=-0.2),
    "eyes_hooded": _eye(
        0.0546, 0.0377, -0.02, 0.55, crease=0.75, cover=0.22, iris=0.0198, lash=0.9, wing=0.6, gap=0.13, hood=0.9
    ),
    "eyes_downturned": _eye(0.0556, 0.0433, -0.06, 0.56, iris=0.0210, wing=0.7, droop=0.55, lower_lash=1.2),
    "eyes_deep_set": _eye(
        0.0530, 0.0377, 0.04, 0.53, crease=1.0, cover=0.20, iris=0.0193, lash=0.95, wing=0.7, gap=0.12, depth=0.75
    ),
    "eyes_doe": _eye(
        0.0578, 0.0511, 0.05, 0.58, cover=0.10, iris=0.0235, lash=1.15, wing=1.3, gap=0.16, lower_lash=1.7, taper=0.1
    ),
    "eyes_sleepy": _eye(0.0562, 0.0364, -0.03, 0.60, cover=0.30, iris=0.0210, wing=0.8, gap=0.30, flat=0.55, fold=0.3),
    "eyes_fox": _eye(
        0.0582, 0.0340, 0.20, 0.50, cover=0.20, iris=0.0191, lash=1.2, wing=1.7, gap=0.17, flat=0.2, droop=-0.25
    ),
    "eyes_tapered": _eye(
        0.0562, 0.0412, 0.09, 0.53, cover=0.16, iris=0.0204, lash=0.95, wing=1.0, gap=0.13, taper=1.0, fold=0.25
    ),
    "eyes_crescent": _eye(
        0.0556, 0.0387, 0.07, 0.46, crease=0.6, cover=0.16, iris=0.0201, wing=0.9, gap=0.16, taper=0.6, fold=1.0
    ),
}


def _brow(
    thick: float,
    arch: float,
    slope: float,
    length: float,
    *,
    peak: float = 0.25,
    tail: float = 0.88,
    slit: float = 0.0,
    feather: float = 0.25,
    inner: float = 0.0,
) -> dict[str, float]:
    """One brow.

    Args:
        thick: Half thickness at the inner end.
        arch: Rise of the arch.
        slope: From the inner to the outer end.
        length: From end to end.
        peak: Place of the arch's peak, -1 the inner end to 1 the outer.
        tail: How much the outer end thins.
        slit: Place of a shaved line, or 0 for none.
        feather: How far single hairs show.
        inner: How far the brow reaches inwards of its place.
    """
    return {
        "thick": thick,
        "arch": arch,
        "slope": slope,
        "length": length,
        "peak": peak,
        "tail": tail,
        "slit": slit,
        "feather": feather,
        "inner": inner,
    }


BROWS: dict[str, dict[str, float]] = {
    "brows_soft": _brow(0.0021, 0.0040, 0.10, 0.038),
    "brows_straight": _brow(0.0023, 0.0015, 0.03, 0.038),
    "brows_thick": _brow(0.0032, 0.0038, 0.08, 0.040),
    "brows_thin_arched": _brow(0.0014, 0.0068, 0.12, 0.037, feather=0.0),
    "brows_bold": _brow(0.0034, 0.0018, 0.06, 0.041, feather=0.15),
    "brows_feathered": _brow(0.0030, 0.0034, 0.10, 0.040, feather=1.0, tail=0.8),
    "brows_rounded": _brow(0.0021, 0.0062, 0.02, 0.038, peak=0.0),
    "brows_angled": _brow(0.0026, 0.0060, 0.07, 0.040, peak=0.45, tail=0.95),
    "brows_short": _brow(0.0033, 0.0022, 0.02, 0.024, tail=0.55, peak=0.0),
    "brows_long_thin": _brow(0.0013, 0.0034, 0.06, 0.045, feather=0.0),
    "brows_slit": _brow(0.0028, 0.0036, 0.09, 0.040, slit=0.42),
    "brows_bushy": _brow(0.0041, 0.0030, 0.05, 0.042, feather=0.9, tail=0.65),
    "brows_tapered": _brow(0.0029, 0.0030, 0.13, 0.041, tail=1.0, feather=0.1),
    "brows_joined": _brow(0.0026, 0.0034, 0.06, 0.047, feather=0.7, inner=0.0036, peak=0.2),
    "brows_drooping": _brow(0.0022, 0.0036, -0.08, 0.038, peak=0.1),
}


def _mouth(
    width: float,
    upper: float,
    lower: float,
    *,
    bow: float = 0.4,
    corner: float = 0.0,
    line: float = 1.0,
    gloss: float = 0.7,
) -> dict[str, float]:
    """One mouth.

    Args:
        width: Half width at rest.
        upper: Fullness of the upper lip.
        lower: Fullness of the lower lip.
        bow: Depth of the upper lip's bow.
        corner: Rise of the corners, metres.
        line: Weight of the line between the lips.
        gloss: Of the lower lip.
    """
    return {"width": width, "upper": upper, "lower": lower, "bow": bow, "corner": corner, "line": line, "gloss": gloss}


MOUTHS: dict[str, dict[str, float]] = {
    "mouth_soft": _mouth(0.0165, 0.50, 0.50, bow=0.25),
    "mouth_bow": _mouth(0.0155, 0.70, 0.70, bow=0.90),
    "mouth_full": _mouth(0.0185, 1.00, 1.00, bow=0.55),
    "mouth_thin": _mouth(0.0172, 0.12, 0.18, bow=0.15, line=1.15, gloss=0.3),
    "mouth_wide": _mouth(0.0215, 0.55, 0.65, bow=0.35),
    "mouth_heart": _mouth(0.0140, 0.85, 1.05, bow=1.20, gloss=0.9),
    "mouth_pout": _mouth(0.0150, 0.45, 1.10, bow=0.45, corner=-0.0010, gloss=0.9),
    "mouth_upturned": _mouth(0.0178, 0.45, 0.60, bow=0.50, corner=0.0016),
}


def _nose(
    width: float,
    *,
    drop: float = 0.0,
    nostrils: float = 0.55,
    side: float = 0.30,
    gleam: float = 1.0,
    **shape: float,
) -> dict[str, Any]:
    """One nose.

    Args:
        width: Factor on the width of its painting.
        drop: Metres that the painted tip stands higher.
        nostrils: Their strength.
        side: Strength of the shaded side.
        gleam: Strength of the light on the tip.
        **shape: Weights of the head's shapes, without `nose_`.
    """
    return {
        "paint": {"width": width, "drop": drop, "nostrils": nostrils, "side": side, "gleam": gleam},
        "shape": {f"nose_{name}": weight for name, weight in shape.items()},
    }


NOSES: dict[str, dict[str, Any]] = {
    "nose_small": _nose(1.0),
    "nose_button": _nose(1.02, drop=0.0006, side=0.15, bridge=-0.5, round=0.8, short=0.5),
    "nose_upturned": _nose(0.95, drop=0.0022, nostrils=0.8, side=0.25, turned=1.0, bridge=-0.2),
    "nose_straight": _nose(0.95, side=0.55, bridge=0.75),
    "nose_convex": _nose(1.0, drop=-0.0006, side=0.6, hump=1.0, bridge=0.4),
    "nose_broad": _nose(1.45, nostrils=0.75, side=0.35, broad=1.0, round=0.4),
    "nose_flat_bridge": _nose(1.25, side=0.12, bridge=-1.0, broad=0.45, gleam=0.9),
    "nose_narrow": _nose(0.74, nostrils=0.4, side=0.5, broad=-0.7, bridge=0.5),
    "nose_long": _nose(1.0, drop=-0.0030, nostrils=0.45, side=0.6, bridge=0.5, low=1.0),
}

MARKS: dict[str, dict[str, Any]] = {
    "freckles_light": {"freckles": [0.45, 1.0]},
    "freckles_dense": {"freckles": [1.0, 1.5]},
    "beauty_mark_lip": {"moles": [[0.0215, 0.0455, 0.00115]]},
    "beauty_mark_eye": {"moles": [[-0.0480, 0.0690, 0.00110]]},
    "moles": {"moles": [[0.0300, 0.0560, 0.0010], [-0.0420, 0.0400, 0.0012], [-0.0180, 0.1210, 0.0009]]},
    "vitiligo": {"vitiligo": True},
    "scar_cheek": {"scar": [-0.0560, 0.0700, -0.0400, 0.0460]},
    "scar_brow": {"scar": [0.0500, 0.1500, 0.0440, 0.1220]},
}
"""Freckles as density and spread; moles as place and radius; a scar as its two ends."""

MAKEUP: dict[str, dict[str, float]] = {
    "makeup_natural": {"shadow": 0.22, "liner": 0.25, "blush": 0.35, "lips": 0.35},
    "makeup_liner": {"shadow": 0.15, "liner": 1.0, "blush": 0.1, "lips": 0.2},
    "makeup_shadow": {"shadow": 0.75, "liner": 0.4, "blush": 0.3, "lips": 0.5},
    "makeup_stage": {"shadow": 1.0, "liner": 1.0, "blush": 0.7, "lips": 1.0},
    "makeup_kohl": {"shadow": 0.5, "liner": 0.75, "blush": 0.0, "lips": 0.0},
    "makeup_lips": {"shadow": 0.0, "liner": 0.0, "blush": 0.15, "lips": 1.0},
    "makeup_blush": {"shadow": 0.1, "liner": 0.1, "blush": 1.0, "lips": 0.4},
}
"""Strengths, 0 to 1; their colours are the slots `eye_shadow` and `lips`."""

PAINTED = ("brows", "eyes", "mouth", "nose", "marks", "makeup")
"""Groups without triangles."""


def painted(group: str, part: str) -> Mesh:
    """The part as a node that carries its numbers."""
    if group == "nose":
        return Mesh(extras=dict(NOSES[part]))
    table: dict[str, dict[str, Any]] = {
        "eyes": EYES,
        "brows": BROWS,
        "mouth": MOUTHS,
        "marks": MARKS,
        "makeup": MAKEUP,
    }[group]
    return Mesh(extras={"paint": table[part]})
