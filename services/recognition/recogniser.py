"""From a selfie's bytes to traits: decode, find, gate, measure, judge. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from services.recognition import gate, sight
from services.recognition.engine import Engines
from services.recognition.face import FaceReader
from services.recognition.geometry import straighten
from services.recognition.judgement import judge
from services.recognition.picture import decode
from services.recognition.reference import Reference
from services.recognition.traits import Traits

Note = Callable[[float, str], None]
"""Told how far the work is, 0 to 1, and what comes next."""


class Recogniser:
    """Holds the networks. Safe to use from several threads."""

    def __init__(self, folder: Path, *, streams: int = 1) -> None:
        """Load and warm up all networks.

        Args:
            folder: Where `faces.py` put them.
            streams: Selfies that may be looked at in parallel.

        Raises:
            NoEngine: A network file or its runtime is missing.
        """
        self.engines = Engines(streams=streams)
        self._reader = FaceReader(self.engines, folder)
        self._reference = Reference.load()

    def look(self, data: bytes, note: Note = lambda _fraction, _message: None) -> Traits:
        """Everything that is visible in a selfie.

        Args:
            data: A JPEG, PNG, WebP or HEIF file.
            note: Called before each part.

        Raises:
            NotAnImage: The bytes are no picture.
            ImageTooLarge: They are too much of one.
            Refused: The picture cannot be measured; the message says what to do for a retake.
        """
        note(0.05, "decoding the picture")
        picture = decode(data)
        note(0.3, "looking for a face")
        upright, found = self._reader.find(picture)
        face = self._reader.read(upright, gate.admit_faces(found))
        note(0.6, "checking light and focus")
        _, pose = straighten(face.points, self._reference.steady)
        gate.admit(gate.quality(face, pose), face.presence)
        note(0.7, "measuring")
        return judge(sight.measure(face, self._reference.steady), self._reference)
