"""What a film costs: our splice against ffmpeg joining the same bytes, and against encoding the film anew.

`python bench/assembler.py` prints a table and appends JSON lines to out/bench/assembler.jsonl. Each way is measured in
the same run, best of three (encoding anew: once), as CPU time of whole processes: on a shared machine only that holds.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from media.encoder import SegmentEncoder  # noqa: E402  after the path to it
from media.profile import Profile  # noqa: E402
from media.track import read_track  # noqa: E402
from services.assembler import sound as soundtrack  # noqa: E402
from services.assembler.splice import Piece, splice  # noqa: E402

OUT = ROOT / "out" / "bench" / "assembler.jsonl"
PROFILE = Profile(720, 1280, Fraction(24))
SEGMENT_FRAMES = 48
ROUNDS = 3
ENCODED_S = 24
"""Longest film that is also encoded anew; that takes as long per second whatever the length."""
AGAINST = ("ffmpeg -c copy", "encode anew")
FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1"]


def stage(segment: int) -> bytes:
    """Two seconds of a stage: a gradient, moving lights, and grain as a compositor would leave it."""
    random = np.random.default_rng(segment)
    rows, columns = np.mgrid[: PROFILE.height, : PROFILE.width]
    grain = random.normal(0, 2.5, (8, PROFILE.height, PROFILE.width))
    chroma = np.full((PROFILE.height // 2, PROFILE.width // 2), 118 + 10 * segment, np.uint8)
    file = io.BytesIO()
    with SegmentEncoder(file, PROFILE) as encoder:
        for frame in range(SEGMENT_FRAMES):
            luma = 40 + rows / 20 + grain[frame % 8]
            for light in range(4):
                across = 360 + 300 * np.sin(frame / 12 + light * 1.6 + segment)
                luma = luma + 110 * np.exp(-((columns - across) ** 2 + (rows - 300 - 180 * light) ** 2) / 9_000)
            encoder.write(np.clip(luma, 16, 235).astype(np.uint8), chroma, chroma)
    return file.getvalue()


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds that `work` takes, in this process and in the programs it starts."""

    def used() -> float:
        mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime

    before = used()
    work()
    return used() - before


def measure(folder: Path, segments: list[Path], seconds: int) -> dict[str, float]:
    """CPU seconds per way to make a film of that length."""
    count = seconds * 24 // SEGMENT_FRAMES
    chosen = [segments[number % len(segments)] for number in range(count)]
    mix = folder / "mix.flac"
    tone = f"anoisesrc=color=pink:sample_rate=48000:duration={seconds}:seed=1:amplitude=0.3"
    subprocess.run([*FFMPEG, "-f", "lavfi", "-i", tone, "-ac", "2", str(mix)], check=True)
    listing = folder / "cuts.txt"
    listing.write_text("".join(f"file '{path}'\n" for path in chosen))
    joined = [*FFMPEG, "-f", "concat", "-safe", "0", "-i", str(listing)]
    sound = ["-i", str(mix), "-map", "0:v", "-map", "1:a", "-c:a", "aac", "-b:a", "192k", "-movflags", "+faststart"]
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"]
    pieces = [Piece(f"cut{number}", SEGMENT_FRAMES, path) for number, path in enumerate(chosen)]
    ours = folder / "ours.mp4"

    def run(*arguments: str) -> Callable[[], object]:
        return lambda: subprocess.run([*joined, *arguments], check=True)

    ways: dict[str, Callable[[], object]] = {
        "splice": lambda: ours.write_bytes(
            splice(
                PROFILE,
                pieces,
                read_track(soundtrack.encode(mix.read_bytes(), seconds * 48_000), "soun"),
                title="bench",
                report=lambda *_: None,
            )
        ),
        "ffmpeg -c copy": run(*sound, "-c:v", "copy", str(folder / "copy.mp4")),
    }
    best = {name: min(cpu_s(work) for _ in range(ROUNDS)) for name, work in ways.items()}
    if seconds <= ENCODED_S:
        best["encode anew"] = cpu_s(run(*sound, *encode, str(folder / "anew.mp4")))
    return best


def main() -> None:
    """Measure films of 24 s and of 2 minutes."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    print(f"Assembly, {PROFILE.width}x{PROFILE.height}, 24 frames a second, CPU seconds per film")
    print(f"{'film':>7}  {'splice':>8}  " + "  ".join(f"{name:>15}  {'ratio':>6}" for name in AGAINST))
    with tempfile.TemporaryDirectory() as name, OUT.open("a") as lines:
        folder = Path(name)
        segments = []
        for number in range(3):
            segments.append(folder / f"segment{number}.mp4")
            segments[-1].write_bytes(stage(number))
        for seconds in (24, 120):
            found = measure(folder, segments, seconds)
            ours = found.pop("splice")
            ratios = {against: ours / theirs for against, theirs in found.items()}
            cells = [f"{found[name]:15.2f}  {ratios[name]:6.3f}" if name in found else "" for name in AGAINST]
            print(f"{seconds:5d} s  {ours:8.2f}  {'  '.join(cells)}")
            for against, ratio in ratios.items():
                row = {"name": f"assemble {seconds} s", "value": round(ours, 4), "unit": "CPU s"}
                lines.write(json.dumps({**row, "against": against, "ratio": round(ratio, 4)}) + "\n")


if __name__ == "__main__":
    main()
