"""Measuring a finished film by decoding it with the ffmpeg program, which shares no code version with our muxer."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.logging
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 48_000

Luma = NDArray[np.uint8]
"""Y' of one frame, shape (height, width), 16 to 235."""

BITS = 16
"""Blocks of a numbered frame."""


def ffmpeg(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run ffmpeg; its output is bytes, its log is in stderr."""
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-threads", "1", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True)


def decode_warnings(film: Path) -> str:
    """What ffmpeg complains of while it decodes everything; empty for a sound file. An error raises."""
    return ffmpeg("-v", "warning", "-xerror", "-i", film, "-f", "null", "-").stderr.decode()


def streams(film: Path) -> list[dict[str, object]]:
    """What ffprobe says of each stream."""
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(film)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [*found["streams"], found["format"]]


def chapters(film: Path) -> list[tuple[str, float, float]]:
    """Title, start and end in seconds of each chapter, as ffprobe finds them."""
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(film)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["chapters"]
    return [(each["tags"]["title"], float(each["start_time"]), float(each["end_time"])) for each in found]


def packet_hashes(film: Path, kind: str = "v") -> list[str]:
    """sha256 of every video packet (of sound: `a`) in the order they are stored."""
    log = ffmpeg(
        "-v", "error", "-i", film, "-map", f"0:{kind}", "-c", "copy", "-f", "framehash", "-hash", "sha256", "-"
    )
    lines = [line for line in log.stdout.decode().splitlines() if line and not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines]


def elementary(film: bytes, codec: str) -> bytes:
    """The video stream alone, without a container: `h264` and `hevc` in Annex B form."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", "pipe:0", "-map", "0:v", "-c", "copy", "-f", codec, "-"]
    return subprocess.run(command, input=film, capture_output=True, check=True).stdout


def presented(film: Path) -> list[Fraction]:
    """When each picture is shown, in seconds, edit lists applied, in the order of showing."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries"]
    command += ["stream=time_base:packet=pts", "-of", "json", str(film)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    base = Fraction(found["streams"][0]["time_base"])
    return sorted(packet["pts"] * base for packet in found["packets"])


def pictures(film: Path) -> NDArray[np.uint8]:
    """Luma of every frame as encoded, without any repeated or dropped: shape (frames, height, width)."""
    video = next(stream for stream in streams(film) if stream.get("codec_type") == "video")
    width, height = int(str(video["width"])), int(str(video["height"]))
    planes = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"]
    raw = np.frombuffer(ffmpeg("-v", "error", "-i", film, "-map", "0:v", *planes).stdout, np.uint8)
    frames = raw.reshape(-1, width * height * 3 // 2)  # I420
    return frames[:, : width * height].reshape(-1, height, width)


def pictures_of(film: bytes) -> NDArray[np.uint8]:
    """As `pictures`, of a film in memory."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(film)
        file.flush()
        return pictures(Path(file.name))


@dataclass(frozen=True)
class Playback:
    """What a player that decodes a film from its first to its last frame meets."""

    numbers: list[int]
    """Of the frames, as `numbered` wrote them, in the order of showing."""
    times: list[Fraction]
    """When each is shown, in seconds."""
    sound_samples: int
    complaints: str


def played(film: Path) -> Playback:
    """Decode a film of numbered frames in this process: a tenth of the time that the ffmpeg program takes to start."""
    numbers, times, samples = [], [], 0
    # libav's log is PyAV's only while it is captured.
    with av.logging.Capture() as heard, av.open(str(film)) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                numbers.append(number_of(np.asarray(frame.to_ndarray()[: frame.height], np.uint8)))
                assert frame.time_base is not None
                times.append((frame.pts or 0) * frame.time_base)
            else:
                samples += frame.samples
    complaints = "".join(line for level, _, line in heard if level <= av.logging.WARNING)
    return Playback(numbers, times, samples, complaints)


def sound(film: Path) -> NDArray[np.float32]:
    """The film's sound as a player plays it, from time 0 on, priming removed: mono, shape (samples,)."""
    whole = ["-map", "0:a", "-af", "atrim=start=0", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", "-"]
    return np.frombuffer(ffmpeg("-v", "error", "-copyts", "-i", film, *whole).stdout, np.float32)


def flashes(film: Path, *, threshold: float = 140.0) -> list[Fraction]:
    """When the picture turns bright, in seconds: first frames of bright runs."""
    bright = pictures(film).mean(axis=(1, 2)) > threshold
    starts = np.flatnonzero(bright & ~np.concatenate([[False], bright[:-1]]))
    times = presented(film)
    return [times[int(start)] for start in starts]


def beeps(film: Path, *, share: float = 0.25) -> list[Fraction]:
    """When sound begins after at least 0.2 s of quiet, in seconds: where it first passes `share` of its peak."""
    wave = np.abs(sound(film))
    loud = np.flatnonzero(wave > share * wave.max())
    starts = loud[np.diff(loud, prepend=-SAMPLE_RATE_HZ) > SAMPLE_RATE_HZ // 5]
    return [Fraction(int(start), SAMPLE_RATE_HZ) for start in starts]


@dataclass(frozen=True)
class Loudness:
    """Of a whole programme, by ITU-R BS.1770 as ffmpeg's ebur128 filter measures it."""

    integrated_lufs: float
    true_peak_dbtp: float


def loudness(media: Path) -> Loudness:
    """Measure a film or a sound file."""
    log = ffmpeg(
        "-v", "info", "-i", media, "-map", "0:a", "-af", "ebur128=peak=true", "-f", "null", "-"
    ).stderr.decode()
    summary = log[log.rindex("Summary:") :]
    integrated = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", summary)
    assert integrated
    assert peak
    return Loudness(float(integrated[1]), float(peak[1]))


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures of the same shape, (height, width); 1 is equal."""
    from skimage import metrics

    measured: Any = metrics
    return float(measured.structural_similarity(one, other, data_range=255))


def numbered(number: int, width: int, height: int) -> tuple[Luma, Luma, Luma]:
    """An I420 frame that carries its number as a row of black and white blocks, over a moving grey."""
    luma = np.full((height, width), 60 + number * 5 % 80, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        luma[: height // 2, left:right] = 235 if number >> bit & 1 else 16
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return luma, grey, grey


def number_of(luma: Luma) -> int:
    """The number that a decoded frame of `numbered` carries."""
    height, width = luma.shape
    blocks = [luma[: height // 2, bit * width // BITS : (bit + 1) * width // BITS] for bit in range(BITS)]
    return sum((block.mean() > 125) << bit for bit, block in enumerate(blocks))


@dataclass(frozen=True)
class Edit:
    """One entry of a track's edit list (ISO/IEC 14496-12, 8.6.6)."""

    duration: Fraction
    """In seconds."""
    media_time: int
    """First unit of the track that is played, in the track's own time scale."""


@dataclass(frozen=True)
class Boxes:
    """What the boxes of an MP4 say, read without any library."""

    order: tuple[str, ...]
    """Top-level boxes."""
    edits: dict[str, list[Edit]]
    """By handler: `vide` and `soun`."""


CONTAINERS = {"moov", "trak", "mdia", "edts"}


def boxes(film: Path) -> Boxes:
    """Read the top-level order and every track's edit list."""
    data = film.read_bytes()
    edits: dict[str, list[Edit]] = {}
    track: list[Edit] = []
    scale = 0

    def walk(start: int, end: int) -> list[str]:
        nonlocal track, scale
        order = []
        while start < end:
            size, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8].decode("latin-1")
            assert 8 <= size <= end - start, f"box {kind} at {start} has {size} bytes"
            body = data[start + 8 : start + size]
            order.append(kind)
            if kind == "trak":
                track = []
            if kind in CONTAINERS:
                walk(start + 8, start + size)
            elif kind == "mvhd":
                offset = 20 if body[0] else 12
                scale = int.from_bytes(body[offset : offset + 4], "big")
            elif kind == "elst":
                wide = 8 if body[0] else 4
                for entry in range(int.from_bytes(body[4:8], "big")):
                    at = 8 + entry * (2 * wide + 4)
                    duration = int.from_bytes(body[at : at + wide], "big")
                    media_time = int.from_bytes(body[at + wide : at + 2 * wide], "big", signed=True)
                    track.append(Edit(Fraction(duration, scale), media_time))
            elif kind == "hdlr" and body[8:12] in {b"vide", b"soun"}:
                edits[body[8:12].decode()] = track
            start += size
        return order

    return Boxes(tuple(walk(0, len(data))), edits)
