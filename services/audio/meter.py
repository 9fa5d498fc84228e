"""How loud a sound is and how high it peaks: ITU-R BS.1770, so that loudness is measured and never assumed.

A song is measured once. What a fan changes of it is measured for that fan and laid into the song's curves, so a song of
ten minutes around a line of eight seconds costs no more than the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from scipy.signal import firwin, sosfilt

from services.audio.decode import RATE_HZ, Stereo

QUIETEST_LUFS = -70.0

HOP = RATE_HZ // 10
"""Samples per value of a curve; a gating block of BS.1770 is four of them."""

# ITU-R BS.1770-4, table 1 and 2: the head's shelf and the high pass, at 48 kHz.
K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169619810638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)

SETTLED = 3 * HOP
"""The weighting forgets what lies further back than this, to a millionth."""

REACH = 64
"""The oversampling knows nothing of what lies further away than this, in samples."""

TAPS = 10
"""Samples on either side that a point between two samples is made of."""

BLOCK, ROWS, AT_ONCE = 48, 32, 64
"""Samples that are oversampled by one row of a product, rows of a product, products that the processor's cache holds.

Products so small are not shared out to threads, which would cost more than they save.
"""

# So many hops are measured at once, to bound memory: half a minute.
PIECE = 300


@dataclass(frozen=True)
class Curves:
    """A sound's loudness and peaks over time.

    Attributes:
        energy: K-weighted energy per whole 100 ms, all sides added, shape (hops,).
        crests: The highest level between the samples of every 100 ms, begun ones too, shape (hops,) or (hops + 1,).
    """

    energy: NDArray[np.float64]
    crests: NDArray[np.float32]

    @property
    def lufs(self) -> float:
        """Integrated loudness."""
        return gated(self.energy)

    @property
    def peak_dbtp(self) -> float:
        """True peak."""
        return decibel(float(self.crests.max(initial=0.0)))


def decibel(level: float) -> float:
    """A level in dB below full scale; -240 for silence."""
    return float(20 * np.log10(level + 1e-12))


def curves(read: Callable[[int, int], Stereo], first: int, last: int) -> Curves:
    """Measure from sample `first`, a whole hop, to sample `last`, half a minute at a time.

    Args:
        read: Gives the samples from one to before another; it is asked for some before `first` and after `last`, and
            cuts at the sound's ends.
        first: Where to begin.
        last: Where to end; the energy of a hop that is not whole by then is left out.
    """
    energies, crests = [np.zeros(0)], [np.zeros(0, np.float32)]
    for start in range(first, last, PIECE * HOP):
        end = min(last, start + PIECE * HOP)
        lead = min(start, SETTLED)
        samples = read(start - lead, end + REACH)
        whole = (end - start) // HOP
        energies.append(energy(samples[: lead + whole * HOP])[lead // HOP :])
        high = peaks(samples[max(0, lead - REACH) :])[min(lead, REACH) :][: end - start]
        crests.append(np.maximum.reduceat(high, np.arange(0, len(high), HOP)))
    return Curves(np.concatenate(energies), np.concatenate(crests))


def measure(samples: NDArray[np.float32]) -> Curves:
    """Measure all of a sound."""
    return curves(lambda first, last: samples[first:last], 0, len(samples))


def loudness_lufs(samples: NDArray[np.float32]) -> float:
    """Integrated loudness; -70 for silence and for less than 0.4 s."""
    return gated(energy(samples))


def energy(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """K-weighted energy of every whole 100 ms, all sides added, shape (hops,)."""
    hops = len(samples) // HOP
    total = np.zeros(hops)
    for side in np.atleast_2d(samples.T):
        memory = np.zeros((len(K_WEIGHTING), 2))
        for first in range(0, hops, PIECE):
            last = min(hops, first + PIECE)
            piece = side[first * HOP : last * HOP].astype(np.float64)
            weighted, memory = sosfilt(K_WEIGHTING, piece, zi=memory)
            rows = weighted.reshape(-1, HOP)
            total[first:last] += np.einsum("ij,ij->i", rows, rows)
    return total


def gated(energy: NDArray[np.float64]) -> float:
    """Integrated loudness of an energy curve: blocks above -70 LUFS and above 10 LU below their mean."""
    if len(energy) < 4:
        return QUIETEST_LUFS
    blocks = np.convolve(energy, np.ones(4), "valid") / (4 * HOP)
    heard = blocks[blocks > 10 ** ((QUIETEST_LUFS + 0.691) / 10)]
    if len(heard) == 0:
        return QUIETEST_LUFS
    loud = heard[heard > 0.1 * heard.mean()]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def peaks(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The true peak around each sample over all channels, fourfold oversampled, shape (samples,)."""
    count, step = len(samples), ROWS * BLOCK
    groups = -(-count // step)
    after = np.zeros((groups * ROWS, BLOCK), np.float32)
    highest = after.reshape(-1)[:count]
    padded = np.zeros(groups * step + 2 * TAPS, np.float32)
    # Blocks with what lies around each, times the filter: a product of matrices is five times as fast as a filter.
    around = as_strided(padded, (groups, ROWS, BLOCK + 2 * TAPS), (4 * step, 4 * BLOCK, 4))
    for side in np.atleast_2d(samples.T):
        padded[TAPS : TAPS + count] = side
        for first in range(0, groups, AT_ONCE):
            points = around[first : first + AT_ONCE] @ _between()
            np.abs(points, out=points)
            here = after[first * ROWS : (first + AT_ONCE) * ROWS]
            for point in np.split(points.reshape(len(here), 3 * BLOCK), 3, axis=1):
                np.maximum(here, point, out=here)
        np.maximum(highest, np.abs(side), out=highest)
    # The points after a sample lie between it and the next: both must know them.
    both = highest.copy()
    np.maximum(both[1:], highest[:-1], out=both[1:])
    return both


@cache
def _between() -> NDArray[np.float32]:
    """What gives the three points after each sample of a block, shape (BLOCK + 2 TAPS, 3 BLOCK).

    A sinc under a Kaiser window, as scipy's `resample_poly` has it.
    """
    sinc = 4 * firwin(8 * TAPS + 1, 1 / 4, window=("kaiser", 5.0))
    matrix = np.zeros((BLOCK + 2 * TAPS, 3, BLOCK), np.float32)
    for sample in range(BLOCK):
        for point in (1, 2, 3):
            taps = sinc[point::4][::-1]
            matrix[sample + 1 : sample + 1 + len(taps), point - 1, sample] = taps
    return matrix.reshape(BLOCK + 2 * TAPS, 3 * BLOCK)


def true_peak_dbtp(samples: NDArray[np.float32]) -> float:
    """Highest level between the samples, in dB below full scale."""
    return decibel(float(peaks(samples).max(initial=0.0)))
