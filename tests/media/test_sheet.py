"""A contact sheet shows every shot of a film, from its beginning to its end."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from media.cuts import Thumbs, detail, shots
from media.encoder import SegmentEncoder
from media.profile import Profile
from media.sheet import CELL_WIDTH_PX, GAP_PX, contact_sheet, stretches

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
    """Of twelve flat frames, ever lighter and so one shot, six places show every second one."""
    lumas = [16 + 18 * number for number in range(12)]

    sheet = np.asarray(contact_sheet(grey_film(tmp_path / "film.mp4", lumas), columns=3, rows=2))

    down = (sheet.shape[0] - GAP_PX) // 2
    middles = [
        int(sheet[GAP_PX + row * down + down // 2, GAP_PX + column * (CELL_WIDTH_PX + GAP_PX) + CELL_WIDTH_PX // 2, 0])
        for row in range(2)
        for column in range(3)
    ]
    np.testing.assert_allclose(middles, [(lumas[n] - 16) * 255 / 219 for n in (1, 3, 5, 7, 9, 11)], atol=CODING_ERROR)


def striped(shots: list[tuple[int, int, int]]) -> Thumbs:
    """Pictures of shots: how many frames, how wide their stripes are, and at which frame they have twice as many."""
    x = np.arange(64)
    pictures = []
    for frames, width, fullest in shots:
        for frame in range(frames):
            light = 1 + 0.2 * (frame % 3)  # a light that pulses is no cut
            row = 60 + 50 * light * (x // width % 2) + (40 * (x // 2 % 2) if frame == fullest else 0)
            pictures.append(np.tile(row, (96, 1)))
    return np.asarray(pictures).astype(np.uint8)


def test_shots_are_told_apart_by_what_they_show() -> None:
    """Pulsing light and one frame of something else are no cut; a change of the picture is, at its very frame."""
    pictures = striped([(30, 8, -1), (20, 32, -1), (25, 4, -1)])
    pictures[40] = 255 - pictures[40]

    assert shots(pictures) == [range(30), range(30, 50), range(50, 75)]


def test_there_is_most_to_see_where_most_changes() -> None:
    """The frame with twice the stripes has the most detail of its shot."""
    assert int(detail(striped([(30, 8, 21)])).argmax()) == 21


def test_every_shot_has_a_place_and_long_ones_have_more() -> None:
    """More shots than places: the longest, in order; fewer: the longest is parted, and nothing is left out."""
    found = [range(40), range(40, 50), range(50, 130)]

    assert stretches(found, 2) == [range(40), range(50, 130)]
    assert stretches(found, 3) == found
    assert stretches(found, 5) == [range(40), range(40, 50), range(50, 76), range(76, 103), range(103, 130)]


def test_a_film_too_short_for_the_sheet_is_refused(tmp_path: Path) -> None:
    """Five frames do not fill six places."""
    with pytest.raises(ValueError, match="has 5 frames, the sheet has 6 places"):
        contact_sheet(grey_film(tmp_path / "film.mp4", [60] * 5), columns=3, rows=2)
