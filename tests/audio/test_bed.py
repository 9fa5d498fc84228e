"""A song is mastered once: its loudness and peaks hold by ffmpeg's meter, and a fan's mix is the bed around the fan."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from services.audio import bed, limiter, meter, mix
from services.audio.decode import flac, whole_steps
from tests.audio.conftest import END, OFF_KEY, RATE_HZ, SAMPLES, START, Studio
from tests.audio.song import film

Sound = NDArray[np.float32]

ASKED = bed.Loudness(integrated_lufs=-14, tolerance_lu=0.1, true_peak_dbtp=-1)
DUCK = mix.Duck(by_db=3, threshold_db=-42, attack_ms=15, release_ms=250)

BEFORE = 6 * RATE_HZ
"""Band that plays before the studio's song begins: the bed is longer than what fans change."""


def ebur128(samples: Sound) -> tuple[float, float]:
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


def over(band: mix.Band, voice: Sound, start: int) -> mix.Blend:
    """A voice over a band."""
    return mix.blend(band, voice, start, voice_over_backing_lu=0.5, duck=DUCK)


@dataclass(frozen=True)
class Song:
    """A song of 24 s around a line of 8, its master, and its bed as fans need it."""

    band: Sound
    line: tuple[int, int]
    master: bed.Master
    opened: bed.Bed

    def lay(self, voice: Sound) -> bed.Mix:
        """A voice from the start of the line on, mastered into the bed."""
        return bed.lay(self.opened, over(self.opened.band, voice, self.line[0] - self.opened.start), self.line, ASKED)


@pytest.fixture(scope="module", params=[1.0, 4.0], ids=["open", "limited"])
def song(studio: Studio, request: pytest.FixtureRequest) -> Song:
    """Once with peaks that need no limiter, once with a drum so loud that the limiter works all the time."""
    loop = studio.stems[0]
    band = np.concatenate([loop[-BEFORE:], loop, 0.7 * loop[:BEFORE]])
    hits = np.zeros(len(band), np.float32)
    hits[:: RATE_HZ // 2] = np.float32(request.param) * np.abs(loop).max()
    band = band + np.convolve(hits, np.hanning(200).astype(np.float32), "same")[:, None]
    line = (BEFORE + START, BEFORE + END)
    made = bed.master(band, over(mix.band(band), studio.line_guide, line[0]).samples, ASKED)
    first, last = bed.reach(line[0], line[1] + DUCK.tail, len(band))
    opened = bed.open_bed(lambda a, b: made.samples[a:b], band[first:last], first, len(band), made.gain_db)
    return Song(band, line, made, opened)


@pytest.mark.parametrize("gain_db", [-30, 0, 12])
def test_a_master_is_as_loud_as_asked(studio: Studio, gain_db: float) -> None:
    """Whatever comes in, with the guide in it the song is at -14 LUFS and the bed holds its peaks."""
    level = np.float32(10 ** (gain_db / 20))
    band = mix.band(level * studio.stems[0])

    made = bed.master(band.samples, over(band, studio.line_guide, START).samples, ASKED)

    assert made.integrated_lufs == pytest.approx(-14, abs=0.05)
    assert made.true_peak_dbtp <= -1
    assert ebur128(made.samples)[1] <= -1
    # Without its voice a song is softer, but not by much.
    assert -16.5 < ebur128(made.samples)[0] < -14


def test_silence_cannot_be_mastered() -> None:
    """A silent song is refused rather than amplified without end."""
    silence = np.zeros((RATE_HZ, 2), np.float32)

    with pytest.raises(bed.NotMixable, match="silent"):
        bed.master(silence, silence, ASKED)


def test_a_film_with_a_fan_is_as_loud_as_asked(song: Song, studio: Studio) -> None:
    """By ffmpeg's meter and by ours, over the whole film, which nobody measured as a whole."""
    made = song.lay(studio.take(OFF_KEY, seed=2))
    whole = film(made, song.master.samples)

    loudness, peak = ebur128(whole)
    assert loudness == pytest.approx(-14, abs=0.1)
    assert peak <= -1
    assert made.integrated_lufs == pytest.approx(meter.loudness_lufs(whole), abs=0.001)
    assert made.true_peak_dbtp == pytest.approx(meter.true_peak_dbtp(whole), abs=0.01)


def test_a_mix_begins_and_ends_in_the_bed(song: Song, studio: Studio) -> None:
    """A second of bed on either side to the bit, from a multiple of 1024 samples on, also after a trip through FLAC."""
    made = song.lay(studio.take(OFF_KEY))
    stop = made.start + len(made.samples)

    around = song.master.samples[made.start : stop]
    assert made.start % 1024 == 0
    assert stop % 1024 == 0 or stop == len(song.band)
    np.testing.assert_array_equal(made.samples[: 48 * 1024], around[: 48 * 1024])
    np.testing.assert_array_equal(made.samples[-48 * 1024 :], around[-48 * 1024 :])
    differs = np.flatnonzero(np.any(made.samples != around, axis=1))
    assert song.line[0] - RATE_HZ < made.start + differs[0] < song.line[0] + RATE_HZ // 2
    assert len(made.samples) < song.line[1] - song.line[0] + 8 * RATE_HZ
    np.testing.assert_array_equal(whole_steps(made.samples), made.samples)


def test_what_is_mastered_in_part_is_mastered_as_a_whole(song: Song, studio: Studio) -> None:
    """Gain and limiter over the whole film give what they give over the fan's part, where it is not ridden."""
    voice = studio.take(OFF_KEY)
    asked = bed.Loudness(integrated_lufs=-14, tolerance_lu=1, true_peak_dbtp=-1)
    made = bed.lay(song.opened, over(song.opened.band, voice, song.line[0] - song.opened.start), song.line, asked)
    assert made.ride_db == 0

    blended = over(mix.band(song.band), voice, song.line[0])
    gain = np.float32(10 ** (song.master.gain_db / 20))
    whole, _ = limiter.limit(blended.samples * gain, asked.ceiling_dbtp)

    np.testing.assert_allclose(film(made, song.master.samples), whole, atol=2e-5)


def test_a_part_may_touch_the_ends_of_the_film(studio: Studio) -> None:
    """Where the line is nearly all of the film, the mix is all of it, and as loud as asked."""
    band = mix.band(studio.stems[0])
    made = bed.master(band.samples, over(band, studio.guide, 0).samples, ASKED)
    opened = bed.open_bed(lambda a, b: made.samples[a:b], band.samples, 0, SAMPLES, made.gain_db)

    mixed = bed.lay(opened, over(opened.band, 0.5 * np.roll(studio.guide, 4800), 0), (0, SAMPLES), ASKED)

    assert (mixed.start, len(mixed.samples)) == (0, SAMPLES)
    assert ebur128(mixed.samples)[0] == pytest.approx(-14, abs=0.1)


def test_a_muted_voice_leaves_a_ridden_bed(song: Song) -> None:
    """Where nobody is heard the band itself is raised towards the loudness asked, by no more than is allowed."""
    made = song.lay(np.zeros(8 * RATE_HZ, np.float32))

    assert 0 < made.ride_db <= bed.RIDE_DB
    assert abs(made.integrated_lufs + 14) < abs(meter.loudness_lufs(song.master.samples) + 14)
    assert made.true_peak_dbtp <= -1


def test_a_part_that_cannot_make_up_for_the_rest_is_no_mix(song: Song, studio: Studio) -> None:
    """A film that no ride brings near the loudness asked is refused with what was reached."""
    quiet = bed.Loudness(integrated_lufs=-20, tolerance_lu=0.1, true_peak_dbtp=-1)

    with pytest.raises(bed.NotMixable, match=r"a ride of -3\.0 dB"):
        bed.lay(
            song.opened,
            over(song.opened.band, studio.take(OFF_KEY), song.line[0] - song.opened.start),
            song.line,
            quiet,
        )


def test_peaks_between_samples_are_held() -> None:
    """A tone at a quarter of the rate, whose crests fall between its samples, is limited by the crests."""
    t = np.arange(2 * RATE_HZ)
    fade = np.minimum(1, np.minimum(t, t[::-1]) / 4800)
    tone = (fade * np.sin(np.pi / 2 * t + np.pi / 4)).astype(np.float32)  # samples at 0.707, crests at 1
    stereo = np.stack([tone, tone], axis=1)

    limited, reduction = limiter.limit(stereo, -6.0)

    assert meter.true_peak_dbtp(stereo) == pytest.approx(0, abs=0.05)
    assert ebur128(limited)[1] <= -5.9
    assert 20 * np.log10(reduction.max()) == pytest.approx(6, abs=0.3)


def test_what_needs_no_limiter_is_left_alone(studio: Studio) -> None:
    """Below the ceiling not one sample changes."""
    quiet = 0.1 * studio.stems[0]

    limited, reduction = limiter.limit(quiet, -1.0)

    assert reduction.max() == 1
    np.testing.assert_array_equal(limited, quiet)


def test_the_limiter_turns_without_clicks() -> None:
    """Around a single loud sample the gain moves smoothly: no step larger than a thousandth per sample."""
    steady = np.full((RATE_HZ, 2), 0.25, np.float32)
    steady[RATE_HZ // 2] = 0.999

    limited, _ = limiter.limit(steady, -6.0)

    gain = (limited / steady)[:, 0]
    assert gain.min() < 0.6
    assert np.abs(np.diff(gain)).max() < 1e-3
