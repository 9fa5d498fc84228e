"""How well and how cheaply a film's sound is coded, by an ear of its own: noise against what masks it.

`python bench/soundtrack.py` codes a line of the demo song and sounds that are hard for AAC with libavcodec: as films
are, by its defaults, and by settings between the two. Noise-to-mask ratios are those of ITU-R BS.1387 in decibels, of
all of the sound and of the worse side in its worst 43 ms; below 0 nothing is heard. Prints a table and appends JSON
lines to out/bench/soundtrack.jsonl. CPU milliseconds per second of sound are the best of three.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from services.assembler.sound import CODER  # noqa: E402  after the path to it
from tests.video.masking import decibels, noise_to_mask  # noqa: E402

RATE_HZ = 48_000
SECONDS = 6
PRIMING = 1024
"""Samples that a decoder gives before the first that was coded."""
OUT = ROOT / "out" / "bench" / "soundtrack.jsonl"

CODINGS: Mapping[str, Mapping[str, str]] = {
    "ours": CODER,
    "default 256k": {"b": "256000"},
    "default 192k": {"b": "192000"},
    "fast 256k": {"aac_coder": "fast", "b": "256000"},
    "fast 256k, no is": {"aac_coder": "fast", "aac_is": "0", "b": "256000"},
    "fast 256k, no pns": {"aac_coder": "fast", "aac_pns": "0", "b": "256000"},
    "fast 256k, neither": {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0", "b": "256000"},
}

Stereo = NDArray[np.float32]
"""Shape (2, samples)."""

TIMES_S = np.arange(SECONDS * RATE_HZ) / RATE_HZ
RANDOM = np.random.default_rng(3)


def line() -> Stereo:
    """The demo song with its guide, from the line's first second on."""
    folder = ROOT / "campaigns" / "demo" / "song"
    guide = soundfile.read(folder / "guide.flac", dtype="float32")[0]
    first = int(np.flatnonzero(np.abs(guide) > 1e-3)[0])
    stems = [
        soundfile.read(folder / f"{name}.flac", len(TIMES_S), first, dtype="float32", always_2d=True)[0]
        for name in ("drums", "music", "backing_vocals")
    ]
    both = sum(stems, guide[first : first + len(TIMES_S), None]).T
    return np.ascontiguousarray(np.broadcast_to(0.8 / np.abs(both).max() * both, (2, len(TIMES_S))), np.float32)


def alike(wave: NDArray[np.float64]) -> Stereo:
    """The same on both sides."""
    return np.stack([wave, wave]).astype(np.float32)


def castanets(strokes: list[int]) -> Stereo:
    """Strokes out of near silence."""
    wave = 1e-4 * RANDOM.standard_normal(len(TIMES_S))
    for number, start in enumerate(strokes):
        decay = np.arange(RATE_HZ // 10)
        click = np.exp(-decay / 250) * np.sin(2 * np.pi * (1_800 + 97 * number) / RATE_HZ * decay)
        wave[start : start + len(decay)] += 0.7 * click + 0.3 * np.exp(-decay / 120) * RANDOM.standard_normal(
            len(decay)
        )
    return alike(wave)


def bells() -> Stereo:
    """Partials that hardly fade, with hard beginnings."""
    wave = np.zeros(len(TIMES_S))
    for number in range(12):
        start = int((0.1 + 0.45 * number) * RATE_HZ)
        age_s = TIMES_S[: len(wave) - start]
        for times, level in ((1, 1), (2.76, 0.6), (5.4, 0.3), (8.9, 0.2)):
            partial = np.sin(2 * np.pi * 700 * (1 + 0.12 * (number % 5)) * times * age_s)
            wave[start:] += 0.2 * level * np.exp(-4 * age_s * np.sqrt(times)) * partial
    return alike(wave)


STROKES = [int((0.2 + 0.28 * number) * RATE_HZ) + 37 * number for number in range(20)]
SOUNDS: Mapping[str, Stereo] = {
    "a sung line": line(),
    "castanets": castanets(STROKES),
    "bells": bells(),
    "two tones": np.stack([0.3 * np.sin(2 * np.pi * hz * TIMES_S) for hz in (441, 660)]).astype(np.float32),
    "noise": (0.2 * RANDOM.standard_normal((2, len(TIMES_S)))).astype(np.float32),
}


def coded(wave: Stereo, options: Mapping[str, str]) -> tuple[list[bytes], bytes]:
    """Frames of AAC, and what a decoder must know of them."""
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, AudioCodecContext)
    coder.sample_rate, coder.format, coder.layout = RATE_HZ, "fltp", "stereo"
    coder.time_base, coder.options = Fraction(1, RATE_HZ), dict(options)
    frame = AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, coder.time_base, 0
    packets = [bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)]]
    return packets, coder.extradata or b""


def heard(packets: list[bytes], told: bytes, samples: int) -> Stereo:
    """What a player plays of it."""
    decoder = av.CodecContext.create("aac", "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.extradata = told
    planes = [frame.to_ndarray() for packet in packets for frame in decoder.decode(av.Packet(packet))]
    played: Stereo = np.concatenate(planes, axis=1, dtype=np.float32)
    return played[:, PRIMING : PRIMING + samples]


def cpu_s() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(sound: str, coding: str) -> dict[str, object]:
    """Code a sound and listen."""
    wave, costs = SOUNDS[sound], []
    for _ in range(3):
        before = cpu_s()
        packets, told = coded(wave, CODINGS[coding])
        costs.append(cpu_s() - before)
    played = heard(packets, told, wave.shape[1])
    ratios = np.stack([noise_to_mask(*sides) for sides in zip(wave, played, strict=True)])[:, 2:-2]
    row: dict[str, object] = {
        "name": f"{sound}, {coding}",
        "kbit_s": round(sum(map(len, packets)) * 8 / SECONDS / 1_000),
        "cpu_ms_per_s": round(1_000 * min(costs) / SECONDS, 1),
        "nmr_db": round(decibels(ratios), 1),
        "worst_db": round(max(decibels(frame) for side in ratios for frame in side), 1),
    }
    if sound == "castanets":
        before_s = [(played - wave)[:, start - 960 : start - 96] for start in STROKES]
        row["pre_echo_dbfs"] = round(max(float(10 * np.log10((part**2).mean())) for part in before_s), 1)
    return row


def main() -> None:
    """Measure, print, append."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    print(
        f"\nAAC, {SECONDS} s of stereo; noise to mask in dB, in all and in the worst frame; pre-echo: 2 to 20 ms before"
    )
    print(f"{'':36}{'kbit/s':>8}{'CPU ms/s':>10}{'NMR':>8}{'worst':>8}{'pre-echo':>10}")
    with OUT.open("a") as lines:
        for sound in SOUNDS:
            for coding in CODINGS:
                row = measure(sound, coding)
                name, *values = row.values()
                widths = (8, 10, 8, 8, 10)
                print(f"{name:36}" + "".join(f"{value:>{width}}" for value, width in zip(values, widths, strict=False)))
                lines.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
