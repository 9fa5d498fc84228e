"""What is read of a file is what is in it, and what cannot be spliced says why."""

from __future__ import annotations

import hashlib
import io
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest

from media.encoder import SegmentEncoder
from media.parameters import NoParameters, parameters
from media.probe import clip, sound
from media.profile import Profile
from media.segment import NotASegment, differences, read
from tests.media.test_encoder import PROFILE, encode, noise
from tests.video import measure


def test_packet_hashes_are_what_another_reader_finds(tmp_path: Path) -> None:
    """The hashes that ffmpeg finds agree with ours."""
    path = tmp_path / "segment.mp4"
    path.write_bytes(encode(20))

    assert [hashlib.sha256(sample).hexdigest() for sample in read(path).track.samples] == measure.packet_hashes(path)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Profile(176, 96, Fraction(24)), "size 176x96, not 160x96"),
        (Profile(160, 96, Fraction(25)), "25 frames per second, not 24"),
        (Profile(160, 96, Fraction(24), preset="ultrafast"), "picture parameter set 0 differs from bit"),
    ],
)
def test_what_differs_is_named(other: Profile, named: str) -> None:
    """A segment of another profile is told apart by name."""
    assert named in "; ".join(differences(read(encode(3, other)), read(encode(3))))


def ffmpeg_clip(path: Path, *options: str) -> bytes:
    """A clip that somebody made with ffmpeg."""
    source = ["-f", "lavfi", "-i", "testsrc2=size=160x96:rate=24:duration=1"]
    output = ["-pix_fmt", "yuv420p", "-threads", "1", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *source, *options, *output], check=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["-c:v", "libx264", "-bf", "2"], "B-frames"),
        (["-c:v", "libx264", "-bf", "0", "-vf", "select='not(eq(n,5))'", "-fps_mode", "vfr"], "frame rate varies"),
        (["-c:v", "mpeg4"], "this is mp4v"),
    ],
)
def test_what_cannot_be_spliced_says_why(tmp_path: Path, options: list[str], named: str) -> None:
    """B-frames, a varying frame rate and another codec are refused, each by name."""
    with pytest.raises(NotASegment, match=named):
        read(ffmpeg_clip(tmp_path / "clip.mp4", *options))


def test_sound_in_a_segment_is_refused(tmp_path: Path) -> None:
    """A segment holds pictures only."""
    data = ffmpeg_clip(tmp_path / "clip.mp4", "-f", "lavfi", "-i", "sine", "-shortest", "-c:v", "libx264", "-bf", "0")
    with pytest.raises(NotASegment, match=r"video, audio|audio, video"):
        read(data)


@pytest.mark.parametrize("size", [0, 1, 100, 1000, -1])
def test_a_truncated_file_is_no_segment(size: int) -> None:
    """Wherever a file is cut off, it is refused rather than shown in part."""
    with pytest.raises(NotASegment):
        read(encode(5)[:size])


def test_a_segment_that_begins_between_key_frames_is_refused(tmp_path: Path) -> None:
    """Joined to another, its first pictures would be built on that one's last."""
    still = io.BytesIO()
    with SegmentEncoder(still, PROFILE) as encoder:
        for _ in range(6):
            encoder.write(*noise(0))
    path = tmp_path / "tail.mp4"
    with av.open(io.BytesIO(still.getvalue()), "r") as whole, av.open(str(path), "w") as tail:
        stream = tail.add_stream_from_template(whole.streams.video[0])
        packets = [packet for packet in whole.demux(video=0) if packet.size]
        first = next(number for number, packet in enumerate(packets) if not packet.is_keyframe)
        for number, packet in enumerate(packets[first:]):
            packet.pts = packet.dts = number * (packet.duration or 0)
            packet.stream = stream
            tail.mux_one(packet)

    with pytest.raises(NotASegment, match="IDR"):
        read(path)


RECORDS = {
    "h264": "0164000dffe100046764000d01000368ef3c",
    "hevc": "0101600000009000000000001ef000fcfdf8f800000f03200001000340010c210001000342010122000100034401c1",
    "av1": "81000c000a0e00000003c4fc6c02f81010101040",
}


@pytest.mark.parametrize("codec", RECORDS)
def test_a_configuration_record_is_read_to_its_end(codec: str) -> None:
    """A record that stops in the middle of a parameter set is no record."""
    whole = bytes.fromhex(RECORDS[codec])
    sets = parameters(codec, whole)

    assert {name: found for name, found in sets.named() if found} == {
        "h264": {"sequence": (bytes.fromhex("6764000d"),), "picture": (bytes.fromhex("68ef3c"),)},
        "hevc": {
            "video": (bytes.fromhex("40010c"),),
            "sequence": (bytes.fromhex("420101"),),
            "picture": (bytes.fromhex("4401c1"),),
        },
        "av1": {"sequence": (whole[6:],)},
    }[codec]
    for size in range(len(whole)):
        with pytest.raises(NoParameters):
            parameters(codec, whole[:size])


def test_sounds_and_clips_are_known_by_decoding(tmp_path: Path) -> None:
    """A FLAC's samples are counted, a clip's frames too; what is neither is neither."""
    path = tmp_path / "tone.flac"
    measure.ffmpeg("-v", "error", "-f", "lavfi", "-i", "sine=sample_rate=48000:duration=0.5", "-ac", "2", path)
    heard = sound(path.read_bytes())
    seen = clip(encode(9))

    assert heard is not None
    assert (heard.codec, heard.rate_hz, heard.channels, heard.samples) == ("flac", 48_000, 2, 24_000)
    assert seen is not None
    assert (seen.codec, seen.width, seen.height, seen.frame_rate, seen.frames) == ("h264", 160, 96, Fraction(24), 9)
    assert sound(b"no sound") is None
    assert clip(b"no clip") is None
