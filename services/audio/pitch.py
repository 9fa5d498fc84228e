"""The pitch of a take and how it is moved to the song's melody, with the voice's own colour kept.

A corrector that does not know the melody snaps a voice that is more than 50 cents off to the wrong note; this one knows
it.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log2
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import butter, hilbert, resample_poly, sosfiltfilt

from services.audio import psola
from services.audio.decode import RATE_HZ, Mono

log = logging.getLogger(__name__)

Cents: TypeAlias = NDArray[np.float64]
"""Pitch in cents above MIDI note 0, shape (frames,), one frame per 10 ms; NaN = unvoiced."""

HOP = RATE_HZ // 100
"""Samples between two frames of a pitch track."""

# Fans from a bass to a child; swift-f0 hears 47 to 2094 Hz.
LOWEST_HZ, HIGHEST_HZ = 60.0, 1200.0
LOWEST_CENTS, HIGHEST_CENTS = (6900 + 1200 * log2(hertz / 440) for hertz in (LOWEST_HZ, HIGHEST_HZ))

VOICED = 0.5
# A frame that the network is less sure of is believed too where it says what the melody says, within this many cents.
HALF_VOICED, NEAR_CENTS = 0.25, 200.0

# Movement faster than this is vibrato (4 to 8 Hz), slower is intonation; the two are parted softly, half at this rate.
VIBRATO_HZ = 3.0


class NoVoice(Exception):  # noqa: N818  named for what the fan reads
    """Nothing in the take has a pitch."""


class EngineFailed(Exception):  # noqa: N818
    """The program that moves pitch is missing or did not do its work."""


@dataclass(frozen=True)
class Note:
    """A written note.

    Attributes:
        start: First sample at 48 kHz, from the start of whatever the take is laid over.
        end: Sample after the last.
        midi: MIDI note number; fractions allowed.
    """

    start: int
    end: int
    midi: float


@dataclass(frozen=True)
class Tuning:
    """How much of the fan is kept.

    Attributes:
        strength: 0 leaves the take alone, 1 lands on the note.
        keep_vibrato: Share of the movement faster than 4 Hz that survives, 0 to 1.
        attack_ms: How fast a note is pulled.
        max_shift_cents: A note further off than this is left alone and counted.
        boundary_ms: How far from where it is written a note may begin.
    """

    strength: float = 0.95
    keep_vibrato: float = 0.5
    attack_ms: float = 30.0
    max_shift_cents: float = 600.0
    boundary_ms: float = 120.0


@dataclass(frozen=True)
class Correction:
    """What is to be done to a take.

    Attributes:
        shift: Cents to add, shape (frames,), one frame per 10 ms.
        target: Where each frame should land, NaN outside of notes, shape (frames,).
        notes: Notes that had a voice.
        left_alone: Notes further off than allowed.
        octave: Octaves between the melody and the fan's own register.
    """

    shift: NDArray[np.float64]
    target: Cents
    notes: int
    left_alone: int
    octave: int


class Tracker(Protocol):
    """Hears pitch."""

    name: str

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take`; `notes` say what to expect, and may be empty."""
        ...


def midi_cents(hertz: NDArray[np.float64]) -> Cents:
    """Hertz as cents above MIDI note 0; 0 Hz gives NaN."""
    with np.errstate(divide="ignore"):
        return np.where(hertz > 0, 6900 + 1200 * np.log2(np.maximum(hertz, 1e-9) / 440), np.nan)


def written(notes: Sequence[Note], frames: int) -> Cents:
    """The melody as a pitch track of `frames` frames, NaN in its rests."""
    track = np.full(frames, np.nan)
    for note in notes:
        track[max(0, -(-note.start // HOP)) : max(0, -(-note.end // HOP))] = 100 * note.midi
    return track


class Swift:
    """swift-f0: a small network for pitch, with the melody as a second opinion where it is unsure."""

    name = "swift-f0"

    def __init__(self) -> None:
        from swift_f0 import SwiftF0

        # One thread: the sums then come out alike on every machine, and a take needs 13 ms a second.
        self._network = SwiftF0(threads=1, spin=False)

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take`, with frames of 16 ms read off every 10 ms in the logarithm of pitch."""
        heard = resample_poly(take, 1, 3).astype(np.float32)
        peak = float(np.abs(heard).max(initial=0.0))
        found = self._network.detect(heard / max(peak, 1e-3) * 0.5, 16_000, LOWEST_HZ, HIGHEST_HZ)
        cents, sure = midi_cents(found.pitch_hz), found.confidence
        at = np.rint(found.timestamps * RATE_HZ / HOP).astype(int)
        melody = written(notes, int(at[-1]) + 1)[at]
        away = np.abs((cents - melody + 600) % 1200 - 600)  # distance to the written note in any octave
        voiced = (sure >= VOICED) | ((sure >= HALF_VOICED) & (away < NEAR_CENTS))
        return _resample(found.timestamps, np.where(voiced, cents, np.nan), _frames(take))


class Correlation:
    """Normalised autocorrelation with a Viterbi path that is told the melody: needs no weights at all.

    Raw pitch accuracy within 50 cents is 2 to 3 points below the network's on phone takes (see bench/audio.py).
    """

    name = "autocorrelation"

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take` on a grid of 10 cents, refined between its lags."""
        rate, length = 16_000, 1024
        heard = resample_poly(take, 1, 3)
        count = _frames(take)
        padded = np.pad(heard, (length // 2, length + rate // 100))
        frames = np.lib.stride_tricks.sliding_window_view(padded, length)[:: rate // 100][:count]  # (count, 1024)
        frames = frames - frames.mean(axis=1, keepdims=True)
        window = np.hanning(length)
        power = np.square(np.abs(rfft(frames * window, 2 * length, axis=1)))
        lags = irfft(power, axis=1)[:, :length]  # (count, 1024)
        own = irfft(np.square(np.abs(rfft(window, 2 * length))))[:length]
        likeness = lags / (lags[:, :1] + 1e-9) / np.maximum(own / own[0], 0.05)
        grid = np.arange(LOWEST_CENTS, HIGHEST_CENTS, 20.0)  # (grid,)
        lag = rate / (440 * 2 ** ((grid - 6900) / 1200))
        low = lag.astype(int)
        score = likeness[:, low] * (1 - (lag - low)) + likeness[:, low + 1] * (lag - low)  # (count, grid)
        # Every multiple of a period correlates as well as the period: shorter lags are preferred a little, and the
        # melody's # neighbourhood, in any octave, a little more.
        score = score - 0.02 * np.log2(lag / lag.min())
        melody = written(notes, count)
        away = np.abs((grid[None, :] - melody[:, None] + 600) % 1200 - 600)
        score = score + np.where(np.isnan(away), 0.0, 0.12 * np.exp(-np.square(np.nan_to_num(away) / 150)))
        path = _viterbi(score)
        rows = np.arange(count)
        strength = likeness[rows, low[path]]
        loud = np.sqrt(lags[:, 0])
        voiced = (strength > 0.55) & (loud > 0.03 * np.percentile(loud, 95))
        at = np.clip(path, 1, len(grid) - 2)
        left, peak, right = score[rows, at - 1], score[rows, at], score[rows, at + 1]
        bend = left - 2 * peak + right
        between = np.where(bend < -1e-9, np.clip(0.5 * (left - right) / np.minimum(bend, -1e-9), -1, 1), 0.0)
        return np.where(voiced, grid[at] + 20 * between, np.nan)


def _viterbi(score: NDArray[np.float64], widest: int = 6, price: float = 0.03) -> NDArray[np.int64]:
    """The path of highest sum, shape (frames,), that moves at most `widest` columns a frame or pays for a leap."""
    count, columns = score.shape
    total = score[0].copy()
    back = np.zeros((count, columns), dtype=np.int64)
    steps = np.arange(-widest, widest + 1)
    for row in range(1, count):
        padded = np.pad(total, widest, constant_values=-np.inf)
        near = (
            np.lib.stride_tricks.sliding_window_view(padded, columns) - price * np.abs(steps)[:, None]
        )  # (steps, columns)
        choice = near.argmax(axis=0)
        best = near[choice, np.arange(columns)]
        leap = int(total.argmax())
        far = total[leap] - 0.6
        back[row] = np.where(best >= far, np.arange(columns) + steps[choice], leap)
        total = np.maximum(best, far) + score[row]
    path = np.zeros(count, dtype=np.int64)
    path[-1] = total.argmax()
    for row in range(count - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def _frames(take: Mono) -> int:
    return len(take) // HOP + 1


def _resample(times_s: NDArray[np.float64], cents: Cents, frames: int) -> Cents:
    """A track at any times, read off every 10 ms; unvoiced stays unvoiced."""
    at = np.arange(frames) * HOP / RATE_HZ
    nearest = np.clip(np.rint(np.interp(at, times_s, np.arange(len(times_s)))).astype(int), 0, len(times_s) - 1)
    known = ~np.isnan(cents)
    if not known.any():
        return np.full(frames, np.nan)
    between = np.interp(at, times_s[known], cents[known])
    # Never across an octave slip or a gap: there the nearest frame speaks alone.
    close = np.abs(between - np.nan_to_num(cents[nearest])) < 150
    return np.where(np.isnan(cents[nearest]), np.nan, np.where(close, between, cents[nearest]))


def correct(pitch: Cents, notes: Sequence[Note], tuning: Tuning) -> Correction:
    """Decide how far each frame moves.

    Args:
        pitch: The take's track, laid over the same time as the notes.
        notes: The melody, in order, not overlapping.
        tuning: How much of the fan is kept.

    Raises:
        NoVoice: No frame inside of any note is voiced.
    """
    frames = len(pitch)
    melody = written(notes, frames)
    sung = ~np.isnan(pitch) & ~np.isnan(melody)
    if not sung.any():
        raise NoVoice("nothing in the take has a pitch where the melody has notes")
    octave = round(float(np.median(pitch[sung] - melody[sung])) / 1200)
    spans = _spans(pitch, notes, octave, round(tuning.boundary_ms * RATE_HZ / 1000 / HOP))
    target = np.full(frames, np.nan)
    wanted = np.full(frames, np.nan)
    voices = left_alone = 0
    for note, (first, last) in zip(notes, spans, strict=True):
        heard = pitch[first:last]
        voiced = ~np.isnan(heard)
        if not voiced.any():
            continue
        voices += 1
        # The fan's register, or for this note another octave when they changed it; then slips of single frames are
        # folded.
        centre = float(np.median(heard[voiced]))
        aim = 100 * note.midi + 1200 * (octave + round((centre - 100 * note.midi - 1200 * octave) / 1200))
        target[first:last] = aim
        if abs(centre - aim) > tuning.max_shift_cents:
            left_alone += 1
            wanted[first:last] = np.where(voiced, 0.0, np.nan)
            continue
        folded = heard - 1200 * np.round((heard - centre) / 1200)
        wanted[first:last] = aim - folded
    return Correction(_curve(wanted, tuning), target, voices, left_alone, octave)


def _spans(pitch: Cents, notes: Sequence[Note], octave: int, reach: int) -> list[tuple[int, int]]:
    """First and last frame of every note as it was sung: where two notes meet, the voice divides the frames."""
    frames = len(pitch)
    starts = [max(0, min(frames, note.start // HOP)) for note in notes]
    ends = [max(0, min(frames, note.end // HOP)) for note in notes]
    for index in range(len(notes)):
        early = max(0, starts[index] - reach) if index == 0 else max(ends[index - 1], starts[index] - reach)
        if index and notes[index].start - notes[index - 1].end < 2 * HOP:
            lowest = max(starts[index - 1] + 1, starts[index] - reach)
            highest = min(ends[index] - 1, starts[index] + reach)
            choice = range(lowest, highest + 1)
            meeting = _meeting(pitch, (notes[index - 1], notes[index]), octave, choice, starts[index])
            ends[index - 1] = starts[index] = meeting
        else:
            starts[index] = early
        if index + 1 == len(notes) or notes[index + 1].start - notes[index].end >= 2 * HOP:
            late = frames if index + 1 == len(notes) else (notes[index].end + notes[index + 1].start) // 2 // HOP
            ends[index] = min(frames, late, ends[index] + 2 * reach)
    return list(zip(starts, ends, strict=True))


def _meeting(pitch: Cents, pair: tuple[Note, Note], octave: int, choice: range, middle: int) -> int:
    """The frame out of `choice` from which the voice is nearer to the second note than to the first.

    Each note is taken where the fan sings it, read off its middle: who is a whole tone flat is still heard to change
    notes.
    """
    before, after = pair
    if len(choice) < 2 or before.midi == after.midi:
        return middle
    heard = pitch[choice.start : choice.stop - 1]
    costs = []
    for note in pair:
        aim = 100 * note.midi + 1200 * octave
        quarter = (note.end - note.start) // HOP // 4
        core = pitch[max(0, note.start // HOP + quarter) : max(0, note.end // HOP - quarter)]
        core = core[~np.isnan(core)]
        centre = float(np.median(core)) if len(core) else aim
        off = np.abs(heard - (centre if abs(centre - aim) < 500 else aim))
        costs.append(np.nan_to_num(np.minimum(off, 300.0), nan=0.0))
    first = np.concatenate([[0.0], np.cumsum(costs[0])])
    second = np.concatenate([[0.0], np.cumsum(costs[1])])
    total = first + (second[-1] - second)  # cost of changing at each frame, (len(choice),)
    # A small price for moving away from where it is written keeps undecided voices on the beat.
    total = total + 5.0 * np.abs(np.arange(choice.start, choice.stop) - middle)
    return choice.start + int(total.argmin())


def _curve(wanted: NDArray[np.float64], tuning: Tuning) -> NDArray[np.float64]:
    """The shift of every frame: corrected by `strength`, vibrato partly kept, no faster than `attack_ms`."""
    known = ~np.isnan(wanted)
    if not known.any():
        return np.zeros_like(wanted)
    at = np.arange(len(wanted))
    filled = np.interp(at, at[known], wanted[known])
    # Single frames that leap are the tracker's, not the singer's.
    steady = median_filter(filled, 5, mode="nearest")
    filled = np.where(np.abs(filled - steady) > 80, steady, filled)
    slow = np.empty_like(filled)
    # Each stretch between leaps is split on its own, so that a step between two notes is not taken for vibrato.
    edges = [0, *(np.flatnonzero(np.abs(np.diff(filled)) > 60) + 1).tolist(), len(filled)]
    sigma = 100 / (2 * np.pi * VIBRATO_HZ) * 1.18  # half as high at VIBRATO_HZ, in frames
    for first, last in pairwise(edges):
        slow[first:last] = (
            gaussian_filter1d(filled[first:last], sigma, mode="nearest") if last - first > 2 else filled[first:last]
        )
    shift = tuning.strength * (slow + (1 - tuning.keep_vibrato) * (filled - slow))
    smooth: NDArray[np.float64] = gaussian_filter1d(shift, max(0.1, tuning.attack_ms / 10 / 2.56), mode="nearest")
    return smooth


def voiced_share(pitch: Cents, notes: Sequence[Note]) -> float:
    """Share of the melody's frames in which the take has a pitch, 0 to 1."""
    sung = ~np.isnan(written(notes, len(pitch)))
    return float(np.mean(~np.isnan(pitch[sung]))) if sung.any() else 0.0


def in_tune(pitch: Cents, target: Cents, *, within_cents: float = 50.0) -> float:
    """Share of voiced frames inside of notes that lie within `within_cents` of their target, 0 to 1."""
    both = ~np.isnan(pitch) & ~np.isnan(target)
    return float(np.mean(np.abs(pitch[both] - target[both]) <= within_cents)) if both.any() else 0.0


# --- moving the pitch -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibration:
    """What was measured of this machine's rubberband.

    Attributes:
        version: For example `3.1.2`.
        early_samples: How much earlier than its key says a pitch takes effect, at 48 kHz.
    """

    version: str
    early_samples: int


# What was measured per version: another value on the same version means a broken installation, and is logged.
KNOWN_EARLY = {"3.1.2": 3975}
EARLY_TOLERANCE = 200


class Shifter(Protocol):
    """Moves pitch with the formants kept."""

    @property
    def name(self) -> str:
        """Engine and version."""
        ...

    def shift(self, take: Mono, cents: NDArray[np.float64], heard: Cents) -> Mono:
        """Move `take`, whose own pitch is `heard`, by `cents`, one value per 10 ms, to a voice of the same length."""
        ...


class Psola:
    """The fast engine: our own overlap-add of periods, in this process, under no other licence than ours."""

    name = "td-psola 1"

    def shift(self, take: Mono, cents: NDArray[np.float64], heard: Cents) -> Mono:
        """Move `take`; what has no pitch in `heard` is left as it is."""
        return psola.overlap_add(take, cents, heard, hop=HOP)


class Rubberband:
    """rubberband's R3 engine, formants kept, as a program with a pitch map.

    In this mode a pitch acts some 80 ms before the sample it is given for, which nobody documents; the start measures
    it with steps in a test tone. Uncorrected it costs a third of all frames (share within 25 cents 64.5 instead of 99.6
    %).

    The program is called directly rather than through pyrubberband, which hands the voice over in 16-bit files that
    clip, left in the system's folder when it is killed; the engine is the same (a test compares them).
    """

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration

    @property
    def name(self) -> str:
        """For example `rubberband 3.1.2 R3, map 3975 samples early`."""
        return f"rubberband {self.calibration.version} R3, map {self.calibration.early_samples} samples early"

    @classmethod
    def start(cls) -> Rubberband:
        """Find the program and measure its map.

        Raises:
            EngineFailed: It is missing, or its map does not act.
        """
        calibration = _calibrate()
        expected = KNOWN_EARLY.get(calibration.version)
        if expected is None or abs(calibration.early_samples - expected) > EARLY_TOLERANCE:
            log.warning(
                "rubberband %s: map acts %d samples early, expected %s", *_pair(calibration), expected or "unknown"
            )
        return cls(calibration)

    def shift(self, take: Mono, cents: NDArray[np.float64], heard: Cents | None = None) -> Mono:
        """Move `take` by `cents`, one value per 10 ms, to a voice of the same length; it hears the pitch itself."""
        return _shift(take, cents, self.calibration.early_samples)


def _pair(calibration: Calibration) -> tuple[str, int]:
    return calibration.version, calibration.early_samples


def _shift(take: Mono, cents: NDArray[np.float64], early_samples: int) -> Mono:
    # Silence in front gives the first keys room to come before their time.
    lead = 2 * max(0, early_samples)
    padded = np.concatenate([np.zeros(lead, np.float32), take, np.zeros(RATE_HZ // 4, np.float32)])
    keys = np.arange(len(cents)) * HOP + lead + early_samples
    return _rubberband(padded, keys, cents)[lead : lead + len(take)]


def _rubberband(sound: Mono, keys: NDArray[np.int64], cents: NDArray[np.float64]) -> Mono:
    """Run the program with a pitch map of one key per entry of `keys`; as long as `sound`."""
    with tempfile.TemporaryDirectory(prefix="tune-") as folder:
        source, result, table = (Path(folder) / name for name in ("in.wav", "out.wav", "map.txt"))
        soundfile.write(source, sound, RATE_HZ, subtype="FLOAT")
        lines = [f"{key} {cent / 100:.4f}" for key, cent in zip(keys.tolist(), cents.tolist(), strict=True)]
        table.write_text("\n".join(["0 0.0000", *lines]) + "\n")
        command = [
            "rubberband",
            "-q",
            "--fine",
            "--formant",
            "--pitch",
            "0",
            "--pitchmap",
            str(table),
            str(source),
            str(result),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
        except FileNotFoundError:
            raise EngineFailed("rubberband is not installed") from None
        except subprocess.TimeoutExpired:
            raise EngineFailed("rubberband did not end within 110 s") from None
        if done.returncode != 0:
            raise EngineFailed(f"rubberband failed: {done.stderr.strip()[-200:]}")
        moved, _ = soundfile.read(result, dtype="float32", always_2d=True)
    exact = np.zeros(len(sound), np.float32)
    exact[: len(moved)] = moved[: len(sound), 0]
    return exact


@cache
def _calibrate() -> Calibration:
    """Shift a tone by a step at several samples, and see where the step sounds.

    The map is read once per block of the engine, so one step is up to half a block off; the mean of four phases is what
    counts.
    """
    try:
        version = subprocess.run(["rubberband", "--version"], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        raise EngineFailed("rubberband is not installed") from None
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    harmonics = np.arange(1, 9)[:, None]
    tone = 0.2 * np.sum(np.sin(2 * np.pi * 220 * harmonics * t) / harmonics, axis=0)  # (samples,)
    early = []
    for turn, step in enumerate((200.0, -200.0, 200.0, -200.0)):
        key = RATE_HZ + turn * 257
        moved = _rubberband(tone.astype(np.float32), np.array([key - 1, key]), np.array([0.0, step]))
        early.append(key - _heard_at(moved, step))
    if max(early) - min(early) > 1024:
        raise EngineFailed(f"rubberband's pitch map acts at no fixed time: {early} samples early")
    text = (version.stdout + version.stderr).split()
    return Calibration(text[-1] if text else "unknown", round(float(np.mean(early))))


def _heard_at(tone: Mono, step_cents: float) -> int:
    """The sample at which a 220 Hz tone has moved half of `step_cents`."""
    band = butter(2, [150, 330], "bandpass", fs=RATE_HZ, output="sos")
    phase = np.unwrap(np.angle(hilbert(sosfiltfilt(band, tone))))
    hertz = np.convolve(np.diff(phase), np.ones(480) / 480, "same") * RATE_HZ / (2 * np.pi)
    moved = 1200 * np.log2(np.maximum(hertz, 1.0) / 220) / step_cents
    inside = moved[RATE_HZ // 4 : -RATE_HZ // 4]
    if not (inside > 0.5).any() or inside.max() < 0.8:
        raise EngineFailed("rubberband's pitch map had no effect on a test tone")
    return RATE_HZ // 4 + int((inside > 0.5).argmax())
