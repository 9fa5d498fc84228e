"""Tells the person from the background: Google's selfie mask (256 x 256 x 3 in, 256 x 256 out)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.recognition.crop import Square
from services.recognition.engine import Engines

SIZE = 256

Mask: TypeAlias = NDArray[np.float32]
"""Probability of the person, shape (256, 256)."""


class SelfieMask:
    """The mask network."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self._network = engines.load(folder / "selfie_segmentation.tflite")

    def cover(self, picture: Image.Image, square: Square) -> Mask:
        """Where in `square` the person is."""
        pixels = square.cut(picture, SIZE)
        return self._network.run((pixels.astype(np.float32) / 255.0)[None])[0].reshape(SIZE, SIZE)
