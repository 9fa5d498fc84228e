"""A singer made of arithmetic: glottal pulses, a vocal tract, breath and consonants.

Additive source-filter synthesis. Every harmonic of the voice is weighted by the complex transfer function of a cascade
of formant resonators, evaluated 200 times a second and interpolated between; breath and consonants are noise, shaped in
the short-time spectrum. Pitch is therefore exact, which is what makes these voices usable as a reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from score import SAMPLE_RATE_HZ, SungNote

HOP_SAMPLES = 240
"""Samples between two settings of the vocal tract: 5 ms."""

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Phone:
    """One sound of speech, as the vocal tract makes it.

    Attributes:
        formants: First four resonances of an adult tract of 15 cm, in hertz.
        voice: Level of the vocal folds, 0 to 1.
        breath: Level of noise from the glottis, through the same tract.
        noise: Level of noise from the tongue or lips.
        noise_hz: Centre of that noise.
        noise_octaves: Its half width.
        seconds: How long it lasts when it is a consonant; 0 for vowels, which take what is left.
        nasal: Whether the mouth is closed and the nose open.
    """

    formants: tuple[float, float, float, float]
    voice: float = 1.0
    breath: float = 0.06
    noise: float = 0.0
    noise_hz: float = 5000.0
    noise_octaves: float = 0.5
    seconds: float = 0.0
    nasal: bool = False


PHONES: dict[str, Phone] = {
    "A": Phone((830, 1300, 2750, 3900)),
    "a": Phone((790, 1680, 2700, 3900)),
    "E": Phone((600, 1980, 2850, 4000)),
    "@": Phone((640, 1350, 2750, 3900)),
    "i": Phone((340, 2550, 3150, 4050)),
    "I": Phone((430, 2250, 2950, 4000)),
    "O": Phone((520, 980, 2750, 3800)),
    "o": Phone((620, 1020, 2750, 3800)),
    "U": Phone((390, 950, 2650, 3750)),
    "w": Phone((330, 720, 2450, 3700), voice=0.7, seconds=0.065),
    "l": Phone((380, 1150, 2900, 3900), voice=0.65, seconds=0.060),
    "m": Phone((280, 1100, 2300, 3600), voice=0.42, seconds=0.065, nasal=True),
    "n": Phone((290, 1500, 2500, 3700), voice=0.42, seconds=0.060, nasal=True),
    "D": Phone((340, 1350, 2700, 3900), voice=0.5, noise=0.05, noise_hz=5500, noise_octaves=0.9, seconds=0.045),
    "h": Phone((600, 1400, 2750, 3900), voice=0.0, breath=0.22, seconds=0.060),
    "s": Phone((350, 1700, 2700, 4000), voice=0.0, noise=0.34, noise_hz=7600, noise_octaves=0.38, seconds=0.085),
    "S": Phone((350, 1700, 2500, 3800), voice=0.0, noise=0.36, noise_hz=3900, noise_octaves=0.45, seconds=0.115),
    "t": Phone((350, 1800, 2700, 4000), voice=0.0, breath=0.0, seconds=0.055),
    "d": Phone((300, 1750, 2700, 4000), voice=0.22, breath=0.0, seconds=0.045),
    "k": Phone((320, 1900, 2400, 3900), voice=0.0, breath=0.0, seconds=0.070),
    "g": Phone((300, 1500, 2300, 3800), voice=0.25, breath=0.0, seconds=0.050),
    "p": Phone((300, 900, 2400, 3800), voice=0.0, breath=0.0, seconds=0.065),
    "r": Phone((420, 1200, 1650, 3400), voice=0.65, seconds=0.055),
    "j": Phone((300, 2350, 3050, 4000), voice=0.7, seconds=0.055),
    "f": Phone((350, 1200, 2500, 3800), voice=0.0, noise=0.12, noise_hz=6500, noise_octaves=0.9, seconds=0.085),
}
"""The alphabet. Capitals and lower case are different sounds: `A I` is the vowel of "light", `O U` that of "oh"."""

BURSTS: dict[str, tuple[float, float, float]] = {
    "t": (0.42, 5200.0, 0.6),
    "d": (0.14, 4200.0, 0.6),
    "k": (0.40, 2300.0, 0.5),
    "g": (0.13, 1900.0, 0.5),
    "p": (0.30, 1100.0, 0.7),
}
"""Level, centre in hertz and half width in octaves of the noise that ends a closure."""

VOWELS = frozenset("AaE@iIOoU")


@dataclass(frozen=True)
class Voice:
    """A person's voice.

    Attributes:
        tract: Resonances relative to the alphabet's; above 1 is a shorter tract.
        tilt: Fall of the glottal spectrum above `tilt_hz`, in powers of frequency.
        tilt_hz: Where the fall begins.
        breath: How breathy, 1 is average.
        vibrato_hz: Rate of the vibrato.
        vibrato_cents: Its depth on held notes.
        glide_s: How long the voice takes from one note to the next.
        scoop_cents: How far below it starts a note.
        wander_cents: Standard deviation of the slow drift in pitch.
        transpose: Semitones added to what is written.
        consonants: Level of consonants, 1 is average.
    """

    tract: float = 1.0
    tilt: float = 1.1
    tilt_hz: float = 2200.0
    breath: float = 1.0
    vibrato_hz: float = 5.6
    vibrato_cents: float = 28.0
    glide_s: float = 0.055
    scoop_cents: float = 45.0
    wander_cents: float = 4.0
    transpose: float = 0.0
    consonants: float = 1.0


GUIDE = Voice(tract=1.08, tilt=0.7, tilt_hz=2800.0, breath=1.2)
"""The campaign's own lead: bright and young."""

FANS: dict[str, Voice] = {
    "warm": Voice(
        tract=0.99,
        tilt=1.5,
        tilt_hz=1500.0,
        breath=2.0,
        vibrato_cents=10.0,
        vibrato_hz=5.0,
        glide_s=0.08,
        scoop_cents=90.0,
        wander_cents=9.0,
        consonants=0.8,
    ),
    "bright": Voice(
        tract=1.13,
        tilt=1.1,
        tilt_hz=2200.0,
        breath=1.6,
        vibrato_cents=14.0,
        vibrato_hz=6.1,
        glide_s=0.07,
        scoop_cents=70.0,
        wander_cents=8.0,
        consonants=1.1,
    ),
    "low": Voice(
        tract=0.87,
        tilt=1.3,
        tilt_hz=1700.0,
        breath=1.4,
        vibrato_cents=8.0,
        vibrato_hz=4.8,
        glide_s=0.08,
        scoop_cents=80.0,
        wander_cents=8.0,
        transpose=-12.0,
    ),
}
"""Amateurs who may stand in for a fan; `low` sings an octave below."""


def sing(
    notes: Sequence[SungNote],
    length: int,
    voice: Voice,
    *,
    seed: int,
    cents: Sequence[float] | None = None,
) -> Signal:
    """Sing a line.

    Args:
        notes: What is sung, in order, without overlaps.
        length: Samples to return; sample 0 is the start of the song.
        voice: Who sings.
        seed: Of breath, drift and shimmer; equal seeds give equal samples.
        cents: Per note, how far off the written pitch it is sung; absent: in tune.

    Returns:
        Shape (length,), peak near 0.5; silent where nothing is sung.

    Raises:
        ValueError: `cents` is not one number per note, or a note ends before it starts.
    """
    cents = [0.0] * len(notes) if cents is None else list(cents)
    if len(cents) != len(notes):
        raise ValueError(f"{len(cents)} values in cents for {len(notes)} notes")
    for note in notes:
        if note.end <= note.start:
            raise ValueError(f"the note {note.syllable!r} at {note.start} ends at {note.end}")

    random = np.random.default_rng(seed)
    frames = length // HOP_SAMPLES + 2
    track = _Track.of(notes, frames, voice)
    f0_hz = _pitch(notes, cents, frames, voice, random)
    voiced = _harmonics(track, f0_hz, length, voice, random)
    airy = _noise(track, length, random)
    cycle = 0.65 + 0.35 * np.cos(
        2 * np.pi * np.cumsum(np.interp(np.arange(length), _grid(frames), f0_hz)) / SAMPLE_RATE_HZ
    )
    return np.asarray(voiced + airy * cycle, dtype=np.float64)


@dataclass
class _Track:
    """Settings of the vocal tract over time, one row per 5 ms."""

    formants: Signal  # (frames, 4), hertz
    voice: Signal  # (frames,)
    breath: Signal  # (frames,)
    noise: Signal  # (frames,)
    noise_hz: Signal  # (frames,)
    noise_octaves: Signal  # (frames,)
    nasal: Signal  # (frames,)

    @classmethod
    def of(cls, notes: Sequence[SungNote], frames: int, voice: Voice) -> _Track:
        rest = replace(PHONES["@"], voice=0.0, breath=0.0)
        columns: list[Phone] = [rest] * frames
        bursts: list[tuple[int, str]] = []
        for start, end, name in _timing(notes):
            first, last = round(start / HOP_SAMPLES), round(end / HOP_SAMPLES)
            for frame in range(max(0, first), min(frames, last)):
                columns[frame] = PHONES[name]
            if name in BURSTS:
                bursts.append((last, name))
        levels = np.array(
            [[p.voice, p.breath, p.noise * voice.consonants, p.noise_hz, p.noise_octaves, p.nasal] for p in columns]
        )
        formants = np.array([p.formants for p in columns]) * voice.tract
        # Tongue and lips take about 50 ms to move, the folds 20 ms, noise starts almost at once.
        formants = _smooth(formants, 11)
        levels[:, 0] = _smooth(levels[:, :1], 5)[:, 0]
        levels[:, 1] = _smooth(levels[:, 1:2], 5)[:, 0] * voice.breath
        levels[:, 2] = _smooth(levels[:, 2:3], 5)[:, 0]
        levels[:, 5] = _smooth(levels[:, 5:], 5)[:, 0]
        for frame, name in bursts:
            level, centre, octaves = BURSTS[name]
            for offset, decay in enumerate((0.7, 1.0, 0.5, 0.2)):
                if 0 <= frame + offset - 1 < frames:
                    row = levels[frame + offset - 1]
                    row[2:5] = level * decay * voice.consonants, centre, octaves
        return cls(formants, levels[:, 0], levels[:, 1], levels[:, 2], levels[:, 3], levels[:, 4], levels[:, 5])


def _timing(notes: Sequence[SungNote]) -> list[tuple[float, float, str]]:
    """Place every phone, in samples: vowels start on the note, consonants before it, out of the note before."""
    placed: list[tuple[float, float, str]] = []
    for index, note in enumerate(notes):
        phones = list(note.phones)
        vowels = [i for i, p in enumerate(phones) if p in VOWELS]
        onset, nucleus, coda = phones[: vowels[0]], phones[vowels[0] : vowels[-1] + 1], phones[vowels[-1] + 1 :]

        at = float(note.start)
        for name in reversed(onset):
            samples = PHONES[name].seconds * SAMPLE_RATE_HZ
            placed.append((at - samples, at, name))
            at -= samples

        end = float(note.end)
        if index + 1 < len(notes) and notes[index + 1].start - note.end < SAMPLE_RATE_HZ // 10:
            following = notes[index + 1]
            for name in following.phones:
                if name in VOWELS:
                    break
                end -= PHONES[name].seconds * SAMPLE_RATE_HZ
        shorten = 0.7 if note.end - note.start < SAMPLE_RATE_HZ // 3 else 1.0
        for name in reversed(coda):
            samples = PHONES[name].seconds * SAMPLE_RATE_HZ * shorten
            placed.append((end - samples, end, name))
            end -= samples

        if len(nucleus) == 1:
            placed.append((note.start, end, nucleus[0]))
        else:  # a diphthong leaves for its second vowel in the last third, at most 180 ms before the end
            turn = max(note.start + 0.62 * (end - note.start), end - 0.18 * SAMPLE_RATE_HZ)
            placed.append((note.start, turn, nucleus[0]))
            placed.append((turn, end, nucleus[1]))
    return sorted(placed)


def _pitch(
    notes: Sequence[SungNote], cents: Sequence[float], frames: int, voice: Voice, random: np.random.Generator
) -> Signal:
    """Return the pitch in hertz, shape (frames,); it runs on through consonants and rests."""
    seconds = _grid(frames) / SAMPLE_RATE_HZ
    midi = np.full(frames, float(notes[0].midi) + cents[0] / 100)
    for note, off in zip(notes, cents, strict=True):
        midi[note.start // HOP_SAMPLES :] = note.midi + off / 100
    midi = _smooth(midi[:, None], max(3, round(voice.glide_s * SAMPLE_RATE_HZ / HOP_SAMPLES) | 1))[:, 0]
    for index, note in enumerate(notes):
        inside = (seconds >= note.start / SAMPLE_RATE_HZ) & (seconds < note.end / SAMPLE_RATE_HZ)
        since = seconds[inside] - note.start / SAMPLE_RATE_HZ
        fresh = index == 0 or note.start - notes[index - 1].end > 0 or note.midi > notes[index - 1].midi
        if fresh:
            midi[inside] -= voice.scoop_cents / 100 * np.exp(-since / 0.035)
        length_s = (note.end - note.start) / SAMPLE_RATE_HZ
        if length_s > 0.3:
            growth = np.clip((since - 0.18) / 0.25, 0, 1)
            midi[inside] += voice.vibrato_cents / 100 * growth * np.sin(2 * np.pi * voice.vibrato_hz * since)
    drift = _smooth(random.standard_normal((frames, 1)), 61)[:, 0]
    midi += voice.wander_cents / 100 * drift / max(1e-9, float(drift.std()))
    midi += random.standard_normal(frames) * 0.012  # jitter: no throat is a clock
    return np.asarray(440.0 * 2 ** ((midi + voice.transpose - 69) / 12))


def _tract(frequency_hz: Signal, formants: Signal, nasal: Signal, tract: float) -> NDArray[np.complex128]:
    """Complex transfer function of the vocal tract at `frequency_hz`, both shaped (frames, frequencies)."""
    response = np.ones(frequency_hz.shape, dtype=np.complex128)
    above = np.array([4950.0, 5900.0, 6900.0, 7950.0, 9000.0, 10100.0]) * tract
    for index in range(4 + len(above)):
        centre = formants[:, index, None] if index < 4 else np.full((len(formants), 1), above[index - 4])
        width = 60.0 + 0.035 * centre + (150.0 * nasal[:, None] if index else 0.0)
        response *= centre**2 / (centre**2 - frequency_hz**2 + 1j * frequency_hz * width)
    # The open nose takes away around 800 Hz.
    notch = 1 - 0.85 * nasal[:, None] * np.exp(-(((frequency_hz - 850.0) / 350.0) ** 2))
    return np.asarray(response * notch)


def _harmonics(track: _Track, f0_hz: Signal, length: int, voice: Voice, random: np.random.Generator) -> Signal:
    """Sum the harmonics below 11 kHz, shape (length,)."""
    frames = len(f0_hz)
    sung = np.flatnonzero(track.voice > 1e-4)
    if sung.size == 0:
        return np.zeros(length)
    first, last = max(0, sung[0] - 2), min(frames, sung[-1] + 3)
    grid = _grid(frames)[first:last]
    at = np.arange(int(grid[0]), min(length, int(grid[-1]) + 1))
    f0 = f0_hz[first:last]
    phase = 2 * np.pi * np.cumsum(np.interp(at, grid, f0)) / SAMPLE_RATE_HZ
    turn = np.exp(1j * phase)
    wheel = np.ones_like(turn)
    shimmer = 1 + 0.03 * _smooth(random.standard_normal((last - first, 1)), 5)[:, 0]
    total = np.zeros(len(at))
    for number in range(1, int(11_000 / f0.min()) + 1):
        wheel = wheel * turn
        frequency = f0 * number
        source = number**-0.55 / (1 + (frequency / voice.tilt_hz) ** 2) ** (voice.tilt / 2)
        source = np.where(frequency < 11_000, source, 0.0) * (1.25 if number == 1 else 1.0)
        weight = _tract(frequency[:, None], track.formants[first:last], track.nasal[first:last], voice.tract)[:, 0]
        weight = weight * source * track.voice[first:last] * shimmer
        # Real and imaginary parts are interpolated apart, so no phase has to be unwrapped.
        total += np.interp(at, grid, weight.real) * wheel.real - np.interp(at, grid, weight.imag) * wheel.imag
    out = np.zeros(length)
    out[at[0] : at[0] + len(at)] = 0.055 * total
    return out


def _noise(track: _Track, length: int, random: np.random.Generator) -> Signal:
    """Breath through the tract and the noise of tongue and lips, shape (length,)."""
    window_samples = 4 * HOP_SAMPLES
    window = np.hanning(window_samples + 1)[:-1]
    frequency = np.fft.rfftfreq(window_samples, 1 / SAMPLE_RATE_HZ)
    white = random.standard_normal(length + 2 * window_samples)
    out = np.zeros(length + 2 * window_samples)
    loud = np.flatnonzero((track.breath > 1e-4) | (track.noise > 1e-4))
    if loud.size == 0:
        return np.zeros(length)
    rows = np.broadcast_to(frequency, (loud.size, frequency.size))
    tract = np.abs(_tract(rows, track.formants[loud], track.nasal[loud], 1.0))
    tract *= (frequency / (frequency + 900.0)) * np.exp(-frequency / 9000.0)
    tongue = np.exp(
        -0.5
        * (np.log2(np.maximum(frequency, 20.0) / track.noise_hz[loud, None]) / track.noise_octaves[loud, None]) ** 2
    )
    shape = 0.09 * track.breath[loud, None] * tract + 0.45 * track.noise[loud, None] * tongue
    for row, frame in enumerate(loud):
        at = frame * HOP_SAMPLES - window_samples // 2 + window_samples
        if at + window_samples > len(out):
            break
        spectrum = np.fft.rfft(white[at : at + window_samples] * window)
        out[at : at + window_samples] += np.fft.irfft(spectrum * shape[row]) * window
    return np.asarray(out[window_samples : window_samples + length] / 1.5)


def _grid(frames: int) -> Signal:
    return np.arange(frames) * float(HOP_SAMPLES)


def _smooth(columns: Signal, width: int) -> Signal:
    """Move a Hann window of `width` rows over each column; the ends keep their value."""
    window = np.hanning(width + 2)[1:-1]
    window /= window.sum()
    padded = np.pad(columns, ((width // 2, width - 1 - width // 2), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, c], window, mode="valid") for c in range(columns.shape[1])], axis=1)
