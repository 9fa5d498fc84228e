"""The voice into the song: level, ducking, and a master of a given loudness whose true peak holds.

ffmpeg's `loudnorm` missed -14 LUFS by 0.8 LU in one pass and turned into a compressor without a word in two; so
loudness is measured (ITU-R BS.1770), set by plain gain, limited on a fourfold oversampled peak, and measured again
until it is right.

The band is measured once for all fans. What a fan changes is measured for that fan, and what the limiter changes, so a
song of three minutes around a line of eight seconds costs little more than the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import resample_poly, sosfilt

from services.audio.decode import RATE_HZ, Mono, Stereo

CONTROL = RATE_HZ // 200
"""Samples per value of a slow gain curve: 5 ms."""

# Meters disagree by some hundredths of a decibel; the limiter stays this far below the ceiling.
PEAK_MARGIN_DB = 0.2
# The limiter looks ahead this long, and its gain moves no faster: much faster would bend single waves of a bass.
LOOK_AHEAD = RATE_HZ * 10 // 1000

QUIETEST_LUFS = -70.0

HOP = RATE_HZ // 10
"""Samples per value of an energy curve; a gating block of BS.1770 is four of them."""

# ITU-R BS.1770-4, table 1 and 2: the head's shelf and the high pass, at 48 kHz.
K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169619810638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
# The weighting forgets what lies further back than this, to a millionth; the oversampling needs less.
SETTLED = 3 * HOP

# A band that has come back to within this of its own level has come back.
BACK_DB = 0.001


class NotMixable(Exception):  # noqa: N818  named for what its reader must know
    """The mix cannot reach the loudness that the chain asks for."""


@dataclass(frozen=True)
class Duck:
    """How far the band steps back while the voice sounds.

    Attributes:
        by_db: How far.
        threshold_db: Level of the voice, in dBFS over 30 ms, above which it counts as singing.
        attack_ms: How fast it steps back.
        release_ms: How fast it returns.
    """

    by_db: float
    threshold_db: float
    attack_ms: float
    release_ms: float


@dataclass(frozen=True)
class Master:
    """A finished mix and what was measured of it.

    Attributes:
        samples: Shape (samples, 2).
        integrated_lufs: By ITU-R BS.1770.
        true_peak_dbtp: On a fourfold oversampled signal.
        gain_db: What was added to the sum before the limiter.
        limited_db: The most that the limiter took.
    """

    samples: Stereo
    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float
    limited_db: float


@dataclass(frozen=True)
class Measured:
    """Stereo samples whose loudness and peaks are known.

    Attributes:
        samples: Shape (samples, 2).
        energy: K-weighted energy per 100 ms over both sides, shape (hops,).
        peaks: The true peak around each sample over both sides, shape (samples,).
    """

    samples: Stereo
    energy: NDArray[np.float64]
    peaks: NDArray[np.float32]

    @property
    def lufs(self) -> float:
        """Integrated loudness."""
        return _gated(self.energy)


def measure(samples: Stereo) -> Measured:
    """Measure all of a sound."""
    return Measured(samples, _energy(samples), _peaks(samples))


def measure_again(before: Measured, samples: Stereo, parts: Iterable[tuple[int, int]]) -> Measured:
    """Measure a sound that differs from one already measured only within `parts`, ranges of samples."""
    energy, peaks = before.energy.copy(), before.peaks.copy()
    for start, end in parts:
        first, last = start // HOP, min(len(energy), -(-(end + SETTLED) // HOP))
        lead = max(0, first * HOP - SETTLED)
        if last > first:
            energy[first:last] = _energy(samples[lead : last * HOP])[-(last - first) :]
        low, high = max(0, start - 64), min(len(samples), end + 64)
        room = slice(max(0, low - 64), min(len(samples), high + 64))
        peaks[low:high] = _peaks(samples[room])[low - room.start :][: high - low]
    return Measured(samples, energy, peaks)


def loudness_lufs(samples: NDArray[np.float32]) -> float:
    """Integrated loudness; -70 for silence and for less than 0.4 s."""
    return _gated(_energy(samples))


def _energy(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """K-weighted energy of every whole 100 ms, all sides added, shape (hops,)."""
    hops = len(samples) // HOP
    total = np.zeros(hops)
    if hops == 0:
        return total
    for side in np.atleast_2d(samples.T):
        weighted = sosfilt(K_WEIGHTING, side[: hops * HOP].astype(np.float64))
        total += np.square(weighted).reshape(hops, HOP).sum(axis=1)
    return total


def _gated(energy: NDArray[np.float64]) -> float:
    """Integrated loudness of an energy curve: blocks above -70 LUFS and above 10 LU below their mean."""
    if len(energy) < 4:
        return QUIETEST_LUFS
    blocks = np.convolve(energy, np.ones(4), "valid") / (4 * HOP)
    heard = blocks[blocks > 10 ** ((QUIETEST_LUFS + 0.691) / 10)]
    if len(heard) == 0:
        return QUIETEST_LUFS
    loud = heard[heard > 0.1 * heard.mean()]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def levelled(voice: Mono, lufs: float) -> Mono:
    """The voice at a given loudness, so that thresholds of a chain mean the same for every phone."""
    result: Mono = voice * np.float32(10 ** ((lufs - loudness_lufs(voice)) / 20))
    return result


def place(voice: NDArray[np.float32], start: int, samples: int) -> NDArray[np.float32]:
    """The voice in a silence of `samples` samples, its first one at `start`; what sticks out at either end is cut."""
    placed = np.zeros((samples, *voice.shape[1:]), np.float32)
    first, last = max(0, start), min(samples, start + len(voice))
    if last > first:
        placed[first:last] = voice[first - start : last - start]
    return placed


def duck_curve(voice: NDArray[np.float32], duck: Duck) -> NDArray[np.float32]:
    """The band's gain for every sample of the voice, shape (samples,), 1 where it does not step back."""
    power = (np.square(voice[:, 0]) + np.square(voice[:, 1])) / 2 if voice.ndim == 2 else np.square(voice)
    # The mean of six values of 5 ms: 30 ms.
    values = np.add.reduceat(power, np.arange(0, len(power), CONTROL), dtype=np.float64) / CONTROL
    level = uniform_filter1d(values, 6, mode="constant")  # (values,)
    singing = 10 * np.log10(level + 1e-12) > duck.threshold_db
    into = np.exp(-5 / duck.attack_ms)
    back = np.exp(-5 / duck.release_ms)
    depth, now = np.zeros(len(singing)), 0.0
    for index, sung in enumerate(singing.tolist()):
        aim, keep = (1.0, into) if sung else (0.0, back)
        now = aim + (now - aim) * keep
        if not sung and now * duck.by_db < BACK_DB:
            now = 0.0
        depth[index] = now
    coarse = 10 ** (-duck.by_db * depth / 20)
    gain: NDArray[np.float32] = np.interp(np.arange(len(voice)), np.arange(len(depth)) * CONTROL, coarse).astype(
        np.float32
    )
    return gain


def blend(
    band: Measured, voice: NDArray[np.float32], start: int = 0, *, voice_over_backing_lu: float, duck: Duck
) -> Measured:
    """Lay a voice over the band.

    Args:
        band: All stems together.
        voice: One or two channels.
        start: The band's sample at which the voice begins; what sticks out is cut.
        voice_over_backing_lu: How much louder the voice is than the band where the voice sounds, both by BS.1770.
        duck: How the band makes room.
    """
    count = len(band.samples)
    # The band comes back for some releases after the voice has ended.
    room = max(0, min(count, start + len(voice) + round(duck.release_ms * RATE_HZ / 1000 * 10)) - max(0, start))
    sung = place(voice, min(0, start), room)
    first = max(0, start)
    side = np.maximum(np.abs(sung[:, 0]), np.abs(sung[:, 1])) if sung.ndim == 2 else np.abs(sung)
    sounding = np.flatnonzero(side > 1e-3 * max(1e-9, float(side.max(initial=0.0))))
    if len(sounding) == 0:
        return band
    part = slice(int(sounding[0]), int(sounding[-1]) + 1)
    under = _gated(band.energy[(first + part.start) // HOP : -(-(first + part.stop) // HOP)])
    # A voice of one channel sounds from both sides.
    loud_lufs = loudness_lufs(sung[part]) + (0.0 if sung.ndim == 2 else 10 * np.log10(2))
    # Under a silent band the voice keeps its own level.
    gain_db = under + voice_over_backing_lu - loud_lufs if under > QUIETEST_LUFS < loud_lufs else 0.0
    curve = duck_curve(sung, duck)
    loud = sung * np.float32(10 ** (gain_db / 20))
    mixed = band.samples.copy()
    mixed[first : first + room] *= curve[:, None]
    mixed[first : first + room] += loud if sung.ndim == 2 else loud[:, None]
    return measure_again(band, mixed, [(first, first + room)])


def true_peak_dbtp(samples: NDArray[np.float32]) -> float:
    """Highest level between the samples, fourfold oversampled, in dB below full scale."""
    return float(20 * np.log10(_peaks(samples).max(initial=0.0) + 1e-12))


def _peaks(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The true peak around each sample over all channels, shape (samples,)."""
    # One side after the other: in memory their samples alternate, which costs the filter half its speed.
    fine = np.zeros(4 * len(samples), np.float32)
    for side in np.ascontiguousarray(np.atleast_2d(samples.T)):
        crests = resample_poly(side, 4, 1)
        np.maximum(fine, np.abs(crests, out=crests), out=fine)
    # The points after a sample lie between it and the next: both must know them.
    after = np.maximum(np.maximum(fine[0::4], fine[1::4]), np.maximum(fine[2::4], fine[3::4]))
    around: NDArray[np.float32] = np.maximum(after, np.concatenate([after[:1], after[:-1]]))
    return around


def limit(
    samples: Stereo, ceiling_dbtp: float, peaks: NDArray[np.float32] | None = None
) -> tuple[Stereo, NDArray[np.float32]]:
    """Hold the true peak under a ceiling.

    The gain that each sample needs is held over the look-ahead and then averaged over as long, so it is in place when
    the peak comes and bends without a corner.

    Args:
        samples: Shape (samples, 2).
        ceiling_dbtp: What no crest may pass, also between samples.
        peaks: The true peak around each sample where it is known already, shape (samples,).

    Returns:
        The limited samples, and what each was divided by, shape (samples,), 1 where nothing was done.
    """
    ceiling = 10 ** (ceiling_dbtp / 20)
    needed = np.maximum(
        np.float32(1), (_peaks(samples) if peaks is None else peaks) / np.float32(ceiling)
    )  # (samples,)
    if needed.max() <= 1.0:
        return samples, np.ones(len(samples), np.float32)
    held = maximum_filter1d(needed, 2 * LOOK_AHEAD + 1, mode="nearest").astype(np.float64)
    reduction = uniform_filter1d(uniform_filter1d(held, LOOK_AHEAD, mode="nearest"), LOOK_AHEAD, mode="nearest")
    # Running sums leave a millionth where nothing is to be done.
    exact = np.where(reduction > 1 + 1e-6, reduction, 1.0).astype(np.float32)
    limited: Stereo = samples / exact[:, None]
    return limited, exact


def _ranges(touched: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of true values; those less than 0.3 s apart are one."""
    at = np.flatnonzero(touched)
    if len(at) == 0:
        return []
    gaps = np.flatnonzero(np.diff(at) > SETTLED)
    starts, ends = np.concatenate([at[:1], at[gaps + 1]]), np.concatenate([at[gaps], at[-1:]]) + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def master(mixed: Measured, *, integrated_lufs: float, tolerance_lu: float, true_peak_ceiling_dbtp: float) -> Master:
    """Bring a mix to a loudness under a true peak.

    Raises:
        NotMixable: The mix is silent, or eight rounds of gain and limiter did not reach the loudness.
    """
    measured = mixed.lufs
    if measured <= QUIETEST_LUFS:
        raise NotMixable("the mix is silent")
    loudest = 20 * np.log10(float(mixed.peaks.max()) + 1e-12)
    gain_db = integrated_lufs - measured
    ceiling = true_peak_ceiling_dbtp - PEAK_MARGIN_DB
    if loudest + gain_db <= ceiling:
        # Plain gain: what comes out is known without measuring it.
        plain: Stereo = mixed.samples * np.float32(10 ** (gain_db / 20))
        return Master(plain, integrated_lufs, loudest + gain_db, gain_db, 0.0)
    for _ in range(8):
        gain = np.float32(10 ** (gain_db / 20))
        louder = Measured(mixed.samples * gain, mixed.energy * float(gain) ** 2, mixed.peaks * gain)
        limited, reduction = limit(louder.samples, ceiling, louder.peaks)
        made = measure_again(louder, limited, _ranges(reduction > 1))
        reached, peak = made.lufs, float(20 * np.log10(made.peaks.max() + 1e-12))
        if abs(reached - integrated_lufs) <= tolerance_lu / 2 and peak <= true_peak_ceiling_dbtp - PEAK_MARGIN_DB / 2:
            return Master(limited, reached, peak, gain_db, float(20 * np.log10(reduction.max())))
        gain_db += integrated_lufs - reached
        ceiling -= max(0.0, peak - (true_peak_ceiling_dbtp - PEAK_MARGIN_DB))
    raise NotMixable(
        f"{reached:.2f} LUFS at {peak:.2f} dBTP is as near as gain and limiter come to {integrated_lufs:g} LUFS"
    )
