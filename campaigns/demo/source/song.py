"""Plays the demo song: synthesises the stems, the guide vocal, `melody.json` and `band.json` into `song/`.

    python campaigns/demo/source/song.py            writes campaigns/demo/song/
    python campaigns/demo/source/song.py OUT_DIR    writes elsewhere
    python campaigns/demo/source/song.py --mix MIX.wav   also bounces stems and guide together, to listen to

Everything is computed from `score.py` with a fixed seed and played by the modules of `band/`; here it becomes stems.
Equal code gives equal samples on one machine; across processors they may differ by the last bit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from band.drums import play_drums
from band.sound import Signal, levels
from band.synthesisers import play_arpeggio, play_bass, play_effects, play_keys, play_lead, play_pads, play_stabs
from band.voices import play_guide, play_voices
from scipy import signal
from scipy.ndimage import minimum_filter1d
from score import SAMPLE_RATE_HZ, SONG_SAMPLES, SungNote, band_lines, sung_line


def limited(stem: Signal, ceiling: float) -> Signal:
    """Hold a stem below `ceiling` with a gain that looks 3 ms ahead."""
    peak = np.abs(stem).max(axis=1) if stem.ndim == 2 else np.abs(stem)
    need = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    ahead = round(0.003 * SAMPLE_RATE_HZ)
    held = minimum_filter1d(need, 2 * ahead + 1, mode="nearest")
    window = np.hanning(2 * ahead + 3)[1:-1]
    gain = np.convolve(np.pad(held, ahead, mode="edge"), window / window.sum(), mode="valid")
    return stem * (gain[:, None] if stem.ndim == 2 else gain)


def play_music() -> Signal:
    """Everything with strings or keys, as one stem."""
    played = play_pads() + play_keys() + play_stabs() + play_arpeggio() + play_bass() + play_lead() + play_effects()
    return played * levels(verse=0.74, lift=0.85, bridge=0.70, build=0.92, stop=1.0)


STEMS: dict[str, tuple[Callable[[], Signal], float, float]] = {
    "drums": (play_drums, 0.90, 0.50),
    "music": (play_music, 0.95, 0.46),
    "backing_vocals": (play_voices, 1.15, 0.27),
    "guide": (play_guide, 0.90, 0.60),
}
"""Each stem with who plays it, its gain and its ceiling; the stems add up to less than full scale."""

FADE_SAMPLES = SAMPLE_RATE_HZ // 2
"""The last half second fades out, so that no tail is cut."""

BAND_HZ = 16_000
"""Above this the stems hold nothing: a third of a lossless file would be spent on hiss that no film's AAC keeps."""

STEPS = 1 << 13
"""Stems are rounded to 14 bits, of which the two that are always zero cost a FLAC nothing; the guide keeps its 16."""


def play(name: str) -> Signal:
    """Play one stem, ready to be written: shape (SONG_SAMPLES, 2), the guide (SONG_SAMPLES,)."""
    player, gain, ceiling = STEMS[name]
    stem = limited(gain * player(), ceiling)
    fade = np.ones(SONG_SAMPLES)
    fade[-FADE_SAMPLES:] = np.cos(np.linspace(0, np.pi / 2, FADE_SAMPLES)) ** 2
    if stem.ndim == 1:
        return stem * fade
    band = signal.ellip(10, 0.1, 90, BAND_HZ, fs=SAMPLE_RATE_HZ, output="sos")
    return np.round(signal.sosfiltfilt(band, stem * fade[:, None], axis=0) * STEPS) / STEPS


def melody(notes: Sequence[SungNote]) -> dict[str, list[dict[str, object]]]:
    """Return `fancam.v1.Melody` in protobuf's JSON mapping: 64 bit integers are strings there."""
    return {
        "notes": [
            {
                "startSamples": str(note.start),
                "endSamples": str(note.end),
                "midi": note.midi,
                "syllable": note.syllable,
                "visemes": note.visemes,
            }
            for note in notes
        ]
    }


def melodies() -> dict[str, dict[str, list[dict[str, object]]]]:
    """Return what is written beside the stems, by file name: the fan's line, and what the band sings."""
    band = [note for line in band_lines().values() for note in line]
    return {"melody.json": melody(sung_line()), "band.json": melody(band)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Synthesise the demo song.")
    parser.add_argument("out", nargs="?", type=Path, default=Path(__file__).resolve().parents[1] / "song")
    parser.add_argument("--mix", type=Path, help="also write a rough mix of stems and guide here")
    parser.add_argument("--only", choices=STEMS, action="append", help="play only this stem; may be given again")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rough = np.zeros((SONG_SAMPLES, 2))
    for name in arguments.only or STEMS:
        stem = play(name)
        soundfile.write(arguments.out / f"{name}.flac", stem, SAMPLE_RATE_HZ, subtype="PCM_16")
        rough += stem if stem.ndim == 2 else stem[:, None]
        level = 20 * np.log10(np.sqrt((stem**2).mean()))
        print(f"{name:16} peak {np.abs(stem).max():.3f}  rms {level:6.1f} dBFS")
    for name, written in melodies().items():
        (arguments.out / name).write_text(json.dumps(written, indent=1) + "\n")
    if arguments.mix:
        soundfile.write(arguments.mix, limited(rough, 0.89), SAMPLE_RATE_HZ, subtype="PCM_16")
        print(f"peak of the sum before limiting: {np.abs(rough).max():.3f}")


if __name__ == "__main__":
    main()
