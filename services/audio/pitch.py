"""The pitch of a take and how it is moved to the song's melody, with the voice's own colour kept.

A corrector that does not know the melody snaps a voice that is more than 50 cents off to the wrong note; this one knows
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from services.audio.decode import RATE_HZ, Mono

Cents: TypeAlias = NDArray[np.float64]
"""Pitch in cents above MIDI note 0, shape (frames,), one frame per 10 ms; NaN = unvoiced."""

HOP = RATE_HZ // 100
"""Samples between two frames of a pitch track."""

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
        fold_octaves: How many octaves beside the melody a fan may sing and be kept there; what is further off is moved
            to the nearest of them, as far as `max_shift_cents` allows.
    """

    strength: float = 0.95
    keep_vibrato: float = 0.5
    attack_ms: float = 30.0
    max_shift_cents: float = 600.0
    boundary_ms: float = 120.0
    fold_octaves: float = 3.0


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
    reach = int(tuning.fold_octaves)
    octave = int(np.clip(round(float(np.median(pitch[sung] - melody[sung])) / 1200), -reach, reach))
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
        aim = 100 * note.midi + 1200 * int(np.clip(round((centre - 100 * note.midi) / 1200), -reach, reach))
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


def in_tune(pitch: Cents, target: Cents, *, within_cents: float = 50.0) -> tuple[float, float]:
    """Share of voiced frames in notes within `within_cents` of their target, and the median distance in cents."""
    away = np.abs(pitch - target)
    away = away[~np.isnan(away)]
    return (float(np.mean(away <= within_cents)), float(np.median(away))) if len(away) else (0.0, 0.0)


# --- moving the pitch -------------------------------------------------------------------------------------------------


class Shifter(Protocol):
    """Moves pitch with the formants kept."""

    @property
    def name(self) -> str:
        """Engine and version."""
        ...

    def shift(
        self, take: Mono, cents: NDArray[np.float64], heard: Cents, speed: NDArray[np.float64] | None = None
    ) -> Mono:
        """Move `take`, whose own pitch is `heard`, to a voice of the same length.

        Args:
            take: Shape (samples,).
            cents: Pitch to add, one value per 10 ms of the take.
            heard: The take's own pitch.
            speed: How long each 10 ms of the take become, 1 = as they are; their mean is 1. None moves nothing in time.
        """
        ...
