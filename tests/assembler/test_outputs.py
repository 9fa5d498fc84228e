"""Other shapes of a film keep what they are told to keep, and splice as the film does."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from media.encoder import SegmentEncoder
from media.profile import Codec, Profile
from media.segment import NotASegment, differences, read
from services.assembler.outputs import Window, derive, window
from tests.assembler.conftest import PROFILE, segment
from tests.video import measure


@pytest.mark.parametrize(
    ("source", "target", "focus", "kept"),
    [
        ((720, 1280), (540, 540), (0.5, 0.5), Window(0, 280, 720, 720)),
        ((720, 1280), (540, 540), (0.5, 0.0), Window(0, 0, 720, 720)),
        ((720, 1280), (540, 540), (0.5, 0.4), Window(0, 152, 720, 720)),
        ((720, 1280), (180, 320), (0.9, 0.1), Window(0, 0, 720, 1280)),
        ((1920, 1080), (540, 960), (1.0, 0.5), Window(1312, 0, 608, 1080)),
        ((160, 284), (90, 160), (0.5, 0.5), Window(0, 0, 160, 284)),
    ],
    ids=["middle", "top", "upper third", "same shape", "right edge", "rounding"],
)
def test_the_largest_part_of_the_shape_is_kept(
    source: tuple[int, int], target: tuple[int, int], focus: tuple[float, float], kept: Window
) -> None:
    """As near to the focus as the edges allow, on even pixels."""
    assert window(source, target, focus) == kept


def stripes(frames: int) -> bytes:
    """A segment whose upper quarter is white, and whose lower is black."""
    file = io.BytesIO()
    luma = np.full((PROFILE.height, PROFILE.width), 120, np.uint8)
    luma[: PROFILE.height // 4], luma[-PROFILE.height // 4 :] = 235, 16
    grey = np.full((PROFILE.height // 2, PROFILE.width // 2), 128, np.uint8)
    with SegmentEncoder(file, PROFILE) as encoder:
        for _ in range(frames):
            encoder.write(luma, grey, grey)
    return file.getvalue()


@pytest.mark.parametrize(("at", "brightness"), [(0.0, 235), (1.0, 16)], ids=["top", "bottom"])
def test_the_focus_decides_what_is_seen(at: float, brightness: int, tmp_path: Path) -> None:
    """A wide window at the top shows the white stripe only, one at the bottom the black one."""
    path = tmp_path / "wide.mp4"
    path.write_bytes(derive(stripes(3), Profile(160, 64, Fraction(24)), (0.5, at)))
    seen = measure.pictures(path)

    assert seen.shape == (3, 64, 160)
    assert np.abs(seen.astype(float) - brightness).mean() < 2


@pytest.mark.parametrize("codec", Codec)
def test_derived_segments_can_be_spliced(codec: Codec) -> None:
    """Cuts of one frame and of many have equal parameter sets in the output's own profile, frame for frame."""
    profile = Profile(96, 96, Fraction(24), quality=30, codec=codec)
    one, many = (read(derive(segment(5, frames), profile, (0.5, 0.5))) for frames in (1, 30))

    assert differences(one, many) == []
    assert (one.frames, many.frames, one.codec) == (1, 30, codec.value)


def test_every_frame_keeps_its_place() -> None:
    """A smaller copy carries the same numbers in the same order."""
    path = derive(segment(40, 26), Profile(80, 142, Fraction(24)), (0.5, 0.5))

    assert [measure.number_of(luma) for luma in measure.pictures_of(path)] == list(range(40, 66))


def test_what_cannot_be_decoded_is_refused() -> None:
    """A damaged segment leaves no half of an output."""
    with pytest.raises(NotASegment):
        derive(b"no film", Profile(80, 142, Fraction(24)), (0.5, 0.5))
