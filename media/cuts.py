"""Where a finished film cuts, seen from its pictures alone."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Thumbs: TypeAlias = NDArray[np.uint8]
"""Small grey pictures of a film's frames, shape (frames, height, width)."""

ALIKE = 0.47
"""Correlation from which on two pictures show one shot. At the 37 cuts of the demo film it is 0.46 at most. Between
them it is as low in two places, where a light goes on and where a tunnel ends in white; elsewhere 0.48 at least."""

REACH = 2
"""Frames on either side that are compared, so that a flash of one frame is no cut."""

SHORTEST = 12
"""Frames of the shortest shot that is told apart; what is shorter, fades above all, belongs to the shot before it."""


def shots(thumbs: Thumbs) -> list[range]:
    """The frames of each shot, in order; together they are the whole film.

    A film cuts where none of the `REACH` frames before looks like any of those after. Pictures are compared by the
    correlation of their pixels, so that light that goes up or down all over is no cut.
    """
    flat = thumbs.reshape(len(thumbs), -1).astype(np.float32)  # (frames, pixels)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-3)
    edges = [0]
    for frame in range(1, len(flat)):
        before, after = flat[max(0, frame - REACH) : frame], flat[frame : frame + REACH]
        if (before @ after.T).max() < ALIKE and frame - edges[-1] >= SHORTEST and len(flat) - frame >= SHORTEST:
            edges.append(frame)
    return [range(first, end) for first, end in zip(edges, [*edges[1:], len(flat)], strict=True)]


def detail(thumbs: Thumbs) -> NDArray[np.float32]:
    """How much there is to see in each picture, shape (frames,): the mean step between neighbours, in levels of 255.

    A word that is half written and a shot that fades in have less of it than what becomes of them.
    """
    grey = thumbs.astype(np.int16)
    steps = np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2)) + np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2))
    return np.asarray(steps, np.float32)
