"""Ears: a rim rolled round a hollow, with a lobe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.renderer.parts.head import CHIN_Y
from services.renderer.parts.mesh import Array, Mesh, interpolate, sheet

LOBE: Array = np.array([0.0955, CHIN_Y + 0.0715, -0.0060])
"""Where jewellery hangs from the left lobe; every ear keeps its lobe there."""


@dataclass(frozen=True)
class Ear:
    """One shape of ear.

    Attributes:
        high: Factor on its height above the lobe.
        wide: Factor on its width.
        out: Degrees by which it stands off the head.
        lobe: 1 a free round lobe, 0 one that runs into the jaw.
        point: Metres by which its top is drawn into a point.
    """

    high: float = 1.0
    wide: float = 1.0
    out: float = 30.0
    lobe: float = 1.0
    point: float = 0.0


EARS: dict[str, Ear] = {
    "ears_free": Ear(),
    "ears_attached": Ear(lobe=0.0),
    "ears_small": Ear(high=0.84, wide=0.86, out=24.0),
    "ears_prominent": Ear(high=1.08, wide=1.12, out=52.0),
    "ears_pointed": Ear(high=1.04, wide=0.95, out=34.0, point=0.034),
}

_COLUMNS = 22


def build_ear(part: str) -> Mesh:
    """Both ears of one shape, rigid on the head."""
    ear = EARS[part]
    turn = np.linspace(0, 2 * np.pi, _COLUMNS, endpoint=False)  # 0 at the front, pi/2 at the top
    # The outline in the ear's own plane: back, up; metres from the lobe's middle.
    up, back = np.sin(turn), -np.cos(turn)
    height = np.where(up > 0, 0.0285, 0.0225) * ear.high
    width = interpolate(up, [-1, -0.6, 0, 0.6, 1], [0.0090, 0.0125, 0.0165, 0.0180, 0.0150]) * ear.wide
    outline = np.stack([back * width, up * height], axis=1)
    outline[:, 0] += 0.006 * np.clip(up, 0, 1) - 0.004 * np.clip(-up, 0, 1) * (back > 0)
    outline[:, 1] += 0.0215 * ear.high
    low = np.clip(-up - 0.35, 0, 1)
    outline[:, 0] += (1 - ear.lobe) * low * -0.0025 * (back > -0.2)
    outline[:, 1] += (1 - ear.lobe) * low * 0.0015
    tip = np.exp(-(((turn - 2.05) / 0.42) ** 2))
    outline += ear.point * tip[:, None] * np.array([0.62, 0.80])
    middle = np.array([0.0010, 0.0225 * ear.high])

    angle = np.radians(ear.out)
    along = np.array([np.sin(angle) * 0.82, 0.0, -np.cos(angle)])  # backwards and off the head
    facing = np.array([np.cos(angle), 0.0, np.sin(angle) * 0.82])
    root = LOBE - along * 0.001 + np.array([-0.0055, -0.0010, 0.0030])

    def ring(share: float, lift: Array) -> Array:
        flat = middle + (outline - middle) * share
        lean = 0.004 * np.clip(flat[:, 1] / 0.05, 0, 1)
        return np.asarray(
            root + flat[:, :1] * along + flat[:, 1:] * np.array([0.0, 1.0, -0.10]) + (lift + lean)[:, None] * facing
        )

    # The front edge lies in the cheek; the rim is thick at the back and thin at the front.
    behind = np.clip(back * 0.7 + 0.45, 0, 1)
    rows = np.stack(
        [
            ring(0.80, -0.0050 - 0.004 * (1 - behind)),
            ring(0.99, -0.0020 * np.ones(_COLUMNS)),
            ring(1.00, 0.0015 * behind),
            ring(0.90, 0.0032 * behind),
            ring(0.74, 0.0004 * behind),
            ring(0.46, -0.0022 - 0.0008 * behind),
            ring(0.05, -0.0032 * np.ones(_COLUMNS)),
        ]
    )
    lobed = np.clip(-up * 1.4 - 0.3, 0, 1)  # no hollow in the lobe
    shade = (
        np.array([0.5, 0.9, 1.0, 1.0, 0.9, 0.36, 0.30])[:, None]
        + lobed[None] * np.array([0, 0, 0, 0, 0.2, 0.6, 0.1])[:, None]
    )
    left = Mesh()
    left.add(sheet(rows, slot="skin", closed=True, shade=np.clip(shade, 0, 1), outline=0.55, flip=True))
    mesh = Mesh()
    mesh.extend(left)
    mesh.extend(left.mirrored())
    return mesh
