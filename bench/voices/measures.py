"""What a voice is measured by: pitch, colour, formants and clarity, with an ear that shares nothing with the service.

Every measure compares with a *reference*: the same synthetic singer, in the same breath and time, on the written notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, irfft, rfft

RATE_HZ = 48_000
HOP = RATE_HZ // 100

Curve: TypeAlias = NDArray[np.float64]
"""One value per 10 ms."""


@dataclass(frozen=True)
class Colour:
    """How far a voice is from its reference.

    Attributes:
        mcd_db: Mel-cepstral distortion, 24 coefficients without the level.
        formants: Median over notes of the relative displacement of the formants.
    """

    mcd_db: float
    formants: float


def fine_pitch(voice: NDArray[np.float32], rough: Curve) -> Curve:
    """Cents of every frame to some tenths, from cents that may be 60 off; NaN stays NaN.

    Autocorrelation of six periods at three periods' distance, its peak read between the samples: a third of a sample in
    three periods of 200 is a cent. On synthetic singers whose pitch is known the mean error is below half a cent.
    """
    fine = np.full(len(rough), np.nan)
    for frame in np.flatnonzero(~np.isnan(rough)):
        period = RATE_HZ / (440 * 2 ** ((rough[frame] - 6900) / 1200))
        lag, length = 3 * period, round(4 * period)
        reach = max(2, round(0.035 * lag))
        first = frame * HOP - (length + round(lag)) // 2
        low = round(lag) - reach
        if first < 0 or first + length + low + 2 * reach + 1 > len(voice):
            continue
        here = voice[first : first + length].astype(np.float64)
        there = voice[first + low : first + low + length + 2 * reach].astype(np.float64)
        products = np.correlate(there, here, "valid")  # (2 reach + 1,)
        power = np.convolve(np.square(there), np.ones(length), "valid")
        likeness = products / np.sqrt(power * np.sum(np.square(here)) + 1e-20)
        best = int(likeness.argmax())
        if 0 < best < len(likeness) - 1:
            left, peak, right = likeness[best - 1 : best + 2]
            exact = (low + best + 0.5 * (left - right) / (left - 2 * peak + right)) / 3
            fine[frame] = 6900 + 1200 * np.log2(RATE_HZ / exact / 440)
    return fine


def clarity_db(voice: NDArray[np.float32], cents: Curve, mask: NDArray[np.bool_]) -> float:
    """Median harmonics-to-noise ratio (Boersma, 1993) of the frames of `mask`, in decibels."""
    found = []
    for frame in np.flatnonzero(mask & ~np.isnan(cents)):
        period = RATE_HZ / (440 * 2 ** ((cents[frame] - 6900) / 1200))
        length = 2 * round(2.5 * period)
        first = frame * HOP - length // 2
        if first < 0 or first + length > len(voice):
            continue
        window = np.hanning(length)
        size = 2 * length
        likeness, own = (
            irfft(np.square(np.abs(rfft(sound, size))))[: length // 2]
            for sound in ((voice[first : first + length] - np.mean(voice[first : first + length])) * window, window)
        )
        curve = likeness / own
        near = slice(int(0.9 * period), int(1.1 * period) + 2)
        share = float(np.clip(curve[near].max() / (curve[0] + 1e-20), 1e-4, 0.99999))
        found.append(10 * np.log10(share / (1 - share)))
    return float(np.median(found))


def colour(
    voice: NDArray[np.float32], reference: NDArray[np.float32], goal: Curve, notes: list[NDArray[np.bool_]]
) -> Colour:
    """How far `voice` is from `reference`.

    Args:
        voice: Shape (samples,).
        reference: The same singer on the written pitch, shape (samples,).
        goal: That pitch in cents, shape (frames,).
        notes: The frames of each note, masks of shape (frames,).
    """
    mask = np.logical_or.reduce(notes)
    mine, theirs = (_mel_cepstrum(sound)[np.flatnonzero(mask)] for sound in (voice, reference))
    mcd = 10 / np.log(10) * np.sqrt(2 * np.sum(np.square(mine - theirs), axis=1))
    moved = [_envelope_moved(voice, reference, goal, note) for note in notes if note.any()]
    return Colour(float(mcd.mean()), float(np.median(moved)))


def _envelope_moved(
    voice: NDArray[np.float32], reference: NDArray[np.float32], goal: Curve, note: NDArray[np.bool_]
) -> float:
    """By which share the formants of a note lie elsewhere, 0.01 = one hundredth.

    The levels of the harmonics up to 4 kHz, averaged over the note, are the formants' envelope as far as it can be
    read; the stretch of the frequency axis under which the reference's envelope fits best is the displacement. Each
    voice's harmonics are read at its own pitch, and the envelope between them is a line.
    """
    frames = np.flatnonzero(note)
    hertz = 440 * 2 ** ((float(np.median(goal[frames])) - 6900) / 1200)
    own = fine_pitch(voice, np.where(note, goal, np.nan))[frames]
    sung = hertz if np.isnan(own).all() else 440 * 2 ** ((float(np.nanmedian(own)) - 6900) / 1200)
    envelopes = []
    for sound, pitch_hz in ((voice, sung), (reference, hertz)):
        harmonics = np.arange(1, int(4400 / pitch_hz) + 1)
        length = round(4 * RATE_HZ / pitch_hz)
        wave = np.exp(-2j * np.pi * np.outer(harmonics * pitch_hz / RATE_HZ, np.arange(length))) * np.hanning(length)
        power = np.zeros(len(harmonics))
        for frame in frames:
            part = sound[frame * HOP - length // 2 :][:length]
            if len(part) == length:
                power += np.square(np.abs(wave @ part))
        envelopes.append((harmonics * pitch_hz, 10 * np.log10(power + 1e-12)))
    (mine_hz, mine_db), (true_hz, true_db) = envelopes
    inside = (mine_hz > 250) & (mine_hz < 4000)
    stretches = np.linspace(0.9, 1.1, 201)
    misfit = []
    for stretch in stretches:
        off = mine_db[inside] - np.interp(mine_hz[inside] / stretch, true_hz, true_db)
        misfit.append(float(np.var(off)))
    return float(abs(stretches[int(np.argmin(misfit))] - 1))


def _mel_cepstrum(voice: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cepstrum of 40 mel bands up to 12 kHz every 10 ms, coefficients 1 to 24, shape (frames, 24)."""
    length = 2048
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(voice, (length // 2, length)), length)[::HOP]
    power = np.square(np.abs(rfft(frames * np.hanning(length), axis=1)))
    mel = np.linspace(2595 * np.log10(1 + 60 / 700), 2595 * np.log10(1 + 12_000 / 700), 42)
    corners = 700 * (10 ** (mel / 2595) - 1)
    hertz = np.arange(power.shape[1]) * RATE_HZ / length
    rise = (hertz - corners[:-2, None]) / np.diff(corners)[:-1, None]
    fall = (corners[2:, None] - hertz) / np.diff(corners)[1:, None]
    bands = power @ np.maximum(0, np.minimum(rise, fall)).T
    cepstrum: NDArray[np.float64] = dct(np.log(bands + 1e-6 * bands.mean()), norm="ortho", axis=1)[:, 1:25]
    scaled: NDArray[np.float64] = cepstrum / np.sqrt(20)
    return scaled
