"""A film's sound as one AAC track: the song's bed, coded once for all fans, with what a fan changes coded anew in it.

A frame of AAC covers 2,048 samples in steps of 1,024, each under a window that fades into the next. Where two codings
of equal samples fade alike, one goes on where the other ends without a trace: so the frames around a fan's line are the
bed's own. (Stretches coded apart would each begin with 1,024 samples of priming, and leave gaps.)

Frame `i` of a track covers the film's samples `[(i - 1) * 1024, (i + 1) * 1024)`; the first half of frame 0 is priming,
which the edit list leaves out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from fancam.timebase import SAMPLE_RATE_HZ
from media import cmaf
from media.boxes import first, numbers
from media.mapping import mapped
from media.segment import Source
from media.track import Track, read_track

VERSION = "sound 3"
"""Part of what is remembered of coded sound: raise it when the same samples give other bytes."""

CODER = {
    "aac_coder": "fast",
    "aac_is": "0",
    "aac_pns": "0",
    "aac_tns": "0",
    "b": "320000",
    "cutoff": "20000",
    "flags": "+qscale",
    "global_quality": "120",
}
"""How libavcodec codes the bed and what a fan changes.

`qscale` gives every frame the bits of the rate `b`, and no rate control drags a history along: from the fifth on,
hardly a frame depends on where coding began. (What both sides share is coded once: music takes 260 kbit a second, less
where they are nearly one.) `aac_coder=fast` without intensity stereo leaves less noise unmasked in music than the
default does with as many bits, in two fifths of its time (`python bench/soundtrack.py`). Without noise substitution
every decoder plays the same samples."""

AAC_FRAME = 1024
"""Samples by which a coded frame goes on."""

MARGIN = 8 * AAC_FRAME
"""So many samples at either end of a mix must be the bed's, except where the film begins or ends."""

LEAD, TRAIL = 8, 8
"""Frames of bed that are coded again before and after what a fan changes: the first four are windowed for a beginning,
and a join is looked for in the others."""

CHUNK = 1 << 16
"""Samples that are compared at once."""

Pcm = NDArray[np.float32]
"""Both sides of a sound, shape (2, samples); 24 bits are held exactly."""


class MixMismatch(Exception):  # noqa: N818  named for what the caller reads
    """A mix that is no 48 kHz stereo FLAC, sticks out of the film, or does not begin and end in the bed."""


@dataclass(frozen=True)
class Bed:
    """The song where no fan is heard."""

    pcm: Source
    """48 kHz stereo FLAC, as long as the film."""
    track: Track
    """The same, as `encode` coded it."""
    samples: int
    """Length of the film."""


@dataclass(frozen=True)
class Part:
    """Coded frames that take the place of the bed's."""

    first: int
    """Number of the first in the film's track."""
    frames: tuple[bytes, ...]


@dataclass(frozen=True)
class _Placed:
    """A mix, and the film's samples that it takes the place of."""

    pcm: Source
    start: int
    end: int


def encode(pcm: Source, samples: int) -> bytes:
    """A whole sound, as an MP4 with one AAC track whose edit list leaves the priming out.

    Args:
        pcm: 48 kHz stereo FLAC.
        samples: Length of the film.

    Raises:
        MixMismatch: It is something else, or not exactly as long.
    """
    file = io.BytesIO()
    options = {"brand": "mp42", "use_editlist": "1", "movie_timescale": str(SAMPLE_RATE_HZ)}
    if (found := length(pcm)) != samples:
        raise MixMismatch(f"it has {found} samples, the film {samples}")
    with av.open(file, "w", format="mp4", options=options, container_options={"fflags": "+bitexact"}) as container:
        track = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo", options=CODER)
        for frame in _frames(_read(pcm, 0, samples)):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return file.getvalue()


@lru_cache(maxsize=4)
def read(path: Path) -> Track:
    """The track of a file that `encode` made. Every film of a campaign asks for the same."""
    return read_track(mapped(path), "soun")


# --------------------------------------------------------------------------------------------------------------------
# What a fan changes


def part(bed: Bed, mix: Source, start: int) -> Part:
    """Code what a mix changes of the bed.

    Args:
        bed: What is around it.
        mix: 48 kHz stereo FLAC.
        start: The film's sample at which the mix begins.

    Raises:
        MixMismatch: The mix does not fit into this bed.
    """
    placed = _Placed(mix, start, start + length(mix))
    if placed.end > bed.samples:
        raise MixMismatch(f"it ends at sample {placed.end}, the film at {bed.samples}")
    changed = _changed(bed, placed)
    if changed is None:
        return Part(0, ())
    low, high = changed
    if start > 0 and low < start + MARGIN:
        raise MixMismatch(_stray(low, f"{low - start} after its first", "begin"))
    if placed.end < bed.samples and high >= placed.end - MARGIN:
        raise MixMismatch(_stray(high, f"{placed.end - 1 - high} before its last", "end"))
    return _coded(bed, placed, range(low // AAC_FRAME, high // AAC_FRAME + 2))


def _stray(sample: int, place: str, does: str) -> str:
    return (
        f"at sample {sample} of the film, {place}, it differs from the bed; it must {does} with {MARGIN} of its samples"
    )


def _changed(bed: Bed, mix: _Placed) -> tuple[int, int] | None:
    """The first and the last sample of the film that a mix makes another than the bed's; None when it makes none.

    They are looked for from both ends: what lies between is not read for it.
    """

    def differ(low: int) -> NDArray[np.intp]:
        """The samples of a chunk that differ."""
        high = min(low + CHUNK, mix.end)
        ours = np.concatenate([*_read(bed.pcm, low, high)], axis=1)
        theirs = np.concatenate([*_read(mix.pcm, low - mix.start, high - mix.start)], axis=1)
        return low + np.flatnonzero(np.any(ours != theirs, axis=0))

    chunks = range(mix.start, mix.end, CHUNK)
    first = next((found[0] for found in map(differ, chunks) if len(found)), None)
    if first is None:
        return None
    return int(first), int(next(found[-1] for found in map(differ, reversed(chunks)) if len(found)))


def _coded(bed: Bed, mix: _Placed, wanted: range) -> Part:
    """Code the frames `wanted` anew, with as many around them as it takes until both ends join the bed's."""
    old = bed.track.samples
    blocks = -(-bed.samples // AAC_FRAME)
    lead, trail = LEAD, TRAIL
    while True:
        begin, stop = max(0, wanted.start - lead), min(blocks, wanted.stop + trail)
        new = _encoded(_film(bed, mix, begin * AAC_FRAME, min(bed.samples, stop * AAC_FRAME)))

        def joins(frame: int, new: Sequence[bytes] = new, begin: int = begin) -> bool:
            """Whether one coding may end and the other begin before this frame: the last before it fades alike."""
            return _fade(old[frame - 1]) == _fade(new[frame - 1 - begin]) is not None

        # The encoder's first frame covers silence before what it was given, and its last silence after it.
        into = next((frame for frame in range(wanted.start, begin + 1, -1) if joins(frame)), None if begin else 0)
        out = next((frame for frame in range(wanted.stop, stop + 1) if joins(frame)), None)
        if stop == blocks and out is None:
            out = len(old)
        if into is not None and out is not None:
            return Part(into, tuple(new[into - begin : out - begin]))
        lead, trail = 2 * lead, 2 * trail


def _film(bed: Bed, mix: _Placed, low: int, high: int) -> Iterator[Pcm]:
    """The film's samples from `low` to `high`: the mix's where there is one, else the bed's."""
    return chain(
        _read(bed.pcm, low, min(high, mix.start)),
        _read(mix.pcm, max(low, mix.start) - mix.start, min(high, mix.end) - mix.start),
        _read(bed.pcm, max(low, mix.end), high),
    )


def _encoded(pcm: Iterator[Pcm]) -> list[bytes]:
    """AAC frames of a stretch, the priming's first."""
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, AudioCodecContext)
    coder.sample_rate, coder.format, coder.layout = SAMPLE_RATE_HZ, "fltp", "stereo"
    coder.time_base, coder.options = Fraction(1, SAMPLE_RATE_HZ), CODER
    packets = [packet for frame in _frames(pcm) for packet in coder.encode(frame)]
    return [bytes(packet) for packet in [*packets, *coder.encode(None)]]


def _fade(frame: bytes | memoryview) -> tuple[int, int] | None:
    """How both channels of a coded frame are windowed: sequence and shape (ISO/IEC 14496-3, 4.4.2.1 and 4.4.2.2).

    None where the two channels differ, or where something else comes first in the frame.
    """
    head = int.from_bytes(frame[:2], "big")
    element, common = head >> 13, head >> 8 & 1
    return (head >> 5 & 3, head >> 4 & 1) if (element, common) == (1, 1) else None


# --------------------------------------------------------------------------------------------------------------------
# Parts in the film, and in the store


def laid(bed: Track, fans: Part) -> Track:
    """The film's track: the bed's with a fan's frames in it."""
    samples = bed.samples[: fans.first] + fans.frames + bed.samples[fans.first + len(fans.frames) :]
    return replace(bed, samples=samples)


def packed(bed: Track, fans: Part) -> bytes:
    """A part as it is stored: a fragment of the film's track that says when it begins."""
    own = replace(bed, samples=fans.frames, durations=(AAC_FRAME,) * len(fans.frames), syncs=frozenset())
    return cmaf.fragment(own, 1, fans.first * AAC_FRAME)


def unpacked(data: bytes) -> Part:
    """What `packed` stored."""
    run = first(data, "moof", "traf", "trun")
    count = numbers(data, run.body + 4, 1)[0]
    sizes = numbers(data, run.body + 12, 3 * count)[1::3]
    at = first(data, "mdat").body
    frames = []
    for size in sizes:
        frames.append(data[at : at + size])
        at += size
    start_ticks = numbers(data, first(data, "moof", "traf", "tfdt").body + 4, 1, 8)[0]
    return Part(start_ticks // AAC_FRAME, tuple(frames))


# --------------------------------------------------------------------------------------------------------------------
# Samples


def length(source: Source) -> int:
    """Samples of a 48 kHz stereo FLAC, as it declares them.

    Raises:
        MixMismatch: It is something else, or does not declare how long it is.
    """
    with _opened(source) as container:
        if len(container.streams.audio) != 1:
            raise MixMismatch(f"it has {len(container.streams.audio)} sound streams, not 1")
        stream = container.streams.audio[0]
        if (stream.codec_context.name, stream.rate, stream.channels) != ("flac", SAMPLE_RATE_HZ, 2):
            raise MixMismatch(
                f"it is {stream.codec_context.name} at {stream.rate} Hz with {stream.channels} channels, "
                f"not stereo FLAC at {SAMPLE_RATE_HZ} Hz"
            )
        if not stream.duration:
            raise MixMismatch("it does not declare how long it is")
        return stream.duration


@contextmanager
def _opened(source: Source) -> Iterator[InputContainer]:
    """A sound, for as long as it is read.

    Raises:
        MixMismatch: It cannot be decoded.
    """
    try:
        with av.open(str(source) if isinstance(source, Path) else io.BytesIO(source), "r") as container:
            yield container
    except FFmpegError as error:
        raise MixMismatch(f"it cannot be decoded: {error.strerror}") from error


def _read(source: Source, low: int, high: int) -> Iterator[Pcm]:
    """A FLAC's samples from `low` to `high`, in arrays of any length. Its clock ticks in samples.

    Raises:
        MixMismatch: Some of them cannot be decoded.
    """
    if low >= high:
        return
    at = low
    with _opened(source) as container:
        stream = container.streams.audio[0]
        # libavformat finds no way to the last blocks of a FLAC, so near its end decoding begins a second before it.
        if (place := min(low, (stream.duration or 0) - SAMPLE_RATE_HZ)) > 0:
            container.seek(place, stream=stream)
        for frame in container.decode(stream):
            start = frame.pts
            assert start is not None
            if start > at:
                break
            if start + frame.samples > at:
                yield _planes(frame)[:, at - start : high - start]
                at = min(high, start + frame.samples)
            if at == high:
                return
    raise MixMismatch(f"it cannot be decoded from its sample {at} on")


def _planes(frame: AudioFrame) -> Pcm:
    """What libavcodec decodes of a stereo FLAC: both sides in turn, in steps of which the highest bits are used."""
    steps = frame.to_ndarray().reshape(-1, 2).T
    return np.multiply(steps, 0.5 ** (8 * steps.itemsize - 1), dtype=np.float32)


def _frames(pcm: Iterator[Pcm]) -> Iterator[AudioFrame]:
    """What PyAV takes for an encoder; it cuts them into frames of AAC itself."""
    at = 0
    for block in pcm:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE_HZ, Fraction(1, SAMPLE_RATE_HZ), at
        yield frame
        at += block.shape[1]
