"""Sings the fan's line the way an amateur does into a phone: off-key, a little late, in a room, over the music.

    python campaigns/demo/source/take.py OUT.wav [--seed 2026] [--voice warm|bright|low]

Stands in for a real recording in the demo and in tests. Writes 48 kHz mono, as long as the song's line with its
count-in, and prints exactly what is wrong with it. Equal arguments give equal bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal
from score import SAMPLE_RATE_HZ, TAKE_END_SAMPLES, TAKE_START_SAMPLES, SungNote, sung_line
from singer import FANS, sing

Signal = NDArray[np.float64]

SONG = Path(__file__).resolve().parents[1] / "song"

LATENCY_SAMPLES = round(0.120 * SAMPLE_RATE_HZ)
"""What a phone with a wireless earphone puts between what is heard and what is recorded."""

NOISE_BELOW_VOICE_DB = 32.0
BLEED_BELOW_VOICE_DB = 27.0


@dataclass(frozen=True)
class Take:
    """A recorded take and what is wrong with it.

    Attributes:
        sound: Shape (samples,), 48 kHz; sample 0 is the song's `TAKE_START_SAMPLES`.
        notes: The line as it was sung, in the take's own samples, latency included.
        cents: Per note, how far from the written pitch.
        late_ms: Per note, how far from the written time, without the latency.
    """

    sound: Signal
    notes: list[SungNote]
    cents: list[float]
    late_ms: list[float]


def record(seed: int, voice: str, *, length: int = TAKE_END_SAMPLES - TAKE_START_SAMPLES) -> Take:
    """Sing and record a take.

    Args:
        seed: Of the mistakes, the noise and the room.
        voice: A key of `singer.FANS`.
        length: Samples to record.
    """
    random = np.random.default_rng(seed)
    written = sung_line()
    cents = [float(c) for c in random.choice((-1, 1), len(written)) * random.uniform(30, 90, len(written))]
    late = np.clip(random.normal(8, 22, len(written)), -40, 55)
    late = [float(ms) for ms in late]

    starts = [
        n.start - TAKE_START_SAMPLES + round(ms * SAMPLE_RATE_HZ / 1000) for n, ms in zip(written, late, strict=True)
    ]
    sung = []
    for index, note in enumerate(written):
        end = note.end - TAKE_START_SAMPLES + (round(late[index] * SAMPLE_RATE_HZ / 1000))
        if index + 1 < len(written):
            end = min(end, starts[index + 1]) if note.end < written[index + 1].start else starts[index + 1]
        sung.append(replace(note, start=starts[index], end=end))

    dry = sing(sung, length, FANS[voice], seed=seed + 1, cents=cents)
    dry *= _level_of_an_amateur(sung, length, random)
    distance = _room(dry, random)
    loudness = float(np.sqrt((distance[np.abs(distance) > 0.02] ** 2).mean()))

    backing = _backing(length)
    bleed = _speaker(backing) * loudness * 10 ** (-BLEED_BELOW_VOICE_DB / 20)
    hiss = signal.sosfilt(
        signal.butter(1, 900, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), random.standard_normal(length)
    )
    hiss = hiss / hiss.std() * loudness * 10 ** (-NOISE_BELOW_VOICE_DB / 20)
    heard = _microphone(distance + bleed + hiss)
    late_heard = np.concatenate([np.zeros(LATENCY_SAMPLES), heard])[:length]
    recorded = [replace(n, start=n.start + LATENCY_SAMPLES, end=n.end + LATENCY_SAMPLES) for n in sung]
    return Take(0.5 * late_heard / np.abs(late_heard).max(), recorded, cents, late)


def _level_of_an_amateur(notes: Sequence[SungNote], length: int, random: np.random.Generator) -> Signal:
    """Uneven loudness: some notes are shouted, some swallowed, within 4 dB."""
    gain_db = np.zeros(length)
    for note in notes:
        gain_db[max(0, note.start) :] = random.uniform(-4, 2)
    smooth = signal.sosfiltfilt(signal.butter(1, 8, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), gain_db)
    return np.asarray(10 ** (smooth / 20))


def _room(dry: Signal, random: np.random.Generator) -> Signal:
    """A bedroom: a few early reflections and 0.35 s of reverberation."""
    length = round(0.4 * SAMPLE_RATE_HZ)
    t = np.arange(length) / SAMPLE_RATE_HZ
    tail = random.standard_normal(length) * 10 ** (-3 * t / 0.35)
    tail = signal.sosfilt(signal.butter(1, (200, 4500), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), tail)
    response = 0.22 * tail / np.sqrt((tail**2).sum())
    response[0] = 1.0
    for ms, level in ((4.1, 0.22), (7.3, -0.17), (11.9, 0.12), (17.0, -0.09)):
        response[round(ms * SAMPLE_RATE_HZ / 1000)] += level
    return np.asarray(signal.fftconvolve(dry, response)[: len(dry)])


def _backing(length: int) -> Signal:
    """What the fan hears while singing: the stems, from the count-in on, as mono of unit level."""
    total = np.zeros(length)
    for name in ("drums", "music", "backing_vocals"):
        stem, _ = soundfile.read(SONG / f"{name}.flac", start=TAKE_START_SAMPLES, frames=length)
        total += stem.mean(axis=1)
    return np.asarray(total / np.sqrt((total**2).mean()))


def _speaker(sound: Signal) -> Signal:
    """Earphones heard from outside: no bass, no air."""
    return np.asarray(signal.sosfilt(signal.butter(2, (500, 6000), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), sound))


def _microphone(sound: Signal) -> Signal:
    """A phone's band, 100 Hz to 9 kHz, and a little of its saturation."""
    band = signal.butter(2, (100, 9000), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(np.tanh(1.2 * signal.sosfilt(band, sound) / np.abs(sound).max()) / 1.2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Record an amateur's take of the demo's line.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--voice", choices=sorted(FANS), default="warm")
    arguments = parser.parse_args()

    take = record(arguments.seed, arguments.voice)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(arguments.out, take.sound, SAMPLE_RATE_HZ, subtype="PCM_16")

    off = np.abs(take.cents)
    print(f"{arguments.out}: {len(take.sound) / SAMPLE_RATE_HZ:.2f} s, 48 kHz mono, voice {arguments.voice!r}")
    print(f"  {len(take.notes)} notes, off by {off.min():.0f} to {off.max():.0f} cents (mean {off.mean():.0f})")
    print(
        f"  timing {min(take.late_ms):+.0f} to {max(take.late_ms):+.0f} ms, and everything "
        f"{1000 * LATENCY_SAMPLES / SAMPLE_RATE_HZ:.0f} ms late"
    )
    print(
        f"  room 0.35 s, noise {NOISE_BELOW_VOICE_DB:.0f} dB and the backing {BLEED_BELOW_VOICE_DB:.0f} dB below "
        "the voice, 100 Hz to 9 kHz"
    )


if __name__ == "__main__":
    main()
