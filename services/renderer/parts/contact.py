"""Contact shadows: how low hair hangs over the forehead, so that the face's painting can shade below its edge."""

from __future__ import annotations

import numpy as np

from services.renderer.parts.head import CHIN_Y, face_z
from services.renderer.parts.mesh import Array, Mesh

COLUMNS: Array = np.linspace(-0.07, 0.07, 29)
"""Where the profile is taken, metres from the middle of the face; `FRINGE_COLUMNS` of stage/avatar/face.ts."""

NOWHERE = 1.0
"""Height of an edge that shades nothing."""

_LOWEST, _HIGHEST = 0.108, 0.215
"""Edges outside, metres above the chin, are locks beside the face or hair that only lies on the head."""

_SHARES = np.array([(a, b, 4 - a - b) for a in range(5) for b in range(5 - a)]) / 4
"""Points spread over a triangle, as shares of its corners, (15, 3)."""


def fringe_profile(mesh: Mesh) -> list[float]:
    """Height above the chin of the lowest hair over the forehead, per column, metres; `NOWHERE` without hair."""
    clouds = [
        np.einsum("sc,tcx->tsx", _SHARES, patch.positions[patch.triangles]).reshape(-1, 3) for patch in mesh.patches
    ]
    points = np.vstack([np.zeros((0, 3)), *clouds])
    height = points[:, 1] - CHIN_Y
    off = points[:, 2] - face_z(points[:, 0], height)
    points = points[(height > _LOWEST) & (height < _HIGHEST) & (off > -0.002) & (off < 0.045) & (points[:, 2] > 0.03)]
    profile = []
    for column in COLUMNS:
        near = points[np.abs(points[:, 0] - column) < 0.0032, 1] - CHIN_Y
        profile.append(round(float(near.min()), 4) if len(near) else NOWHERE)
    return profile
