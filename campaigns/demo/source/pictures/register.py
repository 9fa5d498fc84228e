"""The register of the demo's pictures: every function that paints one enters itself by the name of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

WIDTH, HEIGHT = 720, 1280
"""Of the film's frame, in pixels; pictures that fill it have its size."""

PICTURES: dict[str, Callable[[Path], None]] = {}
"""Every picture by the name of its file."""


def picture(paint: Callable[[Path], None]) -> Callable[[Path], None]:
    """Enter a function that paints one picture into the file that it is given."""
    PICTURES[paint.__name__] = paint
    return paint
