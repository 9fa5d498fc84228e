"""Prints the hash of a panned picture's segment: `python -m tests.media.panned WIDTH HEIGHT`."""

from __future__ import annotations

import hashlib
import io
import sys
from fractions import Fraction

import numpy as np

from media.encoder import SegmentEncoder
from media.profile import Profile

FRAMES = 12


def panned(width: int, height: int) -> bytes:
    """Squares of random grey, moved by two pixels across and one down a frame."""
    tall, wide = -(-(height + FRAMES) // 4), -(-(width + 2 * FRAMES) // 4)
    ground = np.random.default_rng(3).integers(30, 220, (tall, wide)).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    file = io.BytesIO()
    with SegmentEncoder(file, Profile(width, height, Fraction(24))) as encoder:
        for shift in range(FRAMES):
            encoder.write(ground[shift : shift + height, 2 * shift : 2 * shift + width], grey, grey)
    return file.getvalue()


if __name__ == "__main__":
    sys.stdout.write(hashlib.sha256(panned(int(sys.argv[1]), int(sys.argv[2]))).hexdigest())
