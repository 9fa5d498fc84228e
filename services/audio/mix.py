"""The voice into the song: level, ducking, and a master of a given loudness whose true peak holds.

ffmpeg's `loudnorm` missed -14 LUFS by 0.8 LU in one pass and turned into a compressor without a word in two; so
loudness is measured (ITU-R BS.1770, pyloudnorm), set by plain gain, limited on a fourfold oversampled peak, and
measured again until it is right.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import resample_poly

from services.audio.decode import RATE_HZ, Mono, Stereo

CONTROL = RATE_HZ // 200
"""Samples per value of a slow gain curve: 5 ms."""

# Meters disagree by some hundredths of a decibel; the limiter stays this far below the ceiling.
PEAK_MARGIN_DB = 0.2
# The limiter looks ahead this long, and its gain moves no faster: much faster would bend single waves of a bass.
LOOK_AHEAD = RATE_HZ * 10 // 1000

QUIETEST_LUFS = -70.0


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


def loudness_lufs(samples: NDArray[np.float32]) -> float:
    """Integrated loudness; -70 for silence and for less than 0.4 s."""
    if len(samples) < RATE_HZ * 2 // 5:
        return QUIETEST_LUFS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the logarithm of digital silence
        measured = float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(samples.astype(np.float64)))
    return max(QUIETEST_LUFS, measured) if np.isfinite(measured) else QUIETEST_LUFS


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
    power = np.square(voice, dtype=np.float64)
    power = power.mean(axis=1) if power.ndim == 2 else power
    level = uniform_filter1d(power, RATE_HZ * 30 // 1000, mode="constant")[::CONTROL]  # (values,)
    singing = 10 * np.log10(level + 1e-12) > duck.threshold_db
    into = np.exp(-5 / duck.attack_ms)
    back = np.exp(-5 / duck.release_ms)
    depth, now = np.zeros(len(singing)), 0.0
    for index, sung in enumerate(singing.tolist()):
        aim, keep = (1.0, into) if sung else (0.0, back)
        now = aim + (now - aim) * keep
        depth[index] = now
    decibel = np.interp(np.arange(len(voice)), np.arange(len(depth)) * CONTROL, -duck.by_db * depth)
    gain: NDArray[np.float32] = (10 ** (decibel / 20)).astype(np.float32)
    return gain


def blend(stems: Stereo, voice: NDArray[np.float32], *, voice_over_backing_lu: float, duck: Duck) -> Stereo:
    """Lay a voice of the song's length over the band.

    Args:
        stems: The band, shape (samples, 2).
        voice: One or two channels, as long as the band.
        voice_over_backing_lu: How much louder the voice is than the band where the voice sounds, both by BS.1770.
        duck: How the band makes room.
    """
    stereo = voice if voice.ndim == 2 else np.repeat(voice[:, None], 2, axis=1)
    sounding = np.flatnonzero(np.abs(stereo).max(axis=1) > 1e-3 * np.abs(stereo).max(initial=1e-9))
    if len(sounding) == 0:
        return stems.copy()
    part = slice(int(sounding[0]), int(sounding[-1]) + 1)
    band, sung = loudness_lufs(stems[part]), loudness_lufs(stereo[part])
    # Under a silent band the voice keeps its own level.
    gain_db = band + voice_over_backing_lu - sung if band > QUIETEST_LUFS < sung else 0.0
    loud = stereo * np.float32(10 ** (gain_db / 20))
    mixed: Stereo = stems * duck_curve(stereo, duck)[:, None] + loud
    return mixed


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


def limit(samples: Stereo, ceiling_dbtp: float, peaks: NDArray[np.float32] | None = None) -> tuple[Stereo, float]:
    """Hold the true peak under a ceiling.

    The gain that each sample needs is held over the look-ahead and then averaged over as long, so it is in place when
    the peak comes and bends without a corner.

    Args:
        samples: Shape (samples, 2).
        ceiling_dbtp: What no crest may pass, also between samples.
        peaks: The true peak around each sample where it is known already, shape (samples,).

    Returns:
        The limited samples, and the most that was taken, in decibels.
    """
    ceiling = 10 ** (ceiling_dbtp / 20)
    needed = np.maximum(1.0, (_peaks(samples) if peaks is None else peaks) / ceiling)  # (samples,)
    if needed.max() <= 1.0:
        return samples, 0.0
    held = maximum_filter1d(needed, 2 * LOOK_AHEAD + 1, mode="nearest")
    reduction = uniform_filter1d(uniform_filter1d(held, LOOK_AHEAD, mode="nearest"), LOOK_AHEAD, mode="nearest")
    limited: Stereo = (samples / reduction[:, None]).astype(np.float32)
    return limited, float(20 * np.log10(reduction.max()))


def master(mixed: Stereo, *, integrated_lufs: float, tolerance_lu: float, true_peak_ceiling_dbtp: float) -> Master:
    """Bring a mix to a loudness under a true peak.

    Raises:
        NotMixable: The mix is silent, or eight rounds of gain and limiter did not reach the loudness.
    """
    measured = loudness_lufs(mixed)
    if measured <= QUIETEST_LUFS:
        raise NotMixable("the mix is silent")
    peaks = _peaks(mixed)
    loudest = 20 * np.log10(float(peaks.max()) + 1e-12)
    gain_db = integrated_lufs - measured
    ceiling = true_peak_ceiling_dbtp - PEAK_MARGIN_DB
    if loudest + gain_db <= ceiling:
        # Plain gain: what comes out is known without measuring it.
        plain: Stereo = mixed * np.float32(10 ** (gain_db / 20))
        return Master(plain, integrated_lufs, loudest + gain_db, gain_db, 0.0)
    for _ in range(8):
        gain = np.float32(10 ** (gain_db / 20))
        limited, taken_db = limit(mixed * gain, ceiling, peaks * gain)
        reached, peak = loudness_lufs(limited), true_peak_dbtp(limited)
        if abs(reached - integrated_lufs) <= tolerance_lu / 2 and peak <= true_peak_ceiling_dbtp - PEAK_MARGIN_DB / 2:
            return Master(limited, reached, peak, gain_db, taken_db)
        gain_db += integrated_lufs - reached
        ceiling -= max(0.0, peak - (true_peak_ceiling_dbtp - PEAK_MARGIN_DB))
    raise NotMixable(
        f"{reached:.2f} LUFS at {peak:.2f} dBTP is as near as gain and limiter come to {integrated_lufs:g} LUFS"
    )
