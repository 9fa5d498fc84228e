"""The still that stands for a film is a frame of it, and costs no more decoding than it must."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from media.profile import Codec, Profile
from media.segment import NotASegment, Segment, read
from services.assembler.poster import poster
from tests.assembler.conftest import PROFILE, segment
from tests.video import measure


@cache
def coded(codec: Codec) -> Segment:
    """Frames 300 to 359."""
    return read(segment(300, 60, replace(PROFILE, codec=codec)))


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("frame", [0, 7, 55, 59])
def test_the_poster_is_the_frame_asked_for(codec: Codec, frame: int, tmp_path: Path) -> None:
    """The JPEG shows the frame's number, in JPEG's own range, whatever it is built on."""
    path = tmp_path / "poster.jpg"
    path.write_bytes(poster(coded(codec), frame))
    with Image.open(path) as picture:
        assert picture.size == (160, 284)
        luma = np.asarray(picture.convert("L"))

    assert luma.max() > 245
    assert luma.min() < 10
    assert measure.number_of(luma) == 300 + frame


def test_a_poster_beyond_the_end_is_refused() -> None:
    """A segment has the frames it has."""
    with pytest.raises(NotASegment, match="no frame 12"):
        poster(read(segment(0, 12)), 12)


def test_what_cannot_be_decoded_gives_no_poster() -> None:
    """Coded pictures that are none."""
    whole = read(segment(0, 5, Profile(64, 64, Fraction(24))))
    noise = tuple(bytes(sample[:5]) + bytes(len(sample) - 5) for sample in whole.track.samples)

    with pytest.raises(NotASegment, match="cannot be decoded"):
        poster(replace(whole, track=replace(whole.track, samples=noise)), 4)
