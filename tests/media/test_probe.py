"""Somebody's sounds and clips are known by decoding them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from media.probe import clip, sound
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
