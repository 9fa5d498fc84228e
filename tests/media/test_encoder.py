"""The encoder gives what can be spliced: parameter sets by the profile alone, exact frames, equal bytes each time."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from media import nvidia
from media.encoder import LADDER, CannotEncode, SegmentEncoder, choose, probe
from media.options import libavcodec
from media.profile import BadProfile, Codec, Family, Kind, Profile
from media.segment import differences, read
from tests.media.panned import panned
from tests.video import measure

ROOT = Path(__file__).resolve().parents[2]

PROFILE = Profile(160, 96, Fraction(24))

CODING_ERROR = 3.0
"""Mean error per luma sample, of 219 steps, that x264 at the qualities used here stays under on these pictures."""


def noise(seed: int, profile: Profile = PROFILE, *, high: int = 1) -> tuple[measure.Luma, measure.Luma, measure.Luma]:
    """A frame of coarse noise, hard to predict from any other."""
    random = np.random.default_rng(seed)
    height, width = profile.height * high, profile.width
    luma = random.integers(16, 236, (height // 8, width // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    blue, red = random.integers(60, 200, (2, height // 16, width // 16), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    return luma, blue, red


def encode(frames: int, profile: Profile = PROFILE, kind: Kind = Kind.SEGMENT, *, seed: int = 0) -> bytes:
    """That many frames of noise."""
    file = io.BytesIO()
    with SegmentEncoder(file, profile, kind) as encoder:
        for number in range(frames):
            encoder.write(*noise(seed + number, profile, high=2 if kind is Kind.PASS else 1))
    return file.getvalue()


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("frames", [1, 2, 49, 130])
def test_parameter_sets_depend_on_the_profile_alone(frames: int, codec: Codec) -> None:
    """Segments of one frame and of many, still and wild, can be joined bit for bit, in every codec."""
    profile = Profile(160, 96, Fraction(24), codec=codec)
    still = io.BytesIO()
    with SegmentEncoder(still, profile) as encoder:
        for _ in range(30):
            encoder.write(*noise(0))

    wild = read(encode(frames, profile, seed=frames))
    assert wild.codec == codec.value
    assert differences(wild, read(still.getvalue())) == []


def test_segments_of_two_codecs_are_told_apart() -> None:
    """A mixed film is refused before any parameter set is looked at."""
    hevc = read(encode(2, Profile(160, 96, Fraction(24), codec=Codec.HEVC)))

    assert differences(hevc, read(encode(2))) == ["HEVC, not H.264"]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(60)])
def test_every_frame_lasts_exactly_one_frame(rate: Fraction) -> None:
    """Time stamps are whole multiples of the frame's length at every rate, and storing order is showing order."""
    segment = read(encode(7, Profile(160, 96, rate)))

    assert [Fraction(ticks, segment.track.timescale) for ticks in segment.track.durations] == [1 / rate] * 7
    assert segment.frame_rate == rate


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("size", [(160, 96), (64, 64)])
def test_equal_frames_give_equal_bytes(codec: Codec, size: tuple[int, int]) -> None:
    """A repeated step has the same address in the store, also where a picture is one coding tree."""
    profile = Profile(*size, Fraction(24), codec=codec)

    assert encode(12, profile) == encode(12, profile)


def test_equal_frames_give_equal_bytes_beside_other_encodings() -> None:
    """A process encodes several things at once; with AVX-512 narrow pictures came out otherwise one time in twenty."""
    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(lambda _: panned(84, 84), range(120)))) == 1


def test_what_lay_in_memory_before_does_not_matter() -> None:
    """Allocations filled with another byte (glibc's `MALLOC_PERTURB_`) give the same segment."""
    command = [sys.executable, "-m", "tests.media.panned", "176", "288"]
    hashes = {
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "MALLOC_PERTURB_": fill}, check=True, capture_output=True
        ).stdout
        for fill in ("0", "1", "128")
    }

    assert len(hashes) == 1


@pytest.mark.parametrize(("kind", "interval"), [(Kind.SEGMENT, 48), (Kind.PLATE, 12), (Kind.PASS, 24)])
def test_key_frames_come_as_often_as_the_kind_asks(kind: Kind, interval: int) -> None:
    """A frame is never further from a key frame than its use allows, and the first is one."""
    keys = sorted(read(encode(60, kind=kind)).track.syncs)

    assert keys[0] == 0
    assert max(np.diff([*keys, 60])) <= interval


def test_a_pass_is_twice_as_high_and_nearly_lossless(tmp_path: Path) -> None:
    """Colour above, alpha below, both as they went in."""
    path = tmp_path / "pass.mp4"
    path.write_bytes(encode(3, kind=Kind.PASS, seed=5))

    decoded = measure.pictures(path)

    assert decoded.shape == (3, 192, 160)
    for number in range(3):
        went_in = noise(5 + number, high=2)[0].astype(float)
        assert np.abs(decoded[number] - went_in).mean() < CODING_ERROR


def test_colours_are_declared_and_come_back(tmp_path: Path) -> None:
    """The file says BT.709 in limited range, and a decoder that believes it finds the planes that went in."""
    path = tmp_path / "segment.mp4"
    path.write_bytes(encode(2, Profile(160, 96, Fraction(24), quality=10)))

    video = measure.streams(path)[0]
    decoded = measure.pictures(path)

    assert [video[key] for key in ("color_range", "color_space", "color_transfer", "color_primaries")] == [
        "tv",
        *["bt709"] * 3,
    ]
    assert np.abs(decoded[1] - noise(1)[0].astype(float)).mean() < CODING_ERROR
    assert measure.decode_warnings(path) == ""


def test_a_wrong_frame_is_refused_by_its_number(tmp_path: Path) -> None:
    """A plane of another size names the frame, and no file is left."""
    path = tmp_path / "segment.mp4"
    luma, blue, _ = noise(1)
    with contextlib.suppress(CannotEncode), SegmentEncoder(path, PROFILE) as encoder:
        encoder.write(*noise(0))
        with pytest.raises(CannotEncode, match=r"frame 1 .* \(48, 80\)"):
            encoder.write(luma, blue, luma)
        raise CannotEncode("as the caller would")

    assert not path.exists()


def test_an_empty_segment_is_refused(tmp_path: Path) -> None:
    """A segment without frames would be a cut without pictures."""
    path = tmp_path / "segment.mp4"
    with pytest.raises(CannotEncode, match="at least one frame"), SegmentEncoder(path, PROFILE):
        pass
    assert not path.exists()


@pytest.mark.parametrize("codec", Codec)
def test_the_family_is_found_by_encoding(codec: Codec) -> None:
    """Software is always there; what the choice falls on has just encoded frames that came back."""
    assert probe(Family.X264, codec).works
    assert probe(choose(codec=codec), codec).works
    assert choose(Family.X264, codec) is Family.X264


def test_a_family_that_does_not_encode_here_says_why() -> None:
    """Where hardware is asked for and is not there, the reason comes with the refusal."""
    for family in LADDER:
        found = probe(family)
        assert found.why
        if not found.works:
            with pytest.raises(CannotEncode, match=family.value):
                choose(family)


@pytest.mark.parametrize("kind", [Kind.PLATE, Kind.PASS])
def test_plates_and_passes_are_h264_whatever_the_film_is(kind: Kind) -> None:
    """Pages decode them, and read nothing else."""
    profile = Profile(160, 96, Fraction(24), codec=Codec.AV1)

    assert read(encode(2, profile, kind)).codec == "h264"


@pytest.mark.parametrize("codec", list(Codec))
def test_an_encoder_takes_no_priority_over_the_machine(codec: Codec) -> None:
    """No thread of this process runs in real time while a segment is encoded; SVT-AV1 would see to that as root."""
    grey = np.full((96, 160), 128, np.uint8)
    with SegmentEncoder(io.BytesIO(), Profile(160, 96, Fraction(24), codec=codec)) as encoder:
        encoder.write(grey, grey[::2, ::2], grey[::2, ::2])
        policies = set()
        for task in Path("/proc/self/task").iterdir():
            with contextlib.suppress(ProcessLookupError):  # another room's thread, ended meanwhile
                policies.add(os.sched_getscheduler(int(task.name)))

    assert os.SCHED_FIFO not in policies
    assert os.SCHED_RR not in policies


@pytest.mark.parametrize("codec", [Codec.H264, Codec.HEVC])
def test_a_stream_from_the_card_becomes_the_segment_that_libavcodec_writes(codec: Codec) -> None:
    """PyNvVideoCodec gives units without a container or colours; made into a segment they are as any other.

    The card's stream is stood in for by the software encoder's, taken out of its container: the same form.
    """
    profile = Profile(160, 96, Fraction(30000, 1001), codec=codec)
    segment = encode(5, profile)
    names = {Codec.H264: "h264", Codec.HEVC: "hevc"}
    stream = measure.elementary(segment, names[codec])

    made = read(nvidia.segment(stream, profile))

    assert [Fraction(ticks, made.track.timescale) for ticks in made.track.durations] == [1 / profile.frame_rate] * 5
    assert 0 in made.track.syncs
    assert made.color == (1, 1, 1, 0)
    assert (made.width, made.height, made.codec) == (160, 96, codec.value)


@pytest.mark.parametrize("family", [Family.NVENC, Family.PYNVVIDEOCODEC])
@pytest.mark.parametrize("codec", Codec)
def test_hardware_is_told_what_software_is_told(family: Family, codec: Codec) -> None:
    """Closed groups of two seconds, no B-frames and the profile's quality, in each library's own words."""
    profile = Profile(160, 96, Fraction(24), family, quality=27, codec=codec)
    if family is Family.NVENC:
        name, told = libavcodec(profile, Kind.SEGMENT)
        assert name == f"{codec.value}_nvenc"
        assert (told["g"], told["bf"], told["cq"], told["forced-idr"]) == ("48", "0", "27", "1")
    else:
        told = nvidia.settings(profile, Kind.SEGMENT)
        assert (told["codec"], told["gop"], told["idrperiod"], told["bf"]) == (codec.value, "48", "48", "0")
        assert told["constqp"] == "27"


@pytest.mark.parametrize(
    ("width", "height", "rate", "quality", "named"),
    [
        (161, 96, Fraction(24), 0, "width 161"),
        (160, 8, Fraction(24), 0, "height 8"),
        (160, 96, Fraction(1, 2), 0, "frame rate 1/2"),
        (160, 96, Fraction(24), 52, "quality 52"),
    ],
)
def test_an_impossible_profile_names_its_value(
    width: int, height: int, rate: Fraction, quality: int, named: str
) -> None:
    """What no encoder can obey is refused before anything is drawn."""
    with pytest.raises(BadProfile, match=named):
        Profile(width, height, rate, quality=quality)


def test_hevc_is_refused_where_its_encoder_is_not_to_be_trusted() -> None:
    """Small pictures are H.264's or AV1's."""
    with pytest.raises(BadProfile, match="48x64 is too small for HEVC"):
        Profile(48, 64, Fraction(24), codec=Codec.HEVC)
