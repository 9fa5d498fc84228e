"""Listens to the demo song by figures: level, balance and width of every bar, as a table and as a picture.

    python campaigns/demo/source/listen.py [PICTURE.png]

Levels are of the stems with the guide, in decibels of full scale (root mean square); the master's loudness is the mix's
business, not the song's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import signal
from score import BAR_SAMPLES, BARS, SAMPLE_RATE_HZ, SECTIONS

Signal = NDArray[np.float64]

SONG = Path(__file__).resolve().parents[1] / "song"
STEMS = {"drums": "#ff4fa8", "music": "#12c8ee", "backing_vocals": "#ffdf80", "guide": "#ffffff"}
"""Files in `song/`, and their colours in the picture."""

BANDS_HZ = ((20, 60), (60, 250), (250, 1000), (1000, 4000), (4000, 16_000))
BAR_PX, LANE_PX, MARGIN_PX = 52, 132, 24
LOWEST_DB = -42.0


def level_db(sound: Signal) -> float:
    """Return the level of a sound of any shape."""
    return float(10 * np.log10((sound**2).mean() + 1e-12))


def bars(sound: Signal) -> list[Signal]:
    """Cut a sound, shape (SONG_SAMPLES, ...), into its bars."""
    return [sound[bar * BAR_SAMPLES : (bar + 1) * BAR_SAMPLES] for bar in range(BARS)]


def table(stems: dict[str, Signal]) -> list[str]:
    """Return a line per bar: what each stem plays, how wide the whole is, and where in the spectrum it lies."""
    whole = np.sum(list(stems.values()), axis=0)
    middle, side = whole.mean(axis=1), (whole[:, 0] - whole[:, 1]) / 2
    parts = [
        signal.sosfilt(signal.butter(4, band, "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), middle) for band in BANDS_HZ
    ]
    head = "bar section  whole  " + " ".join(f"{name[:6]:>6}" for name in stems) + "  width  peak |"
    lines = [head + " ".join(f"{f'{low}-{high}':>10}" for low, high in BANDS_HZ)]
    names = [section.name for section in SECTIONS for _ in range(section.bars)]
    for bar, name in enumerate(names):
        cut = [bars(sound)[bar] for sound in (whole, middle, side, *stems.values(), *parts)]
        each = " ".join(f"{level_db(sound):6.1f}" for sound in cut[3 : 3 + len(stems)])
        bands = " ".join(f"{level_db(sound):10.1f}" for sound in cut[3 + len(stems) :])
        width = level_db(cut[2]) - level_db(cut[1])
        peak = np.abs(cut[0]).max()
        lines.append(f"{bar + 1:3} {name:8} {level_db(cut[0]):6.1f}  {each} {width:6.1f}  {peak:4.2f} |{bands}")
    return lines


def picture(stems: dict[str, Signal]) -> Image.Image:
    """Draw each stem's wave in a lane of its own under the names of the sections, and the whole's level per bar."""
    width, height = BARS * BAR_PX + 2 * MARGIN_PX, (len(stems) + 1) * LANE_PX + 3 * MARGIN_PX
    sheet = Image.new("RGB", (width, height), "#14121f")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(17)
    at = 0
    for number, section in enumerate(SECTIONS):
        left, right = MARGIN_PX + at * BAR_PX, MARGIN_PX + (at + section.bars) * BAR_PX
        pen.rectangle((left, MARGIN_PX, right, height - MARGIN_PX), fill="#1f1b33" if number % 2 else "#191628")
        pen.text((left + 5, MARGIN_PX - 21), section.name, fill="#cfc4ff", font=font)
        for bar in range(section.bars):
            pen.line((left + bar * BAR_PX, MARGIN_PX, left + bar * BAR_PX, height - MARGIN_PX), fill="#2c2645")
        at += section.bars
    columns = BARS * BAR_PX
    for lane, (name, sound) in enumerate(stems.items()):
        middle = MARGIN_PX + (lane + 0.5) * LANE_PX
        for column, piece in enumerate(np.array_split(sound.mean(axis=1), columns)):
            x = MARGIN_PX + column
            high, low = piece.max() * LANE_PX, piece.min() * LANE_PX
            pen.line((x, middle - high, x, middle - low), fill=STEMS[name])
        pen.text((MARGIN_PX + 5, middle - LANE_PX / 2 + 4), name, fill=STEMS[name], font=font)
    floor = height - 2 * MARGIN_PX
    for bar, piece in enumerate(bars(np.sum(list(stems.values()), axis=0))):
        tall = max(2.0, (level_db(piece) - LOWEST_DB) / -LOWEST_DB * LANE_PX)
        left = MARGIN_PX + bar * BAR_PX
        pen.rectangle((left + 4, floor - tall, left + BAR_PX - 4, floor), fill="#7a6cff")
        pen.text((left + 7, floor + 3), f"{level_db(piece):.0f}", fill="#cfc4ff", font=font)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description="Listen to the demo song by figures.")
    parser.add_argument("picture", nargs="?", type=Path, help="draw the song here")
    arguments = parser.parse_args()
    stems = {}
    for name in STEMS:
        sound = soundfile.read(SONG / f"{name}.flac", always_2d=True)[0]
        stems[name] = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound
    print("\n".join(table(stems)))
    if arguments.picture:
        picture(stems).save(arguments.picture)


if __name__ == "__main__":
    main()
