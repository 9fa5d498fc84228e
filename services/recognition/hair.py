"""Evidence of hair: where around the face the person goes on without being skin, its colour, and how its strands run.

The selfie mask says where the person ends; the cheeks say what skin looks like today; what is left above the forehead
says what the hair looks like. Areas under the ROC curve on 112 real portraits:

    long hair   person beside the jaw that is not skin   0.967   with the strips above and below   0.976
    bald        skin on the crown                        0.961

Curl, on 71 portraits with hair to the ears or longer that were labelled by eye (38 straight, 22 wavy, 11 curly):

    orderliness of strands (texture.py)    curly from straight 0.955    curly from wavy 0.91    wavy from straight 0.78
    part of gradients that run downwards                       0.85                     0.65                       0.76
    roughness of the outline                                   0.60                     0.68                       0.43
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.recognition import texture
from services.recognition.brows import Brows
from services.recognition.colour import Lab, to_lab
from services.recognition.complexion import Skin
from services.recognition.crop import Points
from services.recognition.face import HEAD_PX, Face
from services.recognition.models import face_mesh
from services.recognition.region import Region, inside

SKIN_FAR = 1.6
"""Beyond this many tolerances from the cheeks' colour a pixel is not skin."""

# Skin varies more in lightness (shadows) than in hue; the tolerances are wide where light plays.
_SKIN_TOLERANCE = np.array([18.0, 6.0, 7.0], np.float32)

# Hair that seems to vary less than this is only lit flatly.
_LEAST_SPREAD = np.array([5.0, 2.5, 3.0], np.float32)


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
        neck: Part of the neck below the chin that has the colour of the hair, as under a closed headscarf.
        width: Widest extent of the head above the cheeks, in widths of the face.
        height: Top of the head above the forehead's top.
        fringe: Part of the forehead that is covered: right, middle and left third.
        orderly: How orderly the strands run, 0 to 1; 1 where too little hair shows.
        strands: Pixels of the head crop in which that was read.
        colour: Typical colour, L*a*b*, highlights left out.
        spread: Robust standard deviation of it.
        tips: Typical colour below the mouth, or the same as `colour`.
        pixels: Number of pixels the colour was read from; 0 means that it is the brows'.
        known: Part of the head crop that lies inside the picture.
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
    neck: float
    width: float
    height: float
    fringe: tuple[float, float, float]
    orderly: float
    strands: int
    colour: Lab
    spread: Lab
    tips: Lab
    pixels: int
    known: float


class _Head:
    """The head crop, and what each of its pixels is like."""

    def __init__(self, face: Face, skin: Skin) -> None:
        self.face = face
        self.lab = to_lab(face.head)
        self.points: Points = face.head_points
        self.eyes = float(np.hypot(*(self.points[263] - self.points[33])))
        self.known = face.head_known > 0
        self.person = (face.person > 0.5) & self.known
        # Well inside the person, so that no background shines through.
        deep = Image.fromarray((face.person > 0.9).astype(np.uint8)).filter(ImageFilter.MinFilter(5))
        self.deep = np.asarray(deep, bool) & self.known
        self.y, self.x = np.mgrid[0:HEAD_PX, 0:HEAD_PX]
        self.top = self.points[face_mesh.FOREHEAD_TOP]
        self.from_skin: NDArray[np.float32] = np.sqrt((((self.lab - skin.lab) / _SKIN_TOLERANCE) ** 2).sum(-1))
        self.crown = (
            self.person & (self.y < self.top[1] - 0.1 * self.eyes) & (np.abs(self.x - self.top[0]) < 0.7 * self.eyes)
        )

    def row(self, *indices: int) -> float:
        """Mean height of mesh points, in pixels from the top."""
        return float(self.points[list(indices), 1].mean())

    def strips(self, above: float, below: float, wide: float, like: Region) -> NDArray[np.float64]:
        """Part of the strip on each side of the face that is person and `like`, shape (2,): right, left.

        Args:
            above: First row.
            below: Row after the last.
            wide: In eye distances, outwards from the face's edge at the ear.
            like: What counts.

        What lies off the picture counts as empty.
        """
        parts = []
        for edge, side in ((self.points[234, 0], -1), (self.points[454, 0], 1)):
            out = (self.x - edge) * side
            strip = (self.y >= above) & (self.y < below) & (out > -0.02 * self.eyes) & (out < wide * self.eyes)
            seen = int((strip & self.known).sum())
            parts.append((self.person & like & strip).sum() / seen if seen > 0.3 * strip.sum() else 0.0)
        return np.array(parts)


def measure(face: Face, skin: Skin, brows: Brows) -> Hair:
    """Measure on the head crop.

    Args:
        face: The face.
        skin: Its skin.
        brows: Its brows: hair is seldom much lighter than they are, backgrounds often are.
    """
    head = _Head(face, skin)
    crown_pixels = int(head.crown.sum())
    crown_skin = float((head.from_skin[head.crown] < 1.5).mean()) if crown_pixels > 30 else 1.0
    crown_far = float(np.median(head.from_skin[head.crown])) if crown_pixels > 30 else 0.0
    crown_area = crown_pixels / head.eyes**2
    colour, spread, pixels = _colour(head, brows.colour)
    # On a shaved or closely cropped head what is left is mostly skin and gloss; the brows tell the colour, unless they
    # can hardly be told from skin themselves.
    glossy = colour[0] > brows.colour[0] + 15 and _hues_apart(colour, skin.lab) < 30
    sparse = crown_skin > 0.6 or (crown_area < 0.7 and glossy)
    if sparse and brows.contrast > 12:
        colour, pixels = brows.colour, 0

    from_hair = np.sqrt((((head.lab - colour) / (2 * spread)) ** 2).sum(-1))
    like_hair = (from_hair < head.from_skin) & (from_hair < 2.0)
    not_skin = head.from_skin > SKIN_FAR
    mouth, chin = head.row(61, 291), head.row(face_mesh.CHIN)
    step = 0.1 * head.eyes
    ear = head.strips(head.row(33, 263), mouth - step, 0.35, not_skin)
    jaw = head.strips(mouth - step, chin, 0.35, not_skin)
    under = head.strips(chin, chin + 4.5 * step, 0.35, like_hair)
    low = head.strips(chin + 4.5 * step, chin + 10 * step, 0.4, like_hair)
    around = ~inside(head.points, HEAD_PX, face_mesh.OUTLINE, grow=1.05)
    beside = np.abs(head.x - head.top[0]) < 0.5 * np.abs(head.points[454, 0] - head.points[234, 0]) + 3.5 * step
    hanging = head.deep & not_skin & around & beside & (head.y > mouth - step) & (head.y < chin)
    orderly, strands = _order(head, from_hair, around)
    width, height = _extent(head)
    return Hair(
        crown_area=crown_area,
        crown_skin=crown_skin,
        crown_far=crown_far,
        ear=float(ear.mean()),
        ear_most=float(ear.max()),
        jaw=float(jaw.mean()),
        jaw_least=float(jaw.min()),
        under=float(under.mean()),
        low=float(low.mean()),
        neck=_neck(head, not_skin, colour),
        width=width,
        height=height,
        fringe=_fringe(head, like_hair & not_skin),
        orderly=orderly,
        strands=strands,
        colour=colour,
        spread=spread,
        tips=np.median(head.lab[hanging], 0) if pixels and hanging.sum() > 150 and jaw.min() > 0.6 else colour,
        pixels=pixels,
        known=float(head.known.mean()),
    )


def _hues_apart(first: Lab, second: Lab) -> float:
    """Angle between two hues in degrees, 0 to 180."""
    angles = [float(np.degrees(np.arctan2(lab[2], lab[1]))) for lab in (first, second)]
    return abs((angles[0] - angles[1] + 180) % 360 - 180)


def _colour(head: _Head, brow: Lab) -> tuple[Lab, Lab, int]:
    """Colour of the hair around the forehead, its spread, and from how many pixels."""
    scalp = head.deep & (head.y < head.row(105, 334)) & (np.abs(head.x - head.top[0]) < 0.9 * head.eyes)
    scalp &= ~inside(head.points, HEAD_PX, face_mesh.OUTLINE)
    strands = scalp & (head.from_skin > 1.5)
    source = _not_behind(head, strands if strands.sum() > 60 else scalp & head.crown, brow)
    if not source.any():
        return brow, _LEAST_SPREAD, 0
    samples = head.lab[source]
    samples = samples[samples[:, 0] <= np.percentile(samples[:, 0], 75)]
    colour = np.median(samples, 0)
    spread = np.maximum(np.median(np.abs(samples - colour), 0) * 1.4826, _LEAST_SPREAD)
    return colour, spread, int(source.sum())


def _not_behind(head: _Head, source: Region, brow: Lab) -> Region:
    """`source` without the background, where the mask has let some in.

    Only a background that is much lighter than the brows is cut away: dark hair before a dark wall is hair.
    """
    behind = head.known & (head.face.person < 0.2) & (head.y < head.points[234, 1])
    if behind.sum() < 60 or source.sum() < 60:
        return source
    wall = np.median(head.lab[behind], 0)
    if wall[0] < brow[0] + 25:
        return source
    apart: Region = np.linalg.norm(head.lab - wall, axis=-1) > 14
    return source & apart


def _order(head: _Head, from_hair: NDArray[np.float32], around: Region) -> tuple[float, int]:
    """How orderly strands run, mean of all hair and of the hair beside the face; and in how many pixels."""
    hair = (head.face.person > 0.8) & head.known & (head.from_skin > 1.3) & (from_hair < 3) & around
    hair &= head.y < head.row(face_mesh.CHIN) + 0.7 * head.eyes
    hair = np.asarray(Image.fromarray(hair.astype(np.uint8)).filter(ImageFilter.MinFilter(5)), bool)
    beside = hair & ((head.x < head.points[234, 0]) | (head.x > head.points[454, 0]))
    beside &= head.y > head.row(33, 263) - 0.3 * head.eyes
    if beside.sum() < 150:
        return 1.0, 0
    rows, columns = np.flatnonzero(hair.any(1)), np.flatnonzero(hair.any(0))
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))  # saves half the time
    order = texture.coherence(head.lab[..., 0][part], hair[part])
    means = [texture.mean_coherence(order, region[part]) for region in (hair, beside)]
    return sum(means) / 2, int(hair.sum())


def _extent(head: _Head) -> tuple[float, float]:
    """Width of the head above the cheeks in face widths, and its height above the forehead in eye distances."""
    face_width = float(np.hypot(*(head.points[454] - head.points[234])))
    first, last = max(0, int(head.top[1] - 0.3 * head.eyes)), max(1, int(head.points[234, 1]))
    widths = head.person[first:last].sum(1)
    column = head.person[:, max(0, int(head.top[0]) - 3) : int(head.top[0]) + 4].any(1)
    highest = int(column.argmax()) if column.any() else int(head.top[1])
    return float(widths.max()) / face_width if widths.size else 1.0, float(head.top[1] - highest) / head.eyes


def _neck(head: _Head, not_skin: Region, colour: Lab) -> float:
    """Part of the neck that is covered in the colour of the hair; 0 when it lies off the picture."""
    chin = head.points[face_mesh.CHIN]
    below = (head.y > chin[1] + 0.12 * head.eyes) & (head.y < chin[1] + 0.42 * head.eyes)
    neck = below & (np.abs(head.x - chin[0]) < 0.3 * head.eyes) & head.known
    if neck.sum() < 50:
        return 0.0
    alike = np.linalg.norm(head.lab - colour, axis=-1) < 15
    return float((alike & not_skin)[neck].mean())


def _fringe(head: _Head, hair: Region) -> tuple[float, float, float]:
    """Cover of the forehead between the brows and its top, in thirds: person's right, middle, left."""
    thirds = ((109, 67, 69, 108), (109, 10, 338, 337, 9, 108), (338, 297, 299, 337))
    right, middle, left = (float(hair[inside(head.points, HEAD_PX, third)].mean()) for third in thirds)
    return right, middle, left
