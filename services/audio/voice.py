"""A voice chain tried on takes: `python -m services.audio.voice CAMPAIGN TAKE.. --out FOLDER`.

For each take it prints the report, writes the tuned voice and the mix, and draws pitch, gain and loudness before and
after.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import sosfilt

from fancam.errors import FancamError
from services.audio import decode, meter, pitch, tracker
from services.audio.plan import unreadable
from services.audio.service import Rehearsal, rehearse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEFORE, AFTER, WRITTEN, GAIN = "#b0527a", "#1f7a8c", "#d9d6e4", "#e08e2b"
INK, GROUND = "#1d1930", "#ffffff"

LEVEL_WINDOW = decode.RATE_HZ // 20
"""Level is read over 50 ms, which shows single syllables."""

QUIET_DB = -60.0
"""Below this nobody sings, and a gain would compare noise with noise."""

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def level_db(sound: decode.Mono) -> NDArray[np.float64]:
    """Level in dBFS over 50 ms, shape (frames,), one value per 10 ms."""
    power = uniform_filter1d(np.square(sound, dtype=np.float64), LEVEL_WINDOW, mode="constant")[:: pitch.HOP]
    decibel: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return decibel


def gain_db(take: decode.Mono, voice: decode.Mono) -> NDArray[np.float64]:
    """What the chain added to the level, shape (frames,); NaN where the take is quiet."""
    before, after = level_db(take), level_db(voice)
    return np.where((before > QUIET_DB) & (after > QUIET_DB), after - before, np.nan)


def loudness_lufs(sound: decode.Mono) -> NDArray[np.float64]:
    """Momentary loudness (BS.1770: K-weighted, 0.4 s), shape (frames,), one value per 10 ms."""
    weighted = sosfilt(meter.K_WEIGHTING, sound.astype(np.float64))
    power = uniform_filter1d(np.square(weighted), decode.RATE_HZ * 2 // 5, mode="constant")[:: pitch.HOP]
    loudness: NDArray[np.float64] = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    return loudness


def draw(rehearsal: Rehearsal, title: str, path: Path) -> None:
    """Draw pitch over the melody, gain and loudness, before and after, as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ear = tracker.Swift()
    tracks = {
        "before": ear.track(rehearsal.take, rehearsal.notes),
        "after": ear.track(rehearsal.voice, rehearsal.notes),
    }
    colours = {"before": BEFORE, "after": AFTER}
    figure, (top, middle, bottom) = pyplot.subplots(
        3, 1, figsize=(14, 9), sharex=True, height_ratios=(3, 1, 1.3), layout="constrained", facecolor=GROUND
    )
    _melody(top, rehearsal, tracks["before"])
    for name, track in tracks.items():
        top.plot(_seconds(track), track / 100, color=colours[name], linewidth=1.6, label=name)
    top.set_ylabel("pitch")
    top.legend(loc="upper right", frameon=False, ncols=3)
    gain = gain_db(rehearsal.take, rehearsal.voice)
    middle.axhline(0, color=WRITTEN)
    middle.plot(_seconds(gain), gain, color=GAIN, linewidth=1.4)
    middle.set_ylabel("gain, dB")
    for name, sound in (("before", rehearsal.take), ("after", rehearsal.voice)):
        loudness = loudness_lufs(sound)
        bottom.plot(_seconds(loudness), loudness, color=colours[name], linewidth=1.6, label=name)
    bottom.set_ylim(-60, 0)
    bottom.set_ylabel("loudness, LUFS")
    bottom.set_xlabel("seconds from the start of the line")
    first, last = rehearsal.notes[0].start, rehearsal.notes[-1].end
    bottom.set_xlim(max(0.0, first / decode.RATE_HZ - 0.6), last / decode.RATE_HZ + 0.8)
    for axes in (top, middle, bottom):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="x", color=WRITTEN, linewidth=0.6)
    figure.suptitle(title, color=INK, fontsize=13)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _melody(axes: Axes, rehearsal: Rehearsal, heard: pitch.Cents) -> None:
    """The written notes as bars a semitone high, in the octave that was sung."""
    melody = pitch.written(rehearsal.notes, len(heard))
    both = ~np.isnan(heard) & ~np.isnan(melody)
    octave = round(float(np.median((heard - melody)[both])) / 1200) if both.any() else 0
    at = [note.midi + 12 * octave for note in rehearsal.notes]
    starts = [note.start / decode.RATE_HZ for note in rehearsal.notes]
    lengths = [(note.end - note.start) / decode.RATE_HZ for note in rehearsal.notes]
    axes.barh(at, lengths, left=starts, height=1.0, color=WRITTEN, label="written")
    lowest, highest = int(min(at)) - 3, int(max(at)) + 4
    axes.set_ylim(lowest, highest)
    keys = range(lowest, highest + 1)
    axes.set_yticks(keys, [f"{NAMES[key % 12]}{key // 12 - 1}" for key in keys])


def _seconds(track: NDArray[np.float64]) -> NDArray[np.float64]:
    at: NDArray[np.float64] = np.arange(len(track)) * pitch.HOP / decode.RATE_HZ
    return at


def headline(rehearsal: Rehearsal) -> str:
    """What the chain did, in a line."""
    pairs = (
        ("in tune", "inTune", 100, "%"),
        ("off the note", "cents", 1, "cents"),
        ("off the beat", "lateMs", 1, "ms"),
    )
    return ", ".join(
        f"{words} {times * float(rehearsal.report.get(name + 'Before', 0)):.0f} → "
        f"{times * float(rehearsal.report.get(name + 'After', 0)):.0f} {unit}"
        for words, name, times, unit in pairs
    )


def text(rehearsal: Rehearsal) -> str:
    """The report for people."""
    report = rehearsal.report

    def number(name: str) -> float:
        return float(report.get(name, 0.0))

    taken = f", {report['leakDb']:.1f} dB of it the band, taken out" if "leakDb" in report else ""
    lines = [
        f"  chain      {rehearsal.plan.id} {rehearsal.plan.hash}",
        f"  take       {report['takeSha256']}",
        f"  mix        {report['mixSha256']}",
        f"  placed     {number('offsetSamples') / decode.RATE_HZ * 1000:.1f} ms late by {report['alignmentEvidence']}, "
        f"clock {number('driftPpm'):+.0f} ppm{taken}",
        f"  song       {number('recognised'):.0%} of its notes and syllables recognised, "
        f"{number('notesLeftAlone'):.0f} of {number('notes'):.0f} notes left alone",
        f"  in tune    {number('inTuneBefore'):.1%} before, {number('inTuneAfter'):.1%} after; "
        f"{number('centsBefore'):.0f} and {number('centsAfter'):.0f} cents off",
        f"  in time    {number('lateMsBefore'):.0f} ms off before, {number('lateMsAfter'):.0f} after",
        f"  master     {number('integratedLufs'):.2f} LUFS, {number('truePeakDbtp'):.2f} dBTP, "
        f"limited by {number('limitedDb'):.1f} dB, the fan's part ridden by {number('rideDb'):+.1f} dB",
        f"  words      {report['verdict']}",
        f"  engines    {', '.join(report['engines'])}",
        f"  seconds    {', '.join(f'{name} {spent:.2f}' for name, spent in rehearsal.seconds.items())}",
    ]
    return "\n".join(lines)


def main() -> int:
    """Try the chain of the folder named on the command line; 1 when a take or the campaign is refused."""
    parser = argparse.ArgumentParser(description="Sing takes through a campaign's voice chain.")
    parser.add_argument("campaign", type=Path)
    parser.add_argument("takes", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    folder, out = given.campaign, given.out
    try:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        campaign = yaml.safe_load(files["campaign.yaml"])
        rehearsals = asyncio.run(rehearse(files, campaign, [path.read_bytes() for path in given.takes]))
    except OSError as error:
        sys.stderr.write(f"{unreadable(error)}\n")
        return 1
    except (FancamError, yaml.YAMLError, pitch.EngineFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyError:
        sys.stderr.write(f"{folder} holds no campaign.yaml\n")
        return 1
    out.mkdir(parents=True, exist_ok=True)
    for number, (path, rehearsal) in enumerate(zip(given.takes, rehearsals, strict=True), start=1):
        name = f"{number}-{path.stem}"
        (out / f"{name}.mix.flac").write_bytes(rehearsal.mix)
        (out / f"{name}.voice.flac").write_bytes(decode.flac(rehearsal.voice))
        draw(rehearsal, f"{path.name} through {rehearsal.plan.id}: {headline(rehearsal)}", out / f"{name}.png")
        sys.stdout.write(f"{path}\n{text(rehearsal)}\n  drawn      {out / f'{name}.png'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
