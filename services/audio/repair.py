"""What a phone broke before the take arrived, mended: tops that were cut flat, and holes where packets were lost.

Neither is looked for by single samples at full scale. A recording that was clipped and then coded or resampled, as
every phone's is, has no two equal samples left: of takes clipped 12 to 24 dB deep, AAC, MP3, Opus and a change from
44.1 to 48 kHz left 0.00 % of them there. The shape of a wave's top survives all of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.audio import prediction
from services.audio.decode import RATE_HZ, Mono

# A top is what lies above this share of what the loudest fiftieth of the samples exceeds.
LOUD_PERCENT, TOP = 98.0, 0.8
# A round top rises above where it is entered by a quarter of what its slopes would reach over its width; a flat one by
# less than this share of that. Clean voices have at most 0.1 % of their samples in such tops, behind a phone's
# automatic gain 0.15 %; clipped by 12 dB, 3 to 40 % in all those formats.
FLAT = 0.5
SHORTEST = 3
# Fewer than this share of a recording's samples are chance.
CLEAN = 0.002

# Of a flat top, what lies above this share of its highest sample is set anew.
CEILING = 0.96

# How much of a new top is foretold from what lies around it; the rest is a cubic.
FORETOLD = 0.7

HOLE = RATE_HZ * 3 // 1000
"""So many samples of nothing at all are no pause of a singer."""

EASE = RATE_HZ * 4 // 1000
"""A sound goes into a hole and comes out of it over so many samples, so that it does not click."""


@dataclass(frozen=True)
class Tops:
    """Flat tops of a wave: first samples, and samples after the last, each of shape (tops,)."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def share(self, samples: int) -> float:
        """How much of a sound of `samples` samples lies in them, 0 to 1."""
        return float(np.sum(self.ends - self.starts)) / samples if samples else 0.0


def flat_tops(sound: Mono) -> Tops:
    """The tops of a wave that were cut flat; none where they are so few that they came by chance."""
    level = np.abs(sound)
    loud = TOP * float(np.percentile(level, LOUD_PERCENT)) if len(sound) else 0.0
    none = np.zeros(0, np.int64)
    if loud <= 0:
        return Tops(none, none)
    side = np.where(level > loud, np.sign(sound), 0)
    edges = np.flatnonzero(np.diff(side)) + 1
    starts, ends = edges[:-1], edges[1:]
    tops = (side[starts] != 0) if len(starts) else none.astype(bool)
    starts, ends = starts[tops], ends[tops]
    if len(starts) == 0:
        return Tops(none, none)
    # Each top as if it pointed upwards: the samples beside and within its two edges.
    up = side[starts]
    before, first, last, after = (sound[at] * up for at in (starts - 1, starts, ends - 1, ends))
    rise, fall = np.maximum(first - before, 1e-9), np.maximum(last - after, 1e-9)
    # Where the level is crossed, between samples.
    width = ends - starts - 1 + (first - loud) / rise + (last - loud) / fall
    height = np.maximum.reduceat(level, np.stack([starts, ends], axis=1).reshape(-1))[::2] - loud
    flat = (8 * height < FLAT * (rise + fall) * width) & (width >= SHORTEST)
    found = Tops(starts[flat], ends[flat])
    return found if found.share(len(sound)) >= CLEAN else Tops(none, none)


def round_off(sound: Mono, tops: Tops) -> Mono:
    """A wave whose flat tops are round again, never lower than they were.

    Each is mostly what the wave around it foretells, and partly a cubic that goes on as the wave came in and went out:
    the first errs towards flat, the second towards high. bench/audio.py has what it gives at each depth. ffmpeg's
    `adeclip` costs a hundred times as much.
    """
    starts, ends = _cuts(sound, tops)
    curved = _curved(sound, starts, ends)
    foretold = prediction.fill(curved, starts, ends)
    raised = np.copysign(np.maximum(np.copysign(1, sound) * foretold, np.abs(sound)), sound)
    rounded: Mono = curved + np.float32(FORETOLD) * (raised - curved)
    return rounded


def _cuts(sound: Mono, tops: Tops) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What of each flat top was cut: first samples, and samples after the last, each of shape (cuts,)."""
    starts, ends = [], []
    for start, end in zip(tops.starts.tolist(), tops.ends.tolist(), strict=True):
        level = np.abs(sound[start:end])
        held = np.flatnonzero(level > CEILING * level.max())
        first, last = start + int(held[0]), start + int(held[-1]) + 1
        if last - first >= 2 and first >= 2 and last + 2 <= len(sound):
            starts.append(first)
            ends.append(last)
    return np.array(starts, np.int64), np.array(ends, np.int64)


def _curved(sound: Mono, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Mono:
    """A wave with a cubic in each cut, never lower than it was."""
    curved = sound.copy()
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        up = np.sign(sound[first])
        into, out = curved[first - 1], sound[last]
        count = last - first + 1
        rising, falling = (into - curved[first - 2]) * count, (sound[last + 1] - out) * count
        u = np.arange(1, count) / count
        bend = 3 * (out - into) - 2 * rising - falling
        cubic = into + u * (rising + u * (bend + u * (2 * (into - out) + rising + falling)))
        curved[first:last] = up * np.maximum(up * cubic, up * sound[first:last])
    return curved


def eased(sound: Mono) -> Mono:
    """A sound whose holes, pieces of nothing at all, no longer click: it fades out before them and in behind them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sound == 0, [0]])))
    starts, ends = edges[::2], edges[1::2]
    holes = ends - starts >= HOLE
    if not holes.any():
        return sound
    soft = sound.copy()
    fade = (0.5 + 0.5 * np.cos(np.pi * (np.arange(EASE) + 0.5) / EASE)).astype(np.float32)  # from 1 to 0
    for start, end in zip(starts[holes].tolist(), ends[holes].tolist(), strict=True):
        before, after = soft[max(0, start - EASE) : start], soft[end : end + EASE]
        before *= fade[EASE - len(before) :]
        after *= fade[::-1][: len(after)]
    return soft
