"""The mix is as loud as asked and its peaks hold, by ffmpeg's meter, which shares nothing with ours."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from services.audio import mix
from services.audio.decode import flac
from tests.audio.conftest import OFF_KEY, RATE_HZ, SAMPLES, START, Studio

# EBU R 128 asks for this of a meter and of a programme.
LOUDNESS_LU = 0.2

DUCK = mix.Duck(by_db=6, threshold_db=-40, attack_ms=15, release_ms=250)


def ebur128(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP by ffmpeg."""
    command = ["ffmpeg", "-nostats", "-f", "flac", "-i", "pipe:0", "-af", "ebur128=peak=true", "-f", "null", "-"]
    summary = (
        subprocess.run(command, input=flac(samples), capture_output=True, check=True)
        .stderr.decode()
        .split("Summary")[-1]
    )
    loudness, peak = re.search(r"I:\s+(-?[\d.]+) LUFS", summary), re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    assert loudness is not None
    assert peak is not None
    return float(loudness.group(1)), float(peak.group(1))


@pytest.mark.parametrize("gain_db", [-30, 0, 12])
def test_a_master_is_as_loud_as_asked(studio: Studio, gain_db: float) -> None:
    """Whatever comes in, -14 LUFS within 0.2 and at most -1 dBTP go out, by the independent meter."""
    song = studio.stems[0] * np.float32(10 ** (gain_db / 20))

    made = mix.master(mix.measure(song), integrated_lufs=-14, tolerance_lu=0.1, true_peak_ceiling_dbtp=-1)

    loudness, peak = ebur128(made.samples)
    assert loudness == pytest.approx(-14, abs=LOUDNESS_LU)
    assert peak <= -1
    assert loudness == pytest.approx(made.integrated_lufs, abs=0.1)
    assert peak == pytest.approx(made.true_peak_dbtp, abs=0.15)


def test_peaks_between_samples_are_held() -> None:
    """A tone at a quarter of the rate, whose crests fall between its samples, is limited by the crests."""
    t = np.arange(2 * RATE_HZ)
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 4800)
    tone = (fade * np.sin(np.pi / 2 * t + np.pi / 4)).astype(np.float32)  # samples at 0.707, crests at 1
    stereo = np.stack([tone, tone], axis=1)

    limited, reduction = mix.limit(stereo, -6.0)

    assert mix.true_peak_dbtp(stereo) == pytest.approx(0, abs=0.05)
    assert ebur128(limited)[1] <= -5.9
    assert 20 * np.log10(reduction.max()) == pytest.approx(6, abs=0.3)


def test_what_needs_no_limiter_is_left_alone(studio: Studio) -> None:
    """Below the ceiling not one sample changes."""
    quiet = 0.1 * studio.stems[0]

    limited, reduction = mix.limit(quiet, -1.0)

    assert reduction.max() == 1
    np.testing.assert_array_equal(limited, quiet)


def test_the_limiter_turns_without_clicks() -> None:
    """Around a single loud sample the gain moves smoothly: no step larger than a thousandth per sample."""
    steady = np.full((RATE_HZ, 2), 0.25, np.float32)
    steady[RATE_HZ // 2] = 0.999

    limited, _ = mix.limit(steady, -6.0)

    gain = (limited / steady)[:, 0]
    assert gain.min() < 0.6
    assert np.abs(np.diff(gain)).max() < 1e-3


def test_silence_cannot_be_mastered() -> None:
    """A silent mix is refused rather than amplified without end."""
    silence = mix.measure(np.zeros((RATE_HZ, 2), np.float32))

    with pytest.raises(mix.NotMixable, match="silent"):
        mix.master(silence, integrated_lufs=-14, tolerance_lu=0.1, true_peak_ceiling_dbtp=-1)


@pytest.mark.parametrize("gain_db", [-25, 0])
def test_the_voice_stands_as_far_above_the_band_as_asked(studio: Studio, gain_db: float) -> None:
    """The level of the recording does not matter: over the line, voice and band are as far apart as asked."""
    voice = mix.place(studio.take(OFF_KEY) * np.float32(10 ** (gain_db / 20)), START, SAMPLES)
    band: NDArray[np.float32] = np.sum(np.stack(studio.stems), axis=0, dtype=np.float32)

    mixed = mix.blend(mix.measure(band), voice, voice_over_backing_lu=2, duck=mix.Duck(0, -40, 15, 250))

    alone = mixed.samples - band
    sounding = np.flatnonzero(np.abs(alone[:, 0]) > 1e-3 * np.abs(alone).max())
    part = slice(sounding[0], sounding[-1])
    assert mix.loudness_lufs(alone[part]) - mix.loudness_lufs(band[part]) == pytest.approx(2, abs=0.2)


def test_the_band_steps_back_while_the_voice_sounds() -> None:
    """The band falls by the asked decibels within a few attacks, and returns after the voice has ended."""
    voice = np.zeros(6 * RATE_HZ, np.float32)
    voice[2 * RATE_HZ : 4 * RATE_HZ] = 0.2

    gain_db = 20 * np.log10(mix.duck_curve(voice, DUCK))

    assert gain_db[RATE_HZ] == pytest.approx(0, abs=0.01)
    assert gain_db[3 * RATE_HZ] == pytest.approx(-6, abs=0.05)
    assert gain_db[2 * RATE_HZ + RATE_HZ // 10] < -5.5
    assert -6 < gain_db[4 * RATE_HZ + RATE_HZ // 4] < -1
    assert gain_db[-1] > -0.1
    assert max(abs(a - b) for a, b in pairwise(gain_db[::48].tolist())) < 0.5


def test_placing_cuts_what_sticks_out() -> None:
    """A voice that begins before or ends after the song is cut at its edges."""
    voice = np.arange(1, 11, dtype=np.float32)

    np.testing.assert_array_equal(mix.place(voice, -3, 5), [4, 5, 6, 7, 8])
    np.testing.assert_array_equal(mix.place(voice, 3, 5), [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(mix.place(voice, 9, 5), [0, 0, 0, 0, 0])


def test_a_measure_of_silence_is_a_number() -> None:
    """Silence and what is too short to measure read -70."""
    assert mix.loudness_lufs(np.zeros(RATE_HZ, np.float32)) == mix.QUIETEST_LUFS
    assert mix.loudness_lufs(np.ones(100, np.float32)) == mix.QUIETEST_LUFS


def test_our_meter_agrees_with_another(studio: Studio) -> None:
    """Integrated loudness is that of pyloudnorm to half a tenth, for the band and for a single voice."""
    meter = pyloudnorm.Meter(RATE_HZ)

    for sound in (studio.stems[0], studio.guide):
        assert mix.loudness_lufs(sound) == pytest.approx(meter.integrated_loudness(sound.astype(np.float64)), abs=0.05)


def test_what_is_measured_in_part_is_measured_as_a_whole(studio: Studio) -> None:
    """A mix whose voice alone was measured anew has the energies and peaks of one that was measured from the start."""
    band = mix.measure(studio.stems[0])
    voice = mix.place(studio.take(OFF_KEY), START, SAMPLES)

    mixed = mix.blend(band, voice, voice_over_backing_lu=1, duck=DUCK)

    whole = mix.measure(mixed.samples)
    np.testing.assert_allclose(mixed.energy, whole.energy, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(mixed.peaks, whole.peaks, atol=1e-6)
    # Long before and long after the voice the band itself is heard, to the bit.
    np.testing.assert_array_equal(mixed.samples[: START // 2], band.samples[: START // 2])
