"""The quality engine: rubberband's R3, formants kept, moving pitch and time in one pass, called as a library.

Debian's `librubberband.so.2` is opened at run time as LADSPA plugins are, and never linked. Its real-time mode takes a
new pitch and a new speed with every block, so one pass follows a whole take; the program's `--pitchmap` is the same
mode behind files, at twice the cost, and knows no time map beside it.

R3 knows two windows. The short one costs 0.065 CPU seconds a second instead of 0.11 and is as good on voices in whose
periods it holds enough: above E3 both put every frame of a synthetic singer within 25 cents, an octave below 99.1 and
100 %. So the register of the take decides. (Half the rate costs 0.06 too, but takes 3 dB of clarity; the mode without
"high consistency" moves late or early with the sign of the shift, by 85 ms.)
"""

from __future__ import annotations

import ctypes
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, hilbert, sosfiltfilt

from services.audio.decode import RATE_HZ, Mono
from services.audio.pitch import HOP, Cents, EngineFailed

log = logging.getLogger(__name__)

LIBRARY = "librubberband.so.2"

BLOCK = 256
"""Samples that share one pitch and one speed: 5 ms."""

# rubberband-c.h: real time; R3; formants kept; the map acts equally late for every pitch only in "high consistency".
_OPTIONS = 0x00000001 | 0x20000000 | 0x01000000 | 0x04000000
_SHORT = 0x00100000

# Lower voices need the long window: E3 in cents above MIDI note 0.
LOW_VOICE_CENTS = 5200.0

SWAY_HZ = 3.0
"""How often the test tones of the calibration sway."""

# What was measured per version, in samples: other values on the same version mean a broken installation.
KNOWN_EARLY = {"2.2.1": (3868, 2224)}
EARLY_TOLERANCE = 100


@dataclass(frozen=True)
class Calibration:
    """What was measured of this machine's rubberband.

    Attributes:
        version: Of the library, for example `2.2.1`.
        early_samples: How much earlier than it is given a pitch takes effect, with the long and the short window.
    """

    version: str
    early_samples: tuple[int, int]


class Rubberband:
    """R3 behind the interface of `pitch.Shifter`.

    A value given with a block acts some 80 ms before that block, which nobody documents; the start measures it with
    swaying test tones. Uncorrected it costs a third of all frames (share within 25 cents 64.5 instead of 99.6 %).
    """

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration

    @property
    def name(self) -> str:
        """For example `rubberband 2.2.1 R3, map 3868 and 2224 samples early`."""
        long, short = self.calibration.early_samples
        return f"rubberband {self.calibration.version} R3, map {long} and {short} samples early"

    @classmethod
    def start(cls) -> Rubberband:
        """Open the library and measure its map.

        Raises:
            EngineFailed: It is missing, or its map does not act.
        """
        calibration = _calibrate()
        expected = KNOWN_EARLY.get(calibration.version)
        found = calibration.early_samples
        if expected is None or np.abs(np.subtract(expected, found)).max() > EARLY_TOLERANCE:
            log.warning("rubberband %s: map acts %s early, expected %s", calibration.version, found, expected)
        return cls(calibration)

    def shift(
        self,
        take: Mono,
        cents: NDArray[np.float64],
        heard: Cents | None = None,
        speed: NDArray[np.float64] | None = None,
    ) -> Mono:
        """Move `take` by `cents` and stretch it by `speed`, both one value per 10 ms; as long as `take`.

        Of `heard` only the register is used: the engine hears the pitch itself. Without it the window is long.
        """
        voiced = heard[~np.isnan(heard)] if heard is not None else np.empty(0)
        short = len(voiced) > 0 and float(np.median(voiced)) > LOW_VOICE_CENTS
        return _stretch(take, cents, speed, early=self.calibration.early_samples[short], short=short)


# --- the library ------------------------------------------------------------------------------------------------------


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise EngineFailed(f"rubberband is not installed: {error}") from error
    state, double, count = ctypes.c_void_p, ctypes.c_double, ctypes.c_uint
    known: dict[str, tuple[list[type], type | None]] = {
        "new": ([count, count, ctypes.c_int, double, double], state),
        "delete": ([state], None),
        "set_max_process_size": ([state, count], None),
        "get_start_delay": ([state], count),
        "get_preferred_start_pad": ([state], count),
        "set_pitch_scale": ([state, double], None),
        "set_time_ratio": ([state, double], None),
        "process": ([state, ctypes.c_void_p, count, ctypes.c_int], None),
        "available": ([state], ctypes.c_int),
        "retrieve": ([state, ctypes.c_void_p, count], count),
    }
    for name, (takes, gives) in known.items():
        function = getattr(library, f"rubberband_{name}", None)
        if function is None:
            raise EngineFailed(f"{LIBRARY} has no rubberband_{name}: version 3 of rubberband is needed")
        function.argtypes, function.restype = takes, gives
    return library


def _version() -> str:
    """Of the library's file, for example `2.2.1`: the library itself does not say."""
    with Path("/proc/self/maps").open(encoding="utf-8") as maps:
        paths = [line.split()[-1] for line in maps if "librubberband.so." in line]
    return Path(paths[0]).resolve().name.partition(".so.")[2] if paths else "unknown"


def _stretch(
    sound: Mono, cents: NDArray[np.float64], speed: NDArray[np.float64] | None, *, early: float, short: bool
) -> Mono:
    """Run the engine over `sound`.

    Args:
        sound: Shape (samples,).
        cents: Pitch to add, one value per 10 ms of `sound`.
        speed: How long each 10 ms of `sound` become, 1 = as they are; they must add up to the length of `sound`.
        early: How much earlier than it is given a value acts, in samples.
        short: With the short window.
    """
    library = _library()
    state = library.rubberband_new(RATE_HZ, 1, _OPTIONS | _SHORT * short, 1.0, 1.0)
    if not state:
        raise EngineFailed("rubberband could not be started")
    try:
        library.rubberband_set_max_process_size(state, BLOCK)
        lead, late = library.rubberband_get_preferred_start_pad(state), library.rubberband_get_start_delay(state)
        blocks = -(-(lead + len(sound) + RATE_HZ // 2) // BLOCK)
        padded = np.zeros(blocks * BLOCK, np.float32)
        padded[lead : lead + len(sound)] = sound
        frame = (np.arange(blocks) * BLOCK - lead - early) / HOP
        scales = 2 ** (np.interp(frame, np.arange(len(cents)), cents) / 1200)
        ratios = np.ones(blocks) if speed is None else np.interp(frame, np.arange(len(speed)) + 0.5, speed, 1.0, 1.0)
        out = np.zeros(2 * len(padded), np.float32)
        into, onto = (ctypes.c_void_p * 1)(), (ctypes.c_void_p * 1)()
        filled, ratio = 0, 1.0
        for block in range(blocks):
            library.rubberband_set_pitch_scale(state, scales[block])
            if ratios[block] != ratio:
                ratio = ratios[block]
                library.rubberband_set_time_ratio(state, ratio)
            into[0] = padded.ctypes.data + 4 * block * BLOCK
            library.rubberband_process(state, into, BLOCK, 0)
            while (ready := library.rubberband_available(state)) > 0:
                onto[0] = out.ctypes.data + 4 * filled
                filled += library.rubberband_retrieve(state, onto, min(ready, len(out) - filled))
    finally:
        library.rubberband_delete(state)
    if filled < late + len(sound):
        raise EngineFailed(f"rubberband gave {filled} of {late + len(sound)} samples")
    return out[late : late + len(sound)]


@cache
def _calibrate() -> Calibration:
    """Sway tones by half a semitone three times a second, and see how much earlier than asked they sway.

    Steps would be found too, but only to half a block of the engine, and 3 ms beside where singing is corrected best.
    """
    _library()
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    harmonics = np.arange(1, 9)[:, None]
    asked = 50 * np.sin(2 * np.pi * SWAY_HZ * np.arange(201) / 100)

    def early(*, short: bool) -> int:
        found = []
        for hertz in (220.0, 330.0):
            tone = 0.2 * np.sum(np.sin(2 * np.pi * hertz * harmonics * t) / harmonics, axis=0)  # (samples,)
            moved = _stretch(tone.astype(np.float32), asked, None, early=0.0, short=short)
            found.append(round(RATE_HZ * _sways_early_s(moved, hertz)))
        if max(found) - min(found) > RATE_HZ // 100:
            raise EngineFailed(f"rubberband's pitch map acts at no fixed time: {found} samples early")
        return round(sum(found) / len(found))

    return Calibration(_version(), (early(short=False), early(short=True)))


def _sways_early_s(tone: Mono, hertz: float) -> float:
    """How much earlier than a sine from 0 s on the pitch of a tone sways, in seconds."""
    band = butter(2, [0.7 * hertz, 1.4 * hertz], "bandpass", fs=RATE_HZ, output="sos")
    phase = np.unwrap(np.angle(hilbert(sosfiltfilt(band, tone))))
    cents = 1200 * np.log2(np.maximum(np.diff(phase) * RATE_HZ / (2 * np.pi * hertz), 0.1))
    # Whole periods of the sway, clear of both ends.
    period = RATE_HZ / SWAY_HZ
    inside = np.arange(round(period), round(5 * period))
    heard = np.sum(cents[inside] * np.exp(-2j * np.pi * SWAY_HZ * inside / RATE_HZ)) / (2 * period)  # -50j in place
    if abs(heard) < 25:
        raise EngineFailed("rubberband's pitch map had no effect on a test tone")
    return float(np.angle(heard * 1j)) / (2 * np.pi * SWAY_HZ)
