"""What each encoder is told, so that its segments can be spliced and come out the same on every machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from media.profile import Codec, Family, Kind, Profile

QUALITY = {Codec.H264: 20, Codec.HEVC: 24, Codec.AV1: 32}
"""Rate factor where the profile names none: about the same picture for each codec."""

PRESETS = {Codec.H264: "veryfast", Codec.HEVC: "veryfast", Codec.AV1: "8"}
"""Preset of the software encoders where the profile names none."""

UP_TO_AVX2 = "MMX2,SSE,SSE2,SSE2Fast,SSE3,SSSE3,SSE4,SSE4.2,LZCNT,AVX,FMA3,BMI1,BMI2,AVX2"
"""What x264 may use of a processor that has AVX-512 too.

Its macroblock tree with AVX-512 reads memory that nobody wrote, in pictures whose width is no multiple of eight
macroblocks: where allocations were filled with 0xFE, all of them from nine macroblocks up came out otherwise (720 and
1080 pixels among them), and of 368 encodings of 84 pixels, six at a time, 19. Without the tree, the same bytes show 0.4
to 0.7 dB less; without AVX-512 nothing is lost.
"""

SOFTWARE = {Codec.H264: "libx264", Codec.HEVC: "libx265", Codec.AV1: "libsvtav1"}
NVENC = {Codec.H264: "h264_nvenc", Codec.HEVC: "hevc_nvenc", Codec.AV1: "av1_nvenc"}
"""libavcodec's names of the encoders."""


def interval_and_quality(profile: Profile, kind: Kind) -> tuple[int, int]:
    """Frames between key frames, and the rate factor."""
    if kind is Kind.PLATE:
        return 12, 12
    if kind is Kind.PASS:
        return 24, 14
    return max(1, round(2 * profile.frame_rate)), profile.quality or QUALITY[profile.codec]


def libavcodec(profile: Profile, kind: Kind) -> tuple[str, dict[str, str]]:
    """Name and options of libavcodec's encoder for a profile.

    Common to all: groups of pictures are closed, no picture is stored out of the order of showing, so a join needs no
    reordering, and nothing of what is seen changes the parameter sets.
    """
    if profile.family is not Family.X264:
        return NVENC[profile.codec], _nvenc(profile, kind)
    make = {Codec.H264: _x264, Codec.HEVC: _x265, Codec.AV1: _svt_av1}[profile.codec]
    return SOFTWARE[profile.codec], make(profile, kind)


@cache
def _has_avx512() -> bool:
    """Whether this processor says so; elsewhere than on Linux it is not asked."""
    try:
        return " avx512f " in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _x264(profile: Profile, kind: Kind) -> dict[str, str]:
    """`stitchable` keeps parameter sets independent of what is seen; x264's bits depend on the number of threads.

    A segment is encoded for every fan, while its next frame is drawn, so few frames are held back for its end: with 4
    in place of 10 to look ahead, 7 % less CPU, 3 % fewer bytes, 0.08 dB less. Nor are its macroblocks parted: over
    four of the demo's personal cuts 21 to 37 % less CPU, as many bytes or up to 7 % fewer, 0.11 to 0.25 dB less, which
    is about what those bytes are worth. A preset that is named keeps its own. Plates and passes are decoded for every
    fan, so their bits are not packed arithmetically: 10 to 17 % more of them, 20 to 45 % less CPU to decode, and the
    same picture.
    """
    interval, quality = interval_and_quality(profile, kind)
    more = {Kind.SEGMENT: "" if profile.preset else ":rc-lookahead=4:partitions=none"}.get(kind, ":cabac=0")
    more += f":asm={UP_TO_AVX2}" if _has_avx512() else ""
    return {
        "preset": profile.preset or PRESETS[Codec.H264],
        "profile": "high",
        "crf": str(quality),
        "x264-params": f"stitchable=1:open-gop=0:bframes=0:keyint={interval}:min-keyint=1:threads=1:sliced-threads=0"
        + more,
    }


def _x265(profile: Profile, kind: Kind) -> dict[str, str]:
    """No wavefronts, no frame threads, trees smaller than the picture: 64 x 64 in one came out in 26 ways of 30."""
    interval, quality = interval_and_quality(profile, kind)
    return {
        "preset": profile.preset or PRESETS[Codec.HEVC],
        "crf": str(quality),
        "x265-params": f"open-gop=0:bframes=0:keyint={interval}:min-keyint=1:pools=none:frame-threads=1:no-wpp=1:"
        "ctu=32:repeat-headers=0:info=0:log-level=error",
    }


def _svt_av1(profile: Profile, kind: Kind) -> dict[str, str]:
    """Prediction from earlier pictures only, whole key frames (`irefresh-type=2`), one thread."""
    interval, quality = interval_and_quality(profile, kind)
    return {
        "preset": profile.preset or PRESETS[Codec.AV1],
        "crf": str(quality),
        "svtav1-params": f"keyint={interval}:irefresh-type=2:pred-struct=1:scd=0:lp=1",
    }


def _nvenc(profile: Profile, kind: Kind) -> dict[str, str]:
    interval, quality = interval_and_quality(profile, kind)
    options = {
        "preset": profile.preset or "p4",
        "tune": "hq",
        "rc": "vbr",
        "cq": str(quality),
        "b": "0",
        "bf": "0",
        "g": str(interval),
        "forced-idr": "1",
        "strict_gop": "1",
    }
    if profile.codec is Codec.H264:
        options["profile"] = "high"
    return options
