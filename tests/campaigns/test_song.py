"""The demo's song, guide and take, measured: lengths, levels, pitch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from google.protobuf import json_format
from numpy.typing import NDArray
from scipy.signal import resample_poly
from swift_f0 import SwiftF0

from fancam.v1.campaign_pb2 import Campaign, Melody

Sound = NDArray[np.float64]

SONG_SAMPLES = 2_976_000
SAMPLE_RATE_HZ = 48_000

LAST_BITS = 5 / 32768
"""Sines of two processors' libraries may differ in the last place; that may be a step of a stem's 14 bits."""

ATTACK_S, RELEASE_S = 0.09, 0.04
"""Parts of a note in which a voice is still arriving or already leaving; pitch is judged between them."""


@pytest.fixture(scope="module")
def stems(demo: Path, campaign: Campaign) -> dict[str, Sound]:
    return {path: soundfile.read(demo / path, always_2d=True)[0] for path in campaign.song.stems}


@pytest.fixture(scope="module")
def melody(demo: Path, campaign: Campaign) -> Melody:
    return json_format.Parse((demo / campaign.song.melody).read_text(), Melody())


def test_stems_start_and_end_with_the_film(demo: Path, campaign: Campaign) -> None:
    """All stems are 48 kHz stereo, the guide is mono, and all are exactly 62 s."""
    for path in [*campaign.song.stems, campaign.song.guide]:
        info = soundfile.info(demo / path)
        assert (info.samplerate, info.frames) == (SAMPLE_RATE_HZ, SONG_SAMPLES), path
        assert info.subtype == "PCM_16", path
        assert info.channels == (1 if path == campaign.song.guide else 2), path


def test_nothing_clips(stems: dict[str, Sound]) -> None:
    """Each stem alone, and all together without the voice, stay below full scale."""
    assert {path for path, stem in stems.items() if np.abs(stem).max() >= 0.99} == set()
    assert np.abs(sum(stems.values())).max() < 1.0


def test_the_song_has_a_form(stems: dict[str, Sound]) -> None:
    """Soft at first, a drop in bar 3, verse and bridge quieter than the choruses after them, wide, silent at last."""
    song = np.sum(list(stems.values()), axis=0)
    bars = song.reshape(31, -1, 2)
    level_db = 10 * np.log10((bars**2).mean(axis=(1, 2)))
    verse, chorus, bridge, finale = (level_db[first : first + 4].mean() for first in (4, 10, 18, 24))

    assert level_db[2] > level_db[0] + 6
    assert chorus > verse + 1
    assert finale > bridge + 2
    assert np.abs(song[-480:]).max() < 0.01
    middle, side = song.mean(axis=1), (song[:, 0] - song[:, 1]) / 2
    assert -18 < 10 * np.log10((side**2).mean() / (middle**2).mean()) < -3


def test_the_melody_is_singable_and_inside_the_take(campaign: Campaign, melody: Melody) -> None:
    """Notes follow each other within an octave and a half, carry syllables and mouths, and the take covers them."""
    notes = list(melody.notes)
    assert 20 <= len(notes) <= 24
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(notes))
    assert max(n.midi for n in notes) - min(n.midi for n in notes) <= 18
    for note in notes:
        assert note.syllable
        assert note.visemes
        assert set(note.visemes) <= set("aeioumflstkrw-"), note.visemes
    # At least a bar to breathe in before the first note.
    assert notes[0].start_samples - campaign.song.take_start_samples >= 96_000
    assert notes[-1].end_samples <= campaign.song.take_end_samples <= SONG_SAMPLES


def test_the_melodies_are_the_score(demo: Path, source: Callable[[str], Any]) -> None:
    """`melody.json` and `band.json` say what `score.py` does."""
    for name, written in source("song").melodies().items():
        assert json_format.ParseDict(written, Melody()) == json_format.Parse(
            (demo / "song" / name).read_text(), Melody()
        )


def test_nobody_mouths_two_words_at_once(demo: Path, campaign: Campaign, melody: Melody) -> None:
    """Notes of the fan's line and of what the band sings never overlap: mouths move by both."""
    band = json_format.Parse((demo / campaign.song.band_melody).read_text(), Melody())
    notes = sorted([*melody.notes, *band.notes], key=lambda note: note.start_samples)

    assert len(band.notes) > len(melody.notes)
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(notes))
    assert notes[-1].end_samples <= SONG_SAMPLES


@pytest.mark.parametrize("name", ["guide", "drums"])
def test_played_again_a_stem_is_the_same(demo: Path, source: Callable[[str], Any], name: str) -> None:
    """The committed stem is what the program plays."""
    committed, _ = soundfile.read(demo / "song" / f"{name}.flac")

    np.testing.assert_allclose(source("song").play(name), committed, atol=LAST_BITS)


def test_the_guide_sings_the_melody(demo: Path, campaign: Campaign, melody: Melody) -> None:
    """Every note of the guide is within 25 cents of what is written, heard by a pitch tracker."""
    guide, _ = soundfile.read(demo / campaign.song.guide)

    off = heard_cents(guide, [(n.start_samples, n.end_samples, n.midi) for n in melody.notes])

    assert np.isfinite(off).sum() >= len(off) - 1, "the shortest note may be too short for the tracker"
    assert np.nanmax(np.abs(off)) < 25


def test_the_take_is_off_key_the_way_it_says(source: Callable[[str], Any]) -> None:
    """A pitch tracker hears every note of the take off by what the singer was told, and the line badly out of tune."""
    take = source("take").record(2026, "warm")

    off = heard_cents(take.sound, [(n.start, n.end, n.midi) for n in take.notes])

    heard = np.isfinite(off)
    assert heard.sum() >= len(off) - 2
    assert np.mean(np.abs(off[heard])) > 40
    np.testing.assert_allclose(np.median(np.abs(off[heard] - np.array(take.cents)[heard])), 0, atol=12)


def test_the_take_is_late_by_the_phone_and_over_the_music(demo: Path, source: Callable[[str], Any]) -> None:
    """The backing in the take lies 120 ms behind the song: what an aligner has to find."""
    module = source("take")
    take = module.record(2026, "warm")
    # Before the fan starts there is only the bleed: the count-in of one bar.
    heard = take.sound[:72_000]
    played = np.zeros(72_000)
    for name in ("drums", "music", "backing_vocals"):
        stem, _ = soundfile.read(demo / "song" / f"{name}.flac", start=864_000, frames=72_000)
        played += stem.mean(axis=1)
    # Whitened correlation: the phone has bent the spectrum, but not the phases. Only the band
    # that leaves an earphone says anything.
    hertz = np.fft.rfftfreq(1 << 18, 1 / SAMPLE_RATE_HZ)
    cross = np.fft.rfft(heard, 1 << 18) * np.conj(np.fft.rfft(played, 1 << 18)) * ((hertz > 500) & (hertz < 6000))
    match = np.fft.irfft(cross / (np.abs(cross) + 1e-9))[:24_000]

    assert abs(int(np.argmax(match)) - module.LATENCY_SAMPLES) <= 48


def test_a_take_is_reproducible(demo: Path, source: Callable[[str], Any], tmp_path: Path) -> None:
    """The same seed gives the same bytes in another process, another seed others; the program says what it did."""
    first, second = tmp_path / "a.wav", tmp_path / "b.wav"
    command = [sys.executable, str(demo / "source" / "take.py"), str(first)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    record = source("take").record

    soundfile.write(second, record(2026, "warm").sound, SAMPLE_RATE_HZ, subtype="PCM_16")

    assert second.read_bytes() == first.read_bytes()
    assert not np.allclose(record(7, "bright").sound, record(7, "warm").sound)
    assert "24 notes, off by" in said
    info = soundfile.info(first)
    assert (info.samplerate, info.channels, info.frames) == (SAMPLE_RATE_HZ, 1, 1_368_000 - 864_000)


def heard_cents(sound: Sound, notes: list[tuple[int, int, float]]) -> Sound:
    """How far each note is from its written pitch as a tracker hears it, in cents; not a number when it hears none."""
    result = SwiftF0(threads=1, spin=False).detect(resample_poly(sound, 1, 3).astype(np.float32), 16_000)
    out = []
    for start, end, midi in notes:
        inside = (result.timestamps >= start / SAMPLE_RATE_HZ + ATTACK_S) & (
            result.timestamps < end / SAMPLE_RATE_HZ - RELEASE_S
        )
        inside &= result.confidence >= 0.5
        cents = 1200 * np.log2(result.pitch_hz[inside] / (440 * 2 ** ((midi - 69) / 12)))
        out.append(float(np.median(cents)) if inside.any() else np.nan)
    return np.array(out)
