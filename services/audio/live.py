"""A take heard while it is sung: decoded as its chunks come, with hints for the fan twice a second.

Containers that begin with all that a decoder needs (webm, Ogg, WAV, FLAC) are decoded on the way, and what comes out is
the take, to the bit. Of the others nothing is known before their end; they are decoded then.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Literal, Self, TypeAlias

import numpy as np
from scipy.fft import irfft, rfft

from services.audio.decode import RATE_HZ, TIMEOUT_S, Decoding, Mono, NotAudio, Recording, joined, unpack
from services.audio.repair import flat_tops

Advice: TypeAlias = Literal["go on", "louder", "softer", "are you there"]

STREAMABLE = (b"\x1a\x45\xdf\xa3", b"OggS", b"RIFF", b"fLaC")
"""How files begin that can be decoded as they come."""

EVERY = RATE_HZ // 2
"""A hint for each half second."""

QUIET_DBFS, FAINT_DBFS = -50.0, -38.0
"""Below the first there is nobody; below the second a voice is there, but lost in what the phone adds."""

CLIPPED = 0.01
LASTS_S = 1800.0
"""No connection is kept for longer, however little comes."""

GONE_S = 3.0

# Something has a pitch when its autocorrelation comes back to this share within 60 to 1000 Hz.
PITCHED = 0.5


@dataclass(frozen=True)
class Hint:
    """What was heard in the last half second.

    Attributes:
        heard_samples: At 48 kHz, of the whole take so far.
        level_dbfs: Mean level.
        peak_dbfs: Highest sample.
        clipped: Share of samples in flat tops, 0 to 1.
        voice: Whether something with a pitch was heard.
        advice: What the fan could be told.
    """

    heard_samples: int
    level_dbfs: float
    peak_dbfs: float
    clipped: float
    voice: bool
    advice: Advice


class Listener:
    """Feed chunks, ask for hints; close it, or use it in a `with`.

    Args:
        longest_s: What comes after so many seconds of sound is not decoded: a few bytes may hold hours.
    """

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._data = bytearray()
        self._decoded = bytearray()
        self._told = 0
        self._silent_since = 0
        self._decoding: Decoding | None = None
        self._source: BinaryIO | None = None
        self._reader: threading.Thread | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Bytes so far."""
        return len(self._data)

    @property
    def data(self) -> bytes:
        """All chunks so far."""
        return bytes(self._data)

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk in; blocks while the decoder is behind."""
        fresh = not self._data
        self._data += chunk
        if fresh and self._data[:4] in STREAMABLE:
            self._start()
        if self._source is not None:
            try:
                self._source.write(chunk)
                self._source.flush()
            except OSError:
                # It does not understand this file: it is decoded at the end, where the reason is found and said.
                self.close()

    def hints(self) -> list[Hint]:
        """What there is to say since the last call."""
        fresh = self._fresh()
        return [self._hint(fresh[start : start + EVERY]) for start in range(0, len(fresh) - EVERY + 1, EVERY)]

    def recording(self) -> Recording | None:
        """The take once all chunks are in, or None where it was not decoded on the way to its end."""
        if self._decoding is None or self._reader is None or self._source is None:
            return None
        self._source.close()
        self._reader.join(TIMEOUT_S)
        if self._reader.is_alive():
            return None
        try:
            self._decoding.check()
        except NotAudio:
            return None
        _, sides = unpack(bytes(self._decoded))
        if len(sides) == 0 or not np.isfinite(sides).all():
            return None
        return Recording(joined(sides), "live", RATE_HZ, sides.shape[1], 0.0)

    def close(self) -> None:
        """End the decoder."""
        decoding, self._decoding = self._decoding, None
        if decoding is not None and self._source is not None and self._reader is not None:
            with contextlib.suppress(OSError):  # what was not written yet has no reader any more
                self._source.close()
            self._source = None
            decoding.close()
            self._reader.join(TIMEOUT_S)

    def _start(self) -> None:
        into, source = os.pipe()
        self._source = os.fdopen(source, "wb")
        try:
            self._decoding = Decoding(into, seconds=self._longest_s, limit_s=LASTS_S, live=True)
        finally:
            os.close(into)
        self._reader = threading.Thread(target=self._read, args=(self._decoding,), daemon=True)
        self._reader.start()

    def _read(self, decoding: Decoding) -> None:
        with contextlib.suppress(OSError):  # closed while it was read
            while chunk := decoding.read():
                with self._lock:
                    self._decoded += chunk

    def _fresh(self) -> Mono:
        """What was decoded since the last hint."""
        with self._lock:
            head = bytes(self._decoded[: self._decoded.find(b"\n") + 1])
            heard = len(head) + 4 * unpack(head)[0].channels * self._told
            said = head + bytes(self._decoded[heard:])
        mono: Mono = np.nan_to_num(unpack(said)[1]).mean(axis=1, dtype=np.float32)
        return mono

    def _hint(self, part: Mono) -> Hint:
        self._told += len(part)
        level = 10 * float(np.log10(np.mean(np.square(part, dtype=np.float64)) + 1e-12))
        peak = 20 * float(np.log10(np.abs(part).max() + 1e-6))
        clipped, voice = flat_tops(part).share(len(part)), level > QUIET_DBFS and pitched(part)
        if voice:
            self._silent_since = self._told
        advice: Advice = "go on"
        if self._told - self._silent_since >= GONE_S * RATE_HZ:
            advice = "are you there"
        elif clipped > CLIPPED:
            advice = "softer"
        elif voice and level < FAINT_DBFS:
            advice = "louder"
        return Hint(self._told, level, peak, clipped, voice, advice)


def pitched(part: Mono) -> bool:
    """Whether a stretch of sound repeats itself as a voice does."""
    coarse = part[::6] - part.mean()  # 8 kHz: aliases do not repeat
    lags = irfft(np.square(np.abs(rfft(coarse, 2 * len(coarse)))))[: len(coarse)]
    shortest, longest = 8, 134  # 1000 and 60 Hz
    return float(lags[shortest:longest].max()) > PITCHED * float(lags[0]) and float(lags[0]) > 0
