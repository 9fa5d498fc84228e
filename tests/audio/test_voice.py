"""`fancam voice` sings a take through a campaign's chain and shows what it did."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

from services.audio import between, pitch
from services.audio.picture import gain_db, level_db, loudness_lufs, note_cents
from tests.audio.conftest import OFF_KEY, RATE_HZ, ROOT, Studio, wav


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The program as the command line starts it."""
    command = [sys.executable, "-m", "services.audio.voice", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_take_is_sung_and_drawn(studio: Studio, tmp_path: Path) -> None:
    """With the demo campaign, a take gives a report, a voice as long as the line, the whole mix and a picture."""
    song = yaml.safe_load((ROOT / "campaigns/demo/campaign.yaml").read_text())["song"]
    take = tmp_path / "take.wav"
    source = ROOT / "campaigns/demo/source/take.py"
    subprocess.run([sys.executable, str(source), str(take)], check=True, capture_output=True)

    done = run(ROOT / "campaigns/demo", take, "--out", tmp_path)

    assert done.returncode == 0, done.stderr
    assert "in tune" in done.stdout
    assert "LUFS" in done.stdout
    voice = soundfile.info(tmp_path / "1-take.voice.flac")
    assert voice.frames == song["take_end_samples"] - song["take_start_samples"]
    assert soundfile.info(tmp_path / "1-take.mix.flac").channels == 2
    picture = np.asarray(Image.open(tmp_path / "1-take.png").convert("RGB"))
    colours = {tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0)}
    # The curves before and after, the gain and the written notes are all on it.
    assert {(0xB0, 0x52, 0x7A), (0x1F, 0x7A, 0x8C), (0xE0, 0x8E, 0x2B), (0xD9, 0xD6, 0xE4)} <= colours


@pytest.mark.parametrize("fault", ["no campaign", "silent take"])
def test_what_cannot_be_sung_is_said(tmp_path: Path, fault: str) -> None:
    """A folder without a campaign and a take without a voice end with status 1 and one line that says why."""
    take = tmp_path / "take.wav"
    take.write_bytes(wav(np.zeros(9 * RATE_HZ, np.float32)))
    folder = tmp_path if fault == "no campaign" else ROOT / "campaigns/demo"

    done = run(folder, take, "--out", tmp_path / "out")

    assert done.returncode == 1
    assert ("campaign.yaml" if fault == "no campaign" else "dBFS") in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ["services.audio.voice", "services.audio.plan"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, program: str) -> None:
    """Of a take and of a chain that are not there, one sentence says which."""
    missing = tmp_path / "nowhere.wav"
    arguments = [ROOT / "campaigns/demo", missing, "--out", tmp_path] if program.endswith("voice") else [missing]
    command = [sys.executable, "-m", program, *map(str, arguments)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, f"there is no file {missing}\n")


def test_curves_read_what_they_say(studio: Studio) -> None:
    """Twice the amplitude is 6 dB of gain and of loudness; a full-scale 997 Hz sine is -3 dBFS and -3 LUFS."""
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    sine = np.sin(2 * np.pi * 997 * t).astype(np.float32)

    assert level_db(sine)[100] == pytest.approx(-3.01, abs=0.05)
    assert loudness_lufs(sine)[100] == pytest.approx(-3.01, abs=0.1)
    assert gain_db(sine * np.float32(0.5), sine)[100] == pytest.approx(6.02, abs=0.01)
    assert np.isnan(gain_db(np.zeros_like(sine), sine)).all()
    take = studio.take(OFF_KEY)
    assert len(gain_db(take, take)) == len(level_db(take))


def test_notes_are_measured_in_the_octave_that_was_sung() -> None:
    """A note 30 cents flat and an octave low is 30 cents flat; one that nobody sang is no number."""
    notes = [pitch.Note(0, RATE_HZ // 2, 60), pitch.Note(RATE_HZ // 2, RATE_HZ, 62)]
    track = np.full(101, np.nan)
    track[:50] = 4770.0

    assert note_cents(track, notes)[0] == pytest.approx(-30)
    assert np.isnan(note_cents(track, notes)[1])


def test_a_sound_is_read_between_its_samples() -> None:
    """Half-way between its samples a tone of 10 kHz has lost half a decibel, and on them nothing."""
    tone = np.sin(2 * np.pi * 10_000 * np.arange(4800) / RATE_HZ).astype(np.float32)
    places = np.arange(100, 4700, dtype=np.float64)

    assert np.std(between.read(tone, places + 0.5)) / np.std(tone) == pytest.approx(10 ** (-0.53 / 20), abs=0.005)
    np.testing.assert_allclose(between.read(tone, places), tone[100:4700], atol=1e-6)
