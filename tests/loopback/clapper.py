"""A campaign that can be measured: every frame carries its number, and each second begins with a flash and a beep.

The number is drawn on top of everything, so it is drawn anew for each fan; the flash lies at the bottom, so it is
folded into the plates. 29.97 frames a second, where a second is no whole number of frames or samples, and two cuts of
one frame.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy import signal

from fancam.timebase import SAMPLE_RATE_HZ, frame_to_sample
from tests.loopback import tiny
from tests.video import measure

RATE = Fraction(30_000, 1001)
CUTS = [("fixed", 29), ("name", 40), ("fixed", 1), ("fan", 61), ("fixed", 31), ("name", 1), ("fixed", 77)]
FRAMES = sum(frames for _, frames in CUTS)
SAMPLES = frame_to_sample(FRAMES, RATE)
WIDTH, HEIGHT = 96, 160
BITS = 8
BLOCK = WIDTH // BITS
STRIP = 32
"""Rows at the top that carry the number; the flash is below them, at the left edge."""
BEEP_HZ = 9_000
"""Above the voice, so that it can be found beside it."""


def flashing(frame: int) -> bool:
    """Whether a second of the film begins with this frame."""
    return frame == 0 or frame // RATE > (frame - 1) // RATE


def write_campaign(folder: Path) -> Path:
    """Write the campaign's folder: the song of four seconds and its line, under other pictures and with beeps."""
    tiny.write_campaign(folder, "clapper")
    document = yaml.safe_load((folder / "campaign.yaml").read_text())
    document["profile"]["frame_rate"] = {"numerator": RATE.numerator, "denominator": RATE.denominator}
    document["fan_kit"] = {}
    document["cuts"] = []
    starts = itertools.accumulate((frames for _, frames in CUTS), initial=0)
    for number, ((kind, frames), first) in enumerate(zip(CUTS, starts, strict=False)):
        shot = {
            "id": f"cut{number}",
            "width": WIDTH,
            "height": HEIGHT,
            "frames": frames,
            "layers": _layers(kind, first, frames),
        }
        (folder / "shots" / f"cut{number}.yaml").write_text(yaml.safe_dump(shot, sort_keys=False))
        cut_kind = "CUT_KIND_FIXED" if kind == "fixed" else "CUT_KIND_PERSONAL"
        document["cuts"].append({"id": f"cut{number}", "shot": f"shots/cut{number}.yaml", "kind": cut_kind})
    (folder / "campaign.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / "song" / "band.flac").write_bytes(tiny.flac(_beeping()))
    guide = np.zeros(SAMPLES, np.float32)
    guide[: tiny.SAMPLES] = tiny.guide()
    (folder / "song" / "guide.flac").write_bytes(tiny.flac(guide))
    return folder


def numbers(film: Path) -> list[int]:
    """The number that each frame of the film shows."""
    pictures = measure.pictures(film)[:, : STRIP - 4].astype(float)
    lit = pictures.reshape(len(pictures), STRIP - 4, BITS, BLOCK).mean(axis=(1, 3)) > 125
    return [int(number) for number in lit @ (1 << np.arange(BITS))]


def flashes(film: Path) -> list[Fraction]:
    """When the edge of the picture turns bright, in seconds."""
    bright = measure.pictures(film)[:, STRIP + 4 :, :6].mean(axis=(1, 2)) > 140
    times = measure.presented(film)
    return [times[int(start)] for start in np.flatnonzero(bright & ~np.concatenate([[False], bright[:-1]]))]


def beeps(film: Path) -> list[Fraction]:
    """When each beep begins, in seconds: where the envelope of its band passes half of its height.

    The filter runs both ways, so it moves no edge.
    """
    band = signal.butter(4, [BEEP_HZ - 1_500, BEEP_HZ + 1_500], "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    envelope = np.abs(signal.hilbert(signal.sosfiltfilt(band, measure.sound(film))))
    half = envelope > envelope.max() / 2
    starts = np.flatnonzero(half)
    return [
        Fraction(int(start), SAMPLE_RATE_HZ)
        for start in starts[np.diff(starts, prepend=-SAMPLE_RATE_HZ) > SAMPLE_RATE_HZ // 2]
    ]


def _beeping() -> NDArray[np.float32]:
    """Two channels: quiet music, and 50 ms of tone where each second's first frame begins."""
    wave = np.zeros((SAMPLES, 2), np.float32)
    music = tiny.backing()
    wave[: len(music)] = 0.3 * music.reshape(len(music), -1)
    tone = 0.8 * np.cos(2 * np.pi * BEEP_HZ / SAMPLE_RATE_HZ * np.arange(2_400)).astype(np.float32)
    for frame in filter(flashing, range(FRAMES)):
        start = frame_to_sample(frame, RATE)
        wave[start : start + 2_400] += tone[: SAMPLES - start, None]
    return wave


def _layers(kind: str, first: int, frames: int) -> list[dict[str, Any]]:
    """Topmost first: the number, the fan, the flash, the night."""

    def solid(name: str, shade: int, left: int, top: int, size: tuple[int, int]) -> dict[str, Any]:
        width, height = size
        return {
            "name": name,
            "solid": {"width": width, "height": height, "color": {"red": shade, "green": shade, "blue": shade}},
            "transform": {"position": {"value": [left + width / 2, top + height / 2]}},
        }

    def shown(layer: dict[str, Any], on: list[bool]) -> dict[str, Any]:
        changes = [0] + [frame for frame in range(1, frames) if on[frame] != on[frame - 1]]
        keyframes = [{"frame": frame, "value": [100.0 * on[frame]], "hold": True} for frame in changes]
        layer["transform"]["opacity"] = {"keyframes": keyframes}
        return layer

    count = range(first, first + frames)
    bits = [
        shown(solid(f"bit {bit}", 255, bit * BLOCK, 0, (BLOCK, STRIP - 4)), [bool(frame >> bit & 1) for frame in count])
        for bit in range(BITS)
    ]
    white = {"red": 255, "green": 255, "blue": 255}
    style = {"size_px": 18, "fill": white, "justification": "JUSTIFICATION_CENTER", "fit_width_px": 70}
    name = {"name": "name", "text": {"text": "{name}", **style}, "transform": {"position": {"value": [50, 120]}}}
    fan = {"name": "fan", "avatar": {"staging": {"dance": "idle_sway", "sings": True}}}
    return [
        *bits,
        solid("behind the number", 0, 0, 0, (WIDTH, STRIP)),
        *({"fixed": [], "name": [name], "fan": [name, fan]}[kind]),
        shown(solid("flash", 255, 0, STRIP, (10, HEIGHT - STRIP)), [flashing(frame) for frame in count]),
        solid("night", 40, 0, 0, (WIDTH, HEIGHT)),
    ]
