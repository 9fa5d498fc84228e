"""Sound files as phones make them, turned into samples: ffmpeg as a program, with limits before it and behind it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

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
    # A seekable file, because phones write the index of an m4a at its end. It is a voice: readable by this process
    # alone, and gone when the block ends.
    with tempfile.TemporaryDirectory(prefix="take-") as folder:
        path = Path(folder) / "take"
        path.write_bytes(data)
        raw, said = _ffmpeg(path, max_seconds + 1)
    codec, rate_hz, header_s = _said(said, raw)
    header_s = max(header_s, promised_s)
    if header_s > max_seconds:
        raise TooLong(f"the file is {header_s:.1f} s long by its header, more than {max_seconds:.1f} s")
    samples = unpack(raw)  # (samples, sides)
    channels = samples.shape[1]
    if len(samples) == 0:
        raise NotAudio(f"no sound could be decoded from this {codec} stream")
    samples = _whole(samples, codec)
    if len(samples) > max_seconds * RATE_HZ:
        raise TooLong(f"the recording is longer than {max_seconds:.1f} s")
    return Recording(joined(samples), codec, rate_hz, channels, header_s)


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


def _ffmpeg(path: Path, seconds: float) -> tuple[bytes, str]:
    """The first `seconds` of a file as a WAV of 32-bit floats at 48 kHz, and what ffmpeg said about the file."""
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-threads", "1", "-protocol_whitelist", "file,pipe"]
    command += ["-format_whitelist", CONTAINERS, "-i", str(path), "-map", "0:a:0", "-t", f"{seconds:.3f}"]
    command += [*WAV_OUT, "pipe:1"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise NotAudio(f"the file could not be decoded within {TIMEOUT_S:.0f} s") from None
    return done.stdout, done.stderr.decode("utf-8", "replace")


WAV_OUT = ("-c:a", "pcm_f32le", "-ar", str(RATE_HZ), "-f", "wav")


def _said(text: str, raw: bytes) -> tuple[str, int, float]:
    """Codec, rate in hertz and the header's length in seconds, out of what ffmpeg says of its input.

    Raises:
        NotAudio: ffmpeg found no sound.
    """
    about = text.partition("\nOutput #")[0]
    stream = re.search(r"Audio: (\w+)[^\n]*?, (\d+) Hz", about)
    if stream is None or not raw:
        if "Input #" not in about:
            raise NotAudio("this is not a sound file")
        raise NotAudio("the file holds no sound that can be read")
    length = re.search(r"Duration: (\d+):(\d\d):(\d\d\.\d+)", about)
    hours, minutes, seconds = (float(part) for part in length.groups()) if length else (0.0, 0.0, 0.0)
    return stream.group(1), int(stream.group(2)), 3600 * hours + 60 * minutes + seconds


def unpack(wav: bytes) -> NDArray[np.float32]:
    """Samples of the WAV that ffmpeg writes into a pipe, shape (samples, sides); of more than two sides their mean."""
    at, sides = 12, 1
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        if name == b"fmt ":
            sides = max(1, int.from_bytes(wav[at + 10 : at + 12], "little"))
        if name == b"data":
            # A pipe's length is not known when the header is written; what follows is all sound.
            body = wav[at + 8 :]
            samples = np.frombuffer(body[: len(body) // (4 * sides) * 4 * sides], "<f4").reshape(-1, sides)
            return samples if sides <= 2 else samples.mean(axis=1, keepdims=True, dtype=np.float32)
        at += 8 + size + size % 2
    return np.zeros((0, 1), np.float32)


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


def ffmpeg_version() -> str:
    """For example `ffmpeg 5.1.9`."""
    first = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split(os.linesep)[
        0
    ]
    return "ffmpeg " + first.split()[2].split("-")[0]
