"""The process in which recordings are decoded: a file that is made to break a decoder breaks a fork that held nothing.

`decode.py` starts it with one end of a socket as its standard input. It opens libav once, which is most of what a start
of `ffmpeg` costs; every file then gets a fork with hard limits on time, processor time and memory, which is given no
name to open but open files: the recording, and where samples and outcome go. It imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import av

CPU_S = 30
"""A minute of sound takes a tenth of a second."""

MEMORY = 2**31
"""No decoder of a phone's sound needs a tenth of these bytes."""

MOST_SIDES = 8
"""A phone writes one or two; two hundred would make gigabytes of a small file."""

GAP_S, LONGEST_GAP_S = 0.04, 5.0
"""A file whose times run ahead of its samples by the first has lost sound there; by the second, its clock is wrong."""


class NoSound(Exception):  # noqa: N818  named for what the fan reads
    """Nothing in the file can be decoded."""


def main() -> int:
    """Answer jobs until the socket closes: a JSON message each, and the files of source, samples and outcome."""
    av.logging.set_level(None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=sys.stdin.fileno()) as asked:
        while True:
            message, files, _, _ = socket.recv_fds(asked, 4096, 3)
            if not message:
                return 0
            try:
                child = os.fork()
            except OSError:
                child = -1  # the caller finds no outcome
            if child == 0:
                asked.close()
                _work(json.loads(message), *files)
            for file in files:
                os.close(file)


def _work(job: dict[str, Any], source: int, samples: int, outcome: int) -> None:
    """Decode one file and end the process."""
    signal.alarm(int(job["limit_s"]) + 1)
    for limit, most in ((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))
    fault = ""
    try:
        with open(samples, "wb", buffering=1 << 16) as sound:
            for part in decoded(source, job):
                sound.write(part)
                if job["flush"]:
                    sound.flush()
    except NoSound as error:
        fault = str(error)
    except (av.error.FFmpegError, MemoryError):
        fault = "the sound is of a form that no recorder writes"
    except OSError:
        os._exit(1)  # nobody listens any more
    used = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(OSError):  # nobody listens any more
        os.write(outcome, json.dumps({"fault": fault, "cpu_s": used.ru_utime + used.ru_stime}).encode())
    os._exit(0)


def decoded(source: int, job: dict[str, Any]) -> Iterator[bytes]:
    """A line of JSON about the file, then its samples, 32-bit floats at the job's rate, sides interleaved.

    Raises:
        NoSound: It is no sound file, or holds none that can be read.
    """
    with open(source, "rb", buffering=0) as file:
        try:
            container: Any = av.open(file, options=job["options"])
        except (av.error.FFmpegError, ValueError) as error:
            raise NoSound("this is not a sound file") from error
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context is None:
            raise NoSound("the file holds no sound that can be read")
        stream.codec_context.thread_count = 1
        left = int(job["seconds"] * job["rate_hz"])
        resampler = None
        for frame in _gapless(_frames(container, stream)):
            if resampler is None:
                if frame.layout.nb_channels > MOST_SIDES:
                    raise NoSound(f"the sound has {frame.layout.nb_channels} channels, more than {MOST_SIDES}")
                resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=job["rate_hz"])
                about = {
                    "codec": stream.codec_context.codec.canonical_name,
                    "rate_hz": stream.codec_context.sample_rate,
                    "channels": frame.layout.nb_channels,
                    "header_s": (container.duration or 0) / av.time_base,
                }
                yield json.dumps(about).encode() + b"\n"
            for part in resampler.resample(frame):
                count = min(left, part.samples)
                left -= count
                yield bytes(part.planes[0])[: 4 * count * part.layout.nb_channels]
            if left == 0:
                return
        if resampler is None:
            raise NoSound("the file holds no sound that can be read")
        for part in resampler.resample(None):
            yield bytes(part.planes[0])[: 4 * min(left, part.samples) * part.layout.nb_channels]


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """All frames that can be decoded, all as the first: a packet that cannot be is left out, as ffmpeg does."""
    form = None
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, ValueError):
            packet = None  # the file ends in the middle
        if packet is None:
            return
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError):
            continue
        for frame in frames:
            own = (frame.format.name, frame.layout.name, frame.sample_rate)
            form = form or own
            if own == form:
                yield frame


def _gapless(frames: Iterator[Any]) -> Iterator[Any]:
    """Frames with silence where the file's times say that some are missing, so that what follows stays in its place.

    Phones lose packets while they record, and a browser's tab that sleeps leaves a hole. Times are rounded to
    milliseconds in webm and begin anywhere.
    """
    due_s = None
    for frame in frames:
        if frame.time is not None:
            missing_s = 0.0 if due_s is None else frame.time - due_s
            if GAP_S < missing_s < LONGEST_GAP_S:
                yield _silence(frame, round(missing_s * frame.sample_rate))
                due_s = frame.time
            elif due_s is None or missing_s >= LONGEST_GAP_S:
                due_s = frame.time
        if due_s is not None:
            due_s += frame.samples / frame.sample_rate
        yield frame


def _silence(like: Any, samples: int) -> Any:
    frame = av.AudioFrame(format=like.format.name, layout=like.layout.name, samples=samples)
    frame.sample_rate = like.sample_rate
    for plane in frame.planes:
        # Unsigned samples of 8 bits rest in the middle.
        plane.update((b"\x80" if like.format.name.startswith("u8") else b"\0") * plane.buffer_size)
    return frame


if __name__ == "__main__":
    sys.exit(main())
