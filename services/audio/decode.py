"""Sound files as phones make them, turned into samples by a process that may break, with limits before and behind."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Self, TypeAlias

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

Mono: TypeAlias = NDArray[np.float32]
"""Samples of one channel, shape (samples,), full scale 1.0."""

Stereo: TypeAlias = NDArray[np.float32]
"""Samples of two channels, shape (samples, 2), full scale 1.0."""

RATE_HZ = 48_000

MAX_BYTES = 64 * 1024 * 1024
"""A minute of 48 kHz 32-bit stereo is 23 MB; nothing honest is larger than this."""

# Containers of phones and browsers. Playlists (hls, concat, dash) are absent on purpose: they make ffmpeg open other
# files.
CONTAINERS = "aac,aiff,amr,caf,flac,matroska,mov,mp3,mp4,ogg,wav,w64,webm"

TIMEOUT_S = 30.0

DEAD_CHANNEL_DB = 20.0
"""A side this much quieter than the other is a dead one and would only halve the voice."""


BROKEN_SHARE = 0.001
"""So many samples that are no numbers are mended; more is no recording."""


class NotAudio(Exception):  # noqa: N818  named for what the fan reads
    """The bytes are not a sound file that can be decoded."""


class TooLong(Exception):  # noqa: N818
    """The recording is longer than allowed, by its header or by its samples."""


@dataclass(frozen=True)
class Recording:
    """A decoded sound file.

    Attributes:
        samples: One channel at 48 kHz.
        codec: As ffmpeg names it, for example `aac`.
        rate_hz: What the file was recorded at.
        channels: What the file had.
        header_s: Length that the header promised, in seconds; 0 when it promised nothing.
    """

    samples: Mono
    codec: str
    rate_hz: int
    channels: int
    header_s: float

    @property
    def seconds(self) -> float:
        """Length of what could be decoded."""
        return len(self.samples) / RATE_HZ


def decode(data: bytes, *, max_seconds: float) -> Recording:
    """Decode a take from any phone: m4a, webm, ogg, mp3, wav, flac, 3gp, amr.

    Args:
        data: The file's bytes.
        max_seconds: Longest allowed, in seconds; checked against the header before anything is decoded.

    Raises:
        NotAudio: No bytes, no known container, no sound stream, or not one sample could be decoded.
        TooLong: By the header or by the samples.
    """
    if not data:
        raise NotAudio("the file is empty")
    if len(data) > MAX_BYTES:
        raise TooLong(f"the file has {len(data)} bytes, more than {MAX_BYTES}")
    promised_s = _riff_seconds(data)
    if promised_s > max_seconds:
        raise TooLong(f"the file is {promised_s:.1f} s long by its header, more than {max_seconds:.1f} s")
    # A file in memory, because phones write the index of an m4a at its end, and because it is a voice.
    source = os.memfd_create("take")
    with open(source, "wb") as file:
        file.write(data)
        file.flush()
        os.lseek(source, 0, os.SEEK_SET)
        work = Decoding(source, seconds=max_seconds + 1, limit_s=TIMEOUT_S)
    with work:
        said = b"".join(iter(work.read, b""))
        work.check()
    about, samples = unpack(said)  # (samples, sides)
    header_s = max(about.header_s, promised_s)
    if header_s > max_seconds:
        raise TooLong(f"the file is {header_s:.1f} s long by its header, more than {max_seconds:.1f} s")
    if len(samples) == 0:
        raise NotAudio(f"no sound could be decoded from this {about.codec} stream")
    samples = _whole(samples, about.codec)
    if len(samples) > max_seconds * RATE_HZ:
        raise TooLong(f"the recording is longer than {max_seconds:.1f} s")
    return Recording(joined(samples), about.codec, about.rate_hz, about.channels, header_s)


def _riff_seconds(data: bytes) -> float:
    """Length that a WAV file's header promises, in seconds; 0 when it is none or promises nothing.

    ffprobe believes the file's size instead, so a recording of ten hours cut off in transit would pass as a short one.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return 0.0
    at, bytes_per_second = 12, 0
    while at + 8 <= min(len(data), 4096):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt ":
            bytes_per_second = int.from_bytes(data[at + 16 : at + 20], "little")
        if name == b"data":
            # Recorders that write as they go leave zero or all ones here.
            return size / bytes_per_second if bytes_per_second and size < 0xFFFFFF00 else 0.0
        at += 8 + size + size % 2
    return 0.0


class Decoding:
    """A file on its way through the decoder's process; use it in a `with`.

    Args:
        source: Open file to read from, a pipe too; it may be closed once this is made.
        seconds: No more is decoded.
        limit_s: The decoder is ended after so long.
        live: The file is still being made: samples come as soon as they are known.

    Raises:
        NotAudio: The decoder cannot be started.
    """

    def __init__(self, source: int, *, seconds: float, limit_s: float, live: bool = False) -> None:
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file,pipe"}
        if live:
            options |= {"probesize": "65536", "analyzeduration": "500000"}
        job = {"seconds": seconds, "limit_s": limit_s, "rate_hz": RATE_HZ, "flush": live, "options": options}
        self._sound, samples = socket.socketpair()
        self._outcome, outcome = socket.socketpair()
        with samples, outcome:
            try:
                _helper.ask(json.dumps(job).encode(), [source, samples.fileno(), outcome.fileno()])
            except OSError as error:
                self.close()
                raise NotAudio(f"the decoder cannot be started: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it: a decoder that still writes fails, and whoever still reads finds the end."""
        for end in (self._sound, self._outcome):
            with contextlib.suppress(OSError):  # the other end is closed already
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def read(self) -> bytes:
        """What the decoder says next, for `unpack`, when it says something; nothing at its end."""
        return self._sound.recv(1 << 20)

    def check(self) -> None:
        """Wait for the end.

        Raises:
            NotAudio: It found no sound, was ended for its limits, or broke.
        """
        said = b"".join(iter(lambda: self._outcome.recv(4096), b""))
        if not said:
            raise NotAudio("the file could not be decoded")
        outcome = json.loads(said)
        _helper.spent_s += outcome["cpu_s"]
        if outcome["fault"]:
            raise NotAudio(outcome["fault"])


class _Helper:
    """The decoder's process, started with the first file and again when it is gone; it ends with this one."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self._lock = threading.Lock()
        self._asked: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, message: bytes, files: list[int]) -> None:
        """Send a job.

        Raises:
            OSError: There is no such process and none can be started.
        """
        with self._lock:
            if self._asked is not None:
                try:
                    socket.send_fds(self._asked, [message], files)
                except OSError:
                    self._asked.close()
                    if self._process is not None:
                        self._process.wait()
                else:
                    return
            self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                # It sees none of our settings, and imports nothing of ours.
                command = [sys.executable, "-I", str(Path(__file__).with_name("decoder.py"))]
                self._process = subprocess.Popen(command, stdin=theirs.fileno(), env={}, start_new_session=True)
            socket.send_fds(self._asked, [message], files)

    def close(self) -> None:
        """End the process, which goes when nobody can ask it any more."""
        with self._lock:
            if self._asked is not None and self._process is not None:
                self._asked.close()
                self._process.wait()


_helper = _Helper()
atexit.register(_helper.close)


def spent_s() -> float:
    """Processor seconds of all decoders that ended, which are no children of this process."""
    return _helper.spent_s


@dataclass(frozen=True)
class About:
    """What a file says of itself; `Recording` says what the fields are."""

    codec: str
    rate_hz: int
    channels: int
    header_s: float


def unpack(said: bytes) -> tuple[About, NDArray[np.float32]]:
    """What a decoder says of its file, and the samples so far, shape (samples, sides); of more than two their mean."""
    line, found, body = said.partition(b"\n")
    if not found:
        return About("unknown", RATE_HZ, 1, 0.0), np.zeros((0, 1), np.float32)
    about = About(**json.loads(line))
    sides = about.channels
    samples = np.frombuffer(body[: len(body) // (4 * sides) * 4 * sides], "<f4").reshape(-1, sides)
    return about, samples if sides <= 2 else samples.mean(axis=1, keepdims=True, dtype=np.float32)


def _whole(samples: NDArray[np.float32], codec: str) -> NDArray[np.float32]:
    """Samples without the few that are no numbers: those become what their neighbours say.

    Raises:
        NotAudio: More than a thousandth of them are.
    """
    sane = np.isfinite(samples)
    if sane.all():
        return samples
    if np.mean(~sane) > BROKEN_SHARE:
        raise NotAudio(f"{np.mean(~sane):.1%} of the samples of this {codec} stream are no numbers")
    mended = samples.copy()
    for side in range(samples.shape[1]):
        known = np.flatnonzero(sane[:, side])
        mended[:, side] = np.interp(np.arange(len(samples)), known, samples[known, side])
    return mended


def joined(samples: NDArray[np.float32]) -> Mono:
    """One channel out of one or two: the louder side when the other is dead or its mirror image, else their mean."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0])
    power = np.mean(np.square(samples, dtype=np.float64), axis=0) + 1e-20  # (2,)
    louder = int(power.argmax())
    apart_db = 10 * np.log10(power.max() / power.min())
    likeness = float(np.mean(samples[:, 0].astype(np.float64) * samples[:, 1]) / np.sqrt(power[0] * power[1]))
    if apart_db > DEAD_CHANNEL_DB or likeness < -0.5:
        return np.ascontiguousarray(samples[:, louder])
    middle: Mono = samples.mean(axis=1, dtype=np.float32)
    return middle


def read(sound: Path | BytesIO, *, channels: int, first: int = 0, last: int | None = None) -> NDArray[np.float32]:
    """A stem, a guide or the bed of a campaign, as it must be: 48 kHz.

    Args:
        sound: FLAC, WAV or Ogg, a path or an open file.
        channels: 1 or 2; a mono file is doubled, a stereo file is averaged.
        first: Sample to begin at.
        last: Sample to end before; None: the file's end.

    Returns:
        Shape (samples,) for one channel, (samples, 2) for two.

    Raises:
        NotAudio: It cannot be read or is not at 48 kHz.
    """
    name = sound.name if isinstance(sound, Path) else "the sound"
    try:
        samples, rate_hz = soundfile.read(sound, start=first, stop=last, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotAudio(f"{name} cannot be read: {error}") from error
    if rate_hz != RATE_HZ:
        raise NotAudio(f"{name} is at {rate_hz} Hz, not {RATE_HZ} Hz")
    if channels == 1:
        mono: Mono = samples.mean(axis=1, dtype=np.float32)
        return mono
    if samples.shape[1] == 1:
        return np.repeat(samples, 2, axis=1)
    stereo: Stereo = samples[:, :2]
    return stereo


def about(path: Path) -> tuple[int, str]:
    """How many samples a stem, a guide or the bed has, and the comment written into it.

    Raises:
        NotAudio: It cannot be read.
    """
    try:
        with soundfile.SoundFile(path) as file:
            return file.frames, file.comment
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotAudio(f"{path.name} cannot be read: {error}") from error


FULL_SCALE = 2**23
"""Steps of 24 bits from silence to full scale."""


def whole_steps(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples as a file of 24 bits holds them: written and read again they stay the same to the bit."""
    steps = np.rint(samples * np.float32(FULL_SCALE))
    exact: NDArray[np.float32] = np.clip(steps, -FULL_SCALE, FULL_SCALE - 1) / np.float32(FULL_SCALE)
    return exact


def flac(samples: NDArray[np.float32], comment: str = "") -> bytes:
    """24-bit FLAC at 48 kHz; equal samples give equal bytes."""
    # libsndfile's own way from floats to 24 bits is not the inverse of its way back; shifted whole numbers are.
    steps = (whole_steps(samples) * np.float32(FULL_SCALE)).astype(np.int32) << 8
    file, channels = BytesIO(), 1 if samples.ndim == 1 else samples.shape[1]
    # A third of a percent larger than at the usual level, at four fifths of the cost.
    form = {"format": "FLAC", "subtype": "PCM_24", "compression_level": 0.4}
    with soundfile.SoundFile(file, "w", RATE_HZ, channels, **form) as out:
        if comment:
            out.comment = comment
        out.write(steps)
    return file.getvalue()


def version() -> str:
    """Of the library that decodes, for example `libavcodec 62.28.102`."""
    return "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))
