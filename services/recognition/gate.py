"""Decides whether a selfie can be measured at all, and says in plain words what to do for a retake.

Each limit is a constant with the measurement that set it beside it (216 portraits, and copies of them made worse on
purpose). Nothing here depends on how dark a person's skin is: exposure is judged by the brightest parts of the face
and by noise floors, not by its average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.recognition.complexion import skin_patches
from services.recognition.face import FACE_PX, Face
from services.recognition.geometry import Pose
from services.recognition.models import face_mesh
from services.recognition.models.face_detector import Found

COMPARABLE = 0.6
"""A second face at least this large beside the first, by edge length, makes the choice unclear."""

PRESENCE = 0.5
"""Least probability of a face in the mesh's own eyes."""

SMALLEST_PX = 80.0
"""Least width of the face in the decoded picture."""

TURNED_YAW_DEG = 42.0
TURNED_PITCH_DEG = 30.0
TURNED_ROLL_DEG = 50.0

INSIDE_PART = 0.97
"""Least part of the face's outline that lies inside the picture."""

DARK = 0.20
"""Least encoded luma, 0 to 1, that the brightest twentieth of the face reaches."""

BLOWN = 0.30
"""Largest part of the skin that may be clipped in at least two channels."""

SHARP = 0.19
"""Least sharpness, see `sharpness`."""


class Refused(Exception):  # noqa: N818  named for what the gate does
    """The selfie cannot be used; the message says what to do.

    Attributes:
        reason: One of the reasons in recognition.proto.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Quality:
    """What the gate looks at.

    Attributes:
        face_px: Width of the face in pixels.
        inside: Part of the face's outline inside the picture.
        bright: Luma that the brightest twentieth of the face reaches, 0 to 1.
        blown: Part of the skin that is clipped.
        sharpness: 0 to 1.
        pose: How the head is turned.
    """

    face_px: float
    inside: float
    bright: float
    blown: float
    sharpness: float
    pose: Pose


def admit_faces(found: list[Found]) -> Found:
    """The one face that is meant.

    Raises:
        Refused: There is none, or more than one of comparable size.
    """
    if not found:
        raise Refused(
            "NO_FACE", "No face was found. Hold the phone at arm's length, look into the camera and take off any mask."
        )
    rivals = [face for face in found[1:] if face.side >= COMPARABLE * found[0].side]
    if rivals:
        raise Refused(
            "SEVERAL_FACES",
            f"{1 + len(rivals)} faces of similar size are in the picture. Take one with only you in it.",
        )
    return found[0]


def quality(face: Face, pose: Pose) -> Quality:
    """Measure what `admit` judges."""
    outline = face.points[list(face_mesh.OUTLINE), :2]
    width, height = face.picture.size
    within = ((outline >= 0) & (outline <= [width - 1, height - 1])).all(1)
    luma = face.face.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
    patches = skin_patches(face)
    clipped = (face.face >= 250).sum(-1) >= 2
    return Quality(
        face_px=float(np.hypot(*(face.points[454, :2] - face.points[234, :2]))),
        inside=float(within.mean()),
        bright=float(np.percentile(luma[patches], 95)),
        blown=float(clipped[patches].mean()),
        sharpness=sharpness(face),
        pose=pose,
    )


def sharpness(face: Face) -> float:
    """How much fine detail the eyes, brows and mouth hold: 0 is fog, 0.3 a good photo.

    The share of the contrast between neighbouring pixels that a small blur removes (after F. Crete and others, "The
    blur effect", 2007). The face is first brought to 128 pixels, so that a large blurred face is not taken for a
    sharp one, and contrast cancels out, so that dim light or low contrast is not taken for blur.
    """
    from PIL import Image

    small = Image.fromarray(face.face).convert("L").resize((FACE_PX // 2, FACE_PX // 2), Image.Resampling.BOX)
    luma = np.asarray(small, np.float32)
    points = face.face_points / 2
    top, bottom = int(points[[70, 300], 1].min()), int(points[17, 1])
    left, right = int(points[[70, 61], 0].min()), int(points[[300, 291], 0].max())
    part = luma[max(0, top) : max(top + 8, bottom), max(0, left) : max(left + 8, right)]
    losses = []
    for axis in (0, 1):
        step = np.abs(np.diff(part, axis=axis))
        kernel = np.ones(5, np.float32) / 5
        blurred = np.apply_along_axis(np.convolve, axis, part, kernel, "same")
        after = np.abs(np.diff(blurred, axis=axis))
        total = float(step.sum())
        losses.append(float(np.maximum(step - after, 0).sum()) / total if total > 0 else 0.0)
    return min(losses)


def admit(measured: Quality, presence: float) -> None:
    """Let a face pass.

    Raises:
        Refused: With the first reason that applies, the most helpful first.
    """
    pose = measured.pose
    if presence < PRESENCE and measured.bright >= DARK and measured.sharpness >= SHARP:
        raise Refused(
            "NO_FACE", "No face can be made out clearly. Look into the camera with nothing in front of your face."
        )
    if measured.face_px < SMALLEST_PX:
        raise Refused(
            "FACE_TOO_SMALL",
            f"The face is {measured.face_px:.0f} pixels wide and needs {SMALLEST_PX:.0f}. Come closer to the camera.",
        )
    if measured.inside < INSIDE_PART:
        raise Refused(
            "FACE_CUT_OFF",
            "Part of the face lies outside the picture. Hold the phone further away, face in the middle.",
        )
    if abs(pose.yaw) > TURNED_YAW_DEG or abs(pose.pitch) > TURNED_PITCH_DEG or abs(pose.roll) > TURNED_ROLL_DEG:
        raise Refused(
            "FACE_TURNED_AWAY",
            f"The head is turned by {abs(pose.yaw):.0f}°, nodded by {abs(pose.pitch):.0f}° "
            f"and tilted by {abs(pose.roll):.0f}°. Look straight into the camera.",
        )
    if measured.bright < DARK:
        raise Refused("TOO_DARK", "It is too dark to see the face. Turn towards a window or a lamp.")
    if measured.blown > BLOWN:
        raise Refused("TOO_BRIGHT", "The face is overexposed. Move out of the direct light or switch the flash off.")
    if measured.sharpness < SHARP:
        raise Refused("TOO_BLURRED", "The picture is blurred. Hold still, wipe the lens and tap on the face to focus.")
