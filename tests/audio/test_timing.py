"""Notes that begin early or late are found by their syllables and moved to where the song has them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import align, pitch, psola, rubberband, timing, tracker
from tests.audio import singer
from tests.audio.conftest import OFF_KEY, RATE_HZ, Studio
from tests.audio.test_pitch import STRICT

SAMPLES = 8 * RATE_HZ
LATE = singer.Fan(detune_cents=55, vibrato_cents=25, scoop_cents=80, timing_ms=40)

# A syllable's beginning is no sharper than the voice's attack of 30 ms.
MEDIAN_MS, WORST_MS = 10.0, 25.0


@pytest.fixture(scope="module")
def guide(studio: Studio) -> timing.Changes:
    """How the guide's bands rise and fall."""
    return align.changes(studio.line_guide)


@pytest.fixture(scope="module")
def sung(studio: Studio) -> singer.Performance:
    """A fan whose notes begin up to 90 ms early or late."""
    line = [
        singer.Sung(note.start, note.end, note.midi, one.vowel)
        for note, one in zip(studio.notes, studio.score, strict=True)
    ]
    return singer.sing(line, SAMPLES, LATE, 6)


def truth(sung: singer.Performance, notes: list[pitch.Note]) -> NDArray[np.float64]:
    """How late each note really begins, in samples."""
    return np.array([start - note.start for start, note in zip(sung.starts, notes, strict=True)], np.float64)


@pytest.mark.parametrize("snr_db", [40, 15])
def test_the_beginnings_of_notes_are_found(
    studio: Studio, guide: timing.Changes, sung: singer.Performance, snr_db: float
) -> None:
    """In a quiet and in a noisy room, each note's lateness is found to some milliseconds."""
    take = singer.phone(sung.voice, None, late_samples=0, bleed_db=None, snr_db=snr_db)

    late = timing.lateness(align.changes(take), guide, studio.notes, reach_ms=150)

    off_ms = np.abs(late - truth(sung, studio.notes)) * 1000 / RATE_HZ
    assert np.median(off_ms) < MEDIAN_MS
    assert off_ms.max() < WORST_MS


@pytest.mark.parametrize("engine", ["rubberband", "psola"])
def test_notes_are_moved_in_the_same_pass_as_their_pitch(
    studio: Studio, guide: timing.Changes, sung: singer.Performance, swift: tracker.Swift, engine: str
) -> None:
    """Each engine moves notes to where the song has them while it tunes them, and keeps the take's length."""
    heard = swift.track(sung.voice, studio.notes)
    late = timing.lateness(align.changes(sung.voice), guide, studio.notes, reach_ms=150)
    warp = timing.warp(sung.voice, heard, studio.notes, late, strength=1.0, max_shift_ms=150)
    plan = pitch.correct(heard, warp.sung, STRICT)
    chosen: pitch.Shifter = rubberband.Rubberband.start() if engine == "rubberband" else psola.Psola()

    tuned = chosen.shift(sung.voice, plan.shift, heard, warp.speed)

    assert len(tuned) == len(sung.voice)
    after = timing.lateness(align.changes(tuned), guide, studio.notes, reach_ms=150)
    assert np.nanmedian(np.abs(truth(sung, studio.notes))) > 20 * RATE_HZ / 1000
    assert np.nanmedian(np.abs(after)) < 4 * RATE_HZ / 1000
    again = swift.track(tuned, studio.notes)
    share, _ = pitch.in_tune(again, pitch.written(studio.notes, len(again)))
    assert share > 0.95


def test_strength_and_the_most_are_kept(studio: Studio, sung: singer.Performance, swift: tracker.Swift) -> None:
    """Half the strength moves each note half as far, none moves nothing, and no note moves further than allowed."""
    heard = swift.track(sung.voice, studio.notes)
    late = truth(sung, studio.notes)

    half, none, short = (
        timing.warp(sung.voice, heard, studio.notes, late, strength=strength, max_shift_ms=most)
        for strength, most in ((0.5, 150), (0.0, 150), (1.0, 10))
    )

    left = np.array([half.lands(start) - note.start for start, note in zip(sung.starts, studio.notes, strict=True)])
    np.testing.assert_allclose(left, late / 2, atol=pitch.HOP)
    assert not none.moves
    moved = np.array([abs(short.lands(start) - start) for start in sung.starts])
    assert moved.max() <= 10 * RATE_HZ / 1000 + pitch.HOP / 2


def test_consonants_are_not_stretched(studio: Studio, sung: singer.Performance, swift: tracker.Swift) -> None:
    """From 40 ms before to 60 ms after each beginning, time runs as it was sung, to two in a hundred."""
    heard = swift.track(sung.voice, studio.notes)

    warp = timing.warp(sung.voice, heard, studio.notes, truth(sung, studio.notes), strength=1.0, max_shift_ms=150)

    assert np.abs(warp.speed - 1).max() > 0.05
    for start in sung.starts:
        frame = start // pitch.HOP
        assert np.abs(warp.speed[max(0, frame - 3) : frame + 5] - 1).max() < 0.02


def test_a_take_in_time_is_left_alone(studio: Studio, guide: timing.Changes, swift: tracker.Swift) -> None:
    """The guide itself is moved by less than three milliseconds anywhere."""
    heard = swift.track(studio.line_guide, studio.notes)
    late = timing.lateness(guide, guide, studio.notes, reach_ms=150)

    warp = timing.warp(studio.line_guide, heard, studio.notes, late, strength=1.0, max_shift_ms=150)

    assert max(abs(warp.lands(note.start) - note.start) for note in studio.notes) < 3 * RATE_HZ / 1000


def test_what_is_not_sung_is_not_moved(studio: Studio, guide: timing.Changes) -> None:
    """Noise holds no syllable of the song."""
    noise = np.random.default_rng(2).normal(0, 0.1, SAMPLES).astype(np.float32)

    late = timing.lateness(align.changes(noise), guide, studio.notes, reach_ms=150)

    assert np.mean(np.isnan(late)) > 0.7


def test_a_clock_that_runs_fast_is_followed(studio: Studio) -> None:
    """With the song in the microphone, a recorder 200 ppm fast is found to 15 ppm, and the take laid straight again."""
    take = studio.take(OFF_KEY, seed=3, late_samples=4800, bleed_db=-14)
    count = len(take)
    fast = np.interp(np.arange(count) / (1 + 200e-6), np.arange(count), take).astype(np.float32)

    where = align.align(fast, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=1500)
    steady = align.align(take, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=1500)

    assert where.drift_ppm == pytest.approx(200, abs=15)
    assert abs(steady.drift_ppm) < 5
    true = take[4800 : 4800 + SAMPLES]
    straight, crooked = (
        _off_samples(align.place(fast, where, SAMPLES, least_ppm=least), true) for least in (30.0, 1000.0)
    )
    assert straight < 12
    assert crooked > 50


def _off_samples(laid: NDArray[np.float32], true: NDArray[np.float32]) -> int:
    """How many samples the last second of a take lies beside where it belongs."""
    first, last = SAMPLES - RATE_HZ, SAMPLES - 4800
    likeness = np.correlate(true[first - 200 : last + 200], laid[first:last], "valid")
    return abs(int(likeness.argmax()) - 200)


@pytest.mark.parametrize("late_ms", [0, 500])
def test_a_fan_with_a_time_of_their_own_is_placed_by_warping(studio: Studio, late_ms: int) -> None:
    """A singer who hurries and drags by up to 200 ms is laid over the guide along a path of delays."""
    wander = np.clip(np.cumsum(np.random.default_rng(20).normal(0, 0.1, 16)), -0.2, 0.2)
    wander = ((wander - np.median(wander)) * RATE_HZ).astype(int)
    line = []
    for index, (note, one) in enumerate(zip(studio.notes, studio.score, strict=True)):
        start = max(0, note.start + int(wander[index]))
        end = note.end + int(wander[min(15, index + 1)])
        line.append(singer.Sung(start, max(start + 4800, end), note.midi, one.vowel))
    voice = singer.sing(line, SAMPLES + RATE_HZ, OFF_KEY, 3).voice
    take = singer.phone(voice, None, late_samples=late_ms * RATE_HZ // 1000, bleed_db=None)

    where = align.align(take, studio.backing.mean(axis=1), studio.line_guide, max_shift_ms=1500)

    assert where.evidence == "dtw"
    assert abs(where.offset_samples * 1000 / RATE_HZ - late_ms) < 60
    assert where.confidence > 0.25
