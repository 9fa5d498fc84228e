"""What a take must be to be worked on, and what is said to the fan where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.audio import repair
from services.audio.decode import RATE_HZ, Mono, Recording
from services.audio.pitch import Cents, Note, voiced_share, written

SPARE_S = 30.0
"""A take may be this much longer than the line, in seconds."""

# Below this peak there is nobody: a phone's own noise lies at -70 to -60 dBFS.
SILENT_PEAK = 10 ** (-50 / 20)

NEARER = "Sing out, nearer to the microphone, where it is quieter."
"""What helps a take in which no voice is found."""

# A note counts as sung within this distance of the melody in the fan's own key. Measured over synthetic and real
# voices: fans up to 180 cents off have 88 % of their frames there, other songs and speech at most 52 %.
NEAR_CENTS = 200.0
# A voice that moves less than this within 50 ms is held; of singing 80 % is, vibrato and slides included, of speech 40.
HELD_CENTS, HELD_SHARE = 60.0, 0.6
# Speech finds syllables like the song's too: a voice that is not held must be recognised by so many percent more.
UNHELD_PERCENT = 10.0
# A voice pauses: its quietest tenth lies 14 dB and more below its loudest twentieth with the noise 10 dB below it, 8 dB
# with the noise 3 dB below it. What is not recognised behind less than this is not blamed on who sang it.
LEAST_CONTRAST_DB = 8.5


class UnfitTake(Exception):  # noqa: N818  named for what the fan reads
    """The recording was read, but the chain's intake does not take it; `reason` is for programs."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def check(recording: Recording, line_s: float, limits: Mapping[str, float]) -> Mono:
    """The samples of a take that is long, loud and clean enough.

    Args:
        recording: As decoded.
        line_s: How long the line is, in seconds.
        limits: The chain's intake.

    Raises:
        UnfitTake: TAKE_TOO_SHORT, TAKE_SILENT or TAKE_CLIPPED.
    """
    samples = recording.samples
    if recording.seconds < line_s / 2:
        promised = (
            f" of the {recording.header_s:.1f} s in its header" if recording.header_s > recording.seconds + 0.5 else ""
        )
        message = f"{recording.seconds:.1f} s{promised} could be read; the line is {line_s:.1f} s long. "
        raise UnfitTake("TAKE_TOO_SHORT", message + "Sing until the line ends before you stop the recording.")
    peak = float(np.abs(samples).max())
    if peak < SILENT_PEAK:
        raise UnfitTake("TAKE_SILENT", f"the loudest moment is {20 * np.log10(peak + 1e-9):.0f} dBFS. {NEARER}")
    clipped = 100 * repair.flat_tops(samples).share(len(samples))
    if clipped > limits["clipped_percent"]:
        message = f"{clipped:.1f} % of it is clipped; at most {limits['clipped_percent']:g} % can be repaired. "
        raise UnfitTake("TAKE_CLIPPED", message + "Hold the phone further away, or sing more softly.")
    return samples


def contrast_db(take: Mono) -> float:
    """How far the quietest tenth of a take lies below its loudest twentieth, over 50 ms."""
    window = RATE_HZ // 20
    rows = take[: len(take) // window * window].reshape(-1, window)
    power = np.mean(np.square(rows, dtype=np.float64), axis=1)
    power = power[power > 0]  # nothing was recorded there
    if len(power) == 0:
        return 0.0
    quiet, loud = np.percentile(10 * np.log10(power), (10, 95))
    return float(loud - quiet)


def recognise(
    heard: Cents,
    notes: Sequence[Note],
    late_samples: NDArray[np.float64],
    limits: Mapping[str, float],
    *,
    apart_db: float,
) -> float:
    """How much of the song is in a take: the mean of the notes in tune in the fan's own key and the syllables found.

    Args:
        heard: The take's pitch, laid over the line.
        notes: The melody.
        late_samples: From `timing.lateness`.
        limits: The chain's intake.
        apart_db: The take's `contrast_db`.

    Raises:
        UnfitTake: TAKE_SILENT where hardly anything has a pitch; where too little of the song is found, TAKE_NOISY
            behind noise, else TAKE_SPOKEN or TAKE_OTHER_SONG.
    """
    voiced = 100 * voiced_share(heard, notes)
    if voiced < limits["voiced_percent"]:
        message = f"{voiced:.0f} % of the line has a voice; {limits['voiced_percent']:g} % are needed. "
        raise UnfitTake("TAKE_SILENT", message + NEARER)
    away = heard - written(notes, len(heard))
    away = away[~np.isnan(away)]
    key = float(np.median((away + 600) % 1200 - 600))
    near = float(np.mean(np.abs((away - key + 600) % 1200 - 600) < NEAR_CENTS))
    found = (near + float(np.mean(~np.isnan(late_samples)))) / 2
    moving = np.abs(heard[5:] - heard[:-5])
    moving = moving[~np.isnan(moving)]
    spoken = len(moving) > 0 and float(np.mean(moving < HELD_CENTS)) < HELD_SHARE
    needed = limits["song_percent"] + UNHELD_PERCENT * spoken
    if 100 * found < needed:
        message = f"{100 * found:.0f} % of the song's notes and syllables were recognised; {needed:g} % are needed. "
        if apart_db < LEAST_CONTRAST_DB:
            message += f"Between your phrases it is only {apart_db:.0f} dB quieter. "
            raise UnfitTake("TAKE_NOISY", message + "Sing where it is quieter, nearer to the microphone.")
        if spoken:
            raise UnfitTake("TAKE_SPOKEN", message + "It sounds spoken: sing the line, with the music.")
        raise UnfitTake("TAKE_OTHER_SONG", message + "Sing the line of this song, with its music in your ears.")
    return found
