"""Segments and a mix to a film: pictures by stream copy, sound as one continuous AAC track.

No picture is decoded or encoded here, so a film costs its bytes. Sound is encoded whole, once per film: each AAC stream
begins with 1024 samples of priming, so joining encoded sound would leave a gap at every join.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from fancam.timebase import SAMPLE_RATE_HZ, frame_to_sample
from media.probe import NotASegment, Segment, Source, differences, opened, pictures, read
from media.profile import Profile

AAC_BITS_PER_S = 192_000

Report = Callable[[float, str], None]
"""Told how far the work is, 0 to 1, and what is being done."""


class SegmentMismatch(Exception):  # noqa: N818  named for what the caller reads
    """A segment that cannot be spliced into this film; says which cut and why."""

    def __init__(self, cut: str, why: str) -> None:
        super().__init__(f"segment of cut {cut}: {why}")
        self.cut = cut
        self.why = why


class MixMismatch(Exception):  # noqa: N818
    """A mix that is no 48 kHz stereo FLAC as long as the film."""


@dataclass(frozen=True)
class Piece:
    """One cut of the film and its encoded frames."""

    cut: str
    frames: int
    source: Source


def splice(
    target: Path,
    profile: Profile,
    pieces: Sequence[Piece],
    mix: bytes,
    *,
    title: str,
    report: Report,
    reference: Segment | None = None,
) -> int:
    """Write the film to `target`.

    Args:
        target: MP4 to write: moov first, `title` in its metadata.
        profile: What every segment must obey.
        pieces: The film in order; each source is read twice.
        mix: 48 kHz stereo FLAC, exactly as long as the pictures.
        title: Shown by players.
        report: Told after every piece.
        reference: What the segments are compared to; absent: the first piece.

    Returns:
        The number of frames in the film.

    Raises:
        SegmentMismatch: A piece's size, rate, parameter sets or length is not the film's.
        MixMismatch: The mix is no 48 kHz stereo FLAC, or not as long as the film.
    """
    for piece in pieces:
        reference = check(piece, profile, reference)
        report(0.0, f"checking {piece.cut}")
    frames = sum(piece.frames for piece in pieces)
    samples = frame_to_sample(frames, profile.frame_rate)
    # One tick of the movie is a whole part of a frame and of a sample, so that edit lists are exact.
    options = {
        "brand": "mp42",
        "movflags": "faststart",
        "use_editlist": "1",
        "movie_timescale": str(lcm(profile.timescale, SAMPLE_RATE_HZ)),
        "video_track_timescale": str(profile.timescale),
    }
    with av.open(str(target), "w", format="mp4", options=options, container_options={"fflags": "+bitexact"}) as film:
        film.metadata["title"] = title
        with opened(pieces[0].source) as first:
            picture = film.add_stream_from_template(first.streams.video[0])
        picture.time_base = Fraction(1, profile.timescale)
        sound = film.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="stereo", options={"b": str(AAC_BITS_PER_S)})
        heard = _Sound(film, sound, mix, samples)
        shown = 0
        for number, piece in enumerate(pieces):
            with opened(piece.source) as segment:
                for packet in pictures(segment):
                    packet.stream = picture
                    packet.time_base = Fraction(1, profile.timescale)
                    packet.pts = packet.dts = shown * profile.frame_ticks
                    packet.duration = profile.frame_ticks
                    film.mux_one(packet)
                    shown += 1
                    heard.until(frame_to_sample(shown, profile.frame_rate))
            report((number + 1) / len(pieces), f"spliced {piece.cut}")
        heard.end()
    return frames


def check(piece: Piece, profile: Profile, reference: Segment | None) -> Segment:
    """Check one piece against the profile and the film's other segments; gives what the next is compared to.

    Raises:
        SegmentMismatch: It cannot be spliced.
    """
    try:
        segment = read(piece.source)
    except NotASegment as error:
        raise SegmentMismatch(piece.cut, str(error)) from error
    if segment.frames != piece.frames:
        raise SegmentMismatch(piece.cut, f"{segment.frames} frames, not {piece.frames}")
    if (segment.width, segment.height) != (profile.width, profile.height):
        raise SegmentMismatch(piece.cut, f"size {segment.width}x{segment.height}, not {profile.width}x{profile.height}")
    if segment.packets[0].duration * segment.time_base != 1 / profile.frame_rate:
        rate = 1 / (segment.packets[0].duration * segment.time_base)
        raise SegmentMismatch(piece.cut, f"{rate} frames per second, not {profile.frame_rate}")
    different = differences(segment, reference) if reference else []
    if different:
        raise SegmentMismatch(piece.cut, "; ".join(different))
    return reference or segment


class _Sound:
    """The film's AAC track, encoded just ahead of the pictures so that both lie side by side in the file."""

    def __init__(self, film: OutputContainer, stream: AudioStream, mix: bytes, samples: int) -> None:
        self._film = film
        self._stream = stream
        self._samples = samples
        self._read = 0
        self._frames = self._decode(mix)

    def _decode(self, mix: bytes) -> Iterator[AudioFrame]:
        resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE_HZ, frame_size=1024)
        try:
            with av.open(io.BytesIO(mix), "r") as container:
                self._inspect(container)
                for frame in container.decode(audio=0):
                    yield from resampler.resample(frame)
                yield from resampler.resample(None)
        except FFmpegError as error:
            raise MixMismatch(f"the mix cannot be decoded: {error.strerror}") from error

    def _inspect(self, container: InputContainer) -> None:
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
            if declared != self._samples:
                raise MixMismatch(f"the mix has {declared} samples, the film {self._samples}")

    def until(self, sample: int) -> None:
        """Encode everything that sounds before `sample`."""
        while self._read < sample:
            frame = next(self._frames, None)
            if frame is None:
                raise MixMismatch(f"the mix has {self._read} samples, the film {self._samples}")
            frame.pts = self._read
            frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
            self._read += frame.samples
            self._film.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Encode what is left in the encoder.

        Raises:
            MixMismatch: There is more sound than film.
        """
        self._read += sum(frame.samples for frame in self._frames)
        if self._read != self._samples:
            raise MixMismatch(f"the mix has {self._read} samples, the film {self._samples}")
        self._film.mux(self._stream.encode(None))


def poster(source: Source, frame: int) -> bytes:
    """One picture of a segment as JPEG.

    Raises:
        NotASegment: The segment has no such frame.
    """
    with opened(source) as container:
        for number, picture in enumerate(container.decode(video=0)):
            if number == frame:
                return _jpeg(picture)
    raise NotASegment(f"it has no frame {frame}")


def _jpeg(picture: VideoFrame) -> bytes:
    """JFIF's colours are BT.601 in full range; the film's are BT.709 in limited range."""
    converted = picture.reformat(
        format="yuvj420p",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1, options={"qmin": "2", "qmax": "3"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "yuvj420p"
        stream.codec_context.color_range = ColorRange.JPEG
        converted.pts = 0
        container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return file.getvalue()
