"""A mix to one AAC track, encoded once for everything that is made of a film: the file, the stream, other sizes.

Each AAC stream begins with 1024 samples of priming, so joining encoded sound would leave a gap at every join: sound is
encoded whole, and its edit list says where it begins.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from fancam.timebase import SAMPLE_RATE_HZ

AAC_BITS_PER_S = 192_000
AAC_FRAME = 1024
"""Samples of one coded frame."""


class MixMismatch(Exception):  # noqa: N818  named for what the caller reads
    """A mix that is no 48 kHz stereo FLAC as long as the film."""


def encode(mix: bytes, samples: int) -> bytes:
    """The sound of a film, as an MP4 with one AAC track whose edit list leaves the priming out.

    Args:
        mix: 48 kHz stereo FLAC.
        samples: Length of the film.

    Raises:
        MixMismatch: The mix is something else, or not exactly as long.
    """
    file = io.BytesIO()
    options = {"brand": "mp42", "use_editlist": "1", "movie_timescale": str(SAMPLE_RATE_HZ)}
    with av.open(file, "w", format="mp4", options=options, container_options={"fflags": "+bitexact"}) as container:
        track = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo", options={"b": str(AAC_BITS_PER_S)})
        read = 0
        for frame in _decode(mix, samples):
            frame.pts = read
            frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
            read += frame.samples
            if read > samples:
                break
            container.mux(track.encode(frame))
        if read != samples:
            raise MixMismatch(f"the mix has {read} samples, the film {samples}")
        container.mux(track.encode(None))
    return file.getvalue()


def _decode(mix: bytes, samples: int) -> Iterator[AudioFrame]:
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE_HZ, frame_size=AAC_FRAME)
    try:
        with av.open(io.BytesIO(mix), "r") as container:
            _inspect(container, samples)
            for frame in container.decode(audio=0):
                yield from resampler.resample(frame)
            yield from resampler.resample(None)
    except FFmpegError as error:
        raise MixMismatch(f"the mix cannot be decoded: {error.strerror}") from error


def _inspect(container: InputContainer, samples: int) -> None:
    if len(container.streams.audio) != 1:
        raise MixMismatch(f"the mix has {len(container.streams.audio)} sound streams, not 1")
    stream = container.streams.audio[0]
    if (stream.codec_context.name, stream.rate, stream.channels) != ("flac", SAMPLE_RATE_HZ, 2):
        raise MixMismatch(
            f"the mix is {stream.codec_context.name} at {stream.rate} Hz with {stream.channels} channels, "
            f"not stereo FLAC at {SAMPLE_RATE_HZ} Hz"
        )
    if stream.duration is not None and stream.time_base is not None:
        declared = stream.duration * stream.time_base * SAMPLE_RATE_HZ
        if declared != samples:
            raise MixMismatch(f"the mix has {declared} samples, the film {samples}")


def packets(container: InputContainer) -> Iterator[tuple[Fraction, Packet[AudioStream]]]:
    """The coded frames of what `encode` gave, each with the second at which it is heard; the priming is before 0."""
    for packet in container.demux(audio=0):
        if packet.size and packet.pts is not None and packet.time_base is not None:
            yield packet.pts * packet.time_base, packet
