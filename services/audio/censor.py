"""Stretches of a take that must not be heard as they were sung, and what is heard instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.audio.decode import RATE_HZ, Mono

Action: TypeAlias = Literal["bleep", "mute", "replace"]


@dataclass(frozen=True)
class Range:
    """A stretch of the take as it was recorded.

    Attributes:
        start_s: Seconds from the take's first sample, padding already in.
        end_s: Where it ends.
        action: What is heard instead: a tone, nothing, or the guide.
    """

    start_s: float
    end_s: float
    action: Action


@dataclass(frozen=True)
class Stretch:
    """A stretch of the line, in samples at 48 kHz, and what is heard there."""

    start: int
    end: int
    action: Action


def censor(
    voice: NDArray[np.float32],
    guide: Mono,
    stretches: Sequence[Stretch],
    *,
    fade_ms: float,
    bleep_hz: float,
    bleep_db: float,
) -> NDArray[np.float32]:
    """Put something else where a voice must not be heard.

    Fades lie outside of each stretch, so that inside nothing of the voice is left. Before the room it keeps a word from
    ringing on after its stretch (`silence`), after it what came before from ringing on in it.

    Args:
        voice: Shape (samples,) or (samples, 2).
        guide: The campaign's own vocal over the same samples.
        stretches: What must not be heard; they may overlap, then the later one wins.
        fade_ms: How long the voice takes to go and to come back.
        bleep_hz: Of the tone.
        bleep_db: Level of the tone over the voice's own, in decibels.
    """
    if not stretches:
        return voice
    fade = max(1, round(fade_ms * RATE_HZ / 1000))
    loud = _level(voice)
    result = voice.copy()
    sides = (slice(None), None) if voice.ndim == 2 else slice(None)
    for stretch in stretches:
        first, last = max(0, stretch.start - fade), min(len(voice), stretch.end + fade)
        if last <= first:
            continue
        at = np.arange(first, last)
        ramp = np.minimum((at - stretch.start + fade) / fade, (stretch.end + fade - at) / fade)
        gone = (0.5 - 0.5 * np.cos(np.pi * np.clip(ramp, 0, 1))).astype(np.float32)
        instead = _tone(at, loud, bleep_hz, bleep_db) if stretch.action == "bleep" else np.zeros(len(at), np.float32)
        if stretch.action == "replace":
            instead = _sung(at, guide, loud)
        result[first:last] = result[first:last] * (1 - gone)[sides] + (gone * instead)[sides]
    return result


def silence(voice: Mono, stretches: Sequence[Stretch], *, fade_ms: float) -> Mono:
    """A voice without what must not be heard, for what is made of it."""
    nothing = [Stretch(each.start, each.end, "mute") for each in stretches]
    return censor(voice, voice, nothing, fade_ms=fade_ms, bleep_hz=0.0, bleep_db=0.0)


def _tone(at: NDArray[np.int64], loud: float, bleep_hz: float, bleep_db: float) -> Mono:
    # A sine's level is its crest divided by the root of two.
    crest = loud * np.sqrt(2) * 10 ** (bleep_db / 20)
    tone: Mono = (crest * np.sin(2 * np.pi * bleep_hz * at / RATE_HZ)).astype(np.float32)
    return tone


def _sung(at: NDArray[np.int64], guide: Mono, loud: float) -> Mono:
    sung = np.zeros(len(at), np.float32)
    inside = at < len(guide)
    sung[inside] = guide[at[inside]]
    level = _level(guide)
    return sung * np.float32(loud / level) if level > 1e-6 else sung


def _level(sound: NDArray[np.float32]) -> float:
    """Root of the mean power where a sound is not silent; 0 for silence."""
    heard = sound[np.abs(sound) > 1e-3 * np.abs(sound).max(initial=1e-9)]
    return float(np.sqrt(np.mean(np.square(heard, dtype=np.float64)))) if len(heard) else 0.0
