"""The band is taken out of a take, and the voice is left in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import pitch, tracker
from services.audio.debleed import debleed
from tests.audio import singer
from tests.audio.conftest import OFF_KEY, RATE_HZ

SAMPLES = 8 * RATE_HZ


def record(bleed_db: float | None, *, transpose: int = -12, late_samples: int = 0) -> NDArray[np.float32]:
    """A low voice in a room whose loudspeaker overdrives, and the band that it plays."""
    voice = singer.sing(singer.line(0, transpose), SAMPLES, OFF_KEY, 5).voice
    played = np.tanh(2 * band() / np.abs(band()).max()).astype(np.float32)
    return singer.phone(voice, played, late_samples=late_samples, bleed_db=bleed_db, seed=5)


def band() -> NDArray[np.float32]:
    """What the loudspeaker is given."""
    return singer.backing(SAMPLES, seed=5)


def away_db(found: NDArray[np.float32], voice: NDArray[np.float32]) -> float:
    """What is not the voice, against the voice."""
    return float(10 * np.log10(np.mean(np.square(found - voice)) / np.mean(np.square(voice))))


@pytest.mark.parametrize("bleed_db", [-6.0, -12.0])
def test_a_leak_loses_at_least_ten_decibels(bleed_db: float) -> None:
    """Against the same recording without a band, ten decibels less of it are left, though the loudspeaker distorts."""
    alone, take = record(None), record(bleed_db)

    parted = debleed(take, band().mean(axis=1), taps=8, max_db=20)

    assert len(parted.voice) == len(take)
    assert away_db(parted.voice, alone) < away_db(take, alone) - 10
    assert parted.leak_db == pytest.approx(bleed_db, abs=3)


def test_the_pitch_is_heard_better_without_the_band(swift: tracker.Swift) -> None:
    """At -6 dB the tracker misses a voice in the band's register; afterwards it hears it as well as alone."""
    sung = singer.sing(singer.line(0, -12), SAMPLES, OFF_KEY, 5)
    true = pitch.midi_cents(np.append(sung.f0_hz, 0.0)[:: pitch.HOP])

    def missed(take: NDArray[np.float32]) -> float:
        heard = swift.track(take, [])
        off = np.nan_to_num(np.abs(heard - true[: len(heard)]), nan=np.inf)
        return float(np.mean(off[~np.isnan(true[: len(heard)])] > 50))

    take = record(-6)
    alone, before = missed(record(None)), missed(take)
    after = missed(debleed(take, band().mean(axis=1), taps=8, max_db=20).voice)

    assert before - alone > 0.01
    assert after - alone < (before - alone) / 2


def test_a_take_with_headphones_is_given_back() -> None:
    """Where there is no leak, and where the song is silent, not a sample changes."""
    take = record(None)
    for backing in (band().mean(axis=1), np.zeros(SAMPLES, np.float32)):
        parted = debleed(take, backing, taps=8, max_db=20)

        assert parted.leak_db == -np.inf
        np.testing.assert_array_equal(parted.voice, take)


def test_another_song_takes_next_to_nothing() -> None:
    """A band that the phone did not hear takes less than a thousandth of the voice."""
    take = record(None)
    for seed, beat in ((8, 31_000), (9, 24_000)):
        parted = debleed(take, singer.backing(SAMPLES, seed=seed, beat=beat).mean(axis=1), taps=8, max_db=20)

        assert np.mean(np.square(parted.voice - take)) < 1e-3 * np.mean(np.square(take))


def test_a_take_laid_a_little_early_is_parted_as_well() -> None:
    """Ten milliseconds of error in the alignment, either way, leave a leak that is still ten decibels lower."""
    backing = band().mean(axis=1)
    for late in (480, -480):
        alone, take = (record(db, late_samples=late)[: SAMPLES - 480] for db in (None, -6.0))

        parted = debleed(take, backing[: len(take)], taps=8, max_db=20)

        assert away_db(parted.voice, alone) < away_db(take, alone) - 10


def test_nothing_is_lowered_further_than_asked() -> None:
    """With a limit of 3 dB a take that is only band keeps three decibels less of it."""
    backing = band().mean(axis=1)

    parted = debleed(backing, backing, taps=8, max_db=3)

    lowered = 20 * np.log10(np.std(parted.voice[RATE_HZ:-RATE_HZ]) / np.std(backing[RATE_HZ:-RATE_HZ]))
    assert lowered == pytest.approx(-3, abs=0.3)


def test_the_same_take_gives_the_same_bytes() -> None:
    """Nothing is random."""
    take, backing = record(-6), band().mean(axis=1)

    first, second = (debleed(take, backing, taps=8, max_db=20).voice for _ in range(2))

    assert first.tobytes() == second.tobytes()
