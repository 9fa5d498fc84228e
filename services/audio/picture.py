"""What a chain did to a take, on one page: pitch, every note, gain, balance and colour, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import sosfilt, welch

from services.audio import align, decode, meter, mix, pitch, timing, tracker
from services.audio.decode import RATE_HZ
from services.audio.performance import Performance
from services.audio.speech import Word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE, AFTER, WRITTEN, GAIN, BAND = "#b0527a", "#1f7a8c", "#d9d6e4", "#e08e2b", "#8d89a3"
INK, FAINT, GROUND = "#1d1930", "#6f6a86", "#ffffff"

LEVEL_WINDOW = RATE_HZ // 20
"""Level is read over 50 ms, which shows single syllables."""

QUIET_DB = -60.0
"""Below this nobody sings, and a gain would compare noise with noise."""

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")

# Of a note, what lies between its neighbours: the way into it and out of it are left away. Frames of 10 ms.
INTO, OUT_OF = 6, 3

REACH_MS = 120.0
"""How far from where it is written the beginning of a note is looked for."""


def level_db(sound: decode.Mono) -> NDArray[np.float64]:
    """Level in dBFS over 50 ms, shape (frames,), one value per 10 ms."""
    power = uniform_filter1d(np.square(sound, dtype=np.float64), LEVEL_WINDOW, mode="constant")[:: pitch.HOP]
    decibel: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return decibel


def gain_db(take: decode.Mono, voice: decode.Mono, sources: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """What the chain added to the level, shape (frames,); NaN where the take is quiet.

    Args:
        take: Laid over the line.
        voice: What became of it, as long.
        sources: Which frame of the take each frame of the voice stands for, where it was stretched.
    """
    before, after = level_db(take), level_db(voice)
    if sources is not None:
        before = before[np.clip(sources[: len(after)], 0, len(before) - 1)]
        after = after[: len(before)]
    return np.where((before > QUIET_DB) & (after > QUIET_DB), after - before, np.nan)


def loudness_lufs(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Momentary loudness (BS.1770: K-weighted, 0.4 s, sides added), shape (frames,), one value per 10 ms."""
    power = np.zeros(-(-len(sound) // pitch.HOP))
    for side in np.atleast_2d(sound.T):
        weighted = sosfilt(meter.K_WEIGHTING, side.astype(np.float64))
        power += uniform_filter1d(np.square(weighted), RATE_HZ * 2 // 5, mode="constant")[:: pitch.HOP]
    loudness: NDArray[np.float64] = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    return loudness


def note_cents(track: pitch.Cents, notes: Sequence[pitch.Note]) -> NDArray[np.float64]:
    """How far each note is off in the nearest octave, median over its middle, shape (notes,); NaN: nothing heard."""
    found = np.full(len(notes), np.nan)
    for index, note in enumerate(notes):
        held = track[max(0, note.start // pitch.HOP + INTO) : max(0, note.end // pitch.HOP - OUT_OF)]
        held = held[~np.isnan(held)]
        if len(held):
            found[index] = np.median((held - 100 * note.midi + 600) % 1200 - 600)
    return found


def thirds_db(sound: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Long-term average spectrum: the centres of third octaves from 100 Hz to 16 kHz, and the level in each, in dB."""
    hertz, power = welch(sound, RATE_HZ, nperseg=8192, axis=0)
    power = power if power.ndim == 1 else power.sum(axis=1)
    centres = 1000 * 2 ** (np.arange(-10, 13) / 3)
    edges = 2 ** (1 / 6)
    bands = [power[(hertz >= centre / edges) & (hertz < centre * edges)].sum() for centre in centres]
    return centres, 10 * np.log10(np.array(bands) + 1e-12)


def draw(  # noqa: PLR0917  a page is its parts
    made: Performance, take: decode.Mono, words: Sequence[Word], report: Mapping[str, Any], title: str, path: Path
) -> None:
    """Draw what was made of a take, as a PNG.

    Args:
        made: The take's way through the chain, walked to its end.
        take: As it was recorded, laid over the line.
        words: Of the line, in samples from its start.
        report: The fields of `fancam.v1.VoiceReport`.
        title: Of the page.
        path: Where to write it.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    plain: dict[str, Any] = {
        "font.size": 10,
        "text.color": INK,
        "axes.labelcolor": FAINT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "axes.edgecolor": WRITTEN,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with pyplot.style.context(plain):
        figure = pyplot.figure(figsize=(16, 10), layout="constrained", facecolor=GROUND)
        grid = figure.add_gridspec(5, 2, width_ratios=(4.2, 1), height_ratios=(4.2, 1, 1, 1.1, 1.7))
        rows = [figure.add_subplot(grid[0, 0])]
        rows += [figure.add_subplot(grid[row, 0], sharex=rows[0]) for row in range(1, 5)]
        ear = tracker.Swift()
        before, after = (ear.track(sound, made.music.notes) for sound in (take, made.voice))
        _pitch(rows[0], made, words, before, after)
        _notes(rows[1], rows[2], made, before, after)
        _gain(rows[3], made, take)
        _balance(rows[4], made)
        for axes in rows[:-1]:
            axes.tick_params(labelbottom=False)
        _figures(figure.add_subplot(grid[0, 1]), made, report)
        _colour(figure.add_subplot(grid[1:, 1]), made, take)
        figure.align_ylabels(rows)
        _head(figure, title, report)
        figure.savefig(path, dpi=110)
        pyplot.close(figure)


def headline(report: Mapping[str, Any]) -> str:
    """What the chain did, in a line."""
    pairs = (
        ("in tune", "inTune", 100, "%"),
        ("off the note", "cents", 1, "cents"),
        ("off the beat", "lateMs", 1, "ms"),
    )
    return ", ".join(
        f"{words} {times * float(report.get(name + 'Before', 0)):.0f} → "
        f"{times * float(report.get(name + 'After', 0)):.0f} {unit}"
        for words, name, times, unit in pairs
    )


def _head(figure: Figure, title: str, report: Mapping[str, Any]) -> None:
    figure.suptitle(f"{title}:  {headline(report)}", color=INK, fontsize=15, fontweight="bold", x=0.01, ha="left")


def _pitch(axes: Axes, made: Performance, words: Sequence[Word], before: pitch.Cents, after: pitch.Cents) -> None:
    """Both pitch tracks over the written notes, in the octave that was sung, with the words."""
    notes = made.music.notes
    melody = pitch.written(notes, len(before))
    both = ~np.isnan(before) & ~np.isnan(melody)
    octave = round(float(np.median((before - melody)[both])) / 1200) if both.any() else 0
    at = [note.midi + 12 * octave for note in notes]
    starts, ends = _seconds([note.start for note in notes]), _seconds([note.end for note in notes])
    axes.barh(at, ends - starts, left=starts, height=1.0, color=WRITTEN, label="written", align="center")
    for name, track, colour in (("sung", before, BEFORE), ("tuned", after, AFTER)):
        axes.plot(_frames(track), track / 100, color=colour, linewidth=1.7, label=name)
    lowest, highest = int(min(at)) - 3, int(max(at)) + 3
    for index, word in enumerate(words):
        # In two lines, since short words are sung faster than they are read.
        height = lowest + 0.1 - 0.8 * (index % 2)
        axes.text(word.start_samples / RATE_HZ, height, word.text, color=INK, fontsize=9, va="bottom")
    axes.set_ylim(lowest - 1, highest)
    keys = range(lowest + 1, highest + 1)
    axes.set_yticks(keys, [f"{NAMES[key % 12]}{key // 12 - 1}" for key in keys], fontsize=8)
    axes.set_ylabel("pitch")
    first, last = notes[0].start / RATE_HZ, notes[-1].end / RATE_HZ
    axes.set_xlim(max(0.0, first - 0.6), min(made.music.samples / RATE_HZ, last + 0.8))
    axes.legend(loc="upper left", frameon=False, ncols=3)


def _notes(cents: Axes, ms: Axes, made: Performance, before: pitch.Cents, after: pitch.Cents) -> None:
    """Each note's distance from its pitch and from its time, as sung and as it is heard now."""
    notes = made.music.notes
    sung = notes if made.warp is None else made.warp.sung
    late = np.full(len(notes), np.nan) if made.warp is None else made.warp.late_samples
    now = timing.lateness(align.changes(made.voice), made.music.syllables, notes, reach_ms=REACH_MS)
    at = _seconds([(note.start + note.end) // 2 for note in notes])
    pairs = (
        (cents, note_cents(before, sung), note_cents(after, notes), 10, "cents off\nthe note"),
        (ms, late * 1000 / RATE_HZ, now * 1000 / RATE_HZ, 10, "ms off\nthe beat"),
    )
    for axes, first, then, near, name in pairs:
        axes.axhspan(-near, near, color=WRITTEN, alpha=0.5, linewidth=0)
        axes.vlines(at, first, then, color=BEFORE, alpha=0.35, linewidth=1.2)
        axes.plot(at, first, "o", color=BEFORE, markersize=4.5)
        axes.plot(at, then, "o", color=AFTER, markersize=4.5)
        most = max(25.0, 1.15 * float(np.nanmax(np.abs(np.concatenate([first, then, [0.0]])))))
        axes.set_ylim(-most, most)
        axes.set_ylabel(name)


def _gain(axes: Axes, made: Performance, take: decode.Mono) -> None:
    sources = None if made.warp is None else made.warp.frames()
    gain = gain_db(take, made.voice, sources)
    known = gain[~np.isnan(gain)]
    middle = float(np.median(known)) if len(known) else 0.0
    axes.axhline(middle, color=WRITTEN)
    axes.plot(_frames(gain), gain, color=GAIN, linewidth=1.4)
    axes.set_ylim(middle - 12, middle + 12)
    axes.set_ylabel("gain of the\nvoice, dB")


def _balance(axes: Axes, made: Performance) -> None:
    """How loud voice and band are in the mix, before the master: what lies between is what is understood."""
    voice, played, stepped = _parted(made)
    for sound, colour, style, name in (
        (played, BAND, ":", "the band, played through"),
        (stepped, BAND, "-", "the band, stepping back"),
        (voice, AFTER, "-", "the voice in the song"),
    ):
        loudness = loudness_lufs(sound)
        axes.plot(_frames(loudness), loudness, color=colour, linestyle=style, linewidth=1.6, label=name)
    over, under = loudness_lufs(voice), loudness_lufs(stepped)
    axes.fill_between(_frames(over), under, over, where=over > under, color=AFTER, alpha=0.12, linewidth=0)
    top = float(max(over.max(), under.max()))
    axes.set_ylim(top - 30, top + 7)
    axes.set_ylabel("loudness, LUFS")
    axes.set_xlabel("seconds from the start of the line")
    axes.legend(loc="upper left", frameon=False, ncols=3, fontsize=9)


def _parted(made: Performance) -> tuple[decode.Stereo, decode.Stereo, decode.Stereo]:
    """Over the line, shape (samples, 2) each: the voice as it is mixed, the band as played and as it steps back."""
    song = made.music.bed
    line = slice(made.music.start - song.start, made.music.end - song.start)
    played = song.band.samples[line]
    curve = mix.duck_curve(made.wet, mix.Duck(**made.music.plan.numbers["duck"]))[: len(played), None]
    stepped = played * curve
    voice: decode.Stereo = made.sung.samples[line] - stepped
    return voice, played, stepped


def _figures(axes: Axes, made: Performance, report: Mapping[str, Any]) -> None:
    """What was measured, as a column of names and figures."""
    voice, _, stepped = _parted(made)
    over = meter.loudness_lufs(voice) - meter.loudness_lufs(stepped)
    number = {name: float(value) for name, value in report.items() if isinstance(value, (int, float))}.get
    where = f"{(number('offsetSamples') or 0.0) * 1000 / RATE_HZ:.0f} ms late"
    leak = f"{number('leakDb'):.0f} dB" if "leakDb" in report else "none found"
    plan = made.music.plan
    lines = (
        ("chain", f"{plan.id} {plan.hash[:10]}"),
        ("take", str(report["takeSha256"])[:10]),
        ("mix", str(report["mixSha256"])[:10]),
        ("placed", f"{where}, by {report['alignmentEvidence']}"),
        ("band in the take", leak),
        ("clipped", f"{100 * (number('clipped') or 0.0):.1f} %"),
        ("recognised", f"{100 * (number('recognised') or 0.0):.0f} %"),
        ("voice over band", f"{over:+.1f} LU"),
        ("loudness", f"{number('integratedLufs'):.1f} LUFS"),
        ("true peak", f"{number('truePeakDbtp'):.1f} dBTP"),
        ("limited by", f"{number('limitedDb') or 0.0:.1f} dB"),
        ("pitch moved by", plan.pitch_engine),
        ("heard by", plan.tracker),
    )
    axes.axis("off")
    for row, (name, value) in enumerate(lines):
        height = 1 - (row + 0.5) / len(lines)
        axes.text(0.0, height, name, color=FAINT, fontsize=9.5, transform=axes.transAxes, va="center")
        axes.text(1.0, height, value, color=INK, fontsize=9.5, transform=axes.transAxes, va="center", ha="right")


def _colour(axes: Axes, made: Performance, take: decode.Mono) -> None:
    """Long-term spectra, as if all were equally loud: the voice's colour before and after, and where the band is."""
    _, _, stepped = _parted(made)
    for sound, colour, name in ((stepped, BAND, "band"), (take, BEFORE, "sung"), (made.voice, AFTER, "tuned")):
        hertz, level = thirds_db(sound)
        axes.plot(level - 10 * np.log10(np.sum(10 ** (level / 10))), hertz, color=colour, linewidth=1.8, label=name)
    axes.set_yscale("log")
    axes.set_ylim(100, 16_000)
    axes.set_xlim(-60, 0)
    ticks = (125, 250, 500, 1000, 2000, 4000, 8000, 16_000)
    axes.set_yticks(ticks, [f"{tick // 1000} k" if tick >= 1000 else str(tick) for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.grid(axis="y", color=WRITTEN, linewidth=0.6)
    axes.set_xlabel("dB of the whole, in third octaves")
    axes.set_ylabel("Hz")
    axes.legend(loc="center left", frameon=False)


def _seconds(samples: Sequence[int]) -> NDArray[np.float64]:
    return np.array(samples, np.float64) / RATE_HZ


def _frames(track: NDArray[np.float64]) -> NDArray[np.float64]:
    at: NDArray[np.float64] = np.arange(len(track)) * pitch.HOP / RATE_HZ
    return at
