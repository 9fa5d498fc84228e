"""A contact sheet shows the film from its beginning to its end, evenly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from media.encoder import SegmentEncoder
from media.profile import Profile
from media.sheet import CELL_WIDTH_PX, GAP_PX, contact_sheet, marks

CODING_ERROR = 4
"""Levels of 255 by which a flat grey may come back wrong from limited range, x264 and the way to RGB."""


def grey_film(path: Path, lumas: list[int]) -> Path:
    """A film of flat frames of these lumas."""
    with SegmentEncoder(path, Profile(96, 160, Fraction(24))) as encoder:
        for luma in lumas:
            halves = np.full((80, 48), 128, np.uint8)
            encoder.write(np.full((160, 96), luma, np.uint8), halves, halves)
    return path


def test_pictures_lie_row_by_row_in_the_order_of_the_film(tmp_path: Path) -> None:
    """Of twelve frames, ever lighter, six places show every second one."""
    lumas = [16 + 18 * number for number in range(12)]

    sheet = np.asarray(contact_sheet(grey_film(tmp_path / "film.mp4", lumas), columns=3, rows=2))

    down = (sheet.shape[0] - GAP_PX) // 2
    middles = [
        int(sheet[GAP_PX + row * down + down // 2, GAP_PX + column * (CELL_WIDTH_PX + GAP_PX) + CELL_WIDTH_PX // 2, 0])
        for row in range(2)
        for column in range(3)
    ]
    np.testing.assert_allclose(middles, [(lumas[n] - 16) * 255 / 219 for n in (1, 3, 5, 7, 9, 11)], atol=CODING_ERROR)


def test_marks_are_in_the_middle_of_equal_stretches() -> None:
    """Whatever the length, as many frames lie before the first mark as behind the last, give or take one."""
    assert marks(576, 24) == [12 + 24 * index for index in range(24)]
    assert marks(5, 5) == [0, 1, 2, 3, 4]


def test_a_film_too_short_for_the_sheet_is_refused(tmp_path: Path) -> None:
    """Five frames do not fill six places."""
    with pytest.raises(ValueError, match="has 5 frames, the sheet has 6 places"):
        contact_sheet(grey_film(tmp_path / "film.mp4", [60] * 5), columns=3, rows=2)
