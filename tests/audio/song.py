"""A song in memory, mastered as the press has it done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.audio import bed, chain, performance, pitch


def mastered(  # noqa: PLR0917  the song is its parts
    band: NDArray[np.float32],
    guide: NDArray[np.float32],
    start: int,
    end: int,
    notes: Sequence[pitch.Note],
    plan: chain.Plan,
) -> tuple[performance.Music, bed.Master]:
    """What fans sing into, and the master that it lies in.

    Args:
        band: All stems together, shape (samples, 2).
        guide: The campaign's own vocal, shape (samples,).
        start: First sample of the line.
        end: Sample after its last.
        notes: The melody, in samples from the start of the line.
        plan: The voice chain.
    """
    made = performance.master(band, guide, start, end, plan)
    first, last = performance.reach(start, end, len(band), plan)
    song = bed.open_bed(lambda a, b: made.samples[a:b], band[first:last], first, len(band), made.gain_db)
    music = performance.Music(song, guide[start:end], start, end, tuple(notes), plan)
    music.prepare()
    return music, made


def film(made: bed.Mix, around: NDArray[np.float32]) -> NDArray[np.float32]:
    """A fan's mix in its bed, as long as the film."""
    whole = around.copy()
    whole[made.start : made.start + len(made.samples)] = made.samples
    return whole
