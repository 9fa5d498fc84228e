"""When each note of a take begins, and how the take is stretched so that it begins where the song has it.

The guide sings the same syllables: around each written note, the way that its bands rise and fall is looked for in the
take. Only what can bear it is stretched, vowels and rests; consonants and the beginnings of notes move as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.audio.align import HOP_S
from services.audio.decode import RATE_HZ, Mono
from services.audio.pitch import HOP, Cents, Note

STEP = round(HOP_S * RATE_HZ)
"""Samples between two frames of bands."""

# A syllable is told by what happens this far around its beginning, in frames of 5 ms.
AROUND = 20
# Less alike than this, mean correlation of the bands' changes, and the note is left where it was sung.
ALIKE = 0.2
# Where two places are as good, the one nearer to where it is written.
FAR_PRICE = 0.15

# Nothing is stretched from 40 ms before to 60 ms after the beginning of a note: there consonants lie. Frames of 10 ms.
BEFORE, AFTER = 4, 6
# What is left of a stretch where nothing voiced bears it.
STIFF = 0.02
# Below this share of the take's loudest 50 ms there is a rest.
REST = 0.01
# No sound becomes shorter or longer than this; a note that would ask for more is moved less.
SHORTEST, LONGEST = 0.6, 1.6

Changes = NDArray[np.float32]
"""From `align.changes`, shape (frames, bands)."""


@dataclass(frozen=True)
class Warp:
    """How a take is stretched.

    Attributes:
        late_samples: How late each note was sung, shape (notes,); NaN where nothing told.
        speed: How long each 10 ms of the take become, shape (frames,); they add up to what they were.
        sung: The notes as they were sung.
    """

    late_samples: NDArray[np.float64]
    speed: NDArray[np.float64]
    sung: tuple[Note, ...]

    @property
    def moves(self) -> bool:
        """Whether anything is stretched."""
        return bool(np.any(self.speed != 1))

    def frames(self) -> NDArray[np.int64]:
        """Which frame of the take each frame of the result stands for, shape (frames,)."""
        lands = np.cumsum(self.speed) - self.speed
        at: NDArray[np.int64] = np.rint(np.interp(np.arange(len(lands)), lands, np.arange(len(lands)))).astype(np.int64)
        return at

    def lands(self, take_samples: float) -> float:
        """Where in the result a sample of the take lies."""
        edges = np.concatenate([[0.0], np.cumsum(self.speed) * HOP])
        return float(np.interp(take_samples, np.arange(len(edges)) * HOP, edges))


def lateness(take: Changes, guide: Changes, notes: Sequence[Note], *, reach_ms: float) -> NDArray[np.float64]:
    """How late each note begins, in samples, shape (notes,); NaN where the take holds nothing like it."""
    reach = max(2, round(reach_ms / 1000 / HOP_S))
    lags = np.arange(-reach, reach + 1)
    price = 1 - FAR_PRICE * np.abs(lags) / reach
    found = np.full(len(notes), np.nan)
    padded = np.pad(take, ((reach + AROUND, reach + AROUND), (0, 0)))
    for index, note in enumerate(notes):
        first = note.start // STEP - AROUND
        model = guide[max(0, first) : note.start // STEP + AROUND + 1]
        begin = max(0, first) + AROUND  # of lag -reach, in the padded take
        if len(model) < AROUND or begin + len(model) + 2 * reach > len(padded):
            continue
        here = np.lib.stride_tricks.sliding_window_view(
            padded[begin : begin + len(model) + 2 * reach], len(model), axis=0
        )
        products = np.einsum("lbf,fb->l", here, model)
        power = np.einsum("lbf,lbf->l", here, here)
        likeness = products / np.sqrt(power * float(np.sum(np.square(model))) + 1e-9)
        best = int((likeness * price).argmax())
        if likeness[best] < ALIKE:
            continue
        between = 0.0
        if 0 < best < len(lags) - 1:
            left, peak, right = likeness[best - 1 : best + 2]
            bend = left - 2 * peak + right
            between = 0.5 * (left - right) / bend if bend < 0 else 0.0
        found[index] = (lags[best] + between) * STEP
    return found


def warp(
    take: Mono,
    heard: Cents,
    notes: Sequence[Note],
    late_samples: NDArray[np.float64],
    *,
    strength: float,
    max_shift_ms: float,
) -> Warp:
    """Move each note towards where it is written.

    Args:
        take: Laid over the line, shape (samples,).
        heard: Its pitch, shape (frames,).
        notes: The melody, in order.
        late_samples: From `lateness`.
        strength: 0 keeps the fan's time, 1 is the song's.
        max_shift_ms: No note is moved further.
    """
    frames = len(heard)
    most = max_shift_ms * RATE_HZ / 1000
    known = np.flatnonzero(~np.isnan(late_samples))
    speed = np.ones(frames)
    if len(known) and strength > 0:
        begins = np.array([notes[index].start for index in known.tolist()]) + late_samples[known]  # as sung
        moves = np.clip(-strength * late_samples[known], -most, most)
        edges = np.concatenate([[0.0], np.maximum(begins / HOP, 1.0), [float(frames)]])
        goals = np.concatenate([[0.0], np.maximum((begins + moves) / HOP, 1.0), [float(frames)]])
        weight = _bears(take, heard, edges[1:-1])
        speed = _speeds(weight, edges, goals)
    return Warp(late_samples, speed, _as_sung(notes, late_samples))


def _as_sung(notes: Sequence[Note], late_samples: NDArray[np.float64]) -> tuple[Note, ...]:
    """The melody with every note where the fan began it; where two notes meet, they still do."""
    late = [0 if np.isnan(value) else round(value) for value in late_samples.tolist()]
    sung: list[Note] = []
    for index, note in enumerate(notes):
        start = note.start + late[index]
        end = note.end + late[index]
        if index + 1 < len(notes):
            following = notes[index + 1].start + late[index + 1]
            end = following if notes[index + 1].start - note.end < 2 * HOP else min(end, following)
        if sung:
            start = max(start, sung[-1].end)
        sung.append(Note(start, max(end, start + HOP), note.midi))
    return tuple(sung)


def _bears(take: Mono, heard: Cents, begins: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well each frame can be stretched, shape (frames,): vowels and rests well, consonants hardly."""
    frames = len(heard)
    padded = np.zeros(frames * HOP, np.float32)
    padded[: min(len(take), frames * HOP)] = take[: frames * HOP]
    level = np.sqrt(np.mean(np.square(padded.reshape(frames, HOP)), axis=1))
    level = np.convolve(level, np.ones(5) / 5, "same")
    rest = level < REST * level.max(initial=1e-9)
    weight = np.where(~np.isnan(heard) | rest, 1.0, STIFF)
    for begin in begins:
        weight[max(0, int(begin) - BEFORE) : int(begin) + AFTER] = STIFF
    return weight


def _speeds(weight: NDArray[np.float64], edges: NDArray[np.float64], goals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share what each stretch between two beginnings must gain out over its frames; all in frames."""
    frames = len(weight)
    order = np.concatenate([[True], np.diff(edges) > 1.0])
    order[-1] = True
    edges, goals = edges[order], np.maximum.accumulate(goals[order])
    running = np.concatenate([[0.0], np.cumsum(weight)])
    at = np.interp(edges, np.arange(frames + 1), running)  # weight up to each edge
    gain = np.diff(goals) - np.diff(edges)
    held = np.maximum(np.diff(at), 1e-9)
    # The gain per weight is bounded, so that no frame leaves its limits; what is left undone shifts what follows less.
    share = np.clip(gain / held, SHORTEST - 1, LONGEST - 1)
    done = share * held
    # The end stays where it is: what the first stretches could not do, the last must not undo.
    done[-1] -= done.sum()
    share[-1] = done[-1] / held[-1]
    middles = np.arange(frames) + 0.5
    part = np.clip(np.searchsorted(edges, middles, side="right") - 1, 0, len(share) - 1)
    speed = 1 + share[part] * weight
    # Stretches end between frames; what rounding cost is given back to all alike.
    exact: NDArray[np.float64] = speed * (frames / speed.sum())
    return exact
