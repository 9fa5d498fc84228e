"""Evidence of glasses: lines where a bare face has none, and how dark it is behind them.

A frame crosses the bridge of the nose and runs out at the temples; skin there is smooth. On 216 real portraits (53
with glasses) the area under the ROC curve was 0.981 for the edges on the bridge alone, 0.983 for the bar on the
bridge, 0.930 for the temples, and 0.997 for the sum of the three standardised; rims below the eyes added nothing
(0.995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.recognition.colour import Lab, linear, to_lab
from services.recognition.complexion import Skin, cheeks
from services.recognition.face import FACE_PX, Face


@dataclass(frozen=True)
class Eyewear:
    """What was measured.

    Attributes:
        bridge_edges: log(1 + mean vertical step of luma, in 8-bit steps) on the bridge of the nose.
        bridge_bar: log(1 + strength of the strongest horizontal bar on the bridge).
        temple_lines: Range of horizontal lines beside the eyes, relative to the cheek's luma.
        rim_lines: The same below the eyes: the lower rim.
        lens_light: log of the light behind the lenses (its brighter quarter) over the cheeks'; about 0 on a bare face.
        frame: Colour of the bar on the bridge, L*a*b*.
        frame_weight: Part of the bridge that the frame covers, 0 to 1.
    """

    bridge_edges: float
    bridge_bar: float
    temple_lines: float
    rim_lines: float
    lens_light: float
    frame: Lab
    frame_weight: float


def measure(face: Face, skin: Skin) -> Eyewear:
    """Measure on the face crop."""
    points = face.face_points
    luma = face.face.astype(np.float32) @ np.array([0.3, 0.59, 0.11], np.float32)
    step = (np.roll(luma, -1, 0) - np.roll(luma, 1, 0)) / 2
    edge = np.abs(np.diff(luma, axis=0, prepend=luma[:1]))
    distance = float(np.hypot(*(points[263] - points[33])))
    eyes_y = float(points[[33, 133, 362, 263], 1].mean())
    cheek = cheeks(face)
    cheek_luma = float(np.median(luma[cheek])) + 10

    bridge = _box(
        points[133, 0] + 0.04 * distance,
        points[362, 0] - 0.04 * distance,
        eyes_y - 0.22 * distance,
        eyes_y + 0.22 * distance,
    )
    rows = luma[bridge].mean(1)
    bar = np.convolve(rows, [-0.5, 0, 1, 0, -0.5], "valid") if rows.size > 5 else np.zeros(1)

    temples, rims, lenses = [], [], []
    light = linear(face.face).mean(-1)
    for outer, inner, side in ((33, 133, -1), (263, 362, 1)):
        middle, width = (points[outer, 0] + points[inner, 0]) / 2, abs(points[outer, 0] - points[inner, 0])
        temple = _box(
            points[outer, 0] + side * 0.05 * distance,
            points[outer, 0] + side * 0.2 * distance,
            eyes_y - 0.15 * distance,
            eyes_y + 0.12 * distance,
        )
        rim = _box(middle - 0.35 * width, middle + 0.35 * width, eyes_y + 0.14 * distance, eyes_y + 0.42 * distance)
        lens = _box(middle - 0.5 * width, middle + 0.5 * width, eyes_y - 0.08 * distance, eyes_y + 0.2 * distance)
        temples.append(_range(step[temple].mean(1)) / cheek_luma)
        rims.append(_range(step[rim].mean(1)) / cheek_luma)
        lenses.append(float(np.percentile(light[lens], 75)))

    lab = to_lab(face.face[bridge])
    away = np.abs((lab - skin.lab) / (2 * np.maximum(skin.spread, [6, 2.5, 3]))).max(-1)
    frame = away > 1.5
    return Eyewear(
        bridge_edges=float(np.log1p(edge[bridge].mean())),
        bridge_bar=float(np.log1p(np.abs(bar).max())),
        temple_lines=float(np.mean(temples)),
        rim_lines=float(np.mean(rims)),
        lens_light=float(np.log((np.mean(lenses) + 0.005) / (np.median(light[cheek]) + 0.005))),
        frame=np.median(lab[away >= np.percentile(away, 85)], 0),
        frame_weight=float(frame.mean()),
    )


def _box(left: float, right: float, top: float, bottom: float) -> tuple[slice, slice]:
    x0, x1, y0, y1 = (int(np.clip(round(float(edge)), 0, FACE_PX - 1)) for edge in (left, right, top, bottom))
    return slice(min(y0, y1), max(y0, y1) + 1), slice(min(x0, x1), max(x0, x1) + 1)


def _range(values: NDArray[np.float32]) -> float:
    return float(values.max() - values.min())
