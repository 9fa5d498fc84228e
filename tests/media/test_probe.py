"""Somebody's sounds and clips are known by decoding them."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from media import probe
from media.probe import Picture, clip, picture, sound
from tests.media.test_encoder import encode
from tests.video import measure


def test_sounds_and_clips_are_known_by_decoding(tmp_path: Path) -> None:
    """A FLAC's samples are counted, a clip's frames too; what is neither is neither."""
    path = tmp_path / "tone.flac"
    measure.ffmpeg("-v", "error", "-f", "lavfi", "-i", "sine=sample_rate=48000:duration=0.5", "-ac", "2", path)
    heard = sound(path.read_bytes())
    seen = clip(encode(9))

    assert heard is not None
    assert (heard.codec, heard.rate_hz, heard.channels, heard.samples) == ("flac", 48_000, 2, 24_000)
    assert seen is not None
    assert (seen.codec, seen.width, seen.height, seen.frame_rate, seen.frames) == ("h264", 160, 96, Fraction(24), 9)
    assert sound(b"no sound") is None
    assert clip(b"no clip") is None


@pytest.mark.parametrize(
    ("name", "options"),
    [("png", {}), ("jpeg", {}), ("jpeg", {"progressive": True}), ("webp", {}), ("webp", {"lossless": True})],
)
def test_a_picture_is_not_decoded_that_no_page_could_hold(
    name: str, options: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few bytes can stand for gigabytes of pixels; what a header claims is read first, the same as decoding finds."""
    file = io.BytesIO()
    Image.new("RGBA" if name == "webp" else "RGB", (70, 30), (90, 20, 40)).save(file, name, **options)
    seen = picture(file.getvalue())
    monkeypatch.setattr(av, "open", None)
    monkeypatch.setattr(probe, "LARGEST_PX", 70 * 30 - 1)

    assert seen == picture(file.getvalue()) == Picture("mjpeg" if name == "jpeg" else name, 70, 30)
    assert picture(file.getvalue()[:20]) is None
