"""How well and how fast a voice is put into its song, on singers whose every pitch is known.

Prints a table and appends JSON lines to out/bench/audio.jsonl. Two synthetic voices, fixed seeds, no listening test:
the ranking is solid, third digits are not. CPU seconds include child processes; the ear that judges shares nothing with
the tracker that corrects.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from services.audio import align, chain, debleed, decode, mix, moderation, pitch, psola, rubberband, tracker  # noqa: E402
from tests.audio import singer  # noqa: E402

T = TypeVar("T")

RATE_HZ = decode.RATE_HZ
LINE_S = 8
OUT = ROOT / "out" / "bench" / "audio.jsonl"

STRICT = pitch.Tuning(strength=1.0, keep_vibrato=0.0)
FANS = {
    "off key": singer.Fan(detune_cents=55, vibrato_cents=30, scoop_cents=80, timing_ms=20),
    "180 cents off": singer.Fan(
        detune_cents=110, detune_limit_cents=180, vibrato_cents=35, scoop_cents=100, timing_ms=20
    ),
    "by phone": singer.Fan(detune_cents=55, vibrato_cents=30, scoop_cents=80, timing_ms=20),
}


@dataclass(frozen=True)
class Row:
    """One measured figure and what it stands against."""

    name: str
    value: float
    unit: str
    against: str = ""
    other: float = float("nan")

    def line(self) -> str:
        """The row of the table."""
        other = f"{self.other:>10.3f}  {self.against}" if self.against else ""
        return f"{self.name:<46} {self.value:>10.3f} {self.unit:<12} {other}"

    def json(self) -> str:
        """The line of the file."""
        ratio = self.value / self.other if self.against and self.other else None
        against = f"{self.against}: {self.other:.4g}" if self.against else ""
        return json.dumps(
            {"name": self.name, "value": self.value, "unit": self.unit, "against": against, "ratio": ratio}
        )


def cpu_s() -> float:
    """CPU seconds of this process and of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gives, and the CPU seconds it took."""
    before = cpu_s()
    result = work()
    return result, cpu_s() - before


def stable(notes: Sequence[pitch.Note], frames: int) -> NDArray[np.bool_]:
    """Frames inside a note, without its first 90 and its last 40 ms."""
    mask = np.zeros(frames, dtype=bool)
    for note in notes:
        mask[note.start // pitch.HOP + 9 : note.end // pitch.HOP - 4] = True
    return mask


def pitch_rows(shifter: rubberband.Rubberband, hearing: tracker.Tracker) -> list[Row]:
    """Share of stable frames near the melody after strict correction, before it, and with the map left uncalibrated.

    The fast engine stands against the other.
    """
    ear = tracker.Correlation()
    naive = rubberband.Rubberband(rubberband.Calibration(shifter.calibration.version, (0, 0)))
    rows = []
    for name, fan in FANS.items():
        errors: dict[str, list[NDArray[np.float64]]] = {"tuned": [], "uncorrected": [], "map not calibrated": []}
        errors["fast"] = []
        for transpose, seed in ((0, 1), (-12, 2), (0, 3)):
            score = singer.line(0, transpose)
            notes = [pitch.Note(note.start, note.end, note.midi) for note in score]
            take = singer.sing(score, LINE_S * RATE_HZ, fan, seed).voice
            if name == "by phone":
                band = singer.backing(len(take), seed=seed)
                take = singer.phone(take, band, late_samples=0, bleed_db=-20, snr_db=22, seed=seed)
            track = hearing.track(take, notes)
            plan = pitch.correct(track, notes, STRICT)
            voices = {"tuned": shifter.shift(take, plan.shift, track), "uncorrected": take}
            voices["map not calibrated"] = naive.shift(take, plan.shift, track)
            voices["fast"] = psola.Psola().shift(take, plan.shift, track)
            for kind, voice in voices.items():
                heard = ear.track(voice, [])
                mask = stable(notes, len(heard)) & ~np.isnan(heard)
                errors[kind].append(np.abs(heard - pitch.written(notes, len(heard)))[mask])
        off = {kind: np.concatenate(parts) for kind, parts in errors.items()}
        for against in ("uncorrected", "map not calibrated"):
            for cents in (50, 25):
                share, other = (100 * float(np.mean(off[kind] <= cents)) for kind in ("tuned", against))
                rows.append(Row(f"{name}: frames within {cents} cents", share, "%", against, other))
        for cents in (50, 25, 10):
            share, other = (100 * float(np.mean(off[kind] <= cents)) for kind in ("fast", "tuned"))
            rows.append(Row(f"{name}: fast engine, within {cents} cents", share, "%", "rubberband R3", other))
        mean, before = float(np.mean(off["tuned"])), float(np.mean(off["uncorrected"]))
        rows.append(Row(f"{name}: mean distance", mean, "cents", "uncorrected", before))
    return rows


def align_rows() -> list[Row]:
    """How far from the truth twelve takes are put, from -0.4 to 0.6 s late."""
    rows = []
    samples = (LINE_S + 1) * RATE_HZ
    band = singer.backing(samples)
    guide = singer.sing(singer.line(), samples, singer.Fan(), 99).voice
    voices = [singer.sing(singer.line(), samples, FANS["off key"], seed).voice for seed in range(12)]
    for bleed_db in (-20.0, -26.0, None):
        errors = []
        for seed, voice in enumerate(voices):
            random = np.random.default_rng([seed, 9])
            late = int(random.integers(-19_200, 28_800))
            snr_db = float(random.uniform(10, 22))
            take = singer.phone(voice, band, late_samples=late, bleed_db=bleed_db, snr_db=snr_db, seed=seed)
            found = align.align(take, band.mean(axis=1), guide, max_shift_ms=1500)
            errors.append(abs(found.offset_samples - late) * 1000 / RATE_HZ)
        name = "no leak" if bleed_db is None else f"leak at {bleed_db:g} dB"
        rows.append(Row(f"place of the take, {name}: median", statistics.median(errors), "ms"))
        rows.append(Row(f"place of the take, {name}: 90th percentile", float(np.percentile(errors, 90)), "ms"))
    return rows


def leak_rows(hearing: tracker.Tracker) -> list[Row]:
    """A take with the band in it, before and after the band is taken out: what is left, and what the tracker hears."""
    rows = []
    samples = LINE_S * RATE_HZ
    for leak_db in (-6.0, -12.0):
        heard: dict[str, list[float]] = {"after": [], "before": [], "alone": []}
        lowered, spent = [], 0.0
        for transpose, seed in ((0, 5), (-12, 5), (0, 6), (-12, 6)):
            sung = singer.sing(singer.line(0, transpose), samples, FANS["off key"], seed)
            true = pitch.midi_cents(np.append(sung.f0_hz, 0.0)[:: pitch.HOP])
            band = singer.backing(samples, seed=seed)
            # A small loudspeaker at its limit distorts.
            played = np.tanh(2 * band / np.abs(band).max()).astype(np.float32)
            take, alone = (
                singer.phone(sung.voice, played, late_samples=0, bleed_db=level, snr_db=25, seed=seed)
                for level in (leak_db, None)
            )
            backing = band.mean(axis=1)
            before = cpu_s()
            parted = debleed.debleed(take, backing, taps=8, max_db=20)
            spent += cpu_s() - before
            rest = [float(np.mean(np.square(kind - alone))) for kind in (take, parted.voice)]
            lowered.append(10 * float(np.log10(rest[0] / rest[1])))
            for kind, voice in (("after", parted.voice), ("before", take), ("alone", alone)):
                track = hearing.track(voice, [])
                off = np.nan_to_num(np.abs(track - true[: len(track)]), nan=np.inf)
                heard[kind].append(100 * float(np.mean(off[~np.isnan(true[: len(track)])] <= 50)))
        name = f"leak at {leak_db:g} dB"
        rows.append(Row(f"{name}: lowered by", statistics.mean(lowered), "dB"))
        found = {kind: statistics.mean(shares) for kind, shares in heard.items()}
        rows.append(Row(f"{name}: pitch heard within 50 cents", found["after"], "%", "with the band", found["before"]))
        rows.append(Row(f"{name}: pitch heard within 50 cents", found["after"], "%", "sung alone", found["alone"]))
        rows.append(Row(f"{name}: cost", spent / 4 / LINE_S, "CPU-s/s"))
    return rows


def ebur128(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Loudness and true peak by ffmpeg's meter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.flac"
        path.write_bytes(decode.flac(samples))
        command = ["ffmpeg", "-nostats", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split("Summary")[-1]
    loudness, peak = re.search(r"I:\s+(-?[\d.]+)", text), re.search(r"Peak:\s+(-?[\d.]+)", text)
    assert loudness is not None
    assert peak is not None
    return float(loudness.group(1)), float(peak.group(1))


def loudnorm(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The loudness filter of ffmpeg in one pass, for comparison."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "in.wav", Path(folder) / "out.wav"
        soundfile.write(source, samples, RATE_HZ, subtype="FLOAT")
        graph = f"loudnorm=I=-14:TP=-1:LRA=11,aformat=sample_rates={RATE_HZ}:channel_layouts=stereo"
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), "-af", graph, str(result)], check=True)
        read: NDArray[np.float32] = soundfile.read(result, dtype="float32", always_2d=True)[0]
    return read


def path_rows(shifter: rubberband.Rubberband, hearing: tracker.Tracker) -> list[Row]:
    """CPU seconds per second of take for each part of the path, and the loudness of what comes out."""
    plan = chain.compile_chain((ROOT / "services/audio/chains/lead.yaml").read_text())
    numbers = plan.numbers
    score = singer.line()
    notes = [pitch.Note(note.start, note.end, note.midi) for note in score]
    film = 24 * RATE_HZ
    stems = singer.backing(film)
    line = slice(8 * RATE_HZ, 16 * RATE_HZ)
    guide = singer.sing(score, LINE_S * RATE_HZ, singer.Fan(), 99).voice
    voice = singer.sing(score, LINE_S * RATE_HZ, FANS["by phone"], 5).voice
    recorded = singer.phone(voice, stems[line], late_samples=4800, bleed_db=-22, seed=5)
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder) / "take.wav", Path(folder) / "take.m4a"
        soundfile.write(source, recorded, RATE_HZ)
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), "-b:a", "96k", str(path)], check=True)
        data = path.read_bytes()

    spent: dict[str, float] = {}

    def part(name: str, work: Callable[[], T]) -> T:
        result, spent[name] = timed(work)
        return result

    take = part("decode m4a", lambda: decode.decode(data, max_seconds=60)).samples
    backing = stems[line].mean(axis=1, dtype=np.float32)
    where = part("align", lambda: align.align(take, backing, guide, **numbers["align"]))
    placed = mix.levelled(mix.place(take, -where.offset_samples, LINE_S * RATE_HZ), numbers["intake"]["level_lufs"])
    placed = part("debleed", lambda: debleed.debleed(placed, backing, **numbers["debleed"]).voice)
    chain.denoise(placed[:RATE_HZ], **numbers["denoise"])  # the denoiser's delay is measured once
    placed = part("denoise", lambda: chain.denoise(placed, **numbers["denoise"]))
    track = part("f0", lambda: hearing.track(placed, notes))
    plan_notes = part("correct", lambda: pitch.correct(track, notes, pitch.Tuning(**numbers["pitch"])))
    tuned = part("tune", lambda: shifter.shift(placed, plan_notes.shift, track))
    _, wet = part("six LADSPA stages", lambda: chain.run_plugins(plan, tuned))
    duck = mix.Duck(**numbers["duck"])
    level = numbers["mix"]["voice_over_backing_lu"]
    mixed = part(
        "mix into 24 s",
        lambda: mix.blend(stems, mix.place(wet, line.start, film), voice_over_backing_lu=level, duck=duck),
    )
    made = part(
        "loudness of 24 s",
        lambda: mix.master(mixed, integrated_lufs=-14, tolerance_lu=0.1, true_peak_ceiling_dbtp=-1),
    )
    part("encode 24 s", lambda: decode.flac(made.samples))

    _, fast = timed(lambda: psola.Psola().shift(placed, plan_notes.shift, track))
    rows = [Row(f"cost of {name}", seconds / LINE_S, "CPU-s/s") for name, seconds in spent.items()]
    rows.append(Row("cost of the whole voice", sum(spent.values()) / LINE_S, "CPU-s/s", "goal", 0.20))
    whole = sum(spent.values()) - spent["tune"] + fast
    rows.append(Row("cost of tune, fast engine", fast / LINE_S, "CPU-s/s", "rubberband R3", spent["tune"] / LINE_S))
    rows.append(Row("cost of f0 and tune, fast engine", (spent["f0"] + fast) / LINE_S, "CPU-s/s", "goal", 0.03))
    rows.append(Row("cost of the whole voice, fast engine", whole / LINE_S, "CPU-s/s", "goal", 0.10))
    theirs = ebur128(loudnorm(mixed))
    loudness, peak = ebur128(made.samples)
    rows.append(
        Row("loudness off -14 LUFS by ebur128", abs(loudness + 14), "LU", "loudnorm, one pass", abs(theirs[0] + 14))
    )
    rows.append(Row("true peak by ebur128", peak, "dBTP", "loudnorm, one pass", theirs[1]))
    return rows


def host_rows() -> list[Row]:
    """Our LADSPA host against ffmpeg's filter, with plugins that both can run."""
    document = (ROOT / "services/audio/chains/lead.yaml").read_text()
    plugins = [plugin for plugin in chain.compile_chain(document).plugins if plugin.label in {"sc4m", "tap_deesser"}]
    sound = np.random.default_rng(1).normal(0, 0.1, 60 * RATE_HZ).astype(np.float32)

    def ours() -> chain.Voice:
        voice: chain.Voice = sound
        for plugin in plugins:
            voice = chain.run_plugin(plugin, voice)
        return voice

    graph = ",".join(
        f"ladspa=file={chain.PLUGIN_FOLDERS[0] / plugin.file}:plugin={plugin.label}:controls="
        + "|".join(f"c{index}={port.value:g}" for index, port in enumerate(plugin.controls))
        for plugin in plugins
    )
    raw = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1"]
    command = ["ffmpeg", "-v", "error", *raw, "-i", "pipe:0", "-af", graph, *raw, "pipe:1"]

    def theirs() -> bytes:
        return subprocess.run(command, input=sound.tobytes(), capture_output=True, check=True).stdout

    ours()
    _, mine = timed(ours)
    _, other = timed(theirs)
    return [Row("LADSPA host, two mono stages", mine / 60, "CPU-s/s", "ffmpeg ladspa", other / 60)]


def moderation_rows() -> list[Row]:
    """Microseconds to look through a name and a line."""
    lexicon = moderation.built_in()
    rows = []
    for name, text in (("a name", "Alexandra Öztürk"), ("a line", "We are dancing in the light tonight")):
        lexicon.find(text)
        _, seconds = timed(lambda text=text: [lexicon.find(text) for _ in range(2000)])  # type: ignore[misc]
        rows.append(Row(f"lexicon on {name}", seconds / 2000 * 1e6, "us"))
    return rows


def main() -> None:
    """Measure, print and write."""
    shifter, hearing = rubberband.Rubberband.start(), tracker.Swift()
    print(f"audio: {shifter.name}, {hearing.name}, {decode.ffmpeg_version()}")
    rows = [
        *pitch_rows(shifter, hearing),
        *align_rows(),
        *leak_rows(hearing),
        *path_rows(shifter, hearing),
        *host_rows(),
        *moderation_rows(),
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("a", encoding="utf-8") as file:
        for row in rows:
            print(row.line())
            file.write(row.json() + "\n")


if __name__ == "__main__":
    main()
