"""Evidence of hair: where beside and above the face the person goes on without being skin, and in which colour.

The selfie mask says where the person ends; the cheeks say what skin looks like today; what is left above the forehead
says what the hair looks like. On 112 real portraits the part of the person beside the jaw that is not skin told long
hair from the rest with an area under the ROC curve of 0.964 (one number), and the part of the crown that is skin told
bald heads with 0.954.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.recognition.colour import Lab, to_lab
from services.recognition.complexion import Skin
from services.recognition.face import HEAD_PX, Face
from services.recognition.models import face_mesh
from services.recognition.region import Region, inside

_RIGHT_EDGE = (234, 93, 132, 58, 172, 136, 150)
_LEFT_EDGE = (454, 323, 361, 288, 397, 365, 379)

SKIN_FAR = 1.6
"""Beyond this many tolerances from the cheeks' colour a pixel is not skin."""


@dataclass(frozen=True)
class Hair:
    """What was measured. Parts are 0 to 1; lengths are in distances between the outer corners of the eyes.

    Attributes:
        crown_area: Area of the person above the forehead, in squared eye distances.
        crown_skin: Part of it that has the colour of the face.
        crown_far: Its typical distance from the colour of the face, in tolerances.
        ear: Part of the strips beside eyes and cheeks that is person and not skin; mean of the sides.
        ear_most: The same on the fuller side.
        jaw: The same beside mouth and chin; mean of the sides.
        jaw_least: The same on the emptier side.
        under: Part of the strips from chin to collar that has the colour of the hair; mean of the sides.
        low: The same below the collar.
        width: Widest extent of the head above the cheeks, in widths of the face.
        height: Top of the head above the forehead's top.
        fringe: Part of the forehead that is covered: right, middle and left third.
        colour: Typical colour, L*a*b*, highlights left out.
        spread: Robust standard deviation of it.
        tips: Typical colour below the mouth, or the same as `colour`.
        pixels: Number of pixels the colour was read from; 0 means that it is the brows'.
        known: Part of all regions that lies inside the picture.
    """

    crown_area: float
    crown_skin: float
    crown_far: float
    ear: float
    ear_most: float
    jaw: float
    jaw_least: float
    under: float
    low: float
    width: float
    height: float
    fringe: tuple[float, float, float]
    colour: Lab
    spread: Lab
    tips: Lab
    pixels: int
    known: float


def measure(face: Face, skin: Skin, brow: Lab) -> Hair:
    """Measure on the head crop.

    Args:
        face: The face.
        skin: Its skin.
        brow: Colour of its brows: hair is seldom much lighter, backgrounds often are.
    """
    lab = to_lab(face.head)
    points = face.head_points
    distance = float(np.hypot(*(points[263] - points[33])))
    known = face.head_known > 0
    person = (face.person > 0.5) & known
    y, x = np.mgrid[0:HEAD_PX, 0:HEAD_PX]

    # Skin varies more in lightness (shadows) than in hue; the tolerances are wide where light plays.
    from_skin = np.sqrt((((lab - skin.lab) / np.array([18.0, 6.0, 7.0], np.float32)) ** 2).sum(-1))
    top = points[face_mesh.FOREHEAD_TOP]
    crown = person & (y < top[1] - 0.1 * distance) & (np.abs(x - top[0]) < 0.7 * distance)
    crown_pixels = int(crown.sum())
    # Well inside the person, so that no background shines through; above the brows, around the face.
    deep = np.asarray(Image.fromarray((face.person > 0.9).astype(np.uint8)).filter(ImageFilter.MinFilter(5)), bool)
    scalp = deep & known & (y < points[[105, 334], 1].mean()) & (np.abs(x - top[0]) < 0.9 * distance)
    scalp &= ~inside(points, HEAD_PX, face_mesh.OUTLINE)
    strands = scalp & (from_skin > 1.5)
    behind = known & (face.person < 0.2) & (y < points[234, 1])
    source = _not_behind(lab, strands if strands.sum() > 60 else scalp & crown, behind, brow)
    if source.any():
        samples = lab[source]
        samples = samples[samples[:, 0] <= np.percentile(samples[:, 0], 75)]
        colour = np.median(samples, 0)
        spread = np.maximum(np.median(np.abs(samples - colour), 0) * 1.4826, np.array([5.0, 2.5, 3.0], np.float32))
    else:
        colour, spread = brow, np.array([5.0, 2.5, 3.0], np.float32)
    crown_skin = float((from_skin[crown] < 1.5).mean()) if crown_pixels > 30 else 1.0
    # On a shaved or closely cropped head what is left is mostly skin and gloss; the brows tell the colour.
    sparse = crown_skin > 0.6 or (crown_pixels < 0.7 * distance**2 and colour[0] > brow[0] + 15)
    if sparse:
        colour = brow
    from_hair = np.sqrt((((lab - colour) / (2 * spread)) ** 2).sum(-1))
    like_hair = (from_hair < from_skin) & (from_hair < 2.0)
    not_skin = from_skin > SKIN_FAR

    eyes_y = float(points[[33, 263], 1].mean())
    mouth_y, chin_y = float(points[[61, 291], 1].mean()), float(points[face_mesh.CHIN, 1])

    def strips(above: float, below: float, wide: float, like: Region) -> NDArray[np.float64]:
        """Part of the strip on each side that is person and `like`; what lies off the picture counts as empty."""
        parts = []
        for edge, side in ((points[234, 0], -1), (points[454, 0], 1)):
            out = (x - edge) * side
            strip = (y >= above) & (y < below) & (out > -0.02 * distance) & (out < wide * distance)
            seen = strip & known
            parts.append(
                float((person & like & strip).sum()) / max(1, int(seen.sum()))
                if seen.sum() > 0.3 * strip.sum()
                else 0.0
            )
        return np.array(parts)

    ear = strips(eyes_y, mouth_y - 0.1 * distance, 0.35, not_skin)
    jaw = strips(mouth_y - 0.1 * distance, chin_y, 0.35, not_skin)
    under = strips(chin_y, chin_y + 0.45 * distance, 0.35, like_hair)
    low = strips(chin_y + 0.45 * distance, chin_y + distance, 0.4, like_hair)

    hair_low = person & like_hair & (y > mouth_y) & ~inside(points, HEAD_PX, face_mesh.OUTLINE, grow=1.05)
    tips = np.median(lab[hair_low], 0) if hair_low.sum() > 150 and jaw.mean() > 0.4 and not sparse else colour

    rows = person & (y < points[234, 1])
    widths = rows.sum(1)[max(0, int(top[1] - 0.3 * distance)) : max(1, int(points[234, 1]))]
    face_width = float(np.hypot(*(points[454] - points[234])))
    column = person[:, max(0, int(top[0]) - 3) : int(top[0]) + 4].any(1)
    first = int(column.argmax()) if column.any() else int(top[1])

    return Hair(
        crown_area=crown_pixels / distance**2,
        crown_skin=crown_skin,
        crown_far=float(np.median(from_skin[crown])) if crown_pixels > 30 else 0.0,
        ear=float(ear.mean()),
        ear_most=float(ear.max()),
        jaw=float(jaw.mean()),
        jaw_least=float(jaw.min()),
        under=float(under.mean()),
        low=float(low.mean()),
        width=float(widths.max()) / face_width if widths.size else 1.0,
        height=float(top[1] - first) / distance,
        fringe=_fringe(points, from_skin, like_hair),
        colour=colour,
        spread=spread,
        tips=tips,
        pixels=0 if sparse else int(source.sum()),
        known=float(known.mean()),
    )


def _not_behind(lab: Lab, source: Region, behind: Region, brow: Lab) -> Region:
    """`source` without the background, where the mask has let some in.

    Only a background that is much lighter than the brows is cut away: dark hair before a dark wall is hair.
    """
    if behind.sum() < 60 or source.sum() < 60:
        return source
    wall = np.median(lab[behind], 0)
    if wall[0] < brow[0] + 25:
        return source
    apart: Region = np.linalg.norm(lab - wall, axis=-1) > 14
    return source & apart


def _fringe(points: NDArray[np.float64], from_skin: Lab, like_hair: Region) -> tuple[float, float, float]:
    """Cover of the forehead between the brows and its top, in thirds: person's right, middle, left."""
    thirds = ((109, 67, 69, 108), (109, 10, 338, 337, 9, 108), (338, 297, 299, 337))
    right, middle, left = (
        float(((from_skin > SKIN_FAR) & like_hair)[inside(points, HEAD_PX, third)].mean()) for third in thirds
    )
    return right, middle, left
