"""What is read of a file is what is in it, and what cannot be spliced says why."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from media.boxes import first
from media.encoder import SegmentEncoder
from media.parameters import NoParameters, parameters
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
        start = next(number for number, packet in enumerate(packets) if not packet.is_keyframe)
        for number, packet in enumerate(packets[start:]):
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


def damaged(path: tuple[str, ...], offset: int, value: bytes) -> bytes:
    """A segment of 30 frames with some of one box's body replaced."""
    whole = encode(30)
    at = first(whole, "moov", *path).body + offset
    return whole[:at] + value + whole[at + len(value) :]


TABLES = "trak", "mdia", "minf", "stbl"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda: damaged(("trak", "edts", "elst"), 12, (500).to_bytes(4)), "leaves out 500 ticks"),
        (lambda: damaged((*TABLES, "stsz"), 12, b"\x7f"), "do not fit"),
        (lambda: damaged((*TABLES, "stsz"), 8, b"\x7f"), "damaged"),
        (lambda: damaged((*TABLES, "stts"), 8, (29).to_bytes(4)), "do not fit"),
        (lambda: damaged((*TABLES, "stco"), 4, (1 << 30).to_bytes(4)), "no room for"),
        (lambda: damaged((*TABLES, "stsd"), 4, bytes(4) + b"\0\0\0\7"), "has 7 bytes"),
        (lambda: encode(30).replace(b"avcC", b"skip"), "no H.264 configuration"),
        (lambda: encode(30).replace(b"stsz", b"skip"), "no box moov/trak/mdia/minf/stbl/stsz"),
        (lambda: encode(30).replace(b"moov", b"skip"), "no picture"),
    ],
    ids=["edit", "size", "count", "times", "places", "entry", "record", "no sizes", "no index"],
)
def test_tables_that_do_not_fit_are_refused(damage: Callable[[], bytes], named: str) -> None:
    """Whatever box is damaged, it is said, and nothing is read from where nothing is."""
    with pytest.raises(NotASegment, match=named):
        read(damage())


def test_a_key_frame_that_needs_others_is_refused() -> None:
    """The index marks a picture at which nobody can begin: players that seek there would show grey."""
    whole = read(encode(60))
    later = sorted(whole.track.syncs)[1]
    data = bytearray(encode(60))
    at = data.index(bytes(whole.track.samples[later]))
    assert data[at + 4] & 31 == 5
    data[at + 4] += 1 - 5  # from a slice of an IDR picture to one of another

    with pytest.raises(NotASegment, match=f"picture {later} is no IDR"):
        read(bytes(data))


def test_colours_and_whatever_else_is_declared_must_be_equal() -> None:
    """A film has one sample description: all of it is compared."""
    whole = encode(3)
    other = read(whole.replace(b"nclx\0\1\0\1\0\1", b"nclx\0\x09\0\x10\0\x09"))
    wide = read(whole.replace(b"pasp\0\0\0\1", b"pasp\0\0\0\2"))

    assert differences(other, read(whole)) == ["colour description (9, 16, 9, 0), not (1, 1, 1, 0)"]
    assert re.match("sample description differs from bit", differences(wide, read(whole))[0])


def test_pictures_stay_where_they_lie(tmp_path: Path) -> None:
    """A file is looked at and not copied; what was looked at stays when the file is deleted."""
    path = tmp_path / "segment.mp4"
    path.write_bytes(encode(5))
    found = read(path)
    expected = [bytes(sample) for sample in read(path.read_bytes()).track.samples]
    path.unlink()

    assert all(isinstance(sample, memoryview) for sample in found.track.samples)
    assert list(found.track.samples) == expected
