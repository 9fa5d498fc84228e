"""A singer whose every pitch is known: additive source, formant filters, breath; and a phone to record it with.

Knows nothing of the service under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import fftconvolve, lfilter, resample_poly

RATE_HZ = 48_000

# First three formants in hertz and their bandwidths, a rough average of textbook vowels.
VOWELS = {
    "a": ((760, 90), (1250, 110), (2600, 160)),
    "e": ((500, 80), (1850, 120), (2550, 160)),
    "i": ((310, 60), (2200, 120), (2950, 180)),
    "o": ((480, 80), (900, 100), (2500, 160)),
    "u": ((340, 60), (800, 90), (2350, 160)),
}


@dataclass(frozen=True)
class Sung:
    """One note: samples at 48 kHz from the start of the song, a MIDI number and a vowel."""

    start: int
    end: int
    midi: float
    vowel: str = "a"


@dataclass(frozen=True)
class Fan:
    """How somebody sings. Cents, hertz, milliseconds; the defaults are a machine that sings the score."""

    detune_cents: float = 0.0
    detune_limit_cents: float = 95.0
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.5
    scoop_cents: float = 0.0
    timing_ms: float = 0.0
    octave: int = 0
    breath: float = 0.01


@dataclass(frozen=True)
class Performance:
    """What was sung, and the pitch that was meant and made at every sample (0 where silent)."""

    voice: NDArray[np.float32]
    f0_hz: NDArray[np.float64]
    starts: list[int] = field(default_factory=list)


def sing(score: list[Sung], samples: int, fan: Fan, seed: int = 0) -> Performance:
    """Sing `score` into a silence of `samples` samples."""
    random = np.random.default_rng([seed, 1])
    f0 = np.zeros(samples)
    gain = np.zeros(samples)
    vowel_of = np.zeros(samples, dtype=np.int64)
    names = sorted(VOWELS)
    starts = []
    for note in score:
        late = round(np.clip(random.normal(0, fan.timing_ms), -90, 90) * RATE_HZ / 1000)
        start, end = max(0, note.start + late), min(samples, note.end + late)
        starts.append(start)
        count = end - start
        t = np.arange(count) / RATE_HZ
        off = np.clip(random.normal(0, fan.detune_cents), -fan.detune_limit_cents, fan.detune_limit_cents)
        depth = fan.vibrato_cents * np.clip((t - 0.2) / 0.2, 0, 1)
        cents = (
            off
            - fan.scoop_cents * np.exp(-t / 0.05)
            + depth * np.sin(2 * np.pi * fan.vibrato_hz * t + random.uniform(0, 6))
        )
        cents += np.cumsum(random.normal(0, 0.004 if fan.detune_cents else 0.0, count))
        f0[start:end] = 440 * 2 ** ((note.midi - 69 + 12 * fan.octave) / 12 + cents / 1200)
        shape = np.minimum(1, np.minimum(t / 0.03, (count / RATE_HZ - t) / 0.04))
        gain[start:end] = np.clip(shape, 0, 1)
        vowel_of[start:end] = names.index(note.vowel)
    voiced = f0 > 0
    # Glide over 30 ms between notes that touch, in the logarithm of pitch.
    log = np.interp(np.arange(samples), np.flatnonzero(voiced), np.log(f0[voiced]))
    width = int(0.03 * RATE_HZ)
    glide = np.hanning(width) / np.hanning(width).sum()
    log = fftconvolve(np.pad(log, width, mode="edge"), glide, "same")[width:-width]
    f0 = np.where(voiced, np.exp(log), 0)
    hertz = np.exp(log)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    source = np.zeros(samples)
    # sin(k x) = 2 cos(x) sin((k - 1) x) - sin((k - 2) x) spares forty sines.
    before, now, twice = np.zeros(samples), np.sin(phase), 2 * np.cos(phase)
    for harmonic in range(1, 41):
        source += np.where(hertz * harmonic < 11_000, now, 0.0) * harmonic**-1.1
        before, now = now, twice * now - before
    source += random.normal(0, fan.breath, samples)
    voice = np.zeros(samples)
    for index, name in enumerate(names):
        colour = sum(_resonance(source, centre, width) * 0.7**k for k, (centre, width) in enumerate(VOWELS[name]))
        share = uniform_filter1d((vowel_of == index).astype(float), 960, mode="constant")
        voice += colour * share
    voice *= gain
    voice *= 0.25 / (np.abs(voice).max() + 1e-12)
    return Performance(voice.astype(np.float32), f0, starts)


def _resonance(source: NDArray[np.float64], centre_hz: float, width_hz: float) -> NDArray[np.float64]:
    radius = np.exp(-np.pi * width_hz / RATE_HZ)
    poles = [1, -2 * radius * np.cos(2 * np.pi * centre_hz / RATE_HZ), radius**2]
    filtered: NDArray[np.float64] = lfilter([sum(poles)], poles, source)
    return filtered


def backing(samples: int, seed: int = 7, beat: int = 24_000) -> NDArray[np.float32]:
    """A band: kick, hat, bass and chords that change every two beats; shape (samples, 2)."""
    random = np.random.default_rng([seed, 2])
    t = np.arange(samples) / RATE_HZ
    mono = np.zeros(samples)
    for start in range(0, samples, beat):
        n = min(beat, samples - start)
        u = np.arange(n) / RATE_HZ
        mono[start : start + n] += 0.5 * np.sin(2 * np.pi * (50 * u - 6 * np.exp(-u * 30))) * np.exp(-u * 12)
        half = min(beat // 2, max(0, n - beat // 2))
        mono[start + beat // 2 : start + beat // 2 + half] += random.normal(0, 0.08, half) * np.exp(-u[:half] * 60)
    for start in range(0, samples, 2 * beat):
        n = min(2 * beat, samples - start)
        root = 48 + int(random.choice([0, 5, 7, 9]))
        for step in (0, 4, 7, 12):
            f = 440 * 2 ** ((root + step - 69) / 12)
            for k in range(1, 6):
                mono[start : start + n] += 0.04 / k * np.sin(2 * np.pi * f * k * t[:n] + k) * np.exp(-t[:n] * 1.5)
    left = mono + 0.02 * random.normal(0, 0.1, samples)
    right = np.roll(mono, 12) + 0.02 * random.normal(0, 0.1, samples)
    return (0.5 * np.stack([left, right], axis=1)).astype(np.float32)


def phone(
    voice: NDArray[np.float32],
    band: NDArray[np.float32] | None,
    *,
    late_samples: int,
    bleed_db: float | None,
    snr_db: float = 25.0,
    rt60_s: float = 0.3,
    seed: int = 3,
) -> NDArray[np.float32]:
    """Record `voice` in a small room, with the loudspeaker playing `band`, everything `late_samples` late.

    Negative `late_samples` cut the beginning off.
    """
    random = np.random.default_rng([seed, 3])
    n = int(rt60_s * RATE_HZ)
    room = random.normal(0, 1, n) * 10 ** (-3 * np.arange(n) / n) * 0.015
    room[0] = 1.0
    heard = fftconvolve(voice, room)[: len(voice)]
    level = float(np.sqrt(np.mean(heard[np.abs(heard) > 1e-3] ** 2)))
    if band is not None and bleed_db is not None:
        leak = np.roll(room, 0)
        loud = fftconvolve(band.mean(axis=1), leak)[: len(voice)]
        heard = heard + loud * level / (np.sqrt(np.mean(loud**2)) + 1e-12) * 10 ** (bleed_db / 20)
    heard = heard + random.normal(0, level * 10 ** (-snr_db / 20), len(heard))
    # A phone hears 100 Hz to 9 kHz.
    heard = heard - lfilter([0.013], [1, -0.987], heard)
    heard = resample_poly(resample_poly(heard, 3, 8), 8, 3)[: len(heard)]
    late = np.concatenate([np.zeros(late_samples), heard]) if late_samples >= 0 else heard[-late_samples:]
    return late.astype(np.float32)


# Eight seconds in C major, two phrases, at 120 beats per minute.
LINE_MIDI = [60, 62, 64, 67, 65, 64, 62, 60, 64, 65, 67, 69, 67, 64, 62, 60]


def line(first_sample: int = 0, transpose: int = 0, beat: int = 24_000) -> list[Sung]:
    """The test song's line: sixteen notes of a beat each, a breath after the eighth."""
    vowels = "aeioaeuoaeiouaeo"
    score = []
    for index, midi in enumerate(LINE_MIDI):
        start = first_sample + index * beat
        end = start + beat - (6000 if index in {7, 15} else 0)
        score.append(Sung(start, end, midi + transpose, vowels[index]))
    return score
