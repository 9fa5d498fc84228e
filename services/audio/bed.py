"""A song mastered once for all fans, and a fan's mix laid into it.

ffmpeg's `loudnorm` missed -14 LUFS by 0.8 LU in one pass and turned into a compressor without a word in two; so
loudness is measured (ITU-R BS.1770), set by plain gain, limited on a fourfold oversampled peak, and measured again
until it is right.

What that gives for the campaign's own vocal is the song's: the band with that gain and that limiter is the *bed*. A
fan's mix is the bed to the bit wherever the fan is not heard; where they are, the same gain and limiter master it, and
what still misses the loudness of the whole film is ridden there. No fan's mix needs a pass over the song.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.audio import limiter, meter, mix
from services.audio.decode import RATE_HZ, Stereo, whole_steps

# Meters disagree by some hundredths of a decibel; the limiter stays this far below the ceiling.
PEAK_MARGIN_DB = 0.2

RIDE_DB = 3.0
"""How far the part that a fan changes may be raised or lowered for the loudness of the whole."""

EASE = RATE_HZ * 3 // 10
"""A ride begins and ends over so many samples, outside of the line."""

FORGIVEN_LU = 1.0
"""EBU R 128 allows this where the target cannot be met in practice: when little of a take was left by the censor."""

GRID = 1024
"""A mix begins on a multiple of so many samples, and ends on one where the film goes on: an AAC frame."""

MARGIN = 48 * GRID
"""So many samples of pure bed lie before and after what a fan changes, where the film has them."""

# The mastered part goes over into the bed where both are one, by more than the limiter reaches.
SEAM = 2 * limiter.REACH
FADE = RATE_HZ // 100

ROUNDS = 8


class NotMixable(Exception):  # noqa: N818  named for what its reader must know
    """The mix cannot reach the loudness that the chain asks for."""


@dataclass(frozen=True)
class Loudness:
    """What a chain asks of a film.

    Attributes:
        integrated_lufs: How loud all of it is.
        tolerance_lu: How far apart the loudest and the quietest film may be.
        true_peak_dbtp: What no crest passes.
    """

    integrated_lufs: float
    tolerance_lu: float
    true_peak_dbtp: float

    @property
    def ceiling_dbtp(self) -> float:
        """What the limiter is set to."""
        return self.true_peak_dbtp - PEAK_MARGIN_DB

    def met(self, lufs: float) -> bool:
        """Whether a film is as loud as asked."""
        return abs(lufs - self.integrated_lufs) <= self.tolerance_lu / 2


@dataclass(frozen=True)
class Master:
    """A song's master.

    Attributes:
        samples: The bed, in whole steps of 24 bits, shape (samples, 2).
        integrated_lufs: Of band and guide together.
        true_peak_dbtp: The same.
        gain_db: What was added to the band before the limiter.
    """

    samples: Stereo
    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float


def master(band: Stereo, sung: Stereo, asked: Loudness) -> Master:
    """Find the gain that brings a song with its own vocal to the asked loudness, and give the band by it.

    Args:
        band: All stems together, shape (samples, 2).
        sung: The band with the guide laid over it as a fan's voice is, shape (samples, 2).
        asked: What is asked of it.

    Raises:
        NotMixable: The song is silent, or eight rounds of gain and limiter did not reach the loudness.
    """
    measured = meter.loudness_lufs(sung)
    if measured <= meter.QUIETEST_LUFS:
        raise NotMixable("the mix is silent")
    peaks = meter.peaks(sung)
    gain_db = asked.integrated_lufs - measured
    for _ in range(ROUNDS):
        reached = meter.curves(_limited(sung, peaks, gain_db, asked.ceiling_dbtp), 0, len(sung))
        if asked.met(reached.lufs) and reached.peak_dbtp <= asked.true_peak_dbtp:
            break
        gain_db += asked.integrated_lufs - reached.lufs
    else:
        raise NotMixable(
            f"{reached.lufs:.2f} LUFS at {reached.peak_dbtp:.2f} dBTP is as near as gain and limiter come to "
            f"{asked.integrated_lufs:g} LUFS"
        )
    read = _limited(band, meter.peaks(band), gain_db, asked.ceiling_dbtp)
    bed = np.zeros_like(band)
    step = meter.PIECE * meter.HOP
    for first in range(0, len(band), step):
        bed[first : first + step] = whole_steps(read(first, min(len(band), first + step)))
    return Master(bed, reached.lufs, reached.peak_dbtp, gain_db)


def _limited(
    samples: Stereo, peaks: NDArray[np.float32], gain_db: float, ceiling_dbtp: float
) -> Callable[[int, int], Stereo]:
    """What reads any part of a sound by a gain and through the limiter: a song of ten minutes is never copied whole."""
    gain = np.float32(10 ** (gain_db / 20))

    def read(first: int, last: int) -> Stereo:
        around = slice(max(0, first - limiter.REACH), min(len(samples), last + limiter.REACH))
        held, _ = limiter.limit(samples[around] * gain, ceiling_dbtp, peaks[around] * gain)
        return held[first - around.start :][: last - first]

    return read


@dataclass(frozen=True)
class Bed:
    """A song's bed, as far as fans change it, and how loud all of it is.

    Attributes:
        start: The film's sample at which `samples` and `band` begin, a whole hop of the meter.
        samples: The bed, in whole steps of 24 bits, shape (samples, 2).
        band: All stems together before they were mastered, as long.
        length: Samples of the film.
        curves: Of the whole bed.
        gain_db: What was added to the band before the limiter.
    """

    start: int
    samples: Stereo
    band: mix.Band
    length: int
    curves: meter.Curves
    gain_db: float


def reach(first: int, last: int, length: int) -> tuple[int, int]:
    """The part of a song that is needed where fans change it from sample `first` to `last`, begun on a whole hop."""
    around = MARGIN + GRID + EASE + SEAM + meter.SETTLED
    start = max(0, first - around) // meter.HOP * meter.HOP
    return start, min(length, last + around)


def open_bed(read: Callable[[int, int], Stereo], band: Stereo, start: int, length: int, gain_db: float) -> Bed:
    """A bed that is read and measured piece by piece.

    Args:
        read: Gives the bed from one of the film's samples to before another.
        band: The stems together from `start` on.
        start: The film's sample at which the part begins that fans change.
        length: Samples of the film.
        gain_db: As the bed's master was made with.
    """
    samples = read(start, start + len(band))
    return Bed(start, samples, mix.band(band), length, meter.curves(read, 0, length), gain_db)


@dataclass(frozen=True)
class Mix:
    """What one fan changes of a film's sound.

    Attributes:
        start: The film's sample at which it begins.
        samples: In whole steps of 24 bits, shape (samples, 2); outside of it the film has the bed.
        integrated_lufs: Of the whole film.
        true_peak_dbtp: Of the whole film.
        ride_db: What was added to this part alone.
        limited_db: The most that the limiter took of it.
    """

    start: int
    samples: Stereo
    integrated_lufs: float
    true_peak_dbtp: float
    ride_db: float
    limited_db: float


def lay(bed: Bed, sung: mix.Blend, line: tuple[int, int], asked: Loudness) -> Mix:
    """Master the part of the song that a voice changes, into the bed.

    Args:
        bed: The song.
        sung: The bed's band with the voice over it.
        line: First sample of the fan's line and the one after its last, in the film.
        asked: What is asked of the whole film.

    Raises:
        NotMixable: A voice sounds and the film is further off than is forgiven, or it peaks.
    """
    begin, end = line[0] - bed.start, line[1] - bed.start
    sounds = sung.changed[1] > sung.changed[0]
    if sounds:
        begin, end = min(begin, sung.changed[0]), max(end, sung.changed[1])
    first, last = max(0, begin - EASE - SEAM), min(len(bed.samples), end + EASE + SEAM)
    # The limiter is told what lies around the seams, so at them it does what it did to the bed.
    part = slice(max(0, first - SEAM) // meter.HOP * meter.HOP, min(len(bed.samples), _up(last + SEAM, meter.HOP)))
    ramp = _trapeze(part, begin - EASE, end + EASE, EASE)
    mine = _trapeze(part, begin - EASE - SEAM, end + EASE + SEAM, FADE)[:, None]
    raw = sung.samples[part] * np.float32(10 ** (bed.gain_db / 20))
    peaks = meter.peaks(raw)
    heard = _Heard(bed, part)

    mixed, ride_db = bed.samples.copy(), 0.0
    for _ in range(ROUNDS):
        ride = np.power(np.float32(10), np.float32(ride_db / 20) * ramp)
        held, reduction = limiter.limit(raw * ride[:, None], asked.ceiling_dbtp, peaks * ride)
        mixed[part] = whole_steps(bed.samples[part] + mine * (held - bed.samples[part]))
        energy = heard.energy(mixed)
        wanted_db = ride_db if asked.met(meter.gated(energy)) else heard.ride(energy, ramp, ride_db, asked)
        if wanted_db == ride_db:
            break
        ride_db = wanted_db
    limited = float(reduction.max())
    curves = meter.Curves(energy, heard.crests(peaks * ride if limited == 1 else meter.peaks(mixed[part])))
    off_lu = abs(curves.lufs - asked.integrated_lufs)
    if (sounds and off_lu > FORGIVEN_LU) or curves.peak_dbtp > asked.true_peak_dbtp:
        raise NotMixable(
            f"{curves.lufs:.2f} LUFS at {curves.peak_dbtp:.2f} dBTP is as near as a ride of {ride_db:+.1f} dB comes to "
            f"{asked.integrated_lufs:g} LUFS"
        )
    start = max(0, bed.start + first - MARGIN) // GRID * GRID
    stop = min(bed.length, _up(bed.start + last + MARGIN, GRID))
    samples = mixed[start - bed.start : stop - bed.start]
    limited_db = 20 * float(np.log10(limited))
    return Mix(start, samples, curves.lufs, curves.peak_dbtp, ride_db, limited_db)


def _trapeze(part: slice, first: int, last: int, slope: int) -> NDArray[np.float32]:
    """1 between two samples, 0 outside of them, on the way for `slope` samples inside; shape (part,)."""
    at = np.arange(part.start, part.stop, dtype=np.float32)
    rise, fall = (at - np.float32(first)) / np.float32(slope), (np.float32(last) - at) / np.float32(slope)
    shape: NDArray[np.float32] = np.clip(np.minimum(rise, fall), 0, 1)
    return shape


def _up(samples: int, step: int) -> int:
    """The next whole step."""
    return -(-samples // step) * step


class _Heard:
    """What the meter hears of the film when a part of its bed, begun on a whole hop, is another sound."""

    def __init__(self, bed: Bed, part: slice) -> None:
        self._bed = bed
        # The weighting rings on after the part; all in samples of the bed's part, and in hops of the film.
        self._lead = max(0, part.start - meter.SETTLED)
        self._until = min(len(bed.samples), _up(part.stop + meter.SETTLED, meter.HOP))
        self._first = (bed.start + part.start) // meter.HOP

    def energy(self, mixed: Stereo) -> NDArray[np.float64]:
        """K-weighted energy of every whole hop of the film."""
        fresh = meter.energy(mixed[self._lead : self._until])
        film, start = self._bed.curves.energy.copy(), (self._bed.start + self._lead) // meter.HOP
        skip = self._first - start
        film[self._first : start + len(fresh)] = fresh[skip:]
        return film

    def crests(self, peaks: NDArray[np.float32]) -> NDArray[np.float32]:
        """The highest level of every hop of the film, from the true peak around each sample of the part."""
        film = self._bed.curves.crests.copy()
        fresh = np.maximum.reduceat(peaks, np.arange(0, len(peaks), meter.HOP))
        film[self._first : self._first + len(fresh)] = fresh
        return film

    def ride(self, energy: NDArray[np.float64], ramp: NDArray[np.float32], ride_db: float, asked: Loudness) -> float:
        """The ride that would bring the film to its loudness if the limiter had no say.

        Args:
            energy: Of the film as it is with a ride of `ride_db`.
            ramp: The share of the ride that each sample of the part gets.
            ride_db: What the part is ridden by.
            asked: What is asked of the film.
        """
        share = np.zeros(len(energy))
        middles = ramp[meter.HOP // 2 :: meter.HOP][: len(energy) - self._first]
        share[self._first : self._first + len(middles)] = middles
        low, high = -RIDE_DB, RIDE_DB
        for _ in range(20):
            middle = (low + high) / 2
            if meter.gated(energy * 10 ** ((middle - ride_db) * share / 10)) < asked.integrated_lufs:
                low = middle
            else:
                high = middle
        return (low + high) / 2
